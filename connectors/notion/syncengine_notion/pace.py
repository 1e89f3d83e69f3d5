"""When the next request may be sent: within the limit, and after every wait that Notion asks for.

Vendor fact (request limits, October 2026): a connection may make 180 or 600 requests in a fixed window of 60 seconds,
burstable; a workspace has a limit of its own whose wait may exceed a minute. Where a window begins is not told, so no
60 seconds of ours hold more than the limit.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import UTC, datetime
from typing import Protocol

_WINDOW = 60.0
_MARGIN = 1.02
"""Requests that leave evenly may arrive a little closer together."""
_LEAST = 10


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
        self._sent: deque[float] = deque()
        self._pause = 0.0
        self._calm = clock.now()
        """Since when nothing was refused."""
        self._turn = threading.Lock()
        self._probe: threading.Lock | None = None

    def turn(self) -> None:
        """Wait until one more request may be sent, and count it.

        After a refusal one request goes alone: only when it was let through do the others follow (`settled`).
        """
        probe = self._probe
        if probe is not None:
            probe.acquire()
            if self._probe is not probe:  # the request before let everybody through
                probe.release()
        with self._turn:
            moment = max(self._clock.now(), self._pause)
            self._recover(moment)
            while self._sent and self._sent[0] <= moment - _WINDOW * _MARGIN:
                self._sent.popleft()
            most = int(self._allowed)
            if len(self._sent) >= most:
                moment = max(moment, self._sent[-most] + _WINDOW * _MARGIN)
            self._clock.until(moment)
            self._sent.append(moment)

    def refused(self, wait: float) -> None:
        """Notion said 429 or 529: nothing is sent for `wait` seconds, and less from then on."""
        with self._turn:
            now = self._clock.now()
            self._pause = max(self._pause, now + wait)
            self._calm = self._pause
            self._allowed = max(float(min(_LEAST, self._most)), self._allowed * 0.8)
            if self._probe is None:
                self._probe = threading.Lock()
            elif self._probe.locked():
                self._probe.release()

    def settled(self) -> None:
        """A request was let through."""
        probe = self._probe
        if probe is not None and self._clock.now() >= self._pause:
            self._probe = None
            if probe.locked():
                probe.release()

    def _recover(self, now: float) -> None:
        """Every quiet minute takes back a part of what a refusal took away."""
        while self._allowed < self._most and now - self._calm >= _WINDOW:
            self._calm += _WINDOW
            self._allowed = min(float(self._most), self._allowed + self._most * 0.1)
