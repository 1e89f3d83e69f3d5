"""The rows of one tab that a push is about: found by id or handle; the free ones, and where new ones go."""

from __future__ import annotations

from collections.abc import Iterable

from syncengine.connector import Operation
from syncengine.model.fieldtypes import Percent
from syncengine_workbook.layout import Tab
from syncengine_workbook.mapping import Codec
from syncengine_workbook.reading import FREE, row_handle, stamped
from syncengine_workbook.sheet import MOST_ROWS, Row, SheetXml, split_area


class TabRows:
    """One pass over a tab; it keeps only the rows that some operation names."""

    def __init__(self, sheet: SheetXml, tab: Tab, codec: Codec, operations: Iterable[Operation]) -> None:
        self._tab, self._codec = tab, codec
        self._wanted = {name for operation in operations for name in (operation.id, operation.handle) if name}
        self._found: dict[int, Row] = {}
        self._by_id: dict[str, list[int]] = {}
        self._free: list[int] = []
        self._last = tab.heading_row
        self._areas: list[tuple[int, int, int, int]] = []
        self.like: dict[int, int] = {}
        """Column to the format it has in the last row with content."""
        self.whole: set[str] = set()
        """Percent fields that people write as 40, without the sign."""
        self.reused: set[int] = set()
        percents = [(n, at) for n, at in tab.columns.items() if isinstance(tab.kind.fields[n].type, Percent)]
        columns = set(tab.columns.values())
        for row in sheet.rows():
            self._areas.extend(split_area(cell.reach) for cell in row.cells.values() if cell.reach)
            if row.number > tab.heading_row:
                self._take(row, columns, percents)
        self._next = self._last + 1

    def _take(self, row: Row, columns: set[int], percents: list[tuple[str, int]]) -> None:
        id = stamped(self._tab, row, self._codec)
        rest = [cell for column, cell in row.cells.items() if column != self._tab.id_column]
        if id == FREE and all(cell.blank for cell in rest):
            self._free.append(row.number)
            self._last = row.number
        elif id is not None or any(not cell.blank for cell in rest):
            self._last = row.number
            self.like = {
                column: row.cells[column].style for column in columns & row.cells.keys()
            } or self.like
        if id is not None and id in self._wanted:
            self._by_id.setdefault(id, []).append(row.number)
            self._found[row.number] = row
        elif row_handle(self._tab, row.number) in self._wanted:
            self._found[row.number] = row
        for name, at in percents:
            cell = row.cells.get(at)
            raw = self._codec.raw(cell) if cell is not None and cell.type == "n" and not cell.blank else None
            if isinstance(raw, int | float) and raw > 1:
                self.whole.add(name)

    def get(self, number: int) -> Row | None:
        """A row that some operation names."""
        return self._found.get(number)

    def find(self, operation: Operation) -> int | None:
        """The row that the operation is about: at its handle, else with its id."""
        handle = operation.handle
        if handle and handle.startswith("row:"):
            number = next((n for n in self._found if row_handle(self._tab, n) == handle), None)
            if number is not None:
                return number
        for id in (handle, operation.id):
            if id and self._by_id.get(id):
                return self._by_id[id][0]
        return None

    def new(self, id: str) -> int | None:
        """A row for a new record: one that a deletion of ours left, else below everything. `None`: the sheet is full."""
        if self._free:
            number = self._free.pop(0)
            self.reused.add(number)
        elif self._next > MOST_ROWS:
            return None
        else:
            number, self._next = self._next, self._next + 1
        self._by_id.setdefault(id, []).append(number)
        return number

    def forget(self, number: int) -> None:
        """The row holds no record any more."""
        for rows in self._by_id.values():
            if number in rows:
                rows.remove(number)

    @property
    def last(self) -> int:
        """The last row with content, new ones included."""
        return self._next - 1

    def array_at(self, row: int, column: int) -> bool:
        """Whether a formula elsewhere fills this cell."""
        return any(
            top <= row <= bottom and left <= column <= right for top, left, bottom, right in self._areas
        )
