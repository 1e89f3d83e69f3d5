"""What the work on a pair asks of the calendar, and what it is answered: plain data, so that a plan can be tried out."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from syncengine_gcal.marks import Event

MOST_IN_A_BATCH = 50
PER_MINUTE = 540
"""Of 600 a minute for a person and project (gcal.md, 9); each part of a batch counts."""


@dataclass(frozen=True)
class Call:
    """One request about one event."""

    method: Literal["insert", "patch", "delete", "get"]
    event: str
    body: Mapping[str, Any] = field(default_factory=dict)
    etag: str | None = None
    tells: tuple[str, ...] = ()
    """Addresses that are mailed; empty: `sendUpdates=none`."""
    why: str = ""


@dataclass(frozen=True)
class Reply:
    """The answer: an event, nothing (deleted), or why not."""

    event: Event | None = None
    code: int = 200
    """The HTTP status; 0: nobody knows whether it was done."""
    reason: str = ""
    """Calendar's own word, like `conditionNotMet`."""
    told: tuple[str, str] = ("", "")
    """Reason and remedy for people."""


def imagined(call: Call, now: Event | None) -> Reply:
    """What a willing calendar would answer; `now`: the event as it is known."""
    if call.method == "delete":
        return Reply(None, 204)
    if call.method == "get":
        return Reply(now, 200 if now else 404)
    event: Event = {"id": call.event, "status": "confirmed", "etag": "", **copy.deepcopy(now or {})}
    for name, value in call.body.items():
        if name == "extendedProperties":
            private = {**event.get(name, {}).get("private", {}), **value["private"]}
            event[name] = {"private": {k: v for k, v in private.items() if v is not None}}
        else:
            event[name] = copy.deepcopy(value)
    for guest in event.get("attendees", ()):
        guest.setdefault("responseStatus", "needsAction")
    return Reply(event)
