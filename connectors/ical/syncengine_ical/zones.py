"""VTIMEZONE: every TZID that a file uses is explained in it, for programs without a database of zones.

Ours cover the series with a year before and, for one without an end, 25 years after its start, and say so in a
comment (dateutil refuses a VTIMEZONE with any X- property). A program's own are left alone.

They are made here, not by icalendar: its `Timezone.from_tzid` (7.3.0) gives changes forward an hour late, and
passes over a period of five weeks (Morocco's Ramadan of 2027).
"""

from __future__ import annotations

import re
from datetime import date

from syncengine.model.vtimezone import observances
from syncengine_ical.document import Component, new_component

_SPAN = re.compile(r"mentorsync, (\d{1,4})-(\d{1,4})")
_OPEN_ENDED = 25


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
        new_component(name, texts, calendar.ending) for name, texts in observances(zone, begin, end)
    )
    at = (n for n, entry in enumerate(calendar.entries) if isinstance(entry, Component))
    calendar.entries.insert(next(at, len(calendar.entries)), made)
