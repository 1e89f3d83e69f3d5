"""Kinds and fields as the engine and the connectors see them: plain data, derived from `kinds.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from syncengine.model.fieldtypes import FieldType, Ref
from syncengine.model.values import Fields, Value

Audience = Literal["program", "pair"]


@dataclass(frozen=True)
class Field:
    """One field of a kind."""

    name: str
    type: FieldType
    label: str = ""
    help: str = ""
    audience: Audience = "program"
    computed: bool = False
    """Made by the engine from other records: tools show it, edits of it are kept in the history only."""
    default: Value = None
    aliases: tuple[str, ...] = ()
    """Headings under which people's own sheets and notes have this field (used when adopting them)."""

    ref: str | None = field(init=False, default=None, compare=False)
    """The kind this field refers to, if it is a reference."""

    def __post_init__(self) -> None:
        if isinstance(self.type, Ref):
            object.__setattr__(self, "ref", self.type.to)


@dataclass(frozen=True)
class Kind:
    """One type of record, with the fields that the program's template uses."""

    name: str
    label: str
    plural: str
    help: str
    fields: Mapping[str, Field]
    title: tuple[str, ...]
    """The fields whose shown values, joined by " · ", are the record's title."""
    natural_key: tuple[str, ...] = ()
    """The fields that tell two records apart for a person; used to match what exists (design rule 19)."""
    owner: tuple[str, ...] = ()
    """Reference fields that lead to the pair a record belongs to, in order of preference."""
    audience: Audience = "program"
    body: str | None = None
    """The rich-text field that is the record's prose, where a tool has room for one."""
    private_if: str | None = None
    """The flag that makes a single record the pair's own, whatever the kind's audience."""
    author: str | None = None
    """The reference to the person whose words the whole record is: it goes when they are forgotten."""

    def only(self, names: tuple[str, ...]) -> Kind:
        """This kind with the named fields only, in that order."""
        return replace(self, fields={name: self.fields[name] for name in names},
                       body=self.body if self.body in names else None)  # fmt: skip


@dataclass(slots=True)
class Record:
    """One canonical item (design: words). `fields` holds every known field; `None` is empty."""

    id: str
    kind: str
    fields: Fields = field(default_factory=dict)
    deleted: bool = False
    """A tombstone: kept whole, so that it can be brought back."""
