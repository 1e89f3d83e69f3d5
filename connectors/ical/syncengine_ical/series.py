"""What of a file is ours: each pair's series, its moved and skipped meetings, and meetings outside the series.

Ours is an event whose UID is `<record id>@mentorsync`. Everything else, copies with another UID included, is
people's own and is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncengine.model.cadence import Cadence, Said, is_slot, read_rule, slots
from syncengine.model.ids import is_id
from syncengine.model.moments import moment
from syncengine_ical import library
from syncengine_ical.document import Component, Document, Line
from syncengine_ical.times import BadLine, When, Zones, minutes_between, read_list, read_when

DOMAIN = "@mentorsync"
ID, KIND, PAIR, SLOT, REMOVED, ENDED, FOLLOWS = (
    f"X-MENTORSYNC-{name}" for name in ("ID", "KIND", "PAIR", "SLOT", "REMOVED", "ENDED", "FOLLOWS")
)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass(frozen=True)
class Problem:
    """Something of ours in a file that cannot be used; `event` is the check-in or pair it hides, if that is known."""

    line: int
    reason: str
    remedy: str
    pair: str = ""
    slot: str = ""
    checkin: str = ""

    @property
    def hides_series(self) -> bool:
        """Whether the series as a whole cannot be understood."""
        return not (self.slot or self.checkin)


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
        """Whether the series has an occurrence there; where its rule has no words, whoever says so is believed."""
        cadence = self.cadence
        return self.master is not None and (cadence is None or is_slot(cadence, slot))


def is_cancelled(event: Component) -> bool:
    """Whether the event says that it does not take place."""
    return event.value("STATUS").upper() == "CANCELLED"


def is_removed(event: Component) -> bool:
    """Whether the event stands for a deleted record, and nobody brought it back."""
    return is_cancelled(event) and event.first(REMOVED) is not None


def read_series(document: Document, default: ZoneInfo) -> tuple[dict[str, Series], list[Problem]]:
    """All that is ours in a file, by pair, and what could not be read."""
    found: dict[str, Series] = {}
    problems: list[Problem] = []
    for calendar in document.calendars:
        zones = {zone.value("TZID"): zone for zone in calendar.components("VTIMEZONE")}
        events = list(_ours(calendar))
        masters = [(id, event) for id, event in events if _is_master(event, events)]
        for id, event in masters:
            if found.setdefault(id, Series(id, calendar, default, zones)).master is not None:
                line = event.begin.number
                problems.append(
                    Problem(line, "the series is in the file twice", "Remove one of the two events.", id)
                )
            found[id].master = event
        for id, event in events:
            if event.first("RECURRENCE-ID") is not None:
                series = found.setdefault(id, Series(id, calendar, default, zones))
                series.exceptions[f"?{len(series.exceptions)}"] = event  # named by its slot below
            elif (id, event) not in masters:
                pair = event.value(PAIR) or (masters[0][0] if masters else "")
                if is_id(pair) and pair != id:
                    found.setdefault(pair, Series(pair, calendar, default, zones)).own[id] = event
    for series in found.values():
        problems.extend(_understand(series))
    broken = {problem.pair for problem in problems if problem.hides_series}
    return {pair: series for pair, series in found.items() if pair not in broken}, problems


def _ours(calendar: Component) -> Iterator[tuple[str, Component]]:
    for event in calendar.components("VEVENT"):
        id, at, _ = event.value("UID").partition(DOMAIN)
        if at and is_id(id):
            yield id, event


def _is_master(event: Component, events: list[tuple[str, Component]]) -> bool:
    """A program that drops X- properties leaves the rule to tell the series from a meeting beside it."""
    if event.first("RECURRENCE-ID") is not None:
        return False
    kind = event.value(KIND)
    if kind:
        return kind == "pair"
    return event.first("RRULE") is not None or not any(other.first("RRULE") for _, other in events)


def _understand(series: Series) -> Iterator[Problem]:
    try:
        if series.master is not None:
            _understand_master(series, series.master)
    except BadLine as bad:
        yield _problem(bad, series.pair)
        return
    unnamed, series.exceptions = list(series.exceptions.values()), {}
    for event in unnamed:
        yield from _understand_exception(series, event)
    for line in series.master.all("EXDATE") if series.master else ():
        try:
            for _, when in read_list(line, series.zones, series.default):
                series.skipped[_slot_of(series, line, when)] = line
        except BadLine as bad:
            series.doubtful = True
            yield _problem(bad, series.pair, slot="?")
    for id, event in series.own.items():
        try:
            times(series, event)
        except BadLine as bad:
            series.unread.add(id)
            yield _problem(bad, series.pair, checkin=id)


def _problem(bad: BadLine, pair: str, slot: str = "", checkin: str = "") -> Problem:
    return Problem(bad.line.number, f"{bad.reason}: {bad.line.value[:80]}", bad.remedy, pair, slot, checkin)


def _understand_master(series: Series, master: Component) -> None:
    stamped = master.first(ID)
    if stamped is not None and stamped.value.strip() != series.pair:
        raise BadLine(stamped, f"{ID} differs from the UID of the event", f"Set it back to {series.pair}.")
    line = master.first("DTSTART")
    if line is None:
        raise BadLine(
            master.begin, "the series has no start", "Give it a date and a time in a calendar program."
        )
    series.start, series.minutes = times(series, master)
    rules = master.all("RRULE")
    series.rule = (
        rules[0].value.strip() if len(rules) == 1 else ";".join(rule.value for rule in rules) or None
    )
    if len(rules) == 1:
        series.said = read_rule(rules[0].value, series.start.local, _as_zone(series))


def _as_zone(series: Series) -> ZoneInfo:
    return ZoneInfo(series.zone)


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


def _understand_exception(series: Series, event: Component) -> Iterator[Problem]:
    line = event.first("RECURRENCE-ID")
    assert line is not None
    try:
        slot = _slot_of(series, line, read_when(line, series.zones, series.default))
        if line.params.get("RANGE"):
            raise BadLine(line, "this meeting and all later ones were changed together, which can't be followed",
                          "Change the series itself instead, and remove this event.")  # fmt: skip
    except BadLine as bad:
        series.doubtful = True
        yield _problem(bad, series.pair, slot="?")
        return
    older = series.exceptions.get(slot)
    if older is not None and sequence(older) > sequence(event):
        return
    series.exceptions[slot] = event
    try:
        if event.first("DTSTART") is not None or not is_cancelled(
            event
        ):  # a cancelled one may be bare (gcal.md, 5)
            times(series, event)
    except BadLine as bad:
        series.unread.add(slot)
        yield _problem(bad, series.pair, slot=slot)


def _slot_of(series: Series, line: Line, when: When) -> str:
    """The slot that a RECURRENCE-ID or EXDATE means; some programs write the day alone."""
    if not when.whole_day or series.start is None or series.start.whole_day:
        return when.instant
    cadence = series.cadence
    day = moment(when.instant)
    found = slots(cadence, day, day + timedelta(days=1)) if cadence else []
    if len(found) != 1:
        raise BadLine(
            line,
            f"{line.name} names a day on which the series has no meeting",
            "Give it the date and time of the meeting.",
        )
    return found[0]


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
