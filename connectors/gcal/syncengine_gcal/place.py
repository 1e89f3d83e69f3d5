"""Which calendar it is: the id of the place stands in the calendar's description, which every listing tells (rule 17).

So one request serves `place` and `pull`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from syncengine.connector import Step
from syncengine.errors import AccessError

_LINE = "mentorsync keeps this calendar in agreement (please leave this line): "
_STAMP = re.compile(re.escape(_LINE) + r"(\S+)")
WRITERS = frozenset({"owner", "writer"})


class Calendars(Protocol):
    """What is needed of the client."""

    def calendars(self) -> Any: ...
    def calendar(self, id: str) -> Mapping[str, Any]: ...
    def readers(self, calendar: str) -> set[str]: ...
    def make_calendar(self, body: Mapping[str, Any]) -> Mapping[str, Any]: ...
    def describe_calendar(self, id: str, description: str) -> None: ...
    def share(self, calendar: str, address: str) -> None: ...


def stamp_in(description: str | None) -> str | None:
    """The place's id in a calendar's description; `None` without one."""
    found = _STAMP.search(description or "")
    return found[1] if found else None


def stamped(description: str | None, place: str) -> str:
    """The description with the place's id; what people wrote there stays."""
    text = description or ""
    line = f"{_LINE}{place}"
    if stamp_in(text) is not None:
        return _STAMP.sub(lambda _: line, text)
    return f"{text}\n\n{line}" if text.strip() else line


def find(client: Calendars, said: str | None, name: str, bound: str | None) -> str | None:
    """The id of the calendar: as the config says, else the one that carries our mark; `None`: there is none yet.

    A state that was lost knows no mark: then a marked calendar of that name, if there is exactly one, is it.
    """
    if said:
        return said
    own = [c for c in client.calendars() if c.get("accessRole") in WRITERS and stamp_in(c.get("description"))]
    if bound is not None:
        return next((str(c["id"]) for c in own if stamp_in(c["description"]) == bound), None)
    named = [str(c["id"]) for c in own if c.get("summary") == name]
    return named[0] if len(named) == 1 else None


def survey(
    client: Calendars, id: str | None, name: str, share: Sequence[str], place: str | None
) -> list[Step]:
    """What `provision` would do."""
    if id is None:
        return [Step("make", f"the calendar “{name}”"), *(_shared(address) for address in share)]
    steps = [] if place else [Step("make", f"the mark in the description of the calendar {id}")]
    there = client.readers(id) if share else set()
    return [*steps, *(_shared(address) for address in share if address.casefold() not in there)]


def _shared(address: str) -> Step:
    return Step("make", f"the right of {address} to see and change the calendar (nobody is mailed)")


def provision(
    client: Calendars, id: str | None, name: str, zone: str, share: Sequence[str], place: str
) -> str:
    """Make, mark and share the calendar; returns its id. What is so already is not done again."""
    if id is None:
        body = {"summary": name, "timeZone": zone, "description": stamped(None, place)}
        id = str(client.make_calendar(body)["id"])
    else:
        there = client.calendar(id)
        if stamp_in(there.get("description")) != place:
            client.describe_calendar(id, stamped(there.get("description"), place))
    known = client.readers(id) if share else set()
    for address in share:
        if address.casefold() not in known:
            client.share(id, address)
    return id


def may_write(role: str, where: str, who: str) -> None:
    """Raises `AccessError` for a calendar that may only be read."""
    if role not in WRITERS:
        raise AccessError(f"{who} may read the calendar but not change it", where=where,
                          remedy=f"Share it with {who} with the right to make changes to events.")  # fmt: skip
