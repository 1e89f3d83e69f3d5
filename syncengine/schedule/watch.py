"""Syncing in the foreground: often while people are at work, seldom while they are not.

Pure but for what is passed in: time, waiting and chance, so that a day of it is tested in a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syncengine.schedule.turn import Turn

_SLOWER = 1.5
_BACK_OFF = 2.0
_UNEVEN = 0.1
"""So that the watchers of many programs do not call on a tool all at once."""
_SHARE = 50
"""A look at the files may cost a fiftieth of the time, at most."""


@dataclass(frozen=True)
class Pace:
    """Seconds between runs."""

    fastest: float = 15.0
    """While people are at work; two runs are never closer together."""
    slowest: float = 600.0
    """While nothing happens, or nothing works."""
    tick: float = 2.0
    """Between two looks at the files of this machine."""

    def after(self, before: float, turn: Turn) -> float:
        """Seconds until the next run, where they were `before` until this one."""
        if turn.moved or turn.entry.status == "busy":
            return self.fastest
        slower = _BACK_OFF if turn.entry.status in ("failed", "stopped") else _SLOWER
        return min(max(before, self.fastest) * slower, max(self.slowest, self.fastest))


@dataclass
class Watch:
    """The loop; `run` returns when somebody wants it to end."""

    turn: Callable[[], Turn]
    look: Callable[[], bool]
    """Whether a file of this machine looks other than after the last run. Cheap."""
    wait: Callable[[float], bool]
    """Wait so many seconds; `True`: somebody wants it to end."""
    clock: Callable[[], float]
    """Seconds, never backwards."""
    chance: Callable[[], float]
    """From 0 to 1."""
    pace: Pace = Pace()
    _restless: bool = False
    """Whether a file looked changed right after the run before."""

    def run(self) -> None:
        """Sync at once, and then as often as is worth while."""
        delay = self.pace.fastest
        while True:
            delay = self.pace.after(delay, self.turn())
            if self._pause(delay * (1 + _UNEVEN * self.chance()) if delay > self.pace.fastest else delay):
                return

    def _pause(self, delay: float) -> bool:
        """Wait until the next run is due: after `delay`, or soon after a file changed. `True`: it is to end.

        A file that looks changed at once was edited during the run, or is one that never looks the same: it is looked
        into after the shortest delay, and if it is so again, not taken for news until it has looked the same once.
        """
        begun = self.clock()
        changed, cost = self._look()
        if changed and not self._restless:
            delay = min(delay, self.pace.fastest)
        self._restless, news = changed, False
        while (left := begun + delay - self.clock()) > 0:
            tick = max(self.pace.tick, cost * _SHARE)
            if self.wait(min(tick, left)):
                return True
            before = changed
            changed, cost = self._look()
            news = news or (changed and not before)
            if news and self.clock() - begun >= self.pace.fastest:
                return False
        return self.wait(0)

    def _look(self) -> tuple[bool, float]:
        begun = self.clock()
        return self.look(), self.clock() - begun
