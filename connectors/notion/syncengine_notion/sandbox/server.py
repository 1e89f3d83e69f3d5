"""The server: who asks, in which version, how often; then the endpoint."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Answer, Loopback, Request
from syncengine_notion.sandbox import blocks, comments, databases, pages
from syncengine_notion.sandbox.call import Call
from syncengine_notion.sandbox.refusal import Refusal, error_body, request_id, too_many
from syncengine_notion.sandbox.world import Json, Page, World

VERSIONS = ("2025-09-03", "2026-03-11")
_MOST_BYTES = 500_000
_WINDOW = timedelta(seconds=60)

_ID = r"([^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[..., Json]], ...] = (
    ("POST", "pages", pages.create),
    ("GET", f"pages/{_ID}", pages.read),
    ("PATCH", f"pages/{_ID}", pages.change),
    ("POST", f"pages/{_ID}/move", pages.move),
    ("GET", f"pages/{_ID}/properties/{_ID}", pages.pieces),
    ("POST", "databases", databases.create),
    ("GET", f"databases/{_ID}", databases.read),
    ("PATCH", f"databases/{_ID}", databases.change),
    ("POST", "data_sources", databases.create_source),
    ("GET", f"data_sources/{_ID}", databases.read_source),
    ("PATCH", f"data_sources/{_ID}", databases.change_source),
    ("POST", f"data_sources/{_ID}/query", databases.query_source),
    ("GET", "views", databases.list_views),
    ("POST", "views", databases.create_view),
    ("GET", f"views/{_ID}", databases.read_view),
    ("PATCH", f"views/{_ID}", databases.change_view),
    ("DELETE", f"views/{_ID}", databases.delete_view),
    ("GET", f"blocks/{_ID}", blocks.read),
    ("PATCH", f"blocks/{_ID}", blocks.change),
    ("DELETE", f"blocks/{_ID}", blocks.delete),
    ("GET", f"blocks/{_ID}/children", blocks.children),
    ("PATCH", f"blocks/{_ID}/children", blocks.append),
    ("POST", "comments", comments.create),
    ("GET", "comments", comments.listing),
    ("DELETE", f"comments/{_ID}", comments.delete),
)


class Sandbox:
    """A Notion workspace on this machine; use it as a context manager.

    `requests_per_minute` limits the connection in fixed windows of 60 seconds of `clock`; `lag` is how far queries are
    behind; `latency` is how long each answer takes on the clock. `server` has the log, faults and hooks.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        requests_per_minute: int | None = None,
        lag: timedelta = timedelta(0),
        latency: timedelta = timedelta(0),
        token: str = "ntn_sandbox0123456789",  # noqa: S107 - of a stand-in
        seed: int = 1,
    ) -> None:
        self.clock = clock or Clock()
        self.world = World(self.clock, seed, lag)
        self.token, self.limit, self.latency = token, requests_per_minute, latency
        self.most_rows, self.most_results = 250_000, databases.MOST_RESULTS
        self.largest_page = 100
        """Of a list; fewer than were asked for may come."""
        self.capabilities = {"read", "update", "insert", "read comments", "insert comments"}
        self.versions = VERSIONS
        self.cursors: dict[str, int] = {}
        self.server = Loopback(self.handle)
        self.refused = 0
        """How often the limit was passed."""
        self._window: tuple[datetime, int] | None = None
        self._committed: Json = {}
        self.root = self._root("Mentorship")

    def _root(self, title: str) -> Page:
        """A page that a person made and shared."""
        from syncengine_notion.sandbox.richtext import run

        page = Page(
            self.world.new_id(), ("workspace", ""), *self.world.fresh(), values={"title": [run(title)]}
        )
        self.world.pages[page.id] = page
        return page

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.__exit__(*error)

    @property
    def address(self) -> str:
        return self.server.address

    def calls(self, since: int = 0) -> list[tuple[str, str]]:
        """Method and path, ids left out, of the requests from number `since` (counted from 0) on."""
        return [
            (e.request.method, re.sub(r"[0-9a-f]{8}-?[0-9a-f-]{27,28}", "ID", e.request.path).removeprefix("/v1/"))
            for e in self.server.log[since:]
        ]  # fmt: skip

    def handle(self, request: Request) -> Answer:
        """Answer one request; the loopback server calls it in turn."""
        self.clock.now += self.latency
        number, before = request.number, self.world.actor
        self.world.actor = self.world.bot
        headers = {"Date": format_datetime(self.clock.now, usegmt=True)}
        self._committed = {}
        try:
            self._allowed(request)
            body = self._endpoint(request)
            return Answer(200, {**body, "request_id": request_id(number)}, headers)
        except Refusal as refusal:
            return Answer(refusal.status, refusal.body(number), {**headers, **refusal.headers})
        finally:
            self.world.actor = before

    def after_commit(self, number: int) -> Answer:
        """The 503 that follows a write which took effect all the same; give it to a `committed` fault."""
        return Answer(
            503,
            error_body(503, "service_unavailable", "Notion is unavailable, please try again later.", number),
        )

    def _allowed(self, request: Request) -> None:
        """Token, version, size, limit."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(401, "unauthorized", "API token is invalid.")
        version = request.headers.get("notion-version")
        if version is None:
            raise Refusal(
                400, "missing_version", "Notion-Version header failed validation: it should be defined."
            )
        if version not in self.versions:
            raise Refusal(400, "validation_error", f"Notion-Version header failed validation: {version}.")
        if len(request.body) > _MOST_BYTES:
            raise Refusal(413, "invalid_request", "The request body is too large.")
        self._counted()

    def _counted(self) -> None:
        if self.limit is None:
            return
        now = self.clock.now
        begun, count = self._window or (now, 0)
        if now >= begun + _WINDOW:
            begun, count = now, 0
        self._window = begun, count + 1
        if count >= self.limit:
            self.refused += 1
            raise too_many(max(1, math.ceil((begun + _WINDOW - now).total_seconds())))

    def _endpoint(self, request: Request) -> Json:
        path = request.path.removeprefix("/v1/").rstrip("/")
        if path == "users/me":
            return self.world.users[self.world.bot]
        try:
            body: Any = request.json
        except json.JSONDecodeError:
            raise Refusal(400, "invalid_json", "Error parsing JSON body.") from None
        for method, pattern, endpoint in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                self._may(method, pattern)
                call = Call(self, request.query, body, request.headers["notion-version"])
                answer = endpoint(call, *found.groups())
                self._committed = call.committed
                return answer
        raise Refusal(400, "invalid_request_url", "Invalid request URL.")

    def _may(self, method: str, pattern: str) -> None:
        reads = method == "GET" or pattern.endswith("/query")
        what = "read" if reads else "insert" if method == "POST" else "update"
        if pattern.startswith("comments"):
            what = "read comments" if reads else "insert comments"
        if what not in self.capabilities:
            raise Refusal(403, "restricted_resource", f"Insufficient permissions for this endpoint: {what}.")
