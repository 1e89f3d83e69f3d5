"""What of a file is ours: each pair's series, its moved and skipped meetings, and meetings outside the series.

How it is found in a file is in `recognition.py`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncengine.model.cadence import Cadence, slots
from syncengine.model.moments import moment
from syncengine.model.recurrence import Said
from syncengine_ical import library
from syncengine_ical.document import Component, Line
from syncengine_ical.times import BadLine, When, Zones, minutes_between, read_when

ID, KIND, PAIR, SLOT, REMOVED, ENDED, FOLLOWS, UID = (
    f"X-MENTORSYNC-{name}" for name in ("ID", "KIND", "PAIR", "SLOT", "REMOVED", "ENDED", "FOLLOWS", "UID")
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Series:
    """A pair's part of a file."""

    pair: str
    calendar: Component
    default: ZoneInfo
    zones: Zones
    master: Component | None = None
    start: When | None = None
    minutes: float | None = None
    rule: str | None = None
    said: Said | None = None
    exceptions: dict[str, Component] = field(default_factory=dict)
    """By slot."""
    skipped: dict[str, Line] = field(default_factory=dict)
    """Slots that an EXDATE takes out, with its line."""
    own: dict[str, Component] = field(default_factory=dict)
    """Check-ins with an event of their own, by id."""
    unread: set[str] = field(default_factory=set)
    """Slots and ids of meetings that cannot be read now."""
    doubtful: bool = False
    """Whether a meeting cannot be read and nobody knows which: then none is taken to be back in its slot."""

    @property
    def cancelled(self) -> bool:
        """Whether the series as a whole does not take place."""
        return self.master is None or is_cancelled(self.master)

    @property
    def removed(self) -> bool:
        """Whether the series was deleted by us, and is cancelled still."""
        return self.master is not None and is_removed(self.master)

    @property
    def zone(self) -> str:
        """The IANA name in which its times are written."""
        return self.start.zone if self.start and self.start.zone else self.default.key

    @property
    def cadence(self) -> Cadence | None:
        """The series in a pair's words, where there are words for it."""
        if self.start is None or self.said is None or self.start.whole_day:
            return None
        zone = self.start.zone or (self.default.key if self.start.tz is self.default else None)
        if zone is None:
            return None
        return Cadence(
            self.said.every,
            self.said.first,
            self.start.local.time(),
            zone,
            round(self.minutes or 0),
            self.said.until,
        )

    def occurs(self, slot: str) -> bool:
        """Whether the series has an occurrence there."""
        return slot in self.occurring([slot])

    def occurring(self, at: Collection[str]) -> set[str]:
        """Those slots at which the series has an occurrence; where its rule has no words, all are believed."""
        if self.master is None or not at:
            return set()
        cadence = self.cadence
        if cadence is None:
            return set(at)
        first, last = moment(min(at)), moment(max(at))
        end = last + timedelta(seconds=1) if last.year < 9999 else last
        return set(slots(cadence, first, end)).intersection(at)


def is_cancelled(event: Component) -> bool:
    """Whether the event says that it does not take place."""
    return event.value("STATUS").upper() == "CANCELLED"


def is_removed(event: Component) -> bool:
    """Whether the event stands for a deleted record, and nobody brought it back."""
    return is_cancelled(event) and event.first(REMOVED) is not None


def times(series: Series, event: Component) -> tuple[When, float | None]:
    """When an event starts and how many minutes it takes (`None`: it does not say); raises `BadLine`."""
    line = event.first("DTSTART")
    if line is None:
        raise BadLine(
            event.begin, "the meeting has no start", "Give it a date and a time in a calendar program."
        )
    start = read_when(line, series.zones, series.default)
    ends, lasts = event.first("DTEND"), event.first("DURATION")
    if ends is not None:
        return start, minutes_between(start, read_when(ends, series.zones, series.default))
    if lasts is not None:
        length = library.read_value(lasts.value)
        if not isinstance(length, timedelta):
            raise BadLine(lasts, "DURATION is not a length of time", "Write it like PT45M.")
        seconds = length.total_seconds()
        return start, int(seconds // 60) if seconds % 60 == 0 else seconds / 60
    return start, None


def sequence(event: Component) -> int:
    """The revision number; 0 for none."""
    text = event.value("SEQUENCE")
    return int(text) if text.isascii() and text.isdigit() else 0


def noted_slot(event: Component) -> str | None:
    """The slot that an event of its own came from, if any."""
    text = event.value(SLOT)
    if not _INSTANT.fullmatch(text):
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text
