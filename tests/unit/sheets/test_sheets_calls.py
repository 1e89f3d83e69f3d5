"""Requests counted, and what happens when they fail half-way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_sheets.sandbox import Sandbox
from tests.unit.sheets.stage import Stage

GOALS = 8


@pytest.fixture
def stage(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    stage = Stage(tmp_path / "program", sandbox)
    for number in range(GOALS):
        stage.other.add("goal", title=f"Goal {number}", why=f"why {number}", status="in progress")
    stage.settled()
    return stage


def change_much(stage: Stage) -> None:
    for number in range(3):
        stage.other.edit(
            stage.other.find("goal", title=f"Goal {number}"), why=f"new {number}", percent=10 * number
        )
    for number in (3, 4):
        stage.other.remove(stage.other.find("goal", title=f"Goal {number}"))
    for number in range(5):
        stage.other.add("goal", title=f"More {number}", due="2026-05-01")
        stage.other.add("person", name=f"Person {number}")
    stage.people.edit("goal", "Goal 5", "why", "edited by hand")
    stage.people.add("goal", {"title": "typed by hand", "percent": "ca. 50 %"})


def test_setup_makes_few_requests(tmp_path: Path, sandbox: Sandbox) -> None:
    stage = Stage(tmp_path / "program", sandbox, template="structured")
    paths = [f"{e.request.method} {e.request.path.rpartition('/')[2]}" for e in sandbox.log]
    assert len(paths) == 5, paths
    assert sum(":batchUpdate" in path for path in paths) == 1
    assert len(stage.requests(stage.setup)) <= 3, "a second set-up only looks"
    assert stage.setup().empty


def test_a_plan_says_how_many_requests_it_takes(stage: Stage) -> None:
    change_much(stage)
    plan = stage.sync(dry_run=True).plan
    assert plan is not None
    sheet = next(tool for tool in plan.tools if tool.name == "sheet")
    assert sheet.calls == len(stage.requests(stage.sync))
    assert 0 < sheet.seconds < 60
    other = next(tool for tool in plan.tools if tool.name == "other")
    assert (other.calls, other.seconds) == (0, 0), "what is on this machine takes neither"


def test_a_run_with_a_plan_notes_only_what_the_plan_could_not_use(stage: Stage) -> None:
    """A note on a cell is a write as well; one that the plan does not know comes with the next sync."""
    stage.people.edit("goal", "Goal 1", "percent", "ca. 50 %")
    plan = stage.sync(dry_run=True).plan
    assert plan is not None
    stage.people.edit("goal", "Goal 2", "percent", "ca. 60 %")
    stage.sync(planned=plan)
    assert not noted(stage)
    stage.sync()
    assert len(noted(stage)) == 2
    stage.people.edit("goal", "Goal 3", "percent", "ca. 70 %")
    again = stage.sync(dry_run=True).plan
    assert again is not None
    stage.sync(planned=again)
    assert len(noted(stage)) == 3


def noted(stage: Stage) -> list[str]:
    """The goals with a note of ours on their percentage."""
    tab, column = stage.people.hands("goal").tab, stage.people.column("goal", "percent")
    rows = {title: stage.people.row("goal", title) for title in (f"Goal {n}" for n in range(GOALS))}
    notes = {title: tab.get(row, column).note for title, row in rows.items() if row is not None}
    return [title for title, note in notes.items() if note.startswith("mentorsync: ")]


def test_nothing_to_do_is_one_request(stage: Stage) -> None:
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def test_any_number_of_changes_is_three(stage: Stage) -> None:
    change_much(stage)
    made = stage.requests(stage.sync)
    assert len(made) == 3, made
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def rename_a_column(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    hands.type(0, hands.column("Why it matters"), "Because")


def add_a_column(stage: Stage) -> None:
    stage.people.hands("goal").insert_column(1)


def move_a_column(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    hands.move_column(hands.column("Why it matters"), 0)


def take_a_column_out(stage: Stage) -> None:
    hands = stage.people.hands("goal")
    hands.delete_column(hands.column("Due"))


def rename_a_tab(stage: Stage) -> None:
    stage.people.hands("goal").tab.title = "Our goals"


def swap_two_tabs(stage: Stage) -> None:
    goals, people = (stage.people.hands(kind).tab for kind in ("goal", "person"))
    goals.title, people.title = people.title, goals.title


def write_above_the_headings(stage: Stage) -> None:
    stage.people.hands("goal").insert_rows(0, 2)


MOVES = (
    rename_a_column,
    add_a_column,
    move_a_column,
    take_a_column_out,
    rename_a_tab,
    write_above_the_headings,
)


@pytest.mark.parametrize("move", MOVES, ids=lambda one: one.__name__)
def test_changes_after_something_moved_are_four(stage: Stage, move: Callable[[Stage], None]) -> None:
    """The read at the old places, the one that finds where things are now, look, batch."""
    move(stage)
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")
    stage.other.add("goal", title="From elsewhere", percent=30)
    made = stage.requests(stage.sync)
    assert len(made) <= 4, made
    said = {str(r.fields["title"]): r.fields.get("why") for r in stage.records("goal").values()}
    assert said == {f"Goal {n}": f"why {n}" for n in range(GOALS)} | {"Goal 1": "new", "From elsewhere": None}
    tab = next(
        tab for tab in stage.sheet.tabs if any(c.value == "Goal 1" for row in tab.rows for c in row.values())
    )
    lines = [[cell.value for cell in row.values()] for row in tab.rows]
    assert [line for line in lines if "Goal 1" in line and "new" in line]
    assert [line for line in lines if "From elsewhere" in line and 0.3 in line]
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def test_two_tabs_that_swap_their_names_are_told_apart(stage: Stage) -> None:
    swap_two_tabs(stage)
    assert stage.sync().writes == 0
    assert len(stage.records("goal")) == GOALS
    assert not stage.records("person")


def test_the_first_sync_after_setup_is_four(tmp_path: Path, sandbox: Sandbox) -> None:
    """Looking in Drive for what set-up made, read, look, batch: what set-up made is as set-up makes it."""
    stage = Stage(tmp_path / "program", sandbox, template="structured")
    stage.people.add("goal", {"title": "typed before", "due": "1.3.2026"})
    for number in range(20):
        stage.other.add("goal", title=f"Goal {number}", due="2026-05-01")
    made = stage.requests(stage.sync)
    assert len(made) == 4, made
    assert stage.people.count("goal") == 21
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def test_a_spreadsheet_that_was_changed_since_setup_is_read_as_it_is(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    stage = Stage(tmp_path / "program", sandbox)
    rename_a_tab(stage)
    hands = stage.sandbox.hands(stage.sheet, "Our goals")
    hands.move_column(hands.column("Why it matters"), 0)
    hands.type(1, hands.column("Goal"), "typed before")
    stage.settled()
    assert {r.fields["title"] for r in stage.records("goal").values()} == {"typed before"}


def test_another_locale_is_noticed_with_the_next_write(stage: Stage) -> None:
    stage.sheet.locale = "de_DE"
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")
    stage.sync()
    hands = stage.people.hands("goal")
    hands.paste(1, hands.column("Due"), "1.3.2026")
    stage.settled()
    assert "2026-03-01" in {r.fields.get("due") for r in stage.records("goal").values()}


FAULTS = ["refused", "committed", "reset", "lost", "truncated"]


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_request_that_fails_doubles_nothing_and_loses_nothing(stage: Stage, step: int, kind: str) -> None:
    change_much(stage)
    first, broken = len(stage.sandbox.log), list[int]()

    def fault(request: Request) -> Fault | None:
        if len(stage.sandbox.log) - first + 1 == step and not broken:
            broken.append(step)
            answer = Answer(503, {"error": {"code": 503, "message": "later", "status": "UNAVAILABLE"}})
            return Fault(kind, answer if kind in ("refused", "committed") else None)  # type: ignore[arg-type]
        return None

    stage.sandbox.fault = fault
    stage.sync()
    assert broken
    stage.settled()
    held = [stage.people.row("goal", str(r.fields["title"])) for r in stage.records("goal").values()]
    assert all(held)
    assert len(set(held)) == len(held) == stage.people.count("goal") == GOALS - 2 + 5 + 1
    assert stage.people.count("person") == 5
    assert {str(r.fields.get("why")) for r in stage.records("goal").values()} >= {
        "new 0",
        "new 1",
        "new 2",
        "edited by hand",
    }


def test_a_batch_whose_answer_is_lost_is_settled_by_reading(stage: Stage) -> None:
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")
    stage.sandbox.fault = lambda request: Fault("lost") if "batchUpdate" in request.path else None
    first = len(stage.sandbox.log)
    report = stage.sync()
    assert report.warnings == []
    assert stage.people.read("goal", "Goal 1")["why"] == "new"  # type: ignore[index]
    assert sum("batchUpdate" in e.request.path for e in stage.sandbox.log[first:]) == 1, "it was sent once"
    stage.sandbox.fault = lambda _request: None
    assert stage.sync().writes == 0


def test_a_run_that_dies_after_a_misplaced_write_is_mended_by_the_next(stage: Stage) -> None:
    """The row moved just then, and the process died before it could look: the journal has what stood there."""
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")
    stage.sandbox.before = lambda r: (
        stage.people.hands("goal").insert_rows(1) if "batchUpdate" in r.path else None
    )
    dead = [False]

    def fault(request: Request) -> Fault | None:
        dead[0] = dead[0] or "batchUpdate" in request.path
        return Fault("lost") if dead[0] else None

    stage.sandbox.fault = fault
    stage.sync()
    hit = [n for n in range(GOALS) if stage.people.read("goal", f"Goal {n}")["why"] == "new"]  # type: ignore[index]
    assert hit != [1], "it hit the wrong row"
    stage.sandbox.before, stage.sandbox.fault = (lambda _r: None), (lambda _r: None)
    stage.settled()
    for number in range(GOALS):
        wanted = "new" if number == 1 else f"why {number}"
        assert stage.people.read("goal", f"Goal {number}")["why"] == wanted  # type: ignore[index]
    assert {str(r.fields["why"]) for r in stage.records("goal").values()} == {
        "new",
        *(f"why {n}" for n in (0, 2, 3, 4, 5, 6, 7)),
    }


def test_a_full_quota_is_waited_out(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    stage.sandbox.per_minute = 2
    monkeypatch.setattr(
        "time.sleep", lambda seconds: (waited.append(seconds), stage.sandbox._used.clear())[0]
    )
    for _ in range(4):
        assert stage.sync().status == "agreed"
    assert waited


def test_a_tab_renamed_between_look_and_write_costs_one_more_run(stage: Stage) -> None:
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")

    def rename(request: Request) -> None:
        if "batchUpdate" in request.path:
            stage.people.hands("goal").tab.title = "Our goals"
            stage.sandbox.before = lambda _request: None

    stage.sandbox.before = rename
    stage.sync()
    stage.people.hands("person")
    for _ in range(2):
        stage.sync()
    tab = next(tab for tab in stage.sheet.tabs if tab.title == "Our goals")
    assert any(cell.value == "new" for row in tab.rows for cell in row.values())
    assert stage.requests(stage.sync) == ["GET values:batchGet"]
