"""Every input and output of a run, one after the other, and a process that dies at one of them.

An I/O is a request to a service, a commit of the state, or a write to a file (see `writes`). A process that dies *before*
one of them, or half-way through it, leaves behind what all the earlier ones made, and nothing of what it had in memory. So to
die before each I/O, and after the last, is to die at every point there is: "the service has done it, the answer is not read"
and "the answer is read and not yet stored" are, for whoever comes after, the point before the next I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import requests

from tests.acceptance.interrupted import writes
from tests.simulation.faults.workplace import Workplace
from tests.simulation.in_turn import in_turn


class Killed(BaseException):
    """The process ends here: nothing of ours may catch it."""


class Points:
    """Counts the I/Os; dies before number `at` (from 1), or half-way through it (`torn`). A dead process does no I/O."""

    def __init__(self, at: int | None = None, *, torn: bool = False) -> None:
        self.at, self.torn = at, torn
        self.passed: list[str] = []
        self.dead = False

    def __call__(self, name: str, tear: Callable[[], object] = lambda: None, path: object = None) -> None:
        if self.dead:
            raise Killed(name)
        self.passed.append(name)
        if len(self.passed) == self.at:
            self.dead = True
            if self.torn:
                tear()
            raise Killed(name)


@contextmanager
def watched(place: Workplace, points: Points) -> Iterator[None]:
    """Inside, every I/O passes the points."""
    names = {urlsplit(box.address).port: name for name, box in (
        ("notion", place.notion), ("sheet", place.sheets), ("gcal", place.calendar))}  # fmt: skip
    by_httpx, by_requests = httpx.HTTPTransport.handle_request, requests.adapters.HTTPAdapter.send

    def handle(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        points(f"{names[request.url.port]} {request.method}")
        return by_httpx(self, request)

    def send(self: requests.adapters.HTTPAdapter, request: Any, *args: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        points(f"{names[parts.port]} {request.method} {parts.path.rpartition(':')[2].rpartition('/')[2]}")
        return by_requests(self, request, *args, **options)

    with (
        patch.object(httpx.HTTPTransport, "handle_request", handle),
        patch.object(requests.adapters.HTTPAdapter, "send", send),
        in_turn(),
    ):
        stop = writes.watch(points)
        try:
            yield
        finally:
            stop()
