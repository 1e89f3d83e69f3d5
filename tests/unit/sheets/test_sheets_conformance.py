"""The conformance suite, with people who work in the sandbox's spreadsheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.testing.conformance import Conformance
from syncengine_sheets.sandbox import Sandbox
from tests.unit.sheets.people import SheetsPeople


class TestSheets(Conformance):
    connector = "sheets"

    @pytest.fixture(autouse=True)
    def _sandbox(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

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
