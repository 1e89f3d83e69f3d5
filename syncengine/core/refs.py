"""References: kept by id, shown and typed by name (design rule 15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from syncengine.connector import Item
from syncengine.core.shadow import Shadow
from syncengine.model.kind import Field, Kind
from syncengine.model.values import Fields, Named, Unreadable

_NONE: Mapping[str, str] = MappingProxyType({})
Titles = Callable[[str], Iterable[tuple[str, str]]]
"""Kind to the (id, title) of each of its living records."""


def fold(text: str) -> str:
    """How names are compared: without regard to capitals and blanks."""
    return " ".join(text.split()).casefold()


class Directory:
    """Who is called what. Loads the titles of a kind when first asked about it; told of new records as they come.

    `former`: as `titles`, for tombstones; what refers to one goes on to show its name.
    """

    def __init__(self, titles: Titles, former: Titles = lambda kind: ()) -> None:
        self._source = titles
        self._former_source = former
        self._titles: dict[str, dict[str, str]] = {}
        self._ids: dict[str, dict[str, list[str]]] = {}
        self._former: dict[str, dict[str, str]] = {}

    def _load(self, kind: str) -> None:
        if kind not in self._titles:
            self._titles[kind], self._ids[kind] = {}, {}
            for id, title in self._source(kind):
                self._titles[kind][id] = title
                self._ids[kind].setdefault(fold(title), []).append(id)

    def forget(self) -> None:
        """All is in the state: load again what is asked for from now on."""
        for known in (self._titles, self._ids, self._former):
            known.clear()

    def put(self, kind: str, id: str, title: str) -> None:
        """Record `id` is called `title` from now on."""
        self._drop(kind, id)
        self._titles[kind][id] = title
        self._ids[kind].setdefault(fold(title), []).append(id)

    def drop(self, kind: str, id: str) -> None:
        """Record `id` is no more."""
        title = self._drop(kind, id)
        if title is not None:
            self._formers(kind)[id] = title

    def _drop(self, kind: str, id: str) -> str | None:
        self._load(kind)
        old = self._titles[kind].pop(id, None)
        if old is not None:
            self._ids[kind][fold(old)].remove(id)
        return old

    def _formers(self, kind: str) -> dict[str, str]:
        if kind not in self._former:
            self._former[kind] = dict(self._former_source(kind))
        return self._former[kind]

    def label(self, kind: str, id: str) -> str:
        """The record's title; with a piece of its id where another of the kind is called the same."""
        self._load(kind)
        title = self._titles[kind].get(id) or self._formers(kind).get(id)
        if title is None:
            return id
        others = any(other != id for other in self._ids[kind].get(fold(title), ()))
        return f"{title} ({id[-4:]})" if others else title

    def names(self, kind: str, id: str) -> frozenset[str]:
        """The folded ways in which the record's name is or was written: its title, and that with a piece of its id."""
        self._load(kind)
        title = self._titles[kind].get(id) or self._formers(kind).get(id)
        return frozenset() if title is None else frozenset({fold(title), fold(f"{title} ({id[-4:]})")})

    def find(self, kind: str, text: str) -> list[str]:
        """The ids of the records that `text` may mean: by title, by label, else by the first word of a title."""
        self._load(kind)
        by_title = self._ids[kind].get(fold(text), [])
        if by_title:
            return list(by_title)
        tail = re.fullmatch(r"(.*) \(([0-9a-v]{4})\)", text.strip())
        if tail:
            return [id for id in self._ids[kind].get(fold(tail[1]), []) if id.endswith(tail[2])]
        first = fold(text)
        return [id for name, ids in self._ids[kind].items() if name.split(" ", 1)[0] == first for id in ids]

    def find_exact(self, kind: str, text: str) -> list[str]:
        """The ids of the records called exactly `text`, capitals and blanks apart."""
        self._load(kind)
        return list(self._ids[kind].get(fold(text), ()))

    def title(self, kind: str, id: str) -> str | None:
        """The record's plain title, `None` for a stranger."""
        self._load(kind)
        return self._titles[kind].get(id)


def resolve(
    item: Item,
    kind: Kind,
    shadow: Shadow | None,
    directory: Directory,
    *,
    fresh: bool = False,
    fields: Fields | None = None,
) -> dict[str, str]:
    """Put ids in place of the names in `item.fields`; returns the text of each resolved reference.

    Words that stand there unchanged since the last sync keep meaning what they meant and stay `Named`; so do, while
    our last write is `fresh`, the words that it replaced. Unknown and ambiguous names become `Unreadable`: reported
    on the row, changing nothing. `fields`: the record's, where it is known; what the field refers to already is told by
    its name even when that is another's as well, or a tombstone's: a run that died may have written it just so.
    """
    texts: dict[str, str] = {}
    for name, reading in list(item.fields.items()):
        if not isinstance(reading, Named):
            continue
        declared = kind.fields.get(name)
        if declared is None or declared.ref is None:
            del item.fields[name]
            continue
        if shadow is not None and _known_words(shadow, name, reading.text, fresh):
            continue
        referred = _referred(name, shadow, fields or {})
        found = meant(reading.text, declared, directory, referred, reading.ids)
        item.fields[name] = found
        if not isinstance(found, Unreadable):
            texts[name] = reading.text
    return texts


def _known_words(shadow: Shadow, name: str, text: str, fresh: bool) -> bool:
    return shadow.named.get(name) == text or (fresh and text in shadow.before.get(name, ()))


def _referred(name: str, shadow: Shadow | None, fields: Fields) -> frozenset[str]:
    """The ids that the field holds in the record, or held in the tool."""
    values = (fields.get(name), shadow.base(name) if shadow else None)
    return frozenset(id for v in values for id in (v if isinstance(v, list) else [v]) if isinstance(id, str))


def meant(
    text: str,
    field: Field,
    directory: Directory,
    referred: frozenset[str] = frozenset(),
    led: Mapping[str, str] = _NONE,
) -> str | list[str] | Unreadable:
    """The id or ids that a reference field's text means.

    `referred`: ids it is known to refer to already. `led`: names in it that the tool itself leads to a record, with its id.
    """
    read = _many if field.type.many else _one
    return read(text, field.ref or "", directory, referred, led)


def _one(
    text: str, kind: str, directory: Directory, referred: frozenset[str], led: Mapping[str, str]
) -> str | Unreadable:
    if text in led:
        return led[text]
    ids = directory.find(kind, text)
    if len(ids) != 1:
        known = {id for id in referred if fold(text) in directory.names(kind, id)}
        ids = sorted(known.intersection(ids) if ids else known) or ids
    if len(ids) == 1:
        return ids[0]
    if not ids:
        return Unreadable(
            text,
            f"is nobody's name: no {kind} is called that",
            "Write the name as it is in the list, or add it there first.",
        )
    named = ", ".join(sorted(directory.label(kind, id) for id in ids))
    return Unreadable(
        text, f"could be any of {len(ids)}: {named}", "Write the full name as it is shown there."
    )


def _many(
    text: str, kind: str, directory: Directory, referred: frozenset[str], led: Mapping[str, str]
) -> list[str] | Unreadable:
    found: set[str] = set()
    for part in _parts(text, kind, directory, led):
        whole = _one(part, kind, directory, referred, led) if part else None
        pieces = [whole] if isinstance(whole, str) else [
            _one(name.strip(), kind, directory, referred, led) for name in re.split(r",|&| and ", part) if name.strip()
        ]  # fmt: skip
        for one in pieces:
            if isinstance(one, Unreadable):
                return one
            if one is not None:
                found.add(one)
    return sorted(found)


def _parts(text: str, kind: str, directory: Directory, led: Mapping[str, str]) -> list[str]:
    """`text` cut at semicolons and line ends, except inside of a name that has some itself."""
    cut = re.split(r"([;\n])", text)  # a piece, what parted it from the next, the next, …
    parts: list[str] = []
    at = 0
    while at < len(cut):
        longer = range(len(cut), at + 1, -2)
        names = ((e, "".join(cut[at:e]).strip()) for e in longer)
        end = next((e for e, name in names if name in led or directory.find_exact(kind, name)), at + 1)
        parts.append("".join(cut[at:end]).strip())
        at = end + 1
    return parts
