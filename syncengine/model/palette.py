"""The colours in which every spreadsheet shows how things stand, and what is late: hexadecimal codes, red green blue."""

from __future__ import annotations

from syncengine.model.fieldtypes import Choice, Date
from syncengine.model.kind import Field, Kind

INK, DEEP, MIST, LINE, MUTED = "1F2A37", "24566B", "EEF4F6", "D5DEE3", "6B7A86"
GREEN, AMBER, ROSE, GREY, STEEL = "DDEFE3", "FBEBCB", "F8DCDC", "E9ECEF", "6E8A97"

_STANDS = (
    (frozenset(("achieved", "held", "active", "verified", "big")), GREEN),
    (frozenset(("on hold", "paused", "moved", "starting")), AMBER),
    (frozenset(("dropped", "skipped", "closed", "wrong")), GREY),
)
_OVER = ("achieved", "dropped", "closed")
_LATE = {"due": ROSE, "review_on": AMBER, "until": AMBER, "ends_on": AMBER}


def tints(field: Field) -> list[tuple[list[str], str]]:
    """Which of a choice's options are shown in which colour; [] for any other field."""
    if not isinstance(field.type, Choice) or field.type.many:
        return []
    found = [
        ([option for option in field.type.options if option in words], colour) for words, colour in _STANDS
    ]
    return [(options, colour) for options, colour in found if options]


def late(field: Field) -> str | None:
    """The colour of a day that is past, where that means overdue or stale."""
    return _LATE.get(field.name) if isinstance(field.type, Date) else None


def open_while(kind: Kind) -> list[tuple[str, str | bool]]:
    """What nothing late is: (field, value) of each field that says that a record is over."""
    over: list[tuple[str, str | bool]] = [("status", word) for word in _OVER if "status" in kind.fields]
    return [*over, *([("done", True)] if "done" in kind.fields else [])]
