"""What an operation on a pair does to its series."""

from __future__ import annotations

from syncengine.connector import Operation
from syncengine.model.cadence import Cadence, cadence_of
from syncengine.model.moments import moment
from syncengine.model.series import TIMING
from syncengine.model.values import Unreadable
from syncengine_gcal import markup
from syncengine_gcal.calls import Call
from syncengine_gcal.marks import EVENT, MARK, PAUSED, Event, marks, properties
from syncengine_gcal.series import Segment
from syncengine_gcal.work import Asking, PairWork
from syncengine_gcal.writing import (
    Body,
    Refused,
    cut,
    guests,
    has_past,
    is_paused,
    new_series,
    paused_note,
    replanned,
    texts,
    with_property,
)


def put_pair(work: PairWork, operation: Operation) -> Asking:
    """Create the series, or set what the operation changes of it."""
    record = operation.record
    cadence = cadence_of({**record, "status": None}, work.desk.zone)
    if isinstance(cadence, Unreadable):
        raise Refused(f"“{cadence.text}” {cadence.reason}", cadence.remedy)
    if work.series.current is None:
        if cadence is not None and not is_paused(record):
            yield from _make(work, operation, cadence)
        elif work.series.ghost is None:
            raise Refused(
                "the pair does not say how often it meets", "Fill in how often, and the first meeting."
            )
        return
    yield from _change(work, operation, work.series.current, cadence)


def _make(work: PairWork, operation: Operation, cadence: Cadence) -> Asking:
    agenda = operation.record.get("agenda")
    description = markup.with_agenda_markup("", str(agenda)) if agenda else ""
    body = new_series(operation, cadence, operation.id, work.desk.invites, description)
    if work.desk.video and not body.get("location"):
        ask = {"requestId": operation.id, "conferenceSolutionKey": {"type": "hangoutsMeet"}}
        body["conferenceData"] = {"createRequest": ask}
    tells = addresses(work, body, None)
    yield from work.insert("pair", operation.id, body, tells, f"the new series “{operation.title}”")
    segment = work.current()
    left = texts(segment.master, operation.record)  # one that was there already is an update of it
    if left:
        yield from work.ask(Call("patch", segment.id, left, segment.master["etag"]))


def _change(work: PairWork, operation: Operation, segment: Segment, cadence: Cadence | None) -> Asking:
    record, changed, master = operation.record, set(operation.fields), segment.master
    pausing = is_paused(record) or cadence is None
    noted = properties(master).get(PAUSED)
    stops = pausing and noted is None
    resumes = not pausing and noted is not None
    body = texts(master, operation.fields)
    if "members" in changed:
        body |= guests(master, operation, work.desk.invites)
    before = {name: body.get(name) for name in ("start", "end", "recurrence")}
    shown = cadence or segment.cadence
    if shown is None and stops:
        raise Refused(
            f"the calendar repeats it in its own way ({segment.rule})", "End the repetition in the calendar."
        )
    if stops and shown is not None and not has_past(shown, work.desk.now):
        if len(work.series.segments) > 1:
            raise Refused(
                f"the calendar changes the rhythm on {shown.first} (“this and following”), which has not come yet",
                "Pause it after that day, or delete the later series in the calendar first.",
            )
        yield from _stop_before_it_began(work, operation, segment)
        return
    if shown is not None and (stops or resumes or changed & {*TIMING, "minutes"}):
        what = changed | ({"until"} if stops or resumes else set())
        body |= replanned(segment, shown, what, work.desk.now, paused=pausing)
    if pausing:
        note = paused_note(record)
        body = body if noted == note else with_property(body, PAUSED, note)
    elif noted is not None:
        body = with_property(body, PAUSED, None)
    if operation.stamp:
        for name, value in marks("pair", operation.id, segment.id).items():
            body = with_property(body, name, value)
    timed = any(body.get(name) is not None and body.get(name) != before[name] for name in before)
    if body:
        tells, why = _reason(work, operation, segment, body, timed=timed, stops=stops)
        yield from work.ask(Call("patch", segment.id, body, master["etag"], tells, why))


def _reason(
    work: PairWork, operation: Operation, segment: Segment, body: Body, *, timed: bool, stops: bool
) -> tuple[tuple[str, ...], str]:
    """Whom to mail, and why: for a changed cadence or other members; for words and the agenda nobody."""
    if timed:
        what = "the series pauses" if stops else "its meetings are at other times"
    elif "attendees" in body:
        what = "its members changed"
    else:
        return (), ""
    if timed and not _concerns_the_future(work, segment):
        return (), ""
    return addresses(work, body, segment.master), f"“{operation.title}”: {what}"


def _concerns_the_future(work: PairWork, segment: Segment) -> bool:
    ends = segment.ends
    return ends is None or moment(ends) > work.desk.now or PAUSED in properties(segment.master)


def _stop_before_it_began(work: PairWork, operation: Operation, segment: Segment) -> Asking:
    """A rule that ends before it starts has no meaning, so the event goes; it is made anew when the pair goes on."""
    tells = addresses(work, {}, segment.master)
    yield from work.ask(
        Call("delete", segment.id, {}, segment.master["etag"], tells, f"“{operation.title}” pauses")
    )
    work.series.ghost = {**segment.master}
    private = {**properties(segment.master), PAUSED: paused_note(operation.record)}
    work.series.ghost["extendedProperties"] = {"private": private}
    work.series.segments.remove(segment)


def remove_pair(work: PairWork, operation: Operation) -> Asking:
    """Delete the series as it meets now; what it was before "this and following" stays as history, no longer ours."""
    segment = work.series.current
    work.series.ghost = None
    if segment is None:
        return
    coming = _concerns_the_future(work, segment)
    tells = addresses(work, {}, segment.master) if coming else ()
    yield from work.ask(
        Call("delete", segment.id, {}, segment.master["etag"], tells, f"“{operation.title}” is cancelled")
    )
    work.series.segments.remove(segment)
    for older in [*work.series.segments]:
        yield from _let_go(work, older)


def _let_go(work: PairWork, segment: Segment) -> Asking:
    """An earlier part of a deleted series: it ends now, and bears our mark no longer, or it would be found again."""
    body: Body = {}
    for name in (MARK, EVENT):
        body = with_property(body, name, None) if name in properties(segment.master) else body
    cadence, ends = segment.cadence, segment.ends
    if cadence is not None and segment.rule is not None and (ends is None or moment(ends) > work.desk.now):
        kept = [line for line in segment.master["recurrence"] if line.startswith("EXDATE")]
        body["recurrence"] = [f"RRULE:{cut(segment.rule, cadence, work.desk.now)}", *kept]
    if body:
        yield from work.ask(Call("patch", segment.id, body, segment.master["etag"]))
    work.series.segments.remove(segment)


def addresses(work: PairWork, body: Body, event: Event | None) -> tuple[str, ...]:
    """Who is mailed about a change of an event: its guests before and after; nobody where nobody is to be invited."""
    if work.desk.invites == "none":
        return ()
    before = list((event or {}).get("attendees", ()))
    after = list(body.get("attendees", before))
    found = {
        guest["email"] for guest in before + after if not guest.get("self") and not guest.get("resource")
    }
    return tuple(sorted(found - {work.desk.organizer}))
