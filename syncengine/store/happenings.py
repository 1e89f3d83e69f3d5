"""What happened to the records: history, conflicts, and what could not be used."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from syncengine.connector import Trouble
from syncengine.store.room import Room
from syncengine.store.rows import ConflictRow, HistoryRow


class Happenings(Room):
    """The tables `history`, `conflicts` and `troubles`."""

    def add_history(self, rows: Iterable[HistoryRow]) -> None:
        self._db.write("add history", (
            (h.run, h.record, h.source, h.rule, h.who, h.at, orjson.dumps(dict(h.changes))) for h in rows
        ))  # fmt: skip

    def history(self, *, record: str | None = None, run: int | None = None) -> list[HistoryRow]:
        """Changes of a record or of a run (or of both: the record's in that run), oldest first."""
        if record is not None:
            found = self._db.rows("history of a record", record=record)
        elif run is not None:
            found = self._db.rows("history of a run", run=run)
        else:
            found = self._db.rows("history")
        return [
            HistoryRow(in_run, id, source, rule, orjson.loads(changes), who, at, number)
            for number, in_run, id, source, rule, who, at, changes in found
            if run is None or in_run == run
        ]

    def add_conflicts(self, rows: Iterable[ConflictRow]) -> None:
        self._db.write("add conflicts", (
            (c.run, c.record, c.field, c.question, c.state, orjson.dumps(c.detail)) for c in rows
        ))  # fmt: skip

    def conflicts(
        self, *, state: str | None = "open", records: Iterable[str] | None = None
    ) -> list[ConflictRow]:
        """Conflicts in the given state (`None`: any), oldest first."""
        if state is None:
            found = self._db.rows("conflicts")
        elif state == "open":
            found = self._db.rows("open conflicts")
        else:
            found = self._db.rows("conflicts in a state", state=state)
        wanted = None if records is None else set(records)
        return [
            ConflictRow(run, record, field, orjson.loads(detail), question, at, number)
            for number, run, record, field, question, at, detail in sorted(found)
            if wanted is None or record in wanted
        ]

    def answer_conflicts(self, ids: Iterable[int]) -> None:
        if wanted := list(ids):
            self._db.do("answer conflicts", ids=wanted, to="answered")

    def troubles(self) -> list[tuple[str, Trouble]]:
        """(replica, trouble) of everything that could not be used when it was last read, oldest first."""
        return [
            (replica, Trouble(where, reason, remedy, value, kind, handle, field))
            for _, _, replica, kind, handle, field, where, reason, remedy, value in self._db.rows("troubles")
        ]

    def put_troubles(
        self, run: int, replica: str, troubles: Iterable[Trouble], read: Iterable[str] | None
    ) -> None:
        """What was found on the handles just `read` (`None`: everything) replaces what was known of them."""
        if read is None:
            self._db.do("drop troubles", replica=replica)
        else:
            self._db.do("drop troubles at handles", replica=replica, handles=[*read, ""])
        self._db.write("add troubles", (
            (run, replica, x.kind, x.handle, x.field, x.where, x.reason, x.remedy, x.value) for x in troubles
        ))  # fmt: skip
