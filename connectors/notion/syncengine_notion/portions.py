"""An operation in portions: the fields that Notion takes, as many at a time as a request may carry, and those it does not.

Vendor fact: a request holds at most 500 KB. A record whose texts are larger than that is written in several requests;
a single text that Notion can't hold is refused by itself, and the rest of the record is written (design rule 21).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from syncengine.connector import Done, Operation, Outcome, Reading, Rejected
from syncengine.model.values import Fields
from syncengine_notion.mapping import Unwritable

MOST_BYTES = 400_000
"""Of the values; the rest of a request is small."""


@dataclass
class Portions:
    """What of an operation can be written, in which order, and what can't."""

    first: Fields = field(default_factory=dict)
    later: list[Fields] = field(default_factory=list)
    refused: dict[str, Unwritable] = field(default_factory=dict)
    size: int = 0
    """Bytes of what can be written first."""


def portions(fields: Fields, written: Callable[[str], object]) -> Portions:
    """`fields` by what fits: `written` gives a field's value as it goes over the wire, or raises `Unwritable`."""
    found, sizes = Portions(), dict[str, int]()
    for name in fields:
        try:
            sizes[name] = size_of(written(name))
        except Unwritable as problem:
            found.refused[name] = problem
    groups: list[Fields] = [{}]
    room = MOST_BYTES
    for name in sorted(sizes, key=lambda name: sizes[name]):
        if sizes[name] > room and groups[-1]:
            groups.append({})
            room = MOST_BYTES
        groups[-1][name] = fields[name]
        room -= sizes[name]
    found.first, found.later = groups[0], groups[1:]
    found.size = sum(sizes[name] for name in found.first)
    return found


def size_of(value: object) -> int:
    """Bytes of a value on its way."""
    return len(json.dumps(value, ensure_ascii=False).encode())


def carried_out(operation: Operation, parts: Portions, write: Callable[[Operation], Outcome],
                more: Callable[[Operation], Outcome]) -> Outcome:  # fmt: skip
    """Write the portions one after the other. `write`: the first, `more`: each later one, as an update of the same item."""
    outcome = write(replace(operation, fields=parts.first))
    if not isinstance(outcome, Done):
        return replace(outcome, operation=operation)
    done, held = dict(parts.first), dict(outcome.held or {})
    for fields in parts.later:
        blank: Mapping[str, Reading] = (
            dict.fromkeys(fields) if operation.action == "create" else operation.expected
        )
        update = replace(
            operation, action="update", handle=outcome.handle, fields=fields, expected=blank, stamp=False
        )
        later = more(update)
        if not isinstance(later, Done):
            partly = Done(replace(operation, fields=done), outcome.handle, held)
            return Rejected(operation, later.reason, getattr(later, "remedy", ""), partly=partly)
        done.update(fields)
        held.update(later.held or {})
    whole = Done(replace(operation, fields=done), outcome.handle, held)
    if not parts.refused:
        return replace(whole, operation=operation)
    reasons = "; ".join(problem.reason for problem in parts.refused.values())
    return Rejected(operation, reasons, next(iter(parts.refused.values())).remedy, partly=whole)


def all_refused(operation: Operation, parts: Portions) -> Iterator[Rejected]:
    """The answer to an update of which nothing can be written."""
    if operation.action == "update" and parts.refused and not parts.first and not operation.stamp:
        problem = next(iter(parts.refused.values()))
        yield Rejected(operation, problem.reason, problem.remedy)
