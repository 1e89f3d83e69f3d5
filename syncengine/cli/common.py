"""What the commands share: finding the program, its state, and a record by what a person calls it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.canon import Canon
    from syncengine.model.kind import Record
    from syncengine.store import Store


def program(config: str | None) -> Program:
    """The program of `--config`, of here, or of a folder above; raises `ConfigError`."""
    from syncengine.config import find, load

    return load(find(config))


@contextmanager
def state(of: Program) -> Iterator[Store]:
    """The program's state, for looking only; raises `ConfigError` before the first setup."""
    from syncengine.store import open_store

    url = of.state_url
    if url.startswith("sqlite:///") and not os.path.exists(url.removeprefix("sqlite:///")):
        raise ConfigError(
            "there is nothing to show yet",
            where=of.name,
            remedy="Run: mentorsync setup, then: mentorsync sync",
        )
    store = open_store(url)
    try:
        with store.reading():
            yield store
    finally:
        store.close()


def canon_of(of: Program, store: Store) -> Canon:
    """The records, for showing them by name."""
    from syncengine.core.canon import Canon
    from syncengine.core.refs import Directory

    return Canon(of.template.kinds, store.records, Directory(store.titles), lambda _: [], of.locale)


def find_record(of: Program, store: Store, text: str) -> Record:
    """The record that a person means: by id, by title, by a file's name or link, by a unique part of its title.

    Raises `ConfigError` naming what it could be.
    """
    said = text.strip()
    if not said:
        raise ConfigError("no record is named", remedy="Say its title as it is in the tools, or part of it.")
    tail = said.rstrip("/").replace("\\", "/").rsplit("/", 1)[-1]
    for id in (said, tail, tail[:26]):
        found = store.records([id]).get(id)
        if found is not None:
            return found
    name = tail.removesuffix(".md").removesuffix(".ics")
    kinds = of.template.kinds
    living = [(kind, id, title) for kind in kinds for id, title in store.titles(kind)]
    buried = [(kind, id, title) for kind in kinds for id, title in store.titles(kind, deleted=True)]
    for matches in (
        [e for e in living if e[2].casefold() == said.casefold()],
        [e for e in living if e[2].casefold() == name.casefold()],
        [e for e in buried if e[2].casefold() == said.casefold()],
        [e for e in living if said.casefold() in e[2].casefold() and e[0] != "question"],
        [e for e in buried if said.casefold() in e[2].casefold() and e[0] != "question"],
    ):
        if len(matches) == 1:
            return store.records([matches[0][1]])[matches[0][1]]
        if matches:
            some = "\n  ".join(f"{kind}: {title}  ({id})" for kind, id, title in sorted(matches)[:10])
            raise ConfigError(
                f"“{text}” could be any of these:\n  {some}",
                remedy="Say the whole title, or the id in brackets.",
            )
    raise ConfigError(
        f"there is no record called “{text}”", remedy="Say its title as it is in the tools, or part of it."
    )


def find_field(of: Program, record: Record, text: str) -> str:
    """The field of a record by its name or its heading; raises `ConfigError`."""
    kind = of.template.kinds[record.kind]
    for field in kind.fields.values():
        if text.strip().casefold() in (field.name.casefold(), field.label.casefold()):
            return field.name
    raise ConfigError(
        f"a {kind.label.lower()} has no field “{text}”", remedy=f"Use one of: {', '.join(kind.fields)}."
    )


def short(value: object, width: int = 60) -> str:
    """A value on one line, cut for showing."""
    line = " ".join(str(value).split())
    return line if len(line) <= width else line[: width - 1] + "…"
