"""When the next request may be sent: within the limit, and after every wait that Notion asks for.

Vendor fact (request limits, October 2026): a connection may make 180 or 600 requests in a fixed window of 60 seconds,
burstable; a workspace has a limit of its own whose wait may exceed a minute. Where a window begins is not told, so no
60 seconds of ours hold more than the limit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from syncengine.connector import Estimate, Operation

_WINDOW = 60.0
_MARGIN = 1.02
"""Requests that leave evenly may arrive a little closer together."""
_LEAST = 10
_CLOSE = 0.001
"""A clock may be a little early at the moment that was waited for."""


_TEXT = 3
"""Requests for a text: a look at its blocks, those that are other ones, those that are new."""
_ANSWER = 0.4
"""Seconds until an answer to a write, as measured by others (notion.md)."""


def estimate(
    operations: Sequence[Operation], texts: Mapping[str, str | None], per_minute: int, lanes: int
) -> Estimate:
    """A request for each, and a few more for a text that changed; the windows that have to pass before the last may be
    sent, and the answers of the tables in it. `texts`: kind to the field that is the text of its pages."""
    calls = sum(_calls(operation, texts.get(operation.kind)) for operation in operations)
    windows, rest = divmod(max(0, calls - 1), per_minute)
    side_by_side = max(1, min(lanes, max(len({operation.kind for operation in operations}), calls // 8)))
    return Estimate(calls, windows * _WINDOW + (rest + 1) * _ANSWER / side_by_side if calls else 0.0)


def _calls(operation: Operation, text: str | None) -> int:
    if operation.action != "update" or text not in operation.fields:
        return 1
    return _TEXT + (len(operation.fields) > 1)


class Time(Protocol):
    """Where the time comes from, and how it passes; simulated in tests."""

    def now(self) -> float:
        """Seconds since whenever."""

    def until(self, moment: float) -> None:
        """Return at that moment, or at once where it has passed."""

    def today(self) -> datetime:
        """The date and time of day, aware."""


class RealTime:
    """The computer's clock."""

    def now(self) -> float:
        return time.monotonic()

    def until(self, moment: float) -> None:
        wait = moment - self.now()
        if wait > 0:
            time.sleep(wait)

    def today(self) -> datetime:
        return datetime.now(UTC)


class Pace:
    """Shared by all threads of one connection."""

    def __init__(self, per_minute: int, clock: Time) -> None:
        self._most, self._allowed, self._clock = per_minute, float(per_minute), clock
        self._answered: deque[float] = deque()
        """When requests were answered. A request arrived before that, so no window of the service's holds more of them."""
        self._flying: set[int] = set()
        """The threads whose requests are not answered yet."""
        self._pause = 0.0
        self._calm = clock.now()
        """Since when nothing was refused."""
        self._turn = threading.Condition()
        self._suspect = False
        """Whether the next request has to show first that requests are let through again."""
        self._probe: int | None = None
        """The thread whose request shows it just now; the others wait for what becomes of it."""

    def turn(self) -> None:
        """Wait until one more request may be sent, and count it; tell what became of it by `settled` or `refused`."""
        me = threading.get_ident()
        with self._turn:
            self._landed(me)
        while True:
            with self._turn:
                while self._probe not in (None, me):
                    self._turn.wait()
                now = self._clock.now()
                moment = self._free(now)
                if moment <= now + _CLOSE:
                    self._flying.add(me)
                    if self._suspect:
                        self._probe = me
                    return
                if self._flying:  # their answers decide when the window is over
                    self._turn.wait()
                    continue
            self._clock.until(
                moment
            )  # without the lock: others may be refused meanwhile, so it is looked at again

    def _free(self, now: float) -> float:
        """When the next request may leave, as far as is known while others are on their way."""
        self._recover(now)
        moment, most = max(now, self._pause), int(self._allowed) - len(self._flying)
        while self._answered and self._answered[0] <= now - _WINDOW * _MARGIN:
            self._answered.popleft()
        if most <= 0:
            return now + _WINDOW
        if len(self._answered) >= most:
            moment = max(moment, self._answered[-most] + _WINDOW * _MARGIN)
        return moment

    def _landed(self, thread: int) -> None:
        if thread in self._flying:
            self._flying.remove(thread)
            self._answered.append(self._clock.now())
            self._turn.notify_all()

    def refused(self, wait: float) -> None:
        """Notion said 429 or 529: nothing is sent for `wait` seconds, then one request alone, and less from then on."""
        with self._turn:
            self._landed(threading.get_ident())
            self._pause = max(self._pause, self._clock.now() + wait)
            self._calm = self._pause
            self._allowed = max(float(min(_LEAST, self._most)), self._allowed * 0.8)
            self._suspect = True
            self._released()

    def settled(self) -> None:
        """The request was let through, whatever its answer."""
        with self._turn:
            self._landed(threading.get_ident())
            if self._probe == threading.get_ident():
                self._suspect = False
                self._released()

    def _released(self) -> None:
        if self._probe == threading.get_ident():
            self._probe = None
        self._turn.notify_all()

    def _recover(self, now: float) -> None:
        """Every quiet minute takes back a part of what a refusal took away."""
        while self._allowed < self._most and now - self._calm >= _WINDOW:
            self._calm += _WINDOW
            self._allowed = min(float(self._most), self._allowed + self._most * 0.1)
