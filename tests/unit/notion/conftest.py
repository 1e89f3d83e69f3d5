"""Every test of the connector works on a sandbox whose traffic is held to the contract, where that is at hand."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Exchange
from syncengine_notion import connector
from syncengine_notion.sandbox import ClockTime, Sandbox

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def contract() -> ModuleType | None:
    """The checker of the vendor's contract, which is not a part of this project; `None` where it is absent."""
    path = SHARED / "contracts" / "check.py"
    if not path.exists():
        return None
    if "notion_check" not in sys.modules:
        spec = importlib.util.spec_from_file_location("notion_check", path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["notion_check"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["notion_check"]


class Inspector:
    """Holds each request and each answer to the contract; what breaks it is told at the end of the test."""

    def __init__(self) -> None:
        self.check = contract()
        self.problems: list[str] = []
        self.seen = 0

    def __call__(self, exchange: Exchange) -> None:
        request, answer = exchange.request, exchange.answer
        if self.check is None or answer is None:
            return
        version = request.headers.get("notion-version")
        body = request.json if request.body else None
        query = dict(request.query.items())
        self.seen += 1
        told = json.loads(answer.encoded())
        if answer.status < 400:
            found = self.check.problems_request(request.method, request.path, query, body, version=version)
            self.problems += [f"{request.method} {request.path}: request: {one}" for one in found]
        if answer.status != 413:
            found = self.check.problems_response(
                request.method, request.path, answer.status, told, version=version
            )
            self.problems += [f"{request.method} {request.path} → {answer.status}: {one}" for one in found]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inspector() -> Inspector:
    return Inspector()


@pytest.fixture
def box(clock: Clock, inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A workspace with a shared page, and the connector on the same clock."""
    with Sandbox(clock) as sandbox:
        sandbox.server.after = inspector
        monkeypatch.setattr(connector, "clock", ClockTime(clock))
        monkeypatch.setattr(connector, "lanes", 1)
        yield sandbox
    assert not inspector.problems, "\n".join(dict.fromkeys(inspector.problems))


def settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    """The replica's settings for a sandbox."""
    return {"page": sandbox.root.id, "token": sandbox.token, "base_url": sandbox.address, **more}
