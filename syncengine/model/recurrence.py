"""Recurrence rules (RFC 5545) in a pair's own words: weekly, every n weeks, monthly by weekday; and back.

The recurrence itself is python-dateutil's, in naive local time; it is loaded when first needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

MONTH = "month"
WEEKS = {"week": 1, "2 weeks": 2, "3 weeks": 3, "4 weeks": 4}

_EVERY = {weeks: every for every, weeks in WEEKS.items()}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"(\+?[1-4]|-1)?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?")
_LONGEST_COUNT = 5_300  # a hundred years of weeks; a longer COUNT is as good as none


class Said(NamedTuple):
    """What a recurrence rule says in a pair's own words."""

    every: str
    first: date
    """The day of the first occurrence, which may be after the event's own start."""
    until: date | None


def rule_of(every: str, first: date) -> str:
    """The rule without an end for one of `EVERY`, first met on `first`."""
    if every == MONTH:
        place, day = _position(first)
        return f"FREQ=MONTHLY;BYDAY={place}{day}"
    weeks = WEEKS[every]
    return "FREQ=WEEKLY" if weeks == 1 else f"FREQ=WEEKLY;INTERVAL={weeks}"


def _position(day: date) -> tuple[int, str]:
    """Which weekday of its month a day is: (2, "TU"); the fifth is the last, so that every month has one."""
    place = (day.day - 1) // 7 + 1
    return (-1 if place == 5 else place), _DAYS[day.weekday()]


def every_of(rule: str, first: date) -> str | None:
    """How often a series starting on `first` meets by its rule; `None` when `kinds.EVERY` cannot say it."""
    said = read_rule(rule, datetime.combine(first, time()), ZoneInfo("UTC"))
    return said.every if said is not None and said.first == first else None


def read_rule(rule: str, start: datetime, zone: ZoneInfo) -> Said | None:
    """What an RRULE says, in a pair's words, about a series whose event starts at `start` (naive, in `zone`).

    COUNT is told as the day of the last one. `None` for what a pair cannot say: two days a week, yearly.
    """
    parts = dict(part.upper().partition("=")[::2] for part in rule.strip().strip(";").split(";"))
    every = _every(parts)
    if every is None or not parts.keys() <= {
        "FREQ",
        "INTERVAL",
        "BYDAY",
        "BYSETPOS",
        "WKST",
        "UNTIL",
        "COUNT",
    }:
        return None
    core = ";".join(f"{key}={value}" for key, value in parts.items() if key not in ("UNTIL", "COUNT"))
    try:
        first = next(expand(core, start), None)
        until = _last_day(parts, core, start, zone)
    except (ValueError, OverflowError):  # OverflowError: before the first or after the last day there is
        return None
    if first is None or (every == MONTH and parts["BYDAY"] not in _same_monthly(first.date(), parts)):
        return None
    return Said(every, first.date(), until)


def _every(parts: Mapping[str, str]) -> str | None:
    freq, days = parts.get("FREQ"), _BYDAY.fullmatch(parts.get("BYDAY", ""))
    interval = int(parts.get("INTERVAL", "1")) if parts.get("INTERVAL", "1").isdecimal() else 0
    if freq == "MONTHLY" and interval == 1 and days:
        return MONTH
    if "BYSETPOS" in parts or ("BYDAY" in parts and (not days or days[1])):
        return None
    if freq == "DAILY" and interval % 7 == 0 and "BYDAY" not in parts:
        return _EVERY.get(interval // 7)
    return _EVERY.get(interval) if freq == "WEEKLY" else None


def _same_monthly(first: date, parts: Mapping[str, str]) -> tuple[str, ...]:
    place, day = _position(first)
    if "BYSETPOS" in parts:
        return (day,) if parts["BYSETPOS"].lstrip("+") == str(place) else ()
    return (f"{place}{day}", f"+{place}{day}")


def _last_day(parts: Mapping[str, str], core: str, start: datetime, zone: ZoneInfo) -> date | None:
    if "COUNT" in parts:
        count = int(parts["COUNT"])
        return None if count > _LONGEST_COUNT else max(islice(expand(core, start), max(1, count))).date()
    if "UNTIL" not in parts:
        return None
    found = _UNTIL.fullmatch(parts["UNTIL"])
    if not found:
        raise ValueError(parts["UNTIL"])
    if not found[2]:
        return date.fromisoformat(found[1])
    end = datetime.fromisoformat(f"{found[1]}T{found[2]}")
    if found[3]:
        end = end.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    # An end before that day's meeting leaves that meeting out.
    return end.date() if end.time() >= start.time() else end.date() - timedelta(days=1)


def expand(rule: str, start: datetime, after: datetime | None = None) -> Iterator[datetime]:
    """The naive occurrences of a rule that starts at `start`, in order, perhaps without end; from `after` on, if given."""
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped] # ships no types; loaded when needed

    series = rrulestr(rule, dtstart=start)
    found: Iterator[datetime] = iter(series) if after is None else series.xafter(after, inc=True)
    return found
