"""The agenda in the calendar: in the description of the next meeting alone, around what people wrote there."""

from __future__ import annotations

from syncengine.connector import Operation
from syncengine.model.moments import moment
from syncengine_gcal import markup
from syncengine_gcal.calls import Call
from syncengine_gcal.marks import Event
from syncengine_gcal.meeting_work import instance_id
from syncengine_gcal.reading import agenda_held
from syncengine_gcal.series import cancelled, starts
from syncengine_gcal.work import Asking, PairWork


def agenda(work: PairWork, operation: Operation) -> Asking:
    """Write the agenda that the record has; see `place_agenda`."""
    text = operation.record.get("agenda")
    yield from place_agenda(work, str(text) if text else None)


def place_agenda(work: PairWork, wanted: str | None) -> Asking:
    """Write the agenda into the next meeting alone, and out of any other that is still to come. Nobody is mailed.

    Out of the others first: a run that dies in between leaves no agenda, which the next one sees, rather than two.
    """
    segment = work.series.current
    if segment is None:
        return
    target = _next(work) if wanted else None
    held, _ = agenda_held(work.series)
    master_has = markup.has_agenda(segment.master.get("description", ""))
    if (
        wanted
        and master_has
        and not held
        and markup.agenda_of(segment.master["description"]) == wanted.rstrip()
    ):
        return
    for event in held:
        stale = moment(starts(event)) > work.desk.now and (target is None or event["id"] != target[0])
        if stale:
            yield from _describe(work, str(event["id"]), event, None)
    around = str(target[1].get("description", "")) if target is not None else ""
    if master_has:
        yield from _describe(work, segment.id, segment.master, None)
        target = _next(work) if wanted else None  # what the series says of it is another now
    if target is not None:
        yield from _describe(work, target[0], target[1], wanted, around)


def _describe(work: PairWork, id: str, event: Event, agenda: str | None, around: str | None = None) -> Asking:
    """Put the agenda into a description, at its place in the text `around` it (`None`: what is there now)."""
    before = str(event.get("description", ""))
    after = markup.with_agenda_markup(before if around is None else around, agenda)
    if after != before:
        yield from work.ask(Call("patch", id, {"description": after}, event["etag"]))


def _next(work: PairWork) -> tuple[str, Event] | None:
    """The next meeting that takes place: its id, and what it says now."""
    found: list[tuple[str, str, Event]] = []
    for event in work.series.own.values():
        found.append((starts(event), str(event["id"]), event))
    for slot in work.series.known:
        segment = work.series.segment_of(slot)
        if segment is None:
            continue
        there = segment.exceptions.get(slot)
        if there is None:
            found.append((slot, instance_id(segment, slot), segment.master))
        elif not cancelled(there):
            found.append((starts(there), str(there["id"]), there))
    coming = sorted(
        ((at, id, event) for at, id, event in found if moment(at) >= work.desk.now), key=lambda one: one[:2]
    )
    return (coming[0][1], coming[0][2]) if coming else None
