"""Columns of ours added to a sheet that has none for them: to the right of what is there, and part of its table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from syncengine.errors import AccessError
from syncengine.model.values import Locale
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ID, ID_HEADING, Tab
from syncengine_workbook.mapping import Codec, Content, as_text
from syncengine_workbook.patch import Formats, patch
from syncengine_workbook.sheet import SheetXml, column_letters, split_address
from syncengine_workbook.splice import attribute, before, root_prefix, with_attribute
from syncengine_workbook.tables import grow, table_of

_COL = re.compile(rb"<((?:\w+:)?)col\b[^>]*/>")
_WIDTH = 18


def add_columns(book: Book, tab: Tab, missing: Sequence[str]) -> None:
    """Give the tab these fields' columns (the ids' is hidden). Raises `AccessError` where its table can't grow.

    They adjoin the records, so that whatever people sort or filter there takes them along.
    """
    xml = book.xml(tab.sheet)
    table = table_of(book, tab.sheet, tab.heading_row)
    used = _used_columns(xml)
    start = table.last_column + 1 if table else max([*tab.columns.values(), tab.id_column or 0, 0]) + 1
    while not table and start in used:
        start += 1
    wanted = range(start, start + len(missing))
    if table and used & set(wanted):
        raise AccessError(f"has no room beside the table of sheet {tab.sheet.title!r}", where=str(book.package.path),
                          remedy=f"Leave {len(missing)} empty columns to the right of that table, then run setup again.")  # fmt: skip
    while not table and used & set(wanted):
        wanted = range(wanted.start + 1, wanted.stop + 1)
    headings = _headings(xml, book, tab, missing)
    edits = {column: Content("inlineStr", heading) for column, heading in zip(wanted, headings, strict=True)}
    style = _heading_style(xml, tab)
    done = patch(xml, {tab.heading_row: edits}, Formats(xml, book.styles, dict.fromkeys(wanted, style)))
    data = done.data
    for name, column in zip(missing, wanted, strict=True):
        if name == ID:
            tab.id_column = column
            data = _with_column(data, column, hidden=True)
        else:
            tab.columns[name] = column
            data = _with_column(data, column, hidden=False)
    book.set_xml(tab.sheet, _with_filter(data, tab.heading_row, wanted.stop - 1))
    if table:
        grow(book, table, table.last_row, tuple(headings))


def _used_columns(xml: SheetXml) -> set[int]:
    return {column for row in xml.rows() for column, cell in row.cells.items() if not cell.blank}


def _headings(xml: SheetXml, book: Book, tab: Tab, missing: Sequence[str]) -> list[str]:
    """Labels, made different from the headings that stand there: a table's must differ."""
    codec = Codec(Locale(), book.date1904, book.styles.shape, lambda: book.strings)
    row = next((row for row in xml.rows() if row.number == tab.heading_row), None)
    taken = {as_text(codec.raw(cell)).strip().casefold() for cell in row.cells.values()} if row else set()
    made = []
    for name in missing:
        label = ID_HEADING if name == ID else tab.kind.fields[name].label
        free, number = label, 2
        while free.casefold() in taken:
            free, number = f"{label} {number}", number + 1
        taken.add(free.casefold())
        made.append(free)
    return made


def _heading_style(xml: SheetXml, tab: Tab) -> int:
    """The format of the last of the headings that are there."""
    row = next((row for row in xml.rows() if row.number == tab.heading_row), None)
    cells = (
        [row.cells[column] for column in sorted(tab.columns.values()) if column in row.cells] if row else []
    )
    return cells[-1].style if cells else 0


def _with_column(data: bytes, column: int, *, hidden: bool) -> bytes:
    """The sheet with a width for the column, or with the column hidden; others keep what they have."""
    found = re.search(rb"<((?:\w+:)?)cols\b[^>]*>(.*?)</(?:\w+:)?cols>", data, re.DOTALL)
    p = root_prefix(data, b"worksheet")
    extra = b' hidden="1"' if hidden else b""
    own = b'<%scol min="%d" max="%d" width="%d" customWidth="1"%s/>' % (p, column, column, _WIDTH, extra)
    if not found:
        return before(data, p, b"worksheet", b"<" + p + b"cols>" + own + b"</" + p + b"cols>", ("sheetData",))
    pieces: list[tuple[int, bytes]] = [(column, own)]
    for tag in _COL.finditer(found[2]):
        least, most = int(attribute(tag[0], "min") or 0), int(attribute(tag[0], "max") or 0)
        for low, high in ((least, min(most, column - 1)), (max(least, column + 1), most)):
            if low <= high:
                pieces.append(
                    (low, with_attribute(with_attribute(tag[0], "min", str(low)), "max", str(high)))
                )
    inside = b"".join(piece for _, piece in sorted(pieces))
    return data[: found.start(2)] + inside + data[found.end(2) :]


def _with_filter(data: bytes, heading_row: int, last: int) -> bytes:
    """The sheet's own filter widened over the new columns: it sorts no column that it does not cover."""

    def widened(found: re.Match[bytes]) -> bytes:
        first, _, end = (attribute(found[0], "ref") or "").partition(":")
        try:
            (top, left), (bottom, right) = split_address(first), split_address(end or first)
        except ValueError:
            return found[0]
        if top != heading_row:
            return found[0]
        return with_attribute(
            found[0], "ref", f"{column_letters(left)}{top}:{column_letters(max(right, last))}{bottom}"
        )

    return re.sub(rb"<(?:\w+:)?autoFilter\b[^>]*>", widened, data, count=1)
