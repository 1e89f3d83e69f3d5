"""What the store hands out besides records and shadows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


@dataclass(slots=True)
class ReplicaRow:
    """A replica as the state knows it."""

    name: str
    connector: str
    place: str | None = None
    mapping: dict[str, Any] | None = None
    cursor: bytes | None = None


@dataclass(slots=True)
class HistoryRow:
    """One change of one record: field to (before, after), where it came from, and by which rule."""

    run: int
    record: str
    source: str
    rule: str
    changes: Mapping[str, list[Any]]
    who: str | None = None
    at: str | None = None
    id: int = 0


class ConflictRow(NamedTuple):
    """A conflict, open or answered; `detail` has base, kept and lost with who, where and when."""

    run: int
    record: str
    field: str
    detail: dict[str, Any]
    question: str | None = None
    state: str = "open"
    id: int = 0


class RunRow(NamedTuple):
    """One run; `summary` is what `sync --json` printed."""

    id: int
    started: str
    ended: str | None
    status: str
    reason: str
    summary: dict[str, Any] | None
