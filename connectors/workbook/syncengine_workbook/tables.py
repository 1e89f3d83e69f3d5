"""A sheet's Excel table: how far it reaches, and making it reach further."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from syncengine_workbook.book import Book, Sheet, relations
from syncengine_workbook.sheet import column_letters, split_address
from syncengine_workbook.splice import attribute, with_attribute

_TABLE = re.compile(rb"<(?:\w+:)?table\b[^>]*>")
_COLUMNS = re.compile(rb"<((?:\w+:)?)tableColumns\b[^>]*>(.*?)</(?:\w+:)?tableColumns>", re.DOTALL)
_COLUMN_ID = re.compile(rb"<(?:\w+:)?tableColumn\b[^>]*?\sid=[\"'](\d+)")


@dataclass(frozen=True, slots=True)
class Table:
    """Where one table stands; rows and columns from 1, both ends inclusive."""

    part: str
    first_row: int
    first_column: int
    last_row: int
    last_column: int
    totals: bool


def table_of(book: Book, sheet: Sheet, heading_row: int) -> Table | None:
    """The table whose headings are in that row."""
    for relation in relations(book.package, sheet.part):
        if relation.type != "table" or not book.package.has(relation.part):
            continue
        found = _TABLE.search(book.package.read(relation.part))
        if not found:
            continue
        first, _, last = (attribute(found[0], "ref") or "").partition(":")
        try:
            (top, left), (bottom, right) = split_address(first), split_address(last or first)
        except ValueError:
            continue
        if top == heading_row and attribute(found[0], "headerRowCount") != "0":
            totals = (attribute(found[0], "totalsRowCount") or "0") != "0"
            return Table(relation.part, top, left, bottom, right, totals)
    return None


def grow(book: Book, table: Table, last_row: int, headings: tuple[str, ...] = ()) -> None:
    """Let the table reach down to `last_row`, and to the right over new columns with these headings."""
    data = book.package.read(table.part)
    right = table.last_column + len(headings)
    ref = f"{column_letters(table.first_column)}{table.first_row}:{column_letters(right)}{max(last_row, table.last_row)}"
    data = _TABLE.sub(lambda found: with_attribute(found[0], "ref", ref), data, count=1)
    data = re.sub(
        rb"<(?:\w+:)?autoFilter\b[^>]*>", lambda found: with_attribute(found[0], "ref", ref), data, count=1
    )
    if headings:
        data = _COLUMNS.sub(lambda found: _with_columns(found, headings), data, count=1)
    book.package.write(table.part, data)


def _with_columns(found: re.Match[bytes], headings: tuple[str, ...]) -> bytes:
    p = found[1]
    ids = [int(number) for number in _COLUMN_ID.findall(found[2])]
    start = max(ids, default=0) + 1
    new = b"".join(b"<%stableColumn id=\"%d\" name=%s/>" % (p, start + n, quoteattr(heading).encode())
                   for n, heading in enumerate(headings))  # fmt: skip
    return (
        b'<%stableColumns count="%d">' % (p, len(ids) + len(headings))
        + found[2]
        + new
        + b"</%stableColumns>" % p
    )
