"""Putting back what a write overwrote in a row that was not the one it was meant for.

People may go on moving rows meanwhile: each round looks anew, finds every damaged row by what we wrote into it, puts back
what the journal kept, in a batch that keeps a journal of its own, and judges that in turn.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from syncengine.errors import Unavailable
from syncengine_google.reasons import Refused
from syncengine_sheets import a1, journal
from syncengine_sheets.client import Client
from syncengine_sheets.journal import Entry, Off
from syncengine_sheets.known import Known
from syncengine_sheets.layout import JOURNAL, Tab, chosen
from syncengine_sheets.looking import NOTHING, Look, id_text, looked, runs
from syncengine_sheets.mapping import print_of
from syncengine_sheets.writing import note_request

_ROUNDS = 8

Said = dict[str, Any]


class Mender:
    """Mends until nothing is off. Raises `Unavailable` where people are too busy; the journal then still has everything."""

    def __init__(
        self, client: Client, known: Known, own: Mapping[str, Mapping[str, str]], size: tuple[int, int]
    ) -> None:
        self._client, self._known, self._own, self._size = client, known, own, size

    def mend(self, wrong: Sequence[Off]) -> None:
        """Put everything back; `known.batch` is then the last batch."""
        left = list(wrong)
        for _ in range(_ROUNDS):
            if not left:
                return
            try:
                left = self._round(left)
            except (Refused, LookupError):
                continue  # a tab grew, shrank or went; the next look shows it
        if left:
            raise Unavailable(
                f"{len(left)} rows were moved by somebody while they were written, again and again", where="the spreadsheet",
                remedy="What was overwritten is kept in the hidden tab “mentorsync”; the next run puts it back.",
            )  # fmt: skip

    def _round(self, left: list[Off]) -> list[Off]:
        sheets = {one.entry.sheet for one in left}
        tabs = [tab for tab in self._known.tabs.values() if tab.sheet in sheets]
        title = a1.quoted(self._known.own[JOURNAL][1])
        said = self._client.cells(self._known.spreadsheet, [title, *(tab.range for tab in tabs)])
        looks: dict[int, Look] = {}
        for tab in tabs:
            looks[tab.sheet] = looked(tab, said, (), 0, self._own.get(tab.kind.name, {}))
            self._known.tabs[tab.kind.name] = looks[tab.sheet].tab
        lines = journal.lines_of(said)
        first = max([journal.FIRST - 1, *lines]) + 1
        mends, requests = self._planned(left, looks, lines)
        if not mends:
            self._known.batch = journal.batch_of(lines)
            return []
        batch = uuid.uuid4().hex
        widths = {tab.sheet: tab.width for tab in self._known.tabs.values()}
        opened = journal.opening(
            batch, [entry for entry, _ in mends], self._grid(said), widths, max(first, journal.FIRST + 1)
        )
        name = a1.quoted(self._known.own[JOURNAL][1])
        answer = [f"{name}!{a + 1}:{b + 1}" for a, b in runs((entry.line for entry, _ in mends), 1)]
        after = self._client.update(self._known.spreadsheet, [*opened, *requests], answer).get(
            "updatedSpreadsheet", {}
        )
        self._known.batch = batch
        by_sheet: dict[int, Tab] = {tab.sheet: tab for tab in self._known.tabs.values()}
        again = journal.off([entry for entry, _ in mends], journal.lines_of(after), by_sheet)
        failed = {one.entry.line for one in again}
        return again + [off for entry, off in mends if entry.line in failed]

    def _grid(self, said: Said) -> tuple[int, int]:
        for one in said.get("sheets", []):
            if one["properties"].get("sheetId", 0) == chosen("tab", JOURNAL):
                grid = one["properties"].get("gridProperties", {})
                return grid.get("rowCount", 0), grid.get("columnCount", 0)
        return self._size

    def _planned(
        self, left: Sequence[Off], looks: Mapping[int, Look], lines: Mapping[int, Mapping[int, Any]]
    ) -> tuple[list[tuple[Entry, Off]], list[Said]]:
        mends: list[tuple[Entry, Off]] = []
        requests: list[Said] = []
        taken: set[tuple[int, int]] = set()
        for one in left:
            look = looks.get(one.entry.sheet)
            row = _find(one, look, taken) if look else None
            if look is None or row is None:
                continue  # somebody took the row away: there is nothing left to put right
            taken.add((one.entry.sheet, row))
            entry = Entry(one.entry.sheet, row, "mend", look.id_at(row), "", mends=one.entry.line)
            for column in one.columns:
                seen, wrote, image = (
                    look.cell(row, column),
                    _written(one, row, column, look),
                    one.image.get(column, NOTHING),
                )
                if print_of(seen.entered) != wrote:
                    continue  # edited since: the newer word counts
                before = dict(image.entered or {})
                entry.cells[column] = (wrote, print_of(before))
                requests.append(self._restored(one, row, column, before))
                if column == look.tab.id_column:
                    entry.now = id_text(image)
            for column, text in one.entry.notes.items():
                if look.cell(row, column).note == text:
                    requests.append(note_request(one.entry.sheet, row, column, ""))
            if entry.cells:
                mends.append((entry, one))
        return mends, requests

    def _restored(self, one: Off, row: int, column: int, before: Said) -> Said:
        sheet = one.entry.sheet
        if "formulaValue" in before:  # copied back, so that its references are again what they were
            source = _cell_range(chosen("tab", JOURNAL), one.entry.line, column + journal.SHIFT)
            return {
                "copyPaste": {
                    "source": source,
                    "destination": _cell_range(sheet, row, column),
                    "pasteType": "PASTE_NORMAL",
                }
            }
        cell = {"userEnteredValue": before} if before else {}
        start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
        return {"updateCells": {"start": start, "fields": "userEnteredValue", "rows": [{"values": [cell]}]}}


def _cell_range(sheet: int, row: int, column: int) -> Said:
    return {
        "sheetId": sheet,
        "startRowIndex": row,
        "endRowIndex": row + 1,
        "startColumnIndex": column,
        "endColumnIndex": column + 1,
    }


def _written(one: Off, row: int, column: int, look: Look) -> str:
    """The print of what we wrote into a column."""
    if column in one.entry.cells:
        return one.entry.cells[column][1]
    # Of a create the journal keeps no prints: after a crash, what stands in the row with its id is taken for ours.
    return print_of(look.cell(row, column).entered) if not one.entry.cells else ""


def _find(one: Off, look: Look, taken: set[tuple[int, int]]) -> int | None:
    """Where the damaged row is now: it says the id that we left or wrote, and what we wrote."""

    def free(rows: Sequence[int]) -> list[int]:
        return [row for row in rows if (one.entry.sheet, row) not in taken and row > look.tab.heading_row]

    def ours(row: int) -> bool:
        return all(
            print_of(look.cell(row, column).entered) == after
            for column, (_, after) in one.entry.cells.items()
        )

    if one.id:
        named = free(look.by_id.get(one.id, []))
        whole = [row for row in named if ours(row)]
        return next(iter(whole or named), None)
    bare = free([row for row in sorted(look.cells) if not look.id_at(row) and ours(row)])
    if one.entry.row in bare:
        return one.entry.row
    return bare[0] if bare and any(after for _, after in one.entry.cells.values()) else None
