"""The wire: notion-client, with its gaps closed in this one place.

notion-client 3.1 (each read in its source): drops arguments it does not know without an error, so every request goes
through `Client.request`; retries twice, and neither 409, 502, 504, 529, timeouts nor queries, so its retries are off
and ours on; caps Retry-After at a minute, ours does not; does not know the codes of newer errors, so status and body
are read here; lets transport errors through raw; encodes ids of properties twice in a query, so they are decoded first.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

import httpx
from notion_client import Client
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from syncengine.errors import Unavailable
from syncengine_notion.answers import Doubt, Refused, body_of, meaning, seconds_in
from syncengine_notion.pace import Pace, Time
from syncengine_notion.versions import VERSIONS

Json = dict[str, Any]

_TIMEOUT_MS = 65_000
"""The service gives up at 60 seconds itself and says 503."""
_READS, _REFUSALS = 6, 30
_PATIENCE = 15 * 60
"""A longer wait than this many seconds is left to the next run."""


class Wire:
    """One connection; may be used by several threads. `asked` is called for each request."""

    def __init__(
        self,
        token: str,
        base_url: str,
        version: str,
        per_minute: int,
        clock: Time,
        asked: Callable[[], None] = lambda: None,
    ) -> None:
        self._asked, self._token = asked, token
        self.pace = Pace(per_minute, clock)
        self.heard: datetime | None = None
        """Notion's own time when it last answered."""
        self._clock = clock
        self._jitter = random.Random(clock.today().isoformat())  # noqa: S311 - only spreads repeats
        self._count = threading.Lock()
        self._base_url, self._version = base_url, version
        self._clients: dict[str, Client] = {}
        """A client for each version of the API that is spoken: notion-client has none for a single request."""
        self._client(version)

    def _client(self, version: str) -> Client:
        with self._count:
            if version not in self._clients:
                verify = self._base_url.startswith("https")
                http = httpx.Client(event_hooks={"response": [self._hear]}, verify=verify)
                quiet = logging.getLogger("syncengine_notion.wire")
                quiet.disabled = True  # it would log what a server says, which may be anything
                self._clients[version] = Client(client=http, auth=self._token, base_url=self._base_url, notion_version=version,
                                                retry=False, timeout_ms=_TIMEOUT_MS, logger=quiet)  # fmt: skip
            return self._clients[version]

    def close(self) -> None:
        for client in self._clients.values():
            client.client.close()

    def read(self, method: str, path: str, body: Json | None = None, query: Json | None = None) -> Json:
        """Ask for something; repeated while it may help.

        Raises `Refused`, `AccessError` for a token that is not accepted, `Unavailable`.
        """
        body = dict(body or {})
        for attempt in range(_READS):
            try:
                return self._send(method, path, body or None, query)
            except Doubt as doubt:
                reason = doubt.reason
            except Refused as refused:
                if refused.status != 409 or refused.code == "row_limit_exceeded":
                    raise
                reason = refused.message
            if "page_size" in body:  # the service's own advice for queries that take too long
                body["page_size"] = max(10, body["page_size"] // 2)
            self.wait(attempt)
        raise Unavailable(
            f"Notion does not answer: {reason}",
            remedy="Nothing to do: the next run goes on where this one stopped.",
        )

    def write(self, method: str, path: str, body: Json | None) -> Json:
        """Change something, once. Raises `Refused`, `Doubt`, `AccessError`, `Unavailable` (nothing was sent)."""
        return self._send(method, path, body, None)

    def append(self, parent: str, children: list[Json], after: str | None) -> Json:
        """New blocks in a page or block: after one of its blocks, before all of them (""), or at the end (`None`). As `write`.

        Vendor fact: `position`, which can say "before all", is a thing of the newest version.
        """
        body: Json = {"children": children}
        if after is None:
            return self._send("PATCH", f"blocks/{parent}/children", body, None)
        place: Json = {"type": "after_block", "after_block": {"id": after}} if after else {"type": "start"}
        return self._send(
            "PATCH", f"blocks/{parent}/children", {**body, "position": place}, None, VERSIONS[-1]
        )

    def listed(self, path: str, query: Json | None = None) -> Iterator[Json]:
        """Everything in a list that is read by GET, page after page."""
        more: Json = {}
        while True:
            page = self.read("GET", path, query={**(query or {}), "page_size": 100, **more})
            yield from page["results"]
            if not page["has_more"]:
                return
            more = {"start_cursor": page["next_cursor"]}

    def wait(self, attempt: int) -> None:
        """Before another attempt: 1, 2, 4 … seconds, spread out."""
        self._clock.until(self._clock.now() + min(60.0, 2.0**attempt) * (0.75 + self._jitter.random() / 2))

    def rest(self, seconds: float) -> None:
        """Let time pass."""
        self._clock.until(self._clock.now() + seconds)

    def now(self) -> float:
        return self._clock.now()

    def today(self) -> datetime:
        """Notion's time where it has said it, else the computer's."""
        return self.heard or self._clock.today()

    def _hear(self, response: httpx.Response) -> None:
        said = response.headers.get("Date")
        if said:
            self.heard = parsedate_to_datetime(said).astimezone(UTC)

    def _send(
        self, method: str, path: str, body: Json | None, query: Json | None, version: str | None = None
    ) -> Json:
        client = self._client(version or self._version)
        for refusal in range(_REFUSALS):
            self.pace.turn()
            with self._count:
                self._asked()
            busy: HTTPResponseError | None = None
            try:
                answer: Json = client.request(path=path, method=method, body=body, query=query)
            except RequestTimeoutError as error:
                raise Doubt("the answer took too long") from error
            except httpx.RequestError as error:
                raise Doubt(f"the connection broke ({type(error).__name__})") from error
            except HTTPResponseError as error:
                if error.status not in (429, 529):
                    raise self._meaning(error.status, body_of(error.body)) from None
                busy = error
            except ValueError as error:  # an answer of 200 that is not JSON
                raise Doubt("the answer could not be read") from error
            else:
                return answer
            finally:
                if busy is None:
                    self.pace.settled()
            try:
                self._refused(busy.status, body_of(busy.body), busy.headers, refusal)
            except Unavailable:
                self.pace.settled()
                raise
        raise Unavailable(
            "Notion asks for more patience than this run has", remedy="Nothing to do: the next run goes on."
        )

    def _refused(self, status: int, said: Json, headers: Mapping[str, str], refusal: int) -> None:
        more = said.get("additional_data") or {}
        if more.get("rate_limit_reason") == "public_api_request_blocked":
            raise Unavailable(
                "Notion has blocked this connection's requests",
                remedy="Ask Notion's support why; the next run tries again.",
            )
        wait = seconds_in(headers.get("retry-after") or more.get("retry_after"))
        seconds = wait if wait is not None else min(60.0, 2.0 ** (refusal + 1))
        if seconds > _PATIENCE:
            raise Unavailable(
                f"Notion asks to wait {round(seconds / 60)} minutes",
                remedy="Nothing to do: run again after that.",
            )
        self.pace.refused(seconds + (self._jitter.random() if status == 529 else 0.1))

    def _meaning(self, status: int, said: Json) -> Exception:
        """What an answer means, in words that never hold the token, whatever a server may echo."""
        code, message = str(said.get("code", "")), str(said.get("message", f"status {status}"))
        return meaning(status, code, message.replace(self._token, "…"), said.get("additional_data") or {})


def property_query(ids: list[str]) -> Json:
    """`filter_properties` for ids as answers show them: decoded, for httpx encodes them again."""
    return {"filter_properties": [unquote(id) for id in ids]}
