"""People at their calendars."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from syncengine.model.values import Fields, Value
from syncengine.testing.tool import Impossible, Row

Meetings = Mapping[str, set[str]]
"""Pair's id to the starts of its meetings."""


class Calendar(ABC):
    """Keeps `Tool` for what a calendar shows as plain fields of a pair; its meetings are moved and skipped one by one."""

    hides_deleted = False
    columns: Mapping[str, set[str]] = {"pair": {"name", "link"}}

    @property
    @abstractmethod
    def rows(self) -> Mapping[str, Row]: ...

    @abstractmethod
    def edit(self, handle: str, **fields: Any) -> None: ...

    @abstractmethod
    def remove(self, handle: str) -> None: ...

    @abstractmethod
    def texts(self) -> Iterable[str]: ...

    @abstractmethod
    def meetings(self, begin: datetime, end: datetime) -> Meetings:
        """What takes place from `begin` until before `end`."""

    @abstractmethod
    def reschedule(self, handle: str, slot: str, starts: str) -> None:
        """Drag one meeting to another time; `slot` and `starts` are canonical instants."""

    @abstractmethod
    def skip(self, handle: str, slot: str) -> None:
        """Delete one meeting."""

    @abstractmethod
    def slots(self, handle: str, begin: datetime, end: datetime) -> list[str]:
        """Where the series has its meetings, moved and skipped ones included."""

    def add(self, kind: str, **fields: Any) -> str:
        raise Impossible("events of people's own are theirs")

    def copy(self, handle: str) -> str:
        raise Impossible("a copied event is people's own")

    def restamp(self, handle: str, id: str | None) -> None:
        raise Impossible("nobody sees the id of an event")

    def move(self, handle: str) -> str:
        raise Impossible("a calendar has one order, that of time")

    def sort(self, kind: str) -> None:
        raise Impossible("a calendar has one order, that of time")

    def drop_column(self, kind: str, name: str) -> None:
        raise Impossible("a calendar has no columns")

    def rename_column(self, kind: str, name: str, heading: str) -> None:
        raise Impossible("a calendar has no columns")

    def takes(self, kind: str, fields: Fields) -> bool:
        """A pair that meets has a series; others may have left one."""
        meets = fields.get("every") and fields.get("first_meeting") and not fields.get("until")
        return kind == "pair" and bool(meets) and fields.get("status") in ("active", "starting", None)

    def lossy(self, kind: str, name: str, value: Value) -> Value:
        return value

    def heal(self) -> None:  # noqa: B027 - nothing to do is an answer
        """Nothing is broken."""
