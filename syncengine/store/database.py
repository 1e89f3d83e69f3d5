"""The database as the store sees it: statements by name, carried out by the driver alone.

SQLAlchemy says and words the statements (`statements`) and makes the tables; to have it prepare each row as well, which
none of our types needs, would cost more time and memory than the database takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from syncengine.store.refusal import refused

VERSION = 1
"""Of the tables in `schema`; `migrations` leads from one to the next."""

SQLITE = "sqlite.json"

_ROWS = 2_000
"""Rows written at once: enough to be fast, few enough that a large first sync does not need memory for all of them."""


class Words(NamedTuple):
    """One statement in the database's own words."""

    sql: str
    names: list[str]
    """What its parameters are called, in their order."""
    said: dict[str, Any]
    """Those that are always the same."""


class Database:
    """One open connection. `list`: a Python list as the driver takes it. `begin`: what begins a write, where the
    driver does not do it by itself; `look`: what makes all that is read be of one moment. `close`: how to let go of it.
    `error`: what the driver raises; `where`: for people."""

    def __init__(self, connection: Any, words: Mapping[str, Words], list: Callable[[list[Any]], object],
                 close: Callable[[], None], error: type[Exception], where: str, look: str, begin: str = "") -> None:  # fmt: skip
        self._connection = connection
        self._words = words
        self._list = list
        self._begin, self._look = begin, look
        self._close = close
        self._error, self._where = error, where
        self._busy = False

    def rows(self, statement: str, **said: object) -> Iterator[tuple[Any, ...]]:
        """What a query finds, row by row, each in the order of its columns."""
        words = self._words[statement]
        given = {
            **words.said,
            **{name: self._list(v) if isinstance(v, list) else v for name, v in said.items()},
        }
        found: Iterator[tuple[Any, ...]] = self._connection.execute(
            words.sql, [given[name] for name in words.names]
        )
        return found

    def do(self, statement: str, **said: object) -> None:
        """Carry out a change."""
        self.rows(statement, **said)

    def write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Carry out an insert for each of `rows`, whose values are in the order of the table's columns."""
        todo, sql = iter(rows), self._words[statement].sql
        while chunk := list(islice(todo, _ROWS)):
            self._connection.cursor().executemany(sql, chunk)

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """All or nothing; with `keep=False` nothing. Raises `AccessError`, `RunInProgress`."""
        with self._told():
            yield from self._transaction(keep)

    def _transaction(self, keep: bool) -> Iterator[None]:
        self._end()  # only reading began one
        if self._begin:
            self._connection.execute(self._begin)
        self._busy = True
        try:
            yield
        except BaseException:
            self._end()
            raise
        if keep:
            self._connection.commit()
            self._busy = False
        else:
            self._end()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read within is of one moment. Inside a transaction it is that one's. Raises as that."""
        with self._told():
            yield from self._reading()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise refused(error, self._where) from error

    def _reading(self) -> Iterator[None]:
        if self._busy:
            yield
            return
        self._end()  # whatever looking around began
        self._connection.execute(self._look)
        try:
            yield
        finally:
            self._end()

    def _end(self) -> None:
        self._connection.rollback()
        self._busy = False

    def close(self) -> None:
        """What was not committed is undone."""
        self._connection.rollback()
        self._close()
