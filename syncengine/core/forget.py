"""What it takes to forget somebody: which records are theirs and go, and which stay without them.

A record is theirs when all of it is their words (a reflection, the feedback they gave), or when nobody else has a part in
it. What they share with others stays the others': references to them are emptied, their name and address are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncengine.model.kind import Kind, Record
from syncengine.model.values import Fields, Value
from syncengine.model.words import FORMER, Words, cleaned

FORGOTTEN = "(forgotten)"
"""What stands in a record's texts on its way out of the tools, so that no bin of theirs keeps the words."""

_PROSE = ("text", "rich text")
_ADDRESSES = ("url", "email")


@dataclass
class Forgetting:
    """See `forgetting`."""

    person: str
    words: Words
    removed: dict[str, Record] = field(default_factory=dict)
    """Records that go, tombstones included."""
    changed: dict[str, Fields] = field(default_factory=dict)
    """Record to those of its fields that will be others."""
    pairs: dict[str, str] = field(default_factory=dict)
    """Pairs that get another name, with the one they have."""


def known_by(
    person: Record, others: Iterable[Record], pairs: Iterable[Record], also: Iterable[str] = ()
) -> Words:
    """The words that tell `person`: full name, address, the names of their pairs, and what else was said.

    A name of a single word, or one that another person bears as well, may mean somebody or something else: it is left.
    """
    instead: dict[str, str] = {}
    name, email = _text(person, "name"), _text(person, "email")
    namesakes = {_text(one, "name").casefold() for one in others if one.id != person.id and not one.deleted}
    if len(name.split()) > 1 and name.casefold() not in namesakes:
        instead[name] = FORMER
    if email:
        instead[email] = FORMER
    first = name.split()[0] if name else ""
    for pair in pairs:
        called, members = _text(pair, "name"), pair.fields.get("members")
        if isinstance(members, list) and person.id in members and called:
            renamed = (
                Words({**({name: FORMER} if name else {}), first: FORMER}).without(called)
                if first
                else called
            )
            if renamed != called:
                instead[called] = renamed
    return Words({**instead, **{word: FORMER for word in also if word.strip()}})


def _text(record: Record, name: str) -> str:
    value = record.fields.get(name)
    return " ".join(value.split()) if isinstance(value, str) else ""


def forgetting(
    person: str,
    words: Words,
    records: Mapping[str, Record],
    kinds: Mapping[str, Kind],
    pairs: Mapping[str, str | None],
    asked: Mapping[str, str],
) -> Forgetting:
    """The way to forget `person`. `records`: all, tombstones included; `pairs`: record to the pair it belongs to;
    `asked`: question to the record that it asks about."""
    result = Forgetting(person, words)
    shared = {
        id for id, record in records.items() if record.kind == "pair" and _others(record, person, records)
    }
    for id, record in records.items():
        if id == person or _theirs(record, person, kinds.get(record.kind), pairs.get(id), shared):
            result.removed[id] = record
    while more := {
        id: r for id, r in records.items() if id not in result.removed and _follows(r, kinds, result, asked)
    }:
        result.removed |= more
    for id, record in records.items():
        if id not in result.removed and (kind := kinds.get(record.kind)) is not None:
            after = {name: _cleaned(kind, name, value, result) for name, value in record.fields.items()}
            changed = {name: value for name, value in after.items() if value != record.fields[name]}
            if changed:
                result.changed[id] = changed
            if record.kind == "pair" and "name" in changed:
                result.pairs[id] = str(record.fields["name"])
    return result


def _others(pair: Record, person: str, records: Mapping[str, Record]) -> bool:
    members = pair.fields.get("members")
    return isinstance(members, list) and any(
        one != person and one in records and not records[one].deleted for one in members
    )


def _theirs(record: Record, person: str, kind: Kind | None, pair: str | None, shared: set[str]) -> bool:
    """Whether the record is theirs alone."""
    if kind is None:
        return False
    if kind.author is not None and record.fields.get(kind.author) == person:
        return True
    if record.kind == "pair":
        members = record.fields.get("members")
        return isinstance(members, list) and person in members and record.id not in shared
    if pair in shared:
        return False
    return any(f.ref == "person" and not f.type.many and record.fields.get(f.name) == person
               for f in (kind.fields[name] for name in kind.owner if name in kind.fields))  # fmt: skip


def _follows(record: Record, kinds: Mapping[str, Kind], result: Forgetting, asked: Mapping[str, str]) -> bool:
    """Whether the record is part of one that goes: progress of a goal, the check-ins of a pair, a question about it."""
    if asked.get(record.id) in result.removed:
        return True
    kind = kinds.get(record.kind)
    owners = (
        [record.fields.get(name) for name in kind.owner if kind.fields[name].ref in ("pair", "goal")]
        if kind
        else []
    )
    first = next((one for one in owners if isinstance(one, str)), None)
    return first in result.removed


def _cleaned(kind: Kind, name: str, value: Value, result: Forgetting) -> Value:
    declared = kind.fields.get(name)
    if declared is not None and declared.type.name in _ADDRESSES and isinstance(value, str):
        return None if result.words.count(value) else value
    found: Value = cleaned(value, result.words, result.removed)
    return found


def emptied(record: Record, kind: Kind) -> Fields:
    """A record that goes, without a word of its own: what is left of it in a tool's bin says nothing of anybody.

    Days, numbers and choices stay, so that no tool takes its row for an empty one; so do references, which are shown by
    the names of records that are emptied themselves, and keep it where it can still be reached.
    """
    found: Fields = {}
    for name, field_ in kind.fields.items():
        value = record.fields.get(name)
        if value is None:
            continue
        if field_.type.name in _PROSE:
            after: Value = _wordless(str(value))
        elif field_.type.name in _ADDRESSES:
            after = None
        else:
            continue
        if after != value:
            found[name] = after
    return found


_MARKS = re.compile(r"\s*(?:(?:[-*+>]|#+|\d+[.)]|\[[ xX]\])\s+)*")


def _wordless(text: str) -> str:
    """The text's lines without their words. Each stays: a tool that keeps lines apart writes over it, and bins none."""
    lines = []
    for line in text.split("\n"):
        marks = _MARKS.match(line)
        kept = marks[0] if marks else ""
        lines.append(line if line.strip() in ("", "```") else f"{kept}{FORGOTTEN}")
    return "\n".join(lines)
