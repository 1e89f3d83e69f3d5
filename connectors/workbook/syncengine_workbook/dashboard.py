"""The Dashboard: formulas of ours that read the tabs, outside of what is synced. For openpyxl.

Only functions that Excel and LibreOffice compute alike, and every division and average guarded: an empty program
shows zeros and dashes, never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from openpyxl.chart import BarChart, DoughnutChart, Reference
from openpyxl.chart._chart import ChartBase
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.styles import Alignment
from openpyxl.workbook import Workbook
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from syncengine.model.fieldtypes import Choice
from syncengine.model.template import Template
from syncengine_workbook import look
from syncengine_workbook.balance import Column, draw_pairs, draw_people, put_text
from syncengine_workbook.book import quoted
from syncengine_workbook.layout import Tab
from syncengine_workbook.sheet import column_letters

TITLE = "Dashboard"
_CARDS_ROW, _CHARTS_ROW = 5, 10
_MONTH = "DATE(YEAR(TODAY()),MONTH(TODAY()),1)"
_NEXT_MONTH = "DATE(YEAR(TODAY()),MONTH(TODAY())+1,1)"


@dataclass(frozen=True)
class _Card:
    label: str
    formula: str
    format: str = "0"


def columns_of(tabs: Mapping[str, Tab]) -> Column:
    """Looks columns up in the tabs."""

    def find(kind: str, field: str) -> str | None:
        tab = tabs.get(kind)
        at = tab.columns.get(field) if tab else None
        return (
            f"{quoted(tab.sheet.title)}!${column_letters(at)}:${column_letters(at)}" if tab and at else None
        )

    return find


def draw_dashboard(book: Workbook, template: Template, tabs: Mapping[str, Tab], title: str) -> None:
    """Add the sheet; it shows what the template and the tabs have."""
    sheet = book.create_sheet(title)
    column = columns_of(tabs)
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 90
    sheet.sheet_properties.tabColor = "C9A75D"
    sheet.column_dimensions["A"].width = 3
    for number in range(2, 15):
        sheet.column_dimensions[column_letters(number)].width = 15
    put_text(sheet, 2, 2, template.title, look.TITLE)
    put_text(
        sheet,
        3,
        2,
        "Computed from the other sheets, as you write. Questions to ask, never a verdict.",
        look.SMALL,
    )
    sheet.row_dimensions[2].height = 34
    for number, card in enumerate(_cards(column, tabs)):
        _card(sheet, 2 + 2 * (number % 6), _CARDS_ROW, card)
    _goals_chart(sheet, template, column)
    _checkins_chart(sheet, template, column)
    draw_pairs(sheet, column, tabs)
    draw_people(sheet, column, tabs)
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _cards(column: Column, tabs: Mapping[str, Tab]) -> list[_Card]:
    goal, due, percent = column("goal", "status"), column("goal", "due"), column("goal", "percent")
    held, starts, won = column("checkin", "status"), column("checkin", "starts"), column("win", "on")
    pair, review = column("pair", "status"), column("goal", "review_on")
    cards: list[_Card] = []
    if pair:
        cards.append(_Card("Pairs that meet", f'=COUNTIF({pair},"active")+COUNTIF({pair},"starting")'))
    if goal:
        cards.append(_Card("Goals under way", f'=COUNTIF({goal},"in progress")'))
    if percent:
        cards.append(_Card("Average progress", f'=IF(COUNT({percent})=0,"–",AVERAGE({percent}))', "0%"))
    if held and starts:
        past = f'COUNTIFS({starts},"<="&NOW(),{held},"<>skipped")'
        cards.append(
            _Card("Check-ins held of those due", f'=COUNTIFS({held},"held",{starts},"<="&NOW())&" / "&{past}')
        )
    if won:
        cards.append(_Card("Wins this month", f'=COUNTIFS({won},">="&{_MONTH},{won},"<"&{_NEXT_MONTH})'))
    if goal and (review or due):
        late = review or due
        over = f'COUNTIFS({late},"<"&TODAY(),{goal},"<>achieved",{goal},"<>dropped")'
        cards.append(_Card("Goals to look at again" if review else "Goals overdue", f"={over}"))
    return cards


def _card(sheet: Worksheet, column: int, row: int, card: _Card) -> None:
    for at in (row, row + 1, row + 2):
        for side in (column, column + 1):
            sheet.cell(at, side).fill = look.CARD
            sheet.cell(at, side).border = look.GAP if side > column else look.NO_BORDER
    for at in (row, row + 1):
        sheet.merge_cells(start_row=at, end_row=at, start_column=column, end_column=column + 1)
    figure, label = sheet.cell(row, column, card.formula), sheet.cell(row + 1, column, card.label)
    figure.font, figure.alignment, figure.number_format = look.FIGURE, look.MIDDLE, card.format
    label.font, label.alignment = look.SMALL, look.MIDDLE
    sheet.row_dimensions[row].height = 38
    sheet.row_dimensions[row + 2].height = 6


def _counts(
    sheet: Worksheet, at: int, heading: str, template: Template, kind: str, whole: str
) -> Reference | None:
    """A small table of how many records have which status; its numbers feed a chart."""
    declared = template.kinds[kind].fields["status"].type
    if not isinstance(declared, Choice):
        return None
    put_text(sheet, _CHARTS_ROW, at, heading, look.SECTION)
    for number, option in enumerate(declared.options, start=1):
        put_text(sheet, _CHARTS_ROW + number, at, option.capitalize(), look.BODY)
        cell = sheet.cell(_CHARTS_ROW + number, at + 1, f'=COUNTIF({whole},"{option}")')
        cell.font, cell.alignment = look.BODY, Alignment(horizontal="right")
        for side in (at, at + 1):
            sheet.cell(_CHARTS_ROW + number, side).border = look.UNDER
    return Reference(
        sheet, min_col=at + 1, min_row=_CHARTS_ROW + 1, max_row=_CHARTS_ROW + len(declared.options)
    )


def _goals_chart(sheet: Worksheet, template: Template, column: Column) -> None:
    whole = column("goal", "status")
    data = _counts(sheet, 2, "Goals by status", template, "goal", whole) if whole else None
    if data is None:
        return
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 60
    chart.add_data(data)
    chart.set_categories(Reference(sheet, min_col=2, min_row=data.min_row, max_row=data.max_row))
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.majorTickMark = "none"
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = 0
    chart.series[0].graphicalProperties.solidFill = "3E7C93"
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    _place(sheet, chart, f"D{_CHARTS_ROW}", 14)


def _checkins_chart(sheet: Worksheet, template: Template, column: Column) -> None:
    whole = column("checkin", "status")
    data = _counts(sheet, 8, "Check-ins", template, "checkin", whole) if whole else None
    if data is None:
        return
    chart = DoughnutChart(holeSize=58)
    chart.add_data(data)
    chart.set_categories(Reference(sheet, min_col=8, min_row=data.min_row, max_row=data.max_row))
    for number, colour in enumerate(("9AA9B2", "5FA37F", "D9A441", "C4CCD1")):
        point = DataPoint(idx=number)
        point.graphicalProperties.solidFill = colour
        chart.series[0].dPt.append(point)
    chart.legend = Legend(legendPos="r")
    _place(sheet, chart, f"J{_CHARTS_ROW}", 12)


def _place(sheet: Worksheet, chart: ChartBase, anchor: str, width: int) -> None:
    chart.height, chart.width = 9, width
    chart.graphical_properties = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    sheet.add_chart(chart, anchor)
