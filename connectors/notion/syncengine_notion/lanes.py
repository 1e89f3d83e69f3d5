"""Operations side by side: those of several tables, and several of one where there are many.

Vendor fact: concurrent writes of one table collide now and then (409), and are tried again; a table that collides is written
by one lane from then on. The pace of the connection holds for all lanes together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue

from syncengine.connector import Operation, Outcome

_SHARE = 8
"""So many operations are worth a lane of their own."""


def side_by_side(
    operations: Sequence[Operation],
    lanes: int,
    carry_out: Callable[[Operation], Outcome],
    collides: Callable[[str], bool],
) -> Iterator[tuple[Operation, Outcome]]:
    """Each operation with what became of it, as they end. Raises what `carry_out` raises; what was begun ends before.

    `collides`: whether writes to the table of a kind have collided.
    """
    waiting: dict[str, deque[Operation]] = {}
    for operation in operations:
        waiting.setdefault(operation.kind, deque()).append(operation)
    if lanes == 1 or (len(waiting) < 2 and len(operations) < 2 * _SHARE):
        for operation in (one for kind in waiting.values() for one in kind):
            yield operation, carry_out(operation)
        return
    outcomes: SimpleQueue[tuple[Operation, Outcome] | Future[None]] = SimpleQueue()
    stopped: list[BaseException] = []

    def run(kind: str, *, first: bool) -> None:
        while not stopped and (first or not collides(kind)):
            try:
                operation = waiting[kind].popleft()
            except IndexError:
                return
            outcomes.put((operation, carry_out(operation)))

    jobs = [
        (kind, number)
        for number in range(lanes)
        for kind, theirs in waiting.items()
        if number == 0 or len(theirs) > number * _SHARE
    ]
    with ThreadPoolExecutor(lanes, thread_name_prefix="notion") as pool:
        running = len(jobs)
        for kind, number in jobs:
            pool.submit(run, kind, first=number == 0).add_done_callback(outcomes.put)
        while running:
            one = outcomes.get()
            if isinstance(one, Future):
                running -= 1
                error = one.exception()
                stopped += [error] if error is not None else []
            else:
                yield one
    if stopped:
        raise stopped[0]
