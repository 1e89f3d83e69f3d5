"""An older copy of a tool is put back: its old values undo nothing, and a person says what is to become of them."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from syncengine.errors import GuardStop
from syncengine.testing import witness
from syncengine.testing.memory import MemoryTool
from syncengine.testing.people import Desk, Team

GOALS = [f"Goal {n}" for n in range(8)]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(str(tmp_path), [Desk("A"), Desk("B", weaknesses={"names": True})])
    team.add("A", "person", name="Ada")
    for number, title in enumerate(GOALS):
        team.add("A", "goal", title=title, person="Ada", percent=number * 10, why="Once")
    team.sync()
    assert team.sync().writes == 0
    return team


def tool(team: Team, name: str) -> MemoryTool:
    found = team.tools[name]
    assert isinstance(found, MemoryTool)
    return found


def backup(team: Team, name: str = "A") -> Callable[[], None]:
    """A copy of what a tool holds now; call it to put that back."""
    rows = deepcopy(tool(team, name).rows)

    def put_back() -> None:
        tool(team, name).rows = {handle: deepcopy(row) for handle, row in rows.items()}

    return put_back


def a_month(team: Team) -> None:
    """Edits, two new goals, one deletion, each synced."""
    for title in GOALS[:5]:
        team.edit("B", tool(team, "B").find("goal", title=title), why=f"Because of {title}", percent=90)
        team.sync()
    team.add("B", "goal", title="New", person="Ada", why="It came later")
    team.add("B", "goal", title="Newer", person="Ada")
    team.remove("B", tool(team, "B").find("goal", title=GOALS[7]))
    team.sync()
    assert team.sync().writes == 0


def shown(team: Team, name: str) -> dict[str, Any]:
    return {
        str(r.fields["title"]): (r.fields.get("why"), r.fields.get("percent"))
        for r in tool(team, name).of("goal")
    }


def test_a_backup_put_back_stops_the_run_before_it_undoes_anything(team: Team) -> None:
    put_back = backup(team)
    a_month(team)
    newest = shown(team, "B")
    put_back()
    with pytest.raises(GuardStop) as stop:
        team.sync(fresh=True)
    assert stop.value.guard == "restored"
    said = str(stop.value)
    assert "'A'" in said
    assert "before run" in said
    assert "--allow catch-up" in said
    assert "--allow restored" in said
    assert shown(team, "B") == newest
    assert not witness.lost_words(team)


def test_catching_up_brings_the_old_copy_up_to_date(team: Team) -> None:
    put_back = backup(team)
    a_month(team)
    newest = shown(team, "B")
    put_back()
    team.sync(fresh=True, allow=("catch-up",))
    assert shown(team, "A") == shown(team, "B") == newest
    assert team.sync(fresh=True).writes == 0
    assert not [*witness.lost_words(team), *witness.disagreements(team)]


def test_what_was_typed_into_the_old_copy_is_an_edit_all_the_same(team: Team) -> None:
    put_back = backup(team)
    a_month(team)
    put_back()
    team.edit("A", tool(team, "A").find("goal", title=GOALS[0]), why="Typed after the backup came back")
    team.edit("A", tool(team, "A").find("goal", title=GOALS[6]), why="And here")
    team.sync(fresh=True, allow=("catch-up",))
    assert shown(team, "B")[GOALS[0]][0] == "Typed after the backup came back"
    assert shown(team, "B")[GOALS[6]][0] == "And here"
    assert shown(team, "B")[GOALS[1]] == ("Because of Goal 1", 90)
    assert team.sync(fresh=True).writes == 0
    assert not [*witness.lost_words(team), *witness.disagreements(team)]


def test_the_old_values_can_be_meant_and_the_newer_ones_stay_in_the_history(team: Team) -> None:
    put_back = backup(team)
    a_month(team)
    put_back()
    team.sync(fresh=True, allow=("restored",))
    assert shown(team, "B")[GOALS[1]] == ("Once", 10)
    assert team.sync(fresh=True).writes == 0
    assert not [*witness.lost_words(team), *witness.disagreements(team)]


def test_the_newest_records_gone_together_are_those_that_an_older_copy_lacks(team: Team) -> None:
    put_back = backup(team)
    for number in range(6):
        team.add("B", "goal", title=f"Since {number}", person="Ada")
        team.sync()
    put_back()
    with pytest.raises(GuardStop, match="older copy"):
        team.sync(fresh=True)
    team.sync(fresh=True, allow=("catch-up",))
    assert len(tool(team, "A").of("goal")) == len(tool(team, "B").of("goal")) == 14


def test_people_who_edit_many_records_are_not_asked(team: Team) -> None:
    """New words, a deletion of old records, and a value or two that was there once, are what people do."""
    a_month(team)
    for title in GOALS[:5]:
        team.edit("A", tool(team, "A").find("goal", title=title), why=f"Another reason for {title}")
    team.edit("A", tool(team, "A").find("goal", title=GOALS[5]), percent=20)
    for title in GOALS[3:5]:
        team.remove("A", tool(team, "A").find("goal", title=title))
    team.sync()
    assert team.sync().writes == 0


def test_the_same_change_back_of_a_few_is_not_asked_about(team: Team) -> None:
    a_month(team)
    for title in GOALS[:3]:
        team.edit("A", tool(team, "A").find("goal", title=title), why="Once", percent=int(title[-1]) * 10)
    team.sync()
    assert shown(team, "B")[GOALS[1]] == ("Once", 10)
