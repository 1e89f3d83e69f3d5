"""Requests to a sandbox without a socket: the client libraries do all they do, and a function call stands for the wire.

    with without_sockets(), Sandbox() as sandbox: …

For thousands of lives; what happens on a real socket is tested with one (two thirds of such a request's time are spent there).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
import requests

from syncengine.testing import loopback
from syncengine.testing.loopback import Answer, Loopback


@contextmanager
def without_sockets() -> Iterator[None]:
    """Inside, requests to loopback servers that are opened inside are handed over at once (requests and httpx)."""
    over_sockets = requests.adapters.HTTPAdapter.send, httpx.HTTPTransport.handle_request

    def send(self: Any, request: Any, **options: Any) -> requests.Response:
        server = _server(request.url)
        if server is None:
            return over_sockets[0](self, request, **options)
        return _for_requests(server, request)

    def handle(self: Any, request: httpx.Request) -> httpx.Response:
        server = _server(str(request.url))
        if server is None:
            return over_sockets[1](self, request)
        return _for_httpx(server, request)

    with (
        patch.object(loopback, "sockets", False),
        patch.object(requests.adapters.HTTPAdapter, "send", send),
        patch.object(httpx.HTTPTransport, "handle_request", handle),
    ):
        yield


def _server(url: str) -> Loopback | None:
    parts = urlsplit(url)
    return loopback.at_hand.get(f"{parts.scheme}://{parts.netloc}")


def _for_requests(server: Loopback, request: Any) -> requests.Response:
    def broken(what: str) -> NoReturn:
        raise requests.ReadTimeout(what) if what == "stalled" else requests.ConnectionError(what)

    body = request.body.encode() if isinstance(request.body, str) else request.body or b""
    answer = _answer(server, request.method, request.url, request.headers, body, broken)
    made = requests.Response()
    made.status_code, made.url, made.request = answer.status, request.url, request
    made.headers.update({"Content-Type": "application/json", **answer.headers})
    made._content, made.encoding = answer.encoded(), "utf-8"
    return made


def _for_httpx(server: Loopback, request: httpx.Request) -> httpx.Response:
    def broken(what: str) -> NoReturn:
        kind = httpx.ReadTimeout if what == "stalled" else httpx.ReadError
        raise kind(what, request=request)

    answer = _answer(server, request.method, str(request.url), request.headers, request.read(), broken)
    headers = {"Content-Type": "application/json", **answer.headers}
    return httpx.Response(answer.status, headers=headers, content=answer.encoded(), request=request)


def _answer(
    server: Loopback,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    broken: Callable[[str], NoReturn],
) -> Answer:
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        exchange = server.exchange(method, target, lower, body)
    except Exception as error:  # as the server does
        return Answer(599, {"sandbox": f"{type(error).__name__}: {error}"})
    if exchange.fault is None:
        assert exchange.answer is not None
        return exchange.answer
    if exchange.fault.kind in ("refused", "committed"):
        assert exchange.fault.answer is not None
        return exchange.fault.answer
    broken(exchange.fault.kind)
    return None
