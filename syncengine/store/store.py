"""What the engine remembers between runs, as the engine's own words over the tables of `schema`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Row, RowMapping, and_, delete, func, insert, select, update

from syncengine.connector import Trouble
from syncengine.core.refs import fold
from syncengine.core.shadow import Shadow, State
from syncengine.model.ids import is_id
from syncengine.model.kind import Record
from syncengine.store import schema as t
from syncengine.store.engine import connect

_CHUNK = 500
_ROWS = 2_000
"""Rows written at once: enough to be fast, few enough that a large first sync does not need memory for all of them."""
_CLOSED = ("agreed", "released", "leaving")


@dataclass(slots=True)
class ReplicaRow:
    """A replica as the state knows it."""

    name: str
    connector: str
    place: str | None = None
    mapping: dict[str, Any] | None = None
    cursor: bytes | None = None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One change of one record: field to (before, after), where it came from, and by which rule."""

    run: int
    record: str
    source: str
    rule: str
    changes: dict[str, list[Any]]
    who: str | None = None
    at: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A conflict, open or answered; `detail` has base, kept and lost with who, where and when."""

    run: int
    record: str
    field: str
    detail: dict[str, Any]
    question: str | None = None
    state: str = "open"
    id: int = 0


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run; `summary` is what `sync --json` printed."""

    id: int
    started: str
    ended: str | None
    status: str
    reason: str
    summary: dict[str, Any] | None


def open_store(url: str) -> Store:
    """The store at `url`; raises `AccessError`."""
    return Store(connect(url))


class Store:
    """One open connection. Every write happens inside `transaction()`."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def close(self) -> None:
        self._db.close()
        self._db.engine.dispose()

    @contextmanager
    def transaction(self, *, keep: bool = True) -> Iterator[None]:
        """All or nothing; with `keep=False` nothing (a dry run)."""
        if self._db.in_transaction():
            self._db.rollback()  # only reading began it
        with self._db.begin() as transaction:
            yield
            if not keep:
                transaction.rollback()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Ends the transaction that reading began, so that writers elsewhere are not held up."""
        try:
            yield
        finally:
            if self._db.in_transaction():
                self._db.rollback()

    # -- records

    def records(self, ids: Iterable[str]) -> dict[str, Record]:
        """The named records that exist, tombstones included."""
        found: dict[str, Record] = {}
        for chunk in _chunks(list(ids)):
            for row in self._db.execute(select(t.records).where(t.records.c.id.in_(chunk))).mappings():
                found[row["id"]] = _record(row)
        return found

    def all_records(self, kind: str | None = None, *, deleted: bool = False) -> Iterator[Record]:
        """Every living record (with `deleted`: every tombstone), in order of their ids."""
        query = select(t.records).where(t.records.c.deleted == deleted).order_by(t.records.c.id)
        if kind is not None:
            query = query.where(t.records.c.kind == kind)
        for row in self._db.execute(query).mappings():
            yield _record(row)

    def titles(self, kind: str, *, deleted: bool = False) -> list[tuple[str, str]]:
        """(id, title) of each living record (with `deleted`: each tombstone) of the kind."""
        query = select(t.records.c.id, t.records.c.title).where(
            t.records.c.kind == kind, t.records.c.deleted == deleted
        )
        return [(row[0], row[1]) for row in self._db.execute(query)]

    def by_title(self, kind: str, title: str) -> list[Record]:
        """Living records of the kind whose title is `title`, capitals and blanks apart."""
        query = select(t.records).where(
            t.records.c.kind == kind, t.records.c.title_key == fold(title), t.records.c.deleted.is_(False)
        )
        return [_record(row) for row in self._db.execute(query).mappings()]

    def of_pair(self, pair: str) -> list[Record]:
        """The living records that belong to a pair, in order of their ids."""
        query = (
            select(t.records)
            .where(t.records.c.pair == pair, t.records.c.deleted.is_(False))
            .order_by(t.records.c.id)
        )
        return [_record(row) for row in self._db.execute(query).mappings()]

    def mentioning(self, ids: Iterable[str]) -> list[str]:
        """The ids of living records that refer to one of `ids`, in their order."""
        found: set[str] = set()
        living = (
            select(t.links.c.record)
            .join(t.records, t.records.c.id == t.links.c.record)
            .where(t.records.c.deleted.is_(False))
        )
        for chunk in _chunks(list(ids)):
            found.update(row[0] for row in self._db.execute(living.where(t.links.c.target.in_(chunk))))
        return sorted(found)

    def pairs(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Record to the pair it was last known to belong to."""
        query = select(t.records.c.id, t.records.c.pair)
        return {
            row[0]: row[1]
            for chunk in _chunks(list(ids))
            for row in self._db.execute(query.where(t.records.c.id.in_(chunk)))
        }

    def put_records(self, rows: Iterable[tuple[Record, str, str | None]]) -> None:
        """Insert or replace records, each with its title and the pair it belongs to."""
        todo = iter(rows)
        while chunk := list(islice(todo, _ROWS)):
            self._replace(t.records, ("id",), [
                {"id": r.id, "kind": r.kind, "title": title, "title_key": fold(title), "pair": pair, "deleted": r.deleted,
                 "fields": orjson.dumps(r.fields)}
                for r, title, pair in chunk
            ])  # fmt: skip
            for ids in _chunks([r.id for r, _, _ in chunk]):
                self._db.execute(delete(t.links).where(t.links.c.record.in_(ids)))
            self._write(
                insert(t.links),
                ({"record": r.id, "target": target} for r, _, _ in chunk for target in _targets(r)),
            )

    def counts(self) -> dict[str, int]:
        """Kind to the number of living records."""
        query = (
            select(t.records.c.kind, func.count())
            .where(t.records.c.deleted.is_(False))
            .group_by(t.records.c.kind)
        )
        return {row[0]: row[1] for row in self._db.execute(query)}

    # -- shadows

    def shadows(self, replica: str, records: Iterable[str] | None = None) -> dict[str, Shadow]:
        """Record to shadow, of all records or the named ones."""
        query = select(t.shadows).where(t.shadows.c.replica == replica)
        if records is None:
            return {row.record: _shadow(row) for row in self._db.execute(query)}
        wanted = list(records)
        return {
            row.record: _shadow(row)
            for chunk in _chunks(wanted)
            for row in self._db.execute(query.where(t.shadows.c.record.in_(chunk)))
        }

    def states(self, replica: str, records: Iterable[str]) -> dict[str, State]:
        """Record to the state of its shadow, for those of the records that have one."""
        query = select(t.shadows.c.record, t.shadows.c.state).where(t.shadows.c.replica == replica)
        return {
            row[0]: row[1]
            for chunk in _chunks(list(records))
            for row in self._db.execute(query.where(t.shadows.c.record.in_(chunk)))
        }

    def shadows_at(self, replica: str, handles: Iterable[str]) -> dict[str, Shadow]:
        """Handle to shadow, for the handles that are known."""
        query = select(t.shadows).where(t.shadows.c.replica == replica)
        return {
            row.handle: _shadow(row)
            for chunk in _chunks(list(handles))
            for row in self._db.execute(query.where(t.shadows.c.handle.in_(chunk)))
        }

    def open_shadows(self, replica: str) -> list[Shadow]:
        """What the plan has to look at, in order of record ids."""
        query = (
            select(t.shadows)
            .where(t.shadows.c.replica == replica, t.UNSETTLED, t.shadows.c.state.not_in(_CLOSED))
            .order_by(t.shadows.c.record)
        )
        return [_shadow(row) for row in self._db.execute(query)]

    def doubtful(self, replica: str) -> list[str]:
        """The handles that a read must look at again, changed or not: what could not be used, and what was stale."""
        query = select(t.shadows.c.handle).where(
            t.shadows.c.replica == replica, t.UNSETTLED, t.shadows.c.state.in_(("stale", "leaving"))
        )
        troubled = select(t.troubles.c.handle).where(
            t.troubles.c.replica == replica, t.troubles.c.handle != ""
        )
        return sorted({row[0] for row in self._db.execute(query.union(troubled))})

    def holders(self, records: Iterable[str]) -> dict[str, set[str]]:
        """Record to the names of the replicas that have a shadow of it."""
        found: dict[str, set[str]] = {}
        for chunk in _chunks(list(records)):
            query = select(t.shadows.c.record, t.shadows.c.replica).where(t.shadows.c.record.in_(chunk))
            for row in self._db.execute(query):
                found.setdefault(row[0], set()).add(row[1])
        return found

    def shadow_counts(self, replica: str) -> dict[str, int]:
        """Kind to the number of items the replica is known to hold."""
        query = select(t.shadows.c.kind, func.count()).where(
            t.shadows.c.replica == replica, t.shadows.c.state != "creating"
        )
        return {row[0]: row[1] for row in self._db.execute(query.group_by(t.shadows.c.kind))}

    def put_shadows(self, shadows: Iterable[Shadow]) -> None:
        """Insert or replace."""
        self._replace(t.shadows, ("replica", "record"), (
            {"replica": s.replica, "record": s.record, "kind": s.kind, "handle": s.handle, "state": s.state,
             "held": orjson.dumps(s.held), "extra": orjson.dumps(extra) if (extra := s.extra()) else None}
            for s in shadows
        ))  # fmt: skip

    def mark(self, replica: str, state: State, records: Iterable[str]) -> None:
        """The replica's shadows of these records are in `state` now, and otherwise as they were."""
        for chunk in _chunks(list(records)):
            where = and_(t.shadows.c.replica == replica, t.shadows.c.record.in_(chunk))
            self._db.execute(update(t.shadows).where(where).values(state=state))

    def mark_behind(self, records: Iterable[str]) -> None:
        """The plan has to look at these records in every replica that agreed so far."""
        for chunk in _chunks(list(records)):
            where = and_(t.shadows.c.record.in_(chunk), t.shadows.c.state.in_(("agreed", "released")))
            self._db.execute(update(t.shadows).where(where).values(state="behind"))

    def drop_shadows(self, replica: str, records: Iterable[str] | None = None) -> None:
        """The replica no longer has anything to do with these records (or with any)."""
        if records is None:
            self._db.execute(delete(t.shadows).where(t.shadows.c.replica == replica))
            return
        for chunk in _chunks(list(records)):
            self._db.execute(
                delete(t.shadows).where(t.shadows.c.replica == replica, t.shadows.c.record.in_(chunk))
            )

    # -- replicas, runs, notes to self

    def replicas(self) -> dict[str, ReplicaRow]:
        """Every replica ever set up, by name."""
        return {
            row.name: ReplicaRow(
                row.name,
                row.connector,
                row.place,
                orjson.loads(row.mapping) if row.mapping else None,
                row.cursor,
            )
            for row in self._db.execute(select(t.replicas))
        }

    def put_replica(self, row: ReplicaRow) -> None:
        """Insert or replace."""
        self._replace(t.replicas, ("name",), [
            {"name": row.name, "connector": row.connector, "place": row.place, "cursor": row.cursor,
             "mapping": orjson.dumps(row.mapping) if row.mapping is not None else None},
        ])  # fmt: skip

    def drop_replica(self, name: str) -> None:
        """Forget a replica that left the config; nothing in the tool is touched."""
        self.drop_shadows(name)
        self._db.execute(delete(t.troubles).where(t.troubles.c.replica == name))
        self._db.execute(delete(t.replicas).where(t.replicas.c.name == name))

    def put_cursor(self, replica: str, cursor: bytes | None) -> None:
        self._db.execute(update(t.replicas).where(t.replicas.c.name == replica).values(cursor=cursor))

    def start_run(self, started: str, reason: str) -> int:
        """A new run's number."""
        result = self._db.execute(insert(t.runs).values(started=started, status="running", reason=reason))
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def end_run(self, run: int, ended: str, status: str, summary: dict[str, Any]) -> None:
        values = {"ended": ended, "status": status, "summary": orjson.dumps(summary)}
        self._db.execute(update(t.runs).where(t.runs.c.id == run).values(values))

    def runs(self, limit: int = 20) -> list[RunRow]:
        """The latest runs, newest first."""
        rows = self._db.execute(select(t.runs).order_by(t.runs.c.id.desc()).limit(limit))
        return [
            RunRow(
                r.id, r.started, r.ended, r.status, r.reason, orjson.loads(r.summary) if r.summary else None
            )
            for r in rows
        ]

    def note(self, key: str) -> str | None:
        """A note to self, see `put_note`."""
        found = self._db.execute(select(t.meta.c.value).where(t.meta.c.key == key)).scalar_one_or_none()
        return None if found is None else str(found)

    def put_note(self, key: str, value: str) -> None:
        self._replace(t.meta, ("key",), [{"key": key, "value": value}])

    # -- history, conflicts, troubles

    def add_history(self, rows: Iterable[HistoryRow]) -> None:
        self._write(insert(t.history), (
            {"run": h.run, "record": h.record, "source": h.source, "rule": h.rule, "who": h.who, "at": h.at,
             "changes": orjson.dumps(h.changes)}
            for h in rows
        ))  # fmt: skip

    def history(self, *, record: str | None = None, run: int | None = None) -> list[HistoryRow]:
        """Changes of a record or of a run, oldest first."""
        query = select(t.history).order_by(t.history.c.id)
        if record is not None:
            query = query.where(t.history.c.record == record)
        if run is not None:
            query = query.where(t.history.c.run == run)
        return [
            HistoryRow(r.run, r.record, r.source, r.rule, orjson.loads(r.changes), r.who, r.at, r.id)
            for r in self._db.execute(query)
        ]  # fmt: skip

    def add_conflicts(self, rows: Iterable[ConflictRow]) -> None:
        self._write(insert(t.conflicts), (
            {"run": c.run, "record": c.record, "field": c.field, "question": c.question, "state": c.state,
             "detail": orjson.dumps(c.detail)}
            for c in rows
        ))  # fmt: skip

    def conflicts(
        self, *, state: str | None = "open", records: Iterable[str] | None = None
    ) -> list[ConflictRow]:
        """Conflicts in the given state (`None`: any), oldest first."""
        query = select(t.conflicts).order_by(t.conflicts.c.id)
        if state is not None:
            query = query.where(t.conflicts.c.state == state)
        wanted = None if records is None else set(records)
        return [
            ConflictRow(r.run, r.record, r.field, orjson.loads(r.detail), r.question, r.state, r.id)
            for r in self._db.execute(query)
            if wanted is None or r.record in wanted
        ]

    def answer_conflicts(self, ids: Iterable[int]) -> None:
        for chunk in _chunks(list(ids)):
            self._db.execute(update(t.conflicts).where(t.conflicts.c.id.in_(chunk)).values(state="answered"))

    def troubles(self) -> list[tuple[str, Trouble]]:
        """(replica, trouble) of everything that could not be used when it was last read, oldest first."""
        return [
            (r.replica, Trouble(r.location, r.reason, r.remedy, r.value, r.kind, r.handle, r.field))
            for r in self._db.execute(select(t.troubles).order_by(t.troubles.c.id))
        ]

    def put_troubles(
        self, run: int, replica: str, troubles: Iterable[Trouble], read: Iterable[str] | None
    ) -> None:
        """What was found on the handles just `read` (`None`: everything) replaces what was known of them."""
        gone = delete(t.troubles).where(t.troubles.c.replica == replica)
        if read is None:
            self._db.execute(gone)
        else:
            for chunk in _chunks([*read, ""]):
                self._db.execute(gone.where(t.troubles.c.handle.in_(chunk)))
        self._write(insert(t.troubles), (
            {"run": run, "replica": replica, "kind": x.kind, "handle": x.handle, "field": x.field, "location": x.where,
             "reason": x.reason, "remedy": x.remedy, "value": x.value}
            for x in troubles
        ))  # fmt: skip

    def _replace(self, table: Any, key: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> None:
        if self._db.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert as upsert
        else:
            from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]  # same interface
        statement = upsert(table)
        changed = {
            column.name: statement.excluded[column.name] for column in table.columns if column.name not in key
        }
        self._write(statement.on_conflict_do_update(index_elements=list(key), set_=changed), rows)

    def _write(self, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        """Execute an insert for each row (all have the same keys) through the driver itself.

        SQLAlchemy words the statement; preparing each row, which none of our types needs, would cost it more time
        and memory than the database takes to write it.
        """
        todo = iter(rows)
        sql, pick = "", None
        while chunk := list(islice(todo, _ROWS)):
            if not sql:
                compiled = statement.compile(dialect=self._db.dialect, column_keys=list(chunk[0]))
                sql, pick = str(compiled), itemgetter(*compiled.positiontup) if compiled.positional else None
            self._db.exec_driver_sql(sql, [pick(row) for row in chunk] if pick else chunk)


def _record(row: RowMapping) -> Record:
    return Record(row["id"], row["kind"], orjson.loads(row["fields"]), row["deleted"])


def _shadow(row: Row[Any]) -> Shadow:
    extra = orjson.loads(row.extra) if row.extra else {}
    return Shadow(row.replica, row.record, row.kind, row.handle, orjson.loads(row.held), row.state, **extra)


def _targets(record: Record) -> set[str]:
    """The ids that a record refers to: no other value has their form."""
    values = (v for value in record.fields.values() for v in (value if isinstance(value, list) else (value,)))
    return {v for v in values if isinstance(v, str) and len(v) == 26 and is_id(v) and v != record.id}


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]
