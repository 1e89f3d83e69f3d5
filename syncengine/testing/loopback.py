"""A small HTTP server on this machine, for sandboxes: a tool's real API over real HTTP, with faults on request.

A sandbox gives it one function from `Request` to `Answer`; requests are handled one at a time, in the order they come,
so that a test which asks one after the other is repeatable. Everything that can go wrong between two machines is a
`Fault`, chosen for each request by `Loopback.fault`; hooks run before and after a request, for people who edit just then.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qs, urlsplit
from weakref import WeakValueDictionary

import orjson

sockets = True
"""Whether servers listen; see `shortcut`."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    number: int
    """Counted from 1, over the life of the server."""
    method: str
    path: str
    """Still percent-encoded, without the query."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body read as JSON; `None` when empty. Raises `ValueError`."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Answer:
    """What the tool says: JSON for anything but bytes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The body as it goes over the wire."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with one request.

    `refused`: `answer` is given and nothing is done. `committed`: it is done, then `answer` is given all the same (a 503
    after the fact). `reset`: the connection breaks and nothing is done. `lost`: it is done, then the connection breaks.
    `truncated`: it is done, and half of the answer arrives. `stalled`: nothing is done and nothing is answered until the
    server closes; the client's own timeout has to end it.
    """

    kind: Literal["refused", "committed", "reset", "lost", "truncated", "stalled"]
    answer: Answer | None = None


@dataclass(frozen=True)
class Exchange:
    """One line of the log: the request, what the tool answered (`None`: nothing was done), what went wrong."""

    request: Request
    answer: Answer | None
    fault: Fault | None


at_hand: WeakValueDictionary[str, Loopback] = WeakValueDictionary()
"""Address to each server that is open without listening."""


class Loopback:
    """The server; use it as a context manager. Listens on a free port of 127.0.0.1 only."""

    def __init__(self, handle: Callable[[Request], Answer]) -> None:
        self.handle = handle
        self.log: list[Exchange] = []
        self.fault: Callable[[Request], Fault | None] = lambda _request: None
        self.before: Callable[[Request], None] = lambda _request: None
        self.after: Callable[[Exchange], None] = lambda _exchange: None
        """Runs before the client can read the answer."""
        self.delay = 0.0
        """Real seconds before each request is handled, of several at once side by side: for measuring, not for tests."""
        self._turn = threading.Lock()
        self._closing = threading.Event()
        self._count = 0
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        if sockets:
            self._thread.start()
        else:
            at_hand[self.address] = self
        return self

    def __exit__(self, *_error: object) -> None:
        self._closing.set()
        if at_hand.pop(self.address, None) is None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def exchange(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Exchange:
        """Handle one request in its turn and note it; raises whatever the sandbox raises (a bug in it)."""
        parts = urlsplit(target)
        with self._turn:
            self._count += 1
            query = parse_qs(parts.query, keep_blank_values=True)
            request = Request(self._count, method, parts.path, query, headers, body)
            self.before(request)
            fault = self.fault(request)
            undone = fault is not None and fault.kind in ("refused", "reset", "stalled")
            exchange = Exchange(request, None if undone else self.handle(request), fault)
            self.log.append(exchange)
            self.after(exchange)
            return exchange

    def stall(self) -> None:
        """Wait until the server closes."""
        self._closing.wait()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; a bug of a sandbox answers 599 (see `_handler`)."""


def _handler(loopback: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = (
            True  # headers and body leave apart: each answer would wait 40 ms for an acknowledgement
        )

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            if loopback.delay:
                time.sleep(loopback.delay)
            try:
                exchange = loopback.exchange(self.command, self.path, headers, body)
            except Exception as error:  # a wrong sandbox must fail the test, not look like the vendor
                self._send(Answer(599, {"sandbox": f"{type(error).__name__}: {error}"}))
                return
            fault, answer = exchange.fault, exchange.answer
            if fault is None:
                assert answer is not None
                self._send(answer)
            elif fault.kind in ("refused", "committed"):
                assert fault.answer is not None, "a refusal says what is answered"
                self._send(fault.answer)
            elif fault.kind == "truncated":
                assert answer is not None
                self._send(answer, half=True)
            else:
                if fault.kind == "stalled":
                    loopback.stall()
                self._break()

        def _send(self, answer: Answer, *, half: bool = False) -> None:
            body = answer.encoded()
            self.send_response_only(answer.status)
            if "Date" not in answer.headers:
                self.send_header("Date", self.date_time_string())
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if half else body)
            if half:
                self._break()

        def _break(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.wfile.flush()
            with suppress(OSError):
                self.connection.shutdown(2)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed; `Loopback.log` has it all."""

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

    return Handler
