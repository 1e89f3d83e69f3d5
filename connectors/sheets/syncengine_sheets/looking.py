"""The look right before a write: what was entered into the cells at stake, where each id is now, where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from syncengine_sheets import a1
from syncengine_sheets.layout import Tab, found_in
from syncengine_sheets.mapping import held_of, print_of
from syncengine_sheets.structure import Sheet as Found
from syncengine_sheets.structure import marked_columns

Said = dict[str, Any]
_TOGETHER = 3
"""Rows that lie no further apart are asked for as one range."""


class Seen(NamedTuple):
    """One cell."""

    entered: Said | None = None
    """`userEnteredValue`; `None` for a blank cell, and for one that a formula elsewhere fills."""
    shown: Any = ""
    """`effectiveValue`, as the values endpoints show it."""
    note: str = ""
    format: str | None = None
    """The type of its number format, where it is told."""

    @property
    def computed(self) -> bool:
        """Whether a formula, here or elsewhere, fills it: never overwritten (design rule 16)."""
        return "formulaValue" in (self.entered or {}) or (self.entered is None and self.shown != "")

    @property
    def blank(self) -> bool:
        """Nothing to see; a checkbox that nobody ticked says nothing either."""
        nothing = self.shown is False or self.shown == ""
        return nothing and self.entered in (None, {}, {"boolValue": False}, {"stringValue": ""})


NOTHING = Seen()


def rows_of(said: Said) -> dict[int, dict[int, Seen]]:
    """Row to column to cell, of one sheet of an answer with grid data."""
    found: dict[int, dict[int, Seen]] = {}
    for data in said.get("data", []):
        left = data.get("startColumn", 0)
        for number, row in enumerate(data.get("rowData", []), start=data.get("startRow", 0)):
            cells = found.setdefault(number, {})
            for column, cell in enumerate(row.get("values", []), start=left):
                if cell:
                    format = cell.get("effectiveFormat", {}).get("numberFormat", {}).get("type")
                    cells[column] = Seen(
                        cell.get("userEnteredValue"),
                        shown_of(cell.get("effectiveValue")),
                        cell.get("note", ""),
                        format,
                    )
    return found


_ERRORS = {
    "NULL_VALUE": "#NULL!", "DIVIDE_BY_ZERO": "#DIV/0!", "VALUE": "#VALUE!", "REF": "#REF!", "NAME": "#NAME?", "NUM": "#NUM!",
    "N_A": "#N/A", "LOADING": "Loading...",
}  # fmt: skip


def shown_of(extended: Said | None) -> Any:
    """An `ExtendedValue` as the values endpoints show it."""
    if extended and "errorValue" in extended:
        return _ERRORS.get(extended["errorValue"].get("type", ""), "#ERROR!")
    return held_of(extended)


@dataclass
class Look:
    """One tab as it was at that moment."""

    tab: Tab
    cells: dict[int, dict[int, Seen]]
    asked: set[int] = field(default_factory=set)
    """Rows whose every cell was asked for."""
    tail: int = 0
    """From this row on every cell was asked for as well."""

    def __post_init__(self) -> None:
        self.by_id: dict[str, list[int]] = {}
        at = self.tab.id_column
        for row, cells in sorted(self.cells.items()):
            text = id_text(cells.get(at, NOTHING)) if at is not None and row > self.tab.heading_row else ""
            if text:
                self.by_id.setdefault(text, []).append(row)

    def cell(self, row: int, column: int) -> Seen:
        """What is in a cell that was asked for."""
        return self.cells.get(row, {}).get(column, NOTHING)

    def knows(self, row: int) -> bool:
        """Whether every cell of the row was asked for."""
        return row in self.asked or row >= self.tail

    def id_at(self, row: int) -> str:
        """What stands in the row's id cell."""
        return id_text(self.cell(row, self.tab.id_column)) if self.tab.id_column is not None else ""

    def end(self) -> int:
        """The first row below everything that anybody entered; formulas of people's in their own columns don't count."""
        ours = set(self.tab.ours.values())
        used = [
            row
            for row, cells in self.cells.items()
            if any(not seen.blank and (column in ours or not seen.computed) for column, seen in cells.items())
        ]
        return max([self.tab.heading_row, self.tail - 1, *used]) + 1


def id_text(seen: Seen) -> str:
    """What an id cell says."""
    return str(seen.shown if seen.shown != "" else held_of(seen.entered)).strip()


def ranges(tab: Tab, rows: Iterable[int], tail: int) -> list[str]:
    """What to ask for: the headings, the column of ids, these rows, and everything from `tail` on, within the grid."""
    name = tab.range
    found = [f"{name}!{tab.heading_row + 1}:{tab.heading_row + 1}"]
    if tab.id_column is not None:
        found.append(f"{name}!{a1.letters(tab.id_column)}:{a1.letters(tab.id_column)}")
    for first, last in runs(row for row in rows if row < min(tail, tab.rows)):
        found.append(f"{name}!{first + 1}:{last + 1}")
    if tail < tab.rows:
        found.append(f"{name}!{tail + 1}:{tab.rows}")
    return found


def runs(numbers: Iterable[int], together: int = _TOGETHER) -> list[tuple[int, int]]:
    """Numbers as (first, last) of runs, near ones taken together."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and number - found[-1][1] <= together:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def looked(tab: Tab, said: Said, rows: Iterable[int], tail: int, own: Mapping[str, str]) -> Look:
    """The tab's look from an answer to `ranges`; columns are where they are now. Raises `LookupError`: the tab is gone."""
    sheet = next(
        (one for one in said.get("sheets", []) if one["properties"].get("sheetId", 0) == tab.sheet), None
    )
    if sheet is None:
        raise LookupError(tab.title)
    about = sheet["properties"]
    grid = about.get("gridProperties", {})
    cells = rows_of(sheet)
    heads = cells.get(tab.heading_row, {})
    row = [heads.get(column, NOTHING).shown for column in range(max(heads, default=-1) + 1)]
    found = Found(
        tab.sheet,
        about.get("title", ""),
        grid.get("rowCount", 0),
        grid.get("columnCount", 0),
        fields=dict(marked_columns(sheet)),
    )
    now = found_in(tab.kind, found, tab.heading_row, row, own, aliases=False)
    asked = {
        row
        for first, last in runs(row for row in rows if row < min(tail, tab.rows))
        for row in range(first, last + 1)
    }
    return Look(now, cells, asked, tail)


def prints(cells: Mapping[int, Seen], columns: Iterable[int]) -> dict[int, str]:
    """Column to the print of what was entered there."""
    return {column: print_of(cells.get(column, NOTHING).entered) for column in columns}
