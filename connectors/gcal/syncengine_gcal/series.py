"""A pair's series as Calendar holds it: one master, or several where people changed "this and following"; pure.

A slot is where a master's rule puts an occurrence, as a canonical instant; an exception is named by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from syncengine.model.cadence import Cadence, known_zone, slots
from syncengine.model.moments import instant, moment, wall_clock
from syncengine.model.recurrence import Said, read_rule
from syncengine_gcal.marks import MARK, PAUSED, Event, properties


def starts(event: Event) -> str:
    """When an event starts, as a canonical instant (midnight UTC of a whole day)."""
    return _instant(event["start"])


def minutes(event: Event) -> int | float:
    """How long an event takes, whole where it is."""
    seconds = (moment(_instant(event["end"])) - moment(_instant(event["start"]))).total_seconds()
    return int(seconds // 60) if seconds % 60 == 0 else seconds / 60


def _instant(when: dict[str, str]) -> str:
    if "dateTime" in when:
        return instant(datetime.fromisoformat(when["dateTime"].replace("Z", "+00:00")), ZoneInfo("UTC"))
    return f"{when['date']}T00:00:00Z"


def slot_of(event: Event) -> str:
    """The slot that an exception replaces."""
    return _instant(event["originalStartTime"])


def cancelled(event: Event) -> bool:
    """Whether the event says that it does not take place."""
    return bool(event.get("status") == "cancelled")


def carried(event: Event, before: Event | None) -> Event:
    """A cancelled occurrence comes bare (gcal.md, 5): when it would have been is known from before."""
    if before is None or not cancelled(event) or "start" in event:
        return event
    return {**event, **{name: before[name] for name in ("start", "end") if name in before}}


@dataclass
class Segment:
    """One master and its exceptions."""

    master: Event
    exceptions: dict[str, Event] = field(default_factory=dict)
    """By slot."""

    @property
    def id(self) -> str:
        return str(self.master["id"])

    @property
    def whole_day(self) -> bool:
        return "date" in self.master["start"]

    @property
    def zone(self) -> str:
        """The IANA name; UTC for one that this machine does not know."""
        name = str(self.master["start"].get("timeZone", "UTC"))
        return name if known_zone(name) else "UTC"

    @property
    def start(self) -> datetime:
        """Naive, in its zone."""
        return wall_clock(starts(self.master), ZoneInfo(self.zone))

    @property
    def rule(self) -> str | None:
        """What it says about repeating, whole where there is more than one rule."""
        lines = [line for line in self.master.get("recurrence", ()) if not line.startswith("EXDATE")]
        if len(lines) == 1 and lines[0].startswith("RRULE:"):
            return str(lines[0][6:])
        return " ".join(lines) or None

    @property
    def said(self) -> Said | None:
        """The rule in a pair's words, where there are words for it."""
        rule = self.rule
        return read_rule(rule, self.start, ZoneInfo(self.zone)) if rule and "RULE" not in rule else None

    @property
    def cadence(self) -> Cadence | None:
        """The master as a cadence; `None` where there is no word for it."""
        said = self.said
        if said is None or self.whole_day:
            return None
        return Cadence(
            said.every, said.first, self.start.time(), self.zone, round(minutes(self.master)), said.until
        )

    @property
    def left_out(self) -> dict[str, str]:
        """Slots that an EXDATE takes out, with the line: those are ours (Calendar's page makes exceptions instead)."""
        found = {}
        for line in self.master.get("recurrence", ()):
            if line.startswith("EXDATE"):
                head, _, values = line.partition(":")
                found.update({_exdate(head, value, self.zone): line for value in values.split(",")})
        return found

    def occurs(self, slot: str) -> bool:
        """Whether there is an occurrence at that slot; where its rule has no words, every slot is believed."""
        if slot in self.left_out:
            return False
        cadence = self.cadence
        at = moment(slot)
        return cadence is None or slots(cadence, at, at + timedelta(seconds=1)) == [slot]

    @property
    def empty(self) -> bool:
        """Whether it ends before it begins."""
        return self.ends is not None and self.ends <= starts(self.master)

    @property
    def ends(self) -> str | None:
        """The first instant after its last local day; `None`: it is open."""
        found = re.search(r"UNTIL=(\d{8})(T\d{6}Z)?", self.rule or "")
        if not found:
            return None
        if found[2]:
            end = datetime.strptime(found[1] + found[2], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return instant(end + timedelta(seconds=1), ZoneInfo("UTC"))
        return instant(datetime.strptime(found[1], "%Y%m%d") + timedelta(days=1), ZoneInfo(self.zone))  # noqa: DTZ007


def _exdate(head: str, value: str, zone: str) -> str:
    named = re.search(r"TZID=([^;:]+)", head)
    text = value.strip()
    if text.endswith("Z"):
        return instant(datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), ZoneInfo("UTC"))
    form = "%Y%m%dT%H%M%S" if "T" in text else "%Y%m%d"
    return instant(datetime.strptime(text, form), ZoneInfo(named[1] if named else zone))  # noqa: DTZ007 - local


def exdate_line(slot: str, zone: str) -> str:
    """The EXDATE that takes one slot out of a series in that zone."""
    return f"EXDATE;TZID={zone}:{wall_clock(slot, ZoneInfo(zone)):%Y%m%dT%H%M%S}"


@dataclass
class Series:
    """Everything of one pair."""

    pair: str
    segments: list[Segment] = field(default_factory=list)
    """The last one is how they meet now; those before it are history."""
    own: dict[str, Event] = field(default_factory=dict)
    """Meetings outside the series, by check-in id."""
    known: dict[str, str] = field(default_factory=dict)
    """Slots that have a check-in record, with its id."""
    retell: bool = False
    """Whether the next read has to tell of it whatever happens."""
    ghost: Event | None = None
    """The master of a pair that was paused before its first meeting: Calendar holds nothing of it."""
    ended: str | None = None
    """The name of the series that somebody removed: the pair no longer meets. `None` where nobody did."""

    @property
    def current(self) -> Segment | None:
        return self.segments[-1] if self.segments else None

    @property
    def paused(self) -> bool:
        master = self.current.master if self.current else self.ghost
        return master is not None and PAUSED in properties(master)

    def add(self, segment: Segment) -> None:
        """Put a segment in its place among the others."""
        self.segments.append(segment)
        self.ghost = self.ended = None
        self.sort()

    def sort(self) -> None:
        """By when they begin; one that was cut off before it began comes before those that took its place."""
        self.segments.sort(key=lambda one: (starts(one.master), not one.empty, one.master.get("created", "")))

    def segment_of(self, slot: str) -> Segment | None:
        """The segment that has that slot, the newest first."""
        return next((s for s in reversed(self.segments) if slot in s.exceptions or s.occurs(slot)), None)

    def events(self) -> Iterator[Event]:
        """Every event of the pair that is known here."""
        for segment in self.segments:
            yield segment.master
            yield from segment.exceptions.values()
        yield from self.own.values()

    def continued_by(self, event: Event) -> Literal["surely", "perhaps", ""]:
        """Whether an event is what "this and following" made of this series (recorded, compass.this-and-following).

        It begins where a segment ends. Surely: it has that segment's id with `_R…`, or our mark. Perhaps: it has the
        moment of creation; series that were made in one second have that in common.
        """
        for segment in self.segments:
            ends = segment.ends
            if ends is None or starts(event) < ends or self._goes_on_after(segment, ends):
                continue
            stem = segment.id.partition("_R")[0]
            if str(event["id"]).startswith(f"{stem}_R") or properties(event).get(MARK) == f"pair:{self.pair}":
                return "surely"
            if event.get("created", "") == segment.master.get("created") and MARK not in properties(event):
                return "perhaps"
        return ""

    def _goes_on_after(self, segment: Segment, ends: str) -> bool:
        """Whether a segment has its continuation already: a second one is a copy that somebody made of that."""
        return any(one is not segment and starts(one.master) >= ends for one in self.segments)

    def resembles(self, event: Event) -> bool:
        """Whether an event has the name and the guests of how they meet now."""
        if self.current is None:
            return False
        master = self.current.master
        return event.get("summary") == master.get("summary") and _guests(event) == _guests(master)


def _guests(event: Event) -> set[str]:
    return {guest.get("email", "") for guest in event.get("attendees", ())}
