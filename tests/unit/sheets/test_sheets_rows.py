"""What people do to rows and cells, and what they are told where they work."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncengine_sheets.sandbox import Hands, Sandbox
from tests.unit.sheets.stage import Stage


@pytest.fixture
def stage(tmp_path: Path, sandbox: Sandbox) -> Stage:
    stage = Stage(tmp_path / "program", sandbox)
    stage.other.add("person", name="Ada Lovelace")
    stage.other.add("person", name="Grace Hopper")
    for title in ("Learn SQL", "Give a talk", "Write a book", "Run far", "Sleep"):
        stage.other.add("goal", title=title, why=f"why of {title}", person="Ada Lovelace")
    stage.settled()
    return stage


def at(stage: Stage, title: str, field: str) -> tuple[Hands, int, int]:
    row = stage.people.row("goal", title)
    assert row is not None
    return stage.people.hands("goal"), row, stage.people.column("goal", field)


def note(stage: Stage, title: str, field: str) -> str:
    hands, row, column = at(stage, title, field)
    return hands.tab.get(row, column).note


def test_what_is_not_understood_is_noted_on_the_cell_and_everything_else_syncs(stage: Stage) -> None:
    stage.people.edit("goal", "Learn SQL", "percent", "ca. 50 %")
    stage.people.edit("goal", "Learn SQL", "person", "Nobody Known")
    stage.people.edit("goal", "Learn SQL", "why", "a new reason")
    report = stage.sync()
    assert report.status == "attention"
    assert "ca. 50 %" in note(stage, "Learn SQL", "percent")
    assert note(stage, "Learn SQL", "percent").startswith("mentorsync: ")
    assert "Nobody Known" in note(stage, "Learn SQL", "person")
    assert stage.people.read("goal", "Learn SQL")["percent"] == "ca. 50 %"  # type: ignore[index]
    assert stage.other.rows[stage.other.find("goal", title="Learn SQL")].fields["why"] == "a new reason"
    assert stage.requests(stage.sync) == ["GET values:batchGet"], "a note is put once"
    stage.people.edit("goal", "Learn SQL", "percent", "50 %")
    stage.people.edit("goal", "Learn SQL", "person", "Grace")
    stage.settled()
    assert note(stage, "Learn SQL", "percent") == note(stage, "Learn SQL", "person") == ""
    fields = next(r.fields for r in stage.records("goal").values() if r.fields["title"] == "Learn SQL")
    assert fields["percent"] == 50


def test_a_note_of_a_persons_stays(stage: Stage) -> None:
    from dataclasses import replace

    hands, row, column = at(stage, "Learn SQL", "percent")
    hands.tab.put(row, column, replace(hands.tab.get(row, column), note="ask Ada"))
    stage.people.edit("goal", "Learn SQL", "percent", "some")
    stage.sync()
    assert note(stage, "Learn SQL", "percent") == "ask Ada"
    stage.people.edit("goal", "Learn SQL", "percent", "10%")
    stage.settled()
    assert note(stage, "Learn SQL", "percent") == "ask Ada"


def test_a_note_follows_its_row(stage: Stage) -> None:
    stage.people.edit("goal", "Learn SQL", "percent", "some")
    stage.sync()
    stage.people.shuffle("goal")
    assert stage.sync().writes == 0
    stage.people.edit("goal", "Learn SQL", "percent", 30)
    stage.settled()
    assert note(stage, "Learn SQL", "percent") == ""


def test_a_copied_row_is_a_new_record_and_the_original_stays(stage: Stage) -> None:
    before = set(stage.records("goal"))
    stage.people.copy("goal", "Learn SQL")
    stage.settled()
    after = stage.records("goal")
    assert len(after) == len(before) + 1
    assert before < set(after)
    hands = stage.people.hands("goal")
    ids = [hands.see(n, hands.column("mentorsync id")) for n in range(1, len(hands.tab.rows))]
    assert len(set(filter(None, ids))) == len(after)


def test_a_row_copied_above_its_original_leaves_the_original_its_id(stage: Stage) -> None:
    hands, row, _ = at(stage, "Learn SQL", "title")
    id = hands.see(row, hands.column("mentorsync id"))
    hands.insert_rows(1)
    hands.copy_row(row + 1, 1)
    stage.people.edit("goal", "Learn SQL", "title", "Learn SQL again")
    stage.settled()
    kept = next(n for n in range(1, 9) if hands.see(n, hands.column("mentorsync id")) == id)
    assert hands.see(kept, 0) == "Learn SQL"


def test_a_removed_record_goes_to_the_archive_and_its_row_is_used_again(stage: Stage) -> None:
    hands, row, _ = at(stage, "Learn SQL", "title")
    stage.other.remove(stage.other.find("goal", title="Learn SQL"))
    stage.settled()
    archive = stage.sandbox.hands(stage.sheet, "Archive")
    lines = [[archive.see(n, column) for column in range(4)] for n in range(len(archive.tab.rows))]
    assert ["Goals", "Learn SQL", "Why it matters", "why of Learn SQL"] in lines
    stage.other.add("goal", title="A new goal")
    stage.settled()
    assert hands.see(row, 0) == "A new goal"


def test_a_row_with_something_of_a_persons_is_not_used_again(stage: Stage) -> None:
    hands, row, _ = at(stage, "Learn SQL", "title")
    hands.insert_column(3)
    hands.type(0, 3, "Mine")
    hands.type(row, 3, "keep this")
    stage.other.remove(stage.other.find("goal", title="Learn SQL"))
    stage.settled()
    stage.other.add("goal", title="A new goal")
    stage.settled()
    assert (hands.see(row, 0), hands.see(row, 3)) == ("", "keep this")


def test_a_formula_of_a_persons_is_never_overwritten(stage: Stage) -> None:
    hands, row, column = at(stage, "Learn SQL", "why")
    hands.compute(row, column, "=CONCATENATE(A1;A2)", "computed")
    stage.settled()
    stage.other.edit(stage.other.find("goal", title="Learn SQL"), why="from elsewhere", percent=70)
    report = stage.sync()
    assert any("formula of yours" in warning for warning in report.warnings)
    assert hands.tab.get(row, column).formula == "=CONCATENATE(A1;A2)"
    assert stage.people.read("goal", "Learn SQL")["percent"] == "70%"  # type: ignore[index]


def test_checkboxes_that_nobody_ticked_are_no_rows(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    column = stage.people.column("goal", "needs_expert")
    for row in range(1, 40):
        if not hands.see(row, 0):
            hands.type(row, column, False)
    assert stage.sync().writes == 0
    stage.other.add("goal", title="Next")
    stage.settled()
    assert stage.people.row("goal", "Next") == 6


@pytest.mark.parametrize("pick", ["other", "keep", "1.", "something else"])
def test_a_conflict_is_answered_in_its_tab(stage: Stage, pick: str) -> None:
    stage.people.edit("goal", "Learn SQL", "why", "mine")
    stage.other.edit(stage.other.find("goal", title="Learn SQL"), why="yours")
    stage.settled()
    hands = stage.sandbox.hands(stage.sheet, "Waits for you")
    row = next(n for n in range(1, len(hands.tab.rows)) if hands.see(n, hands.column("Field")))
    answer = hands.column("Your answer")
    about, kept, others = (
        hands.see(row, hands.column(heading)) for heading in ("About", "Kept", "Also written")
    )
    assert "Learn SQL" in about
    assert hands.see(row, hands.column("It was")) == "why of Learn SQL"
    assert kept in ("mine", "yours")
    other = "yours" if kept == "mine" else "mine"
    assert other in others
    assert ("other" if other == "yours" else "sheet") in others.replace(other, ""), "where from"
    assert [one["userEnteredValue"] for one in hands.tab.validation(row, answer)["condition"]["values"]][
        :2
    ] == ["keep", "1."]
    hands.type(row, answer, other if pick == "other" else pick)
    stage.settled()
    wanted = {"keep": kept, "something else": "something else"}.get(pick, other)
    assert stage.people.read("goal", "Learn SQL")["why"] == wanted  # type: ignore[index]
    assert stage.other.rows[stage.other.find("goal", title="Learn SQL")].fields["why"] == wanted


def test_a_text_that_no_cell_holds_is_left_out_and_said(stage: Stage) -> None:
    stage.other.edit(stage.other.find("goal", title="Learn SQL"), notes="x" * 60_000, why="short")
    report = stage.sync()
    assert any("60,000 characters" in warning for warning in report.warnings)
    assert stage.people.read("goal", "Learn SQL")["why"] == "short"  # type: ignore[index]


def test_the_grid_grows(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    hands.tab.row_count = 7
    for number in range(12):
        stage.other.add("goal", title=f"More {number}")
    stage.settled()
    assert stage.people.count("goal") == 17
    assert hands.tab.row_count >= 18


def test_rows_above_the_headings_are_peoples(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    hands.insert_rows(0, 2)
    hands.type(0, 0, "Our goals, 2026")
    stage.other.edit(stage.other.find("goal", title="Learn SQL"), why="new words")
    stage.settled()
    assert hands.see(0, 0) == "Our goals, 2026"
    why = next(c for c in range(12) if hands.see(2, c) == "Why it matters")
    assert "new words" in [hands.see(n, why) for n in range(3, 9)]
    assert len(stage.records("goal")) == 5


@pytest.mark.parametrize(("row", "elsewhere"), [("keep", "1."), ("1.", "keep"), ("1.", "1.")])
def test_two_answers_at_once_one_in_a_row_one_elsewhere(stage: Stage, row: str, elsewhere: str) -> None:
    stage.people.edit("goal", "Sleep", "why", "in the sheet")
    stage.other.edit(stage.other.find("goal", title="Sleep"), why="elsewhere")
    stage.settled()
    [asked] = [one for one in stage.records("question").values() if not one.deleted]
    kept = str(asked.fields["kept"])
    other = {"in the sheet": "elsewhere", "elsewhere": "in the sheet"}[kept]
    stage.people.edit("question", str(asked.fields["about"]), "answer", row)
    [handle] = [handle for handle, one in stage.other.rows.items() if one.kind == "question"]
    stage.other.edit(handle, answer=elsewhere)
    stage.settled()
    again = [one for one in stage.records("question").values() if not one.deleted]
    if row == elsewhere:
        assert (again, stage.people.read("goal", "Sleep")["why"]) == ([], other)  # type: ignore[index]
        return
    [one] = again
    assert {str(one.fields["kept"]), str(one.fields["others"])[3:].partition(" (in ")[0]} == {kept, other}


def test_a_column_that_lost_its_mark_is_found_by_its_heading(stage: Stage) -> None:
    """Somebody took our column out and wrote another one under the same heading: marks die with their column."""
    hands, at_why, row = stage.people.hands("goal"), stage.people.column("goal", "why"), 1
    hands.delete_column(at_why)
    stage.settled()
    hands.insert_column(1)
    hands.type(0, 1, "Why it matters")
    title = hands.see(row, stage.people.column("goal", "title"))
    hands.type(row, 1, "a reason of its own")
    stage.settled()
    fields = {str(r.fields["title"]): r.fields.get("why") for r in stage.records("goal").values()}
    assert fields.pop(title) == "a reason of its own"
    assert fields == {name: f"why of {name}" for name in fields}, (
        "what was blank there is unknown, not cleared"
    )
    assert stage.people.read("goal", "Sleep")["why"] == "why of Sleep"  # type: ignore[index]


def test_sorting_filtering_and_hiding_change_nothing(stage: Stage) -> None:
    people, before = stage.people, {id: dict(r.fields) for id, r in stage.records("goal").items()}
    hands = people.hands("goal")
    people.shuffle("goal")
    hands.tab.row_properties[2] = {"hiddenByUser": True}
    hands.tab.row_properties[3] = {"hiddenByFilter": True}
    hands.tab.column_properties[1] = {**hands.tab.column_properties.get(1, {}), "hiddenByUser": True}
    hands.tab.objects["filter"] = [{"range": {"sheetId": hands.tab.id}}]
    report = stage.sync()
    assert (report.writes, report.warnings) == (0, [])
    assert {id: dict(r.fields) for id, r in stage.records("goal").items()} == before
    stage.other.edit(stage.other.find("goal", title="Run far"), why="new")
    stage.settled()
    assert people.read("goal", "Run far")["why"] == "new"  # type: ignore[index]


@pytest.mark.parametrize("error", ["#DIV/0!", "#N/A", "#REF!"])
def test_the_error_of_a_formula_holds_up_nothing_else_in_its_row(stage: Stage, error: str) -> None:
    hands, row, column = at(stage, "Learn SQL", "percent")
    hands.compute(row, column, "=A1/0", error)
    stage.other.edit(stage.other.find("goal", title="Learn SQL"), why="new", percent=60)
    report = stage.sync()
    assert any("the error of a formula" in line for line in report.warnings), report.warnings
    assert stage.people.read("goal", "Learn SQL")["why"] == "new"  # type: ignore[index]
    assert hands.tab.get(row, column).formula == "=A1/0"
