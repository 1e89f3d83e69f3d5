"""What people do in a sandbox spreadsheet, at once and without our code: type, insert, delete, sort, move, copy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncengine_sheets.sandbox.grid import Cell, Tab
from syncengine_sheets.sandbox.showing import value_of
from syncengine_sheets.sandbox.spreadsheet import Spreadsheet
from syncengine_sheets.sandbox.values import enter


class Hands:
    """Somebody's hands on one tab. Rows and columns count from 0."""

    def __init__(self, sheet: Spreadsheet, title: str) -> None:
        tab = sheet.titled(title)
        assert tab is not None, f"no tab {title}; there are {[one.title for one in sheet.tabs]}"
        self.sheet, self.tab = sheet, tab

    def column(self, heading: str, row: int = 0) -> int:
        """The column with this heading."""
        found = [c for c, cell in self.tab.row(row).items() if cell.value == heading]
        assert len(found) == 1, f"{len(found)} columns {heading!r} in {self.tab.title}"
        return found[0]

    def row(self, heading: str, value: Any, first: int = 1) -> int | None:
        """The first row that shows `value` under the heading."""
        column = self.column(heading)
        return next(
            (n for n in range(first, len(self.tab.rows)) if self.tab.get(n, column).value == value), None
        )

    def type(self, row: int, column: int, value: Any) -> None:
        """Type into a cell; the grid grows as it does under people's hands."""
        if row >= self.tab.row_count:
            self.tab.insert("ROWS", self.tab.row_count, row + 1 - self.tab.row_count)
        enter(self.sheet, self.tab, row, column, "" if value is None else value, typed=True)
        self.sheet.version += 1

    def paste(self, row: int, column: int, value: Any) -> None:
        """Put exactly this there, as pasting plain text into a text column does."""
        self.tab.put(
            row,
            column,
            replace(self.tab.get(row, column), value=value if value != "" else None, formula=None),
        )

    def compute(self, row: int, column: int, formula: str, shows: Any) -> None:
        """Type a formula; the sandbox does not calculate, so it is told what comes out."""
        self.tab.put(row, column, replace(self.tab.get(row, column), formula=formula, value=shows))

    def see(self, row: int, column: int) -> Any:
        """What the cell shows."""
        return value_of(
            self.tab.get(row, column), "FORMATTED_VALUE", self.tab, (row, column), self.sheet.locale
        )

    def below(self) -> int:
        """The first row below everything."""
        return self.tab.last_row()

    def insert_rows(self, at: int, count: int = 1) -> None:
        """New rows above `at`."""
        self.tab.insert("ROWS", at, count)
        self.sheet.moved(self.tab, "ROWS", lambda n: n + count if n >= at else n)

    def delete_row(self, at: int) -> None:
        """Take a whole row out."""
        self.tab.delete("ROWS", at, at + 1)
        self.sheet.moved(self.tab, "ROWS", lambda n: None if n == at else n - 1 if n > at else n)

    def clear_row(self, at: int) -> None:
        """Press Delete on a whole row: contents go, the row and its id cell too."""
        for column, cell in list(self.tab.row(at).items()):
            self.tab.put(at, column, replace(cell, value=None, formula=None))

    def copy_row(self, at: int, to: int) -> None:
        """Copy a row over another one, hidden cells included."""
        while len(self.tab.rows) <= to:
            self.tab.rows.append({})
        self.tab.rows[to] = {
            c: Cell(cell.value, cell.formula, cell.format) for c, cell in self.tab.row(at).items()
        }

    def delete_column(self, at: int) -> None:
        """Take a whole column out."""
        self.tab.delete("COLUMNS", at, at + 1)
        self.sheet.moved(self.tab, "COLUMNS", lambda n: None if n == at else n - 1 if n > at else n)

    def insert_column(self, at: int) -> None:
        """A new column to the left of `at`."""
        self.tab.insert("COLUMNS", at, 1)
        self.sheet.moved(self.tab, "COLUMNS", lambda n: n + 1 if n >= at else n)

    def move_column(self, at: int, to: int) -> None:
        """Drag a column before the one that is at `to` now."""
        self.sheet.moved(self.tab, "COLUMNS", self.tab.move("COLUMNS", at, at + 1, to))

    def move_row(self, at: int, to: int) -> None:
        """Drag a row before the one that is at `to` now."""
        self.sheet.moved(self.tab, "ROWS", self.tab.move("ROWS", at, at + 1, to))

    def sort(self, column: int, *, descending: bool = False) -> None:
        """Sort everything below the headings."""
        self.tab.sort(1, max(1, self.tab.last_row()), 0, self.tab.column_count, [(column, descending)])


__all__ = ["Hands", "Tab"]
