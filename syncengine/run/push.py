"""Last step of a run: carry out the plan; each outcome moves its own shadow (rules 6, 8, 21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeGuard

from syncengine.connector import Done, InDoubt, Operation, Outcome, Rejected, Remarking, names_of
from syncengine.core.shadow import Shadow, without
from syncengine.errors import Bug, MentorsyncError
from syncengine.model.moments import instant, moment
from syncengine.model.values import Named, Unreadable, Value
from syncengine.run.identities import follow
from syncengine.run.live import Live
from syncengine.run.work import Work

_BATCH = 500
"""Outcomes per transaction. What a crash loses of them the next run finds in the tool (rules 5, 7)."""

Progress = Callable[[str, int, int], None]
"""Told of each outcome: replica, how many there are, of how many."""

_COUNTED = {"create": "created", "update": "updated", "delete": "deleted"}


def push_all(work: Work, now: Callable[[], datetime], report: Progress) -> None:
    """Push to every replica, then see how far its next read may start (`Work.cursors`); `end` keeps that.

    `report`: (replica, outcomes so far, of how many), for progress bars.
    """
    for live in work.lives:
        if not live.usable:
            continue
        operations = work.operations.pop(live.name, [])
        silent = live.name in work.unremarked and isinstance(live.replica, Remarking)
        remarks = (
            not silent
            and isinstance(live.replica, Remarking)
            and live.replica.remark(work.troubles.get(live.name, ()))
        )
        follows = follow(work, live)
        if operations or remarks or follows:
            _push(work, live, operations, now, report)
        del operations  # they may be many, and a cursor long
        if silent:
            continue  # the next run reads it anew, and shows what it can't use
        _move_cursor(work, live)


def _move_cursor(work: Work, live: Live) -> None:
    cursor = live.replica.cursor()
    if cursor != live.row.cursor:  # it may be long, and often is what it was
        work.cursors[live.name] = live.row.cursor = cursor


def end(work: Work, run: int, at: str, status: str, summary: dict[str, Any]) -> None:
    """Move the cursors, last of all (rule 20), and note how the run ended: one commit, which costs more than what is in it."""
    with work.store.transaction():
        for name, cursor in work.cursors.items():
            work.store.put_cursor(name, cursor)
        work.store.end_run(run, at, status, summary)


def _push(work: Work, live: Live, operations: Sequence[Operation], now: Callable[[], datetime],
          report: Progress) -> None:  # fmt: skip
    outcomes = _outcomes(live, operations, report)
    while batch := list(islice(outcomes, _BATCH)):
        at = instant(now(), work.canon.locale.zone)
        with work.store.transaction():
            made = [] if live.connector.capabilities.read_lag else [o for o in batch if _as_meant(o)]
            work.store.created(live.name, ((o.handle, o.operation.id) for o in made))
            known = {o.operation.id for o in made}
            shadows = work.store.shadows(
                live.name, [o.operation.id for o in batch if o.operation.id not in known]
            )
            keep, drop = [], []
            for outcome in batch:
                shadow = shadows.get(outcome.operation.id)
                _count(work, live, outcome)
                took = outcome.partly if isinstance(outcome, Rejected) else outcome
                if not isinstance(took, Done) or shadow is None:
                    continue
                after = _moved(live, shadow, took, at)
                if after is not None and isinstance(outcome, Rejected):
                    _left(after, outcome)
                keep += [after] if after is not None else []
                drop += [shadow.record] if after is None else []
            work.store.put_shadows(keep)
            work.store.drop_shadows(live.name, drop)


def _outcomes(live: Live, operations: Sequence[Operation], report: Progress) -> Iterator[Outcome]:
    """What the connector answers; a tool that gives up half-way leaves the rest for the next run."""
    try:
        for done, outcome in enumerate(live.replica.push(operations), start=1):
            report(live.name, done, len(operations))
            yield outcome
    except MentorsyncError as error:
        live.problem = error
    except Exception as error:  # as in reading: what it did not answer for is looked up by the next run
        live.problem = Bug.of(error, f"replica {live.name!r}")


def _as_meant(outcome: Outcome) -> TypeGuard[Done]:
    """Whether it is a creation that became exactly what its shadow intends, and what most of a first sync is."""
    return isinstance(outcome, Done) and outcome.operation.action == "create" and outcome.held is None


def _moved(live: Live, shadow: Shadow, outcome: Done, at: str) -> Shadow | None:
    """The shadow after a write: what the tool says it holds (rule 8); `None` where it holds nothing any more."""
    operation = outcome.operation
    lag = live.connector.capabilities.read_lag
    if lag:
        if not shadow.fresh(moment(at), lag):
            shadow.before = {}
        shadow.written = at
    if operation.action == "delete":
        shadow.state = "leaving"
        return shadow if lag else None
    for name, value in operation.fields.items():
        if lag:
            _cover(shadow, name)
        told = outcome.held is not None
        reading = outcome.held.get(name, _NOTHING) if outcome.held is not None else value
        _hold(shadow, name, value, reading)
        if name in shadow.named and not isinstance(reading, Named):
            if told:
                shadow.named = without(shadow.named, name)  # the tool says that it holds an id, not a name
            else:
                shadow.named = {**shadow.named, name: names_of(value, operation.labels)}
    shadow.handle = outcome.handle
    shadow.stamp = shadow.stamp and not operation.stamp
    shadow.state = "agreed"
    return shadow


def _left(shadow: Shadow, outcome: Rejected) -> None:
    """Part of the operation is still to be done: what a create was to hold of it is unknown there."""
    assert outcome.partly is not None
    if outcome.operation.action == "create":
        for name in outcome.operation.fields.keys() - outcome.partly.operation.fields.keys():
            shadow.held.pop(name, None)
    shadow.state = "behind"


def _cover(shadow: Shadow, name: str) -> None:
    """Remember what a read may still show: the value, and the name it stood there by."""
    shown = [*shadow.before.get(name, ()), shadow.held.get(name)]
    if shadow.named.get(name):
        shown.append(shadow.named[name])
    shadow.before = {**shadow.before, name: shown}


def _hold(shadow: Shadow, name: str, value: Value, reading: object) -> None:
    shadow.unread, shadow.sent = without(shadow.unread, name), without(shadow.sent, name)
    if isinstance(reading, Named):
        shadow.named = {**shadow.named, name: reading.text}
        shadow.held[name] = value
    elif isinstance(reading, Unreadable) or reading is _NOTHING:
        shadow.held.pop(name, None)
        shadow.sent = {**shadow.sent, name: value}
    else:
        shadow.held[name] = reading  # type: ignore[assignment]  # the sentinel is excluded above
        if reading != value:
            shadow.sent = {**shadow.sent, name: value}


_NOTHING = object()


def _count(work: Work, live: Live, outcome: Outcome) -> None:
    action = outcome.operation.action
    if isinstance(outcome, Done):
        live.counts[_COUNTED[action]] += 1
        return
    live.counts["rejected"] += isinstance(outcome, Rejected)
    what = f"{live.name}: could not {action} “{outcome.operation.title}”: {outcome.reason}"
    if isinstance(outcome, InDoubt):
        work.warnings.append(f"{what}; the next run looks whether it took effect")
    else:
        place = f" ({outcome.where})" if outcome.where else ""
        work.warnings.append(f"{what}{place}{f' → {outcome.remedy}' if outcome.remedy else ''}")
