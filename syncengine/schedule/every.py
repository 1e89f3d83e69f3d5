"""How often: only what cron can say exactly, so that every kind of timer keeps the same rhythm."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncengine.errors import ConfigError

_DAY = 24 * 60
EXACT = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, *(60 * hours for hours in (1, 2, 3, 4, 6, 8, 12, 24)))
"""Minutes that divide an hour, and hours that divide a day: any other step of cron's begins anew in mid-air."""


@dataclass(frozen=True)
class Every:
    """A rhythm of `minutes`, which is one of `EXACT`."""

    minutes: int

    def __str__(self) -> str:
        if self.minutes == _DAY:
            return "1d"
        return f"{self.minutes}m" if self.minutes < 60 else f"{self.minutes // 60}h"

    @property
    def words(self) -> str:
        """For people: `15 minutes`, `hour`, `6 hours`, `day`."""
        count, unit = (self.minutes, "minute") if self.minutes < 60 else (self.minutes // 60, "hour")
        if self.minutes == _DAY:
            count, unit = 1, "day"
        return unit if count == 1 else f"{count} {unit}s"

    def cron(self, offset: int) -> str:
        """The five fields of a crontab line; `offset`: minutes after the start of a period, below its length."""
        hour, minute = divmod(offset, 60)
        if self.minutes < 60:
            return f"{_steps(minute, self.minutes, 60)} * * * *"
        return f"{minute} {_steps(hour, self.minutes // 60, 24)} * * *"

    def on_calendar(self, offset: int) -> str:
        """The same for systemd's `OnCalendar=` (systemd.time(7): `start/step`)."""
        hour, minute = divmod(offset, 60)
        if self.minutes < 60:
            return f"*-*-* *:{minute:02}/{self.minutes}:00"
        if self.minutes == _DAY:
            return f"*-*-* {hour:02}:{minute:02}:00"
        return f"*-*-* {hour:02}/{self.minutes // 60}:{minute:02}:00"

    def times(self, offset: int) -> list[tuple[int, int]]:
        """Every (hour, minute) of a day."""
        return [divmod(minute, 60) for minute in range(offset, _DAY, self.minutes)]

    def last_before(self, now: datetime, offset: int) -> datetime:
        """The latest time on the clock that `now` is told by, `now` itself included."""
        return self.next_after(now, offset) - timedelta(minutes=self.minutes)

    def next_after(self, now: datetime, offset: int) -> datetime:
        """The next time on the clock that `now` is told by (naive or aware), strictly later."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        gone = (now - midnight) // timedelta(minutes=1)
        minute = next((m for m in range(offset, _DAY, self.minutes) if m > gone), _DAY + offset)
        return midnight + timedelta(minutes=minute)


def _steps(start: int, step: int, whole: int) -> str:
    if step == whole:
        return str(start)
    if step == 1:
        return "*"
    return f"*/{step}" if start == 0 else f"{start}-{whole - 1}/{step}"


def read_every(text: str) -> Every:
    """`15m`, `1h`, `6h`, `1d` as a rhythm; raises `ConfigError` that says what comes nearest."""
    found = re.fullmatch(r"(\d{1,6})\s*(m|h|d)", text.strip().lower())
    if not found:
        raise ConfigError(
            f"“{text}” is no interval", where="--every", remedy="Write it like 15m, 1h, 6h or 1d."
        )
    minutes = int(found[1]) * {"m": 1, "h": 60, "d": _DAY}[found[2]]
    if minutes in EXACT:
        return Every(minutes)
    near = [one for one in (max((e for e in EXACT if e < minutes), default=0),
                            min((e for e in EXACT if e > minutes), default=0)) if one]  # fmt: skip
    raise ConfigError(
        f"every {text.strip()} can't be said exactly: a timer counts from the full hour and from midnight anew",
        where="--every",
        remedy=f"Take {' or '.join(str(Every(one)) for one in near)}.",
    )
