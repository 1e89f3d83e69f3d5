"""Rows to items: one pass over a tab, without writing.

A row with an id is that record's; a row without one and with anything in our columns was made by a person; a row
whose id stands there alone has lost its contents and is held, neither gone nor written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from syncengine.connector import Item, Reading, Trouble
from syncengine.model.ids import is_id
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ID, Tab
from syncengine_workbook.mapping import Codec, as_text
from syncengine_workbook.sheet import Row, column_letters

FREE = "free"
"""Stands in the id column of a row that a deletion of ours left blank: the next new record may take it."""
LEFT = "removed"
"""Stands there instead where something of people's is left in the row: nobody else is to take it."""


class Places(Mapping[str, str]):
    """Field to cell, for people, worked out when asked for: most are never shown."""

    __slots__ = ("_row", "_tab")

    def __init__(self, tab: Tab, row: int) -> None:
        self._tab, self._row = tab, row

    def __getitem__(self, name: str) -> str:
        return f"{self._tab.sheet.title}!{column_letters(self._tab.columns[name])}{self._row}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._tab.columns)

    def __len__(self) -> int:
        return len(self._tab.columns)


@dataclass
class TabReading:
    """What one tab holds."""

    items: list[Item] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def totals_row(book: Book, tab: Tab) -> int | None:
    """The row in which the tab's table shows totals; it is nobody's record."""
    from syncengine_workbook.tables import table_of  # the table is looked at once for each tab

    table = table_of(book, tab.sheet, tab.heading_row)
    return table.last_row if table and table.totals else None


def row_handle(tab: Tab, row: int) -> str:
    """The handle of a row that has no id of its own; good until the next write."""
    return f"row:{tab.sheet.title}:{row}"


def stamped(tab: Tab, row: Row, codec: Codec) -> str | None:
    """What stands in the row's id cell."""
    cell = row.cells.get(tab.id_column or 0)
    return as_text(codec.raw(cell)).strip() or None if cell else None


def readings(tab: Tab, row: Row, codec: Codec) -> dict[str, Reading]:
    """The canonical value of each field that the tab has."""
    found: dict[str, Reading] = {}
    for name, column in tab.columns.items():
        cell = row.cells.get(column)
        found[name] = None if cell is None or cell.blank else codec.read(tab.kind.fields[name], cell)
    return found


def read_tab(book: Book, tab: Tab, codec: Codec) -> TabReading:
    """Every record of the tab. Raises `ValueError` or `ParseError` where the sheet is damaged."""
    result = TabReading()
    seen: set[str] = set()
    totals = totals_row(book, tab)
    columns = set(tab.columns.values())
    for row in book.xml(tab.sheet).rows():
        if row.number <= tab.heading_row or row.number == totals or not row.cells:
            continue
        text = stamped(tab, row, codec) if tab.id_column else None
        id = text if text not in (FREE, LEFT) else None
        ours = columns & row.cells.keys()
        if id is None and all(row.cells[column].blank for column in ours):
            continue
        fields = readings(tab, row, codec)
        where = f"{book.package.path.name}, sheet {tab.sheet.title}, row {row.number}"
        if all(value is None for value in fields.values()):
            if id is not None and is_id(id):
                result.troubles.append(_emptied(tab, id, where))
            continue
        own = id is not None and is_id(id) and id not in seen
        seen.add(id or "")
        handle = id if own and id else row_handle(tab, row.number)
        result.items.append(Item(tab.kind.name, id, handle, fields, where, places=Places(tab, row.number)))
    return result


def _emptied(tab: Tab, id: str, where: str) -> Trouble:
    remedy = f"Undo it, or delete the whole row if the {tab.kind.label.lower()} is to go; nothing else was changed."
    return Trouble(where, "has lost everything but its id", remedy, kind=tab.kind.name, handle=id, field=ID)
