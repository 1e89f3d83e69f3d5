"""The conformance suite, with people who work in the sandbox's spreadsheet, also between two requests of ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.testing.conformance import Conformance
from syncengine.testing.loopback import Request
from syncengine_sheets.marks import chosen
from syncengine_sheets.sandbox import Hands, Sandbox
from tests.unit.sheets.people import SheetsPeople


class Restless:
    """Somebody who drags or sorts rows after a read and before the look that precedes a write.

    Not while a row waits for its id, nor between that look and the write itself: both may take one run more, and are
    in `test_sheets_race.py`.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.acts = sandbox, 0

    def before(self, request: Request) -> None:
        if request.method != "GET" or "ranges" not in request.query or "/values" in request.path:
            return
        [sheet] = self.sandbox.files.values()
        for tab in [one for one in sheet.tabs if one.id == chosen("tab", "goal")]:
            hands, last = Hands(sheet, tab.title), tab.last_row()
            ids = hands.column("mentorsync id")
            if last <= 2 or any(tab.get(row, ids).empty for row in range(1, last)):
                continue
            if self.acts % 2:
                hands.move_row(last - 1, 1)
            else:
                hands.sort(0, descending=self.acts % 4 == 0)
            self.acts += 1


class TestSheets(Conformance):
    connector = "sheets"

    @pytest.fixture(autouse=True)
    def _sandbox(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        sandbox.before = Restless(sandbox).before

    @pytest.fixture(autouse=True)
    def _stage(self, _sandbox: None, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        Conformance._stage.__wrapped__(self, tmp_path, request)  # type: ignore[attr-defined]

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"credentials": "token:env:SHEETS_TOKEN", "api_endpoint": self.sandbox.address}

    def people(self, folder: Path) -> SheetsPeople:
        [sheet] = self.sandbox.files.values()
        if not hasattr(self, "_people"):
            self._people = SheetsPeople(self.sandbox, sheet)
        return self._people
