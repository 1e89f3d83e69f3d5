"""The proof: every place is searched for the person, tools, state, history and files, and what was found is told."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from syncengine.config import Program
from syncengine.connector import Erasing, Pull
from syncengine.model.values import Named, Unreadable
from syncengine.model.words import Words
from syncengine.run.live import Live, failure, opened
from syncengine.store import Store
from syncengine.store.erasing import texts

Count = Callable[[str], int]
_ID = re.compile(r"[0-7][0-9a-v]{25}")
_SOME = 5
_LARGEST = 64 * 1024 * 1024


@dataclass
class Sighting:
    """One place that was searched."""

    place: str
    """For people: `notes: files`, `the state: history`."""
    found: int = 0
    where: list[str] = field(default_factory=list)
    """The first few finds: where, never what."""
    problem: str = ""
    """Why it could not be searched; "" where it was."""

    def add(self, where: str, times: int) -> None:
        self.found += times
        if times and where not in self.where and len(self.where) < _SOME:
            self.where.append(where)


def prove(
    program: Program, store: Store, words: Words, ids: Collection[str], now: datetime
) -> list[Sighting]:
    """Search everything within reach; the ids are looked for in what we keep ourselves. Writes nothing."""
    gone = frozenset(ids)

    def every(text: str) -> int:
        return words.count(text) + sum(one in gone for one in _ID.findall(text))

    with store.reading():
        rows, pairs = store.replicas(), store.titles("pair")
    found = []
    with opened(program, rows, pairs, now) as lives:
        found += [_replica(live, words) for live in lives]
    found += _state(program, every)
    return [*found, *_files(program, every)]


def _replica(live: Live, words: Words) -> Sighting:
    if live.problem is not None:
        return Sighting(f"{live.name} ({live.connector.name})", problem=live.problem.reason)
    searchable = live.replica if isinstance(live.replica, Erasing) else None
    sighting = Sighting(
        f"{live.name} ({live.connector.name}): {'everything in it' if searchable else 'its records'}"
    )
    try:
        if searchable is not None:
            for where, text in searchable.everything():
                sighting.add(where, words.count(text))
        else:
            for where, text in _of_pull(live.replica.pull(None, ())):
                sighting.add(where, words.count(text))
    except Exception as error:
        sighting.problem = failure(live.name, error).reason
    return sighting


def _of_pull(pull: Pull) -> Iterator[tuple[str, str]]:
    for item in pull.items:
        for value in item.fields.values():
            yield item.where, value.text if isinstance(value, Named | Unreadable) else str(value)
        yield item.where, item.handle


def _state(program: Program, count: Count) -> list[Sighting]:
    """Table by table; for a file, its raw bytes as well, free pages and what was written ahead included."""
    tables: dict[str, Sighting] = {}
    for table, text in texts(program.state_url):
        tables.setdefault(table, Sighting(f"the state: {table}")).add(table, count(text))
    found = list(tables.values())
    if program.state_url.startswith("sqlite:///"):
        path = program.state_url.removeprefix("sqlite:///")
        raw = Sighting("the state: raw bytes of the file")
        for one in (path, f"{path}-wal", f"{path}-shm", f"{path}-journal"):
            if os.path.exists(one):
                raw.add(os.path.basename(one), count(_raw(one)))
        found.append(raw)
    return found


def _raw(path: str) -> str:
    """The bytes as text, every one of them: what is no UTF-8 can't be part of a name."""
    with open(path, "rb") as handle:
        return handle.read().decode("utf-8", "replace")


def _files(program: Program, count: Count) -> list[Sighting]:
    """The log, notes and caches in `.mentorsync`, the configuration, and whatever lies beside it."""
    ours, beside = Sighting("log and caches (.mentorsync)"), Sighting("configuration and files beside it")
    state = program.state_url.removeprefix("sqlite:///")
    for path in _plain_files(program.folder):
        if path.startswith(state):
            continue
        inside = f"{os.sep}.mentorsync{os.sep}" in path
        name = os.path.relpath(path, program.folder)
        (ours if inside else beside).add(name, count(_raw(path)) + count(name))
    return [ours, beside]


def _plain_files(folder: str) -> Iterator[str]:
    """Files of the program's own folder and its `.mentorsync`; those of the tools are searched as such."""
    for above in (folder, os.path.join(folder, ".mentorsync")):
        if os.path.isdir(above):
            for entry in sorted(os.scandir(above), key=lambda one: one.name):
                small = entry.is_file(follow_symlinks=False) and entry.stat().st_size <= _LARGEST
                if small and not entry.name.endswith((".xlsx", ".xlsm")):
                    yield entry.path
