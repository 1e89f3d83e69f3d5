"""Five years of a weekly series over daylight saving in ten zones: the slots are those of an independent expander.

`recurring-ical-events` expands the event as an iCalendar program would; the stand-in's own expansion is a third opinion.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from syncengine.model.cadence import Cadence, rrule, slots
from syncengine.model.moments import instant
from syncengine_gcal.sandbox import times
from syncengine_gcal.series import Segment
from syncengine_gcal.writing import span

ZONES = (
    "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "America/Santiago", "Australia/Sydney",
    "Australia/Lord_Howe", "Pacific/Auckland", "Africa/Casablanca", "Asia/Kolkata",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("every", "at"), [("week", time(17)), ("2 weeks", time(8, 30)), ("month", time(23, 15))]
)
def test_five_years(zone: str, every: str, at: time) -> None:
    cadence = Cadence(every, date(2026, 1, 6), at, zone, 45, date(2030, 12, 31))
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2031, 1, 10, tzinfo=UTC)
    ours = slots(cadence, begin, end)
    assert len(ours) >= 59

    body = {"id": "x", "recurrence": [f"RRULE:{rrule(cadence)}"], **span(ours[0], 45, zone)}
    google = [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in times.occurrences(body, end)]
    assert google == ours

    event = icalendar.Event()
    event.add("uid", "x")
    event.add("dtstart", datetime.combine(cadence.first, at, ZoneInfo(zone)))
    event.add("dtend", datetime.combine(cadence.first, at, ZoneInfo(zone)) + timedelta(minutes=45))
    event.add("rrule", icalendar.vRecur.from_ical(rrule(cadence)))
    calendar = icalendar.Calendar()
    calendar.add_component(event)
    found = recurring_ical_events.of(calendar).between(begin, end)
    assert sorted(instant(one["DTSTART"].dt, ZoneInfo(zone)) for one in found) == ours

    segment = Segment(body)
    assert segment.cadence == cadence
    assert all(segment.occurs(slot) for slot in ours[::7])
    assert not segment.occurs(ours[0].replace(":00Z", ":01Z"))
