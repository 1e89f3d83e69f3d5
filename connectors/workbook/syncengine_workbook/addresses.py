"""Addresses of rows, as hyperlinks in a spreadsheet program have them: `Goals!A5`, `'Our goals'!A5`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from syncengine.model.ids import is_id
from syncengine_workbook.book import Book, quoted
from syncengine_workbook.layout import Tab
from syncengine_workbook.mapping import Codec
from syncengine_workbook.reading import row_handle, stamped

_CELL = re.compile(r"(?:'((?:[^']|'')+)'|([^'!.]+))[!.]\$?[A-Za-z]{1,3}\$?(\d+)(?::.*)?")


def cells(book: Book, tabs: Iterable[Tab], codec: Codec) -> dict[str, str]:
    """The first cell of every row in use to the row's handle; of rows with one id, the first has it."""
    found: dict[str, str] = {}
    for tab in tabs:
        seen: set[str] = set()
        for row in book.xml(tab.sheet).rows():
            if row.number > tab.heading_row and row.cells:
                id = stamped(tab, row, codec) if tab.id_column else None
                own = id is not None and is_id(id) and id not in seen
                seen.add(id or "")
                cell = f"{quoted(tab.sheet.title)}!A{row.number}"
                found[cell] = id if own and id else row_handle(tab, row.number)
    return found


def row_of(cell: str) -> tuple[str, int] | None:
    """(sheet, row) of an address within a book; LibreOffice parts them by a full stop."""
    said = _CELL.fullmatch(cell.strip())
    return ((said[1] or said[2]).replace("''", "'").casefold(), int(said[3])) if said else None
