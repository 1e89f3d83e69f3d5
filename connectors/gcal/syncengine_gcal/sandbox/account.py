"""One account's calendars: listed, made, described and shared."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from syncengine.testing.loopback import Answer, Loopback, Request
from syncengine_gcal.sandbox import errors
from syncengine_gcal.sandbox.calendars import Calendar, Events
from syncengine_gcal.sandbox.outbox import Outbox


class Account(Loopback):
    """`owner`, with a primary calendar; what their events answer is in the class that is made of it."""

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        now: Callable[[], datetime],
        owner: str,
        google: Collection[str],
    ) -> None:
        super().__init__(answer)
        self.now, self.owner = now, owner
        self.calendars = {owner: Calendar(owner, owner, "UTC")}
        self.outbox = Outbox(owner, google)
        self._made = 0

    def add_calendar(
        self, summary: str, zone: str = "UTC", description: str | None = None, role: str = "owner"
    ) -> str:
        """A secondary calendar; returns its id."""
        id = f"{self._fresh()}@group.calendar.google.com"
        self.calendars[id] = Calendar(id, summary, zone, description, role)
        return id

    def expire_tokens(self) -> None:
        """All sync tokens stop being valid: 410 fullSyncRequired."""
        for calendar in self.calendars.values():
            calendar.epoch += 1

    def _fresh(self) -> str:
        self._made += 1
        digest = hashlib.sha256(f"{self.owner} {self._made}".encode()).digest()
        alphabet = "0123456789abcdefghijklmnopqrstuv"
        return "".join(alphabet[byte & 31] for byte in digest[:26])

    def _calendar(self, id: str, *, write: bool = False) -> Calendar:
        found = self.calendars.get(self.owner if id == "primary" else id)
        if found is None:
            raise errors.not_found()
        if write and found.role not in ("owner", "writer"):
            raise errors.forbidden("requiredAccessLevel", "You need to have writer access to this calendar.")
        return found

    def _open(self, id: str, *, write: bool = False) -> Events:
        return Events(self._calendar(id, write=write), self.owner, self.now, self._fresh)

    def _match(self, request: Request, etag: str) -> None:
        wanted = request.headers.get("if-match")
        if wanted is not None and wanted not in (etag, "*"):
            raise errors.changed()

    def _get_calendar(self, request: Request, query: Mapping[str, str], id: str) -> Answer:
        return Answer(200, _show_calendar(self._calendar(id)))

    def _insert_calendar(self, request: Request, query: Mapping[str, str]) -> Answer:
        body = request.json or {}
        if not body.get("summary"):
            raise errors.required("Missing summary.")
        id = self.add_calendar(body["summary"], body.get("timeZone", "UTC"), body.get("description"))
        return Answer(200, _show_calendar(self.calendars[id]))

    def _patch_calendar(self, request: Request, query: Mapping[str, str], id: str) -> Answer:
        calendar = self._calendar(id)
        if calendar.role != "owner":
            raise errors.forbidden("requiredAccessLevel", "You need to be an owner of this calendar.")
        self._match(request, _show_calendar(calendar)["etag"])
        said = {
            key: value for key, value in (request.json or {}).items() if key in ("summary", "description")
        }
        for key, value in said.items():
            if getattr(calendar, key) != value:
                setattr(calendar, key, value)
                calendar.version += 1
        return Answer(200, _show_calendar(calendar))

    def _list_calendars(self, request: Request, query: Mapping[str, str]) -> Answer:
        items = [_entry(calendar, primary=calendar.id == self.owner) for calendar in self.calendars.values()]
        return Answer(
            200, {"kind": "calendar#calendarList", "etag": '"1"', "items": items, "nextSyncToken": "0"}
        )

    def _list_acl(self, request: Request, query: Mapping[str, str], id: str) -> Answer:
        items = list(self._calendar(id).acl.values())
        return Answer(200, {"kind": "calendar#acl", "etag": '"1"', "items": items, "nextSyncToken": "0"})

    def _insert_acl(self, request: Request, query: Mapping[str, str], id: str) -> Answer:
        calendar, body = self._calendar(id), request.json or {}
        scope = body["scope"]
        rule = f"{scope['type']}:{scope.get('value', '')}"
        calendar.acl[rule] = {
            "kind": "calendar#aclRule",
            "etag": '"1"',
            "id": rule,
            "scope": scope,
            "role": body["role"],
        }
        if query.get("sendNotifications", "true") == "true":
            self.outbox.share(scope.get("value", ""), calendar.id, request.number)
        return Answer(200, calendar.acl[rule])


def _show_calendar(calendar: Calendar) -> dict[str, Any]:
    shown = {"kind": "calendar#calendar", "etag": f'"c{calendar.version}"', "id": calendar.id,
             "summary": calendar.summary, "timeZone": calendar.zone}  # fmt: skip
    return shown if calendar.description is None else {**shown, "description": calendar.description}


def _entry(calendar: Calendar, *, primary: bool) -> dict[str, Any]:
    shown = {
        **_show_calendar(calendar),
        "kind": "calendar#calendarListEntry",
        "accessRole": calendar.role,
        "defaultReminders": [],
    }
    return {**shown, "primary": True} if primary else shown
