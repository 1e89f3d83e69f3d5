"""Requests counted, and what happens when they fail half-way."""

from __future__ import annotations

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


def test_nothing_to_do_is_one_request(stage: Stage) -> None:
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def test_any_number_of_changes_is_three(stage: Stage) -> None:
    change_much(stage)
    made = stage.requests(stage.sync)
    assert len(made) == 3, made
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


@pytest.mark.parametrize("what", ["rename a column", "move a tab's title", "add a column"])
def test_changes_after_something_moved_are_four(stage: Stage, what: str) -> None:
    hands = stage.people.hands("goal")
    if what == "rename a column":
        hands.type(0, hands.column("Why it matters"), "Because")
    elif what == "add a column":
        hands.insert_column(1)
    else:
        hands.tab.title = "Our goals"
    stage.other.edit(stage.other.find("goal", title="Goal 1"), why="new")
    made = stage.requests(stage.sync)
    assert len(made) <= 5, (
        made
    )  # the read at the old places, the structure, the read at the new ones, look, batch
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


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
