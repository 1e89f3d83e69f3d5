"""How often a pair meets: from its fields to a recurrence rule and the instants of single meetings, and back.

Decided here, for every tool alike:

- A pair has a cadence when it is neither paused nor closed and says how often it meets and when first. What
  it leaves blank is 17:00, 45 minutes, in the program's zone.
- Meetings keep their wall-clock time through changes of daylight saving. A time in a spring gap moves forward
  by the gap; in an autumn fold it is the first of the two (as `moments.instant` has it; RFC 5545, 3.3.5).
- "month" is by weekday: first met on the 2nd Tuesday, always then; on a 5th Tuesday, on the last of each.
- `until` is the last day on which they meet, by the local calendar.
- On a day of a **break** they do not meet: the occurrence stays, skipped, so that people can meet all the same.
- A **slot** is where the rule puts an occurrence. It names the occurrence for life, wherever that is moved.

Rules are read and written in `recurrence`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from syncengine.model.ids import derived_id
from syncengine.model.moments import instant, moment
from syncengine.model.recurrence import MONTH, WEEKS, expand, rule_of
from syncengine.model.values import Unreadable, Value

DEFAULT_TIME = time(17)
DEFAULT_MINUTES = 45
_TIME = re.compile(
    r"(\d{1,2})(?:\s*[:.h]\s*([0-5]\d)(?::00)?)?\s*(?:(a|p)\.?\s?m\.?|(h|uhr|o'clock))?", re.IGNORECASE
)


class Cadence(NamedTuple):
    """A series of meetings, fully said: nothing is left to a default."""

    every: str
    """One of `kinds.EVERY`."""
    first: date
    time: time
    zone: str
    """An IANA name that is known here."""
    minutes: int
    until: date | None = None

    @property
    def start(self) -> datetime:
        """The naive wall-clock time of the first meeting."""
        return datetime.combine(self.first, self.time)


class Break(NamedTuple):
    """Days on which nobody meets: holidays, the weeks between two terms. Both ends are in it."""

    first: date
    last: date

    def has(self, slot: str, zone: str) -> bool:
        """Whether the local day of a slot, in the pair's zone, is in it."""
        return self.first <= moment(slot).astimezone(ZoneInfo(zone)).date() <= self.last


def read_break(text: str) -> Break:
    """The days that "2026-12-21 to 2027-01-03" or "2026-05-01" mean; raises `ValueError` with what to write instead."""
    parts = re.split(r"\s+to\s+|\s*(?:\.\.|–)\s*", text.strip())
    how = f"{text!r} is not a break; write one day, like 2026-05-01, or two, like 2026-12-21 to 2027-01-03"
    try:
        days = [date.fromisoformat(part) for part in parts]
    except ValueError:
        raise ValueError(how) from None
    if len(days) > 2:
        raise ValueError(how)
    if days[-1] < days[0]:
        raise ValueError(f"{text!r} ends before it begins")
    return Break(days[0], days[-1])


def cadence_of(fields: Mapping[str, Value], zone: str) -> Cadence | Unreadable | None:
    """The cadence that a pair's fields describe, `None` without one, or why it cannot be told.

    `zone` is the program's. An `Unreadable` names what the person wrote and what to write instead.
    """
    every, first = fields.get("every"), fields.get("first_meeting")
    if not every or not first or fields.get("status") in ("paused", "closed"):
        return None
    if every not in WEEKS and every != MONTH:
        return Unreadable(
            str(every), "is not a rhythm that is known", f"Choose one of: {', '.join((*WEEKS, MONTH))}."
        )
    at, where = read_time(fields.get("time")), read_zone(fields.get("zone") or zone)
    if isinstance(at, Unreadable):
        return at
    if isinstance(where, Unreadable):
        return where
    day, until = date.fromisoformat(str(first)), fields.get("until")
    last = date.fromisoformat(str(until)) if until else None
    if last is not None and last < day:
        return Unreadable(
            str(until),
            f"is before the first meeting on {day}",
            "Write a later last day, or an earlier first one.",
        )
    minutes = fields.get("minutes")
    length = max(1, round(minutes)) if isinstance(minutes, int | float) else DEFAULT_MINUTES
    return Cadence(str(every), day, at, where, length, last)


def read_time(text: Value) -> time | Unreadable:
    """The time of day that people mean by "17:00", "17.30", "5 pm", "17h"; `DEFAULT_TIME` for blank.

    A bare hour is not guessed at: "5" may be morning or evening.
    """
    if text is None or not str(text).strip():
        return DEFAULT_TIME
    found = _TIME.fullmatch(str(text).strip())
    wrong = Unreadable(str(text), "is not a time of day", "Write it like 17:00 or 5 pm.")
    if not found or not (found[2] or found[3] or found[4] or re.search("h", str(text), re.IGNORECASE)):
        return wrong
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return wrong
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 else wrong


def read_zone(text: Value) -> str | Unreadable:
    """The IANA name that `text` means; capitals and blanks for underscores do not count."""
    name = str(text or "").strip()
    if known_zone(name):
        return name
    folded = name.replace(" ", "_").casefold()
    city = []
    for known in sorted(available_timezones()):  # slow, and only for a name that is wrong
        if known.casefold() == folded:
            return known
        if known.casefold().rpartition("/")[2] == folded:
            city.append(known)
    hint = city[0] if city else "Europe/Berlin"
    return Unreadable(name, "is not a time zone", f"Write it as region and city, like {hint}.")


def known_zone(name: str) -> bool:
    """Whether `name` is exactly an IANA zone that this machine knows."""
    try:
        return bool(ZoneInfo(name).key)
    except (LookupError, ValueError, OSError):  # OSError: the name of a folder, like "Europe"
        return False


def rrule(cadence: Cadence) -> str:
    """The RFC 5545 rule of the series, for a start of `cadence.start`: `FREQ=WEEKLY;INTERVAL=2;UNTIL=…Z`.

    UNTIL is the last second of the last day, in UTC as timed events need it (gcal.md, 5).
    """
    rule = rule_of(cadence.every, cadence.first)
    if cadence.until is None:
        return rule
    end = instant(datetime.combine(cadence.until, time(23, 59, 59)), ZoneInfo(cadence.zone))
    return f"{rule};UNTIL={re.sub('[-:]', '', end)}"


def slots(cadence: Cadence, after: datetime, before: datetime) -> list[str]:
    """The canonical instants of the series' occurrences in [`after`, `before`), both aware, in order."""
    zone, day = ZoneInfo(cadence.zone), timedelta(days=1)
    begin, end = _naive(after), _naive(before)
    from_local = begin - day if begin.year > 1 else begin
    to_local = end + day if end.year < 9999 else end
    last = min(to_local, datetime.combine(cadence.until or date.max, time.max))
    found = []
    for local in expand(rule_of(cadence.every, cadence.first), cadence.start, from_local):
        if local > last:
            break
        slot = instant(local, zone)
        if begin <= _naive(moment(slot)) < end:
            found.append(slot)
    return found


def _naive(aware: datetime) -> datetime:
    return aware.astimezone(UTC).replace(tzinfo=None)


def is_slot(cadence: Cadence, slot: str) -> bool:
    """Whether the series has an occurrence at exactly that instant."""
    at = moment(slot)
    return slots(cadence, at, at + timedelta(seconds=1)) == [slot]


def checkin_id(pair_id: str, slot: str) -> str:
    """The record id of a pair's check-in at a slot: the same in every run, machine and tool."""
    return derived_id(moment(slot), "checkin", pair_id, slot)
