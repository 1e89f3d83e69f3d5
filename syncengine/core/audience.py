"""Who may see what (design: the canonical model). The engine never hands a replica what is beyond it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from syncengine.model.kind import Kind, Record
from syncengine.model.template import Template
from syncengine.model.values import Fields

PROGRAM = "program"


class View(NamedTuple):
    """What one replica may hold: the program's public part, or one pair's records whole."""

    replica: str
    template: Template
    """Already without the fields beyond the audience."""
    pair: str | None = None
    """The id of the pair whose own this replica is; `None`: the program's."""

    def kind(self, record: Record) -> Kind | None:
        """The kind as this replica may hold the record, or `None` if the record is beyond it."""
        kind = self.template.kinds.get(record.kind)
        if kind is None:
            return None
        if self.pair is None and kind.private_if and record.fields.get(kind.private_if):
            return None
        return kind

    def fields(self, kind: Kind, record: Record) -> Fields:
        """The record's fields that this replica may hold; nothing else ever reaches a connector."""
        held = record.fields
        return {name: held.get(name) for name in kind.fields}


Sight = Literal["all", "open", "own", "no"]
"""Of which records a replica may hold a field: of all, of all that are not between a pair, of its own pair's, of none."""


def sight(view: View, kind: str, name: str) -> Sight:
    """Of which records of a kind `View.fields` and `sees` let this replica hold the field."""
    declared = view.template.kinds.get(kind)
    if declared is None or name not in declared.fields:
        return "no"
    if view.pair is not None:
        return "own"
    return "open" if declared.private_if else "all"


def sees(view: View, record: Record, pair: str | None, members: frozenset[str]) -> bool:
    """Whether the record is within the replica's audience. `pair`: the one it belongs to; `members`: of the view's pair."""
    if view.kind(record) is None:
        return False
    if view.pair is None:
        return True
    return record.id == view.pair or pair == view.pair or record.id in members


def pair_of(record: Record, kinds: Mapping[str, Kind], get: Callable[[str], Record | None],
            pairs_of_person: Callable[[str], list[str]], depth: int = 3) -> str | None:  # fmt: skip
    """The pair that a record belongs to: named on it, or its goal's, or the only one its person is in."""
    if record.kind == "pair":
        return record.id
    kind = kinds.get(record.kind)
    if kind is None or depth == 0:
        return None
    for name in kind.owner:
        target, value = kind.fields[name].ref if name in kind.fields else None, record.fields.get(name)
        if not isinstance(value, str):
            continue
        if target == "pair":
            return value
        if target == "person":
            pairs = pairs_of_person(value)
            if len(pairs) == 1:
                return pairs[0]
            continue
        other = get(value)
        found = pair_of(other, kinds, get, pairs_of_person, depth - 1) if other else None
        if found:
            return found
    return None
