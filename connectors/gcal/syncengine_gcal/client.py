"""The wire: Calendar v3 by Google's client library, over the session that Google's connectors share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from googleapiclient.errors import BatchError, HttpError
from googleapiclient.http import BatchHttpRequest

from syncengine_gcal.calls import MOST_IN_A_BATCH, PER_MINUTE, Call, Reply
from syncengine_google.calls import Caller, Doubtful, shared_bucket
from syncengine_google.credentials import Identity
from syncengine_google.reasons import Complaint, Refused, complaint, explained
from syncengine_google.session import Session

SCOPES = ("https://www.googleapis.com/auth/calendar",)
"""Calendars are made, marked and looked for, and their events written."""
_ATTEMPTS = 6
_LONGEST_WAIT = 64.0


class TokenExpired(Exception):
    """The sync token is no longer valid: everything has to be read (410)."""


class Client:
    """One calendar account. Close it."""

    def __init__(
        self,
        identity: Identity,
        api_endpoint: str | None,
        where: str,
        invites: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        bucket = shared_bucket(f"{identity.account} {api_endpoint}", "calendar", PER_MINUTE, sleep)
        self._session = Session(identity, api_endpoint)
        self._api = self._session.service("calendar", "v3")
        root = (api_endpoint or "https://www.googleapis.com").rstrip("/")
        self._batch_uri = f"{root}/batch/calendar/v3"
        self._caller = Caller(where, identity.who, {"read": bucket, "write": bucket}, sleep)
        self._bucket, self._sleep, self._where, self._who = bucket, sleep, where, identity.who
        self._mode = {"all": "all", "external": "externalOnly"}.get(invites, "none")

    @property
    def calls(self) -> int:
        return self._caller.calls

    def close(self) -> None:
        self._session.close()

    # -- reading

    def changes(self, calendar: str, token: str | None) -> Iterator[Mapping[str, Any]]:
        """The pages of a listing: everything, or what changed since `token`. Raises `TokenExpired`."""
        asked: dict[str, Any] = {
            "calendarId": calendar,
            "maxResults": 2500,
            "showDeleted": True,
            "singleEvents": False,
        }
        asked |= {"syncToken": token} if token else {}
        page = None
        while True:
            try:
                answer = self._caller(
                    self._api.events().list(**asked, **({"pageToken": page} if page else {}))
                )
            except Refused as refused:
                if token and refused.code in (400, 410):  # 400: a token that is none
                    raise TokenExpired from refused
                raise
            yield answer
            page = answer.get("nextPageToken")
            if not page:
                return

    def calendar(self, id: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._caller(self._api.calendars().get(calendarId=id))
        return found

    def calendars(self) -> Iterator[Mapping[str, Any]]:
        """The calendars in the account's list."""
        page = None
        while True:
            answer = self._caller(self._api.calendarList().list(**({"pageToken": page} if page else {})))
            yield from answer.get("items", ())
            page = answer.get("nextPageToken")
            if not page:
                return

    def readers(self, calendar: str) -> set[str]:
        """The addresses that the calendar is shared with."""
        answer = self._caller(self._api.acl().list(calendarId=calendar))
        return {rule["scope"].get("value", "").casefold() for rule in answer.get("items", ())}

    # -- making the place

    def make_calendar(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        made: Mapping[str, Any] = self._caller(self._api.calendars().insert(body=body))
        return made

    def describe_calendar(self, id: str, description: str) -> None:
        self._caller(self._api.calendars().patch(calendarId=id, body={"description": description}))

    def share(self, calendar: str, address: str) -> None:
        """Let somebody read and change the calendar's events; never mailed (the service's default is to mail)."""
        body = {"role": "writer", "scope": {"type": "user", "value": address}}
        self._caller(
            self._api.acl().insert(calendarId=calendar, body=body, sendNotifications=False), repeatable=True
        )

    # -- events

    def carry(self, calendar: str, calls: Sequence[Call]) -> list[Reply]:
        """The replies to calls about different series: one request for one call, else batches of 50.

        Raises `Unavailable` when nothing can be done for now.
        """
        replies: list[Reply] = []
        for begin in range(0, len(calls), MOST_IN_A_BATCH):
            part = calls[begin : begin + MOST_IN_A_BATCH]
            replies += self._batch(calendar, part) if len(part) > 1 else [self._one(calendar, part[0])]
        return replies

    def _one(self, calendar: str, call: Call) -> Reply:
        try:
            return _reply(self._caller(self._request(calendar, call)))
        except Doubtful:
            return Reply(code=0)
        except Refused as refused:
            return _refusal(refused.complaint, refused.reason, refused.remedy)

    def _batch(self, calendar: str, calls: Sequence[Call]) -> list[Reply]:
        """What is refused by rate, or for another part of the batch, is sent again after a while."""
        replies: dict[int, Reply] = {}
        waiting = list(range(len(calls)))
        for attempt in range(_ATTEMPTS):
            found = self._send(calendar, {n: calls[n] for n in waiting})
            replies |= found
            waiting = [n for n, reply in found.items() if _later(reply)]
            if not waiting:
                break
            self._sleep(min(2.0**attempt, _LONGEST_WAIT))
        return [replies[n] for n in range(len(calls))]

    def _send(self, calendar: str, calls: Mapping[int, Call]) -> dict[int, Reply]:
        replies = {n: Reply(code=0) for n in calls}

        def answered(name: str, answer: Any, error: HttpError | None) -> None:
            if error is None:
                replies[int(name)] = _reply(answer)
                return
            said = complaint(error)
            told = explained(said, self._where, self._who)
            replies[int(name)] = Reply(code=0) if said.broken else _refusal(said, told.reason, told.remedy)

        batch = BatchHttpRequest(callback=answered, batch_uri=self._batch_uri)
        for n, call in calls.items():
            batch.add(self._request(calendar, call), request_id=str(n))
        for _ in range(len(calls) - 1):
            self._bucket.take()
        try:
            self._caller(_Batch(batch, self._session))
        except Doubtful:
            return replies
        return replies

    def _request(self, calendar: str, call: Call) -> Any:
        events = self._api.events()
        where = {"calendarId": calendar}
        more: dict[str, Any] = {"sendUpdates": self._mode} if call.tells else {}
        if "conferenceData" in call.body:
            more["conferenceDataVersion"] = 1
        if call.method == "insert":
            return events.insert(**where, body=dict(call.body), **more)
        where["eventId"] = call.event
        if call.method == "get":
            return events.get(**where)
        body = {"body": dict(call.body)} if call.method == "patch" else {}
        request = (events.patch if call.method == "patch" else events.delete)(**where, **body, **more)
        if call.etag:
            request.headers["If-Match"] = call.etag
        return request


class _Batch:
    """A batch in the shape of one request."""

    method = "POST"

    def __init__(self, batch: BatchHttpRequest, http: Session) -> None:
        self._batch, self._http = batch, http

    def execute(self, num_retries: int = 0) -> None:
        try:
            self._batch.execute(http=self._http)
        except (BatchError, KeyError, AttributeError) as error:  # what the library makes of half an answer
            raise ValueError("half an answer") from error


def _reply(answer: Any) -> Reply:
    return Reply(answer, 200) if isinstance(answer, dict) else Reply(None, 204)


def _refusal(said: Complaint, reason: str, remedy: str) -> Reply:
    return Reply(None, said.code, said.reason, (reason, remedy))


def _later(reply: Reply) -> bool:
    busy = reply.code == 429 or reply.reason in ("rateLimitExceeded", "userRateLimitExceeded")
    return busy or (reply.code == 409 and reply.reason == "conflict")
