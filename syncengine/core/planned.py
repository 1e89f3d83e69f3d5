"""A plan that people can read and keep, and what of it still holds later. Pure.

A plan says what each tool would be told, record by record and field by field. Applying it means deriving everything anew
and comparing: a record of which every write is as it was planned, or is done already, is written; a record of which
anything is otherwise is refused; what the plan does not have waits for the next sync.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Refusal:
    """A record that is not written, because something about it is no longer as planned."""

    record: str
    label: str
    title: str
    replica: str
    planned: str
    now: str


@dataclass
class Verdict:
    """What of a plan still holds."""

    records: set[str] = field(default_factory=set)
    """The records that may be written."""
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[Write] = field(default_factory=list)
    """What is to be written by now and is not in the plan."""
    done: int = 0
    """Planned writes that need not be made any more: the tool has it already."""


Now = Callable[[str, str], Fields | None]
"""(replica, record) to what the replica may hold of the record as it is now; `None`: it is deleted, or there is none."""


def judge(
    planned: Sequence[Write], now: Sequence[Write], tools: Collection[str], here: Collection[str], values: Now
) -> Verdict:
    """Compare a plan with what would be written now.

    `tools`: the replicas that the plan is about (others wait whole); `here`: those that can be written now (what was
    planned for one that is away is neither refused nor done).
    """
    was, here_now = _by_record(planned), _by_record(one for one in now if one.replica in tools)
    verdict = Verdict(waiting=[one for one in now if one.replica not in tools])
    for record, meant in was.items():
        found = here_now.pop(record, {})
        present = {replica for replica in meant.keys() | found.keys() if replica in here}
        wrong = [
            refusal for replica in sorted(present)
            if (refusal := _judged(replica, meant.get(replica), found.get(replica), values(replica, record)))
        ]  # fmt: skip
        writes = [*meant.values(), *found.values()]
        if wrong and all(part.computed for one in writes for part in one.parts.values()):
            verdict.waiting += found.values()  # nobody's words: it follows from what other records say
        elif wrong:
            verdict.refused += wrong
        else:
            verdict.records.add(record)
            verdict.done += len([replica for replica in present if replica not in found])
    verdict.waiting += [one for found in here_now.values() for one in found.values()]
    return verdict


def _by_record(writes: Iterable[Write]) -> dict[str, dict[str, Write]]:
    found: dict[str, dict[str, Write]] = {}
    for write in writes:
        found.setdefault(write.record, {})[write.replica] = write
    return found


def _judged(replica: str, meant: Write | None, found: Write | None, values: Fields | None) -> Refusal | None:
    """Why one write of the plan does not hold; `None`: it does, or has been made."""
    if meant is None:
        assert found is not None
        return Refusal(found.record, found.label, found.title, replica, "nothing", said(found))
    refusal = Refusal(
        meant.record, meant.label, meant.title, replica, said(meant), _now(meant, found, values)
    )
    if found is None:
        return None if _is_so(meant, values, ()) else refusal
    if meant.action == "delete" or found.action == "delete":
        same = meant.action == found.action and _read(meant) == _read(found)
        return None if same else refusal
    if found.action == "create" and meant.action != "create":
        return refusal  # it has gone since; to make it anew was nobody's plan
    fits = found.parts.keys() <= meant.parts.keys() and (
        meant.stamp or not found.stamp or meant.action == "create"
    )
    fits = fits and all(
        (part.after, part.shown[1]) == (meant.parts[name].after, meant.parts[name].shown[1])
        and (meant.action == "create" or part.before == meant.parts[name].before)
        for name, part in found.parts.items()
    )
    return None if fits and _is_so(meant, values, found.parts) else refusal


def _read(write: Write) -> dict[str, Json]:
    return {name: part.before for name, part in write.parts.items()}


def _is_so(meant: Write, values: Fields | None, besides: Collection[str]) -> bool:
    """Whether the record says what was planned, apart from the fields that are still to be written."""
    if meant.action == "delete":
        return values is None
    return values is not None and all(
        values.get(name) == part.after for name, part in meant.parts.items() if name not in besides
    )


def _now(meant: Write, found: Write | None, values: Fields | None) -> str:
    if found is not None:
        return said(found)
    if values is None:
        return "the record is deleted"
    other = [part.label for name, part in meant.parts.items() if values.get(name) != part.after]
    return (
        f"nothing to write: by now it says something else ({', '.join(other)})"
        if other
        else "nothing to write"
    )


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
    """`40 → 60`."""
    before, after = (short(text, width) for text in part.shown)
    return (f"{before} → " if before else "") + (after or "(empty)")


def short(text: str, width: int = 60) -> str:
    """A text on one line, cut for showing."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def beyond(mails: Iterable[Mailing], planned: Sequence[Mailing]) -> list[Mailing]:
    """The e-mails that are not in the plan, each address and reason as often as the plan has it."""
    left = [(mail.to, mail.why) for mail in planned]
    found = []
    for mail in mails:
        if (mail.to, mail.why) in left:
            left.remove((mail.to, mail.why))
        else:
            found.append(mail)
    return found


def holds(
    asked: Asked, fields: Mapping[str, Value] | None, deleted: bool, edited: Collection[str] = ()
) -> Asked | None:
    """What of a wish may still be granted: the fields that are as they were, or as they are to be; `None`: nothing.

    `fields`, `deleted`: the record as it is now; `None`: there is none. `edited`: the fields that somebody has just changed.
    """
    if fields is None:
        return asked if asked.kind else None
    kept = {
        name: value
        for name, value in asked.fields.items()
        if name not in edited and fields.get(name) in (asked.before.get(name), value)
    }
    gone = asked.deleted if deleted in (asked.was_deleted, asked.deleted) else None
    if not kept and gone is None:
        return None
    return Asked(
        asked.record, asked.kind, kept, asked.before, asked.source, asked.rule, gone, asked.was_deleted
    )


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
