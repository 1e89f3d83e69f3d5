"""A spreadsheet to try things out in, for `mentorsync demo --sandbox`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from syncengine_sheets.sandbox.people import Hands
from syncengine_sheets.sandbox.server import Sandbox

_TOKEN = "MENTORSYNC_DEMO_SHEETS_TOKEN"  # noqa: S105 - the name of a variable


class DemoSpreadsheet:
    """Keeps `syncengine.cli.demo.standin.Tool`."""

    name = "sheets"
    about = "a Google spreadsheet on this machine, reached by the real connector over HTTP"

    def __init__(self, box: Sandbox) -> None:
        self._box = box
        self.settings: Mapping[str, str | int] = {
            "credentials": f"token:env:{_TOKEN}",
            "api_endpoint": box.address,
        }

    def _hands(self, table: str) -> Hands:
        [sheet] = self._box.files.values()
        return self._box.hands(sheet, table)

    def edit(self, table: str, title: str, label: str, value: Any) -> None:
        hands = self._hands(table)
        row = hands.row(str(hands.tab.get(0, 0).value), title)
        assert row is not None, title
        hands.type(row, hands.column(label), value)

    def add(self, table: str, values: Mapping[str, Any]) -> None:
        hands = self._hands(table)
        row = hands.below()
        for label, value in values.items():
            hands.type(row, hands.column(label), value)

    def shown(self, table: str, title: str) -> Mapping[str, Any]:
        hands = self._hands(table)
        row = hands.row(str(hands.tab.get(0, 0).value), title)
        assert row is not None, title
        return {
            str(head.value): hands.tab.get(row, column).value for column, head in hands.tab.row(0).items()
        }


@contextmanager
def spreadsheet() -> Iterator[DemoSpreadsheet]:
    """One spreadsheet, made by set-up, for as long as the context lasts."""
    before = os.environ.get(_TOKEN)
    os.environ[_TOKEN] = "any token will do"
    try:
        with Sandbox(now=lambda: datetime.now(UTC)) as box:
            yield DemoSpreadsheet(box)
    finally:
        if before is None:
            del os.environ[_TOKEN]
        else:
            os.environ[_TOKEN] = before
