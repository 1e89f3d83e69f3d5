"""A stand-in calendar, held to the contract and to recorded traffic where the shared material is at hand."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.testing.clock import Clock
from syncengine_gcal.sandbox import CalendarSandbox

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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[CalendarSandbox]:
    with hold_to_contract(CalendarSandbox(clock)) as server:
        yield server


@pytest.fixture
def recording() -> Callable[[str], Any]:
    """A recorded body by its name, without `.json`."""
    folder = SHARED / "recordings" / "gcal"
    if not folder.exists():
        pytest.skip("the recorded traffic is not at hand (../shared)")
    return lambda name: json.loads((folder / f"{name}.json").read_text("utf-8"))
