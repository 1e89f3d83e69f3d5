"""What people changed in one item since its replica last agreed (design rule 1: by shadow, never by clock)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from syncengine.connector import Item
from syncengine.core.shadow import MISSING, Shadow, _Missing, without
from syncengine.model.kind import Field, Kind
from syncengine.model.values import Fields, Named, Unreadable, Value


@dataclass(slots=True)
class Edit:
    """One field that somebody changed in one replica."""

    field: str
    before: Value | _Missing
    """The canonical value the editor started from; MISSING when nobody knows (first contact)."""
    after: Value
    replica: str
    rank: int = 0
    """The replica's place in the program's order; lower wins where times don't decide."""
    when: str | None = None
    precision: timedelta | None = None
    who: str | None = None
    where: str = ""
    answer: bool = False
    """It answers the question about an earlier conflict on the field."""


class Source(NamedTuple):
    """The replica that an item comes from, as far as edits are concerned."""

    name: str
    rank: int = 0
    precision: timedelta | None = None
    read_lag: timedelta = timedelta(0)


class Told(Sequence[Edit]):
    """The edits of an item of which its replica held nothing before: all that it tells.

    A first sync has as many as all tools have fields, so each is made only when somebody looks at it.
    """

    __slots__ = ("_places", "_source", "_where", "fields", "when", "who")

    def __init__(self, fields: Fields, item: Item, source: Source) -> None:
        """`fields`: those of the item that are understood. A blank that nobody has filled yet says nothing."""
        self.fields = fields
        self.who, self.when = item.editor, item.edited
        self._source, self._where, self._places = source, item.where, item.places

    @property
    def replica(self) -> str:
        return self._source.name

    def __iter__(self) -> Iterator[Edit]:
        source = self._source
        for name, value in self.fields.items():
            if value is not None:
                yield Edit(name, MISSING, value, source.name, source.rank, self.when, source.precision,
                           self.who, self._places.get(name, self._where))  # fmt: skip

    def __len__(self) -> int:
        return sum(value is not None for value in self.fields.values())

    def __getitem__(self, at: Any) -> Any:
        return list(self)[at]

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as any list of edits


@dataclass(slots=True)
class Delta:
    """All that one item says: the edits, and the shadow that follows from it."""

    shadow: Shadow
    edits: Sequence[Edit] = field(default_factory=list)
    unreadable: dict[str, Unreadable] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)


def compare(
    kind: Kind,
    shadow: Shadow,
    item: Item,
    source: Source,
    now: datetime,
    named: Mapping[str, str] | None = None,
) -> Delta:
    """The delta of `item` against `shadow`, with references already resolved to ids.

    `named`: the text from which a reference was resolved. A reference that is still `Named` says what it said before.
    The delta's shadow is the one given where nothing of it is other than before; it is then not to be changed.
    A field that the item does not tell is unknown: it yields no edit, and its shadow is forgotten, so that it is
    written again rather than taken for cleared (rule 1).
    """
    if item.untold and shadow.state != "creating":  # what a create meant to write is not known to be there
        known = {name: shadow.held[name] for name in item.untold if name in shadow.held}
        item.fields = {**known, **item.fields}
    # By far the most common: nothing has changed. What is equal to the shadow has no `Named` in it.
    odd = shadow.sent or shadow.named or shadow.unread or shadow.written or named
    if not odd and item.fields == shadow.held and item.handle == shadow.handle:
        return Delta(shadow)
    fresh = shadow.fresh(now, source.read_lag)
    after = Shadow(
        shadow.replica, shadow.record, shadow.kind, item.handle, {}, shadow.state, stamp=shadow.stamp
    )
    if named:
        after.named = named
    if not (fresh or shadow.held or shadow.sent or shadow.named or shadow.unread):
        return _met(kind, after, item, source)
    edits: list[Edit] = []
    delta = Delta(after, edits)
    if fresh:
        after.before, after.written = shadow.before, shadow.written
    for name, reading in item.fields.items():
        declared = kind.fields.get(name)
        if declared is None:
            continue
        base = shadow.base(name)
        held = shadow.held.get(name, base)
        if isinstance(reading, Unreadable):
            after.unread = {
                **after.unread,
                name: {"text": reading.text} | ({} if base is MISSING else {"base": base}),
            }
            delta.unreadable[name] = reading
        elif fresh and _covered(
            declared, shadow, name, reading
        ):  # rule 10: the tool has not caught up with our write
            _keep(shadow, after, name, shadow.named.get(name))
            delta.stale.append(name)
        elif isinstance(
            reading, Named
        ):  # the same words as before mean the same record, whatever became of its name
            after.named = {**after.named, name: reading.text}
            if not isinstance(base, _Missing):
                after.held[name] = base
        elif not isinstance(held, _Missing) and (held == reading or declared.type.equal(held, reading)):
            _keep(shadow, after, name, after.named.get(name))
            after.held[name] = reading  # as it stands there, however little it differs: writes expect it so
        else:
            after.held[name] = reading
            after.before = without(after.before, name)
            if isinstance(base, _Missing) and reading is None:
                continue  # a blank that nobody has filled yet says nothing
            value = reading
            if name in shadow.sent and not isinstance(held, _Missing):
                value = declared.type.carried(shadow.sent[name], held, reading)
                if value != reading:
                    after.sent = {**after.sent, name: value}
            edits.append(Edit(name, base, value, source.name, source.rank, item.edited, source.precision,
                                    item.editor, item.places.get(name, item.where)))  # fmt: skip
    return delta


def _met(kind: Kind, after: Shadow, item: Item, source: Source) -> Delta:
    """The delta of an item that its replica is not known to have held before."""
    delta = Delta(after)
    odd = item.fields.keys() - kind.fields.keys()
    for name, reading in item.fields.items():
        if isinstance(reading, Unreadable):
            odd.add(name)
            if name in kind.fields:
                after.unread = {**after.unread, name: {"text": reading.text}}
                delta.unreadable[name] = reading
        elif isinstance(reading, Named):
            odd.add(name)
            if name in kind.fields:
                after.named = {**after.named, name: reading.text}
    held = {n: r for n, r in item.fields.items() if n not in odd} if odd else item.fields
    after.held = cast("Fields", held)
    delta.edits = Told(after.held, item, source)
    return delta


def _covered(field: Field, shadow: Shadow, name: str, reading: Value | Named) -> bool:
    """Whether the reading is what our writes replaced, and not what the tool holds since."""
    if name not in shadow.before or (name in shadow.held and reading == shadow.held[name]):
        return False
    if isinstance(reading, Named):
        return reading.text in shadow.before[name] and reading.text != shadow.named.get(name)
    return any(field.type.equal(old, reading) for old in shadow.before[name])


def _keep(shadow: Shadow, after: Shadow, name: str, named: str | None) -> None:
    """The field is as it was; `named` is the text that stands there, where the tool holds a name and not an id."""
    if name in shadow.held:
        after.held[name] = shadow.held[name]
    if name in shadow.sent:
        after.sent = {**after.sent, name: shadow.sent[name]}
    after.named = without(after.named, name) if named is None else {**after.named, name: named}


def by_field(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """The edits of several replicas, grouped by the field they change."""
    grouped: dict[str, list[Edit]] = {}
    for edit in edits:
        grouped.setdefault(edit.field, []).append(edit)
    return grouped
