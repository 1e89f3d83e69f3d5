"""Between settling and agreeing: a replica that an older copy was put back into must not undo what came after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from syncengine.core import guard, rewind
from syncengine.core.delta import Edit, Told
from syncengine.core.rewind import Span
from syncengine.model.kind import Kind
from syncengine.run.live import Live
from syncengine.run.work import Work
from syncengine.store import HistoryRow

_SAMPLE = 50
"""So many of the edited records tell whether the others are worth a look into their history."""
_NOTES = ("lost", "merged from", "written over generated text", "answer")
"""Rules of history that tell of words that did not become the record's."""
_ENGINES = ("checkin", "question")
"""Kinds whose records come and go by themselves."""


@dataclass
class _Back:
    """What a replica shows as it once was: record to when that was."""

    changed: int = 0
    """How many known records differ from what it held."""
    edited: dict[str, Span] = field(default_factory=dict)
    revived: dict[str, Span] = field(default_factory=dict)
    """Deleted since, and there again."""
    missing: dict[str, Span] = field(default_factory=dict)
    """Not there, as before they came to be."""


def look(work: Work) -> None:
    """Ask before values of the past undo newer ones; with `catch-up` allowed, let the replica catch up instead.

    Raises `GuardStop`.
    """
    for live in work.lives:
        if live.pull is None:
            continue
        back = _back(work, live)
        if back is None:
            continue
        run, _ = rewind.moment([*back.edited.values(), *back.revived.values(), *back.missing.values()])
        then = {
            id
            for some in (back.edited, back.revived, back.missing)
            for id, span in some.items()
            if span.has(run)
        }
        started = next((row.started for row in work.store.runs(limit=run + 10_000) if row.id == run + 1), "")
        titles = [
            work.canon.title(record) for id in sorted(then)[:3] if (record := work.canon.get(id)) is not None
        ]
        firing = guard.check_restored(live.name, then, back.changed, run + 1, started, titles, work.limits)
        if firing is None:
            continue
        if guard.CATCH_UP in work.gate.allow:
            _catch_up(work, live, then)
        else:
            work.gate.meet(firing)


def _back(work: Work, live: Live) -> _Back | None:
    """What went back in a replica; `None` where too little changed, or most of it to something new."""
    edited = dict(_edited(work, live))
    gone = [
        id
        for (replica, id), shadow in work.gone.items()
        if replica == live.name and shadow.kind not in _ENGINES
    ]
    if len(edited) + len(gone) < work.limits.restored_from:
        return None
    back = _Back(len(edited) + len(gone))
    for number, (id, edits) in enumerate(edited.items(), start=1):
        history = work.store.history(record=id)
        record = work.canon.get(id)
        assert record is not None
        if record.deleted:
            back.revived[id] = _before_burial(history)
        else:
            back.edited[id] = _of_all(work.canon.kinds[record.kind], edits, history)
        if number == _SAMPLE and sum(not span.empty for span in back.edited.values()) * 2 <= len(back.edited):
            return None
    if any(not span.empty for span in (*back.edited.values(), *back.revived.values())) or _the_newest(
        work, live, gone
    ):
        back.missing = {id: Span(0, _born(work.store.history(record=id))) for id in gone}
    return back


def _edited(work: Work, live: Live) -> Iterator[tuple[str, list[Edit]]]:
    """Known records and what was changed of them in this replica, generated text apart; deleted ones that are there again."""
    for id, edits in work.edits.items():
        record = work.canon.get(id)
        if record is None or not record.fields or record.kind in _ENGINES:
            continue
        if isinstance(edits, Told):
            if record.deleted and edits.replica == live.name:
                yield id, []
            continue
        kind = work.canon.kinds[record.kind]
        mine = [edit for edit in edits if edit.replica == live.name and not kind.fields[edit.field].computed]
        if mine:
            yield id, mine


def _of_all(kind: Kind, edits: list[Edit], history: list[HistoryRow]) -> Span:
    """When all that was edited of a record was so at once."""
    told = [row for row in history if row.rule not in _NOTES]
    span = Span(0, 1 << 62)
    for edit in edits:
        steps = [(row.run, *row.changes[edit.field]) for row in told if edit.field in row.changes]
        span &= rewind.went_back(edit.after, steps, _born(history), kind.fields[edit.field].type.equal)
    return span


def _before_burial(history: list[HistoryRow]) -> Span:
    runs = [row.run for row in history]
    burials = [row.run for row in history if "deleted" in row.changes]
    if not burials:
        return rewind.NEVER
    return Span(max((run for run in runs if run < burials[-1]), default=0), burials[-1])


def _born(history: list[HistoryRow]) -> int:
    return history[0].run if history else 0


def _the_newest(work: Work, live: Live, gone: list[str]) -> bool:
    """Whether what is gone is just what was made last, and several of it: ids tell when (design: the canonical model)."""
    asked = any((one.guard, one.replica) == (guard.MASS_DELETION, live.name) for one in work.gate.fired)
    if asked or len(gone) < max(work.limits.restored_from, guard.SEVERAL_NEW):
        return False
    known = sorted(id for id, shadow in work.store.shadows(live.name).items() if shadow.kind not in _ENGINES)
    return len(gone) < len(known) and sorted(gone) == known[-len(gone) :]


def _catch_up(work: Work, live: Live, then: set[str]) -> None:
    """What is older there is no edit: the records stay as they are, and the plan writes them there anew."""
    for id in then:
        left = [edit for edit in work.edits.get(id, ()) if edit.replica != live.name]
        if left:
            work.edits[id] = left
        else:
            work.edits.pop(id, None)
    work.caught_up |= {(live.name, id) for id in then if (live.name, id) in work.gone}
