"""Simulated people: a program whose tools live in memory, what is done in them, and a memory of all of it.

    team = Team(folder, [Desk("A"), Desk("B", names=True)])
    ada = team.add("A", "person", name="Ada")
    team.sync()
    team.edit("A", ada, name="Ada Lovelace")

`witness` tells afterwards whether anything that people did was lost.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from syncengine.config import Program, load
from syncengine.connector import Mailing
from syncengine.errors import ConfigError, Unavailable
from syncengine.model.ids import seeded_ids
from syncengine.model.values import Named, Unreadable
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.faults import Fuse, state_with
from syncengine.testing.memory import MemoryTool
from syncengine.testing.tool import Row, Tool

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
    tool: Tool | None = None
    """A real one, in place of one in memory."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of its replica: the connector's own keys."""


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
    """The row was a copy, or somebody had written into the cell of its id: it may still have shown another row's."""


class Team:
    """See the module."""

    def __init__(
        self,
        folder: str,
        desks: Sequence[Desk],
        *,
        template: str = "structured",
        state: str = "",
        clock: Clock | None = None,
        ready: bool = False,
    ) -> None:
        """`clock`: one that the tools go by as well. `ready`: the state and the tools are those of a team that was set up."""
        self.folder, self.template, self.state = folder, template, state
        self.clock = clock or Clock()
        self.ids = seeded_ids(1)
        self.desks: dict[str, Desk] = {}
        self.tools: dict[str, Tool] = {}
        self.breaks: list[str] = []
        """Of the whole program: nobody meets then."""
        self.made_of: Counter[str] = Counter()
        """Kind to how many rows people made that may have become a record of their own."""
        self.words: list[Word] = []
        self.read: set[Word] = set()
        """The words that a sync has read: none of these may ever be lost."""
        self._unread: list[Word] = []
        self.deletions: list[Deletion] = []
        self.overwrote: dict[tuple[str, str], list[tuple[str, Any]]] = {}
        """(desk, handle) to the (field, value) of cells that people wrote over."""
        self.copies: set[tuple[str, str]] = set()
        """(desk, handle) of rows that somebody copied from others."""
        self.lacking = False
        """Whether somebody dropped a column that is not back."""
        self.announced: list[Mailing] = []
        """Every e-mail that the plan of a run has named."""
        self.fuse = Fuse()
        for desk in desks:
            if ready:
                self._seat(desk)
            else:
                self.join(desk)

    def join(self, desk: Desk) -> None:
        """Another tool joins the program."""
        self._seat(desk)
        self.setup()

    def _seat(self, desk: Desk) -> None:
        self.desks[desk.name] = desk
        self.tools[desk.name] = desk.tool or self._in_memory(desk)
        self.program = self.configure()

    def _in_memory(self, desk: Desk) -> MemoryTool:
        name = f"{self.folder}/{desk.name}"
        told = {"precision": _ROUND.get(desk.connector), "read_lag": _LAG.get(desk.connector, timedelta(0))}
        tool = MemoryTool.make(name, self.clock, **{**told, **desk.weaknesses})
        tool.io = self._io
        return tool

    def _io(self, what: str) -> None:
        self.fuse(what)

    def configure(self) -> Program:
        """Write the config anew."""
        path = os.path.join(self.folder, "mentorsync.toml")
        state = f"state = '{self.state}'\n" if self.state else ""
        text = f'[program]\nname = "team"\ntemplate = "{self.template}"\nzone = "Europe/Berlin"\ndays_back = 7\ndays_ahead = 15\n{state}'
        text += f"breaks = {json.dumps(self.breaks)}\n" if self.breaks else ""
        for desk in self.desks.values():
            tool = self.tools[desk.name]
            own = {"tool": tool.name} if isinstance(tool, MemoryTool) else desk.settings
            text += f'\n[[replica]]\nname = "{desk.name}"\nconnector = "{desk.connector}"\naudience = \'{desk.audience}\'\n'
            text += "".join(f"{key} = {json.dumps(value)}\n" for key, value in own.items())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return load(path)

    def setup(self) -> None:
        """Make the template real everywhere, missing columns included."""
        self.fuse = Fuse()
        problems = setup(self.program, now=self.clock(), ids=self.ids).problems
        # The place of a pair that is gone has nothing to be set up for.
        fine = {
            name: Unavailable if self.desks[name].audience == "program" else (Unavailable, ConfigError)
            for name in problems
        }
        assert all(isinstance(problem, fine[name]) for name, problem in problems.items()), problems

    # -- what people do

    def add(self, desk: str, kind: str, **fields: Any) -> str:
        """A new row; returns its handle."""
        fits = {name: value for name, value in fields.items() if self._has(desk, kind, name)}
        handle = self.tools[desk].add(kind, **fits)
        self.made_of[kind] += 1
        self._said(desk, handle, kind, fits)
        return handle

    def edit(self, desk: str, handle: str, **fields: Any) -> None:
        """Other values in some cells."""
        row = self.tools[desk].rows[handle]
        fits = {name: value for name, value in fields.items() if self._has(desk, row.kind, name)}
        self.tools[desk].edit(handle, **fits)
        self.overwrote.setdefault((desk, handle), []).extend((name, row.fields.get(name)) for name in fields)
        self._said(desk, handle, row.kind, fits)

    def remove(self, desk: str, handle: str) -> None:
        """A row taken away."""
        left = self._leaving(desk, handle)
        self.tools[desk].remove(handle)
        self.deletions.append(left)

    def copy(self, desk: str, handle: str) -> str:
        """A row copied whole, its id included, as people copy rows and files."""
        kind = self.tools[desk].rows[handle].kind
        copy = self.tools[desk].copy(handle)
        self.made_of[kind] += 1
        self.copies.add((desk, copy))
        return copy

    def restamp(self, desk: str, handle: str, id: str | None) -> None:
        """The cell of the id emptied or overwritten."""
        left = self._leaving(desk, handle)
        kind = self.tools[desk].rows[handle].kind
        self.tools[desk].restamp(handle, id)
        if id is not None:  # perhaps another row's: it shows that until it is given one of its own
            self.copies.add((desk, handle))
        self.deletions.append(left)
        self.made_of[kind] += 1

    def move(self, desk: str, handle: str) -> str:
        """A row cut and pasted elsewhere: same content, perhaps another handle."""
        moved = self.tools[desk].move(handle)
        self.overwrote[desk, moved] = self.overwrote.pop((desk, handle), [])
        if (desk, handle) in self.copies:
            self.copies.add((desk, moved))
        return moved

    def drop_column(self, desk: str, kind: str, name: str) -> None:
        """A column deleted with all that is in it."""
        self.tools[desk].drop_column(kind, name)
        self.lacking = True

    def _has(self, desk: str, kind: str, name: str) -> bool:
        return name in self.tools[desk].columns.get(kind, ())

    def _said(self, desk: str, handle: str, kind: str, fields: Mapping[str, Any]) -> None:
        self.words += [Word(desk, handle, kind, name, raw) for name, raw in fields.items() if raw is not None]

    def _leaving(self, desk: str, handle: str) -> Deletion:
        row = self.tools[desk].rows[handle]
        seen: dict[str, list[Any]] = {}
        for name, value in [*self.overwrote.get((desk, handle), ()), *row.fields.items()]:
            seen.setdefault(name, []).append(value)
        return Deletion(desk, row.id or "", seen, (desk, handle) in self.copies)

    # -- and what the engine does

    def sync(self, *, die_at: int | None = None, **options: Any) -> Report:
        """One run, a minute later; with `die_at` the process dies at that point of it (raises `Crash`)."""
        self.clock.tick()
        shown = {name: self.tools[name].rows for name in {word.desk for word in self._unread}}
        there = [word for word in self._unread if self._stands(word, shown)]
        self.fuse = Fuse(die_at)
        with state_with(self.fuse):
            report = sync(self.program, now=self.clock, ids=self.ids, **options)
        self._announce(report)
        # A tool that was left out of the run is read by the next.
        out = {name for name in self.tools if any(f"replica '{name}'" in line for line in report.warnings)}
        self.read.update(word for word in there if word.desk not in out)
        self._unread = [
            word for word in there if word.desk in out
        ]  # what no longer stands there is never read
        return report

    def foresee(self, **options: Any) -> Report:
        """A dry run: what a run that begins now would do, and whom it would tell."""
        report = sync(self.program, dry_run=True, now=self.clock, ids=self.ids, **options)
        self._announce(report)
        return report

    def _announce(self, report: Report) -> None:
        self.announced += [mailing for found in report.mails.values() for mailing in found]

    def _stands(self, word: Word, shown: Mapping[str, Mapping[str, Row]]) -> bool:
        """Whether it is still there to be read, however the tool shows it."""
        row = shown[word.desk].get(word.handle)
        if row is None or not self._has(word.desk, word.kind, word.field):
            return False
        cell = row.fields.get(word.field)
        return cell == word.raw or (
            cell is not None and self._means(word, cell) == self.means(word) is not None
        )

    def heal(self, syncs: int = 3) -> list[Report]:
        """All faults end, all columns are back, and everything is read anew: until nothing is left to do, by at most so many syncs."""
        for tool in self.tools.values():
            tool.heal()
        if self.lacking:
            self.setup()
            self.lacking = False
        self.clock.tick(minutes=10)
        reports: list[Report] = []
        while len(reports) < syncs and not (reports and _at_rest(reports[-1])):
            reports.append(self.sync(fresh=True, allow=("mass-deletion", "template", "restored")))
            self.clock.tick(minutes=10)
        return reports

    def means(self, word: Word) -> Any:
        """The canonical value of a word; `None` for a name, or for what is not understood."""
        return self._means(word, word.raw)

    def _means(self, word: Word, shown: Any) -> Any:
        field = self.program.template.kinds[word.kind].fields[word.field]
        reading = field.type.read(shown, self.program.locale)
        return None if isinstance(reading, Named | Unreadable) else reading


def _at_rest(report: Report) -> bool:
    """Nothing was written, and nothing was left for the next run."""
    return not (report.writes or report.problems or report.remarks)
