"""Our files in the eyes of others: independent parsers, expanders and zone readers see what we mean."""

from __future__ import annotations

import io
import warnings
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil import tz as dateutil_tz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncengine.model.cadence import Cadence, cadence_of, slots
from syncengine.model.moments import moment

if TYPE_CHECKING:
    from conftest import Desk

TEN_ZONES = (
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
)
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
PAIR = {
    "name": "Ada & Ben",
    "status": "active",
    "every": "week",
    "first_meeting": "2026-03-03",
    "time": "17:00",
    "zone": "Europe/Berlin",
    "minutes": 45,
    "until": None,
    "link": None,
    "agenda": None,
}


def utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def expanded(data: bytes) -> list[tuple[str, int]]:
    """What an independent expander shows: start and minutes of every meeting that takes place."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(FROM, TO)
    shown = [one for one in found if one.get("STATUS") != "CANCELLED"]
    # The expander adds a length to the wall clock, so the wall clock tells which length it read.
    return sorted(
        (utc(one.start), int((naive(one.end) - naive(one.start)).total_seconds() // 60)) for one in shown
    )


@pytest.mark.parametrize("zone", TEN_ZONES)
@pytest.mark.parametrize(("every", "time"), [("week", "17:00"), ("2 weeks", "02:30"), ("month", "00:15")])
def test_others_expand_the_series_as_we_do(desk: Desk, zone: str, every: str, time: str) -> None:
    pair = {**PAIR, "every": every, "time": time, "zone": zone, "first_meeting": "2026-03-29"}
    desk.pair(**pair)
    cadence = cadence_of(pair, "UTC")
    assert isinstance(cadence, Cadence)
    assert expanded(desk.file().read_bytes()) == [(slot, 45) for slot in slots(cadence, FROM, TO)]


@given(st.data())
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_others_see_moved_skipped_and_extra_meetings_as_we_do(desk: Desk, data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(TEN_ZONES))
    fields = {
        **PAIR,
        "zone": zone,
        "every": data.draw(st.sampled_from(["week", "3 weeks", "month"])),
        "until": "2026-12-31",
        "time": data.draw(st.sampled_from(["17:00", "02:30", "23:45"])),
        "first_meeting": "2026-02-01",
    }
    cadence = cadence_of(fields, "UTC")
    assert isinstance(cadence, Cadence)
    shown = dict.fromkeys(slots(cadence, FROM, TO), 45)
    pair = desk.pair(**fields)
    (name,) = [n for n in desk.open().pull(None, ()).items if n.id == pair]
    for slot in data.draw(st.lists(st.sampled_from(sorted(shown)), unique=True, max_size=5)):
        what = data.draw(st.sampled_from(["moved", "skipped", "longer", "held", "deleted"]))
        starts = (
            utc(moment(slot) + timedelta(minutes=data.draw(st.integers(-4000, 4000))))
            if what == "moved"
            else slot
        )
        minutes = data.draw(st.integers(5, 300)) if what == "longer" else 45
        id, _ = desk.checkin(
            pair, slot, starts=starts, minutes=minutes, status="skipped" if what == "skipped" else "planned"
        )
        if what == "deleted":
            desk.done(desk.delete("checkin", id))
        shown.pop(slot)
        if what not in ("skipped", "deleted"):
            shown[f"{starts} {id}"] = minutes
    extra, _ = desk.checkin(pair, None, starts="2026-06-01T10:00:00Z", minutes=20)
    shown[f"2026-06-01T10:00:00Z {extra}"] = 20
    assert expanded(desk.file(name.where).read_bytes()) == sorted(
        (key[:20], minutes) for key, minutes in shown.items()
    )


@pytest.mark.parametrize("zone", TEN_ZONES)
@pytest.mark.parametrize("first", ["1990-03-01", "2026-03-01", "2060-03-01"])
def test_our_vtimezone_says_what_the_zone_does(desk: Desk, zone: str, first: str) -> None:
    """Read by dateutil alone, hour by hour around every change: a program without a database of zones is never wrong."""
    desk.pair(zone=zone, first_meeting=first, until=None)
    text = desk.text().replace("\r\n ", "")
    theirs = dateutil_tz.tzical(io.StringIO(text.replace("\r\n", "\n"))).get(zone)
    assert theirs is not None
    ours, year = ZoneInfo(zone), int(first[:4])
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 5, 1, 1, tzinfo=UTC)
    while at < end:
        after = at + timedelta(days=7)
        if at.astimezone(ours).utcoffset() != after.astimezone(ours).utcoffset():
            for hour in range(24 * 7 * 2):
                local = (at + timedelta(minutes=30 * hour)).astimezone(ours).replace(tzinfo=None)
                if dateutil_tz.datetime_exists(local, ours) and not dateutil_tz.datetime_ambiguous(
                    local, ours
                ):
                    assert (
                        local.replace(tzinfo=theirs).utcoffset() == local.replace(tzinfo=ours).utcoffset()
                    ), local
        at = after


def test_every_zone_that_is_used_is_explained(desk: Desk) -> None:
    pair = desk.pair(until="2026-12-31")
    calendar = icalendar.Calendar.from_ical(desk.file().read_bytes())
    assert calendar.get_missing_tzids() == set()
    desk.done(
        desk.update(
            "pair", pair, {**PAIR, "until": "2026-12-31"}, zone="America/New_York", until="2050-01-01"
        )
    )
    calendar = icalendar.Calendar.from_ical(desk.file().read_bytes())
    assert calendar.get_missing_tzids() == set()
    assert "COMMENT:mentorsync\\, 2025-2051" in desk.text()
    desk.edit("COMMENT:mentorsync\\, 2025-2051\r\n", "")
    desk.pull()
    before = desk.text().count("BEGIN:VTIMEZONE")
    desk.done(desk.update("pair", pair, {**PAIR, "zone": "America/New_York"}, until="2070-01-01"))
    assert desk.text().count("BEGIN:VTIMEZONE") == before, "a program's own VTIMEZONE is left alone"


def test_icalendar_finds_no_fault(desk: Desk) -> None:
    pair = desk.pair(name="=1+1; a, b\nEND:VEVENT", agenda="x" * 10_000, link="https://x.example/?a=1;b=2,3")
    desk.checkin(pair, "2026-03-17T16:00:00Z", starts="2026-03-18T16:00:00Z")
    (path,) = desk.path.glob("*.ics")
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    assert [one.errors for one in calendar.walk()] == [[] for _ in calendar.walk()]
    assert len(calendar.events) == 2
    assert calendar.events[0]["SUMMARY"] == "=1+1; a, b\nEND:VEVENT"
    assert {event["UID"] for event in calendar.events} == {f"{pair}@google.com"}
    for event in calendar.events:
        assert {"DTSTAMP", "DTSTART", "SEQUENCE", "STATUS"} <= event.keys()
    assert all(len(line) <= 75 for line in path.read_bytes().split(b"\r\n"))
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")


def test_another_parser_reads_the_same(desk: Desk) -> None:
    vobject: Any = pytest.importorskip("vobject", reason="the independent parser vobject is not installed")
    pair = desk.pair(name="Ada; Ben, 🦊", agenda="1. Wins\n2. Goals, all", until="2026-12-31")
    desk.checkin(pair, "2026-03-17T16:00:00Z", starts="2026-03-18T16:00:00Z")
    desk.checkin(pair, "2026-03-31T15:00:00Z", status="skipped")
    (path,) = desk.path.glob("*.ics")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        calendar = vobject.readOne(path.read_bytes().decode())
        calendar.validate()
        events = calendar.vevent_list
        starts = list(events[0].getrruleset(addRDate=True))
    assert [event.summary.value for event in events] == ["Ada; Ben, 🦊"] * 3
    assert "2. Goals, all" in events[0].description.value
    cadence = cadence_of({**PAIR, "every": "2 weeks", "until": "2026-12-31"}, "UTC")
    assert isinstance(cadence, Cadence)
    assert [utc(one) for one in starts] == slots(cadence, FROM, TO)
    assert utc(events[1].recurrence_id.value) == "2026-03-17T16:00:00Z"
