"""Opening the database: one connection, explicit transactions, a file that only its owner can read."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.pool import NullPool

from syncengine.errors import AccessError
from syncengine.store.migrations import migrate


def connect(url: str) -> Connection:
    """A connection to the state at `url` (an SQLAlchemy URL), migrated to this version.

    SQLite: WAL, every commit on disk before it returns, mode 0600. Raises `AccessError` for what is no state file.
    """
    if url.startswith("sqlite:///"):
        _prepare(url.removeprefix("sqlite:///"))
    engine = _engine(url)
    try:
        connection = engine.connect()
        with connection.begin():
            migrate(connection)
    except DatabaseError as error:
        raise AccessError(
            f"the state can't be opened: {error.orig}",
            where=engine.url.render_as_string(hide_password=True),
            remedy="If the file is damaged, move it away: the next sync rebuilds it from the ids in the tools.",
        ) from error
    return connection


@lru_cache(maxsize=8)
def _engine(url: str) -> Engine:
    """One for each state: it remembers the SQL of statements, which costs more than to run them."""
    try:
        engine = create_engine(url, poolclass=NullPool)
    except (ArgumentError, ImportError) as error:
        raise AccessError(
            f"the state can't be opened: {error}",
            where=url.split("://")[0],
            remedy="Write a path, or a URL like postgresql+psycopg://… (and: pip install 'mentorsync[postgres]').",
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(path: str) -> None:
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    os.close(descriptor)
    if os.name == "posix" and os.stat(path).st_mode & 0o077:
        os.chmod(path, 0o600)


def _sqlite(dbapi: Any, _record: Any) -> None:
    dbapi.isolation_level = (
        None  # the driver must not begin or commit by itself: rule 6 needs real transactions
    )
    cursor = dbapi.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
