"""A canon over records in memory, for the pure rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from zoneinfo import ZoneInfo

import pytest

from syncengine.core.canon import Canon
from syncengine.core.refs import Directory
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Locale

CanonOf = Callable[..., Canon]


@pytest.fixture(scope="session")
def canon_of() -> CanonOf:
    """`canon_of(records, zone="Europe/Berlin")`: as a run would have it that finds these in the state."""

    def make(records: Iterable[Record] = (), zone: str = "Europe/Berlin") -> Canon:
        stored = {record.id: record for record in records}
        before = deepcopy(stored)  # titles come from the state, which a run does not change before it commits

        def titles(kind: str, deleted: bool) -> list[tuple[str, str]]:
            return [
                (r.id, canon.title(r)) for r in before.values() if r.kind == kind and r.deleted == deleted
            ]

        def pairs_of(person: str) -> list[str]:
            members = {
                r.id: r.fields.get("members") for r in canon.known() if r.kind == "pair" and not r.deleted
            }
            return sorted(id for id, found in members.items() if isinstance(found, list) and person in found)

        directory = Directory(lambda kind: titles(kind, False), lambda kind: titles(kind, True))
        canon = Canon(
            all_kinds(),
            lambda ids: {id: stored[id] for id in ids if id in stored},
            directory,
            pairs_of,
            Locale(ZoneInfo(zone)),
        )
        canon.ensure(stored)
        return canon

    return make
