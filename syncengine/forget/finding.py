"""Who is meant, and what has to go: both read from the state."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

import orjson

from syncengine.core.forget import Forgetting, forgetting, known_by
from syncengine.errors import ConfigError
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.model.words import Words
from syncengine.store import Store

NOTE = "forgetting"
"""The note that says who is being forgotten, for as long as that has not come to its end."""


def find_person(store: Store, said: str) -> str:
    """The id of the person that `said` tells: their id, e-mail address or whole name, also of one who was deleted.

    Raises `ConfigError` naming who it could be.
    """
    text = " ".join(said.split())
    pending = unfinished(store)
    if pending is not None:
        person, words, _ = pending
        if text == person or text.casefold() in (one.casefold() for one in words.instead):
            return person
        raise ConfigError(
            "somebody else is still being forgotten",
            remedy=f"Finish that first: mentorsync forget {person}",
        )
    people = [*store.all_records("person"), *store.all_records("person", deleted=True)]
    found = [one for one in people if text == one.id] or [one for one in people if _is_called(one, text)]
    if len(found) == 1:
        return found[0].id
    if found:
        some = "\n  ".join(_told(one) for one in found)
        raise ConfigError(
            f"“{said}” could be any of these:\n  {some}",
            remedy="Say the e-mail address, or the id in brackets.",
        )
    names = [str(one.fields.get("name") or "") for one in people]
    like = difflib.get_close_matches(text, names, 3)
    hint = f"Did you mean {', '.join(like)}?" if like else "Say their e-mail address, whole name or id."
    raise ConfigError(f"there is nobody called “{said}”", remedy=hint)


def _is_called(person: Record, text: str) -> bool:
    said = (person.fields.get("name"), person.fields.get("email"))
    return any(isinstance(one, str) and " ".join(one.split()).casefold() == text.casefold() for one in said)


def _told(person: Record) -> str:
    parts = [
        str(person.fields.get("name") or "(no name)"),
        str(person.fields.get("email") or ""),
        f"({person.id})",
    ]
    return "  ".join(part for part in [*parts, "deleted" if person.deleted else ""] if part)


def unfinished(store: Store) -> tuple[str, Words, list[str]] | None:
    """Who is being forgotten, by which words, and which records are theirs, where an earlier run did not end."""
    note = store.note(NOTE)
    if note is None:
        return None
    said = orjson.loads(note)
    return said["person"], Words(said["instead"]), said["ids"]


def remember(store: Store, way: Forgetting) -> None:
    """Note who is being forgotten; inside a transaction."""
    said = {"person": way.person, "instead": dict(way.words.instead), "ids": sorted(way.removed)}
    store.put_note(NOTE, orjson.dumps(said).decode())


def way_of(store: Store, person: str, also: Iterable[str] = ()) -> Forgetting:
    """What has to go and to change, as the state is now."""
    living, buried = list(store.all_records()), list(store.all_records(deleted=True))
    records = {record.id: record for record in [*living, *buried]}
    pending = unfinished(store)
    words = Words({})
    if person in records:
        of_kind = {kind: [r for r in records.values() if r.kind == kind] for kind in ("person", "pair")}
        words = known_by(records[person], of_kind["person"], of_kind["pair"], also)
    known = pending[1].instead if pending is not None else {}
    asked = {row.question: row.record for row in store.conflicts(state=None) if row.question}
    words = Words({**words.instead, **known})
    way = forgetting(person, words, records, all_kinds(), store.pairs(records), asked)
    for id in pending[2] if pending is not None else ():
        if id in records:
            way.removed.setdefault(id, records[id])
            way.changed.pop(id, None)
    return way
