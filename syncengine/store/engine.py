"""Opening the database: one connection, explicit transactions, a file that only its owner can read."""

from __future__ import annotations

import os
import sqlite3
from errno import EACCES, EPERM
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from syncengine.errors import FULL, AccessError, told
from syncengine.store.database import SQLITE, VERSION, Database, Words
from syncengine.store.refusal import RIGHTS, refused

if TYPE_CHECKING:
    from sqlalchemy import Engine

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=10000",
    "cache_size=-8000",
    # Pages, 16 MB: a run of a few changes moves what it wrote into the database once, at its end.
    "wal_autocheckpoint=4000",
    # What is deleted is overwritten where its page is written anyway; ON (Debian's default) writes all others as well.
    "secure_delete=FAST",
)


_ANOTHER = "Write the path of a file that is not there yet, in a folder that you may write in."


def connect(url: str) -> Database:
    """The state at `url` (an SQLAlchemy URL), migrated to this version.

    SQLite: WAL, every commit on disk before it returns, mode 0600. Raises `AccessError` for what is no state file.
    """
    if url.startswith("sqlite:///"):
        return _sqlite(url)
    return _other(url)


def _sqlite(url: str) -> Database:
    path = url.removeprefix("sqlite:///")
    try:
        _prepare(path)
    except OSError as error:
        if error.errno in FULL:
            raise told(error) from error
        raise AccessError(
            f"the state can't be opened: {error.strerror}",
            where=path,
            remedy=RIGHTS if error.errno in (EACCES, EPERM) else _ANOTHER,
        ) from error
    connection = sqlite3.connect(path)
    try:
        _set_up(connection)
        if not _current(connection):
            migrated(url)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise refused(error, url) from error
    except BaseException:
        connection.close()
        raise
    return Database(
        connection,
        _sqlite_words(),
        _as_json,
        connection.close,
        sqlite3.Error,
        path,
        "BEGIN",
        "BEGIN IMMEDIATE",
    )


def _as_json(said: list[Any]) -> str:
    return orjson.dumps(said).decode()


def _prepare(path: str) -> None:
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    os.close(descriptor)
    if os.name == "posix" and os.stat(path).st_mode & 0o077:
        os.chmod(path, 0o600)


def _set_up(connection: Any) -> None:
    # The driver must not begin or commit by itself: rule 6 needs real transactions.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _current(connection: sqlite3.Connection) -> bool:
    """Whether the tables are those of this version; anything else is SQLAlchemy's to look into."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return False
    try:
        found = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    except sqlite3.OperationalError:  # a stranger's table of that name
        return False
    return found is not None and found[0] == str(VERSION)


@cache
def _sqlite_words() -> dict[str, Words]:
    with open(os.path.join(os.path.dirname(__file__), SQLITE), "rb") as handle:
        return {name: Words(*said) for name, said in orjson.loads(handle.read()).items()}


def _other(url: str) -> Database:
    """A database that is reached over the network: PostgreSQL."""
    engine = migrated(url)
    pooled = engine.raw_connection()

    def close() -> None:
        pooled.close()  # holds the driver's connection open until then
        engine.dispose()

    errors, where = engine.dialect.loaded_dbapi.Error, engine.url.render_as_string(hide_password=True)
    look = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"  # else each statement is of its own moment
    return Database(pooled.dbapi_connection, _other_words(), lambda said: said, close, errors, where, look)


@cache
def _other_words() -> dict[str, Words]:
    from sqlalchemy.dialects.postgresql.psycopg import dialect as postgresql

    from syncengine.store.statements import worded

    return worded(postgresql(paramstyle="format"))  # type: ignore[no-untyped-call]


def migrated(url: str) -> Engine:
    """The tables at `url` made, or brought to this version, by SQLAlchemy. Raises `AccessError`, `MentorsyncError`."""
    from sqlalchemy import event
    from sqlalchemy.exc import DatabaseError

    from syncengine.store.migrations import migrate

    engine = engine_of(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _record: _set_up(connection))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            migrate(connection)
    except DatabaseError as error:
        raise refused(error.orig or error, engine.url.render_as_string(hide_password=True)) from error
    return engine


def engine_of(url: str) -> Engine:
    """SQLAlchemy's engine for `url`, not connected yet. Raises `AccessError` for what is no URL of a database we can reach."""
    from sqlalchemy import create_engine
    from sqlalchemy.exc import ArgumentError
    from sqlalchemy.pool import NullPool

    try:
        return create_engine(url, poolclass=NullPool)
    except (ArgumentError, ImportError) as error:
        raise AccessError(
            f"the state can't be opened: {error}",
            where=url.split("://")[0],
            remedy="Write a path, or a URL like postgresql+psycopg://… (and: pip install 'mentorsync[postgres]').",
        ) from error
