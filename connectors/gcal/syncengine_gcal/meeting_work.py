"""What an operation on a check-in does: to an occurrence of the series, or to an event of its own. And the agenda.

An occurrence that takes place as the series says needs nothing. One that is moved, skipped or of another length is an
exception. One outside the series (extra, or of a rhythm that changed since) is a single event.
"""

from __future__ import annotations

from syncengine.connector import Operation
from syncengine.model.cadence import DEFAULT_MINUTES, checkin_id
from syncengine.model.moments import moment
from syncengine.model.series import minutes_of
from syncengine_gcal.calls import Call
from syncengine_gcal.marks import FOLLOWS, PAIR, SLOT, Event, marks, properties
from syncengine_gcal.pair_work import addresses
from syncengine_gcal.series import Segment, cancelled, exdate_line, minutes, starts
from syncengine_gcal.work import Asking, PairWork, starts_of
from syncengine_gcal.writing import Body, Refused, span


def put_checkin(work: PairWork, operation: Operation) -> Asking:
    """Let the check-in take place when its record says."""
    record, id, series = operation.record, operation.id, work.series
    at, slot = starts_of(record), record.get("slot")
    if id in series.own:
        yield from _set_own(work, operation, series.own[id], at)
        return
    segment = series.segment_of(slot) if isinstance(slot, str) else None
    if isinstance(slot, str) and segment is None:
        segment = next((s for s in series.segments if slot in s.left_out), None)
    if segment is not None and isinstance(slot, str) and _has_room(work, id, slot):
        yield from _set_occurrence(work, operation, segment, slot, at)
        return
    if work.stuck and slot is not None:
        raise Refused("its series could not be changed", "See what is said about the pair.")
    if moment(at) < work.desk.now or record.get("status") == "skipped":
        # What is past or does not take place is not put into the calendar anew: the other tools have it.
        series.known = {s: known for s, known in series.known.items() if known != id}
        return
    yield from _extra(work, operation, at)


def _has_room(work: PairWork, id: str, slot: str) -> bool:
    """Whether the check-in can be that occurrence: it is nobody else's."""
    taken = work.series.known.get(slot)
    return taken == id or (
        taken is None and (id == checkin_id(work.series.pair, slot) or slot not in _others(work))
    )


def _others(work: PairWork) -> set[str]:
    return {slot for segment in work.series.segments for slot in segment.exceptions}


def _set_occurrence(work: PairWork, operation: Operation, segment: Segment, slot: str, at: str) -> Asking:
    series, record, id = work.series, operation.record, operation.id
    series.known = {s: known for s, known in series.known.items() if known != id} | {slot: id}
    if slot in segment.left_out:
        yield from _take_back_in(work, segment, slot, operation)
    event = segment.exceptions.get(slot)
    skip = record.get("status") == "skipped"
    if skip and event is not None and cancelled(event):
        return
    if skip:
        if event is None and not segment.occurs(slot):
            return
        yield from _change(work, operation, segment, slot, {"status": "cancelled"}, slot)
        return
    usual = minutes(segment.master)
    now_at, now_long = (starts(event), minutes(event)) if event and not cancelled(event) else (slot, usual)
    wanted = minutes_of(record)
    back = event is not None and cancelled(event)
    long = (
        wanted
        if wanted is not None and ("minutes" in operation.fields or back)
        else usual
        if back
        else now_long
    )
    if wanted is None and "minutes" in operation.fields:
        long = usual
    body: Body = {"status": "confirmed"} if back else {}
    if (at, long) != (now_at, now_long) or back:
        body |= span(at, long, segment.zone)
    if body:
        yield from _change(work, operation, segment, slot, body, at)


def _change(work: PairWork, operation: Operation, segment: Segment, slot: str, body: Body, at: str) -> Asking:
    """Write one occurrence; its guests are told when it moves, is cancelled, or takes place after all."""
    event = segment.exceptions.get(slot) or segment.master
    before = starts(event) if slot in segment.exceptions and not cancelled(event) else slot
    coming = max(moment(before), moment(at)) > work.desk.now
    # Whoever has just become a guest of the series is one of its exceptions too, before any answer says so.
    guests = [guest for one in (event, segment.master) for guest in one.get("attendees", ())]
    tells = addresses(work, {}, {**event, "attendees": guests}) if coming else ()
    what = (
        "is cancelled" if body.get("status") == "cancelled" else "is moved" if at != before else "is changed"
    )
    if body.get("status") == "confirmed":
        what = "takes place after all"
    why = f"the meeting “{operation.title}” {what}"
    yield from work.ask(Call("patch", instance_id(segment, slot), body, event["etag"], tells, why))


def instance_id(segment: Segment, slot: str) -> str:
    """The id of an occurrence. One that was told is believed; for others it is the recorded form."""
    known = segment.exceptions.get(slot)
    return str(known["id"]) if known else f"{segment.id}_{slot.replace('-', '').replace(':', '')}"


def _take_back_in(work: PairWork, segment: Segment, slot: str, operation: Operation) -> Asking:
    lines = [line for line in segment.master["recurrence"] if line != segment.left_out[slot]]
    line = segment.left_out[slot]
    rest = [s for s, other in segment.left_out.items() if other == line and s != slot]
    lines += [exdate_line(s, segment.zone) for s in rest]
    coming = moment(slot) > work.desk.now
    tells = addresses(work, {}, segment.master) if coming else ()
    why = f"the meeting “{operation.title}” takes place after all"
    yield from work.ask(Call("patch", segment.id, {"recurrence": lines}, segment.master["etag"], tells, why))


def _set_own(work: PairWork, operation: Operation, event: Event, at: str) -> Asking:
    record, id = operation.record, operation.id
    if record.get("status") == "skipped":
        yield from _delete_own(work, operation, event)
        return
    long = minutes_of(record) if "minutes" in operation.fields else None
    long = long or minutes(event)
    body: Body = {}
    if (at, long) != (starts(event), minutes(event)):
        body |= span(at, long, Segment(event).zone)
    slot = record.get("slot")
    wanted = str(slot) if slot else ""
    if properties(event).get(SLOT, "") != wanted:
        body["extendedProperties"] = {"private": {SLOT: wanted}}
    if not body:
        return
    coming = "start" in body and max(moment(at), moment(starts(event))) > work.desk.now
    tells = addresses(work, {}, event) if coming else ()
    why = f"the meeting “{operation.title}” is moved"
    yield from work.ask(Call("patch", str(event["id"]), body, event["etag"], tells, why))
    assert id in work.series.own


def _delete_own(work: PairWork, operation: Operation, event: Event) -> Asking:
    tells = addresses(work, {}, event) if moment(starts(event)) > work.desk.now else ()
    why = f"the meeting “{operation.title}” is cancelled"
    yield from work.ask(Call("delete", str(event["id"]), {}, event["etag"], tells, why))
    work.series.own.pop(operation.id, None)


def _extra(work: PairWork, operation: Operation, at: str, *, tell: bool = True) -> Asking:
    record = operation.record
    slot = record.get("slot")
    for old in [s for s, known in work.series.known.items() if known == operation.id]:
        del work.series.known[old]  # it must not show twice
    master = work.series.current.master if work.series.current else {}
    usual = minutes(master) if master else DEFAULT_MINUTES
    body = _event(
        work, operation.id, at, minutes_of(record) or usual, slot if isinstance(slot, str) else "", ""
    )
    body["summary"] = master.get("summary") or operation.labels.get(work.series.pair, operation.title)
    coming = tell and moment(at) > work.desk.now
    tells = addresses(work, body, None) if coming else ()
    yield from work.insert("checkin", operation.id, body, tells, f"the new meeting “{operation.title}”")


def _event(work: PairWork, id: str, at: str, long: float, slot: str, follows: str) -> Body:
    """A single event for a check-in, with the series' own name, place and guests."""
    master = work.series.current.master if work.series.current else {}
    zone = work.series.current.zone if work.series.current else work.desk.zone
    more = {name: value for name, value in ((SLOT, slot), (FOLLOWS, follows)) if value}
    body: Body = {**span(at, long, zone), "summary": master.get("summary", ""),
                  "extendedProperties": {"private": marks("checkin", id, id, **{PAIR: work.series.pair}, **more)}}  # fmt: skip
    if master.get("location"):
        body["location"] = master["location"]
    if work.desk.invites != "none" and master.get("attendees"):
        body["attendees"] = [
            {"email": guest["email"]} for guest in master["attendees"] if not guest.get("self")
        ]
    return body


def remove_checkin(work: PairWork, operation: Operation) -> Asking:
    """Take the check-in out of the calendar: an event of its own is deleted, an occurrence left out of the series."""
    series, id = work.series, operation.id
    expected = operation.expected.get("slot")
    slot = next(
        (s for s, known in series.known.items() if known == id),
        expected if isinstance(expected, str) else None,
    )
    series.known = {s: known for s, known in series.known.items() if known != id}
    if id in series.own:
        yield from _delete_own(work, operation, series.own[id])
        return
    segment = series.segment_of(slot) if slot is not None else None
    if segment is None or slot is None:
        return
    if work.stuck:
        raise Refused("its series could not be changed", "See what is said about the pair.")
    lines = [*segment.master["recurrence"], exdate_line(slot, segment.zone)]
    event = segment.exceptions.get(slot)
    seen = event is None or not cancelled(event)
    at = starts(event) if event is not None and seen else slot
    tells = addresses(work, {}, segment.master) if seen and moment(at) > work.desk.now else ()
    why = f"the meeting “{operation.title}” is cancelled"
    yield from work.ask(Call("patch", segment.id, {"recurrence": lines}, segment.master["etag"], tells, why))
    segment.exceptions.pop(slot, None)


def keep_what_was_moved(work: PairWork, operation: Operation) -> Asking:
    """A coming meeting with a record, in a slot that the changed series no longer has, becomes an event of its own.

    Without mail: nothing about that meeting changed.
    """
    series = work.series
    if operation.action == "create" or series.current is None:
        return
    lost: dict[str, Event | None] = {s: None for s in series.known if series.segment_of(s) is None}
    for segment in series.segments:
        for slot in [s for s in segment.exceptions if not segment.occurs(s) and s not in segment.left_out]:
            lost[slot] = segment.exceptions.pop(slot)
    for slot, event in sorted(lost.items()):
        id = series.known.pop(slot, None) or checkin_id(series.pair, slot)
        at = starts(event) if event is not None and not cancelled(event) else slot
        if id in work.leaving or moment(at) < work.desk.now or (event is not None and cancelled(event)):
            continue
        long = minutes(event) if event is not None else _usual(operation, minutes(series.current.master))
        follows = str(int(long)) if float(long).is_integer() else ""
        body = _event(work, id, at, long, slot, follows)
        yield from work.insert("checkin", id, body, (), "")


def _usual(operation: Operation, now: float) -> float:
    before = operation.expected.get("minutes")
    return before if isinstance(before, int | float) else now
