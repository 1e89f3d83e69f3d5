"""Finding what is ours in a file: an event whose UID is a record's (`identity`) and that says so, or is known.

Google's own events have UIDs of that form as well: those are never ours.

Everything else, copies with another UID included, is people's own and is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from syncengine.model.cadence import slots
from syncengine.model.ids import is_id
from syncengine.model.moments import moment
from syncengine.model.recurrence import read_rule
from syncengine_ical.document import Component, Document, Line
from syncengine_ical.identity import Known, ours
from syncengine_ical.series import ID, KIND, PAIR, Series, is_cancelled, sequence, times
from syncengine_ical.times import BadLine, When, read_list, read_when

_NOBODY = Known()


@dataclass(frozen=True)
class Problem:
    """Something of ours in a file that cannot be used; `slot` or `checkin`: what it hides, if not the series."""

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


def read_series(
    document: Document, default: ZoneInfo, known: Known = _NOBODY
) -> tuple[dict[str, Series], list[Problem]]:
    """All that is ours in a file, by pair, and what could not be read.

    `known`: the pairs and check-ins that have events, where a program may have dropped our marks.
    """
    found: dict[str, Series] = {}
    problems: list[Problem] = []
    for calendar in document.calendars:
        zones = {zone.value("TZID"): zone for zone in calendar.components("VTIMEZONE")}
        events = list(ours(calendar, known))
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


def _is_master(event: Component, events: list[tuple[str, Component]]) -> bool:
    """A program that drops X- properties leaves the rule to tell the series from a meeting beside it."""
    if event.first("RECURRENCE-ID") is not None:
        return False
    kind = event.value(KIND)
    if kind in ("pair", "checkin"):
        return kind == "pair"
    return event.first("RRULE") is not None or not any(other.first("RRULE") for _, other in events)


def _understand(series: Series) -> Iterator[Problem]:
    try:
        if series.master is not None:
            _understand_master(series, series.master)
    except BadLine as bad:
        yield _problem(bad, series.pair)
        return
    if series.master is None and series.exceptions:
        number = next(iter(series.exceptions.values())).begin.number
        reason = "the series itself is missing; only single meetings of it are left"
        yield Problem(number, reason, "Put the series back, or remove its file if it is to go.", series.pair)
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
        series.said = read_rule(rules[0].value, series.start.local, ZoneInfo(series.zone))


def _understand_exception(series: Series, event: Component) -> Iterator[Problem]:
    line = event.first("RECURRENCE-ID")
    assert line is not None
    try:
        slot = _replaced(series, line)
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


def _replaced(series: Series, line: Line) -> str:
    if line.params.get("RANGE"):
        raise BadLine(
            line,
            "this meeting and all later ones were changed together, which can't be followed",
            "Change the series itself instead, and remove this event.",
        )
    return _slot_of(series, line, read_when(line, series.zones, series.default))


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
