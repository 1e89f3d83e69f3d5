"""The program's replicas, its runs, and notes to self."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from syncengine.store.room import Room
from syncengine.store.rows import ReplicaRow, RunRow


class ProgramState(Room):
    """The tables `replicas`, `runs` and `meta`."""

    def replicas(self) -> dict[str, ReplicaRow]:
        """Every replica ever set up, by name."""
        return {
            name: ReplicaRow(name, connector, place, orjson.loads(mapping) if mapping else None, cursor)
            for name, connector, place, mapping, cursor in self._db.rows("replicas")
        }

    def put_replica(self, row: ReplicaRow) -> None:
        """Insert or replace."""
        mapping = orjson.dumps(row.mapping) if row.mapping is not None else None
        self._db.write("put replicas", [(row.name, row.connector, row.place, mapping, row.cursor)])

    def drop_replica(self, name: str) -> None:
        """Forget a replica that left the config; nothing in the tool is touched."""
        for statement in ("drop shadows", "drop troubles", "drop replica"):
            self._db.do(statement, replica=name)

    def put_cursor(self, replica: str, cursor: bytes | None) -> None:
        self._db.do("put cursor", replica=replica, to=cursor)

    def start_run(self, started: str, reason: str) -> int:
        """A new run's number."""
        ((run,),) = self._db.rows("start run", started=started, status="running", reason=reason)
        return int(run)

    def end_run(self, run: int, ended: str, status: str, summary: dict[str, Any]) -> None:
        self._db.do("end run", run=run, ended=ended, status=status, summary=orjson.dumps(summary))

    def runs(self, limit: int = 20) -> list[RunRow]:
        """The latest runs, newest first."""
        return [
            RunRow(run, started, ended, status, reason, orjson.loads(summary) if summary else None)
            for run, started, ended, status, reason, summary in self._db.rows("runs", most=limit)
        ]

    def begun(self, runs: Iterable[int]) -> dict[int, str]:
        """Run to when it started, a canonical instant."""
        wanted = list(runs)
        return {int(run): str(at) for run, at in self._db.rows("begun", ids=wanted)} if wanted else {}

    def note(self, key: str) -> str | None:
        """A note to self, see `put_note`."""
        return next((str(value) for (value,) in self._db.rows("note", which=key)), None)

    def put_note(self, key: str, value: str) -> None:
        self._db.write("put notes", [(key, value)])
