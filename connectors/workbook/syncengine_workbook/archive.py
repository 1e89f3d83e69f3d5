"""The Archive sheet: what stood in removed rows, a line for each field, so that nothing is ever just gone."""

from __future__ import annotations

from dataclasses import dataclass

from syncengine.connector import Operation
from syncengine_workbook.book import Book, Sheet
from syncengine_workbook.layout import ARCHIVE, Tab
from syncengine_workbook.mapping import Codec, Content, as_text, too_long
from syncengine_workbook.patch import Formats, patch
from syncengine_workbook.sheet import Row
from syncengine_workbook.tables import grow, table_of

TITLE = "Archive"
HEADINGS = ("Sheet", "Record", "Column", "Value", "Record id")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a removed row."""

    sheet: str
    record: str
    column: str
    value: str
    id: str


def archived(tab: Tab, row: Row, operation: Operation, codec: Codec) -> list[Line]:
    """Every field that the row holds, as people see it; of a formula, its last result and its text."""
    lines: list[Line] = []
    for name, column in tab.columns.items():
        cell = row.cells.get(column)
        if cell is None or cell.blank:
            continue
        label = tab.kind.fields[name].label
        raw = codec.raw(cell)
        texts = [(label, as_text(raw))] if raw is not None else []
        if cell.formula:
            texts.append((f"{label} (formula)", f"={cell.formula}"))
        title = operation.title if not too_long(operation.title) else operation.title[:200]
        lines.extend(Line(tab.sheet.title, title, heading, text, operation.id) for heading, text in texts)
    return lines


def archive_sheet(book: Book) -> Sheet | None:
    """The sheet, wherever it was moved and however it is called now."""
    at = book.cell_of(ARCHIVE)
    return at[0] if at else book.sheet(TITLE)


def append(book: Book, lines: list[Line]) -> None:
    """Add the lines below what is there; the sheet must exist."""
    sheet = archive_sheet(book)
    assert sheet is not None
    at = book.cell_of(ARCHIVE)
    first = at[2] if at else 1
    xml = book.xml(sheet)
    last = max(
        (row.number for row in xml.rows() if any(not cell.blank for cell in row.cells.values())), default=1
    )
    edits: dict[int, dict[int, Content]] = {}
    for row, line in enumerate(lines, start=last + 1):
        texts = (line.sheet, line.record, line.column, line.value, line.id)
        edits[row] = {
            first + n: Content("inlineStr", text, literal=text[:1] in "=+-@'")
            for n, text in enumerate(texts)
            if text
        }
    book.set_xml(sheet, patch(xml, edits, Formats(xml, book.styles, {})).data)
    table = table_of(book, sheet, at[1] if at else 1)
    if table and not table.totals:
        grow(book, table, last + len(lines))
