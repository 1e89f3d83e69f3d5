"""The sandbox's clock as the time of a client: it waits by moving the clock on."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class _Clock(Protocol):
    now: datetime


class ClockTime:
    """Keeps `syncengine_notion.pace.Time`; several threads that wait do so together."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now.timestamp()

    def until(self, moment: float) -> None:
        if moment > self.now():
            self._clock.now = datetime.fromtimestamp(moment, self._clock.now.tzinfo)

    def today(self) -> datetime:
        return self._clock.now
