"""Columns of ours added to a sheet that has none for them: to the right of what is there, and part of its table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree

from syncengine.errors import AccessError
from syncengine.model.values import Locale
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ID, ID_HEADING, Tab
from syncengine_workbook.mapping import Codec, Content, as_text
from syncengine_workbook.patch import Formats, patch
from syncengine_workbook.sheet import MOST_ROWS, Row, SheetXml, column_letters, split_area
from syncengine_workbook.splice import AFTER_VALIDATIONS, attribute, before, into, root_prefix, with_attribute
from syncengine_workbook.tables import Table, grow, table_of

_COL = re.compile(rb"<((?:\w+:)?)col\b[^>]*/>")
_WIDTH, _WIDEST = 18, 16_384


def add_columns(book: Book, tab: Tab, missing: Sequence[str], lists: Mapping[str, str]) -> None:
    """Give the tab these fields' columns (the ids' is hidden). Raises `AccessError` where its table can't grow.

    They adjoin the records, so that whatever people sort or filter there takes them along. `lists`: see `draw_tab`.
    """
    xml = book.xml(tab.sheet)
    table = table_of(book, tab.sheet, tab.heading_row)
    at = dict(zip(missing, _places(book, xml, tab, table, len(missing)), strict=True))
    row = next((row for row in xml.rows() if row.number == tab.heading_row), None)
    headings = _headings(book, tab, row, missing)
    style = _heading_style(row, tab)
    edits = {at[name]: Content("inlineStr", heading) for name, heading in headings.items()}
    data = patch(
        xml, {tab.heading_row: edits}, Formats(xml, book.styles, dict.fromkeys(at.values(), style))
    ).data
    for name, column in at.items():
        data = _with_column(data, column, 0 if name == ID else _style(book, tab, name), hidden=name == ID)
    tab.id_column = at.get(ID, tab.id_column)
    tab.columns.update({name: column for name, column in at.items() if name != ID})
    data = _with_validations(data, tab, at, lists)
    book.set_xml(tab.sheet, _with_filter(data, tab.heading_row, max(at.values())))
    if table:
        grow(book, table, table.last_row, tuple(headings.values()))


def _places(book: Book, xml: SheetXml, tab: Tab, table: Table | None, count: int) -> list[int]:
    """The first columns to the right of the records that nobody uses."""
    used = {column for row in xml.rows() for column, cell in row.cells.items() if not cell.blank}
    start = table.last_column + 1 if table else max([0, *tab.columns.values(), tab.id_column or 0]) + 1
    places = [column for column in range(start, _WIDEST + 1) if column not in used][:count]
    if table and places != list(range(start, start + count)):
        raise AccessError(f"has no room beside the table of sheet {tab.sheet.title!r}", where=str(book.package.path),
                          remedy=f"Leave {count} empty columns to the right of that table, then run setup again.")  # fmt: skip
    return places


def _headings(book: Book, tab: Tab, row: Row | None, missing: Iterable[str]) -> dict[str, str]:
    """Labels, made different from the headings that stand there: a table's must differ."""
    codec = Codec(Locale(), book.date1904, book.styles.shape, lambda: book.strings)
    taken = {as_text(codec.raw(cell)).strip().casefold() for cell in row.cells.values()} if row else set()
    made: dict[str, str] = {}
    for name in missing:
        label = ID_HEADING if name == ID else tab.kind.fields[name].label
        free, number = label, 2
        while free.casefold() in taken:
            free, number = f"{label} {number}", number + 1
        taken.add(free.casefold())
        made[name] = free
    return made


def _heading_style(row: Row | None, tab: Tab) -> int:
    """The format of the last of the headings that are there."""
    cells = (
        [row.cells[column] for column in sorted(tab.columns.values()) if column in row.cells] if row else []
    )
    return cells[-1].style if cells else 0


def _style(book: Book, tab: Tab, name: str) -> int:
    from syncengine_workbook.look import number_format

    code = number_format(tab.kind.fields[name])
    return 0 if code == "General" else book.styles.shown_as(0, code)


def _with_column(data: bytes, column: int, style: int, *, hidden: bool) -> bytes:
    """The sheet with a width and a format for the column, or with the column hidden; others keep what they have."""
    found = re.search(rb"<((?:\w+:)?)cols\b[^>]*>(.*?)</(?:\w+:)?cols>", data, re.DOTALL)
    p = root_prefix(data, b"worksheet")
    extra = (b' style="%d"' % style if style else b"") + (b' hidden="1"' if hidden else b"")
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


def _with_validations(data: bytes, tab: Tab, at: Mapping[str, int], lists: Mapping[str, str]) -> bytes:
    """Drop-downs for the new columns; those that people have stay."""
    from syncengine_workbook.tab_sheet import validation_of

    p = root_prefix(data, b"worksheet")
    made = b""
    for name, column in at.items():
        validation = validation_of(tab.kind.fields[name], lists) if name != ID else None
        if validation is not None:
            letters = column_letters(column)
            validation.add(f"{letters}{tab.heading_row + 1}:{letters}{MOST_ROWS}")
            text = ElementTree.tostring(validation.to_tree(), encoding="unicode").encode()
            made += re.sub(
                rb"<(/?)(dataValidation|formula)", lambda found: b"<" + found[1] + p + found[2], text
            )
    cut = data.rfind(b"sheetData")
    return data[:cut] + into(data[cut:], p, b"worksheet", b"dataValidations", made, AFTER_VALIDATIONS)


def _with_filter(data: bytes, heading_row: int, last: int) -> bytes:
    """The sheet's own filter widened over the new columns: it sorts no column that it does not cover."""

    def widened(found: re.Match[bytes]) -> bytes:
        top, left, bottom, right = split_area(attribute(found[0], "ref") or "")
        if top != heading_row:
            return found[0]
        return with_attribute(
            found[0], "ref", f"{column_letters(left)}{top}:{column_letters(max(right, last))}{bottom}"
        )

    return re.sub(rb"<(?:\w+:)?autoFilter\b[^>]*>", widened, data, count=1)
