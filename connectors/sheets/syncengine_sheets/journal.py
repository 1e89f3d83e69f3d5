"""The journal: what stood in every row right before we wrote to it, kept in a hidden tab by the very batch that writes.

Sheets has no conditional write, and people insert, delete and sort rows between our look and our write. But one batch is
applied as a whole and in order (sheets.md, 4). So each batch first copies the rows it is about to change into the journal,
with what it takes them for, and then changes them. The answer to the batch shows the journal: if a row was another one, or a
cell was edited in that moment, what was overwritten is there, and is put back. If we die before that, the next run finds a
batch that nobody has looked through, and does it.

A copied formula keeps its relative references (the copy lies further down and right, so none falls off the grid).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine_sheets import a1
from syncengine_sheets.looking import NOTHING, Look, Seen, rows_of
from syncengine_sheets.mapping import print_of
from syncengine_sheets.marks import JOURNAL, TITLES, chosen

FIRST = 3
"""The first row with an entry; above it: the place, the batch, and a line for people."""
SHIFT = 7
"""The journal's own columns: tab, id it was taken for, id written, row, what was done, prints of the cells, batch."""
NEW = (1000, 26 + SHIFT)
"""Rows and columns of a new one."""
HEADS = "heads"
_BLANKED = "(blank)"
_ABOUT = "mentorsync keeps here what stood in the rows that it changed last, to put it back if somebody moved them just then."

Said = dict[str, Any]


@dataclass
class Entry:
    """One row that a batch changes."""

    sheet: int
    row: int
    action: str
    """`create`, `update`, `delete`, `note`, `mend`, or `heads` (see `headings`)."""
    was: str
    """What stood in the id cell when we looked."""
    now: str | None = None
    """What we write there; `None` where we leave it."""
    cells: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Column to the prints of what stood there when we looked and of what we write; the journal keeps none of a create."""
    line: int = 0
    """The journal's row."""
    mends: int | None = None
    """The line of the entry that this one puts right."""
    batch: str = ""
    notes: dict[int, str] = field(default_factory=dict)
    """Column to the note that we write; not kept in the journal."""


def head_range(title: str) -> str:
    """The place, the spreadsheet it was stamped into and its locale, and the last batch."""
    return f"{a1.quoted(title)}!A1:C2"


def head_area() -> Said:
    """The same, as `GridRange`."""
    rows, columns = {"startRowIndex": 0, "endRowIndex": 2}, {"startColumnIndex": 0, "endColumnIndex": 3}
    return {"sheetId": chosen("tab", JOURNAL), **rows, **columns}


def head(place: str, spreadsheet: str, locale: str, batch: str) -> Said:
    """Writes the journal's first rows."""
    rows = [[place, spreadsheet, locale], [batch], [_ABOUT]]
    lines = [[{"userEnteredValue": {"stringValue": text}} for text in row] for row in rows]
    return _cells(chosen("tab", JOURNAL), 0, 0, lines)


def new_tab(index: int, title: str = TITLES[JOURNAL]) -> list[Said]:
    """Makes the journal's tab, hidden."""
    id = chosen("tab", JOURNAL)
    grid = {"rowCount": NEW[0], "columnCount": NEW[1]}
    return [
        {
            "addSheet": {
                "properties": {
                    "sheetId": id,
                    "title": title,
                    "index": index,
                    "hidden": True,
                    "gridProperties": grid,
                }
            }
        }
    ]


def opening(
    batch: str, entries: Sequence[Entry], size: tuple[int, int], widths: Mapping[int, int], first: int
) -> list[Said]:
    """The batch's first requests: room, the mark of the batch, the old entries gone (`first` is `FIRST`), the rows copied."""
    id = chosen("tab", JOURNAL)
    _place(entries, first)
    for entry in entries:
        entry.batch = batch
    rows = max([first, *(entry.line + 1 for entry in entries)])
    columns = max(widths.values(), default=0) + SHIFT
    found: list[Said] = []
    for dimension, has, needs in (("ROWS", size[0], rows), ("COLUMNS", size[1], columns)):
        if has < needs:
            found.append({"appendDimension": {"sheetId": id, "dimension": dimension, "length": needs - has}})
    if first == FIRST:
        found.append(
            {"updateCells": {"range": {"sheetId": id, "startRowIndex": FIRST}, "fields": "userEnteredValue"}}
        )
    mark = {"userEnteredValue": {"stringValue": batch}}
    found.append(_cells(id, 1, 0, [[mark]]))
    for block in _blocks(entries):
        source = {
            "sheetId": block[0].sheet,
            "startRowIndex": block[0].row,
            "endRowIndex": block[-1].row + 1,
            "startColumnIndex": 0,
        }
        target = {
            "sheetId": id,
            "startRowIndex": block[0].line,
            "endRowIndex": block[-1].line + 1,
            "startColumnIndex": SHIFT,
        }
        for area in (source, target):
            area["endColumnIndex"] = area["startColumnIndex"] + widths[block[0].sheet]
        found.append({"copyPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}})
        found.append(_cells(id, block[0].line, 0, [_described(entry) for entry in block]))
    return found


def _cells(sheet: int, row: int, column: int, rows: list[list[Said]]) -> Said:
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {
        "updateCells": {
            "start": start,
            "fields": "userEnteredValue",
            "rows": [{"values": row} for row in rows],
        }
    }


def _place(entries: Sequence[Entry], first: int) -> None:
    """A line for each entry, never above the row it copies."""
    last = first - 1
    for entry in sorted(entries, key=lambda one: (one.row, one.sheet)):
        entry.line = last = max(last + 1, entry.row)


def _blocks(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Entries that lie below each other, in the tab and in the journal."""
    found: list[list[Entry]] = []
    for entry in sorted(entries, key=lambda one: (one.sheet, one.row)):
        last = found[-1][-1] if found else None
        if last and (last.sheet, last.row + 1, last.line + 1) == (entry.sheet, entry.row, entry.line):
            found[-1].append(entry)
        else:
            found.append([entry])
    return found


def _described(entry: Entry) -> list[Said]:
    cells = (
        json.dumps({str(column): both for column, both in entry.cells.items()}, separators=(",", ":"))
        if entry.cells and entry.action != "create"
        else ""
    )
    now = "" if entry.now is None else entry.now or _BLANKED
    action = f"mend {entry.mends}" if entry.mends is not None else entry.action
    return [
        {"userEnteredValue": {"stringValue": value} if isinstance(value, str) else {"numberValue": value}}
        if value != ""
        else {}
        for value in (entry.sheet, entry.was, now, entry.row, action, cells, entry.batch)
    ]


def lines_of(said: Said) -> dict[int, dict[int, Seen]]:
    """The journal's rows in an answer with grid data."""
    id = chosen("tab", JOURNAL)
    return next(
        (rows_of(one) for one in said.get("sheets", []) if one["properties"].get("sheetId", 0) == id), {}
    )


def batch_of(lines: Mapping[int, Mapping[int, Seen]]) -> str:
    """The mark of the last batch."""
    return str(lines.get(1, {}).get(0, NOTHING).shown)


def entries_of(lines: Mapping[int, Mapping[int, Seen]]) -> list[Entry]:
    """The entries of the last batches, in order; what somebody garbled is left out."""
    found = []
    for number, cells in sorted(lines.items()):
        if number < FIRST or 0 not in cells:
            continue
        sheet, was, now, row, action, prints, batch = (
            cells.get(column, NOTHING).shown for column in range(SHIFT)
        )
        try:
            said = {
                int(column): (before, after) for column, (before, after) in json.loads(prints or "{}").items()
            }
            name, _, mended = str(action).partition(" ")
            id = None if now == "" else "" if now == _BLANKED else str(now)
            found.append(
                Entry(
                    int(sheet),
                    int(row),
                    name,
                    str(was),
                    id,
                    said,
                    number,
                    int(mended) if mended else None,
                    str(batch),
                )
            )
        except (ValueError, TypeError, AttributeError):
            continue
    return found


def add_context(entry: Entry, cells: Mapping[int, Seen]) -> None:
    """A row without an id is known by all that stands in it: that has to be there as well, or it is another row."""
    if entry.was == "" and entry.action != "create":
        for column, seen in cells.items():
            if column not in entry.cells and (text := print_of(seen.entered)):
                entry.cells[column] = (text, text)


def headings(look: Look) -> Entry:
    """An entry for the heading row of a tab that a batch writes to: it tells where the columns were."""
    row, tab = look.tab.heading_row, look.tab
    prints = {column: print_of(look.cell(row, column).entered) for column in tab.ours.values()}
    return Entry(tab.sheet, row, HEADS, look.id_at(row), None, {at: (one, one) for at, one in prints.items()})
