"""What people write into the cells of a spreadsheet, read as the person who looks at the cell understands it.

A connector turns its cell into a `Raw`: a number shown as a percentage is a `Percentage`, one shown as a day is a `date`,
an error is a `Fault`. From there on every spreadsheet is read alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from syncengine.model.fieldtypes import Date, FieldType, Flag, Instant, Number, Percent, Reading
from syncengine.model.values import Locale, Unreadable

MOST_WHOLE = 10**15
"""Larger whole numbers lose digits in every spreadsheet; they are kept as text."""


@dataclass(frozen=True, slots=True)
class Percentage:
    """A number shown as a percentage; `of_hundred` is what people see before the sign."""

    of_hundred: float


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that shows no value: an error, or a formula without a result."""

    unreadable: Unreadable


Raw = str | int | float | bool | date | datetime | time | Percentage | Fault | None


def reading(kind: FieldType, raw: Raw, locale: Locale) -> Reading:
    """What a field makes of a raw value; see the module."""
    if raw is None or isinstance(raw, str):
        return kind.read(raw, locale)
    if isinstance(raw, Fault):
        return raw.unreadable
    if isinstance(kind, Percent):
        if isinstance(raw, Percentage):
            # From 1 on a bare number means itself; below it would be read as a fraction.
            return kind.read(raw.of_hundred if raw.of_hundred >= 1 else as_text(raw), locale)
        if raw == 1 and not isinstance(raw, bool):
            return Unreadable("1", "could be 1 % or all of it", "Write it with the sign, like 1 % or 100 %.")
        return kind.read(
            raw if isinstance(raw, int | float) and not isinstance(raw, bool) else as_text(raw), locale
        )
    if isinstance(kind, Number):
        if isinstance(raw, Percentage):
            return kind.read(round(raw.of_hundred / 100, 11), locale)
        return kind.read(
            raw if isinstance(raw, int | float) and not isinstance(raw, bool) else as_text(raw), locale
        )
    if isinstance(kind, Date | Instant) and isinstance(raw, date):
        return kind.read(raw, locale)
    if isinstance(kind, Flag) and isinstance(raw, bool):
        return raw
    return kind.read(as_text(raw), locale)


def as_text(raw: Raw) -> str:
    """A value in a text column, as the person sees it: `7`, not `7.0`; `TRUE`; `17:00`; `2026-03-01`."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, Percentage):
        return f"{as_text(raw.of_hundred)}%"
    if isinstance(raw, datetime):
        return raw.isoformat(" ", "seconds" if raw.second else "minutes")
    if isinstance(raw, time):
        return raw.isoformat("seconds" if raw.second else "minutes")
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < MOST_WHOLE else repr(raw)
    if isinstance(raw, Fault):
        return raw.unreadable.text
    return raw.isoformat() if isinstance(raw, date) else str(raw)
