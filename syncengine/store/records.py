"""The canonical records, what they are called, and how they refer to each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from syncengine.core.refs import fold
from syncengine.model.ids import is_id
from syncengine.model.kind import Record
from syncengine.store.room import Room

_BATCH = 2_000


class Records(Room):
    """The tables `records` and `links`."""

    def records(self, ids: Iterable[str]) -> dict[str, Record]:
        """The named records that exist, tombstones included."""
        wanted = list(ids)
        return {row[0]: _record(row) for row in self._db.rows("records", ids=wanted)} if wanted else {}

    def all_records(self, kind: str | None = None, *, deleted: bool = False) -> Iterator[Record]:
        """Every living record (with `deleted`: every tombstone), in order of their ids."""
        if kind is None:
            return map(_record, self._db.rows("records of all kinds", deleted=deleted))
        return map(_record, self._db.rows("records of a kind", kind=kind, deleted=deleted))

    def titles(self, kind: str, *, deleted: bool = False) -> list[tuple[str, str]]:
        """(id, title) of each living record (with `deleted`: each tombstone) of the kind."""
        return [(row[0], row[1]) for row in self._db.rows("titles", kind=kind, deleted=deleted)]

    def by_title(self, kind: str, title: str) -> list[Record]:
        """Living records of the kind whose title is `title`, capitals and blanks apart."""
        return [_record(row) for row in self._db.rows("records by title", kind=kind, key=fold(title))]

    def of_pair(self, pair: str) -> list[Record]:
        """The living records that belong to a pair, in order of their ids."""
        return [_record(row) for row in self._db.rows("records of a pair", pair=pair)]

    def mentioning(self, ids: Iterable[str]) -> list[str]:
        """The ids of living records that refer to one of `ids`, in their order."""
        wanted = list(ids)
        return sorted(row[0] for row in self._db.rows("records mentioning", ids=wanted)) if wanted else []

    def pairs(self, ids: Iterable[str]) -> dict[str, str | None]:
        """Record to the pair it was last known to belong to."""
        wanted = list(ids)
        return {row[0]: row[1] for row in self._db.rows("pairs of records", ids=wanted)} if wanted else {}

    def put_records(self, rows: Iterable[tuple[Record, str, str | None]]) -> None:
        """Insert or replace records, each with its title and the pair it belongs to."""
        todo = iter(rows)
        while chunk := list(islice(todo, _BATCH)):
            self._put_rows(chunk)
            self._put_links({record.id: _targets(record) for record, _, _ in chunk})

    def _put_rows(self, rows: Sequence[tuple[Record, str, str | None]]) -> None:
        """Where only the fields are others than before, the indexes are left as they are: they are most of the writing."""
        ids = [record.id for record, _, _ in rows]
        known = {
            id: (*head, bool(deleted)) for id, *head, deleted in self._db.rows("heads of records", ids=ids)
        }
        same = {r.id for r, title, pair in rows if known.get(r.id) == (r.kind, title, pair, r.deleted)}
        self._db.write("put fields", ((orjson.dumps(r.fields), r.id) for r, _, _ in rows if r.id in same))
        self._db.write("put records", (
            (r.id, r.kind, title, fold(title), pair, r.deleted, orjson.dumps(r.fields))
            for r, title, pair in rows if r.id not in same
        ))  # fmt: skip

    def _put_links(self, targets: Mapping[str, set[str]]) -> None:
        """The links of each of these records are exactly those to its `targets` from now on."""
        before = set(self._db.rows("links of records", ids=list(targets)))
        now = {(record, target) for record, found in targets.items() for target in found}
        self._db.write("drop links", sorted(before - now))
        self._db.write("put links", sorted(now - before))

    def counts(self) -> dict[str, int]:
        """Kind to the number of living records."""
        return {row[0]: row[1] for row in self._db.rows("count records")}


def _record(row: tuple[Any, ...]) -> Record:
    id, kind, fields, deleted = row
    return Record(id, kind, orjson.loads(fields), bool(deleted))


def _targets(record: Record) -> set[str]:
    """The ids that a record refers to: no other value has their form."""
    found: set[str] = set()
    for value in record.fields.values():
        if isinstance(value, str):
            if len(value) == 26 and is_id(value):
                found.add(value)
        elif isinstance(value, list):
            found.update(one for one in value if is_id(one))
    found.discard(record.id)
    return found
