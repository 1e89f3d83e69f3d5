"""Which record an item is (design rules 7, 19; duplicated, edited and lost ids)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from syncengine.connector import Item
from syncengine.core.refs import fold
from syncengine.core.shadow import Shadow
from syncengine.model.ids import is_id
from syncengine.model.kind import Kind
from syncengine.model.values import Fields, Named, Unreadable


@dataclass(slots=True)
class Link:
    """An item and the record it turned out to be."""

    item: Item
    record: str | None
    """`None`: a new record that nobody has yet."""
    stamp: bool = False
    """The id has to be written onto the item."""
    first: bool = False
    """This replica had nothing of the record before: first contact."""


def by_id(items: Sequence[Item], shadows: Mapping[str, Shadow]) -> tuple[list[Link], list[Item]]:
    """Items whose id this replica is known to hold, one for each record; and the items left over.

    Of several items with one id (somebody copied a row or a file) the original is the one at the known handle,
    else the one that changed least, else the first; the copies lose the id and become records of their own.
    """
    claims: dict[str, list[Item]] = {}
    rest: list[Item] = []
    for item in items:
        if item.id is not None and is_id(item.id):
            claims.setdefault(item.id, []).append(item)
        else:
            item.id = None
            rest.append(item)
    links: list[Link] = []
    for id, claimants in claims.items():
        shadow = shadows.get(id)
        original = claimants[0] if len(claimants) == 1 else _original(claimants, shadow)
        for item in claimants:
            if item is not original:
                item.id = None
                rest.append(item)
        if shadow is not None and shadow.kind == original.kind:
            links.append(Link(original, id, stamp=shadow.stamp))
        else:
            rest.append(original)
    return links, rest


def _original(claimants: Sequence[Item], shadow: Shadow | None) -> Item:
    if shadow is None:
        return claimants[0]
    at_home = [item for item in claimants if item.handle == shadow.handle]
    if len(at_home) == 1:
        return at_home[0]
    return max(
        claimants, key=lambda item: sum(item.fields.get(name) == held for name, held in shadow.held.items())
    )


def natural_key(kind: Kind, fields: Mapping[str, object]) -> tuple[str | None, ...] | None:
    """What tells this record from others for a person; `None` where its first part is blank or not understood."""
    if not kind.natural_key:
        return None
    parts = [fields.get(name) for name in kind.natural_key]
    if not isinstance(parts[0], str):
        return None
    return tuple(fold(part) if isinstance(part, str) else None for part in parts)


def like(a: tuple[str | None, ...], b: tuple[str | None, ...]) -> bool:
    """Whether two natural keys may name one record: a part that nobody filled in matches any."""
    return a[0] == b[0] and all(x == y or x is None or y is None for x, y in zip(a[1:], b[1:], strict=False))


def match(rest: Iterable[Item], kinds: Mapping[str, Kind], gone: Mapping[str, Shadow], by_handle: Mapping[str, Shadow],
          known: Callable[[str], str | None], candidates: Callable[[str, str], Iterable[tuple[str, Fields]]]) -> list[Link]:  # fmt: skip
    """Link the items that `by_id` left over, in the order of their kinds.

    `gone`: record to shadow of what this replica lost in this very read: such an item with an edited or lost id is
    that record, not a deletion and a stranger. `by_handle`: the shadow at an item's place whose record is not seen
    elsewhere. `known`: id to the kind of a record the program has. `candidates(kind, folded first key)`: records
    that this replica does not hold yet, to be matched by natural key. Each record is linked once.
    """
    taken: set[str] = set()
    links: list[Link] = []
    for item in rest:
        kind = kinds[item.kind]
        key = natural_key(kind, item.fields)
        edited = item.id is None or known(item.id) is None
        link = _by_place(item, by_handle, taken) if edited else None
        link = link or _by_lost_id(item, key, kind, gone, taken)
        if link is None and item.id is not None:
            found = known(item.id)
            if item.id not in taken and found in (None, item.kind):
                link = Link(item, item.id, first=True)
        if link is None and key is not None:
            alike = [
                id
                for id, fields in candidates(item.kind, key[0] or "")
                if id not in taken and _alike(key, kind, fields)
            ]
            if len(alike) == 1:
                link = Link(item, alike[0], stamp=True, first=True)
        link = link or Link(item, None, stamp=True, first=True)
        if link.record is not None:
            taken.add(link.record)
        links.append(link)
    return links


def _alike(key: tuple[str | None, ...], kind: Kind, fields: Fields) -> bool:
    other = natural_key(kind, fields)
    return other is not None and like(key, other)


def _by_place(item: Item, by_handle: Mapping[str, Shadow], taken: set[str]) -> Link | None:
    """An item without an id, or with one that nobody has, is the record that is known to be in its place."""
    shadow = by_handle.get(item.handle)
    if shadow is None or shadow.kind != item.kind or shadow.record in taken:
        return None
    return Link(item, shadow.record, stamp=True)


def _by_lost_id(
    item: Item, key: tuple[str | None, ...] | None, kind: Kind, gone: Mapping[str, Shadow], taken: set[str]
) -> Link | None:
    found = []
    for record, shadow in gone.items():
        if shadow.kind != item.kind or record in taken:
            continue
        other = natural_key(kind, shadow.held)
        same_key = key is not None and other is not None and like(key, other)
        if same_key or (not kind.natural_key and _same_content(item, shadow)):
            found.append(record)
    return Link(item, found[0], stamp=True) if len(found) == 1 else None


def _same_content(item: Item, shadow: Shadow) -> bool:
    told = {n: v for n, v in item.fields.items() if v is not None and not isinstance(v, Unreadable)}
    return bool(told) and all(
        shadow.named.get(name) == value.text if isinstance(value, Named) else shadow.held.get(name) == value
        for name, value in told.items()
    )
