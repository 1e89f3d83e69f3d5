"""The Guide and the Archive as `setup` makes them. For openpyxl."""

from __future__ import annotations

import re

from openpyxl.styles import Alignment, Font
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from syncengine.model.template import Template
from syncengine_workbook import archive, look
from syncengine_workbook.sheet import column_letters

GUIDE = "Guide"
_WIDE = 100
_TIPS = (
    "Write, sort, filter, and add columns, sheets, formulas and charts as you like: what is yours stays yours.",
    "A new line in a sheet becomes a new record with the next sync. To remove one, delete its whole row.",
    "Columns may be moved and renamed. A deleted column clears nothing elsewhere; setup brings it back.",
    "Close the workbook before a sync: while it is open, nothing is written into it.",
)


def draw_guide(book: Workbook, template: Template, title: str) -> None:
    """The template's pages, one below the other, and how to work with the workbook."""
    sheet = book.create_sheet(title)
    sheet.sheet_view.showGridLines = False
    sheet.sheet_properties.tabColor = "C9A75D"
    sheet.column_dimensions["A"].width = 3
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.column_dimensions["B"].width = _WIDE
    row = 2
    _line(sheet, row, template.title, look.TITLE, 34)
    for heading, lines in [
        *((page.title, _lines(page.text)) for page in template.pages),
        ("This workbook", [f"•  {tip}" for tip in _TIPS]),
    ]:
        row += 2
        _line(sheet, row, heading, look.SECTION, 24)
        for text in lines:
            row += 1
            _line(sheet, row, text, look.BODY, 16 * max(1, -(-len(text) // (_WIDE - 4))) + 2)


def _lines(text: str) -> list[str]:
    """Markdown as plain lines: paragraphs joined, list marks as people print them, emphasis without its stars."""
    lines: list[str] = []
    for raw in text.strip().splitlines():
        line = re.sub(r"(\*\*|\*|`)(.+?)\1", r"\2", raw.strip())
        starts = re.match(r"[-*] |\d+\. ", line)
        if starts:
            lines.append(re.sub(r"^[-*] ", "•  ", line))
        elif line and lines and lines[-1]:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return [line for line in lines if line]


def _line(sheet: Worksheet, row: int, text: str, font: Font, height: float) -> None:
    cell = sheet.cell(row, 2, text)
    cell.data_type, cell.font = "s", font
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    sheet.row_dimensions[row].height = height


def draw_archive(book: Workbook, title: str, table: str) -> None:
    """Where the contents of removed rows go."""
    sheet = book.create_sheet(title)
    sheet.sheet_properties.tabColor = "B9C2C8"
    sheet.sheet_view.showGridLines = False
    for column, (heading, chars) in enumerate(
        zip(archive.HEADINGS, (16, 34, 24, 60, 30), strict=True), start=1
    ):
        cell = sheet.cell(1, column, heading)
        cell.font, cell.fill, cell.alignment = look.HEAD, look.COMPUTED_FILL, look.HEAD_ALIGNED
        dimension = sheet.column_dimensions[column_letters(column)]
        dimension.width, dimension.alignment, dimension.font, dimension.number_format = (
            chars,
            look.WRAPPED,
            look.BODY,
            "@",
        )
    sheet.freeze_panes = "A2"
    made = Table(displayName=table, ref=f"A1:{column_letters(len(archive.HEADINGS))}2")
    made.tableStyleInfo = TableStyleInfo("TableStyleLight1", showRowStripes=True)
    sheet.add_table(made)
