"""A tool that lives in memory, with every weakness a real one has; the reference for connectors, and a product of its own.

    tool = MemoryTool.make("board", lossy=lambda kind, field, value: …)      # what people see and edit
    [[replica]] name = "board", connector = "memory", tool = "board"          # the replica of it
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import orjson

from syncengine.connector import (
    Capabilities, Done, Item, Opening, Operation, Outcome, Pull, Reading, Rejected, SettingsError, Step,
)  # fmt: skip
from syncengine.errors import Unavailable
from syncengine.model.moments import instant
from syncengine.model.template import Template
from syncengine.model.values import Fields, Locale, Named, Value

_UTC = Locale().zone


@dataclass
class Row:
    """One item as people see it."""

    kind: str
    id: str | None
    fields: dict[str, Any]
    edited: datetime | None = None
    version: int = 0


class Crash(BaseException):
    """The process dies here (in tests): nothing of ours may catch it."""


@dataclass
class MemoryTool:
    """The tool. People edit `rows`; the fields below are its weaknesses."""

    name: str
    clock: Callable[[], datetime]
    rows: dict[str, Row] = field(default_factory=dict)
    place: str | None = None
    columns: dict[str, set[str]] = field(default_factory=dict)
    """Kind to the fields it has a column for."""
    precision: timedelta | None = None
    """Edit times are told, rounded down to this."""
    lossy: Callable[[str, str, Value], Value] = lambda kind, name, value: value
    read_lag: timedelta = timedelta(0)
    names: bool = False
    """References are held as names rather than ids."""
    incremental: bool = False
    """Reads tell only what changed since the cursor, and never what is gone."""
    lags: bool = False
    """Reads show the state before our last write, until `read_lag` has passed."""
    fails_after: int | None = None
    """A read breaks off after this many items."""
    io: Callable[[str], None] = lambda what: None
    """Called before and after everything that touches the tool; may raise."""
    archive: list[Row] = field(default_factory=list)
    writes: int = 0
    _count: int = 0
    _before_write: tuple[datetime, dict[str, Row]] | None = None

    TOOLS: ClassVar[dict[str, MemoryTool]] = {}

    @classmethod
    def make(cls, name: str, clock: Callable[[], datetime], **weaknesses: Any) -> MemoryTool:
        """A fresh tool, found by its name from the config."""
        tool = cls.TOOLS[name] = cls(name, clock, **weaknesses)
        return tool

    def add(self, kind: str, **fields: Any) -> str:
        """A person adds an item; returns its handle."""
        return self.put(Row(kind, None, fields, self.clock()))

    def put(self, row: Row) -> str:
        """Add a row as it is; returns its handle."""
        self._count += 1
        row.version = self._count
        handle = f"row-{self._count}"
        self.rows[handle] = row
        return handle

    def edit(self, handle: str, **fields: Any) -> None:
        """A person changes fields of an item."""
        row = self.rows[handle]
        self._count += 1
        self.rows[handle] = replace(row, fields={**row.fields, **fields}, edited=self.clock(), version=self._count)

    def remove(self, handle: str) -> None:
        """A person deletes an item."""
        del self.rows[handle]

    def find(self, kind: str, **fields: Any) -> str:
        """The handle of the only item with these values."""
        found = [h for h, r in self.rows.items() if r.kind == kind and all(r.fields.get(n) == v for n, v in fields.items())]
        assert len(found) == 1, f"{len(found)} rows of {kind} with {fields} in {self.name}"
        return found[0]

    def of(self, kind: str) -> list[Row]:
        """Every item of a kind."""
        return [row for row in self.rows.values() if row.kind == kind]

    def wrote(self, rows: dict[str, Row]) -> None:
        """Our write replaces the rows."""
        self.writes += 1
        if self._before_write is None or self.clock() > self._before_write[0]:
            self._before_write = (self.clock() + self.read_lag, copy.deepcopy(self.rows))
        self.rows = rows

    def visible(self) -> dict[str, Row]:
        """What a read shows now."""
        if self.lags and self._before_write and self.clock() <= self._before_write[0]:
            old = self._before_write[1]
            return {h: old.get(h, row) if row.edited is None or h in old and old[h].edited == row.edited else row for h, row in self.rows.items()}
        return self.rows


class MemoryReplica:
    """One `MemoryTool` as a replica."""

    def __init__(self, opening: Opening, tool: MemoryTool) -> None:
        self.template: Template = opening.template
        self.locale = opening.locale
        self.tool = tool
        self.calls = 0
        self._cursor: bytes | None = None

    def place(self) -> str | None:
        return self.tool.place

    def survey(self) -> Sequence[Step]:
        steps = []
        for kind in self.template.kinds.values():
            missing = set(kind.fields) - self.tool.columns.get(kind.name, set())
            if missing:
                steps.append(Step("make", f"columns of {kind.plural}: {', '.join(sorted(missing))}"))
        return steps

    def provision(self, place: str) -> None:
        for kind in self.template.kinds.values():
            self.tool.columns.setdefault(kind.name, set()).update(kind.fields)
        self.tool.place = place

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        self.calls += 1
        self.tool.io("pull")
        since = orjson.loads(cursor)["since"] if cursor and self.tool.incremental else 0
        items = []
        for handle, row in list(self.tool.visible().items()):
            if self.tool.fails_after is not None and len(items) >= self.tool.fails_after:
                raise Unavailable(f"the read of {self.tool.name} broke off", remedy="Nothing to do: the next run reads it again.")
            if row.kind in self.template.kinds and (row.version > since or handle in again):
                items.append(self._item(handle, row))
        self._cursor = orjson.dumps({"since": max((r.version for r in self.tool.visible().values()), default=since)})
        return Pull(items, complete=not self.tool.incremental or cursor is None, holds=self._holds(), present=len(self.tool.rows))

    def _holds(self) -> dict[str, frozenset[str]]:
        return {
            kind.name: frozenset(self.tool.columns[kind.name]) & frozenset(kind.fields)
            for kind in self.template.kinds.values()
            if kind.name in self.tool.columns
        }

    def _item(self, handle: str, row: Row) -> Item:
        kind = self.template.kinds[row.kind]
        fields: dict[str, Reading] = {
            name: kind.fields[name].type.read(value, self.locale)
            for name, value in row.fields.items()
            if name in kind.fields and name in self.tool.columns.get(row.kind, ())
        }
        edited = None
        if row.edited is not None and self.tool.precision is not None:
            step = self.tool.precision.total_seconds()
            edited = instant(datetime.fromtimestamp(row.edited.timestamp() // step * step, _UTC), _UTC)
        return Item(row.kind, row.id, handle, fields, f"{self.tool.name}, {handle}", edited)

    def takes(self, kind: str, fields: Fields) -> bool:
        return kind in self.tool.columns

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        for operation in operations:
            self.calls += 1
            self.tool.io(f"before {operation.action}")
            outcome = self._apply(operation)
            self.tool.io(f"after {operation.action}")
            yield outcome

    def _apply(self, operation: Operation) -> Outcome:
        rows = dict(self.tool.rows)
        stamped = next((h for h, r in rows.items() if r.id == operation.id and r.kind == operation.kind), None)
        handle = stamped if operation.handle not in rows else operation.handle
        if operation.action == "delete":
            if handle is not None:
                self.tool.archive.append(rows.pop(handle))
                self.tool.wrote(rows)
            return Done(operation, handle or "")
        if handle is None and operation.action == "update":
            return Rejected(operation, "the row is gone", "Nothing to do: the next run takes it up.")
        row = rows[handle] if handle is not None else Row(operation.kind, operation.id, {}, None)
        held = {name: self._hold(operation, name, value) for name, value in operation.fields.items()}
        if operation.action == "update" and (moved := self._moved(row, operation)):
            return Rejected(operation, f"{moved} changed while it was being written", "Nothing to do: the next run takes it up.")
        self.tool._count += 1
        new = replace(row, id=operation.id, fields={**row.fields, **held}, version=self.tool._count)
        if handle is None:
            handle = f"row-{self.tool._count}"
        rows[handle] = new
        self.tool.wrote(rows)
        kind = self.template.kinds[operation.kind]
        return Done(operation, handle, {name: kind.fields[name].type.read(value, self.locale) for name, value in held.items()})

    def _hold(self, operation: Operation, name: str, value: Value) -> Any:
        if self.tool.names and self.template.kinds[operation.kind].fields[name].ref:
            return operation.names(name)
        return self.tool.lossy(operation.kind, name, value)

    def _moved(self, row: Row, operation: Operation) -> str | None:
        """The first field that holds something else than when it was read (rule 11)."""
        kind = self.template.kinds[operation.kind]
        for name in operation.fields:
            now = kind.fields[name].type.read(row.fields.get(name), self.locale)
            then = operation.expected.get(name)
            if now is not None and not isinstance(now, Named) and not isinstance(then, Named) and name in operation.expected and now != then:
                return kind.fields[name].label
        return None

    def cursor(self) -> bytes | None:
        return self._cursor

    def close(self) -> None:
        """Nothing is open."""


class MemoryConnector:
    """The plug-in."""

    name = "memory"
    capabilities = Capabilities(edit_times=timedelta(seconds=1))

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        if settings.get("tool") not in MemoryTool.TOOLS:
            raise SettingsError({"tool": "name a tool made with MemoryTool.make"})
        return dict(settings)

    def open(self, opening: Opening) -> MemoryReplica:
        return MemoryReplica(opening, MemoryTool.TOOLS[str(opening.settings["tool"])])

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        return False


connector = MemoryConnector()
