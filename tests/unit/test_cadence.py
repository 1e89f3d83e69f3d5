"""Recurrence: rules, slots and daylight saving, held to an independent expander."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine.model.cadence import (
    Cadence,
    cadence_of,
    checkin_id,
    is_slot,
    read_time,
    read_zone,
    rrule,
    slots,
)
from syncengine.model.ids import is_id
from syncengine.model.kinds import EVERY
from syncengine.model.recurrence import Said, every_of, read_rule
from syncengine.model.values import Unreadable

BERLIN = ZoneInfo("Europe/Berlin")
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


def cadence(
    every: str = "week",
    first: str = "2026-03-03",
    at: str = "17:00",
    zone: str = "Europe/Berlin",
    until: str | None = None,
) -> Cadence:
    return Cadence(
        every,
        date.fromisoformat(first),
        time.fromisoformat(at),
        zone,
        45,
        date.fromisoformat(until) if until else None,
    )


def between(c: Cadence, after: str, before: str) -> list[str]:
    return slots(
        c,
        datetime.fromisoformat(after).replace(tzinfo=UTC),
        datetime.fromisoformat(before).replace(tzinfo=UTC),
    )


# From a pair's fields


def test_what_a_pair_leaves_blank_has_defaults() -> None:
    assert cadence_of({"every": "week", "first_meeting": "2026-03-03"}, "Europe/Berlin") == cadence()


@pytest.mark.parametrize("missing", ["every", "first_meeting"])
def test_without_rhythm_or_start_there_is_no_cadence(missing: str) -> None:
    assert cadence_of({"every": "week", "first_meeting": "2026-03-03", missing: None}, "UTC") is None


@pytest.mark.parametrize(
    ("status", "meets"),
    [("starting", True), ("active", True), (None, True), ("paused", False), ("closed", False)],
)
def test_a_paused_or_closed_pair_does_not_meet(status: str | None, meets: bool) -> None:
    assert (
        cadence_of({"every": "week", "first_meeting": "2026-03-03", "status": status}, "UTC") is not None
    ) is meets


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("17:00", "17:00"),
        ("5 pm", "17:00"),
        ("5pm", "17:00"),
        ("17.30", "17:30"),
        ("7:05 p.m.", "19:05"),
        ("12 am", "00:00"),
        ("12 pm", "12:00"),
        ("17h", "17:00"),
        ("17h30", "17:30"),
        ("17 Uhr", "17:00"),
        ("17:00:00", "17:00"),
        ("5:00", "05:00"),
        (" 9:15 AM ", "09:15"),
        (None, "17:00"),
        ("  ", "17:00"),
    ],
)
def test_times_as_people_write_them(said: str | None, meant: str) -> None:
    assert read_time(said) == time.fromisoformat(meant)


@pytest.mark.parametrize(
    "said",
    [
        "5pm-ish",
        "5",
        "25:00",
        "13 pm",
        "0 am",
        "17:60",
        "1700",
        "noon",
        "after work",
        "17:00 or 18:00",
        "NaN",
    ],
)
def test_a_time_in_doubt_is_asked_about(said: str) -> None:
    found = cadence_of({"every": "week", "first_meeting": "2026-03-03", "time": said}, "UTC")
    assert isinstance(found, Unreadable)
    assert found.text == said
    assert "17:00" in found.remedy


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
    ],
)
def test_zones_as_people_write_them(said: str, meant: str) -> None:
    assert read_zone(said) == meant


@pytest.mark.parametrize("said", ["Mars", "Europe", "../../etc/passwd", "/etc/localtime", "CESTY", "Berlin"])
def test_an_unknown_zone_is_asked_about(said: str) -> None:
    found = cadence_of({"every": "week", "first_meeting": "2026-03-03", "zone": said}, "UTC")
    assert isinstance(found, Unreadable)
    assert "Europe/Berlin" in found.remedy


def test_the_remedy_knows_the_city() -> None:
    found = read_zone("kolkata")
    assert isinstance(found, Unreadable)
    assert "Asia/Kolkata" in found.remedy


def test_an_end_before_the_start_is_asked_about() -> None:
    found = cadence_of({"every": "week", "first_meeting": "2026-03-03", "until": "2026-03-02"}, "UTC")
    assert isinstance(found, Unreadable)
    assert "2026-03-03" in found.reason


# Rules


@pytest.mark.parametrize(
    ("every", "first", "until", "rule"),
    [
        ("week", "2026-03-03", None, "FREQ=WEEKLY"),
        ("2 weeks", "2026-03-03", "2026-12-31", "FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231T225959Z"),
        ("4 weeks", "2026-03-03", "2026-07-01", "FREQ=WEEKLY;INTERVAL=4;UNTIL=20260701T215959Z"),
        ("month", "2026-03-10", None, "FREQ=MONTHLY;BYDAY=2TU"),
        ("month", "2026-03-31", None, "FREQ=MONTHLY;BYDAY=-1TU"),
    ],
)
def test_rules(every: str, first: str, until: str | None, rule: str) -> None:
    assert rrule(cadence(every, first, until=until)) == rule


@given(
    every=st.sampled_from(EVERY),
    first=st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    at=st.times().map(lambda t: t.replace(microsecond=0, fold=0)),
    zone=st.sampled_from(TEN_ZONES),
    days=st.none() | st.integers(0, 3000),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_rule_read_back_says_the_same(
    every: str, first: date, at: time, zone: str, days: int | None
) -> None:
    c = Cadence(every, first, at, zone, 45, None if days is None else first + timedelta(days=days))
    assert every_of(rrule(c), first) == every
    assert read_rule(rrule(c), c.start, ZoneInfo(zone)) == Said(every, first, c.until)


@pytest.mark.parametrize(
    ("rule", "every"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "week"),
        ("FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=TU", "2 weeks"),
        ("freq=weekly;interval=3", "3 weeks"),
        ("FREQ=DAILY;INTERVAL=14", "2 weeks"),
        ("FREQ=MONTHLY;BYDAY=+1TU", "month"),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=1", "month"),
        ("FREQ=WEEKLY;COUNT=10", "week"),
        ("FREQ=WEEKLY;INTERVAL=6", None),
        ("FREQ=WEEKLY;BYDAY=TU,TH", None),
        ("FREQ=WEEKLY;BYDAY=WE", None),
        ("FREQ=DAILY", None),
        ("FREQ=MONTHLY", None),
        ("FREQ=MONTHLY;BYMONTHDAY=3", None),
        ("FREQ=MONTHLY;BYDAY=-1TU", None),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1TU", None),
        ("FREQ=MONTHLY;BYDAY=2TU", None),
        ("FREQ=YEARLY", None),
        ("FREQ=SECONDLY", None),
        ("", None),
        ("nonsense", None),
        ("FREQ=WEEKLY;INTERVAL=x", None),
        ("FREQ=WEEKLY;INTERVAL=0", None),
        ("FREQ=WEEKLY;UNTIL=soon", None),
        ("FREQ=WEEKLY;COUNT=x", None),
        ("FREQ=WEEKLY;BYHOUR=9", None),
        ("FREQ=MONTHLY;BYDAY=9TU", None),
        ("FREQ=MONTHLY;BYDAY=0TU", None),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=0", None),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=99", None),
        ("FREQ=MONTHLY;BYDAY=TU", None),
        ("FREQ=WEEKLY;INTERVAL=²", None),
    ],
)
def test_rules_of_calendar_programs(rule: str, every: str | None) -> None:
    assert every_of(rule, date(2026, 3, 3)) == every


@pytest.mark.parametrize(
    ("end", "until"),
    [
        ("UNTIL=20260331T215959Z", "2026-03-31"),
        ("UNTIL=20260331", "2026-03-31"),
        ("UNTIL=20260331T170000", "2026-03-31"),
        ("UNTIL=20260331T150000Z", "2026-03-31"),  # the instant of the last one itself
        ("UNTIL=20260331T140000Z", "2026-03-30"),  # an hour before it: it is left out
        ("COUNT=1", "2026-03-03"),
        ("COUNT=5", "2026-03-31"),
    ],
)
def test_ends_of_calendar_programs(end: str, until: str) -> None:
    said = read_rule(f"FREQ=WEEKLY;{end}", datetime(2026, 3, 3, 17), BERLIN)
    assert said == Said("week", date(2026, 3, 3), date.fromisoformat(until))


def test_a_rule_may_begin_after_the_event_does() -> None:
    assert read_rule("FREQ=WEEKLY;BYDAY=WE", datetime(2026, 3, 3, 17), BERLIN) == Said(
        "week", date(2026, 3, 4), None
    )


def test_an_endless_count_is_no_end() -> None:
    assert read_rule("FREQ=WEEKLY;COUNT=999999999", datetime(2026, 3, 3, 17), BERLIN) == Said(
        "week", date(2026, 3, 3), None
    )


# Slots


def test_the_wall_clock_stays_through_daylight_saving() -> None:
    found = between(cadence(), "2026-03-17", "2026-04-08")
    assert found == [
        "2026-03-17T16:00:00Z",
        "2026-03-24T16:00:00Z",
        "2026-03-31T15:00:00Z",
        "2026-04-07T15:00:00Z",
    ]


def test_a_time_in_the_gap_moves_forward_and_in_the_fold_is_the_first() -> None:
    spring = between(cadence(first="2026-03-22", at="02:30"), "2026-03-22", "2026-04-06")
    assert spring == ["2026-03-22T01:30:00Z", "2026-03-29T01:30:00Z", "2026-04-05T00:30:00Z"]
    autumn = between(cadence(first="2026-10-18", at="02:30"), "2026-10-18", "2026-11-02")
    assert autumn == ["2026-10-18T00:30:00Z", "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"]


def test_the_window_is_half_open() -> None:
    c = cadence()
    assert between(c, "2026-03-03T16:00:00", "2026-03-10T16:00:00") == ["2026-03-03T16:00:00Z"]
    assert between(c, "2026-03-03T16:00:01", "2026-03-10T16:00:01") == ["2026-03-10T16:00:00Z"]
    assert between(c, "2020-01-01", "2026-03-03T16:00:00") == []


def test_until_is_the_last_day_in_local_time() -> None:
    late = cadence(at="23:30", zone="America/New_York", until="2026-03-10")
    assert between(late, "2026-01-01", "2027-01-01") == ["2026-03-04T04:30:00Z", "2026-03-11T03:30:00Z"]


def test_the_fifth_weekday_is_the_last_of_every_month() -> None:
    found = between(cadence("month", "2026-03-31"), "2026-03-01", "2026-07-01")
    assert [slot[:10] for slot in found] == ["2026-03-31", "2026-04-28", "2026-05-26", "2026-06-30"]


def test_far_years() -> None:
    assert between(cadence(first="1900-01-02"), "1900-01-01", "1900-01-10") == [
        "1900-01-02T16:00:00Z",
        "1900-01-09T16:00:00Z",
    ]
    assert between(cadence(first="2100-12-28"), "2100-01-01", "2101-01-01") == ["2100-12-28T16:00:00Z"]
    assert between(cadence(first="9999-12-20"), "0001-01-01", "9999-12-31")[-1] == "9999-12-27T16:00:00Z"


def test_is_slot() -> None:
    c = cadence("2 weeks", until="2026-04-30")
    assert is_slot(c, "2026-03-17T16:00:00Z")
    assert not is_slot(c, "2026-03-10T16:00:00Z")
    assert not is_slot(c, "2026-03-17T16:30:00Z")
    assert not is_slot(c, "2026-05-12T15:00:00Z")


@pytest.mark.parametrize("zone", TEN_ZONES)
@pytest.mark.parametrize("every", EVERY)
def test_five_years_agree_with_an_independent_expander(every: str, zone: str) -> None:
    for at, until in (("17:00", None), ("02:30", None), ("00:15", "2028-06-30")):
        c = cadence(every, "2026-01-31", at, zone, until)
        event = icalendar.Event.new(
            uid="x", start=c.start.replace(tzinfo=ZoneInfo(zone)), stamp=datetime(2026, 1, 1, tzinfo=UTC)
        )
        event.add("RRULE", icalendar.vRecur.from_ical(rrule(c)))
        event.DURATION = timedelta(minutes=45)
        calendar = icalendar.Calendar.new(uid="c", subcomponents=[event])
        found = recurring_ical_events.of(calendar).between(
            datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
        )
        theirs = sorted(one.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for one in found)
        assert between(c, "2026-01-01", "2031-01-01") == theirs
        assert len(theirs) > 25


# Ids


def test_a_check_in_has_one_id_everywhere() -> None:
    slot = "2026-03-03T16:00:00Z"
    assert checkin_id("a", slot) == checkin_id("a", slot)
    assert is_id(checkin_id("a", slot))
    assert len({checkin_id("a", slot), checkin_id("b", slot), checkin_id("a", "2026-03-10T16:00:00Z")}) == 3
    assert checkin_id("a", slot) < checkin_id("a", "2026-03-10T16:00:00Z"), "ids sort by time"
    assert is_id(checkin_id("a", "1900-01-02T16:00:00Z"))


def test_the_id_of_a_check_in_never_changes_between_versions() -> None:
    assert checkin_id("01jdrdla00ejhofosksai3shdc", "2026-03-03T16:00:00Z") == "01jiq6qv00eejagq703ceejsm6"
