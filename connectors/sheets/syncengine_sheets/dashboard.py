"""The Dashboard: formulas and charts of ours that read the tabs, outside of what is synced.

Arguments are separated by semicolons and there are no decimals, so that the formulas mean the same in every locale. An
empty program shows zeros and dashes, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncengine.model import palette
from syncengine.model.fieldtypes import Choice
from syncengine.model.template import Template
from syncengine_sheets import a1, look
from syncengine_sheets.canvas import BODY, SECTION, SMALL, TITLE, Canvas
from syncengine_sheets.charts import chart, source
from syncengine_sheets.layout import Tab
from syncengine_sheets.marks import DASHBOARD, TITLES, chosen
from syncengine_sheets.tabs import new_sheet, own_mark

Said = dict[str, Any]
Column = Callable[[str, str], str | None]
"""(kind, field) to the column below its heading as formulas have it; `None` where there is none."""

_CARDS, _CHARTS, _TREND, _TABLES = 4, 9, 25, 42
_LISTED, _WEEKS = 40, 12
_MONTH = "DATE(YEAR(TODAY());MONTH(TODAY());1)"
_NEXT_MONTH = "DATE(YEAR(TODAY());MONTH(TODAY())+1;1)"
_NUMBER = {**BODY, "horizontalAlignment": "RIGHT", "numberFormat": {"type": "NUMBER", "pattern": "0"}}
_SHARE = {**BODY, "horizontalAlignment": "RIGHT", "numberFormat": {"type": "PERCENT", "pattern": "0%"}}
_DAY = {**BODY, "numberFormat": {"type": "DATE", "pattern": "yyyy-mm-dd"}}


def dashboard_tab(
    template: Template, tabs: Mapping[str, Tab], index: int, title: str = TITLES[DASHBOARD]
) -> list[Said]:
    """Requests that make it; it shows what the template and the tabs have."""
    canvas, column = Canvas(chosen("tab", DASHBOARD)), _columns(tabs)
    canvas.put(1, 1, template.title, TITLE)
    canvas.put(2, 1, "Computed from the other tabs, as you write. Questions to ask, never a verdict.", SMALL)
    for number, (label, formula, format) in enumerate(_cards(column)):
        _card(canvas, 1 + 2 * (number % 6), label, formula, format)
    charts = [
        _counts(canvas, 1, "Goals by status", template, "goal", column("goal", "status"), "BAR"),
        _counts(
            canvas,
            7,
            "Check-ins: held, planned, moved, skipped",
            template,
            "checkin",
            column("checkin", "status"),
            "PIE",
        ),
        _trend(canvas, column),
    ]
    charts.append(_pairs(canvas, column, tabs))
    _people(canvas, column, tabs)
    canvas.size("COLUMNS", 0, 1, 24)
    canvas.size("COLUMNS", 1, 13, 112)
    canvas.size("ROWS", 1, 2, 44)
    canvas.size("ROWS", _CARDS, _CARDS + 1, 46)
    made = new_sheet(DASHBOARD, title, index, _TABLES + _LISTED + 10, 16, look.GOLD, frozen=(0, 0))
    return [made, *canvas.requests(), *(one for one in charts if one), own_mark(DASHBOARD)]


def _columns(tabs: Mapping[str, Tab]) -> Column:
    def find(kind: str, field: str) -> str | None:
        tab = tabs.get(kind)
        if tab is None or field not in tab.columns:
            return None
        letters = a1.letters(tab.columns[field])
        return f"{a1.quoted(tab.title)}!${letters}${tab.heading_row + 2}:${letters}"

    return find


def _cards(column: Column) -> list[tuple[str, str, Said]]:
    goal, due, percent = column("goal", "status"), column("goal", "due"), column("goal", "percent")
    held, starts, won = column("checkin", "status"), column("checkin", "starts"), column("win", "on")
    pair, review = column("pair", "status"), column("goal", "review_on")
    cards: list[tuple[str, str, Said]] = []
    if pair:
        cards.append(("Pairs that meet", f'=COUNTIF({pair};"active")+COUNTIF({pair};"starting")', _NUMBER))
    if goal:
        cards.append(("Goals under way", f'=COUNTIF({goal};"in progress")', _NUMBER))
    if percent:
        cards.append(("Average progress", f'=IF(COUNT({percent})=0;"–";AVERAGE({percent}))', _SHARE))
    if held and starts:
        past = f'COUNTIFS({starts};"<="&NOW();{held};"<>skipped")'
        cards.append(
            (
                "Check-ins held of those due",
                f'=COUNTIFS({held};"held";{starts};"<="&NOW())&" / "&{past}',
                _NUMBER,
            )
        )
    if won:
        cards.append(("Wins this month", f'=COUNTIFS({won};">="&{_MONTH};{won};"<"&{_NEXT_MONTH})', _NUMBER))
    if goal and (review or due):
        late = review or due
        label = "Goals to look at again" if review else "Goals overdue"
        cards.append(
            (label, f'=COUNTIFS({late};"<"&TODAY();{goal};"<>achieved";{goal};"<>dropped")', _NUMBER)
        )
    return cards


def _card(canvas: Canvas, column: int, label: str, formula: str, format: Said) -> None:
    figure = {**format, "textFormat": look.text(22, palette.INK, bold=True), "backgroundColorStyle": look.colour(palette.MIST),
              "horizontalAlignment": "CENTER", "verticalAlignment": "MIDDLE"}  # fmt: skip
    words = {
        **SMALL,
        "backgroundColorStyle": look.colour(palette.MIST),
        "horizontalAlignment": "CENTER",
        "wrapStrategy": "WRAP",
    }
    canvas.put(_CARDS, column, formula, figure)
    canvas.put(_CARDS + 1, column, label, words)
    for row in (_CARDS, _CARDS + 1):
        canvas.merge(row, column, 2)


def _counts(
    canvas: Canvas, at: int, heading: str, template: Template, kind: str, whole: str | None, drawn: str
) -> Said | None:
    """A small table of how many records have which status, and the chart that it feeds."""
    declared = template.kinds[kind].fields["status"].type if whole else None
    if not isinstance(declared, Choice):
        return None
    canvas.put(_CHARTS, at, heading, SECTION)
    for number, option in enumerate(declared.options, start=1):
        canvas.put(_CHARTS + number, at, option.capitalize(), BODY)
        canvas.put(_CHARTS + number, at + 1, f'=COUNTIF({whole};"{option}")', _NUMBER)
    names, figures = (source(canvas.sheet, _CHARTS + 1, len(declared.options), at + n) for n in (0, 1))
    return chart(heading, drawn, names, [figures], (_CHARTS, at + 2))


def _trend(canvas: Canvas, column: Column) -> Said | None:
    """Percent over time: the average of the progress entries of each of the last weeks."""
    on, percent = column("progress", "on"), column("progress", "percent")
    if not on or not percent:
        return None
    canvas.put(_TREND, 1, "Progress over time", SECTION)
    canvas.put(_TREND + 1, 1, "Week of", SMALL)
    canvas.put(_TREND + 1, 2, "Average", SMALL)
    for number in range(_WEEKS):
        row, back = _TREND + 2 + number, 7 * (_WEEKS - 1 - number)
        here = f"${a1.letters(1)}{row + 1}"
        canvas.put(row, 1, f"=TODAY()-WEEKDAY(TODAY();2)+1-{back}", _DAY)
        within = f'{percent};{on};">="&{here};{on};"<"&{here}+7'
        canvas.put(row, 2, f'=IFERROR(AVERAGEIFS({within});"")', _SHARE)
    names, figures = (source(canvas.sheet, _TREND + 2, _WEEKS, at) for at in (1, 2))
    return chart("Progress over time", "LINE", names, [figures], (_TREND, 4))


Figures = Sequence[tuple[str, str, Said]]


def _table(canvas: Canvas, at: int, heading: str, tab: Tab, name: str, figures: Figures) -> None:
    """A row for each of the first records of a tab: figures are (heading, formula with {name}, format).

    Names are compared, never made a criterion of COUNTIF: to that, `=A*` or `<3` is a question and not a name.
    """
    canvas.put(_TABLES, at, heading, SECTION)
    for number, label in enumerate(["Name", *(label for label, _, _ in figures)]):
        canvas.put(_TABLES + 1, at + number, label, look.heading())
    for number in range(_LISTED):
        row = _TABLES + 2 + number
        source = f"INDEX({name};{number + 1})"
        canvas.put(row, at, f'=IF({source}="";"";{source})', BODY)
        here = f"${a1.letters(at)}{row + 1}"
        for offset, (_, formula, format) in enumerate(figures, start=1):
            canvas.put(row, at + offset, f'=IF({here}="";"";{formula.replace("{name}", here)})', format)


def _pairs(canvas: Canvas, column: Column, tabs: Mapping[str, Tab]) -> Said | None:
    """Check-ins and goals of each pair, with a chart of how many check-ins were held and planned."""
    name, pair, status = column("pair", "name"), column("checkin", "pair"), column("checkin", "status")
    if not name:
        return None
    figures: list[tuple[str, str, Said]] = []
    if pair and status:
        figures += [(label, f'SUMPRODUCT(({pair}={{name}})*({status}="{word}"))', _NUMBER)
                    for label, word in (("Held", "held"), ("Still planned", "planned"), ("Skipped", "skipped"))]  # fmt: skip
    goals, state, percent = column("goal", "pair"), column("goal", "status"), column("goal", "percent")
    if goals and state:
        figures.append(
            ("Goals under way", f'SUMPRODUCT(({goals}={{name}})*({state}="in progress"))', _NUMBER)
        )
    if goals and percent:
        told = f"({goals}={{name}})*ISNUMBER({percent})"
        average = f"SUMPRODUCT({told};{percent})/SUMPRODUCT({told})"
        figures.append(("Progress", f'IFERROR({average};"–")', _SHARE))
    _table(canvas, 1, "Pairs", tabs["pair"], name, figures)
    if not (pair and status):
        return None
    names, *series = (source(canvas.sheet, _TABLES + 1, 9, at) for at in (1, 2, 3))
    return chart("Balance: check-ins of each pair", "COLUMN", names, series, (_TREND, 9), headers=1)


def _people(canvas: Canvas, column: Column, tabs: Mapping[str, Tab]) -> None:
    """Who led, wrote, promised and noticed how often."""
    name = column("person", "name")
    if not name:
        return
    figures = [
        (heading, f"SUMPRODUCT(1*({whole}={{name}}))", _NUMBER)
        for heading, kind, field in (
            ("Check-ins led", "checkin", "lead"), ("Progress entries", "progress", "by"), ("Promises made", "commitment", "who"),
            ("Wins", "win", "who"), ("Wins noticed for others", "win", "noticed_by"))
        if (whole := column(kind, field))
    ]  # fmt: skip
    _table(canvas, 8, "Is it balanced?", tabs["person"], name, figures[:5])
