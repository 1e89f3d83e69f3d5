"""Operations made real in a file: only the lines that an operation is about are set (design rule 11)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from syncengine.connector import Operation
from syncengine.model.cadence import Cadence, Said, cadence_of, read_rule, rrule, slots
from syncengine.model.moments import instant, moment, wall_clock
from syncengine.model.values import Fields, Unreadable, Value
from syncengine_ical import zones
from syncengine_ical.description import with_agenda
from syncengine_ical.document import Component, Document, new_component
from syncengine_ical.mapping import exception_id, link_of, words
from syncengine_ical.series import (
    DOMAIN,
    ENDED,
    FOLLOWS,
    ID,
    KIND,
    PAIR,
    REMOVED,
    SLOT,
    Series,
    is_cancelled,
    read_series,
    sequence,
    times,
)
from syncengine_ical.times import later, stamp, when_line

PRODID = "-//mentorsync//calendar folder//EN"
_TIMING = frozenset({"every", "first_meeting", "time", "zone", "until"})
_REVISED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS")
"""What raises SEQUENCE when it changes (RFC 5546, 2.1.4)."""


class Refused(Exception):
    """The operation cannot be carried out, with the reason and the remedy; nothing was changed."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def new_document(name: str | None) -> Document:
    """An empty calendar; `name` is what programs call it."""
    texts = ["VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    if name:
        texts.append(f"X-WR-CALNAME:{_escaped(name)}")
    document = Document()
    document.entries.append(new_component("VCALENDAR", texts))
    return document


class Editor:
    """One pair's part of a document, open for changes."""

    def __init__(self, document: Document, pair: str, known: Mapping[str, str], default: ZoneInfo, now: datetime) -> None:
        """`known`: slot to check-in id, of those that have a record; `now`: aware, for the stamps of what changes."""
        self.document, self.pair, self.default = document, pair, default
        self.known = dict(known)
        self._now = stamp(instant(now, default))
        self._replanned = False
        self.series = self._read()
        self._before = self.series.cadence
        self._minutes_before = self.series.minutes
        self._revision = {id(event): (event, _revision(event), b"".join(event.chunks())) for event in self._events()}

    def _read(self) -> Series:
        series, problems = read_series(self.document, self.default)
        if any(problem.pair == self.pair and not (problem.slot or problem.checkin) for problem in problems):
            raise Refused("its file can't be read as it is", "See what is said about the file.")
        return series.get(self.pair) or Series(self.pair, self.document.calendars[0], self.default, {})

    def _events(self) -> list[Component]:
        series = self.series
        return [e for e in (series.master, *series.exceptions.values(), *series.own.values()) if e is not None]

    # The series

    def put_pair(self, operation: Operation) -> None:
        """Create the series, or set what the operation changes of it. Raises `Refused`."""
        fields, record = operation.fields, operation.record
        series, revives = self.series, self.series.removed or self.series.master is None
        changed = set(fields) | (_TIMING | {"minutes", "status"} if revives else set())
        cadence = cadence_of({**record, "status": None}, self.default.key)
        if isinstance(cadence, Unreadable):
            raise Refused(f"“{cadence.text}” {cadence.reason}", cadence.remedy)
        self._check(cadence, changed)
        if series.master is None:
            assert cadence is not None
            series.master = self._new_event(f"{self.pair}{DOMAIN}", self.pair, "pair")
            series.master.set("STATUS", ["STATUS:CONFIRMED"])
        master = series.master
        if changed & {*_TIMING, "minutes"} and cadence is not None:
            self._set_timing(master, cadence, changed)
        if changed & {"status", *_TIMING}:
            self._set_standing(master, record, ended=cadence is None)
        self._set_words(master, fields)
        if operation.stamp:
            master.set(ID, [f"{ID}:{self.pair}"])
        self.series = self._read()

    def _check(self, cadence: Cadence | None, changed: set[str]) -> None:
        series = self.series
        if series.master is None:
            if cadence is None:
                raise Refused("the pair does not say how often it meets", "Fill in “Meets every” and “First meeting”.")
            return
        if "every" in changed and cadence is not None and series.rule and series.said is None:
            raise Refused(f"the calendar repeats it in a way of its own ({series.rule})", "Change the repetition in the calendar.")
        if series.start is not None and series.start.whole_day and changed & {*_TIMING, "minutes"}:
            raise Refused("the calendar has it as a whole day", "Give the series a time in a calendar program.")

    def _set_standing(self, master: Component, record: Fields, *, ended: bool) -> None:
        """Whether the series takes place; one whose pair no longer says how often it meets is kept, cancelled."""
        shown = "paused" if is_cancelled(master) and not master.first(ENDED) else "active"
        stands = not ended and record.get("status") not in ("paused", "closed")
        if stands == is_cancelled(master):
            master.set("STATUS", [f"STATUS:{'CONFIRMED' if stands else 'CANCELLED'}"])
        master.set(REMOVED, [])
        master.set(ENDED, [f"{ENDED}:{master.value(ENDED) or shown}"] if ended else [])

    def _set_timing(self, master: Component, cadence: Cadence, changed: set[str]) -> None:
        series = self.series
        minutes: float = cadence.minutes if "minutes" in changed or series.minutes is None else series.minutes
        followers = [e for e in series.exceptions.values() if e.first("DTSTART") and self._length(e) == series.minutes]
        starts = instant(cadence.start, ZoneInfo(cadence.zone))
        there = series.start
        if there is None or (changed & _TIMING and (there.instant, there.zone) != (starts, cadence.zone)):
            if series.said is None and series.start is not None and not changed & {"first_meeting", "time", "zone"}:
                starts = series.start.instant
            else:
                master.set("DTSTART", [when_line("DTSTART", starts, cadence.zone, cadence.start)])
                _set_end(master, starts, minutes, cadence.zone)
        if minutes != series.minutes:
            _set_end(master, there.instant if there and not changed & _TIMING else starts, minutes, cadence.zone)
            for event in followers:
                start, _ = times(series, event)
                _set_end(event, start.instant, minutes, cadence.zone)
        if changed & _TIMING or series.rule is None:
            self._set_rule(master, cadence, changed)
            self._replanned = True
        zones.explain(series.calendar, cadence.zone, cadence.first, cadence.until)

    def _length(self, event: Component) -> float | None:
        return times(self.series, event)[1]

    def _set_rule(self, master: Component, cadence: Cadence, changed: set[str]) -> None:
        rule, zone = self.series.rule, ZoneInfo(cadence.zone)
        if rule and self.series.said is None:  # people's own: its end may still be ours to set
            if changed & {"until", "zone"}:
                parts = [p for p in rule.split(";") if p.partition("=")[0].upper() not in ("UNTIL", "COUNT")]
                ends = [p for p in rrule(cadence).split(";") if p.startswith("UNTIL=")]
                master.set("RRULE", ["RRULE:" + ";".join([*parts, *ends])])
            return
        wanted = Said(cadence.every, cadence.first, cadence.until)
        if not rule or read_rule(rule, cadence.start, zone) != wanted:
            master.set("RRULE", [f"RRULE:{rrule(cadence)}"])

    def _set_words(self, master: Component, fields: Fields) -> None:
        if "name" in fields:
            before = words(master, "SUMMARY")
            for event in self._events():
                if event is master or words(event, "SUMMARY") == before:
                    set_words(event, "SUMMARY", fields["name"])
        if "link" in fields:
            before = link_of(master)
            for event in self._events():
                if event is master or link_of(event) == before:
                    _set_link(event, fields["link"])
        if "agenda" in fields:
            agenda = fields["agenda"]
            text = with_agenda(words(master, "DESCRIPTION") or "", None if agenda is None else str(agenda))
            set_words(master, "DESCRIPTION", text or None)

    def remove_pair(self) -> None:
        """Cancel the series, gently: it stays in the file, marked as removed by us."""
        master = self.series.master
        if master is not None:
            _remove(master)

    # Check-ins

    def put_checkin(self, operation: Operation) -> None:
        """Let the check-in take place when the record says. Raises `Refused`."""
        record, id, series = operation.record, operation.id, self.series
        slot, starts = _text(record.get("slot")), _text(record.get("starts") or record.get("slot"))
        if starts is None:
            raise Refused("the check-in has no date and time", "Fill in “Starts”.")
        if id in series.own:
            self._set_meeting(series.own[id], record, starts, set(operation.fields))
            series.own[id].set(SLOT, [f"{SLOT}:{slot}"] if slot else [])
        elif slot is not None and self._has_room(id, slot):
            self._put_in_slot(operation, slot, starts)
        else:
            self._split_old(id)
            series.own[id] = self._own_event(id, record, starts, slot, operation.labels)
        if operation.stamp and id in series.own:
            series.own[id].set(ID, [f"{ID}:{id}"])
        self.series = self._read()

    def _has_room(self, id: str, slot: str) -> bool:
        """Whether the check-in is that occurrence of the series, and nobody else's."""
        series = self.series
        there = series.exceptions.get(slot)
        taken = self.known.get(slot) or (exception_id(series, slot, there, self.known) if there else id)
        if slot in series.unread:
            raise Refused("the meeting in the calendar can't be read as it is", "See what is said about the file.")
        return taken == id and (there is not None or (not series.cancelled and series.occurs(slot)))

    def _put_in_slot(self, operation: Operation, slot: str, starts: str) -> None:
        series, record = self.series, operation.record
        event, minutes = series.exceptions.get(slot), _minutes(record)
        skipped = record.get("status") == "skipped"
        self.known = {s: i for s, i in self.known.items() if i != operation.id} | {slot: operation.id}
        differs = starts != slot or (minutes is not None and minutes != series.minutes)
        if event is not None:
            self._set_meeting(event, record, starts, set(operation.fields))
            if operation.stamp:
                event.set(ID, [f"{ID}:{operation.id}"])
            return
        if slot in series.skipped:
            if skipped and not differs:
                return
            self._unskip(slot)
        elif not skipped and not differs:
            return
        event = self._new_event(f"{self.pair}{DOMAIN}", operation.id, "checkin")
        cadence = series.cadence
        wanted = datetime.combine(wall_clock(slot, ZoneInfo(series.zone)).date(), cadence.time) if cadence else None
        event.set("RECURRENCE-ID", [when_line("RECURRENCE-ID", slot, series.zone, wanted)])
        if series.master is not None:
            event.set("SEQUENCE", [f"SEQUENCE:{sequence(series.master)}"])
            for name in ("SUMMARY", "LOCATION"):
                event.set(name, [line.text for line in series.master.all(name)])
        self._set_meeting(event, record, starts, {"starts", "minutes", "status"})
        series.exceptions[slot] = event

    def _unskip(self, slot: str) -> None:
        """Take one slot out of its EXDATE line; the others of the line stay as they are written."""
        master, line = self.series.master, self.series.skipped[slot]
        assert master is not None
        one = Series(self.pair, self.series.calendar, self.default, self.series.zones, master, self.series.start)
        from syncengine_ical.times import read_list

        kept = [text for text, when in read_list(line, one.zones, self.default) if when.instant != slot]
        head = line.text[: len(line.text) - len(line.value)]
        texts = [other.text for other in master.all("EXDATE") if other is not line]
        master.set("EXDATE", [*texts, head + ",".join(kept)] if kept else texts)

    def _set_meeting(self, event: Component, record: Fields, starts: str, changed: set[str]) -> None:
        series = self.series
        revived = event.first(REMOVED) is not None
        start, length = times(series, event) if event.first("DTSTART") else (None, None)
        zone = start.zone if start and start.zone else series.zone
        minutes = _minutes(record)
        if minutes is None:
            minutes = series.minutes if series.minutes else length or 45
        if "minutes" not in changed and not revived and length is not None:
            minutes = length
        if start is None or ((revived or "starts" in changed) and start.instant != starts):
            event.set("DTSTART", [when_line("DTSTART", starts, zone)])
            zones.explain(series.calendar, zone, wall_clock(starts, ZoneInfo(zone)).date(), moment(starts).date())
            _set_end(event, starts, minutes, zone)
        elif minutes != length:
            _set_end(event, start.instant, minutes, zone)
        skipped = record.get("status") == "skipped"
        if (revived or "status" in changed) and skipped != is_cancelled(event):
            event.set("STATUS", [f"STATUS:{'CANCELLED' if skipped else 'CONFIRMED'}"])
        event.set(REMOVED, [])

    def _own_event(self, id: str, record: Fields, starts: str, slot: str | None, labels: Mapping[str, str]) -> Component:
        event, master = self._new_event(f"{id}{DOMAIN}", id, "checkin"), self.series.master
        event.set(PAIR, [f"{PAIR}:{self.pair}"])
        if slot is not None:
            event.set(SLOT, [f"{SLOT}:{slot}"])
        if master is not None:
            for name in ("SUMMARY", "LOCATION"):
                event.set(name, [line.text for line in master.all(name)])
        else:
            set_words(event, "SUMMARY", labels.get(self.pair))
        self._set_meeting(event, record, starts, {"starts", "minutes", "status"})
        if not event.first("STATUS"):
            event.set("STATUS", ["STATUS:CONFIRMED"])
        return event

    def _split_old(self, id: str) -> None:
        """A record that leaves its slot for an event of its own must not show twice."""
        for slot, known in list(self.known.items()):
            if known == id:
                self.remove_checkin(id, slot)

    def remove_checkin(self, id: str, slot: str | None) -> None:
        """Cancel the check-in, gently; an occurrence gets an exception that says so."""
        series = self.series
        slot = next((s for s, known in self.known.items() if known == id), slot)
        self.known = {s: known for s, known in self.known.items() if known != id}
        if id in series.own:
            _remove(series.own[id])
        elif slot is not None and slot in series.exceptions:
            if exception_id(series, slot, series.exceptions[slot], {slot: id}) == id:
                _remove(series.exceptions[slot])
        elif slot is not None and slot not in series.skipped and not series.cancelled and series.occurs(slot):
            fields: Fields = {"status": "skipped"}
            made = Operation("update", "checkin", id, None, fields, {}, fields, "", {})
            self._put_in_slot(made, slot, slot)
            _remove(series.exceptions[slot])
            del self.known[slot]
        self.series = self._read()

    # Afterwards

    def finish(self) -> None:
        """What follows from the operations: meetings that lost their place in the series, stamps, revisions."""
        if self._replanned and not self.series.cancelled:
            self._keep_the_past()
        for event in self._events():
            known = self._revision.get(id(event))
            if known is not None and known[2] == b"".join(event.chunks()):
                continue
            if known is not None and known[1] != _revision(event):
                event.set("SEQUENCE", [f"SEQUENCE:{sequence(event) + 1}"])
            for name in ("DTSTAMP", "LAST-MODIFIED"):
                event.set(name, [f"{name}:{self._now}"])

    def _keep_the_past(self) -> None:
        """A meeting that has a record, in a slot which the changed series no longer has, becomes its own event."""
        series, cadence = self.series, self.series.cadence
        concerned = {**{slot: "" for slot in series.exceptions}, **self.known}
        if cadence is None or not concerned:
            return
        times_ = [moment(slot) for slot in concerned]
        there = set(slots(cadence, min(times_), max(times_).replace(year=max(times_).year + 1, day=1)))
        for slot in sorted(concerned.keys() - there - series.unread - series.skipped.keys()):
            event = series.exceptions.get(slot)
            checkin = concerned[slot] or (exception_id(series, slot, event, self.known) if event else "")
            if event is None:
                fields: Fields = {"status": "planned", "minutes": self._minutes_before}
                event = self._own_event(checkin, fields, slot, slot, {})
            else:
                event.set("UID", [f"UID:{checkin}{DOMAIN}"])
                event.set("RECURRENCE-ID", [])
                event.set(ID, [f"{ID}:{checkin}"])
                event.set(KIND, [f"{KIND}:checkin"])
                event.set(PAIR, [f"{PAIR}:{self.pair}"])
                event.set(SLOT, [f"{SLOT}:{slot}"])
            if self._minutes_before is not None and float(self._minutes_before).is_integer():
                event.set(FOLLOWS, [f"{FOLLOWS}:{int(self._minutes_before)}"])
            self.known.pop(slot, None)
        self.series = self._read()

    def _new_event(self, uid: str, id: str, kind: str) -> Component:
        texts = [f"UID:{uid}", "SEQUENCE:0", f"{ID}:{id}", f"{KIND}:{kind}"]
        event = new_component("VEVENT", texts, self.series.calendar.ending)
        self.series.calendar.entries.append(event)
        return event


def set_words(event: Component, name: str, value: Value) -> None:
    """Set a text property, or take it away; its parameters stay but for a second form of the same text."""
    line = event.first(name)
    text = "" if value is None else str(value)
    if (line.words if line else "") == text:
        return
    head = name
    if line is not None:
        head = line.text[: len(line.text) - len(line.value) - 1]
        if "ALTREP" in line.params:  # shown in place of the text: it would hide the new one
            head = f"{name};LANGUAGE={line.params['LANGUAGE']}" if "LANGUAGE" in line.params else name
    event.set(name, [f"{head}:{_escaped(text)}"] if text else [])


def _set_link(event: Component, link: Value) -> None:
    before = link_of(event)
    for name in ("URL", "CONFERENCE"):
        event.set(name, [line.text for line in event.all(name) if line.words != before])
    set_words(event, "LOCATION", link)


def _set_end(event: Component, starts: str, minutes: float, zone: str) -> None:
    """The end by the means the event uses. DTEND is the rule; a length of no whole minutes is told as one."""
    if event.first("DURATION") is not None:
        from icalendar import vDuration

        event.set("DURATION", ["DURATION:" + vDuration(moment(later(starts, minutes)) - moment(starts)).to_ical().decode()])
    else:
        event.set("DTEND", [when_line("DTEND", later(starts, minutes), zone)])


def _remove(event: Component) -> None:
    event.set("STATUS", ["STATUS:CANCELLED"])
    event.set(REMOVED, [f"{REMOVED}:TRUE"])


def _revision(event: Component) -> list[str]:
    return [line.text for name in _REVISED for line in event.all(name)]


def _escaped(text: str) -> str:
    from icalendar import vText

    return vText(text).to_ical().decode()


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _minutes(record: Fields) -> float | None:
    value = record.get("minutes")
    return value if isinstance(value, int | float) else None
