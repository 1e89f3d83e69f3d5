"""Taking somebody out of the state for good: every table, then the pages of the file that they stood on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Table, and_, delete, select, update

from syncengine.core.refs import fold
from syncengine.model.words import Words, cleaned
from syncengine.store import schema as t
from syncengine.store.engine import migrated
from syncengine.store.refusal import refused

_GONE_WITH = {
    t.records: ("id",),
    t.links: ("record", "target"),
    t.shadows: ("record",),
    t.history: ("record",),
    t.conflicts: ("record",),
}
"""Table to the columns that make a row go with a record."""
_LEFT = frozenset(("handle", "key", "name", "connector"))
"""Columns that say where something is in a tool, or what the config calls it."""
_SOME = 500


def erase(
    url: str, ids: Collection[str], words: Words, fields: Mapping[str, Mapping[str, Any]], note: str
) -> None:
    """Take the records `ids` and the words out of the whole state, and out of its file. May be repeated.

    `fields`: records that stay, with the fields that are others. `note`: what said that this was to be done; it goes last.
    Raises `AccessError`, `RunInProgress`.
    """
    engine = migrated(url)
    try:
        with _told(engine), engine.begin() as connection:
            _overwrite(connection)
            for table in t.metadata.sorted_tables:
                _rows_of(connection, table, set(ids))
                _words_of(connection, table, set(ids), words, fields, note)
        compact(url)
        with _told(engine), engine.begin() as connection:
            _overwrite(connection)
            connection.execute(delete(t.meta).where(t.meta.c.key == note))
        compact(url)
    finally:
        engine.dispose()


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    from sqlalchemy.exc import DatabaseError

    try:
        yield
    except DatabaseError as error:
        raise refused(error.orig or error, engine.url.render_as_string(hide_password=True)) from error


def _overwrite(connection: Connection) -> None:
    """What is deleted from an SQLite file stays on its pages otherwise."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def _rows_of(connection: Connection, table: Table, ids: set[str]) -> None:
    wanted = sorted(ids)
    for name in _GONE_WITH.get(table, ()):
        for start in range(0, len(wanted), _SOME):
            connection.execute(delete(table).where(table.c[name].in_(wanted[start : start + _SOME])))


def _words_of(
    connection: Connection,
    table: Table,
    ids: set[str],
    words: Words,
    fields: Mapping[str, Mapping[str, Any]],
    note: str,
) -> None:
    keys = list(table.primary_key)
    for row in connection.execute(select(table)).mappings().all():
        if table is t.meta and row["key"] == note:
            continue
        changed = {
            name: after
            for name, value in row.items()
            if (after := _without(name, value, ids, words)) != value
        }
        if table is t.records and row["id"] in fields:
            changed["fields"] = orjson.dumps(
                {**orjson.loads(changed.get("fields", row["fields"])), **fields[row["id"]]}
            )
        if "title" in changed:
            changed["title_key"] = fold(changed["title"])
        this = and_(*(key == row[key.name] for key in keys))
        if table is t.history and "changes" in changed:
            kept = {n: v for n, v in orjson.loads(changed["changes"]).items() if not (v and v[0] == v[-1])}
            changed["changes"] = orjson.dumps(kept)
            if not kept:
                connection.execute(delete(table).where(this))
                continue
        if changed:
            connection.execute(update(table).where(this).values(changed))


def _without(name: str, value: Any, ids: set[str], words: Words) -> Any:
    """A column's value without them: JSON (cursors too, where they are JSON) inside, other text as it stands."""
    if name in _LEFT or value is None:
        return value
    if isinstance(value, str):
        if value[:1] in "{[":
            with suppress(orjson.JSONDecodeError):
                found = orjson.loads(value)
                after = cleaned(found, words, ids)
                return value if after == found else orjson.dumps(after).decode()
        return cleaned(value, words, ids) or ""
    if isinstance(value, bytes | memoryview):
        data = bytes(value)
        with suppress(orjson.JSONDecodeError):
            found = orjson.loads(data)
            after = cleaned(found, words, ids)
            if (
                after != found
            ):  # a cursor that is not what its connector wrote is worth nothing: all is read anew
                return orjson.dumps(after) if name != "cursor" else None
            return value
        return None if name == "cursor" and words.count(data.decode("utf-8", "replace")) else value
    return value


def texts(url: str) -> Iterator[tuple[str, str]]:
    """(table, text) of every value in the state, for looking whether somebody is still in it."""
    engine = migrated(url)
    try:
        with _told(engine), engine.connect() as connection:
            for table in t.metadata.sorted_tables:
                for row in connection.execute(select(table)).mappings():
                    for value in row.values():
                        if isinstance(value, str):
                            yield table.name, value
                        elif isinstance(value, bytes | memoryview):
                            yield table.name, bytes(value).decode("utf-8", "replace")
    finally:
        engine.dispose()


def compact(url: str) -> None:
    """Write the database anew, so that no page, free or written ahead, holds what was deleted. Raises `AccessError`."""
    if url.startswith("sqlite:///"):
        _compact_file(url.removeprefix("sqlite:///"))
        return
    engine = migrated(url).execution_options(isolation_level="AUTOCOMMIT")
    try:
        with _told(engine), engine.connect() as connection:
            for table in t.metadata.sorted_tables:
                connection.exec_driver_sql(f'VACUUM FULL "{table.name}"')
    finally:
        engine.dispose()


def _compact_file(path: str) -> None:
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for statement in (
            "PRAGMA busy_timeout=10000",
            "PRAGMA secure_delete=ON",
            "VACUUM",
            "PRAGMA wal_checkpoint(TRUNCATE)",
        ):
            connection.execute(statement).fetchall()
    except sqlite3.Error as error:
        raise refused(error, path) from error
    finally:
        connection.close()
