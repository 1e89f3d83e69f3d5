"""What comes back with a deleted record."""

from __future__ import annotations

from syncengine.core.restore import refers_to, together
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds

KINDS = all_kinds()
PERSON = Record("person", "person", {"name": "Ada"}, deleted=True)
PAIR = Record("pair", "pair", {"members": ["person", "living"]}, deleted=True)
GOAL = Record("goal", "goal", {"title": "SQL", "person": "person", "pair": "pair"}, deleted=True)
STEP = Record("step", "progress", {"goal": "goal", "by": "person"}, deleted=True)
OLD_STEP = Record("old step", "progress", {"goal": "goal"}, deleted=True)
MEETING = Record("meeting", "checkin", {"pair": "pair"}, deleted=True)
ASKED = Record("asked", "question", {"pair": "pair"}, deleted=True)
ALL = {one.id: one for one in (PERSON, PAIR, GOAL, STEP, OLD_STEP, MEETING, ASKED)}
RUNS = {"person": 3, "pair": 5, "goal": 7, "step": 7, "old step": 6, "meeting": 5, "asked": 5}


def test_what_went_in_the_same_run_and_what_it_belongs_to_come_back() -> None:
    assert together("goal", ALL, RUNS, KINDS) == ["goal", "step", "person", "pair"]
    assert together("step", ALL, RUNS, KINDS) == ["step", "goal", "person", "pair"]
    assert together("pair", ALL, RUNS, KINDS) == ["pair", "meeting", "person"]


def test_what_the_engine_took_away_it_makes_itself() -> None:
    assert together("pair", ALL, RUNS, KINDS, ["meeting"]) == ["pair", "person"]


def test_what_lives_is_left_as_it_is() -> None:
    assert together("goal", {"goal": GOAL}, {"goal": 7}, KINDS) == ["goal"]
    assert refers_to(PAIR, KINDS) == ["person", "living"]
    assert refers_to(Record("x", "no such kind", {"pair": "pair"}), KINDS) == []
