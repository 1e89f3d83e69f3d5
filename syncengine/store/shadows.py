"""The shadows: what each replica is known to have held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from syncengine.core.shadow import Shadow, State
from syncengine.store.room import Room


class Shadows(Room):
    """The table `shadows`."""

    def shadows(self, replica: str, records: Iterable[str] | None = None) -> dict[str, Shadow]:
        """Record to shadow, of all records or the named ones."""
        if records is None:
            return {row[1]: _shadow(row) for row in self._db.rows("shadows", replica=replica)}
        wanted = list(records)
        if not wanted:
            return {}
        return {
            row[1]: _shadow(row) for row in self._db.rows("shadows of records", replica=replica, ids=wanted)
        }

    def states(self, replica: str, records: Iterable[str]) -> dict[str, State]:
        """Record to the state of its shadow, for those of the records that have one."""
        return dict(self._db.rows("states of shadows", replica=replica, ids=list(records)))

    def shadows_at(self, replica: str, handles: Iterable[str]) -> dict[str, Shadow]:
        """Handle to shadow, for the handles that are known."""
        wanted = list(handles)
        if not wanted:
            return {}
        found = map(_shadow, self._db.rows("shadows at handles", replica=replica, handles=wanted))
        return {shadow.handle: shadow for shadow in found}

    def each_open(self, replica: str) -> Iterator[Shadow]:
        """What the plan has to look at, in order of record ids, one after the other."""
        return map(_shadow, self._db.rows("open shadows", replica=replica))

    def open_shadows(self, replica: str) -> list[Shadow]:
        """The same at once."""
        return list(self.each_open(replica))

    def doubtful(self, replica: str) -> list[str]:
        """The handles that a read must look at again, changed or not: what could not be used, and what was stale."""
        found = self._db.rows("doubtful handles", replica=replica)
        return sorted(handle for (handle,) in found if handle)  # a create in doubt has none yet

    def holders(self, records: Iterable[str]) -> dict[str, set[str]]:
        """Record to the names of the replicas that have a shadow of it."""
        found: dict[str, set[str]] = {}
        for record, replica in self._db.rows("holders", ids=list(records)):
            found.setdefault(record, set()).add(replica)
        return found

    def shadow_counts(self, replica: str) -> dict[str, int]:
        """Kind to the number of items the replica is known to hold."""
        return {row[0]: row[1] for row in self._db.rows("count shadows", replica=replica)}

    def put_shadows(self, shadows: Iterable[Shadow]) -> None:
        """Insert or replace."""
        self._db.write("put shadows", (
            (s.replica, s.record, s.kind, s.handle, s.state, orjson.dumps(s.held),
             orjson.dumps(extra) if (extra := s.extra()) else None)
            for s in shadows
        ))  # fmt: skip

    def mark(self, replica: str, state: State, records: Iterable[str]) -> None:
        """The replica's shadows of these records are in `state` now, and otherwise as they were."""
        if wanted := list(records):
            self._db.do("mark shadows", replica=replica, to=state, ids=wanted)

    def created(self, replica: str, handles: Iterable[tuple[str, str]]) -> None:
        """(handle, record): these were created, and the replica holds them exactly as was intended."""
        self._db.write("mark created", ((handle, replica, record) for handle, record in handles))

    def mark_behind(self, records: Iterable[str]) -> None:
        """The plan has to look at these records in every replica that agreed so far."""
        self._db.do("mark behind", to="behind", ids=list(records))

    def drop_shadows(self, replica: str, records: Iterable[str] | None = None) -> None:
        """The replica no longer has anything to do with these records (or with any)."""
        if records is None:
            self._db.do("drop shadows", replica=replica)
        elif wanted := list(records):
            self._db.do("drop shadows of records", replica=replica, ids=wanted)


def _shadow(row: tuple[Any, ...]) -> Shadow:
    replica, record, kind, handle, state, held, extra = row
    if extra is None:
        return Shadow(replica, record, kind, handle, orjson.loads(held), state)
    return Shadow(replica, record, kind, handle, orjson.loads(held), state, **orjson.loads(extra))
