"""Taking somebody out of a calendar: off the lists of guests without a mail, out of copies of names and agendas that an
exception keeps. See `syncengine.connector.Erasing` and `Uninviting`."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from syncengine.errors import Unavailable
from syncengine.model.words import Words
from syncengine_gcal.calls import Call
from syncengine_gcal.client import Client
from syncengine_gcal.marks import MEMBER, MEMBERS, Event, mark_of, properties

_TEXTS = ("summary", "description", "location")
_TRIES = 3

KEEPS = (
    "Google Calendar keeps deleted events in its bin for 30 days: open the calendar's settings menu → Bin → Empty bin.",
    "members who were invited have copies of the meetings in calendars of their own, and e-mails of invitations.",
    "the calendar may still be shared with them: Settings and sharing → Shared with → remove their address.",
)


def ours(client: Client, calendar: str) -> list[Event]:
    """Every event of ours as it is now, exceptions of our series included."""
    events = [event for page in client.changes(calendar, None) for event in page.get("items", ())]
    known = {
        event["id"] for event in events if event.get("status") != "cancelled" and mark_of(event) is not None
    }
    return [
        event
        for event in events
        if event.get("status") != "cancelled"
        and (event["id"] in known or event.get("recurringEventId") in known)
    ]


def uninvite(client: Client, calendar: str, person: str, words: Words) -> None:
    """See `Uninviting`. Raises `Unavailable`, with what was done until then done."""
    _change(client, calendar, ours(client, calendar), lambda event: _without_guest(event, person, words))


def _without_guest(event: Event, person: str, words: Words) -> dict[str, Any]:
    """The change that takes them off; that they are a member stays noted, for that is read as the pair's."""
    guests = event.get("attendees", [])
    kept = [guest for guest in guests if not words.count(str(guest.get("email", "")))]
    body: dict[str, Any] = {"attendees": kept} if len(kept) != len(guests) else {}
    if f"{MEMBER}{person}" in properties(event):
        body["extendedProperties"] = {"private": {f"{MEMBER}{person}": None}}
    return body


def erase(client: Client, calendar: str, ids: Collection[str], words: Words) -> None:
    """See `Erasing`."""
    _change(client, calendar, ours(client, calendar), lambda event: _without_words(event, ids, words))


def _without_words(event: Event, ids: Collection[str], words: Words) -> dict[str, Any]:
    body: dict[str, Any] = {n: words.without(event[n]) for n in _TEXTS if words.count(str(event.get(n, "")))}
    members = properties(event).get(MEMBERS, "").split(",")
    kept = [one for one in members if one not in ids]
    if kept != members:
        body["extendedProperties"] = {"private": {MEMBERS: ",".join(kept)}}
    return body


def _change(client: Client, calendar: str, events: Iterable[Event], body_of: Any) -> None:
    """Change events one by one, each only as it was read; nobody is told (`Call.tells` is empty)."""
    for event in events:
        now: Event | None = event
        for _ in range(_TRIES):
            body: Mapping[str, Any] = body_of(now) if now is not None else {}
            if now is None or not body:
                break
            (reply,) = client.carry(calendar, [Call("patch", now["id"], body, now.get("etag"))])
            if reply.code == 200:
                break
            (again,) = client.carry(calendar, [Call("get", now["id"])])
            now = again.event if again.code == 200 else None
        else:
            raise Unavailable("an event was changed over and over", remedy="Run it again.")


def everything(client: Client, calendar: str) -> Iterator[tuple[str, str]]:
    """Every event, cancelled ones and people's own included, and whom the calendar is shared with."""
    for page in client.changes(calendar, None):
        yield "the calendar's description", str(page.get("description", ""))
        for event in page.get("items", ()):
            yield (
                f"event {event.get('start', {}).get('dateTime', event['id'])[:10]}",
                json.dumps(event, ensure_ascii=False),
            )
    for address in sorted(client.readers(calendar)):
        yield "whom the calendar is shared with", address
