"""What an operation on a check-in changes in the file.

One that takes place in its slot needs no lines. One that is moved, skipped or of another length is an exception
of the series; one outside the series (extra, or of a series that changed since) is an event of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from syncengine.connector import Operation
from syncengine.model.cadence import DEFAULT_MINUTES
from syncengine.model.moments import wall_clock
from syncengine.model.series import minutes_of, uid_of
from syncengine.model.values import Fields, Value
from syncengine_ical import zones
from syncengine_ical.document import Component
from syncengine_ical.editing import Editor, Refused
from syncengine_ical.lines import remove, set_end, set_status, set_words
from syncengine_ical.mapping import exception_id
from syncengine_ical.series import FOLLOWS, ID, KIND, PAIR, REMOVED, SLOT, is_removed, sequence, times
from syncengine_ical.times import read_list, when_line

_ALL = frozenset({"starts", "minutes", "status"})


def put_checkin(editor: Editor, operation: Operation) -> None:
    """Let the check-in take place when its record says. Raises `Refused`."""
    record, id, series = operation.record, operation.id, editor.series
    slot, starts = record.get("slot"), record.get("starts") or record.get("slot")
    if not isinstance(starts, str):
        raise Refused("the check-in has no date and time", "Fill in when it starts.")
    if id in series.unread or slot in series.unread:
        raise Refused("the meeting can't be read as it is", "See what is said about the file.")
    event: Component | None
    if id in series.own:
        event = series.own[id]
        _set_meeting(editor, event, record, starts, set(operation.fields))
        event.set(SLOT, [f"{SLOT}:{slot}"] if slot else [])
    elif isinstance(slot, str) and _has_room(editor, id, slot):
        _put_in_slot(editor, operation, slot, starts)
        event = editor.series.exceptions.get(slot)
    elif editor.stuck and slot is not None:
        raise Refused("its series could not be changed", "See what is said about the pair.")
    else:
        for old in [s for s, known in editor.known.items() if known == id]:
            remove_checkin(editor, id, old)  # it must not show twice
        event = _own_event(editor, id, record, starts, slot, operation.labels)
    if operation.stamp and event is not None:
        event.set(ID, [f"{ID}:{id}"])
    editor.refresh()


def _has_room(editor: Editor, id: str, slot: str) -> bool:
    """Whether the check-in can be that occurrence of the series: it takes place there, and it is nobody else's."""
    series = editor.series
    there = series.exceptions.get(slot)
    taken = editor.known.get(slot) or (exception_id(series, slot, there, editor.known) if there else id)
    return taken == id and (there is not None or (not series.cancelled and series.occurs(slot)))


def _put_in_slot(editor: Editor, operation: Operation, slot: str, starts: str) -> None:
    series, record, id = editor.series, operation.record, operation.id
    editor.known = {s: known for s, known in editor.known.items() if known != id} | {slot: id}
    event = series.exceptions.get(slot)
    if event is not None:
        _set_meeting(editor, event, record, starts, set(operation.fields))
        return
    minutes, skipped = minutes_of(record), record.get("status") == "skipped"
    longer = minutes is not None and series.minutes is not None and minutes != series.minutes
    differs = starts != slot or (longer and "minutes" in operation.fields)
    if slot in series.skipped and not (skipped and not differs):
        _unskip(editor, slot)
    elif not differs and skipped == (slot in series.skipped):
        return
    if differs or skipped:
        _set_meeting(editor, _exception(editor, id, slot), record, starts, _ALL)


def _exception(editor: Editor, id: str, slot: str) -> Component:
    """A new exception for the slot: named in the series' own zone, as the series has it there."""
    series, cadence = editor.series, editor.series.cadence
    event = editor.new_event(_uid(editor), id, "checkin")
    local = (
        datetime.combine(wall_clock(slot, ZoneInfo(series.zone)).date(), cadence.time) if cadence else None
    )
    event.set("RECURRENCE-ID", [when_line("RECURRENCE-ID", slot, series.zone, local)])
    if series.master is not None:
        event.set("SEQUENCE", [f"SEQUENCE:{sequence(series.master)}"])
        _copy(series.master, event)
    series.exceptions[slot] = event
    return event


def _uid(editor: Editor) -> str:
    master = editor.series.master
    return master.value("UID") if master is not None else uid_of(editor.pair)


def _copy(master: Component, event: Component) -> None:
    for name in ("SUMMARY", "LOCATION"):
        event.set(name, [line.text for line in master.all(name)])


def _unskip(editor: Editor, slot: str) -> None:
    """Take one slot out of its EXDATE line; the other slots of the line stay as they are written."""
    series = editor.series
    master, line = series.master, series.skipped.pop(slot)
    assert master is not None
    kept = [text for text, when in read_list(line, series.zones, series.default) if when.instant != slot]
    head = line.text[: len(line.text) - len(line.value)]
    texts = [other.text if other is not line else head + ",".join(kept) for other in master.all("EXDATE")]
    master.set("EXDATE", [text for text in texts if not text.endswith(":")])


def _set_meeting(
    editor: Editor, event: Component, record: Fields, starts: str, changed: set[str] | frozenset[str]
) -> None:
    """Set what `changed` names of a meeting's event; all of it for one that was removed before."""
    series = editor.series
    changed = _ALL if event.first(REMOVED) is not None else changed
    start, length = times(series, event) if event.first("DTSTART") else (None, None)
    zone = start.zone if start is not None and start.zone else series.zone
    wanted = minutes_of(record) or series.minutes or length or DEFAULT_MINUTES
    minutes = length if "minutes" not in changed and length is not None else wanted
    if start is None or ("starts" in changed and start.instant != starts):
        event.set("DTSTART", [when_line("DTSTART", starts, zone)])
        set_end(event, starts, minutes, zone)
        day = wall_clock(starts, ZoneInfo(zone)).date()
        zones.explain(series.calendar, zone, day, day)
    elif minutes != length:
        set_end(event, start.instant, minutes, zone)
    if "status" in changed:
        set_status(event, takes_place=record.get("status") != "skipped")
    event.set(REMOVED, [])


def _own_event(
    editor: Editor, id: str, record: Fields, starts: str, slot: Value, labels: Mapping[str, str]
) -> Component:
    event = editor.new_event(uid_of(id), id, "checkin")
    event.set(PAIR, [f"{PAIR}:{editor.pair}"])
    if isinstance(slot, str):
        event.set(SLOT, [f"{SLOT}:{slot}"])
    if editor.series.master is not None:
        _copy(editor.series.master, event)
    else:
        set_words(event, "SUMMARY", labels.get(editor.pair))
    _set_meeting(editor, event, record, starts, _ALL)
    editor.series.own[id] = event
    return event


def remove_checkin(editor: Editor, id: str, slot: str | None) -> None:
    """Cancel the check-in, gently. An occurrence gets an exception that says so, unless it is not shown anyway."""
    series = editor.series
    slot = next((s for s, known in editor.known.items() if known == id), slot)
    editor.known = {s: known for s, known in editor.known.items() if known != id}
    if id in series.own:
        remove(series.own[id])
    elif slot is not None and slot in series.exceptions:
        if exception_id(series, slot, series.exceptions[slot], {slot: id}) == id:
            remove(series.exceptions[slot])
    elif slot is not None and (slot in series.skipped or (not series.cancelled and series.occurs(slot))):
        event = _exception(editor, id, slot)
        _set_meeting(editor, event, {"status": "skipped"}, slot, _ALL)
        remove(event)
    editor.refresh()


def keep_the_past(editor: Editor) -> None:
    """A meeting with a record, in a slot that the changed series no longer has, becomes an event of its own.

    What is skipped by an EXDATE is not shown, and stays as it is; so does what stands for a deleted record.
    """
    series, cadence, minutes = editor.series, editor.series.cadence, editor.minutes_before
    concerned = {
        slot: exception_id(series, slot, event, editor.known)
        for slot, event in series.exceptions.items()
        if not is_removed(event)
    } | editor.known
    if not editor.replanned or series.cancelled or cadence is None or not concerned:
        return
    there = series.occurring(concerned)
    for slot in sorted(concerned.keys() - there - series.unread - series.skipped.keys()):
        event = series.exceptions.pop(slot, None)
        if event is None:
            event = _own_event(editor, concerned[slot], {"minutes": minutes}, slot, slot, {})
            _follows(event, minutes)
        else:
            _, length = times(series, event) if event.first("DTSTART") else (None, None)
            _set_apart(editor, event, concerned[slot], slot)
            _follows(event, length if length == series.minutes else None)
        editor.known.pop(slot, None)
    editor.refresh()


def _set_apart(editor: Editor, event: Component, id: str, slot: str) -> None:
    if event.first("DTSTART") is None:  # a bare cancelled one
        _set_meeting(editor, event, {"status": "skipped"}, slot, _ALL)
    event.set("RECURRENCE-ID", [])
    for name, value in (
        ("UID", uid_of(id)),
        (ID, id),
        (KIND, "checkin"),
        (PAIR, editor.pair),
        (SLOT, slot),
    ):
        event.set(name, [f"{name}:{value}"])
    editor.series.own[id] = event


def _follows(event: Component, minutes: float | None) -> None:
    if minutes is not None and float(minutes).is_integer():
        event.set(FOLLOWS, [f"{FOLLOWS}:{int(minutes)}"])
