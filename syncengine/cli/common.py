"""What the commands share: finding the program and its state, and showing a value on a line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.canon import Canon
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

    directory = Directory(store.titles, lambda kind: store.titles(kind, deleted=True))
    return Canon(of.template.kinds, store.records, directory, lambda _: [], of.locale)


def short(value: object, width: int = 60) -> str:
    """A value on one line, cut for showing."""
    line = " ".join(str(value).split())
    return line if len(line) <= width else line[: width - 1] + "…"
