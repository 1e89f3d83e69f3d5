"""What a VTIMEZONE says of a zone, from `zoneinfo`: for files and invitations that explain the zones they use.

Made here, not by icalendar: its `Timezone.from_tzid` (7.3.0) gives changes forward an hour late, and passes over a
period of five weeks (Morocco's Ramadan of 2027).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo


class _State(NamedTuple):
    """What holds in a zone for a while."""

    offset: timedelta
    name: str
    standard: bool


@lru_cache(maxsize=64)
def observances(zone: str, begin: int, end: int) -> list[tuple[str, list[str]]]:
    """The zone's states as STANDARD and DAYLIGHT, each with the lines of its component.

    From the beginning of the year `begin` to that of the year `end`; onsets are in the local time before the change.
    """
    onsets: dict[tuple[timedelta, _State], list[str]] = {}
    for local, before, state in _changes(
        ZoneInfo(zone), datetime(begin, 1, 1, tzinfo=UTC), datetime(end, 1, 1, tzinfo=UTC)
    ):
        onsets.setdefault((before, state), []).append(f"{local.year:04}{local:%m%dT%H%M%S}")
    return [
        (
            "STANDARD" if state.standard else "DAYLIGHT",
            [
                f"TZOFFSETFROM:{_offset(before)}", f"TZOFFSETTO:{_offset(state.offset)}", f"TZNAME:{state.name}",
                f"DTSTART:{first}", *([f"RDATE:{','.join(rest)}"] if rest else []),
            ],
        )
        for (before, state), (first, *rest) in onsets.items()
    ]  # fmt: skip


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, timedelta, _State]]:
    """Every change between two UTC instants as (local time before it, offset before it, state from then on)."""
    state = _state(begin, zone)
    yield (begin + state.offset).replace(tzinfo=None), state.offset, state
    at, day = begin, timedelta(days=1)
    while at < end:
        if _state(at + day, zone) != state:
            low, high = at, at + day
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if _state(middle, zone) == state else (low, middle)
            before, state = state.offset, _state(high, zone)
            yield (high + before).replace(tzinfo=None), before, state
        at += day


def _state(at: datetime, zone: ZoneInfo) -> _State:
    local = at.astimezone(zone)
    return _State(local.utcoffset() or timedelta(), local.tzname() or "", not local.dst())


def _offset(offset: timedelta) -> str:
    seconds = int(abs(offset).total_seconds())
    text = f"{'-' if offset < timedelta() else '+'}{seconds // 3600:02}{seconds // 60 % 60:02}"
    return f"{text}{seconds % 60:02}" if seconds % 60 else text
