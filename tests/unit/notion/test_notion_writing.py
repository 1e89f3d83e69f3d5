"""Writes at the limits: several requests for one large record, one field refused without the rest, tables side by side."""

from __future__ import annotations

import pytest

from syncengine.testing.loopback import Fault, Request
from syncengine_notion import connector

from .conftest import Stage
from .test_notion_faults import FAULTS, agreed

HUGE = "🦊" * 99_000
"""Just within one property, and about 400 KB of a request's 500."""


def test_a_record_larger_than_a_request_is_written_in_several(stage: Stage) -> None:
    stage.ready().goals("A", why=HUGE, notes=HUGE, percent=40)
    stage.settled()
    shows = stage.people.shows("Goals", "A")
    assert (shows["Why it matters"], shows["Notes"], shows["Percent"]) == (HUGE, HUGE, 0.4)
    assert len(stage.people.rows("Goals")) == 1
    stage.other.edit(stage.goal("A"), why=HUGE + "x", notes=HUGE + "y")
    stage.settled()
    assert stage.people.shows("Goals", "A")["Notes"] == HUGE + "y"


@pytest.mark.parametrize("name", ["503", "lost answer", "409"])
def test_a_fault_between_its_requests_clears_nothing(stage: Stage, name: str) -> None:
    stage.ready().goals("A", why=HUGE, notes=HUGE)

    def strike(request: Request) -> Fault | None:
        return FAULTS[name] if request.method == "PATCH" and "properties" in (request.json or {}) else None

    stage.box.server.fault = strike
    stage.sync()
    stage.box.server.fault = lambda _request: None
    stage.clock.tick(minutes=5)
    stage.settled()
    row = stage.other.rows[stage.goal("A")].fields
    assert (row["why"], row["notes"]) == (HUGE, HUGE)
    shows = stage.people.shows("Goals", "A")
    assert (shows["Why it matters"], shows["Notes"]) == (HUGE, HUGE)
    assert len(stage.people.rows("Goals")) == 1


def test_a_text_that_notion_cannot_hold_is_told_and_the_rest_of_the_record_written(stage: Stage) -> None:
    long = "x" * 200_001
    stage.ready().goals("A", notes="because", why=long)
    report = stage.sync()
    assert any("200,000 characters" in warning for warning in report.warnings)
    assert stage.people.shows("Goals", "A")["Notes"] == "because"
    stage.clock.tick(minutes=5)
    stage.sync()
    assert stage.other.rows[stage.goal("A")].fields["why"] == long, "not a letter is cut, here or there"
    stage.other.edit(stage.goal("A"), notes="changed", why=long + "y")
    stage.sync()
    assert stage.people.shows("Goals", "A")["Notes"] == "changed"
    stage.other.edit(stage.goal("A"), why="short")
    stage.clock.tick(minutes=5)
    assert stage.settled().status == "agreed"
    assert stage.people.shows("Goals", "A")["Why it matters"] == "short"


def test_a_service_that_takes_no_ids_of_properties_is_given_names(stage: Stage) -> None:
    stage.ready()
    stage.box.world.only_names = True
    stage.people.rename("Goals", "Why it matters", "Motivation")
    stage.goals("A", "B", why="because")
    stage.settled()
    assert stage.people.shows("Goals", "B")["Motivation"] == "because"
    stage.other.edit(stage.goal("A"), why="changed")
    stage.settled()
    assert stage.people.shows("Goals", "A")["Motivation"] == "changed"


def test_several_tables_are_read_and_written_side_by_side(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "lanes", 4)
    stage.ready().goals(*(f"Goal {n}" for n in range(12)))
    for number in range(12):
        stage.other.add("win", what=f"Win {number}", who="Ada")
        stage.other.add("progress", goal=f"Goal {number}", on="2026-03-01")
    stage.settled()
    agreed(stage)
    assert [len(stage.people.rows(table)) for table in ("Goals", "Wins", "Progress")] == [12, 12, 12]


def test_a_service_that_goes_away_while_tables_are_written_loses_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "lanes", 4)
    stage.ready().goals(*(f"Goal {n}" for n in range(6)))
    for number in range(6):
        stage.other.add("win", what=f"Win {number}", who="Ada")
    begun = len(stage.box.server.log)
    stage.box.server.fault = lambda request: (
        FAULTS["reset"] if len(stage.box.server.log) > begun + 14 else None
    )
    stage.sync()
    stage.box.server.fault = lambda _request: None
    stage.clock.tick(minutes=5)
    stage.settled()
    agreed(stage)
    assert len(stage.people.rows("Wins")) == 6
