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
from syncengine_sheets.cells import note_request
from syncengine_sheets.client import Client
from syncengine_sheets.journal import Entry
from syncengine_sheets.judging import Off, off
from syncengine_sheets.known import Known
from syncengine_sheets.layout import Tab
from syncengine_sheets.looking import NOTHING, Look, id_text, looked, runs
from syncengine_sheets.mapping import print_of
from syncengine_sheets.marks import JOURNAL, chosen

_ROUNDS = 12

Said = dict[str, Any]


class Mender:
    """Mends until nothing is off. Raises `Unavailable` where people are too busy; the journal then still has everything."""

    def __init__(
        self, client: Client, known: Known, own: Mapping[str, Mapping[str, str]], size: tuple[int, int]
    ) -> None:
        self._client, self._known, self._own, self._size = client, known, own, size

    def mend(self, wrong: Sequence[Off]) -> None:
        """Put everything back; `known.batch` is then the last batch. Where that breaks off, it is what it was: the next run
        sees that there is a batch that nobody looked through."""
        before = self._known.batch
        try:
            self._mend(wrong)
        except Exception:
            self._known.batch = before
            raise

    def _mend(self, wrong: Sequence[Off]) -> None:
        levels = _levels(wrong)
        for _ in range(_ROUNDS):
            while levels and not levels[-1]:
                levels.pop()
            if not levels:
                return
            try:
                levels[-1], again = self._round(levels[-1])
            except (Refused, LookupError):
                continue  # a tab grew, shrank or went; the next look shows it
            if again:
                levels.append(again)
        left = sum(map(len, levels))
        if left:
            raise Unavailable(
                f"{left} rows were moved by somebody while they were written, again and again", where="the spreadsheet",
                remedy="What was overwritten is kept in the hidden tab “mentorsync”; the next run puts it back.",
            )  # fmt: skip

    def _round(self, left: list[Off]) -> tuple[list[Off], list[Off]]:
        """Try to put these right; what is left of them, and what went wrong with that."""
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
        mends, requests, later = self._planned(left, looks)
        if not mends:
            self._known.batch = journal.batch_of(lines)
            return [], []
        batch = uuid.uuid4().hex
        widths = {tab.sheet: tab.width for tab in self._known.tabs.values()}
        entries = [entry for entry, _ in mends]
        entries += [
            journal.headings(look) for sheet, look in looks.items() if any(e.sheet == sheet for e in entries)
        ]
        first = max(first, journal.FIRST + 1)
        opened = journal.opening(batch, entries, self._grid(said), widths, first)
        name = a1.quoted(self._known.own[JOURNAL][1])
        answer = [f"{name}!{a + 1}:{b + 1}" for a, b in runs((entry.line for entry in entries), 1)]
        after = self._client.update(self._known.spreadsheet, [*opened, *requests], answer).get(
            "updatedSpreadsheet", {}
        )
        self._known.batch = batch
        by_sheet: dict[int, Tab] = {tab.sheet: tab for tab in self._known.tabs.values()}
        again = off(entries, journal.lines_of(after), by_sheet)
        failed = {one.entry.line for one in again}
        return later + [off for entry, off in mends if entry.line in failed], again

    def _grid(self, said: Said) -> tuple[int, int]:
        for one in said.get("sheets", []):
            if one["properties"].get("sheetId", 0) == chosen("tab", JOURNAL):
                grid = one["properties"].get("gridProperties", {})
                return grid.get("rowCount", 0), grid.get("columnCount", 0)
        return self._size

    def _planned(
        self, left: Sequence[Off], looks: Mapping[int, Look]
    ) -> tuple[list[tuple[Entry, Off]], list[Said], list[Off]]:
        """What to put back where, as entries and requests; and what has to wait, since its row is taken by another."""
        mends: list[tuple[Entry, Off]] = []
        requests: list[Said] = []
        later: list[Off] = []
        taken: set[tuple[int, int]] = set()
        for one in left:
            look = looks.get(one.entry.sheet)
            row = _find(one, look) if look else None
            if look is None or row is None:
                continue  # somebody took the row away: there is nothing left to put right
            if (one.entry.sheet, row) in taken:
                later.append(one)
                continue
            taken.add((one.entry.sheet, row))
            entry = Entry(one.entry.sheet, row, "mend", look.id_at(row), mends=one.entry.line)
            for then in one.columns:
                column = _column_now(one, then, row, look)
                if column is None:
                    continue
                seen, wrote, image = (
                    look.cell(row, column),
                    _written(one, row, then, column, look),
                    one.image.get(then, NOTHING),
                )
                if print_of(seen.entered) != wrote:
                    continue  # edited since: the newer word counts
                before = dict(image.entered or {})
                entry.cells[column] = (wrote, print_of(before))
                requests.append(self._restored(one, row, column, then, before))
                if column == look.tab.id_column:
                    entry.now = id_text(image)
            for column, text in one.entry.notes.items():
                if look.cell(row, column).note == text:
                    requests.append(note_request(one.entry.sheet, row, column, ""))
            if entry.cells:
                journal.add_context(entry, look.cells.get(row, {}))
                mends.append((entry, one))
        return mends, requests, later

    def _restored(self, one: Off, row: int, column: int, then: int, before: Said) -> Said:
        sheet = one.entry.sheet
        if "formulaValue" in before:  # copied back, so that its references are again what they were
            source = _cell_range(chosen("tab", JOURNAL), one.entry.line, then + journal.SHIFT)
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


def _levels(wrong: Sequence[Off]) -> list[list[Off]]:
    """What went wrong last is put right first: what was overwritten, then what was overwritten in putting that back, …"""
    by_line = {one.entry.line: one for one in wrong}

    def depth(one: Off) -> int:
        if one.entry.mends is None:
            return 0
        mended = by_line.get(one.entry.mends)
        return 1 + (depth(mended) if mended is not None and mended.entry.line < one.entry.line else 0)

    deepest = max(map(depth, wrong), default=-1)
    return [[one for one in wrong if depth(one) == level] for level in range(deepest + 1)]


def _cell_range(sheet: int, row: int, column: int) -> Said:
    rows = {"startRowIndex": row, "endRowIndex": row + 1}
    return {"sheetId": sheet, **rows, "startColumnIndex": column, "endColumnIndex": column + 1}


def _written(one: Off, row: int, then: int, column: int, look: Look) -> str:
    """The print of what we wrote into a column."""
    if then in one.entry.cells:
        return one.entry.cells[then][1]
    # Of a create the journal keeps no prints: after a crash, what stands in the row with its id is taken for ours.
    return print_of(look.cell(row, column).entered) if not one.entry.cells else ""


def _column_now(one: Off, then: int, row: int, look: Look) -> int | None:
    """Where a column is now that was at `then` when we wrote: by its heading, else by what we wrote into it."""
    named = _headed(one, then, look)
    if named is not None:
        return named
    after = one.entry.cells.get(then, ("", ""))[1]
    same = [at for at, seen in look.cells.get(row, {}).items() if after and print_of(seen.entered) == after]
    return same[0] if len(same) == 1 else None


def _headed(one: Off, then: int, look: Look) -> int | None:
    heading = look.cells.get(look.tab.heading_row, {})
    text = one.heads.get(then, "")
    if id_text(heading.get(then, NOTHING)) == text:
        return then
    named = [column for column, seen in heading.items() if text and id_text(seen) == text]
    return named[0] if len(named) == 1 else None


def _find(one: Off, look: Look) -> int | None:
    """Where the damaged row is now: the one that is in every cell as we left it, else by the id that it says since."""
    rows = range(look.tab.heading_row + 1, max(look.cells, default=0) + 1)
    left = _left(one, look)
    found = [row for row in rows if left is not None and _all(look, row) == left]
    if not found and one.id:
        named = look.by_id.get(one.id, [])
        found = [row for row in named if _wrote(one, look, row)] or named
    if not found and any(after for _, after in one.entry.cells.values()):
        found = [row for row in rows if _wrote(one, look, row)]
    return one.entry.row if one.entry.row in found else next(iter(found), None)


def _left(one: Off, look: Look) -> dict[int, str] | None:
    """Column to print of the whole row as we left it, where the columns are now; `None` where that can't be told."""
    if not one.entry.cells:
        return None
    prints = {then: print_of(seen.entered) for then, seen in one.image.items()}
    prints |= {then: after for then, (_, after) in one.entry.cells.items()}
    found: dict[int, str] = {}
    for then, text in prints.items():
        now = _headed(one, then, look)
        if now is None:
            return None
        if text:
            found[now] = text
    return found


def _all(look: Look, row: int) -> dict[int, str]:
    cells = look.cells.get(row, {})
    return {column: text for column, seen in cells.items() if (text := print_of(seen.entered))}


def _wrote(one: Off, look: Look, row: int) -> bool:
    """Whether what we wrote stands in the row."""
    return all(
        (at := _column_now(one, then, row, look)) is not None
        and print_of(look.cell(row, at).entered) == after
        for then, (_, after) in one.entry.cells.items()
    )
