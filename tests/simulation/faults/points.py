"""Every input and output of a run, one after the other, and a process that dies at one of them.

An I/O is a request to a service, a commit of the state, or a write to a file (see `writes`). A process that dies *before*
one of them, or half-way through it, leaves behind what all the earlier ones made, and nothing of what it had in memory. So to
die before each I/O, and after the last, is to die at every point there is: "the service has done it, the answer is not read"
and "the answer is read and not yet stored" are, for whoever comes after, the point before the next I/O.
"""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import requests

from tests.acceptance.interrupted import writes
from tests.simulation.faults.workplace import Workplace


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


class _InTurn:
    """What a pool of threads does, by one: the points come in one order then."""

    def __init__(self, *_args: object, **_options: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None: ...

    def map(self, act: Callable[..., Any], *among: Iterable[Any]) -> list[Any]:
        return [act(*one) for one in zip(*among, strict=True)]

    def submit(self, act: Callable[..., Any], *args: Any, **options: Any) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        try:
            future.set_result(act(*args, **options))
        except Exception as error:
            future.set_exception(error)
        return future


_POOLS = (
    "concurrent.futures.ThreadPoolExecutor",
    "syncengine_notion.bodies.ThreadPoolExecutor",
    "syncengine_notion.lanes.ThreadPoolExecutor",
    "syncengine_notion.pulling.ThreadPoolExecutor",
)


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
    ):
        pools = [patch(name, _InTurn) for name in _POOLS]
        for pool in pools:
            pool.start()
        stop = writes.watch(points)
        try:
            yield
        finally:
            stop()
            for pool in pools:
                pool.stop()
