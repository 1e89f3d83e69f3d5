"""A stand-in for Google Calendar v3, over real HTTP on this machine, for tests and demos.

Held to `gcal.md`, to recorded traffic and to the discovery document by tests. What is taken on trust is said where it is
done. Faults, the log and hooks are `Loopback`'s.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from syncengine.testing.loopback import Answer, Request
from syncengine_gcal.sandbox import errors, multipart
from syncengine_gcal.sandbox.account import Account
from syncengine_gcal.sandbox.calendars import Events, Stored
from syncengine_gcal.sandbox.listing import events_list
from syncengine_gcal.sandbox.people import People

__all__ = ["CalendarSandbox"]

BATCH = "/batch/calendar/v3"
_MOST = 50
Check = Callable[[str, str, Mapping[str, list[str]], Any], object]


class CalendarSandbox(Account):
    """See the module. One account: `owner`, with a primary calendar."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC), owner: str = "coordinator@example.org",
                 google: Collection[str] = ()) -> None:  # fmt: skip
        super().__init__(self._answer, now, owner, google)
        self.token: str | None = None
        """The only bearer token that is taken; `None`: any."""
        self.delegated = True
        """Whether the account may invite guests; a service account without delegation may not (gcal.md, 6)."""
        self.per_minute: int | None = None
        """How many requests a minute are taken, each part of a batch being one."""
        self.conferences_wait = True
        """Whether a new video conference is pending at first."""
        self.instance_etags = False
        """Whether an occurrence has an etag of its own: the recordings have the series' on all of it."""
        self.part_fault: Callable[[Request], Answer | None] = lambda _request: None
        """What one part of a batch is answered instead of being carried out."""
        self.checks: list[tuple[Check, Callable[[str, str, int, Any], object]]] = []
        """Contracts: (request, response) checks that raise."""
        self._spent: list[datetime] = []

    # -- for tests and people

    def events(self, calendar: str) -> Events:
        """The events of a calendar, by id or title."""
        found = self.calendars.get(calendar) or next(
            c for c in self.calendars.values() if c.summary == calendar
        )
        return Events(found, self.owner, self.now, self._fresh)

    def people(self, calendar: str) -> People:
        """Somebody at that calendar."""
        return People(self.events(calendar))

    def settle_conferences(self, status: str = "success") -> None:
        """Google makes the video rooms that were pending."""
        for calendar in self.calendars.values():
            events = Events(calendar, self.owner, self.now, self._fresh)
            for stored in calendar.events.values():
                made = stored.body.get("conferenceData", {}).get("createRequest", {})
                if made.get("status", {}).get("statusCode") == "pending":
                    _finish(stored.body, made["requestId"], status)
                    events.touch(stored)

    # -- HTTP

    def _answer(self, request: Request) -> Answer:
        if request.path == BATCH and request.method == "POST":
            return self._batch(request)
        return self._one(request)

    def _batch(self, request: Request) -> Answer:
        inner = multipart.parts(request)
        if len(inner) > _MOST:
            return errors.invalid("The batch request has too many parts.").answer
        answers: dict[str, Answer] = {}
        touched: set[str] = set()
        for id, part in reversed(inner):  # order is not guaranteed (gcal.md, 9)
            series = re.sub(r"_\d{8}T\d{6}Z$", "", part.path.rpartition("/")[2])
            fault = self.part_fault(part)
            if fault is not None:
                answers[id] = fault
            elif series in touched and series != "events":
                answers[id] = errors.conflict().answer
            else:
                headers = {**part.headers, "authorization": request.headers.get("authorization", "")}
                answers[id] = self._one(replace(part, headers=headers))
            touched.add(series)
        return multipart.joined([(id, answers[id]) for id, _ in inner])

    def _one(self, request: Request) -> Answer:
        for check, _ in self.checks:
            check(request.method, request.path, request.query, request.json)
        try:
            self._admit(request)
            answer = self._route(request)
        except errors.Refusal as refusal:
            answer = refusal.answer
        for _, check_answer in self.checks:
            check_answer(request.method, request.path, answer.status, answer.body)
        return answer

    def _admit(self, request: Request) -> None:
        if self.token is not None and request.headers.get("authorization") != f"Bearer {self.token}":
            raise errors.Refusal(401, "authError", "Invalid Credentials")
        if self.per_minute is None:
            return
        now = self.now()
        self._spent = [at for at in self._spent if (now - at).total_seconds() < 60]
        if len(self._spent) >= self.per_minute:
            raise errors.rate_limited()
        self._spent.append(now)

    def _route(self, request: Request) -> Answer:
        path = request.path.removeprefix("/calendar/v3/")
        query = {name: values[-1] for name, values in request.query.items()}
        for pattern, verbs in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and request.method in verbs:
                method = getattr(self, f"_{verbs[request.method]}")
                answer: Answer = method(request, query, *[unquote(part) for part in found.groups()])
                return answer
        raise errors.not_found()

    # -- events

    def _list_events(self, request: Request, query: Mapping[str, str], calendar: str) -> Answer:
        return Answer(200, events_list(self._open(calendar), query, self.now()))

    def _get_event(self, request: Request, query: Mapping[str, str], calendar: str, id: str) -> Answer:
        events = self._open(calendar)
        return Answer(200, self._shown(events, *events.find(id)))

    def _shown(self, events: Events, stored: Stored, slot: datetime | None) -> dict[str, Any]:
        if slot is None:
            return events.show(stored)
        shown = events.show_instance(stored, slot)
        if self.instance_etags:
            digest = hashlib.sha256(repr(stored.exceptions.get(slot)).encode()).hexdigest()[:16]
            shown["etag"] = f'"{digest}"'
        return shown

    def _instances(self, request: Request, query: Mapping[str, str], calendar: str, id: str) -> Answer:
        events = self._open(calendar)
        stored, _ = events.find(id)
        whole = events_list(events, {**query, "singleEvents": "true"}, self.now())
        whole["items"] = [
            item for item in whole["items"] if item.get("recurringEventId") == stored.body["id"]
        ]
        whole.pop("nextSyncToken", None)
        return Answer(200, whole)

    def _insert_event(self, request: Request, query: Mapping[str, str], calendar: str) -> Answer:
        events, body = self._open(calendar, write=True), dict(request.json or {})
        self._may_invite(body)
        self._confer(body, query, None)
        stored = events.insert(body)
        self.outbox.send(query.get("sendUpdates", "none"), "invitation", stored.body, request.number)
        return Answer(200, events.show(stored))

    def _may_invite(self, body: Mapping[str, Any]) -> None:
        if body.get("attendees") and not self.delegated:
            message = "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority."
            raise errors.forbidden("forbiddenForServiceAccounts", message)

    def _confer(
        self, body: dict[str, Any], query: Mapping[str, str], before: Mapping[str, Any] | None
    ) -> None:
        """Without `conferenceDataVersion=1` it is dropped silently; a request that was made before is ignored."""
        if query.get("conferenceDataVersion") != "1":
            body.pop("conferenceData", None)
            return
        asked = (body.get("conferenceData") or {}).get("createRequest")
        if not asked:
            return
        known = (before or {}).get("conferenceData", {}).get("createRequest", {})
        if known.get("requestId") == asked["requestId"]:
            body.pop("conferenceData")
            return
        body["conferenceData"]["createRequest"] = {**asked, "status": {"statusCode": "pending"}}
        if not self.conferences_wait:
            _finish(body, asked["requestId"], "success")

    def _patch_event(self, request: Request, query: Mapping[str, str], calendar: str, id: str) -> Answer:
        return self._change(request, query, calendar, id, whole=False)

    def _update_event(self, request: Request, query: Mapping[str, str], calendar: str, id: str) -> Answer:
        return self._change(request, query, calendar, id, whole=True)

    def _change(
        self, request: Request, query: Mapping[str, str], calendar: str, id: str, *, whole: bool
    ) -> Answer:
        events, body = self._open(calendar, write=True), dict(request.json or {})
        stored, slot = events.find(id)
        before = self._shown(events, stored, slot)
        self._match(request, before["etag"])
        self._may_invite(body)
        self._confer(body, query, before)
        events.change(id, body, whole=whole)
        after = self._shown(events, stored, slot)
        gone = after["status"] == "cancelled"
        if after["etag"] != before["etag"]:
            told = (
                {**after, "attendees": after.get("attendees") or before.get("attendees", ())}
                if gone
                else after
            )
            kind = "cancellation" if gone else "update"
            self.outbox.send(query.get("sendUpdates", "none"), kind, told, request.number, before)  # type: ignore[arg-type]
        return Answer(200, after)

    def _delete_event(self, request: Request, query: Mapping[str, str], calendar: str, id: str) -> Answer:
        events = self._open(calendar, write=True)
        stored, slot = events.find(id)
        before = self._shown(events, stored, slot)
        if before["status"] != "cancelled":
            self._match(request, before["etag"])
        events.delete(id)
        self.outbox.send(query.get("sendUpdates", "none"), "cancellation", before, request.number, before)
        return Answer(204)


def _finish(body: dict[str, Any], request_id: str, status: str) -> None:
    link = f"https://meet.google.com/{request_id[:12]}"
    body["conferenceData"]["createRequest"]["status"] = {"statusCode": status}
    if status == "success":
        body["conferenceData"]["entryPoints"] = [{"entryPointType": "video", "uri": link}]
        body["hangoutLink"] = link


_EVENTS = r"calendars/([^/]+)/events"
_ROUTES: list[tuple[str, dict[str, str]]] = [
    (_EVENTS, {"GET": "list_events", "POST": "insert_event"}),
    (
        _EVENTS + r"/([^/]+)",
        {"GET": "get_event", "PATCH": "patch_event", "PUT": "update_event", "DELETE": "delete_event"},
    ),
    (_EVENTS + r"/([^/]+)/instances", {"GET": "instances"}),
    (r"calendars", {"POST": "insert_calendar"}),
    (r"calendars/([^/]+)", {"GET": "get_calendar", "PATCH": "patch_calendar"}),
    (r"users/me/calendarList", {"GET": "list_calendars"}),
    (r"calendars/([^/]+)/acl", {"GET": "list_acl", "POST": "insert_acl"}),
]
