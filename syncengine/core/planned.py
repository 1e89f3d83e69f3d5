"""A plan that people can read and keep, and what of it still holds later. Pure.

A plan says what each tool would be told, record by record and field by field. Applying it means deriving everything anew
and comparing: a record of which every write is as it was planned, or is done already, is written; a record of which
anything is otherwise is refused; what the plan does not have waits for the next sync.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from syncengine.connector import Action, Mailing, Operation, Reading
from syncengine.core.guard import Firing
from syncengine.model.kind import Kind
from syncengine.model.values import Fields, Named, Unreadable, Value

Json = Any
"""A reading as JSON has it: a value, or an object with the text of one that is not understood or is a name."""


@dataclass(frozen=True)
class Part:
    """One field of a write."""

    label: str
    before: Json
    """What the tool holds."""
    after: Value
    shown: tuple[str, str] = ("", "")
    """Both as people read them."""
    computed: bool = False
    """Whether it is made from other records."""


@dataclass(frozen=True)
class Write:
    """One operation of a plan."""

    replica: str
    action: Action
    kind: str
    label: str
    """What the kind is called."""
    record: str
    title: str
    parts: Mapping[str, Part] = field(default_factory=dict)
    """create: every field; update: what changes; delete: what is there."""
    stamp: bool = False
    """Whether it notes the record's id on an item that a person made."""


@dataclass(frozen=True)
class Asked:
    """A change that somebody asked of the engine itself (undo, restore, resolve), with what it was to change."""

    record: str
    kind: str
    fields: Fields
    before: Fields
    source: str
    rule: str
    deleted: bool | None = None
    was_deleted: bool | None = None


@dataclass
class ToolPlan:
    """What one tool would be told."""

    name: str
    writes: list[Write] = field(default_factory=list)
    mails: list[Mailing] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """What could not be used there; some tools show it on the cell."""
    calls: int = 0
    """Requests, reading included; of files, none."""
    seconds: float = 0.0
    problem: str = ""
    """Why the tool is left out."""


@dataclass
class Plan:
    """See the module."""

    program: str
    config: str
    """A digest of everything in the configuration that a plan rests on."""
    places: Mapping[str, str | None]
    """Replica to the id of its place."""
    made_by: str
    made_at: str
    reason: str = "sync"
    tools: list[ToolPlan] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    guards: list[Firing] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The ids of the records that it makes, by where they come from."""

    @property
    def writes(self) -> list[Write]:
        return [write for tool in self.tools for write in tool.writes]

    @property
    def stops(self) -> list[Firing]:
        """The guards that would stop it."""
        return [firing for firing in self.guards if not firing.allowed]


def said(write: Write, width: int = 60) -> str:
    """A write on one line, as people read it."""
    parts = (
        []
        if write.action == "delete"
        else [f"{part.label}: {change(part, width)}" for part in write.parts.values()]
    )
    if write.action == "create":
        parts = [
            f"{part.label}: {short(part.shown[1], width)}" for part in write.parts.values() if part.shown[1]
        ]
    return f"{write.action} ({'; '.join(parts)})" if parts else write.action


def change(part: Part, width: int = 60) -> str:
    """`40 → 60`; of long texts that begin alike, from a little before where they differ."""
    before, after = (" ".join(text.split()) for text in part.shown)
    alike = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))))
    if alike > width // 2 and max(len(before), len(after)) > width:
        begin = alike - width // 5
        before, after = (f"…{text[begin:]}" for text in (before, after))
    before, after = short(before, width), short(after, width)
    return (f"{before} → " if before else "") + (after or "(empty)")


def short(text: str, width: int = 60) -> str:
    """A text on one line, cut for showing."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def as_json(reading: Reading | None) -> Json:
    """A reading for the file: what a tool shows that is no value, as an object."""
    if isinstance(reading, Named):
        return {"named": reading.text}
    if isinstance(reading, Unreadable):
        return {"text": reading.text}
    return reading


Show = Callable[[str, "Reading | None"], str]
"""A field's name and a reading of it to the reading as people read it."""


def written(operation: Operation, replica: str, kind: Kind, show: Show) -> Write:
    """An operation as a plan has it."""
    names = operation.expected if operation.action == "delete" else operation.fields
    parts = {}
    for name in names:
        before = operation.expected.get(name) if operation.action != "create" else None
        after = operation.fields.get(name)
        field, shown = kind.fields.get(name), (show(name, before), show(name, after))
        computed = field is not None and field.computed
        parts[name] = Part(field.label if field else name, as_json(before), after, shown, computed)
    return Write(
        replica,
        operation.action,
        kind.name,
        kind.label,
        operation.id,
        operation.title,
        parts,
        operation.stamp,
    )
