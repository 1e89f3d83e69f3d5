"""The Dashboard's formulas, computed by a real spreadsheet program from what we wrote, against figures from the records.

The sandbox does not calculate. Its tabs are exported to .xlsx, as they are but for what the formats of formulas differ in:
commas instead of semicolons between arguments, an end for columns that reach to the end (`$A$2:$A` is Google's alone), and a
fixed day instead of today.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from syncengine.model.kind import Record
from syncengine_sheets import a1
from syncengine_sheets.sandbox import Sandbox
from syncengine_sheets.sandbox.grid import Tab
from tests.unit.sheets.stage import Stage

SOFFICE = shutil.which("soffice")
TODAY = date(2026, 3, 15)
_TEXT = re.compile(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\')')


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A program with something of everything."""
    with pytest.MonkeyPatch.context() as patch, Sandbox() as sandbox:
        patch.setenv("SHEETS_TOKEN", "any-token")
        stage = Stage(tmp_path_factory.mktemp("dashboard") / "program", sandbox, template="structured")
        fill(stage)
        stage.settled()
        yield stage


def fill(stage: Stage) -> None:
    add = stage.other.add
    for name in ("Ada", "Grace", "Zoë O'Neil"):
        add("person", name=name)
    add("pair", name="Ada & Grace", status="active")
    add("pair", name="=Zoë & Ada", status="closed")
    add("pair", name="<3 & A*", status="paused")
    for number, (status, percent, due) in enumerate([
        ("in progress", 40, "2026-01-01"), ("in progress", 60, "2026-06-01"), ("achieved", 100, "2026-01-01"), ("dropped", 5, None),
    ]):  # fmt: skip
        add("goal", title=f"Goal {number}", pair="Ada & Grace", person="Ada", status=status, percent=percent, due=due,
            review_on=due)  # fmt: skip
    for starts, status, lead in (
        ("2026-03-02T16:00:00Z", "held", "Ada"), ("2026-03-09T16:00:00Z", "held", "Grace"), ("2026-02-23T16:00:00Z", "skipped", "Ada"),
        ("2026-03-12T16:00:00Z", "moved", "Ada"), ("2026-05-04T16:00:00Z", "planned", "Grace"),
    ):  # fmt: skip
        add("checkin", pair="Ada & Grace", starts=starts, status=status, lead=lead)
    for name, count in (("=Zoë & Ada", 2), ("<3 & A*", 1)):
        for day in range(count):
            add("checkin", pair=name, starts=f"2025-01-0{day + 1}T16:00:00Z", status="skipped")
    for on, percent, by in (
        ("2026-03-10", 30, "Ada"),
        ("2026-03-11", 50, "Grace"),
        ("2026-02-01", 10, "Ada"),
    ):
        add("progress", goal="Goal 0", on=on, percent=percent, by=by, note=f"on {on}")
    for on, who in (("2026-03-01", "Ada"), ("2026-02-28", "Grace"), ("2026-03-14", "Ada")):
        add("win", what=f"won on {on}", on=on, who=who, noticed_by="Grace", pair="Ada & Grace")


def exported(formula: str) -> str:
    """A formula as an .xlsx file has it."""
    parts = _TEXT.split(formula)
    for at in range(0, len(parts), 2):
        said = parts[at].replace(";", ",")
        said = re.sub(r"(\$[A-Z]+)\$(\d+):(\$[A-Z]+)(?![$\w])", r"\1$\2:\3$1000", said)
        said = said.replace("TODAY()", f"DATE({TODAY:%Y,%m,%d})").replace("NOW()", f"DATE({TODAY:%Y,%m,%d})")
        parts[at] = said
    return "".join(parts)


def save(stage: Stage, path: Path) -> list[str]:
    """All tabs as .xlsx; returns their titles in order."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for tab in stage.sheet.tabs:
        sheet = book.create_sheet(tab.title)
        for number, row in enumerate(tab.rows, start=1):
            for column, cell in row.items():
                if cell.formula is not None:
                    sheet.cell(number, column + 1).value = exported(cell.formula)
                elif cell.value is not None:
                    made = sheet.cell(number, column + 1, cell.value)
                    made.data_type = "s" if isinstance(cell.value, str) else made.data_type  # never a formula
    book.save(path)
    return book.sheetnames


@pytest.fixture(scope="module")
def computed(filled: Stage, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """The Dashboard as LibreOffice computes it."""
    if SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed here")
    folder = tmp_path_factory.mktemp("computed")
    number = save(filled, folder / "book.xlsx").index("Dashboard") + 1
    kind = f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,{number}"
    command = [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind,
               "--outdir", str(folder / "out"), str(folder / "book.xlsx")]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    [made] = (folder / "out").iterdir()
    with made.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def records(stage: Stage, kind: str) -> list[Record]:
    return list(stage.records(kind).values())


def place(rows: list[list[str]], label: str, first: int = 0) -> tuple[int, int]:
    """The first place of a label, from a row on."""
    return next(
        (n, c) for n, row in enumerate(rows) for c, held in enumerate(row) if n >= first and held == label
    )


def card(rows: list[list[str]], label: str) -> str:
    row, column = place(rows, label)
    return rows[row - 1][column]


def test_no_formula_is_an_error(computed: list[list[str]]) -> None:
    wrong = [held for row in computed for held in row if held.startswith(("#", "Err:"))]
    assert wrong == []


def test_the_cards_are_what_the_records_say(filled: Stage, computed: list[list[str]]) -> None:
    goals, checkins = records(filled, "goal"), records(filled, "checkin")
    under_way = [r for r in goals if r.fields["status"] == "in progress"]
    due = [r for r in checkins if str(r.fields["starts"]) < "2026-03-15" and r.fields["status"] != "skipped"]
    held = [r for r in due if r.fields["status"] == "held"]
    wins = [r for r in records(filled, "win") if str(r.fields["on"]).startswith("2026-03")]
    late = [r for r in under_way if str(r.fields.get("review_on") or "9") < "2026-03-15"]
    assert card(computed, "Pairs that meet") == "1"
    assert card(computed, "Goals under way") == str(len(under_way)) == "2"
    assert card(computed, "Check-ins held of those due") == f"{len(held)} / {len(due)}" == "2 / 3"
    assert card(computed, "Wins this month") == str(len(wins)) == "2"
    assert card(computed, "Goals to look at again") == str(len(late)) == "1"
    percents = [float(str(r.fields["percent"])) for r in goals]
    assert float(card(computed, "Average progress")) == pytest.approx(sum(percents) / len(percents) / 100)


def test_the_counts_by_status_are_what_the_records_say(filled: Stage, computed: list[list[str]]) -> None:
    for kind, heading in (
        ("goal", "Goals by status"),
        ("checkin", "Check-ins: held, planned, moved, skipped"),
    ):
        row, column = place(computed, heading)
        for record in records(filled, kind):
            status = str(record.fields["status"])
            same = sum(r.fields["status"] == status for r in records(filled, kind))
            at = next(n for n in range(row, row + 8) if computed[n][column] == status.capitalize())
            assert computed[at][column + 1] == str(same), (kind, status)


def test_progress_over_time_is_the_average_of_each_week(computed: list[list[str]]) -> None:
    row, column = place(computed, "Week of")
    weeks = {
        computed[n][column]: computed[n][column + 1]
        for n in range(row + 1, row + 13)
        if computed[n][column + 1]
    }
    assert sorted(float(average) for average in weeks.values()) == [0.1, 0.4]


def test_pairs_and_people_are_counted_by_name(computed: list[list[str]]) -> None:
    heads, column = place(computed, "Held", 40)
    pairs = {row[column - 1]: row[column : column + 5] for row in computed[heads + 1 :]}
    assert pairs["Ada & Grace"][:4] == ["2", "1", "1", "2"]
    assert float(pairs["Ada & Grace"][4]) == pytest.approx(0.5125)
    assert pairs["=Zoë & Ada"][:4] == ["0", "0", "2", "0"], "a name that looks like a formula"
    assert pairs["<3 & A*"] == ["0", "0", "1", "0", "–"], "a name that looks like a question"
    heads, column = place(computed, "Check-ins led")
    people = {row[column - 1]: row[column : column + 5] for row in computed[heads + 1 :] if row[column - 1]}
    assert people["Ada"] == ["3", "2", "0", "2", "0"]
    assert people["Grace"] == ["2", "1", "0", "1", "3"]
    assert people["Zoë O'Neil"] == ["0"] * 5


def test_every_chart_draws_cells_that_are_filled(filled: Stage) -> None:
    dashboard: Tab = filled.sheet.tabs[0]
    charts: list[dict[str, Any]] = dashboard.objects["charts"]
    assert {chart["spec"]["title"] for chart in charts} == {
        "Goals by status", "Check-ins: held, planned, moved, skipped", "Progress over time", "Balance: check-ins of each pair",
    }  # fmt: skip
    for chart in charts:
        for area in re.findall(r"\{[^{}]*'startRowIndex'[^{}]*\}", str(chart["spec"])):
            found = eval(area)
            rows = range(found["startRowIndex"], found["endRowIndex"])
            column = found["startColumnIndex"]
            blank = [a1.cell(row, column) for row in rows if dashboard.get(row, column).empty]
            assert not blank, (chart["spec"]["title"], blank)
