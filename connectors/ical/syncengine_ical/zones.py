"""VTIMEZONE: every TZID that a file uses is explained in it, for programs without a database of zones.

Ours are built by the icalendar library and cover the series with a year before and, for one without an end,
25 years after its start; `X-MENTORSYNC-SPAN` tells ours from a program's own, which are left alone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from syncengine_ical.document import Component, parse

if TYPE_CHECKING:
    import icalendar

_OPEN_ENDED = 25


def explain(calendar: Component, zone: str, first: date, until: date | None) -> None:
    """See to it that `calendar` has a VTIMEZONE for `zone` that reaches from before `first` to after `until`."""
    if zone == "UTC":
        return
    begin = max(first.year - 1, 1)
    end = min(until.year + 1 if until else first.year + _OPEN_ENDED, 9998)
    for present in calendar.components("VTIMEZONE"):
        if present.value("TZID") != zone:
            continue
        since, _, to = present.value("X-MENTORSYNC-SPAN").partition("-")
        if not (since.isdigit() and to.isdigit()) or (int(since) <= begin and int(to) >= end):
            return
        begin, end = min(begin, int(since)), max(end, int(to))
        calendar.entries.remove(present)
        break
    made = parse(_built(zone, begin, end).replace(b"\r\n", calendar.ending)).calendars[0]
    at = (n for n, entry in enumerate(calendar.entries) if isinstance(entry, Component))
    calendar.entries.insert(next(at, len(calendar.entries)), made.components("VTIMEZONE")[0])


@lru_cache(maxsize=64)
def _built(zone: str, begin: int, end: int) -> bytes:
    from icalendar import Calendar, Timezone

    made = Timezone.from_tzid(zone, first_date=date(begin, 1, 1), last_date=date(end, 1, 1))
    for observance in made.subcomponents:
        _mend(observance, ZoneInfo(zone))
    made.add("X-MENTORSYNC-SPAN", f"{begin}-{end}")
    calendar = Calendar()
    calendar.add_component(made)
    built: bytes = calendar.to_ical(sorted=False)
    return built


def _mend(observance: icalendar.Component, zone: ZoneInfo) -> None:
    """Give the onsets in the local time before the change, as RFC 5545 (3.6.5) has them.

    icalendar 7.3.0 gives the local time after a change forward: one hour too late.
    """
    before, after = observance["TZOFFSETFROM"].td, observance["TZOFFSETTO"].td

    def onset(told: datetime) -> datetime:
        for local in (told, told - (after - before)):
            at = (local - before).replace(tzinfo=UTC)
            offsets = [(at + timedelta(seconds=s)).astimezone(zone).utcoffset() for s in (-1, 0)]
            if offsets == [before, after]:
                return local
        return told

    if before != after:
        observance["DTSTART"].dt = onset(observance["DTSTART"].dt)
        for value in observance["RDATE"].dts if "RDATE" in observance else ():
            value.dt = onset(value.dt)
