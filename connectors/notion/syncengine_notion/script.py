"""From one text in parts to another by few steps, each a request: what did not change is not touched, nor are the comments
on it. Pure, and the same each time, so that a text is recognised in which such a script broke off (`halfway`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from syncengine_notion.parts import Part, parse, rendered

MOST_BLOCKS = 100
"""In one array of blocks (vendor fact)."""
_MOST_IN_ALL, _MOST_BYTES, _MOST_DEPTH = 900, 400_000, 2
"""Vendor facts: 1,000 blocks and 500 KB in a request, and two levels below the first."""


@dataclass(frozen=True, slots=True)
class Set:
    """The part at `at` says something else now."""

    at: int
    part: Part


@dataclass(frozen=True, slots=True)
class Put:
    """New parts, in one request, where `at` is their first place."""

    at: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """`count` parts from `at` on are no more: one, with what lies in it."""

    at: int
    count: int


Step = Set | Put | Cut


def applied(line: list[Part], step: Step) -> None:
    """Do one step, in place."""
    if isinstance(step, Set):
        line[step.at] = step.part
    elif isinstance(step, Put):
        line[step.at : step.at] = step.parts
    else:
        del line[step.at : step.at + step.count]


def script(have: Sequence[Part], want: Sequence[Part]) -> Iterator[Step]:
    """The steps, each counted in what the ones before have left, from the front to the end; new parts come before the old go."""
    pairs = _pairs(have, want)
    line = list(have)
    old = here = 0
    new: list[Part] = []
    for number, part in enumerate([*want, None]):
        place = pairs.get(number) if part is not None else len(have)
        if place is None and part is not None:
            new.append(part)
            continue
        assert place is not None
        for step in _gap(line, here, place - old, new):
            applied(line, step)
            yield step
        here += len(new)
        new = []
        if part is None:
            return
        if line[here] != part:
            change = Set(here, part)
            applied(line, change)
            yield change
        old, here = place + 1, here + 1


def _gap(line: Sequence[Part], here: int, gone: int, new: Sequence[Part]) -> Iterator[Step]:
    """`new` instead of the `gone` parts from `here` on."""
    old, under = list(line[here : here + gone]), 0
    if new and here:  # what lies in the item before it would stand before the new parts
        shallow = min(part.depth for part in new)
        under = next((n for n, part in enumerate(old) if part.depth <= shallow), gone)
    yield from _cuts(here, old[:under])
    at = here
    for parts in batches(new, line[here - 1].depth + line[here - 1].listed if here else 0):
        yield Put(at, tuple(parts))
        at += len(parts)
    yield from _cuts(at, old[under:])


def _cuts(at: int, parts: Sequence[Part]) -> Iterator[Cut]:
    """From the end on, each with what lies in it."""
    found, left = [], list(parts)
    while left:
        count = next((n for n, part in enumerate(left) if n and part.depth <= left[0].depth), len(left))
        found.append(Cut(at, count))
        at, left = at + count, left[count:]
    yield from reversed(found)


def _pairs(have: Sequence[Part], want: Sequence[Part]) -> dict[int, int]:
    """Place in `want` to place in `have`, for what stays and what is changed where it is: under the same item as before."""
    found: dict[int, int] = {}
    matcher = SequenceMatcher(None, have, want, autojunk=False)
    for what, i, i_end, j, j_end in matcher.get_opcodes():
        if what in ("equal", "replace"):
            for old, new in zip(range(i, i_end), range(j, j_end), strict=False):
                if have[old].kind != want[new].kind or have[old].depth != want[new].depth:
                    break
                found[new] = old
    for new, old in sorted(found.items()):
        above = _above(want, new)
        if (None if above is None else found.get(above, -1)) != _above(have, old):
            del found[new]
    return found


def _above(parts: Sequence[Part], place: int) -> int | None:
    """Where the item is that a part lies in."""
    depth = parts[place].depth
    return next((n for n in range(place - 1, -1, -1) if parts[n].depth < depth), None) if depth else None


def batches(parts: Sequence[Part], deepest: int = 0) -> Iterator[list[Part]]:
    """As many at a time as a request may carry, none shallower than its first. `deepest`: where the first may lie at most."""
    batch: list[Part] = []
    counts: dict[int, int] = {}
    size = 0
    for part in parts:
        base = batch[0].depth if batch else min(part.depth, deepest)
        limit = min(base + _MOST_DEPTH, batch[-1].depth + batch[-1].listed if batch else base)
        fits = part if part.depth <= limit else replace(part, depth=limit)
        bytes_ = len(json.dumps(fits.text, ensure_ascii=False).encode()) + 400
        counts = {depth: count for depth, count in counts.items() if depth <= fits.depth}
        if batch and (
            fits.depth < base or counts.get(fits.depth, 0) >= MOST_BLOCKS or len(batch) >= _MOST_IN_ALL
            or size + bytes_ > _MOST_BYTES
        ):  # fmt: skip
            yield batch
            deepest = batch[-1].depth + batch[-1].listed
            batch, counts, size = [], {}, 0
            fits = replace(part, depth=min(part.depth, deepest))
        batch.append(fits)
        counts[fits.depth] = counts.get(fits.depth, 0) + 1
        size += bytes_
    if batch:
        yield batch


def halfway(before: str, after: str, now: str) -> bool:
    """Whether `now` is what a script from `before` to `after` leaves when it breaks off."""
    line = parse(before)
    for step in script(list(line), parse(after)):
        applied(line, step)
        if rendered(line) == now:
            return True
    return False
