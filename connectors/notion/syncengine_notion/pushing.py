"""Writing to a workspace: what others refer to first, several tables at a time, deletions last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from syncengine.connector import Done, InDoubt, Opening, Operation, Outcome, Rejected
from syncengine.model.template import Template
from syncengine_notion.afterwards import catch_up, pair_views
from syncengine_notion.client import Wire
from syncengine_notion.lanes import side_by_side
from syncengine_notion.memory import Memory
from syncengine_notion.pulling import Puller
from syncengine_notion.refusals import LATER, Full
from syncengine_notion.rows import checksum
from syncengine_notion.tried import look_up, young
from syncengine_notion.writing import Writer

Json = dict[str, Any]

_FRESH, _STALE, _FEW = 5.0, 20.0, 20
"""Before a row is changed its table is looked at again (one query) if the last look is older than 5 seconds, but only once in 20
writes, so that it costs a twentieth; in any case after 20 seconds. Notion has no conditional writes, and people go on."""


class Pusher:
    """One push."""

    def __init__(self, wire: Wire, opening: Opening, memory: Memory, puller: Puller, lanes: int) -> None:
        self._wire, self._memory, self._puller, self._lanes = wire, memory, puller, lanes
        self._template = opening.template
        self._pages = {record: page for page, record in reversed(puller.people.records.items())}
        """Record to page."""
        self._writers = {
            kind: Writer(
                wire,
                self._template.kinds[kind],
                table,
                puller.readers[kind],
                opening.locale.zone,
                self._pages,
                memory,
            )
            for kind, table in puller.tables.items()
        }
        self._targets = {
            f.ref for kind in self._template.kinds.values() for f in kind.fields.values() if f.ref
        }
        self._newer: dict[str, Json] = {}
        self._there: dict[str, Json] = {}
        """Records of tried creates that turned out to be there."""
        self._doubtful: set[str] = set()
        """Records that an earlier run may have made, whether or not that shows."""
        self._waiting: set[str] = set()
        """Those of them that are left to a later run."""
        self._open: set[str] = set()
        """Records that were to be created in this push and are not yet."""
        self._full: dict[str, Full] = {}
        self._looking = Lock()
        self._wrote: dict[str, int] = {}
        """Kind to how many rows were changed since its table was last looked at."""

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """See `Replica.push`."""
        known = set(self._memory.left)
        self._doubtful = {o.id for o in operations if o.tried and self._memory.left.get(o.id) != ""}
        for operation in operations:
            if operation.action == "create":
                self._open.add(operation.id)
                self._memory.left.setdefault(operation.id, "")
            elif operation.stamp and operation.handle:
                self._named(operation.id, operation.handle, operation.kind)
        tried = [o for o in operations if o.tried and (o.id not in known or self._memory.left[o.id])]
        self._there = look_up(self._wire, self._puller.tables, tried, known)
        for level in levels(self._template):
            writes = [o for o in operations if o.action != "delete" and o.kind in level]
            yield from self._together(writes)
        yield from self._together([o for o in operations if o.action == "delete"])
        self._puller.doubles.clear()
        pair_views(self._wire, self._template, self._puller, self._memory)
        catch_up(self._wire, self._memory, self._puller, self._writers)

    # -- lanes

    def _together(self, operations: list[Operation]) -> Iterator[Outcome]:
        for operation, outcome in side_by_side(operations, self._lanes, self._carry_out, self._collides):
            yield self._noted(operation, outcome)

    def _collides(self, kind: str) -> bool:
        return kind in self._writers and self._writers[kind].collided

    def _carry_out(self, operation: Operation) -> Outcome:
        writer = self._writers.get(operation.kind)
        if writer is None:
            return Rejected(
                operation, f"Notion has no table of {operation.kind} any more", "Run: mentorsync setup"
            )
        if operation.action == "create":
            return self._create(writer, operation)
        if not operation.handle:
            operation = replace(operation, handle=self._pages.get(operation.id))
        if not operation.handle:  # it was never made, as far as anybody knows
            gone = operation.action == "delete"
            return Done(operation, "") if gone else Rejected(operation, "its page is not known yet", LATER)
        newer = self._latest(operation)
        unseen = operation.action == "delete" and bool(self._puller.readers[operation.kind].prose)
        if newer is not None and (unseen or writer.moved(operation, newer)):
            return Rejected(
                operation,
                "it was changed in Notion at the same time",
                LATER,
                self._puller.readers[operation.kind].where(newer),
            )
        try:
            if operation.action == "delete":
                return writer.delete(operation)
            return writer.update(operation, self._title(writer, operation))
        except Full as error:
            return Rejected(operation, error.reason, error.remedy)

    def _create(self, writer: Writer, operation: Operation) -> Outcome:
        row = self._there.get(operation.id)
        if row is not None:  # an earlier run made it; what people wrote there since is read by the next one
            self._memory.again.append(row["id"])
            return writer.finish(operation, row)
        if young(self._wire, self._memory, operation):
            self._waiting.add(operation.id)
            return InDoubt(operation, "an earlier run tried to make it, and Notion may not show it yet")
        full = self._full.get(operation.kind)
        if full is not None:
            return Rejected(operation, full.reason, full.remedy)
        waits = self._waits(operation)
        if waits:
            return Rejected(operation, f"{waits} could not be made yet, and it refers to that", LATER)
        try:
            return writer.create(operation)
        except Full as error:
            self._full[operation.kind] = error
            return Rejected(operation, error.reason, error.remedy)

    def _noted(self, operation: Operation, outcome: Outcome) -> Outcome:
        """Remember what became of it."""
        memory, took = self._memory, outcome.partly if isinstance(outcome, Rejected) else outcome
        if operation.action == "create":
            if isinstance(took, Done):
                self._open.discard(operation.id)
                memory.left.pop(operation.id, None)
                memory.rows[operation.kind] = memory.rows.get(operation.kind, 0) + 1
                self._named(operation.id, took.handle, operation.kind)
                if operation.id in self._doubtful and operation.id not in self._there:
                    self._puller.doubles.remember(operation.id, took.handle)
                if operation.kind == "pair" and operation.id not in self._there:
                    memory.owed.append(took.handle)
            else:
                again = operation.id in self._waiting  # nothing was sent, and the doubt is as old as it was
                if not again:
                    doubt = isinstance(outcome, InDoubt)
                    memory.left[operation.id] = self._wire.today().isoformat() if doubt else ""
        if isinstance(took, Done) and operation.action == "delete":
            memory.titles.pop(took.handle, None)
        elif isinstance(took, Done) and (operation.action == "create" or took.handle in memory.titles):
            writer = self._writers[operation.kind]
            if writer.own_title and (operation.action == "create" or self._retitled(operation)):
                memory.titles[took.handle] = checksum(operation.title.strip())
        return outcome

    # -- what is known

    def _named(self, record: str, page: str, kind: str) -> None:
        people, before = self._puller.people, self._pages.get(record)
        if before not in (None, page) and before in people.records:  # made anew: that one was in the trash
            people.trashed[before] = people.records.pop(before)
        self._pages[record] = page
        people.records[page] = record
        people.names.pop(page, None)

    def _waits(self, operation: Operation) -> str:
        """The name of something that the record refers to and that is not made yet."""
        for name, value in operation.fields.items():
            if self._template.kinds[operation.kind].fields[name].ref is None:
                continue
            for id in value if isinstance(value, list) else [value]:
                if isinstance(id, str) and id in self._open and id != operation.id:
                    return operation.labels.get(id, id)
        return ""

    def _title(self, writer: Writer, operation: Operation) -> str | None:
        """A row's title is ours where we made it and nobody wrote another, and where there is none."""
        if not writer.own_title:
            return None
        page = operation.handle or ""
        if page in self._memory.titles:
            return operation.title if self._retitled(operation) else None
        row = self._puller.rows.get(page)
        if row is not None and not self._puller.readers[operation.kind].title_of(row):
            self._memory.titles[page] = checksum(operation.title.strip())
            return operation.title
        return None

    def _retitled(self, operation: Operation) -> bool:
        return any(name in operation.fields for name in self._template.kinds[operation.kind].title)

    def _latest(self, operation: Operation) -> Json | None:
        """The row as somebody changed it since this run read it, as far as that is known."""
        kind = operation.kind
        with self._looking:
            since = self._wire.now() - self._puller.looked.get(kind, 0.0)
            wrote = self._wrote.get(kind, _FEW)  # nothing yet: the first write may look again
            if since > _STALE or (since > _FRESH and wrote >= _FEW):
                self._newer.update(self._puller.look_again(kind))
                self._wrote[kind] = wrote = 0
            self._wrote[kind] = wrote + 1 if kind in self._wrote else 1
        return self._newer.get(operation.handle or "")


def levels(template: Template) -> list[frozenset[str]]:
    """The kinds in groups: each refers only to those of earlier groups."""
    found: list[frozenset[str]] = []
    placed: set[str] = set()
    while len(placed) < len(template.kinds):
        level = frozenset(
            name for name, kind in template.kinds.items()
            if name not in placed and all(f.ref is None or f.ref in placed or f.ref not in template.kinds for f in kind.fields.values())
        )  # fmt: skip
        if not level:  # kinds that refer to each other: what is not there yet is told as such
            level = frozenset(template.kinds) - placed
        found.append(level)
        placed |= level
    return found
