"""Setup: the template made real in every place, each bound to its own, as often as one likes; nothing in a tool is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from syncengine.config import load
from syncengine.errors import AccessError, Bug, GuardStop, MentorsyncError, Unavailable
from syncengine.provision import SetupPlan, plan_setup, setup
from syncengine.store import open_store
from syncengine.testing.clock import START
from syncengine.testing.memory import MemoryReplica, MemoryTool
from syncengine.testing.people import Desk, Team

Inside = Callable[..., Any]
NAMES = {"names": True}
"""So that both show people by name, and what they hold can be compared."""


@pytest.fixture
def team(tmp_path: Path) -> Team:
    """A program in two tools, with a person, a goal and its note in both."""
    team = Team(str(tmp_path), [Desk("A", weaknesses=NAMES), Desk("B", weaknesses=NAMES)], template="light")
    team.add("A", "person", name="Ada")
    team.add("A", "goal", title="Learn SQL", person="Ada", notes="Words.")
    team.sync()
    assert team.sync().writes == 0
    return team


def content(team: Team, desk: str) -> list[tuple[str, str | None, dict[str, Any]]]:
    tool = team.tools[desk]
    return sorted(
        ((r.kind, r.id, {n: v for n, v in r.fields.items() if v}) for r in tool.rows.values()),
        key=str,
    )


def bound(team: Team) -> dict[str, str | None]:
    with closing(open_store(team.program.state_url)) as store:
        return {name: row.place for name, row in store.replicas().items()}


def again(team: Team, *allow: str) -> SetupPlan:
    return setup(team.program, allow, START, team.ids)


def swapped(team: Team, desk: str) -> MemoryTool:
    """Somebody put another, empty place where the desk's was."""
    return MemoryTool.make(team.tools[desk].name, team.clock, **NAMES)


def test_each_place_carries_a_mark_of_its_own_and_is_bound_to_it(team: Team) -> None:
    marks = {name: tool.place for name, tool in team.tools.items()}
    assert None not in marks.values()
    assert marks["A"] != marks["B"]
    assert bound(team) == marks


def test_setup_again_does_nothing(team: Team) -> None:
    before = deepcopy({name: (tool.rows, tool.columns, tool.place) for name, tool in team.tools.items()})
    for plan in (plan_setup(team.program), again(team)):
        assert plan.empty
        assert (plan.problems, plan.let_go) == ({}, [])
    assert {name: (tool.rows, tool.columns, tool.place) for name, tool in team.tools.items()} == before
    assert team.sync().writes == 0


def test_a_plan_says_what_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    tool = MemoryTool.make("planned", lambda: START)
    path = tmp_path / "mentorsync.toml"
    path.write_text(
        '[program]\nname = "P"\ntemplate = "light"\n[[replica]]\nname = "A"\nconnector = "memory"\ntool = "planned"\n',
        "utf-8",
    )
    program = load(str(path))
    plan = plan_setup(program)
    assert not plan.empty
    assert any("columns of Goals" in step.what for step in plan.steps["A"])
    assert (tool.place, tool.columns, tool.rows) == (None, {}, {})
    with closing(open_store(program.state_url)) as store:
        assert store.replicas() == {}
    assert setup(program, now=START).steps == plan.steps
    assert plan_setup(program).empty


def test_a_lost_state_is_bound_to_the_mark_that_is_there(team: Team) -> None:
    marks, before = bound(team), {desk: content(team, desk) for desk in "AB"}
    for file in Path(team.folder, ".mentorsync").glob("state.sqlite3*"):
        file.unlink()
    assert again(team).problems == {}
    assert bound(team) == marks
    team.sync()
    assert {desk: content(team, desk) for desk in "AB"} == before, "no duplicates, nothing lost"
    assert team.sync().writes == 0


def test_another_place_is_not_taken_for_the_old_one(team: Team) -> None:
    marks = bound(team)
    other = swapped(team, "B")
    other.place = "somebody else's mark"
    stop = again(team).problems["B"]
    assert isinstance(stop, GuardStop)
    assert "is another place" in stop.reason
    assert (other.columns, other.rows, bound(team)) == ({}, {}, marks)


@pytest.mark.parametrize("mark", [None, "another mark"])
def test_a_new_place_is_filled_when_that_is_meant_and_nothing_is_deleted(
    team: Team, mark: str | None
) -> None:
    before = content(team, "A")
    team.tools["B"] = other = swapped(team, "B")
    other.place = mark
    assert isinstance(again(team).problems["B"], GuardStop)
    assert again(team, "place").problems == {}
    assert other.place == bound(team)["B"]
    assert mark is None or other.place == mark
    report = team.sync()
    assert (report.status, report.replicas["A"]["deleted"]) == ("agreed", 0)
    assert content(team, "A") == content(team, "B") == before
    assert team.sync().writes == 0


def test_what_is_in_the_new_place_already_is_matched(team: Team) -> None:
    before = content(team, "A")
    team.tools["B"] = other = swapped(team, "B")
    for kind, columns in team.tools["A"].columns.items():
        other.columns[kind] = set(columns)
    other.add("goal", title="Learn SQL", person=None, why="To ask")
    other.add("person", name="Grace")
    assert again(team, "place").problems == {}
    team.sync()
    team.sync()
    assert [fields.get("title") for kind, _, fields in content(team, "B") if kind == "goal"] == ["Learn SQL"]
    assert len(content(team, "A")) == len(before) + 1
    assert content(team, "A") == content(team, "B")


def test_two_replicas_never_share_a_place(team: Team) -> None:
    team.tools["B"].place = team.tools["A"].place
    stop = again(team).problems["B"]
    assert isinstance(stop, GuardStop)
    assert "is the place of replica 'A' as well" in stop.reason
    assert isinstance(again(team, "place").problems["B"], GuardStop), (
        "allowing a move does not make it two places"
    )


def test_a_replica_that_left_the_config_is_forgotten_and_left_as_it_is(team: Team) -> None:
    rows = deepcopy(team.tools["B"].rows)
    del team.desks["B"]
    team.program = team.configure()
    assert plan_setup(team.program).let_go == ["B"]
    assert bound(team).keys() == {"A", "B"}
    assert again(team).let_go == ["B"]
    assert bound(team).keys() == {"A"}
    assert team.tools["B"].rows == rows
    assert team.sync().writes == 0
    with closing(open_store(team.program.state_url)) as store:
        assert store.counts()["goal"] == 1


def test_a_table_that_was_lost_is_made_anew_and_filled_again(team: Team) -> None:
    before = content(team, "A")
    tool = team.tools["B"]
    del tool.columns["goal"]
    for handle in [handle for handle, row in tool.rows.items() if row.kind == "goal"]:
        tool.remove(handle)
    assert [step.what for step in again(team).steps["B"]] == [
        f"columns of Goals: {', '.join(sorted(team.program.template.kinds['goal'].fields))}"
    ]
    report = team.sync()
    assert (report.status, report.replicas["A"]["deleted"]) == ("agreed", 0)
    assert content(team, "A") == content(team, "B") == before


def test_a_column_that_was_lost_is_made_anew_and_filled_again(team: Team) -> None:
    before = content(team, "B")
    team.drop_column("B", "goal", "notes")
    assert not again(team).empty
    team.sync()
    assert content(team, "B") == content(team, "A") == before


# One that fails stops no other


def broken(error: Exception) -> Inside:
    def fail(self: MemoryReplica, *_: object) -> object:
        if self.tool.name.endswith("/A"):
            raise error
        return original[fail.__name__](self, *_)

    return fail


original = {name: getattr(MemoryReplica, name) for name in ("place", "survey", "provision")}


@pytest.mark.parametrize("method", ["place", "survey"])
@pytest.mark.parametrize(
    ("error", "told"), [(Unavailable("A is away"), Unavailable), (ValueError("oh, private words"), Bug),
     (OSError(13, "Permission denied"), AccessError)]
)  # fmt: skip
def test_a_replica_that_fails_is_told_and_the_others_are_set_up(
    team: Team, monkeypatch: pytest.MonkeyPatch, method: str, error: Exception, told: type[MentorsyncError]
) -> None:
    team.drop_column("B", "goal", "why")
    fail = broken(error)
    fail.__name__ = method
    monkeypatch.setattr(MemoryReplica, method, fail)
    for plan in (plan_setup(team.program), again(team)) if method == "survey" else (again(team),):
        assert isinstance(plan.problems["A"], told)
        assert "private words" not in str(plan.problems["A"])
        assert plan.steps.keys() == {"B"}
    assert "why" in team.tools["B"].columns["goal"]


def test_a_setup_that_died_in_a_tool_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        """The process ends here."""

    def half(self: MemoryReplica, place: str) -> None:
        original["provision"](self, place)
        raise Died

    monkeypatch.setattr(MemoryReplica, "provision", half)
    with pytest.raises(Died):
        Team(str(tmp_path), [Desk("A")])
    monkeypatch.undo()
    tool = MemoryTool.TOOLS[f"{tmp_path}/A"]
    mark = tool.place
    program = load(os.path.join(tmp_path, "mentorsync.toml"))
    assert setup(program, now=START).problems == {}
    assert tool.place == mark
    with closing(open_store(program.state_url)) as store:
        assert store.replicas()["A"].place == mark
