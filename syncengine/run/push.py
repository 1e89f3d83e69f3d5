"""Last step of a run: carry out the plan; each outcome moves its own shadow (rules 6, 8, 21)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from syncengine.connector import Done, InDoubt, Operation, Outcome, Rejected, names_of
from syncengine.core.shadow import Shadow
from syncengine.errors import Bug, MentorsyncError
from syncengine.model.moments import instant
from syncengine.model.values import Named, Unreadable
from syncengine.run.live import Live
from syncengine.run.work import Work

_BATCH = 200
"""Outcomes per transaction. What a crash loses of them the next run finds in the tool (rules 5, 7)."""

_COUNTED = {"create": "created", "update": "updated", "delete": "deleted"}


def push_all(work: Work, report: Callable[[str, int], None]) -> None:
    """Push to every replica, then move its cursor. `report`: (replica, outcomes so far), for progress bars."""
    for live in work.lives:
        if not live.usable:
            continue
        operations = work.operations.get(live.name, [])
        if operations:
            _push(work, live, operations, report)
        with work.store.transaction():
            work.store.put_cursor(live.name, live.replica.cursor())


def _push(work: Work, live: Live, operations: Sequence[Operation], report: Callable[[str, int], None]) -> None:
    outcomes = _outcomes(live, operations)
    done = 0
    while batch := list(islice(outcomes, _BATCH)):
        shadows = work.store.shadows(live.name, [o.operation.id for o in batch])
        with work.store.transaction():
            keep, drop = [], []
            for outcome in batch:
                shadow = shadows.get(outcome.operation.id)
                if isinstance(outcome, Done) and outcome.operation.action == "delete":
                    drop.append(outcome.operation.id)
                elif isinstance(outcome, Done) and shadow is not None:
                    keep.append(_moved(work, live, shadow, outcome))
                _count(work, live, outcome)
            work.store.put_shadows(keep)
            work.store.drop_shadows(live.name, drop)
        done += len(batch)
        report(live.name, done)


def _outcomes(live: Live, operations: Sequence[Operation]) -> Iterator[Outcome]:
    """What the connector answers; a tool that gives up half-way leaves the rest for the next run."""
    try:
        yield from live.replica.push(operations)
    except MentorsyncError as error:
        live.problem = error
    except Exception as error:  # as in reading: what it did not answer for is looked up by the next run
        live.problem = Bug.of(error, f"replica {live.name!r}")


def _moved(work: Work, live: Live, shadow: Shadow, outcome: Done) -> Shadow:
    """The shadow after a write: what the tool says it holds (rule 8)."""
    operation = outcome.operation
    lag = live.connector.capabilities.read_lag
    for name, value in operation.fields.items():
        if lag:
            shadow.before[name] = shadow.held.get(name)
        reading = value if outcome.held is None else outcome.held.get(name, _NOTHING)
        shadow.unread.pop(name, None)
        shadow.sent.pop(name, None)
        if isinstance(reading, Named):
            shadow.named[name] = reading.text
            shadow.held[name] = value
        elif isinstance(reading, Unreadable) or reading is _NOTHING:
            shadow.held.pop(name, None)
            shadow.sent[name] = value
        else:
            shadow.held[name] = reading  # type: ignore[assignment]  # the sentinel is excluded above
            if reading != value:
                shadow.sent[name] = value
            if name in shadow.named:
                shadow.named[name] = names_of(value, operation.labels)
    if lag:
        shadow.written = instant(work.now, work.canon.locale.zone)
    shadow.handle = outcome.handle
    shadow.stamp = shadow.stamp and not operation.stamp
    shadow.state = "agreed"
    return shadow


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
