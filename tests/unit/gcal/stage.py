"""What the tests of the calendar have in common: the stand-in held to the contract, where that is at hand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncengine_gcal.sandbox import CalendarSandbox

TOKEN = "ya29.a-token-that-nobody-may-see"
SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def contract() -> Any:
    """The checks made from the discovery documents; `None` where the shared material is absent."""
    folder = SHARED / "contracts"
    if not (folder / "google_contract.py").exists():
        return None
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    return importlib.import_module("google_contract")


def hold_to_contract(sandbox: CalendarSandbox) -> CalendarSandbox:
    """Let every request and answer be checked against the discovery document; a breach is answered 599."""
    google = contract()
    if google is not None:

        def request(method: str, path: str, query: Mapping[str, list[str]], body: Any) -> None:
            google.validate_request(
                method, path, {k: v[0] if len(v) == 1 else v for k, v in query.items()}, body
            )

        def answer(method: str, path: str, status: int, body: Any) -> None:
            google.validate_response(method, path, status, body, closed=True)

        sandbox.checks.append((request, answer))
    return sandbox
