"""What all rooms of the store share: the database."""

from __future__ import annotations

from syncengine.store.database import Database


class Room:
    """Some of the tables, in the engine's own words."""

    def __init__(self, database: Database) -> None:
        self._db = database
