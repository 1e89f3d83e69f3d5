"""Setup in a workbook that people have already: a plan first, then what is missing is added and nothing else touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from openpyxl.chart import PieChart, Reference
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table

from syncengine.errors import AccessError
from syncengine_workbook.package import Package
from tests.unit.workbook.conftest import Bench


def own_workbook(path: Path, *, table: bool = False) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "My goals"
    sheet.append(["Our year"])
    sheet.append([])
    sheet.append(["Goal", "Who", "Deadline", "Progress", "Mood"])
    sheet.append(["Learn SQL", "Ada", date(2026, 5, 1), 0.4, "☀"])
    sheet.append(["Give a talk", "Grace", "1.6.2026", "ca. 50 %", "=LEN(A5)"])
    for cell in sheet[3]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="00FF00")
    sheet["D4"].number_format = "0%"
    if table:
        sheet.add_table(Table(displayName="MyTable", ref="A3:E5"))
    else:
        sheet.auto_filter.ref = "A3:E5"
    people = book.create_sheet("Participants")
    people.append(["Full name", "Mail", "Shoe size"])
    people.append(["Ada", "ada@example.org", 38])
    chart = PieChart()
    chart.add_data(Reference(people, min_col=3, min_row=2, max_row=2))
    people.add_chart(chart, "F2")
    book.create_sheet("Dashboard")["A1"] = "my own dashboard"
    book.save(path)


def test_the_plan_names_what_is_adopted_and_what_is_made(bare: Callable[..., Bench]) -> None:
    bench = bare()
    own_workbook(bench.path)
    before = bench.path.read_bytes()
    said = {(step.action, step.what) for step in bench.replica.survey()}
    assert {
        ("adopt", "sheet 'My goals' is read as Goals"), ("adopt", "column 'Deadline' of sheet 'My goals' is read as Due"),
        ("adopt", "column 'Who' of sheet 'My goals' is read as Person"), ("adopt",
        "column 'Full name' of sheet 'Participants' is read as Name"),
        ("adopt", "column 'Progress' of sheet 'My goals' is read as Percent"), ("make", "column 'Why it matters' in sheet 'My goals'"),
        ("make", "a hidden column of ids in sheet 'My goals'"), ("make", "sheet 'Pairs'"), ("make", "sheet 'Archive'"),
    } <= said  # fmt: skip
    assert not any("Mood" in what or "Shoe" in what for _, what in said)
    assert bench.path.read_bytes() == before
    assert bench.replica.place() is None


def test_rows_can_be_read_before_anything_is_written(bare: Callable[..., Bench]) -> None:
    bench = bare()
    own_workbook(bench.path)
    goals = [item for item in bench.pull().items if item.kind == "goal"]
    assert [(goal.id, goal.fields["title"], goal.fields["percent"]) for goal in goals[:1]] == [
        (None, "Learn SQL", 40)
    ]
    assert goals[1].fields["due"] == "2026-06-01"


@pytest.mark.parametrize("table", [False, True])
def test_setup_adopts_and_adds_without_touching_what_is_there(
    bare: Callable[..., Bench], table: bool
) -> None:
    bench = bare()
    own_workbook(bench.path, table=table)
    untouched = {
        name: Package.load(bench.path).read(name)
        for name in Package.load(bench.path).names()
        if "/charts/" in name
    }
    old = {row: [cell.value for cell in bench.sheet("My goals")[row][:5]] for row in range(1, 6)}
    bench.provision()
    assert not bench.open().survey()
    assert bench.open().place() == "place1"
    package = Package.load(bench.path)
    assert {name: package.read(name) for name in untouched} == untouched
    sheet = bench.sheet("My goals")
    assert {row: [cell.value for cell in sheet[row][:5]] for row in range(1, 6)} == old
    assert sheet["F3"].value == "Pair", "right beside, so that sorting takes it along"
    assert sheet["F3"].font.b, "new headings look like theirs"
    assert (sheet["T3"].value, sheet.column_dimensions["T"].hidden) == ("mentorsync id", True)
    if table:
        (own,) = sheet.tables.values()
        assert (own.ref, own.tableColumns[-1].name) == ("A3:T5", "mentorsync id")
    else:
        assert sheet.auto_filter.ref == "A3:T5"
    assert bench.sheet("Dashboard")["A1"].value == "my own dashboard"
    assert bench.sheet("Dashboard 2")["B2"].value
    assert '"structured,walk,async,deep dive"' in {
        rule.formula1 for rule in bench.sheet("Check-ins").data_validations.dataValidation
    }
    assert {str(rule.sqref) for rule in sheet.data_validations.dataValidation} >= {"F4:F1048576"}, (
        "drop-downs for the new columns"
    )
    items = [item for item in bench.pull().items if item.kind == "goal"]
    bench.done(
        *(bench.updating(item, why="new") for item in items),
        bench.creating("goal", title="Third", due="2026-07-01"),
    )
    sheet = bench.sheet("My goals")
    assert [sheet[f"A{row}"].value for row in (4, 5, 6)] == ["Learn SQL", "Give a talk", "Third"]
    assert sheet["E5"].value == "=LEN(A5)"
    assert [item.id is not None for item in bench.pull().items if item.kind == "goal"] == [True] * 3


def test_grafted_sheets_look_as_in_a_new_workbook(
    bare: Callable[..., Bench], as_set_up: bytes, tmp_path: Path
) -> None:
    bench = bare()
    own_workbook(bench.path)
    bench.provision()
    (tmp_path / "new.xlsx").write_bytes(as_set_up)
    ours, new = bench.sheet("Pairs"), openpyxl.load_workbook(tmp_path / "new.xlsx")["Pairs"]
    for one, other in zip(ours[1], new[1], strict=True):
        assert (one.value, one.font.b, one.font.color.rgb, one.fill.fgColor.rgb, one.alignment.wrap_text) == (
            other.value, other.font.b, other.font.color.rgb, other.fill.fgColor.rgb, other.alignment.wrap_text)  # fmt: skip
        assert (one.comment and one.comment.text) == (other.comment and other.comment.text)
    for letter in "ABCDEFGHIJKL":
        assert ours.column_dimensions[letter].number_format == new.column_dimensions[letter].number_format
        assert ours.column_dimensions[letter].width == new.column_dimensions[letter].width
    assert [
        r.dxf.fill.bgColor.rgb for c in ours.conditional_formatting for r in c.rules if r.dxf and r.dxf.fill
    ] == [r.dxf.fill.bgColor.rgb for c in new.conditional_formatting for r in c.rules if r.dxf and r.dxf.fill]
    assert len(bench.sheet("Dashboard 2")._charts) == 2
    ids = [table.id for sheet in openpyxl.load_workbook(bench.path) for table in sheet.tables.values()]
    assert len(ids) == len(set(ids))


def test_a_person_s_own_mapping_counts_more_than_headings(bare: Callable[..., Bench]) -> None:
    bench = bare(columns={"goal": {"Mood": "why", "Deadline": "review_on"}})
    own_workbook(bench.path)
    bench.provision()
    item = bench.item("Learn SQL")
    assert (item.fields["why"], item.fields["review_on"], item.fields["due"]) == ("☀", "2026-05-01", None)
    assert not bench.open().survey()


def test_a_table_without_room_beside_it_stops_setup(bare: Callable[..., Bench]) -> None:
    bench = bare()
    own_workbook(bench.path, table=True)
    with bench.edit("My goals") as sheet:
        sheet["H9"] = "in the way"
    before = bench.path.read_bytes()
    with pytest.raises(AccessError, match="no room beside the table of sheet 'My goals'") as caught:
        bench.provision()
    assert "15 empty columns" in caught.value.remedy
    assert bench.path.read_bytes() == before


def test_a_sheet_of_the_right_title_and_nothing_on_it_is_used(bare: Callable[..., Bench]) -> None:
    bench = bare()
    book = openpyxl.Workbook()
    book.active.title = "goals"
    book.save(bench.path)
    bench.provision()
    assert bench.sheet("goals")["A1"].value == "Goal"
    bench.done(bench.creating("goal", title="One"))
    assert bench.item("One").where.endswith("sheet goals, row 2")


def test_a_sheet_that_only_sounds_alike_is_left_alone(bare: Callable[..., Bench]) -> None:
    bench = bare()
    book = openpyxl.Workbook()
    book.active.title = "Goals"
    book.active.append(["Match", "Scored by", "Minute"])
    book.save(bench.path)
    bench.provision()
    assert [cell.value for cell in bench.sheet("Goals")[1]] == ["Match", "Scored by", "Minute"]
    assert bench.sheet("Goals 2")["A1"].value == "Goal"
    bench.done(bench.creating("goal", title="One"))
    assert bench.sheet("Goals 2")["A2"].value == "One"


def test_setup_is_repeatable_and_brings_back_what_was_deleted(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    before = bench.path.read_bytes()
    bench.provision()
    assert bench.path.read_bytes() == before
    book = openpyxl.load_workbook(bench.path)
    for title in ("Pairs", "Dashboard", "Guide"):
        del book[title]
    book.save(bench.path)
    steps = [step.what for step in bench.open().survey()]
    assert steps == ["sheet 'Pairs'", "sheet 'Dashboard'"], "the guide is written once"
    bench.replica = bench.open()
    bench.provision()
    assert not bench.open().survey()
    assert bench.item("One").id
    assert "pair" in bench.pull().holds


def test_without_its_names_a_workbook_is_known_by_its_headings(bench: Bench) -> None:
    """What a program keeps that knows no hidden names: the rows keep their ids, the place is to be bound anew."""
    bench.done(bench.creating("goal", title="One", why="a"))
    known = bench.item("One").id
    book = openpyxl.load_workbook(bench.path)
    for name in list(book.defined_names):
        del book.defined_names[name]
    book.save(bench.path)
    bench.replica = bench.open()
    assert bench.replica.place() is None
    assert bench.item("One").id == known
    bench.replica.provision("place2")
    assert (bench.open().place(), bench.item("One").id) == ("place2", known)


def test_another_place_id_is_stamped_over_the_old_one(bench: Bench) -> None:
    bench.replica.provision("place2")
    assert bench.open().place() == "place2"
