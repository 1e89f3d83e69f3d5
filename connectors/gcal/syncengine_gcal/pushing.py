"""Many pairs' work at once: each pair goes on with its own next request, and those of all pairs share a batch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence

from syncengine.connector import Estimate, Mailing, Operation, Outcome, Rejected
from syncengine_gcal.calls import MOST_IN_A_BATCH, PER_MINUTE, Call, Reply, imagined
from syncengine_gcal.desk import Desk
from syncengine_gcal.marks import Event
from syncengine_gcal.reading import read_handle
from syncengine_gcal.series import Series
from syncengine_gcal.state import State
from syncengine_gcal.work import Asking, PairWork

_ANSWER = 1.0
"""Seconds until an answer."""

Carry = Callable[[Sequence[Call]], Sequence[Reply]]
_Waiting = tuple[PairWork, Asking, Call]


def by_pair(operations: Sequence[Operation]) -> dict[str, list[Operation]]:
    """The operations by the pair whose events they concern, in order."""
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        before = read_handle(operation.handle or "")[0]
        pair = operation.id if operation.kind == "pair" else before or str(operation.record.get("pair") or "")
        found.setdefault(pair, []).append(operation)
    return found


def push(desk: Desk, state: State, operations: Sequence[Operation], carry: Carry) -> Iterator[Outcome]:
    """Carry the operations out; the outcomes of a pair come when its work is done."""
    works: list[tuple[PairWork, Asking]] = []
    for pair, mine in by_pair(operations).items():
        leaving = [o for o in mine if _goes_elsewhere(o, pair)]
        yield from (_not_moved(o) for o in leaving)
        work = PairWork(desk, state.of(pair), [o for o in mine if o not in leaving], state.burnt)
        works.append((work, work.run()))
    waiting: list[_Waiting] = []
    for work, asking in works:
        yield from _next(work, asking, None, waiting)
    while waiting:
        now, waiting = waiting, []
        replies = carry([call for _, _, call in now])
        for (work, asking, _), reply in zip(now, replies, strict=True):
            yield from _next(work, asking, reply, waiting)


def _next(work: PairWork, asking: Asking, reply: Reply | None, waiting: list[_Waiting]) -> Iterator[Outcome]:
    try:
        call = asking.send(reply) if reply is not None else next(asking)
    except StopIteration:
        yield from work.outcomes
        return
    waiting.append((work, asking, call))


def _goes_elsewhere(operation: Operation, pair: str) -> bool:
    wanted = operation.record.get("pair")
    return operation.kind == "checkin" and operation.action == "update" and bool(wanted) and wanted != pair


def _not_moved(operation: Operation) -> Outcome:
    reason = "a meeting can't move from one pair's series to another's"
    return Rejected(operation, reason, "Make a new check-in for the other pair, and skip this one.")


def tried_out(desk: Desk, state: State, operations: Sequence[Operation]) -> list[Mailing]:
    """Every e-mail that `push` would send."""
    rounds = _rounds(desk, state, operations)
    return [Mailing(address, call.why) for calls in rounds for call in calls for address in call.tells]


def estimate(desk: Desk, state: State, operations: Sequence[Operation]) -> Estimate:
    """What `push` would take: requests, and seconds by the quota, which counts the calls within them."""
    rounds = [len(calls) for calls in _rounds(desk, state, operations)]
    requests = sum(-(-calls // MOST_IN_A_BATCH) for calls in rounds)
    return Estimate(requests, max(sum(rounds) - PER_MINUTE, 0) * 60 / PER_MINUTE + requests * _ANSWER)


def _rounds(desk: Desk, state: State, operations: Sequence[Operation]) -> list[list[Call]]:
    """The calls that `push` would make, those that go together together: the same steps, answered as a willing
    calendar would; nothing is written."""
    copied = State(
        state.calendar, state.token, state.since, copy.deepcopy(state.series), burnt=dict(state.burnt)
    )
    found: list[list[Call]] = []

    def carry(calls: Sequence[Call]) -> list[Reply]:
        found.append(list(calls))
        known = _events(copied.series)
        return [imagined(call, known.get(call.event) or _occurrence(known, call)) for call in calls]

    for _ in push(desk, copied, operations, carry):
        pass
    return found


def _events(series: Mapping[str, Series]) -> dict[str, Event]:
    return {str(event["id"]): event for one in series.values() for event in one.events()}


def _occurrence(known: Mapping[str, Event], call: Call) -> Event | None:
    """An occurrence that has no event of its own yet, as its series has it."""
    master_id, _, stamp = call.event.rpartition("_")
    master = known.get(master_id)
    if master is None or call.method != "patch":
        return None
    slot = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:11]}:{stamp[11:13]}:{stamp[13:]}"
    rest = {name: value for name, value in master.items() if name not in ("recurrence", "extendedProperties")}
    times = {"start": {"dateTime": slot}, "end": {"dateTime": slot}}
    return {
        **rest,
        **times,
        "id": call.event,
        "recurringEventId": master_id,
        "originalStartTime": {"dateTime": slot},
    }
