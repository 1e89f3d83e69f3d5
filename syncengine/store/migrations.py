"""Numbered steps from one version of the state to the next, each in its own transaction.

`STEPS[n]` turns version n into n + 1. A test holds that all steps from the oldest kept fixture equal the schema.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, inspect, select

from syncengine.errors import MentorsyncError
from syncengine.store import schema

STEPS: Mapping[int, Callable[[Connection], None]] = {}


def migrate(connection: Connection) -> None:
    """Bring the state to this version of mentorsync; raises `MentorsyncError` for a newer one."""
    if not inspect(connection).has_table("meta"):
        if connection.dialect.name == "postgresql":
            schema.for_postgresql()
        schema.metadata.create_all(connection)
        connection.execute(schema.meta.insert(), {"key": "schema", "value": str(schema.VERSION)})
        return
    found = connection.execute(select(schema.meta.c.value).where(schema.meta.c.key == "schema")).scalar_one()
    version = int(found)
    if version > schema.VERSION:
        raise MentorsyncError(
            f"the state was written by a newer mentorsync (state version {version}, this one knows {schema.VERSION})",
            remedy="Upgrade: pip install --upgrade mentorsync",
        )
    while version < schema.VERSION:
        STEPS[version](connection)
        version += 1
        connection.execute(
            schema.meta.update().where(schema.meta.c.key == "schema").values(value=str(version))
        )
