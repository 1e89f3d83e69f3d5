"""Addresses of events, made here: `htmlLink` ends in `eid`, which is base64url of "<event id> <calendar>".

The two usual domains are shortened in it (recorded: `…@gmail.com` is `…@m`; `@group.calendar.google.com` is `@g`), and a
series has the page of its first occurrence. So that ours still tells the two apart, it ends in `#series`.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable

from syncengine_gcal.marks import SLOT, Event, properties
from syncengine_gcal.meeting_work import instance_id
from syncengine_gcal.reading import handle_of, read_handle
from syncengine_gcal.series import starts
from syncengine_gcal.state import State

_SHORT = {"@gmail.com": "@m", "@group.calendar.google.com": "@g"}
_SERIES = "#series"
_EID = re.compile(
    r"https?://(?:www\.google\.com/calendar|calendar\.google\.com)/.*(?:[?&]eid=|/eventedit/)([\w-]+)",
    re.IGNORECASE,
)


def ending(events: Iterable[Event]) -> str:
    """What the addresses of a calendar's events say of the calendar; "" where no event tells."""
    for event in events:
        said = _eid(str(event.get("htmlLink", "")))
        if said is not None:
            return said[1]
    return ""


def link(state: State, handle: str) -> str | None:
    """The page of the event that a handle stands for."""
    event = _event_of(state, handle)
    calendar = state.ending or _shortened(state.calendar)
    if event is None or "@" not in calendar:
        return None
    eid = urlsafe_b64encode(f"{event} {calendar}".encode()).decode().rstrip("=")
    return f"https://www.google.com/calendar/event?eid={eid}" + ("" if "/" in handle else _SERIES)


def linked(state: State, link: str) -> list[str]:
    """The handle of the event that an address shows; of an occurrence that has no record, the series'."""
    said = _eid(link)
    if said is None or said[1] not in (state.ending, _shortened(state.calendar)):
        return []
    for pair, series in state.series.items():
        for checkin, event in series.own.items():
            if event["id"] == said[0]:
                return [
                    handle_of(pair, checkin, slot)
                    for slot in dict.fromkeys(("", properties(event).get(SLOT, "")))
                ]
        for slot, checkin in series.known.items():
            segment = series.segment_of(slot)
            if segment is not None and instance_id(segment, slot) == said[0] and not link.endswith(_SERIES):
                return [handle_of(pair, checkin, slot)]
        if any(said[0] == one.id or said[0].startswith(f"{one.id}_") for one in series.segments):
            return [pair]
    return [f"~{id}" for id, event in state.strangers.items() if said[0] in (id, _first(event))]


def _event_of(state: State, handle: str) -> str | None:
    if handle.startswith("~"):
        return _first(state.strangers[handle[1:]]) if handle[1:] in state.strangers else None
    pair, checkin, slot = read_handle(handle)
    series = state.series.get(pair)
    if series is None:
        return None
    if not checkin:
        return _first(series.current.master) if series.current else None
    if checkin in series.own:
        return str(series.own[checkin]["id"])
    segment = series.segment_of(slot) if slot else None
    return instance_id(segment, slot) if segment and slot else None


def _first(event: Event) -> str:
    """The id of a series' first occurrence (recorded: its own address is that one's, also after a cut, where the series
    itself is `…_R<slot>`); any other event's own."""
    if not event.get("recurrence"):
        return str(event["id"])
    at = event["start"].get("date") or starts(event)
    return f"{str(event['id']).partition('_R')[0]}_{at.replace('-', '').replace(':', '')}"


def _eid(link: str) -> tuple[str, str] | None:
    found = _EID.match(link)
    if found is None:
        return None
    try:
        said = urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode()
    except ValueError:
        return None
    id, _, calendar = said.partition(" ")
    return (id, calendar) if calendar else None


def _shortened(calendar: str) -> str:
    name, at, domain = calendar.partition("@")
    return name + _SHORT.get(at + domain, at + domain)
