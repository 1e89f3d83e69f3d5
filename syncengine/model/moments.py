"""Dates and instants as people write them, read without guessing.

Understood: ISO dates; day.month.year with dots (day first by convention); year/month/day; slashes where
only one order is possible or the program's locale says which; and months by (English) name.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from syncengine.model.values import Locale, Unreadable

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1)
    for name in names.split()
}  # fmt: skip
_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DATE = re.compile(r"(\d{1,4})\s*([./-])\s*(\d{1,2})\s*\2\s*(\d{1,4})")
_WORDY = re.compile(r"(?:(\d{1,2})\.?\s+)?([A-Za-z]+)\.?(?:\s+(\d{1,2}),?)?\s+(\d{4})")
_TIME = re.compile(
    r"^(.*?)[T\s]+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_HOW = "Write it as year-month-day, like 2026-03-01."


def read_date(text: str, locale: Locale) -> str | Unreadable | None:
    """The ISO date that `text` means, `None` for blank, or why it cannot be told."""
    text = text.strip()
    if not text:
        return None
    found = _parse_date(text, locale)
    if isinstance(found, date):
        return found.isoformat()
    timed = _TIME.match(text)  # a tool that adds a midnight to a day means the day
    if timed and timed[1].strip() and int(timed[2]) == int(timed[3]) == 0:
        return read_date(timed[1], locale)
    return Unreadable(text, found, _HOW)


def _parse_date(text: str, locale: Locale) -> date | str:
    iso = _ISO_DATE.fullmatch(text)
    if iso:
        return _day(int(iso[1]), int(iso[2]), int(iso[3]))
    wordy = _WORDY.fullmatch(text)
    if wordy and wordy[2].casefold() in _MONTHS and (wordy[1] or wordy[3]):
        return _day(int(wordy[4]), _MONTHS[wordy[2].casefold()], int(wordy[1] or wordy[3]))
    parts = _DATE.fullmatch(text)
    if not parts:
        return "is not a date"
    first, mark, second, third = int(parts[1]), parts[2], int(parts[3]), int(parts[4])
    if len(parts[1]) == 4:
        return _day(first, second, third)
    if len(parts[4]) not in (2, 4):
        return "is not a date"
    if mark == "-" and len(parts[4]) == 2:
        return "could be two different dates"  # 26-03-01 is in March to some, and in 2001 to others
    year = third if len(parts[4]) == 4 else 2000 + third
    if mark == "." or first > 12 or first == second:
        return _day(year, second, first)
    if second > 12:
        return _day(year, first, second)
    if locale.day_first is None:
        return "could be two different dates"
    return _day(year, second, first) if locale.day_first else _day(year, first, second)


def _day(year: int, month: int, day: int) -> date | str:
    try:
        return date(year, month, day)
    except ValueError:
        return "is not a day of the calendar"


def read_instant(text: str, locale: Locale) -> str | Unreadable | None:
    """The UTC instant that `text` means; without an offset it is a wall-clock time in the program's zone."""
    text = text.strip()
    if not text:
        return None
    how = "Write it as year-month-day hour:minute, like 2026-03-01 17:00."
    parts = _TIME.match(text)
    if not parts:
        day = read_date(text, locale)
        return (
            Unreadable(text, "has no time of day", how)
            if isinstance(day, str)
            else Unreadable(text, "is not a date and time", how)
        )
    day = read_date(parts[1], locale)
    if not isinstance(day, str):
        return Unreadable(text, day.reason if day else "has no date", how)
    offset = (parts[5] or "").upper().replace("UTC", "Z")
    try:
        moment = datetime.fromisoformat(f"{day}T{int(parts[2]):02}:{parts[3]}:{parts[4] or '00'}{offset}")
    except ValueError:
        return Unreadable(text, "is not a time of day", how)
    return instant(moment, locale.zone)


def instant(moment: datetime, zone: ZoneInfo) -> str:
    """Any datetime as a canonical instant; a naive one is a wall-clock time in `zone`.

    Years near the ends of the calendar stay as they are rather than overflow.
    """
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        utc = aware.astimezone(UTC)
    except OverflowError:
        utc = aware.replace(tzinfo=UTC)
    return utc.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def moment(value: str) -> datetime:
    """The aware UTC datetime of a canonical instant."""
    return datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)


def wall_clock(value: str, zone: ZoneInfo) -> datetime:
    """The naive wall-clock time that people in `zone` see for a canonical instant; UTC at the ends of the calendar."""
    try:
        return moment(value).astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:  # as `instant` has it
        return moment(value).replace(tzinfo=None)


def show_instant(value: str, zone: ZoneInfo) -> str:
    """`2026-03-01 17:00` in `zone`, with seconds or an offset only where they are needed to read it back."""
    try:
        local = moment(value).astimezone(zone)
    except OverflowError:
        return value
    text = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    text = f"{local.year:04}-{local.month:02}-{local.day:02} {text}"
    if instant(local.replace(tzinfo=None, fold=0), zone) == value:
        return text
    offset = local.strftime("%z")  # the second of two equal wall-clock times
    return f"{text}{offset[:3]}:{offset[3:]}" if len(offset) == 5 else value  # some old ones have seconds
