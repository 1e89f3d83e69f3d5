"""Which record a person means: by its id, by the end of the id, by its title, or by part of it. Pure.

A title that is meant exactly is worth more than one that only begins or continues like that, and among records that
fit alike, the living are meant before the deleted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from syncengine.core.refs import fold

SHORT = 6
"""Characters at the end of an id that tell records apart for people; an id begins with its time, which many share."""
_END = re.compile(rf"(?:…|\.\.\.)?([0-9a-v]{{{SHORT},26}})")
_SLUG = re.compile(r"(.*?)-?[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as the directory has it."""

    kind: str
    label: str
    """What the kind is called in this program."""
    id: str
    title: str
    deleted: bool = False


def exact(said: str, entries: Sequence[Entry], *, deleted_first: bool = False) -> list[Entry]:
    """The records of that id or title; letter for letter if there are any, else apart from case and blanks."""

    def tests(text: str) -> list[Callable[[Entry], bool]]:
        return [
            lambda e: e.id == text,
            lambda e: e.title == text,
            lambda e: fold(e.title) == fold(text),
        ]  # fmt: skip

    return _first(said, entries, tests, deleted_first)


def partial(said: str, entries: Sequence[Entry], *, deleted_first: bool = False) -> list[Entry]:
    """The records whose title begins so, else those that have it anywhere, else those whose id ends so."""
    asked = [entry for entry in entries if entry.kind != "question"]
    end = _END.fullmatch(said.strip())

    def tests(text: str) -> list[Callable[[Entry], bool]]:
        return [
            lambda e: fold(e.title).startswith(fold(text)),
            lambda e: fold(text) in fold(e.title),
        ]  # fmt: skip

    found = _first(said, asked, tests, deleted_first) if fold(said) else []
    return found or [e for e in entries if end and e.id.endswith(end[1])]


def _first(
    said: str,
    entries: Sequence[Entry],
    tests: Callable[[str], list[Callable[[Entry], bool]]],
    deleted_first: bool,
) -> list[Entry]:
    """The entries that pass the first test that any passes; the living, or the deleted, before the others."""
    kind, _, rest = said.partition(":")
    named = {fold(name) for entry in entries for name in (entry.kind, entry.label)}
    readings = [(said, entries)]
    if rest.strip() and fold(kind) in named:  # "Goal: Learn SQL", as the commands show it
        of_kind = [entry for entry in entries if fold(kind) in (fold(entry.kind), fold(entry.label))]
        readings.append((rest, of_kind))
    for text, among in readings:
        for test in tests(text.strip()):
            found = [entry for entry in among if test(entry)]
            preferred = [entry for entry in found if entry.deleted == deleted_first]
            if found:
                return preferred or found
    return []


def is_address(said: str) -> bool:
    """Whether the words look like a link or a path rather than a title."""
    return bool(re.match(r"[a-z][a-z0-9+.-]*:/|obsidian:|file:|\[\[", said.strip(), re.IGNORECASE)) or bool(
        re.search(r"[/\\]|\.(md|ics|xlsx|xlsm)(#|$)", said.strip(), re.IGNORECASE)
    )


def words_of(address: str) -> str:
    """The title that an address itself tells: a file's name, or the words in front of a page's id; "" for none."""
    path = unquote(urlsplit(address).path) if "://" in address or address.startswith("file:") else address
    tail = path.rstrip("/").replace("\\", "/").rpartition("/")[2]
    slug = _SLUG.fullmatch(tail)
    if slug:
        return " ".join(slug[1].replace("-", " ").split())
    return unicodedata.normalize("NFC", re.sub(r"\.(md|ics)$", "", tail, flags=re.IGNORECASE))


def short_ids(ids: Collection[str]) -> dict[str, str]:
    """Each id to its end, as short as tells these apart."""
    length = SHORT
    while len({id[-length:] for id in ids}) < len(set(ids)):
        length += 1
    return {id: id[-length:] for id in ids}


def told(entries: Iterable[Entry], pairs: Mapping[str, str]) -> list[str]:
    """A line for each candidate: kind, title, pair, and the id's end. `pairs`: record to its pair's title."""
    shown = sorted(entries, key=lambda e: (e.label, e.title, e.id))
    ends = short_ids([entry.id for entry in shown])
    return [
        f"{entry.label}: {entry.title}{f' ({pair})' if (pair := pairs.get(entry.id)) else ''}"
        f"{', deleted' if entry.deleted else ''}  …{ends[entry.id]}"
        for entry in shown
    ]
