"""What people type and see, between the plain values of a script and those that a tool keeps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Kind
from syncengine.testing.tool import Impossible, Row

ZONE = ZoneInfo("Europe/Berlin")
Place = TypeVar("Place")


def local(instant: str) -> datetime:
    """A canonical instant as a clock on the wall shows it. Raises `Impossible` for anything else."""
    try:
        return datetime.fromisoformat(instant).astimezone(ZONE).replace(tzinfo=None)
    except ValueError:
        raise Impossible(f"{instant!r} is no time") from None


def canonical(at: datetime) -> str:
    """A time (of the wall, where it has no zone) as a canonical instant."""
    zoned = at if at.tzinfo else at.replace(tzinfo=ZONE)
    return zoned.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def day(text: str) -> date:
    """Raises `Impossible` for what is no date."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Impossible(f"{text!r} is no day") from None


def is_number(type: ft.FieldType, value: Any) -> bool:
    return isinstance(type, ft.Number) and isinstance(value, int | float) and not isinstance(value, bool)


def named(kind: Kind, row: Row) -> str:
    """What an item is called by people, as far as its row tells."""
    return " ".join(" ".join(str(row.fields.get(name) or "") for name in kind.title).split())


def handled(found: Iterable[tuple[str, Row, Place]]) -> dict[str, tuple[Row, Place]]:
    """Handle to row and place: the id in it, else the name (given first), numbered where several have the same."""
    made: dict[str, tuple[Row, Place]] = {}
    for name, row, place in found:
        stem = row.id or f"new {row.kind} {name}"
        handle, number = stem, 1
        while handle in made:
            number += 1
            handle = f"{stem} #{number}"
        made[handle] = row, place
    return made
