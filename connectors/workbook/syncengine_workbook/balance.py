"""The Dashboard's tables: each pair and each person at a glance, to ask about, never to judge by. For openpyxl."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment
from openpyxl.worksheet.worksheet import Worksheet

from syncengine_workbook import look
from syncengine_workbook.layout import Tab
from syncengine_workbook.sheet import column_letters

_LISTED = 60
"""How many pairs and people the tables show."""
TABLES_ROW = 29

Column = Callable[[str, str], str | None]
"""(kind, field) to the whole column as formulas have it, `None` where the workbook has none."""


def put_text(sheet: Worksheet, row: int, column: int, text: str, font: object) -> None:
    """Write words that are never taken for a formula unless they start with =."""
    cell = sheet.cell(row, column, text)
    cell.font = font  # type: ignore[assignment]
    if not text.startswith("="):
        cell.data_type = "s"


def _rows(
    sheet: Worksheet, at: int, heading: str, tab: Tab, key: str, figures: list[tuple[str, str, str]]
) -> None:
    """A table with a row for each record of a tab: `figures` are (heading, formula with {name}, format)."""
    put_text(sheet, TABLES_ROW, at, heading, look.SECTION)
    for number, (label, _, _) in enumerate([("Name", "", ""), *figures]):
        cell = sheet.cell(TABLES_ROW + 1, at + number, label)
        cell.font, cell.fill, cell.alignment = look.HEAD, look.HEAD_FILL, look.HEAD_ALIGNED
    sheet.row_dimensions[TABLES_ROW + 1].height = 32
    for number in range(_LISTED):
        row = TABLES_ROW + 2 + number
        source = f"INDEX({key},{tab.heading_row + 1 + number})"
        name = sheet.cell(row, at, f'=IF({source}="","",{source})')
        name.font = look.BODY
        here = f"${column_letters(at)}{row}"
        for offset, (_, formula, code) in enumerate(figures, start=1):
            cell = sheet.cell(row, at + offset, f'=IF({here}="","",{formula.replace("{name}", here)})')
            cell.number_format, cell.font = code, look.BODY
            cell.alignment = Alignment(horizontal="center")
    put_text(sheet, TABLES_ROW, at + 3, f"the first {_LISTED} rows of the sheet", look.SMALL)
    first = TABLES_ROW + 2
    area = f"{column_letters(at)}{first}:{column_letters(at + len(figures))}{first + _LISTED - 1}"
    rule = FormulaRule([f'${column_letters(at)}{first}<>""'], border=look.UNDER)  # type: ignore[no-untyped-call]
    sheet.conditional_formatting.add(area, rule)


def draw_pairs(sheet: Worksheet, column: Column, tabs: Mapping[str, Tab]) -> None:
    """Check-ins, goals and progress of each pair."""
    key = column("pair", "name")
    if not key:
        return
    figures: list[tuple[str, str, str]] = []
    pair, status, starts = column("checkin", "pair"), column("checkin", "status"), column("checkin", "starts")
    if pair and status:
        figures.append(("Check-ins held", f'COUNTIFS({pair},{{name}},{status},"held")', "0"))
        figures.append(("Skipped", f'COUNTIFS({pair},{{name}},{status},"skipped")', "0"))
        if starts:
            figures.append(
                ("Still planned", f'COUNTIFS({pair},{{name}},{status},"planned",{starts},">"&NOW())', "0")
            )
    goals, state, percent = column("goal", "pair"), column("goal", "status"), column("goal", "percent")
    if goals and state:
        figures.append(("Goals under way", f'COUNTIFS({goals},{{name}},{state},"in progress")', "0"))
    if goals and percent:
        figures.append(
            (
                "Average progress",
                f'IF(COUNTIFS({goals},{{name}},{percent},">=0")=0,"–",AVERAGEIFS({percent},{goals},{{name}}))',
                "0%",
            )
        )
    _rows(sheet, 2, "Pairs", tabs["pair"], key, figures[:5])


def draw_people(sheet: Worksheet, column: Column, tabs: Mapping[str, Tab]) -> None:
    """Who led, wrote, promised and noticed how often."""
    key = column("person", "name")
    if not key:
        return
    figures: list[tuple[str, str, str]] = []
    for heading, kind, field in (("Check-ins led", "checkin", "lead"), ("Progress entries", "progress", "by"),
                                 ("Promises made", "commitment", "who"), ("Wins", "win", "who"),
                                 ("Wins noticed for others", "win", "noticed_by")):  # fmt: skip
        whole = column(kind, field)
        if whole:
            figures.append((heading, f"COUNTIF({whole},{{name}})", "0"))
    _rows(sheet, 9, "Is it balanced?", tabs["person"], key, figures[:5])
