"""What it takes to put the records back as they were before a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.core.canon import ENGINE
from syncengine.model.kind import Record
from syncengine.model.values import Fields

_DERIVED = frozenset(
    ("lost", "merged from", "written over generated text", "after it was answered", "agenda", "conflict")
)
"""Rules that say what did not become, or follows from, the records' values."""


@dataclass
class Restore:
    """One record's way back."""

    record: str
    fields: Fields = field(default_factory=dict)
    deleted: bool | None = None


@dataclass
class Undo:
    """See `undo`."""

    restores: list[Restore] = field(default_factory=list)
    changed_since: list[tuple[str, str]] = field(default_factory=list)
    """(record, field) that somebody changed again after the run; they stay. Field "": the whole record, made in it."""


def edits(source: str, rule: str, changes: Mapping[str, Sequence[Any]]) -> bool:
    """Whether a line of the history says that a person wrote something into the record."""
    return source != ENGINE and rule not in _DERIVED and bool(changes.keys() - {"deleted"})


def undo(
    changes: Sequence[tuple[str, str, Mapping[str, Sequence[Any]]]],
    records: Mapping[str, Record],
    born: set[str],
    edited: Collection[str] = (),
) -> Undo:
    """The way back from the history of one run: (record, rule, field to (before, after)), oldest first.

    Records `born` in that run become tombstones, which can be brought back in turn; those that somebody has `edited`
    since then stay, since an edit is worth more than that they are gone (rule 3).
    """
    result = Undo()
    ways: dict[str, Restore] = {}
    for id, rule, fields in reversed(changes):
        record = records.get(id)
        if record is None or rule in _DERIVED or record.kind == "question":
            continue
        way = ways.setdefault(id, Restore(id))
        if id in born:
            if id not in edited:
                way.deleted = True
            elif (id, "") not in result.changed_since:
                result.changed_since.append((id, ""))
            continue
        for name, (before, after) in fields.items():
            if name == "deleted":
                way.deleted = bool(before)
            elif way.fields.get(name, record.fields.get(name)) == after:
                way.fields[name] = before
            else:
                result.changed_since.append((id, name))
    result.restores = [way for way in ways.values() if way.fields or way.deleted is not None]
    return result
