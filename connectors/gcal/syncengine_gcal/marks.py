"""How an event of ours is known again: private properties, which only this calendar's copy has (gcal.md, 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from syncengine.model.ids import is_id

_OURS = re.compile(r"([0-9a-v]{26})(?:g([1-9]\d*))?")
Event = dict[str, Any]
"""An event resource as Calendar answers it."""

MARK = "mentorsync"
"""`pair:<record id>` or `checkin:<record id>`."""
EVENT = "mentorsync.event"
"""The event's own id: a copy that somebody makes copies the mark, but has another id, and is theirs."""
PAIR = "mentorsync.pair"
SLOT = "mentorsync.slot"
FOLLOWS = "mentorsync.follows"
"""How long the series took when this meeting was split from it."""
PAUSED = "mentorsync.paused"
"""The series stands still, and this is the `until` that the pair has, or `-`: it is paused, or (`ENDED` in front) only does not
say how often it meets, which is no pause that anybody would have to hear of."""
ENDED = "ended:"
MEMBERS = "mentorsync.members"
"""Ids of the members, joined by commas."""
MEMBER = "mentorsync.member."
"""With a person's id: the address that was invited for them. 44 characters, the most there may be."""


def properties(event: Event) -> Mapping[str, str]:
    """The private properties of an event."""
    found: Mapping[str, str] = event.get("extendedProperties", {}).get("private", {})
    return found


def mark_of(event: Event) -> tuple[str, str] | None:
    """(kind, record id) of an event that is ours; `None` for people's own, copies of ours included."""
    said = properties(event)
    kind, _, id = said.get(MARK, "").partition(":")
    if kind not in ("pair", "checkin") or not is_id(id) or said.get(EVENT) != event["id"]:
        return None
    return kind, id


def event_id(record: str, generation: int) -> str:
    """The id that we choose for a record's event; deletion burns one, and the next generation is used (gcal.md, 1)."""
    return record if generation == 0 else f"{record}g{generation}"


def generation_of(event: str) -> tuple[str, int] | None:
    """The record and the generation that an id of ours says; `None` for any other id."""
    found = _OURS.fullmatch(event)
    return (found[1], int(found[2] or 0)) if found and is_id(found[1]) else None


def marks(kind: str, record: str, event: str, **more: str) -> dict[str, str]:
    """The private properties that make an event ours."""
    return {MARK: f"{kind}:{record}", EVENT: event, **more}


def invited(event: Event) -> dict[str, str]:
    """Person to the address that was invited for them."""
    return {
        name.removeprefix(MEMBER): address
        for name, address in properties(event).items()
        if name.startswith(MEMBER)
    }
