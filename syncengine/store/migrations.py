"""Numbered steps from one version of the state to the next, all of them in one transaction.

`STEPS[n]` turns version n into n + 1. A test holds that all steps from the oldest kept fixture equal the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, inspect, select

from syncengine.errors import AccessError, MentorsyncError
from syncengine.store import schema

STEPS: Mapping[int, Callable[[Connection], None]] = {}


def migrate(connection: Connection) -> None:
    """Bring the state to this version of mentorsync; raises `MentorsyncError` for a newer one, `AccessError` for a stranger's."""
    inspector = inspect(connection)
    tables = set(inspector.get_table_names())
    if "meta" not in tables:
        _check_free(connection, tables)
        if connection.dialect.name == "postgresql":
            schema.for_postgresql()
        schema.metadata.create_all(connection)
        connection.execute(schema.meta.insert(), {"key": "schema", "value": str(schema.VERSION)})
        return
    if {column["name"] for column in inspector.get_columns("meta")} != set(schema.meta.columns.keys()):
        raise _anothers(connection)
    found = connection.execute(
        select(schema.meta.c.value).where(schema.meta.c.key == "schema")
    ).scalar_one_or_none()
    if found is None or not found.isdecimal():
        raise _anothers(connection)
    version = int(found)
    if version > schema.VERSION:
        raise MentorsyncError(
            f"the state was written by a newer mentorsync (state version {version}, this one knows {schema.VERSION})",
            where=_where(connection),
            remedy="Upgrade: pip install --upgrade mentorsync",
        )
    while version < schema.VERSION:
        STEPS[version](connection)
        version += 1
        connection.execute(
            schema.meta.update().where(schema.meta.c.key == "schema").values(value=str(version))
        )


def _check_free(connection: Connection, tables: set[str]) -> None:
    """A database server may be shared, as long as no table is called like one of ours; a file may not."""
    if tables & schema.metadata.tables.keys() or (tables and connection.dialect.name == "sqlite"):
        raise _anothers(connection)


def _where(connection: Connection) -> str:
    return connection.engine.url.render_as_string(hide_password=True).removeprefix("sqlite:///")


def _anothers(connection: Connection) -> AccessError:
    return AccessError(
        "the state can't be kept there: it holds the tables of another program",
        where=_where(connection),
        remedy="Write another path or database as `state` in mentorsync.toml.",
    )
