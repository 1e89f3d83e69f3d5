"""A day of watching, played in a moment: how often it runs while people work, rest, or a tool is away."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine.schedule.runlog import Entry
from syncengine.schedule.turn import Turn
from syncengine.schedule.watch import Pace, Watch

PACE = Pace(15.0, 600.0, 2.0)


def ended(status: str = "agreed", wrote: int = 0) -> Turn:
    return Turn(
        Entry(
            "2026-03-02T09:00:00Z", 1.0, status, "watch", tools={"notes": {"created": wrote}} if wrote else {}
        ),
        0,
    )


@dataclass
class Stage:
    """A simulated machine: its clock, its files, and how each run ends."""

    until: float
    outcome: Callable[[float], Turn] = lambda at: ended()
    edited: list[float] = field(default_factory=list)
    """When a person saves a file here."""
    always_changed: bool = False
    cost: float = 0.0
    took: float = 1.0
    now: float = 0.0
    runs: list[float] = field(default_factory=list)
    looks: int = 0
    seen: float = -1.0

    def turn(self) -> Turn:
        self.runs.append(self.now)
        self.seen = self.now
        done = self.outcome(self.now)
        self.now += self.took
        return done

    def look(self) -> bool:
        self.looks += 1
        self.now += self.cost
        return self.always_changed or any(self.seen < at <= self.now for at in self.edited)

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.now >= self.until

    def play(self, pace: Pace = PACE) -> list[float]:
        Watch(self.turn, self.look, self.wait, lambda: self.now, random.Random(1).random, pace).run()
        return self.runs

    @property
    def gaps(self) -> list[float]:
        return [b - a - self.took for a, b in pairwise(self.runs)]


def test_it_slows_down_while_nothing_happens() -> None:
    stage = Stage(until=4 * 3600)
    stage.play()
    assert stage.gaps[0] < 30
    assert 590 < stage.gaps[-1] <= 660
    assert len(stage.runs) < 40, "four hours of rest are not many runs"
    assert len(set(stage.gaps[-5:])) > 1, "not in step with other watchers"


def test_it_keeps_up_while_people_work_in_a_tool_far_away() -> None:
    stage = Stage(until=1800, outcome=lambda at: ended(wrote=1 if at < 900 else 0))
    stage.play()
    busy = [gap for at, gap in zip(stage.runs, stage.gaps, strict=False) if at < 900]
    assert max(busy) <= 15.0
    assert stage.gaps[-1] > 100


def test_a_file_saved_here_is_noticed_at_once() -> None:
    stage = Stage(until=3 * 3600, edited=[7200.0])
    runs = stage.play()
    assert min(at - 7200 for at in runs if at >= 7200) <= 2.0
    rest = Stage(until=3 * 3600)
    assert len(runs) <= len(rest.play()) + 2, "and only once"


def test_saving_all_the_time_is_no_reason_to_run_all_the_time() -> None:
    stage = Stage(until=600, edited=[float(at) for at in range(600)], outcome=lambda at: ended(wrote=1))
    stage.play()
    assert min(stage.gaps) >= 14.99


def test_a_file_that_never_looks_the_same_is_no_news() -> None:
    restless, calm = Stage(until=7200, always_changed=True), Stage(until=7200)
    assert len(restless.play()) <= len(calm.play()) + 1


def test_it_backs_off_from_what_fails_and_is_back_at_once() -> None:
    stage = Stage(
        until=7200, outcome=lambda at: ended("failed") if at < 3600 else ended(wrote=int(at < 4500))
    )
    stage.play()
    failing = [gap for at, gap in zip(stage.runs, stage.gaps, strict=False) if at < 3000]
    assert failing == sorted(failing[:-2]) + failing[-2:], "longer and longer"
    assert failing[2] >= 4 * 15 * 1.0
    after = [gap for at, gap in zip(stage.runs, stage.gaps, strict=False) if at >= 3600]
    assert after[0] <= 15.0


def test_a_large_folder_is_looked_at_less_often() -> None:
    dear, cheap = Stage(until=3600, cost=0.5), Stage(until=3600)
    dear.play()
    cheap.play()
    assert dear.looks * 0.5 <= 3600 * 0.03 + 0.5 * len(dear.runs)
    assert dear.looks < cheap.looks / 5


def test_it_ends_when_somebody_wants_it_to_also_after_a_run() -> None:
    assert len(Stage(until=0.5, took=60.0).play()) == 1
    assert len(Stage(until=5.0).play()) == 1


def test_an_edit_made_during_a_run_waits_for_the_next_moment_only() -> None:
    stage = Stage(until=7200, took=30.0)
    stage.play()
    during = stage.runs[-3] + 10.0
    again = Stage(until=7200, took=30.0, edited=[during])
    assert min(at - during for at in again.play() if at > during) <= 30.0 + 15.0


@given(
    st.lists(st.floats(0, 3600), max_size=10),
    st.lists(st.sampled_from(["agreed", "failed", "busy", "attention"]), min_size=1),
    st.booleans(),
)
@settings(max_examples=40)
def test_never_too_often_never_too_seldom(edited: list[float], statuses: list[str], wrote: bool) -> None:
    turns = iter(range(10**6))

    def outcome(at: float) -> Turn:
        number = next(turns)
        return ended(statuses[number % len(statuses)], int(wrote and number % 3 == 0))

    stage = Stage(until=3600, edited=edited, outcome=outcome)
    stage.play()
    assert all(14.99 <= gap <= 660.1 for gap in stage.gaps)
    for at in edited:
        if at < 3600 - 40 and not any(run <= at <= run + stage.took for run in stage.runs):
            assert any(at <= run <= at + 15.0 + 2 * PACE.tick for run in stage.runs), "seen while nothing ran"
