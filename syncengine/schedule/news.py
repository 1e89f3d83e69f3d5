"""When to tell people what: once, again after a day, and once when all is well again. Pure: time is passed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from syncengine.schedule.matters import Matter

AGAIN = timedelta(days=1)
"""What still waits is told again after so long."""
SHAKY = timedelta(hours=1)
"""Trouble that comes back so soon after “all is well” has to stay away so long before that is said again."""
RETRY = timedelta(hours=1)
"""A message that did not reach anybody is sent again after so long."""


@dataclass(frozen=True)
class Seen:
    """A matter as it is remembered."""

    since: datetime
    told: datetime | None = None


@dataclass(frozen=True)
class Memory:
    """What people know; by key, without a word of anybody's."""

    seen: dict[str, Seen] = field(default_factory=dict)
    trouble: bool = False
    """Whether the last thing they were told was trouble."""
    well: datetime | None = None
    """When they were last told that all is well."""
    quiet: datetime | None = None
    """Since when nothing is the matter any more, though they have not been told."""
    shaky: bool = False

    @property
    def blank(self) -> bool:
        """Whether it is as good as none."""
        return not self.seen and not self.trouble and self.well is None


@dataclass(frozen=True)
class News:
    """One message to people."""

    what: Literal["trouble", "well"]
    matters: Sequence[Matter] = ()


def news(
    memory: Memory, matters: Sequence[Matter], now: datetime, *, partly: bool = False
) -> tuple[News | None, Memory]:
    """What to tell now, if anything, and what people know once they have been told.

    `partly`: the run did not look at everything, so what is not among `matters` may still be the case.
    """
    seen = {key: one for key, one in memory.seen.items() if partly or (memory.trouble and one.told)}
    seen |= {m.key: _seen(memory.seen.get(m.key), now) for m in matters}
    due = [m for m in matters if now - seen[m.key].since >= m.patience]
    if any(_to_tell(seen[m.key], now) for m in due):
        told = {m.key: replace(seen[m.key], told=now) for m in due}
        shaky = memory.shaky if memory.trouble else _soon(memory.well, now)
        return News("trouble", due), Memory({**seen, **told}, True, memory.well, None, shaky)
    if matters or partly:
        return None, replace(memory, seen=seen, quiet=None)
    if not memory.trouble:
        return None, Memory(well=memory.well if _soon(memory.well, now) else None)
    quiet = min(memory.quiet or now, now)
    if memory.shaky and now - quiet < SHAKY:
        return None, replace(memory, quiet=quiet)
    return News("well"), Memory(well=now)


def _seen(before: Seen | None, now: datetime) -> Seen:
    return replace(before, since=min(before.since, now)) if before else Seen(now)


def _to_tell(one: Seen, now: datetime) -> bool:
    return one.told is None or not timedelta(0) <= now - one.told < AGAIN  # the clock may have been put back


def _soon(well: datetime | None, now: datetime) -> bool:
    return well is not None and timedelta(0) <= now - well < SHAKY


def undelivered(before: Memory, after: Memory, now: datetime) -> Memory:
    """What people know when the message that leads from `before` to `after` did not reach them: it is due again in an hour."""
    if not after.trouble:
        return replace(before, shaky=True, quiet=now)
    late = now - AGAIN + RETRY
    return replace(after, seen={key: replace(one, told=late) if one.told == now else one
                                for key, one in after.seen.items()})  # fmt: skip


def as_json(memory: Memory) -> dict[str, Any]:
    """For the file; instants in UTC."""

    def said(at: datetime | None) -> str | None:
        return at.isoformat() if at else None

    seen = {key: [one.since.isoformat(), said(one.told)] for key, one in memory.seen.items()}
    return {"seen": seen, "trouble": memory.trouble, "well": said(memory.well), "quiet": said(memory.quiet),
            "shaky": memory.shaky}  # fmt: skip


def from_json(said: dict[str, Any]) -> Memory:
    """As `as_json` wrote it; raises `KeyError`, `TypeError` or `ValueError` for anything else."""

    def read(at: str | None) -> datetime | None:
        return datetime.fromisoformat(at) if at else None

    seen = {
        str(key): Seen(datetime.fromisoformat(since), read(told))
        for key, (since, told) in said["seen"].items()
    }
    return Memory(seen, bool(said["trouble"]), read(said["well"]), read(said["quiet"]), bool(said["shaky"]))
