"""Whether a place was put back to an older state of its: what it shows now is what it showed once (pure).

Against the shadow, an old copy of a workbook looks like somebody who edits every record back (rule 1 asks no clock). But a
copy has one thing that edits have not: there is one moment of the past of which all that changed back is what was so then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from syncengine.model.values import Value


class Span(NamedTuple):
    """The runs after which a value, or a record, was as it is shown now: from `since` on, and before `until`."""

    since: int
    until: int

    def __and__(self, other: Span) -> Span:
        return Span(max(self.since, other.since), min(self.until, other.until))

    @property
    def empty(self) -> bool:
        return self.since >= self.until

    def has(self, run: int) -> bool:
        """Whether it was so after that run."""
        return self.since <= run < self.until


NEVER = Span(0, 0)

Step = tuple[int, Value, Value]
"""Run, value before, value after."""


def went_back(now: Value, steps: Sequence[Step], born: int, equal: Callable[[Value, Value], bool]) -> Span:
    """When a field last said `now`, from all its changes, oldest first; `NEVER` where it never did.

    `born`: the run in which the record came to be: what a field was before that, is no state of it.
    """
    for at in range(len(steps) - 1, -1, -1):
        run, before, _ = steps[at]
        if equal(before, now) and run > born:
            return Span(steps[at - 1][0] if at else born, run)
    return NEVER


def moment(spans: Iterable[Span]) -> tuple[int, int]:
    """The run after which most of the spans were so, the latest such, and how many those are; (0, 0) for no spans."""
    steps = sorted([(span.since, 1) for span in spans if not span.empty], key=lambda step: step)
    ends = sorted(span.until for span in spans if not span.empty)
    best, count, at = (0, 0), 0, 0
    for since, more in steps:
        while at < len(ends) and ends[at] <= since:
            count, at = count - 1, at + 1
        count += more
        if count >= best[1]:
            best = (ends[at] - 1, count)
    return best
