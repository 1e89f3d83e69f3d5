"""A tool as people see it and work in it, without our code: what lives and their witness ask of every tool, real or in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from syncengine.model.values import Fields, Value


@dataclass
class Row:
    """One item as people see it."""

    kind: str
    id: str | None
    """What stands in its (hidden) cell for the id, whatever that is."""
    fields: dict[str, Any]
    """Field to what is shown, as a field type reads it."""
    edited: datetime | None = None
    version: int = 0


class Impossible(Exception):
    """The tool does not let people do that; it is as it was."""


class Tool(Protocol):
    """The tool, and somebody's hands in it. An item keeps its handle while it is edited, by people or by a sync."""

    @property
    def rows(self) -> Mapping[str, Row]:
        """Handle to each item that is there."""

    @property
    def hides_deleted(self) -> bool:
        """Whether nothing stands where a reference to a deleted record stood."""

    @property
    def columns(self) -> Mapping[str, Set[str]]:
        """Kind to the fields that there is a column for."""

    def add(self, kind: str, **fields: Any) -> str:
        """A new item; returns its handle. This and what follows raises `Impossible`."""

    def edit(self, handle: str, **fields: Any) -> None:
        """Other values in some cells; `None` empties one."""

    def remove(self, handle: str) -> None:
        """An item taken away."""

    def copy(self, handle: str) -> str:
        """An item copied whole, its id included, as people copy rows and files; returns the copy's handle."""

    def restamp(self, handle: str, id: str | None) -> None:
        """The cell of the id emptied or overwritten."""

    def move(self, handle: str) -> str:
        """An item cut and pasted elsewhere; returns its handle there."""

    def drop_column(self, kind: str, name: str) -> None:
        """A column deleted with all that is in it."""

    def takes(self, kind: str, fields: Fields) -> bool:
        """Whether such a record has to be here."""

    def lossy(self, kind: str, name: str, value: Value) -> Value:
        """What the tool shows for a value of a record."""

    def texts(self) -> Iterable[str]:
        """Everything that can be read here, wherever it stands."""

    def heal(self) -> None:
        """All faults end."""
