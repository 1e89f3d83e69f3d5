"""Creates that an earlier run meant to make and did not tell the outcome of: are they there? (rule 7)

A query may be behind, so what it does not show is looked for once more when it must: after a run that was killed. A run
that came to its end says what it left, and in what state (`Memory.left`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncengine.connector import Operation
from syncengine_notion.client import Wire
from syncengine_notion.layout import Table
from syncengine_notion.memory import Memory
from syncengine_notion.reading import LAG, find_records

Json = dict[str, Any]


def look_up(
    wire: Wire, tables: Mapping[str, Table], tried: Sequence[Operation], known: Collection[str]
) -> dict[str, Json]:
    """Record to row, for those that are there. `known`: what the last run that ended said of its own accord."""
    there = _find(wire, tables, tried)
    missing = [operation for operation in tried if operation.id not in there and operation.id not in known]
    if missing:
        wire.rest(LAG.total_seconds())
        there.update(_find(wire, tables, missing))
    return there


def young(wire: Wire, memory: Memory, operation: Operation) -> bool:
    """Whether a create of an earlier run is in doubt, and so recent that Notion may not show it yet."""
    when = memory.left.get(operation.id)
    return bool(operation.tried and when) and wire.today() < datetime.fromisoformat(str(when)) + LAG


def _find(wire: Wire, tables: Mapping[str, Table], tried: Sequence[Operation]) -> dict[str, Json]:
    there: dict[str, Json] = {}
    for kind, table in tables.items():
        ids = [operation.id for operation in tried if operation.kind == kind]
        if ids:
            there.update(find_records(wire, table.source, table.id, ids))
    return there
