"""One operation as one request, and what became of it: doubt is looked up, conflicts are read again (rules 7, 8, 11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from syncengine.connector import Done, InDoubt, Operation, Outcome, Reading, Rejected
from syncengine.model.kind import Kind
from syncengine.model.values import Fields, Named, Unreadable, Value
from syncengine_notion import mapping
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.bodywriting import BodyWriter, split, with_text
from syncengine_notion.client import Wire
from syncengine_notion.layout import Table, title_field
from syncengine_notion.mapping import type_of
from syncengine_notion.memory import Memory
from syncengine_notion.portions import MOST_BYTES, all_refused, carried_out, portions, size_of
from syncengine_notion.prose import plain_runs
from syncengine_notion.reading import find_records
from syncengine_notion.refusals import LATER, rejected
from syncengine_notion.rows import Json, Reader

_ATTEMPTS = 4


class Writer:
    """Writes the rows of one kind."""

    def __init__(
        self,
        wire: Wire,
        kind: Kind,
        table: Table,
        reader: Reader,
        zone: ZoneInfo,
        pages: Mapping[str, str],
        memory: Memory,
    ) -> None:
        self._wire, self._kind, self._table, self._reader = wire, kind, table, reader
        self._memory = memory
        self._prose = BodyWriter(wire, kind, reader.prose, memory) if reader.prose else None
        self._zone, self._pages = zone, pages
        self._by_name = False
        """Whether options are named rather than told by id, after an id was refused."""
        self._names: dict[str, str] = {}
        """Property to its name, after ids were refused in a body."""
        self._doubted: set[str] = set()
        """Records whose creates are known only by the row that was found of them."""
        self.collided = False
        """Whether another write got in the way of one of ours."""
        self.own_title = title_field(kind) is None
        self.written: dict[str, dict[str, Reading]] = {}
        """Page to what our fields hold by the answer to our last write."""

    # -- operations

    def create(self, operation: Operation) -> Outcome:
        """A new row with the record's id in it. Raises `Full`."""
        properties, text = split(operation, self._prose)
        said: Fields = {name: value for name, value in properties.fields.items() if value not in (None, [])}
        blank = {name: value for name, value in properties.fields.items() if name not in said}
        parts = portions(said, lambda name: self._value(name, said[name]))
        parts.first |= blank
        if text is None or self._prose is None:
            return carried_out(properties, parts, self._create, lambda update: self._update(update, None))
        children = self._prose.beginning(text)
        all_of_it = self._prose.whole(text)
        if size_of(children) + parts.size > MOST_BYTES:
            children, all_of_it = [], False
        outcome = carried_out(properties, parts, lambda first: self._create(first, children),
                              lambda update: self._update(update, None))  # fmt: skip
        return self._prose.after_create(
            operation, outcome, text, sure=all_of_it and operation.id not in self._doubted
        )

    def finish(self, operation: Operation, row: Json) -> Outcome:
        """A create of an earlier run that turned out to be there: as it meant it, but its text may be half of it."""
        properties, text = split(operation, self._prose)
        done = Done(properties, row["id"])
        if text is None or self._prose is None or text.fields[self._prose.name] is None:
            return Done(operation, row["id"])
        return self._prose.after_create(operation, done, text, sure=False)

    def update(self, operation: Operation, title: str | None) -> Outcome:
        """The changed fields, and the id where it is missing. `title`: the row's, where it is ours to write."""
        properties, text = split(operation, self._prose)
        if (
            text is not None
            and self._prose is not None
            and not (properties.fields or title or operation.stamp)
        ):
            return replace(self._prose.write(text), operation=operation)
        parts = portions(properties.fields, lambda name: self._value(name, properties.fields[name]))
        refused = next(all_refused(properties, parts), None)
        first = partial(self._update, title=title)
        outcome = refused or carried_out(properties, parts, first, lambda update: self._update(update, None))
        if text is None or self._prose is None:
            return outcome
        return with_text(operation, outcome, self._prose.write(text))

    def delete(self, operation: Operation) -> Outcome:
        """Into Notion's trash, from which it can be restored."""
        return self._change(operation, lambda: {"in_trash": True}, lambda row, _: bool(row["in_trash"]))

    # -- how

    def _create(self, operation: Operation, children: Sequence[Json] = ()) -> Outcome:
        title = operation.title if self.own_title else None
        said: Fields = {name: value for name, value in operation.fields.items() if value not in (None, [])}
        body: Json = {"parent": {"type": "data_source_id", "data_source_id": self._table.source}}
        if children:
            body["children"] = children
        for attempt in range(_ATTEMPTS):
            try:
                made = {**body, "properties": self._values(said, operation.id, title)}
                return self._done(operation, self._wire.write("POST", "pages", made))
            except Doubt as doubt:
                self._doubted.add(operation.id)
                return self._made(operation, doubt)
            except Refused as refused:
                if not self._again(refused):
                    return rejected(operation, refused, self._kind.plural)
                self._wire.wait(attempt)
        return Rejected(operation, "others kept changing the table at the same time", LATER)

    def _update(self, operation: Operation, title: str | None) -> Outcome:
        id = operation.id if operation.stamp else None
        return self._change(
            operation, lambda: {"properties": self._values(operation.fields, id, title)}, self._took
        )

    def _change(self, operation: Operation, body: Any, took: Any) -> Outcome:
        """Change a page; after a doubt or a conflict it is read, and changed again only if it is still what we expected."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._done(operation, self._wire.write("PATCH", f"pages/{operation.handle}", body()))
            except Doubt as doubt:
                reason = doubt.reason
            except Refused as refused:
                if not self._again(refused) and not _gone(operation, refused):
                    return rejected(operation, refused, self._kind.plural)
                reason = refused.message
            self._wire.wait(attempt)
            try:
                row = self._wire.read("GET", f"pages/{operation.handle}")
            except Refused as refused:
                if _gone(operation, refused):  # said twice: a 404 alone may be untrue
                    return Done(operation, operation.handle or "")
                return rejected(operation, refused, self._kind.plural)
            if took(row, operation):
                return self._done(operation, row)
            if self.moved(operation, row):
                return Rejected(
                    operation, "it was changed in Notion at the same time", LATER, self._reader.where(row)
                )
        return InDoubt(operation, reason)

    def moved(self, operation: Operation, row: Json) -> bool:
        """Whether the row is no longer what the operation expects (rule 11)."""
        names = operation.fields if operation.action == "update" else operation.expected
        now = self._reader.read(row, self._table.properties)
        return any(
            name in now and not self._same(name, now[name], operation.expected.get(name)) for name in names
        )

    def _same(self, name: str, now: Reading, then: Reading) -> bool:
        if isinstance(now, Named | Unreadable) or isinstance(then, Named | Unreadable):
            return getattr(now, "text", now) == getattr(then, "text", then)
        return now == then or self._kind.fields[name].type.equal(now, then)

    def _took(self, row: Json, operation: Operation) -> bool:
        """Whether a row holds what was sent."""
        now = self._reader.read(row, self._table.properties)
        stamped = not operation.stamp or self._reader.id_of(row) == operation.id
        return stamped and all(
            name not in now or self._same(name, now[name], value) for name, value in operation.fields.items()
        )

    def _made(self, operation: Operation, doubt: Doubt) -> Outcome:
        """A create in doubt: by the id that Notion told, else by the record's id; never made twice."""
        if doubt.committed:
            try:
                row = self._wire.read("GET", f"pages/{doubt.committed}")
            except Refused:
                return InDoubt(operation, doubt.reason)
            return self._done(operation, row)
        self._wire.wait(0)
        try:
            there = find_records(self._wire, self._table.source, self._table.id, [operation.id])
        except Refused:
            return InDoubt(operation, doubt.reason)
        return self._done(operation, there[operation.id]) if there else InDoubt(operation, doubt.reason)

    def _done(self, operation: Operation, row: Json) -> Outcome:
        """What Notion says that it holds now is what counts (rule 8)."""
        if operation.action == "delete":
            return Done(operation, row["id"])
        now = self._reader.read(row, self._table.properties)
        self.written[row["id"]] = now
        missing = [
            name for name in operation.fields if name not in now and operation.fields[name] not in (None, [])
        ]
        if missing and operation.action == "update":
            names = ", ".join(self._kind.fields[name].label for name in missing)
            reason = f"Notion has no property {names} any more"
            return Rejected(operation, reason, "Run: mentorsync setup", self._reader.where(row))
        held = {name: now[name] for name in operation.fields if name in now}
        if (
            row["last_edited_by"]["id"] != self._memory.bot
        ):  # somebody was quicker than the answer: an edit of theirs, not ours
            self._memory.again.append(row["id"])
            held = {name: value if self._same(name, value, operation.fields[name]) else operation.fields[name]
                    for name, value in held.items()}  # fmt: skip
        return Done(operation, row["id"], held)

    def _again(self, refused: Refused) -> bool:
        """Whether it may go better another time: a collision, an option that was deleted in Notion, or ids as keys."""
        if refused.status == 409 and refused.code != "row_limit_exceeded":
            self.collided = True
            return True
        if refused.status == 400 and "option" in refused.message.lower() and not self._by_name:
            self._by_name = True
            return True
        if refused.status == 400 and "property that exists" in refused.message and not self._names:
            shown = self._wire.read("GET", f"data_sources/{self._table.source}")["properties"]
            self._names = {one["id"]: name for name, one in shown.items()}
            return True
        return False

    def _values(self, fields: Fields, id: str | None, title: str | None) -> Json:
        """The `properties` of a write, by ids. Raises `Unwritable`."""
        made: Json = {
            self._table.properties[name]: self._value(name, value)
            for name, value in fields.items()
            if name in self._table.properties
        }
        if id is not None:
            made[self._table.id] = {"rich_text": plain_runs(id)}
        if title is not None:
            made["title"] = {"title": plain_runs(title)}
        return {self._names.get(key, key): value for key, value in made.items()}

    def _value(self, name: str, value: Value) -> Json:
        """One field as a property value. Raises `Unwritable`."""
        field = self._kind.fields[name]
        options = {} if self._by_name else self._table.options.get(name, {})
        kind = type_of(field, title=name == title_field(self._kind))
        return mapping.write(field, kind, value, self._zone, options, self._pages)


def _gone(operation: Operation, refused: Refused) -> bool:
    """Whether what is to be deleted is said to be gone already."""
    return operation.action == "delete" and refused.status == 404
