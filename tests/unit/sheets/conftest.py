"""A sandbox of Google Sheets, and the shared contract and recordings where they are."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from syncengine.testing.loopback import Answer, Request
from syncengine_sheets.sandbox import Sandbox

SHARED = Path(__file__).resolve().parents[4] / "shared"


@pytest.fixture(scope="session")
def contract() -> ModuleType | None:
    """The checks of Google's discovery documents, where ../shared is."""
    folder = SHARED / "contracts"
    if not folder.is_dir():
        return None
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("google_contract")
    finally:
        sys.path.remove(str(folder))


@pytest.fixture
def sandbox(contract: ModuleType | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Every request and every answer is held to the contract."""
    monkeypatch.setenv("SHEETS_TOKEN", "any-token")
    with Sandbox() as sandbox:
        if contract is not None:
            sandbox.inspect = lambda request, answer: checked(contract, request, answer)
        yield sandbox


def checked(contract: ModuleType, request: Request, answer: Answer) -> None:
    """Raises where a request or its answer breaks the contract; the sandbox then answers 599."""
    root = (
        "https://www.googleapis.com" if request.path.startswith("/drive") else "https://sheets.googleapis.com"
    )
    method, query, body = request.method, request.query, None
    if request.headers.get("x-http-method-override") == "GET":
        from urllib.parse import parse_qs

        method, query = "GET", parse_qs(request.body.decode(), keep_blank_values=True)
    elif request.body:
        body = request.json
    # gspread sends this undeclared parameter, and the service takes it (contracts/README.md).
    query = {name: value for name, value in query.items() if name != "includeItemsFromAllDrives"}
    if answer.status < 400:
        contract.validate_request(method, root + request.path, query, body)
    contract.validate_response(method, root + request.path, answer.status, answer.body, closed=True)
