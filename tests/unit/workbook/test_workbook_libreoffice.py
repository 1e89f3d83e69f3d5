"""What LibreOffice makes of our workbook, and what we make of one that it saved."""

from __future__ import annotations

import csv
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import PieChart, Reference

from syncengine_workbook.package import Package
from tests.unit.workbook.conftest import Bench

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed here"),
    pytest.mark.filterwarnings("ignore:.*extension is not supported"),  # openpyxl's, of what LibreOffice adds
]

Convert = Callable[[Path, str], Path]


@pytest.fixture(scope="module")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Convert:
    """Open a file in LibreOffice and save it as another kind; a profile of its own keeps a person's out of it."""
    profile = tmp_path_factory.mktemp("profile")

    def run(path: Path, kind: str) -> Path:
        folder = tmp_path_factory.mktemp("out")
        command = [
            str(SOFFICE),
            f"-env:UserInstallation=file://{profile}",
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(folder),
            str(path),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return sorted(folder.iterdir())[0]

    return run


def tab(convert: Convert, path: Path, number: int) -> list[list[str]]:
    """A sheet as LibreOffice shows it, computed."""
    found = convert(
        path, f"csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,{number}"
    )
    with found.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def figures(rows: list[list[str]]) -> dict[str, str]:
    """The Dashboard's cards and counts, by their labels."""
    cards = {label: rows[4][at] for at, label in enumerate(rows[5]) if label}
    counts = {row[at]: row[at + 1] for row in rows[10:15] for at in (1, 7) if row[at]}
    return {**cards, **counts}


def fill(bench: Bench) -> None:
    ada, pair = bench.new_id(), bench.new_id()
    labels = {ada: "Ada", pair: "Ada & Grace"}
    bench.done(
        bench.creating("person", name="Ada"), bench.creating("person", name="Grace"),
        bench.creating("pair", name="Ada & Grace", status="active", link="https://example.org"),
        bench.creating("goal", labels, title="=1+1", person=ada, pair=pair, status="in progress",
        percent=40, due="2026-05-01", needs_expert=True),
        bench.creating("goal", labels, title="007 _x0041_ 🦊 שלום", pair=pair, status="achieved",
        percent=100, notes="a\n\nb" + " long" * 2000),
        bench.creating("goal", title="Early", due="1900-01-15", start=0.1, needs_expert=False),
        bench.creating("checkin", labels, pair=pair, starts="2025-03-02T16:00:00Z", status="held", lead=ada),
        bench.creating("checkin", labels, pair=pair, starts="2025-03-09T16:00:00Z", status="skipped"),
        bench.creating("checkin", labels, pair=pair, starts="2095-10-25T15:00:00Z", status="planned"),
        bench.creating("checkin", labels, starts="2026-10-25T01:30:00Z", status="moved"),
    )  # fmt: skip


def test_the_dashboard_computes_and_the_round_trip_through_libreoffice_changes_nothing(
    bench: Bench, convert: Convert
) -> None:
    fill(bench)
    rows = tab(convert, bench.path, 2)
    wrong = [cell for row in rows for cell in row if cell.startswith(("#", "Err:"))]
    assert wrong == []
    found = figures(rows)
    assert (found["Pairs that meet"], found["Goals under way"], found["Average progress"]) == (
        "1",
        "1",
        "70%",
    )
    assert (found["Achieved"], found["Skipped"], found["Check-ins held of those due"]) == ("1", "1", "1 / 1")
    flat = [cell for row in rows for cell in row]
    assert flat[flat.index("Ada & Grace") : flat.index("Ada & Grace") + 6] == [
        "Ada & Grace",
        "1",
        "1",
        "1",
        "1",
        "70%",
    ]

    before = {item.id: item.fields for item in bench.pull().items}
    holds = bench.pull().holds
    shutil.copy(convert(bench.path, "xlsx:Calc MS Excel 2007 XML"), bench.path)
    pulled = bench.pull()
    assert {item.id: item.fields for item in pulled.items} == before
    assert (pulled.holds, pulled.troubles, bench.open().place()) == (holds, [], "place1")
    assert bench.open().survey() == []

    goals = [item for item in pulled.items if item.kind == "goal"]
    bench.done(
        *(bench.updating(goal, status="on hold", needs_expert=None) for goal in goals),
        bench.creating("goal", title="New", percent=0),
    )
    after = figures(tab(convert, bench.path, 2))
    assert (after["On hold"], after["Achieved"], after["Average progress"]) == (
        "3",
        "0",
        "46.6666666666667%",
    ), "not the figures of before"


def test_formulas_and_charts_of_people_s_are_computed_anew_in_libreoffice(
    bench: Bench, convert: Convert, tmp_path: Path
) -> None:
    fill(bench)
    book = openpyxl.load_workbook(bench.path)
    mine = book.create_sheet("Mine", 0)
    mine["A1"], mine["A2"] = "=COUNTA(Goals!A2:A100)", '=IF(A1>3,"many","few")'
    chart = PieChart()
    chart.add_data(Reference(mine, min_col=1, min_row=1, max_row=1))
    mine.add_chart(chart, "C3")
    book["Goals"]["AA2"] = '=A2&"!"'
    book.save(bench.path)
    shutil.copy(convert(bench.path, "xlsx:Calc MS Excel 2007 XML"), bench.path)
    bench.pull()
    bench.done(bench.creating("goal", title="Fourth"), bench.updating(bench.item("=1+1"), title="Renamed"))
    package = Package.load(bench.path)
    assert any("/charts/chart" in name for name in package.names())
    rows = tab(convert, bench.path, 1)
    assert [row[0] for row in rows[:2]] == ["4", "many"]
    assert bench.sheet()["AA2"].value == '=A2&"!"'


def test_an_adopted_workbook_opens_with_all_its_sheets(bare: Callable[..., Bench], convert: Convert) -> None:
    bench = bare()
    book = openpyxl.Workbook()
    book.active.title = "Our goals"
    book.active.append(["Goal", "Deadline", "Mood"])
    book.active.append(["Learn", "2026-05-01", "☀"])
    book.save(bench.path)
    bench.provision()
    bench.pull()
    fill(bench)
    rows = tab(convert, bench.path, 1)
    assert rows[0][:3] == ["Goal", "Deadline", "Mood"]
    assert [row[0] for row in rows[1:5]] == ["Learn", "=1+1", "007 _x0041_ 🦊 שלום", "Early"]
    resaved = openpyxl.load_workbook(convert(bench.path, "xlsx:Calc MS Excel 2007 XML"))
    assert resaved.sheetnames == openpyxl.load_workbook(bench.path).sheetnames
    assert len(resaved["Dashboard"]._charts) == 2
    assert resaved["Pairs"]["A1"].font.b
