"""VTIMEZONE: every TZID that a file uses is explained in it, for programs without a database of zones.

Ours cover the series with a year before and, for one without an end, 25 years after its start, and say so in a
comment (dateutil refuses a VTIMEZONE with any X- property). A program's own are left alone.

They are made here, not by icalendar: its `Timezone.from_tzid` (7.3.0) gives changes forward an hour late, and
passes over a period of five weeks (Morocco's Ramadan of 2027).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncengine_ical.document import Component, new_component

_SPAN = re.compile(r"mentorsync, (\d{1,4})-(\d{1,4})")
_OPEN_ENDED = 25


class _State(NamedTuple):
    """What holds in a zone for a while."""

    offset: timedelta
    name: str
    standard: bool


def explain(calendar: Component, zone: str, first: date, until: date | None) -> None:
    """See to it that `calendar` has a VTIMEZONE for `zone` that reaches from before `first` to after `until`."""
    if zone == "UTC":
        return
    begin = max(first.year - 1, 2)
    end = min(until.year + 1 if until else first.year + _OPEN_ENDED, 9998)
    for present in calendar.components("VTIMEZONE"):
        if present.value("TZID") != zone:
            continue
        comment = present.first("COMMENT")
        span = _SPAN.fullmatch(comment.words) if comment else None
        if span is None or (int(span[1]) <= begin and int(span[2]) >= end):
            return
        begin, end = min(begin, int(span[1])), max(end, int(span[2]))
        calendar.entries.remove(present)
        break
    made = new_component(
        "VTIMEZONE", [f"TZID:{zone}", rf"COMMENT:mentorsync\, {begin}-{end}"], calendar.ending
    )
    made.entries.extend(
        new_component(name, texts, calendar.ending) for name, texts in _observances(zone, begin, end)
    )
    at = (n for n, entry in enumerate(calendar.entries) if isinstance(entry, Component))
    calendar.entries.insert(next(at, len(calendar.entries)), made)


@lru_cache(maxsize=64)
def _observances(zone: str, begin: int, end: int) -> list[tuple[str, list[str]]]:
    """The zone's states as STANDARD and DAYLIGHT, each with its onsets in the local time before the change."""
    onsets: dict[tuple[timedelta, _State], list[str]] = {}
    for local, before, state in _changes(
        ZoneInfo(zone), datetime(begin, 1, 1, tzinfo=UTC), datetime(end, 1, 1, tzinfo=UTC)
    ):
        onsets.setdefault((before, state), []).append(f"{local.year:04}{local:%m%dT%H%M%S}")
    return [
        (
            "STANDARD" if state.standard else "DAYLIGHT",
            [
                f"TZOFFSETFROM:{_offset(before)}", f"TZOFFSETTO:{_offset(state.offset)}", f"TZNAME:{state.name}",
                f"DTSTART:{first}", *([f"RDATE:{','.join(rest)}"] if rest else []),
            ],
        )
        for (before, state), (first, *rest) in onsets.items()
    ]  # fmt: skip


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta, _State]]:
    """Every change between two UTC instants as (local time before it, offset before it, state from then on)."""
    state = _state(begin, zone)
    yield (begin + state.offset).replace(tzinfo=None), state.offset, state
    at, day = begin, timedelta(days=1)
    while at < end:
        if _state(at + day, zone) != state:
            low, high = at, at + day
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if _state(middle, zone) == state else (low, middle)
            before, state = state.offset, _state(high, zone)
            yield (high + before).replace(tzinfo=None), before, state
        at += day


def _state(at: datetime, zone: ZoneInfo) -> _State:
    local = at.astimezone(zone)
    return _State(local.utcoffset() or timedelta(), local.tzname() or "", not local.dst())


def _offset(offset: timedelta) -> str:
    seconds = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}{seconds // 60 % 60:02}"
    return f"{text}{seconds % 60:02}" if seconds % 60 else text
