"""Dates in three conventions and times of day over every kind of clock change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncengine.model.fieldtypes import Date, Instant
from syncengine.model.moments import instant, moment, show_instant, wall_clock
from syncengine.model.values import Locale, Unreadable

ASKS, DAY_FIRST, MONTH_FIRST = Locale(), Locale(day_first=True), Locale(day_first=False)
ALL = (ASKS, DAY_FIRST, MONTH_FIRST)
BERLIN = Locale(ZoneInfo("Europe/Berlin"))
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe",
     "Africa/Casablanca", "Pacific/Apia", "Africa/Monrovia", "Europe/Dublin"]
).map(ZoneInfo)  # fmt: skip


@given(st.dates())
@example(date(1, 1, 1))
@example(date(9999, 12, 31))
def test_a_day_in_every_form_that_can_only_mean_one(day: date) -> None:
    iso = day.isoformat()
    forms = [iso, f" {iso} ", f"{day.year:04}/{day.month}/{day.day}", f"{day.year:04}-{day.month}-{day.day}",
             f"{day.day}.{day.month}.{day.year:04}", f"{day.day} . {day.month} . {day.year:04}",
             f"{iso}T00:00:00", f"{iso} 00:00"]  # fmt: skip
    if day.year >= 1000:
        forms += [
            day.strftime("%d %B %Y"),
            day.strftime("%B %d, %Y"),
            day.strftime("%b. %d, %Y"),
            day.strftime("%d. %b %Y"),
        ]
    for locale in ALL:
        assert {Date().read(form, locale) for form in forms} == {iso}
        assert Date().read(day, locale) == iso
        assert Date().read(datetime(day.year, day.month, day.day, 23, 59), locale) == iso


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from("/-"))
def test_a_day_with_slashes_is_read_by_the_programs_convention(day: date, mark: str) -> None:
    day_first, month_first = (
        f"{day.day}{mark}{day.month}{mark}{day.year}",
        f"{day.month}{mark}{day.day}{mark}{day.year}",
    )
    assert Date().read(day_first, DAY_FIRST) == day.isoformat()
    assert Date().read(month_first, MONTH_FIRST) == day.isoformat()
    for written in (day_first, month_first):
        asked = Date().read(written, ASKS)
        if day.day > 12 or day.day == day.month:
            assert asked == day.isoformat()
        else:
            assert isinstance(asked, Unreadable)
            assert asked.reason == "could be two different dates"
            assert "2026-03-01" in asked.remedy


@pytest.mark.parametrize(
    "text",
    ["31.2.2026", "2026-02-30", "2026-13-01", "0.1.2026", "29.2.2025", "31/4/2026", "February 30, 2026"],
)
def test_days_that_no_calendar_has(text: str) -> None:
    read = Date().read(text, DAY_FIRST)
    assert isinstance(read, Unreadable)
    assert (read.text, read.reason) == (text, "is not a day of the calendar")


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "tomorrow",
        "2026",
        "March 2026",
        "3.4.123",
        "T00:00",
        "1.2",
        "2026-03",
        "20260301",
        "Q1/2026",
        "2026-03-01 17:00",
        7,
        7.5,
    ],
)
def test_what_is_no_date(text: object) -> None:
    read = Date().read(text, DAY_FIRST)
    assert isinstance(read, Unreadable)
    assert read.reason == "is not a date"


@pytest.mark.parametrize(
    ("text", "means"), [("3.4.26", "2026-04-03"), ("13/4/26", "2026-04-13"), ("29.2.24", "2024-02-29")]
)
def test_short_years_are_of_this_century(text: str, means: str) -> None:
    assert Date().read(text, ASKS) == means


@pytest.mark.parametrize("locale", ALL)
def test_a_short_year_between_hyphens_is_asked_about(locale: Locale) -> None:
    """26-03-01 is in March to a Swede, and in 2001 to others."""
    assert isinstance(Date().read("26-03-01", locale), Unreadable)


@given(st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1)), ZONES)
@example(datetime(2026, 10, 25, 0, 30), ZoneInfo("Europe/Berlin"))
@example(datetime(2026, 10, 25, 1, 30), ZoneInfo("Europe/Berlin"))
@example(datetime(1893, 3, 31, 23, 6, 32), ZoneInfo("Europe/Berlin"))
@example(datetime(1972, 1, 7, 0, 44, 30), ZoneInfo("Africa/Monrovia"))
@example(datetime(1919, 4, 16, 2, 0, 30), ZoneInfo("America/New_York"))
def test_every_second_is_shown_so_that_it_is_read_back(at: datetime, zone: ZoneInfo) -> None:
    value = instant(at.replace(tzinfo=UTC), zone)
    assert moment(value) == at.replace(microsecond=0, tzinfo=UTC)
    locale = Locale(zone)
    assert Instant().read(show_instant(value, zone), locale) == value
    assert Instant().read(value, locale) == value
    assert Instant().read(moment(value).astimezone(zone), locale) == value


@given(st.sampled_from([datetime(1, 1, 1), datetime(1, 1, 1, 12), datetime(9999, 12, 31, 23, 59, 59)]), ZONES)
def test_the_ends_of_the_calendar(at: datetime, zone: ZoneInfo) -> None:
    value = instant(at.replace(tzinfo=UTC), zone)
    assert value == at.isoformat() + "Z"
    assert Instant().read(show_instant(value, zone), Locale(zone)) == value
    assert isinstance(wall_clock(value, zone), datetime)
    assert isinstance(Instant().read(at, Locale(zone)), str)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), ZONES)
def test_a_wall_clock_time_is_the_one_that_people_see(local: datetime, zone: ZoneInfo) -> None:
    local = local.replace(microsecond=0)
    value = instant(local, zone)
    seen = wall_clock(value, zone)
    assert seen == local or seen - local == _gap(local, zone), (
        "what a spring gap has not got moves forward by the gap"
    )
    later = instant(local.replace(fold=1), zone)
    if seen == local:
        assert moment(value) <= moment(later), "of two equal times in an autumn fold it is the first"


def _gap(local: datetime, zone: ZoneInfo) -> timedelta:
    before = (local - timedelta(days=1)).replace(tzinfo=zone).utcoffset()
    after = (local + timedelta(days=1)).replace(tzinfo=zone).utcoffset()
    assert before is not None
    assert after is not None
    return after - before


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-03-29 02:30", "2026-03-29T01:30:00Z"),  # the gap: 03:30 in summer time
        ("2026-03-29 01:59", "2026-03-29T00:59:00Z"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00Z"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),  # the fold: the first
        ("2026-10-25 02:30+01:00", "2026-10-25T01:30:00Z"),  # and the second, as it is shown
        ("2026-10-25 03:00", "2026-10-25T02:00:00Z"),
        ("3.4.2026 at 17:05", "2026-04-03T15:05:00Z"),
        ("April 3, 2026 17:05", "2026-04-03T15:05:00Z"),
        ("2026-04-03T17:05:09.123456Z", "2026-04-03T17:05:09Z"),
        ("2026-04-03 17:05 UTC", "2026-04-03T17:05:00Z"),
        ("2026-04-03T17:05:00+0530", "2026-04-03T11:35:00Z"),
    ],
)
def test_times_in_berlin(text: str, means: str) -> None:
    assert Instant().read(text, BERLIN) == means


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-01", "has no time of day"),
        ("2026-03-01 25:00", "is not a time of day"),
        ("2026-03-01 17:60", "is not a time of day"),
        ("2026-02-30 17:00", "is not a day of the calendar"),
        ("3/4/2026 17:00", "could be two different dates"),
        ("17:00", "is not a date and time"),
        ("T17:00", "has no date"),
        ("soon", "is not a date and time"),
        ("2026-03-01 5:00 pm", "is not a date and time"),
        ("2026-03-01 17:00+99:00", "is not a time of day"),
    ],
)
def test_what_is_no_moment_says_why(text: str, reason: str) -> None:
    read = Instant().read(text, BERLIN)
    assert isinstance(read, Unreadable)
    assert read.reason == reason
    assert "2026-03-01 17:00" in read.remedy


def test_datetimes_from_a_tool_with_and_without_a_zone() -> None:
    assert Instant().read(datetime(2026, 7, 1, 17), BERLIN) == "2026-07-01T15:00:00Z"
    assert (
        Instant().read(datetime(2026, 7, 1, 17, tzinfo=timezone(timedelta(hours=-5))), BERLIN)
        == "2026-07-01T22:00:00Z"
    )
    assert Instant().read(date(2026, 7, 1), BERLIN) == "2026-06-30T22:00:00Z"
