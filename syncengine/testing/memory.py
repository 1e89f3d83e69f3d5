"""A tool that lives in memory, with every weakness a real one has; the reference for connectors, and a product of its own.

    tool = MemoryTool.make("board", lossy=lambda kind, field, value: …)      # what people see and edit
    [[replica]] name = "board", connector = "memory", tool = "board"          # the replica of it

Weaknesses that the engine is told of by `Capabilities` come with a connector of their own (see `STRENGTHS`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import orjson

from syncengine.connector import (
    Capabilities,
    Done,
    Item,
    Opening,
    Operation,
    Outcome,
    Pull,
    Reading,
    Rejected,
    SettingsError,
    Step,
)  # fmt: skip
from syncengine.errors import Unavailable
from syncengine.model.moments import instant
from syncengine.model.template import Template
from syncengine.model.values import Fields, Locale, Named, Value
from syncengine.model.words import Words, cleaned
from syncengine.testing.tool import Row

_UTC = Locale().zone


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
    """Edit times are told, rounded down to this; to be declared by its connector."""
    lossy: Callable[[str, str, Value], Value] = lambda kind, name, value: value
    """What becomes of a value that we write: (kind, field, value) to what the tool shows."""
    read_lag: timedelta = timedelta(0)
    """So long a read goes on to show what was there before our own write; to be declared by its connector."""
    names: bool = False
    """References are held as names rather than ids."""
    incremental: bool = False
    """Reads tell only what changed since the cursor."""
    tells_gone: bool = False
    """Incremental reads tell what is gone as well."""
    offline: bool = False
    fails_after: int | None = None
    """A read breaks off after this many items."""
    io: Callable[[str], None] = lambda what: None
    """Called before and after everything that touches the tool; may raise."""
    archive: list[Row] = field(default_factory=list)
    writes: int = 0
    reads: int = 0
    """Reads that came to their end."""
    versions: int = 0
    removals: dict[str, int] = field(default_factory=dict)
    """Handle to the version at which it went."""
    hides_deleted: ClassVar[bool] = False
    _covered: dict[str, list[tuple[datetime, Row | None]]] = field(default_factory=dict)
    """Handle to what our writes replaced, and when: what a lagging read still shows."""

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
        row.version = self.next_version()
        handle = f"row-{self.versions}"
        self.rows[handle] = row
        return handle

    def edit(self, handle: str, **fields: Any) -> None:
        """A person changes fields of an item."""
        row = self.rows[handle]
        self.change(handle, replace(row, fields={**row.fields, **fields}))

    def change(self, handle: str, row: Row) -> None:
        """A person puts another row in a row's place: reads show that at once."""
        self.rows[handle] = replace(row, edited=self.clock(), version=self.next_version())
        self._covered.pop(handle, None)

    def remove(self, handle: str) -> None:
        """A person deletes an item."""
        del self.rows[handle]
        self.removals[handle] = self.next_version()
        self._covered.pop(handle, None)

    def copy(self, handle: str) -> str:
        """A person copies an item whole, its id included, as people copy rows and files; returns the copy's handle."""
        row = self.rows[handle]
        return self.put(replace(row, fields=dict(row.fields), edited=self.clock()))

    def restamp(self, handle: str, id: str | None) -> None:
        """A person empties the cell of the id, or writes something else into it."""
        self.change(handle, replace(self.rows[handle], id=id))

    def move(self, handle: str) -> str:
        """A person cuts an item and pastes it elsewhere: same content, another handle, which is returned."""
        row = self.rows[handle]
        self.remove(handle)
        return self.put(replace(row, edited=self.clock()))

    def drop_column(self, kind: str, name: str) -> None:
        """A person deletes a column with all that is in it."""
        self.columns[kind].discard(name)
        for handle, row in self.rows.items():
            if row.kind == kind and name in row.fields:
                kept = {n: v for n, v in row.fields.items() if n != name}
                self.rows[handle] = replace(row, fields=kept)

    def takes(self, kind: str, fields: Fields) -> bool:
        """Whether there is a place for such a record."""
        return kind in self.columns

    def texts(self) -> Iterator[str]:
        """Everything that can be read here."""
        for row in self.rows.values():
            yield from map(str, row.fields.values())

    def heal(self) -> None:
        """All faults end."""
        self.offline, self.fails_after = False, None

    def find(self, kind: str, **fields: Any) -> str:
        """The handle of the only item with these values."""
        found = [
            h
            for h, r in self.rows.items()
            if r.kind == kind and all(r.fields.get(n) == v for n, v in fields.items())
        ]
        assert len(found) == 1, f"{len(found)} rows of {kind} with {fields} in {self.name}"
        return found[0]

    def of(self, kind: str) -> list[Row]:
        """Every item of a kind."""
        return [row for row in self.rows.values() if row.kind == kind]

    def next_version(self) -> int:
        self.versions += 1
        return self.versions

    def write(self, handle: str, row: Row | None) -> None:
        """We put a row in a row's place (`None`: take it away); while the tool lags, reads show the old one."""
        self.writes += 1
        if self.read_lag:
            self._covered.setdefault(handle, []).append((self.clock(), self.rows.get(handle)))
        if row is not None:
            self.rows[handle] = replace(row, version=self.next_version())
            return
        self.archive.append(self.rows.pop(handle))
        self.removals[handle] = self.next_version()

    def visible(self) -> dict[str, Row]:
        """What a read shows now."""
        shown = dict(self.rows)
        for handle, covered in self._covered.items():
            old = next((row for when, row in covered if self.clock() <= when + self.read_lag), _CAUGHT_UP)
            if old is None:
                shown.pop(handle, None)
            elif old is not _CAUGHT_UP:
                shown[handle] = old
        return shown


_CAUGHT_UP = Row("", None, {})


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
        self.tool.io("before pull")
        if self.tool.offline:
            raise Unavailable(f"{self.tool.name} is away", remedy="Nothing to do: the next run reads it.")
        since = orjson.loads(cursor)["since"] if cursor and self.tool.incremental else 0
        complete = not self.tool.incremental or cursor is None
        visible = self.tool.visible()
        items: list[Item] = []
        for handle, row in visible.items():
            if self.tool.fails_after is not None and len(items) >= self.tool.fails_after:
                raise Unavailable(
                    f"the read of {self.tool.name} broke off",
                    remedy="Nothing to do: the next run reads it again.",
                )
            if row.kind in self.template.kinds and (complete or row.version > since or handle in again):
                items.append(self._item(handle, row))
        self._cursor = orjson.dumps({"since": max((r.version for r in visible.values()), default=since)})
        self.tool.reads += 1
        self.tool.io("after pull")
        return Pull(items, complete, self._holds(), self._gone(since, again, visible), present=len(visible))

    def _gone(self, since: int, again: Collection[str], visible: Collection[str]) -> list[str]:
        gone = set(again)
        if self.tool.incremental and self.tool.tells_gone:
            gone |= {handle for handle, version in self.tool.removals.items() if version > since}
        return sorted(gone - set(visible) - set(self.tool.rows))  # what does not show yet is not gone

    def _holds(self) -> dict[str, frozenset[str]]:
        return {
            kind.name: frozenset(self.tool.columns[kind.name]) & frozenset(kind.fields)
            for kind in self.template.kinds.values()
            if kind.name in self.tool.columns
        }

    def _item(self, handle: str, row: Row) -> Item:
        columns = self.tool.columns.get(row.kind, set())
        fields = {
            name: self._read(row, name)
            for name in row.fields
            if name in self.template.kinds[row.kind].fields and name in columns
        }
        edited = None
        if row.edited is not None and self.tool.precision is not None:
            step = self.tool.precision.total_seconds()
            edited = instant(datetime.fromtimestamp(row.edited.timestamp() // step * step, _UTC), _UTC)
        return Item(row.kind, row.id, handle, fields, f"{self.tool.name}, {handle}", edited)

    def _read(self, row: Row, name: str) -> Reading:
        return self.template.kinds[row.kind].fields[name].type.read(row.fields.get(name), self.locale)

    def takes(self, kind: str, fields: Fields) -> bool:
        return self.tool.takes(kind, fields)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        for operation in operations:
            self.calls += 1
            self.tool.io(f"before {operation.action}")
            outcome = self._apply(operation)
            self.tool.io(f"after {operation.action}")
            yield outcome

    def _apply(self, operation: Operation) -> Outcome:
        handle = self._find(operation)
        row = self.tool.rows[handle] if handle is not None else None
        if row is None and operation.action == "update":
            return Rejected(operation, "the row is gone", "Nothing to do: the next run takes it up.")
        if row is not None and (moved := self._moved(row, operation)):
            return Rejected(
                operation,
                f"{moved} changed while it was being written",
                "Nothing to do: the next run takes it up.",
            )
        if operation.action == "delete":
            if handle is not None:
                self.tool.write(handle, None)
            return Done(operation, handle or "")
        handle = handle or f"row-{self.tool.versions + 1}"
        row = row or Row(operation.kind, operation.id, {})
        held = {name: self._hold(operation, name, value) for name, value in operation.fields.items()}
        self.tool.write(handle, replace(row, id=operation.id, fields={**row.fields, **held}))
        return Done(operation, handle, {name: self._read(self.tool.rows[handle], name) for name in held})

    def _find(self, operation: Operation) -> str | None:
        row = self.tool.rows.get(operation.handle or "")
        if row is not None and row.kind == operation.kind and (row.id == operation.id or operation.stamp):
            return operation.handle
        return next(
            (h for h, r in self.tool.rows.items() if r.id == operation.id and r.kind == operation.kind), None
        )

    def _hold(self, operation: Operation, name: str, value: Value) -> Any:
        if self.tool.names and self.template.kinds[operation.kind].fields[name].ref:
            return operation.names(name)
        return self.tool.lossy(operation.kind, name, value)

    def _moved(self, row: Row, operation: Operation) -> str | None:
        """The first field that holds something else than when it was read (rule 11)."""
        kind = self.template.kinds[operation.kind]
        if operation.action == "create":  # it is here already: an update of it, whatever a run that died left
            return None
        for name in operation.fields if operation.action == "update" else operation.expected:
            if name not in self.tool.columns[operation.kind]:
                continue
            now, then = self._read(row, name), operation.expected.get(name)
            text = then.text if isinstance(then, Named) else None
            if now != then and not (now is None and text == "") and _words(now) != _words(then):
                return kind.fields[name].label
        return None

    def erase(self, ids: Collection[str], words: Words) -> None:
        if self.tool.offline:
            raise Unavailable(f"{self.tool.name} is away", remedy="Nothing to do: run it again.")
        self.tool.io("before erase")
        kept = [row for row in self.tool.archive if row.id not in ids]
        self.tool.archive = [replace(row, fields=cleaned(row.fields, words, ids)) for row in kept]
        self.tool.io("after erase")

    def everything(self) -> Iterator[tuple[str, str]]:
        for handle, row in self.tool.rows.items():
            yield handle, orjson.dumps(row.fields, default=str).decode()
        for row in self.tool.archive:
            yield "archive", orjson.dumps(row.fields, default=str).decode()

    def keeps(self) -> Sequence[str]:
        return ()

    def cursor(self) -> bytes | None:
        return self._cursor

    def link(self, handle: str) -> str | None:
        """See `syncengine.connector.Linking`."""
        return f"{self._address()}{handle}" if handle in self.tool.rows else None

    def linked(self, link: str) -> Sequence[str]:
        return [link.removeprefix(self._address())] if link.startswith(self._address()) else []

    def _address(self) -> str:
        return f"memory://{quote(self.tool.name, safe='')}/"

    def close(self) -> None:
        """Nothing is open."""


def _words(reading: Reading) -> object:
    """A reading as far as it can be compared: words that are not understood are the same by their text."""
    return getattr(reading, "text", reading)


@dataclass(frozen=True)
class MemoryConnector:
    """The plug-in."""

    name: str = "memory"
    capabilities: Capabilities = field(default_factory=lambda: Capabilities(edit_times=timedelta(seconds=1)))

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        if settings.get("tool") not in MemoryTool.TOOLS:
            raise SettingsError({"tool": "name a tool made with MemoryTool.make"})
        return dict(settings)

    def open(self, opening: Opening) -> MemoryReplica:
        return MemoryReplica(opening, MemoryTool.TOOLS[str(opening.settings["tool"])])

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        return False


connector = MemoryConnector()
minutes = MemoryConnector("memory-minutes", Capabilities(edit_times=timedelta(minutes=1)))
timeless = MemoryConnector("memory-timeless", Capabilities())
lagging = MemoryConnector(
    "memory-lagging", Capabilities(edit_times=timedelta(seconds=1), read_lag=timedelta(minutes=3))
)
STRENGTHS = (connector, minutes, timeless, lagging)
"""Connectors of the same tool that say different things of it; only the first is installed as a plug-in."""
