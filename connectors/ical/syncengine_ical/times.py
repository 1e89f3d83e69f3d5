"""Dates and times of calendar lines: what they mean, and how ours are written.

Zones: an IANA name, a Windows name, a vendor's prefix before an IANA name, or whatever the file's VTIMEZONE
says. A time without a zone is the program's local time, as `moments` has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from syncengine.model.cadence import known_zone
from syncengine.model.moments import instant, moment, wall_clock
from syncengine_ical import library
from syncengine_ical.document import Component, Line


class BadLine(Exception):
    """A line of ours whose value cannot be used."""

    def __init__(self, line: Line, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy = line, reason, remedy


@dataclass(frozen=True)
class When:
    """A time as a line says it."""

    local: datetime
    """Naive, in its zone; midnight for a whole day."""
    tz: tzinfo
    zone: str | None
    """The IANA name; `None` for a zone of the file's own or a time without one."""
    whole_day: bool = False

    @property
    def instant(self) -> str:
        """The canonical instant; gaps and folds as `moments.instant` has them."""
        return instant(self.local.replace(tzinfo=self.tz), ZoneInfo("UTC"))


Zones = Mapping[str, Component]
"""The VTIMEZONE components of a file by TZID."""


def read_when(line: Line, zones: Zones, default: ZoneInfo) -> When:
    """What a DTSTART, DTEND or RECURRENCE-ID line means; raises `BadLine`."""
    return _when(line, line.value, zones, default)


def read_list(line: Line, zones: Zones, default: ZoneInfo) -> list[tuple[str, When]]:
    """The values of an EXDATE line, each as written and as it is meant; raises `BadLine`."""
    return [(text, _when(line, text, zones, default)) for text in line.value.split(",") if text.strip()]


def _when(line: Line, text: str, zones: Zones, default: ZoneInfo) -> When:
    value = library.read_value(text)
    if not isinstance(value, date):  # a datetime is one as well
        raise BadLine(line, f"{line.name} is not a date and time", "Write it like 20260303T170000.")
    if not isinstance(value, datetime):
        return When(datetime(value.year, value.month, value.day), default, None, whole_day=True)  # noqa: DTZ001 - local
    if value.tzinfo is not None:
        return When(value.replace(tzinfo=None), UTC, "UTC")
    tzid = line.params.get("TZID")
    if tzid is None:
        return When(value, default, None)
    found = _zone(tzid, zones)
    if found is None:
        raise BadLine(
            line,
            f"the time zone {tzid} is not known",
            "Choose a zone like Europe/Berlin for it in the calendar.",
        )
    return When(value, *found)


def _zone(tzid: str, zones: Zones) -> tuple[tzinfo, str | None] | None:
    name = zone_name(tzid)
    if name is not None:
        return ZoneInfo(name), name
    component = zones.get(tzid)
    own = library.own_zone(b"".join(component.chunks())) if component else None
    return (own, None) if own else None


@lru_cache(maxsize=512)
def zone_name(tzid: str) -> str | None:
    """The IANA name that a TZID means, if it is one in some dress."""
    if known_zone(tzid):
        return tzid
    parts = tzid.strip("/").split("/")
    tails = ("/".join(parts[-n:]) for n in (3, 2) if len(parts) > n)
    return next((name for name in (library.windows_zone(tzid), *tails) if known_zone(name)), None)


def when_line(name: str, value: str, zone: str, wanted: datetime | None = None) -> str:
    """The line `name` for a canonical instant, in local time of `zone`; `wanted` is the local time to prefer.

    The second of two equal wall-clock times cannot be said with a TZID, so it is written in UTC.
    """
    tz = ZoneInfo(zone)
    local = wanted if wanted is not None and instant(wanted, tz) == value else wall_clock(value, tz)
    if zone == "UTC" or instant(local, tz) != value:
        return f"{name}:{stamp(value)}"
    return f"{name};TZID={zone}:{local.year:04}{local:%m%dT%H%M%S}"


def stamp(value: str) -> str:
    """A canonical instant in the form of iCalendar, `20260303T160000Z`."""
    return value.replace("-", "").replace(":", "")


def minutes_between(start: When, end: When) -> float:
    """Elapsed minutes, whole where they are."""
    seconds = (moment(end.instant) - moment(start.instant)).total_seconds()
    return int(seconds // 60) if seconds % 60 == 0 else seconds / 60


def later(value: str, minutes: float) -> str:
    """The canonical instant `minutes` after another."""
    return instant(moment(value) + timedelta(minutes=minutes), ZoneInfo("UTC"))
