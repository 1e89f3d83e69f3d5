"""VTIMEZONE: every TZID that a file uses is explained in it, for programs without a database of zones.

Ours cover the series with a year before and, for one without an end, 25 years after its start. A program's
own, which lack `X-MENTORSYNC-SPAN`, are left alone.
"""

from __future__ import annotations

from datetime import date

from syncengine_ical import library
from syncengine_ical.document import Component, parse

_SPAN = "X-MENTORSYNC-SPAN"
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
        since, _, to = present.value(_SPAN).partition("-")
        if not (since.isdecimal() and to.isdecimal()) or (int(since) <= begin and int(to) >= end):
            return
        begin, end = min(begin, int(since)), max(end, int(to))
        calendar.entries.remove(present)
        break
    made = parse(library.vtimezone(zone, begin, end, _SPAN).replace(b"\r\n", calendar.ending)).calendars[0]
    at = (n for n, entry in enumerate(calendar.entries) if isinstance(entry, Component))
    calendar.entries.insert(next(at, len(calendar.entries)), made.components("VTIMEZONE")[0])
