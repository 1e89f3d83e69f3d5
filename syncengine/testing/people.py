"""Simulated people: a program whose tools live in memory, what is done in them, and a memory of all of it.

    team = Team(folder, [Desk("A"), Desk("B", names=True)])
    ada = team.add("A", "person", name="Ada")
    team.sync()
    team.edit("A", ada, name="Ada Lovelace")

`witness` tells afterwards whether anything that people did was lost.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from syncengine.config import Program, load
from syncengine.errors import Unavailable
from syncengine.model.ids import seeded_ids
from syncengine.model.values import Named, Unreadable
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.faults import Fuse, state_with
from syncengine.testing.memory import MemoryTool

_ROUND = {
    "memory": timedelta(seconds=1),
    "memory-minutes": timedelta(minutes=1),
    "memory-lagging": timedelta(seconds=1),
}
_LAG = {"memory-lagging": timedelta(minutes=3)}


@dataclass(frozen=True)
class Desk:
    """One tool of the team."""

    name: str
    connector: str = "memory"
    audience: str = "program"
    weaknesses: Mapping[str, Any] = field(default_factory=dict)
    """Of `MemoryTool`."""


@dataclass(frozen=True)
class Word:
    """A value that somebody wrote into a cell."""

    desk: str
    handle: str
    kind: str
    field: str
    raw: Any


@dataclass(frozen=True)
class Deletion:
    """Somebody took a row away, having seen this in it."""

    desk: str
    id: str
    """What stood in the cell of the id, which need not be the record's: somebody may have emptied it, or written into it."""
    seen: Mapping[str, Sequence[Any]]
    """Field to what stood there, the latest last."""
    copy: bool = False
    """The row was a copy, and may still have shown the id of its original."""


class Team:
    """See the module."""

    def __init__(
        self, folder: str, desks: Sequence[Desk], *, template: str = "structured", state: str = ""
    ) -> None:
        self.folder, self.template, self.state = folder, template, state
        self.clock = Clock()
        self.ids = seeded_ids(1)
        self.desks: dict[str, Desk] = {}
        self.tools: dict[str, MemoryTool] = {}
        self.made = 0
        """How many rows people made that may have become a record of their own."""
        self.words: list[Word] = []
        self.read: set[Word] = set()
        """The words that a sync has read: none of these may ever be lost."""
        self.deletions: list[Deletion] = []
        self.overwrote: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        """(desk, handle) to the (field, value) of cells that people wrote over."""
        self.copies: set[tuple[str, str]] = set()
        """(desk, handle) of rows that somebody copied from others."""
        self.fuse = Fuse()
        for desk in desks:
            self.join(desk)

    def join(self, desk: Desk) -> None:
        """Another tool joins the program."""
        self.desks[desk.name] = desk
        name = f"{self.folder}/{desk.name}"
        told = {"precision": _ROUND.get(desk.connector), "read_lag": _LAG.get(desk.connector, timedelta(0))}
        tool = self.tools[desk.name] = MemoryTool.make(name, self.clock, **{**told, **desk.weaknesses})
        tool.io = self._io
        self.program = self._program()
        self.setup()

    def _io(self, what: str) -> None:
        self.fuse(what)

    def _program(self) -> Program:
        path = os.path.join(self.folder, "mentorsync.toml")
        state = f"state = '{self.state}'\n" if self.state else ""
        text = f'[program]\nname = "team"\ntemplate = "{self.template}"\nzone = "Europe/Berlin"\ndays_back = 7\ndays_ahead = 15\n{state}'
        for desk in self.desks.values():
            text += (f'\n[[replica]]\nname = "{desk.name}"\nconnector = "{desk.connector}"\n'
                     f"audience = '{desk.audience}'\ntool = '{self.tools[desk.name].name}'\n")  # fmt: skip
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return load(path)

    def setup(self) -> None:
        """Make the template real everywhere, missing columns included."""
        self.fuse = Fuse()
        problems = setup(self.program, now=self.clock(), ids=self.ids).problems
        assert all(isinstance(problem, Unavailable) for problem in problems.values()), problems

    # -- what people do

    def add(self, desk: str, kind: str, **fields: Any) -> str:
        """A new row; returns its handle."""
        self.made += 1
        handle = self.tools[desk].add(
            kind, **{name: value for name, value in fields.items() if self._has(desk, kind, name)}
        )
        self._said(desk, handle, fields)
        return handle

    def edit(self, desk: str, handle: str, **fields: Any) -> None:
        """Other values in some cells."""
        row = self.tools[desk].rows[handle]
        kind = row.kind
        self.overwrote.setdefault((desk, handle), []).extend((name, row.fields.get(name)) for name in fields)
        self.tools[desk].edit(
            handle, **{name: value for name, value in fields.items() if self._has(desk, kind, name)}
        )
        self._said(desk, handle, fields)

    def remove(self, desk: str, handle: str) -> None:
        """A row taken away."""
        self._left(desk, handle)
        self.tools[desk].remove(handle)

    def copy(self, desk: str, handle: str) -> str:
        """A row copied whole, its id included, as people copy rows and files."""
        row = self.tools[desk].rows[handle]
        self.made += 1
        copy = self.tools[desk].put(replace(row, fields=dict(row.fields), edited=self.clock()))
        self.copies.add((desk, copy))
        return copy

    def restamp(self, desk: str, handle: str, id: str | None) -> None:
        """The cell of the id emptied or overwritten."""
        self._left(desk, handle)
        self.made += 1
        self.tools[desk].change(handle, replace(self.tools[desk].rows[handle], id=id))

    def move(self, desk: str, handle: str) -> str:
        """A row cut and pasted elsewhere: same content, another handle."""
        row = self.tools[desk].rows[handle]
        self.tools[desk].remove(handle)
        moved = self.tools[desk].put(replace(row, edited=self.clock()))
        self.overwrote[desk, moved] = self.overwrote.pop((desk, handle), [])
        if (desk, handle) in self.copies:
            self.copies.add((desk, moved))
        return moved

    def drop_column(self, desk: str, kind: str, name: str) -> None:
        """A column deleted with all that is in it."""
        self.tools[desk].columns[kind].discard(name)
        for handle, row in self.tools[desk].rows.items():
            if row.kind == kind and name in row.fields:
                self.tools[desk].rows[handle] = replace(
                    row, fields={n: v for n, v in row.fields.items() if n != name}
                )

    def _has(self, desk: str, kind: str, name: str) -> bool:
        return name in self.tools[desk].columns.get(kind, ())

    def _said(self, desk: str, handle: str, fields: Mapping[str, Any]) -> None:
        kind = self.tools[desk].rows[handle].kind
        self.words += [
            Word(desk, handle, kind, name, raw)
            for name, raw in fields.items()
            if raw is not None and self._has(desk, kind, name)
        ]

    def _left(self, desk: str, handle: str) -> None:
        row = self.tools[desk].rows[handle]
        seen: dict[str, list[Any]] = {}
        for name, value in [*self.overwrote.get((desk, handle), ()), *row.fields.items()]:
            seen.setdefault(name, []).append(value)
        self.deletions.append(Deletion(desk, row.id or "", seen, (desk, handle) in self.copies))

    # -- and what the engine does

    def sync(self, *, die_at: int | None = None, **options: Any) -> Report:
        """One run, a minute later; with `die_at` the process dies at that point of it (raises `Crash`)."""
        self.clock.tick()
        before = {name: tool.reads for name, tool in self.tools.items()}
        there = [word for word in self.words if self._stands(word)]
        self.fuse = Fuse(die_at)
        with state_with(self.fuse):
            report = sync(self.program, now=self.clock, ids=self.ids, **options)
        # A tool whose second look failed is left out of the run, and read again by the next.
        out = {name for name in self.tools if any(f"replica '{name}'" in line for line in report.warnings)}
        seen = {name for name, tool in self.tools.items() if tool.reads > before[name]} - out
        self.read.update(word for word in there if word.desk in seen)
        return report

    def _stands(self, word: Word) -> bool:
        row = self.tools[word.desk].rows.get(word.handle)
        return (
            row is not None
            and row.fields.get(word.field) == word.raw
            and self._has(word.desk, word.kind, word.field)
        )

    def heal(self, syncs: int = 2) -> list[Report]:
        """All faults end, all columns are back, and everything is read anew."""
        for tool in self.tools.values():
            tool.offline, tool.fails_after = False, None
        self.setup()
        self.clock.tick(minutes=10)
        reports = []
        for _ in range(syncs):
            reports.append(self.sync(fresh=True, allow=("mass-deletion", "template")))
            self.clock.tick(minutes=10)
        return reports

    def means(self, word: Word) -> Any:
        """The canonical value of a word; `None` for a name, or for what is not understood."""
        field = self.program.template.kinds[word.kind].fields[word.field]
        reading = field.type.read(word.raw, self.program.locale)
        return None if isinstance(reading, Named | Unreadable) else reading
