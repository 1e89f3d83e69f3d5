"""A run held to a plan: killed at every step and gone on with; and whatever people did since, nothing but the plan is written."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from syncengine.core.planfile import from_json, to_json
from syncengine.core.planned import Plan
from syncengine.testing.memory import Crash
from syncengine.testing.people import Desk, Team

TITLES = ("Learn SQL", "Speak in public", "Read twelve books", "Keep bees", "Run far")


def team(folder: Path) -> Team:
    """Two people, a pair and five goals, in agreement in two tools; the second holds names."""
    folder.mkdir(exist_ok=True)
    made = Team(str(folder), [Desk("A"), Desk("B", weaknesses={"names": True})])
    for name in ("Ada", "Ben"):
        made.add("A", "person", name=name)
    made.add("A", "pair", name="Ada & Ben", members="Ada; Ben")
    for number, title in enumerate(TITLES):
        made.add("A", "goal", title=title, person="Ada", percent=number)
    made.sync()
    assert made.sync().writes == 0
    return made


def goal(made: Team, desk: str, title: str) -> str:
    return next(h for h, row in made.tools[desk].rows.items() if row.fields.get("title") == title)


def change(made: Team) -> None:
    """What the plan is to be about: edits in both tools, a new goal, a deletion."""
    made.edit("A", goal(made, "A", "Learn SQL"), percent=60)
    made.edit("B", goal(made, "B", "Speak in public"), why="to be heard")
    made.add("B", "goal", title="Cook", person="Ben")
    made.remove("A", goal(made, "A", "Run far"))


def drawn(made: Team) -> Plan:
    report = made.sync(dry_run=True)
    assert report.plan is not None
    return from_json(json.loads(json.dumps(to_json(report.plan))))


def shown(made: Team) -> dict[str, dict[str, tuple[str, dict[str, Any]]]]:
    """Tool to handle to the id and the fields that people see there."""
    return {
        name: {handle: (str(row.id), copy.deepcopy(dict(row.fields))) for handle, row in tool.rows.items()}
        for name, tool in made.tools.items()
    }


def goals(made: Team) -> dict[str, list[str]]:
    """Tool to its goals as people see them."""
    return {
        name: sorted(
            str(sorted(row.fields.items(), key=str)) for row in tool.rows.values() if row.kind == "goal"
        )
        for name, tool in made.tools.items()
    }


def test_a_run_with_a_plan_that_is_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    at = 1
    wanted: dict[str, list[str]] | None = None
    while True:
        made = team(tmp_path / str(at))
        change(made)
        plan = drawn(made)
        if wanted is None:
            assert made.sync(planned=plan).refused == []
            wanted = goals(made)
            assert made.sync().writes == 0
            made = team(tmp_path / "again")
            change(made)
            plan = drawn(made)
        try:
            made.sync(planned=plan, die_at=at)
        except Crash:
            at += 1
        else:
            break
        report = made.sync(planned=plan)
        assert (report.refused, report.waiting) == ([], 0), at
        assert goals(made) == wanted, at
        assert made.sync().writes == 0, at
    assert at > 10, "it was killed at every step"


def meddle(made: Team, dice: random.Random) -> None:
    """Somebody does something, anywhere."""
    desk = dice.choice("AB")
    rows = [h for h, row in made.tools[desk].rows.items() if row.kind == "goal"]
    deed = dice.choice(("edit", "edit", "edit", "add", "remove", "back"))
    if deed == "add" or not rows:
        made.add(desk, "goal", title=f"New {dice.randrange(99)}", person="Ada")
    elif deed == "remove":
        made.remove(desk, dice.choice(rows))
    elif deed == "back":
        made.edit(desk, dice.choice(rows), percent=dice.randrange(5))
    else:
        made.edit(
            desk,
            dice.choice(rows),
            **dice.choice([{"percent": dice.randrange(100)}, {"why": f"why {dice.randrange(9)}"}]),
        )


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_since_nothing_but_the_plan_is_written(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    made = team(tmp_path)
    change(made)
    for _ in range(dice.randrange(3)):
        meddle(made, dice)
    plan = drawn(made)
    planned = {(write.replica, write.record): write for write in plan.writes}
    for _ in range(dice.randrange(4)):
        meddle(made, dice)
    before = shown(made)
    report = made.sync(planned=plan)
    for name, rows in shown(made).items():
        for handle, (id, row) in rows.items():
            _, was = before[name].get(handle, ("", {}))
            parts = planned[name, id].parts if (name, id) in planned else {}
            for field, value in row.items():
                if value != was.get(field):
                    assert field in parts, (name, row, "was not planned")
                    assert value in (parts[field].after, parts[field].shown[1]), (name, row, field)
        for handle in before[name].keys() - rows.keys():
            assert planned[name, before[name][handle][0]].action == "delete", (name, before[name][handle])
    again = made.sync(planned=plan)
    assert [one.record for one in again.refused] == [one.record for one in report.refused]
    assert again.writes == 0
    made.sync()
    made.sync()
    last = made.sync()
    assert last.writes == 0
    assert goals(made)["A"] != []
    titles = [
        sorted(str(row.fields["title"]) for row in tool.rows.values() if row.kind == "goal")
        for tool in made.tools.values()
    ]
    assert titles[0] == titles[1]
