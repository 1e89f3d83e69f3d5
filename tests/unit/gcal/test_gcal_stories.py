"""Single stories that only a calendar has: adoption, copies, continuations, rooms, doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncengine.config import load
from syncengine.provision import plan_setup
from syncengine.testing import memory
from syncengine.testing.memory import MemoryReplica
from syncengine_gcal import connector
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import TOKEN

ZONE = "Europe/Berlin"


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as found:
        found.add_pair()
        found.settled()
        yield found


def span(start: str, minutes: int = 45) -> dict[str, Any]:
    from datetime import datetime

    begin = datetime.fromisoformat(start)
    return {
        "start": {"dateTime": begin.isoformat(), "timeZone": ZONE},
        "end": {"dateTime": (begin + timedelta(minutes=minutes)).isoformat(), "timeZone": ZONE},
    }


def test_a_series_that_a_pair_has_already_is_adopted(tmp_path: Path) -> None:
    with stage(tmp_path, adopt=True) as made:
        made.add_pair()
        theirs = made.people.add(
            summary="Ada & Ben", location="https://meet.example.org/theirs", recurrence=["RRULE:FREQ=WEEKLY;INTERVAL=2"],
            **span("2026-03-03T17:00:00+01:00"),
        )  # fmt: skip
        made.sync()
        made.settled()
        live = [s for s in made.people.events.calendar.events.values() if s.series and not s.cancelled]
        assert [s.body["id"] for s in live] == [theirs]
        assert live[0].body["extendedProperties"]["private"]["mentorsync.event"] == theirs
        [pair] = made.canonical("pair")
        assert pair["link"] == "https://meet.example.org/theirs"
        assert made.sync(fresh=True).writes == 0
        made.edit_pair(time="18:00")
        made.settled()
        assert live[0].body["start"]["dateTime"].startswith("2026-03-03T18:00")


def test_without_being_asked_people_s_series_are_theirs(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        theirs = made.people.add(
            summary="Ada & Ben", recurrence=["RRULE:FREQ=WEEKLY"], **span("2026-03-04T09:00:00+01:00")
        )
        before = dict(made.people.events.calendar.events[theirs].body)
        made.add_pair()
        made.settled()
        assert made.people.events.calendar.events[theirs].body == before
        assert len(made.canonical("pair")) == 1


def test_a_copy_that_somebody_makes_is_theirs(made: Stage) -> None:
    copy = made.people.duplicate(made.event())
    made.settled()
    assert len(made.canonical("pair")) == 1
    made.edit_pair(time="18:00")
    made.settled()
    assert made.people.events.calendar.events[copy].body["start"]["dateTime"].startswith("2026-03-03T17:00")
    assert made.sync(fresh=True).writes == 0


@pytest.mark.parametrize("again", [False, True])
def test_a_copy_of_a_continuation_is_theirs_as_well(made: Stage, again: bool) -> None:
    made.people.split(made.event(), "2026-03-17T16:00:00Z", shift=timedelta(hours=1))
    if not again:
        made.settled()
    events = made.people.events.calendar.events
    [later] = [
        s.body["id"]
        for s in events.values()
        if s.body["start"].get("dateTime", "").startswith("2026-03-17T18")
    ]
    made.clock.tick(minutes=5)
    copy = made.people.duplicate(later)
    made.settled()
    made.edit_checkin("2026-03-31T16:00:00Z", status="skipped")
    made.settled()
    cancelled = {id: [e["status"] for e in s.exceptions.values()] for id, s in events.items()}
    assert "cancelled" in cancelled[later]
    assert cancelled[copy] == []
    assert made.sync(fresh=True).writes == 0


def test_two_continuations_of_two_series_made_in_one_second_are_told_apart(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        made.add_pair()
        made.add_pair("Cleo & Dov")
        made.settled()
        for name in ("Ada & Ben", "Cleo & Dov"):
            made.people.split(
                made.event(name), "2026-03-31T15:00:00Z", shift=timedelta(hours=1), keeps_properties=False
            )
        made.settled()
        pairs = {pair["name"]: pair for pair in made.canonical("pair")}
        assert [pairs[name]["time"] for name in ("Ada & Ben", "Cleo & Dov")] == ["18:00", "18:00"]
        assert made.sync(fresh=True).writes == 0


def test_a_deleted_pair_leaves_its_history_and_is_not_found_again(made: Stage) -> None:
    old = made.event()
    made.people.split(old, "2026-03-31T15:00:00Z", shift=timedelta(hours=1))
    made.settled()
    made.clock.tick(days=20)
    made.settled()
    made.other.remove(made.other.find("pair", name="Ada & Ben"))
    made.sync(allow={"mass-deletion"})
    assert made.sync().writes == 0
    rule = made.people.events.calendar.events[old].body["recurrence"][0]
    assert rule.endswith("UNTIL=20260322T225959Z"), "nothing is left that is still to come"
    assert made.sync(fresh=True).writes == 0
    assert made.canonical("pair") == []


@pytest.mark.parametrize("days", [0, 30])
@pytest.mark.parametrize("until", [None, "2026-12-01"])
def test_a_pair_that_no_longer_says_how_often_it_meets_is_not_paused_by_its_calendar(
    made: Stage, days: int, until: str | None
) -> None:
    made.edit_pair(until=until)
    made.settled()
    made.clock.tick(days=days)
    made.edit_pair(every=None)
    made.settled()
    assert made.sync(fresh=True).writes == 0
    [pair] = made.canonical("pair")
    assert (pair["every"], pair.get("until"), pair["status"]) == (None, until, "active")
    made.edit_pair(status="paused")
    made.settled()
    made.edit_pair(status="active")
    made.settled()
    [pair] = made.canonical("pair")
    assert (pair["every"], pair.get("until"), pair["status"]) == (None, until, "active")
    made.edit_pair(every="week")
    made.settled()
    assert made.sync(fresh=True).writes == 0
    [pair] = made.canonical("pair")
    assert (pair["every"], pair.get("until"), pair["status"]) == ("week", until, "active")


def test_a_video_room_is_asked_for_and_awaited(tmp_path: Path) -> None:
    with stage(tmp_path, video="meet") as made:
        made.add_pair()
        made.settled()
        assert made.canonical("pair")[0].get("link") is None
        made.sandbox.settle_conferences()
        made.settled()
        link = made.canonical("pair")[0]["link"]
        assert str(link).startswith("https://meet.google.com/")
        assert made.sync(fresh=True).writes == 0


def test_what_people_write_around_the_agenda_stays(made: Stage) -> None:
    event, slot = made.event(), "2026-03-03T16:00:00Z"
    text = made.people.description(event)
    made.people.events.change(
        event, {"description": f'<b>Bring tea</b><br>{text}<br>see <a href="https://x.example">this</a>'}
    )
    made.settled()
    made.other.add("win", what="First talk", who="Ada", pair="Ada & Ben", on="2026-03-02")
    made.settled()
    shown = made.people.description(event, slot)
    assert shown.startswith("<b>Bring tea</b><br>")
    assert shown.endswith('<br>see <a href="https://x.example">this</a>')
    assert "First talk" in shown
    later = made.people.description(event, "2026-03-17T16:00:00Z")
    assert "Bring tea" in later
    assert "Arrive" not in later
    made.people.describe(event, "page text", slot)
    made.settled()
    assert "page text" in made.people.description(event, slot)
    assert "First talk" in made.people.description(event, slot)


def test_the_agenda_leads_to_where_people_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryReplica, "_address", lambda _self: "https://notes.example.org/")
    over_a_network = replace(memory.connector.capabilities, remote=True)
    monkeypatch.setitem(vars(memory.connector), "capabilities", over_a_network)
    with stage(tmp_path) as made:
        made.add_pair()
        made.settled()
        made.clock.tick(hours=20)
        made.settled()
        where = f"Open in other: https://notes.example.org/{made.other.find('pair', name='Ada & Ben')}"

        def shown() -> str:
            return made.people.description(made.event(), "2026-03-03T16:00:00Z")

        assert where in shown()
        assert "calendar/event" not in shown()
        made.other.offline = True
        made.people.move(made.event(), "2026-03-17T16:00:00Z", "2026-03-18T16:00:00Z")
        made.sync()
        assert where in shown(), "a tool that is down is where it was"
        made.other.offline = False
        made.settled()


def test_deleting_a_check_in_record_takes_the_occurrence_out_and_bringing_it_back_puts_it_in(
    made: Stage,
) -> None:
    slot = "2026-03-17T16:00:00Z"
    made.other.remove(made.other.find("checkin", slot=slot))
    made.settled()
    assert "EXDATE;TZID=Europe/Berlin:20260317T170000" in made.people.find("Ada & Ben").body["recurrence"]
    assert made.sync(fresh=True).writes == 0
    assert not [c for c in made.canonical("checkin") if c["slot"] == slot]


def test_a_time_that_the_clocks_leave_out_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        made.add_pair(first_meeting="2026-03-29", time="02:30")
        report = made.sync()
        assert any("clocks go forward" in warning for warning in report.warnings), report.warnings


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("reader", "may read the calendar but not change it"),
        ("token", "does not accept the sign-in"),
        ("gone", "is not shared"),
    ],
)
def test_doctor_tells_what_is_wrong_with_the_access(made: Stage, trouble: str, said: str) -> None:
    if trouble == "reader":
        made.people.events.calendar.role = "reader"
    elif trouble == "token":
        made.sandbox.token = "another"
    else:
        calendar = made.people.events.calendar
        del made.sandbox.calendars[calendar.id]
    plan = plan_setup(load(str(made.path)), check=True)
    found = [check.problem for _, check in plan.checks] + [str(problem) for problem in plan.problems.values()]
    assert any(said in text for text in found), found


def test_doctor_says_what_is_right(made: Stage) -> None:
    plan = plan_setup(load(str(made.path)), check=True)
    assert [check.what for _, check in plan.checks if not check.problem]
    assert not [check for _, check in plan.checks if check.problem]
