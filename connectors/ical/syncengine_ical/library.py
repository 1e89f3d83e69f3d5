"""The icalendar library, behind the few things asked of it; loaded when a file is first understood or written.

Its types differ between the versions that `pyproject.toml` allows, so it is taken as untyped, here alone.
"""

from __future__ import annotations

import importlib
import warnings
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any


@cache
def _library(name: str = "icalendar") -> Any:
    return importlib.import_module(name)


def read_value(text: str) -> datetime | date | timedelta | None:
    """A date, a date and time, or a duration as iCalendar writes it; `None` for anything else."""
    try:
        value = _library().vDDDTypes.from_ical(text.strip())
    except ValueError:
        return None
    return value if isinstance(value, date | timedelta) else None


def duration(length: timedelta) -> str:
    """A length as DURATION writes it, `PT45M`."""
    return str(_library().vDuration(length).to_ical().decode())


def escaped(text: str) -> str:
    """Text as the value of a property: nothing in it can end the line or start another property."""
    return str(_library().vText(text).to_ical().decode())


def folded(text: str) -> bytes:
    """A content line folded at 75 octets without splitting a character, without its ending."""
    raw = text.encode()
    return raw if len(raw) <= 75 else bytes(_library("icalendar.parser").Contentline(text).to_ical())


def windows_zone(name: str) -> str:
    """The IANA name for one of Windows' names of zones; "" for none of them."""
    return str(_library("icalendar.timezone.windows_to_olson").WINDOWS_TO_OLSON.get(name, ""))


def own_zone(vtimezone: bytes) -> tzinfo | None:
    """The zone that a VTIMEZONE component describes; `None` for one that makes no sense."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tz: tzinfo = _library().Timezone.from_ical(vtimezone).to_tz(lookup_tzid=False)
            datetime(2026, 1, 1, tzinfo=tz).utcoffset()
    except Exception:  # whatever a stranger's zone makes the library raise: it is not known
        return None
    return tz
