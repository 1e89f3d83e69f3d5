"""Canonical values ⇄ what a cell of a Google spreadsheet holds. Pure.

Cells are read unformatted: a day is a number of days since 1899-12-30, without a zone (it is the program's), and 40 % is
0.4. Which it is only the column says. What has no number (days before 1900, the second of two equal hours in autumn,
whole numbers of more than 15 digits) is written as text and read back from it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syncengine.connector import Operation, Reading, names_of
from syncengine.model.cells import MOST_WHOLE, Fault, Percentage, Raw, reading
from syncengine.model.fieldtypes import Date, FieldType, Flag, Instant, Number, Percent, Ref
from syncengine.model.kind import Field
from syncengine.model.moments import instant, wall_clock
from syncengine.model.values import Locale, Unreadable, Value

MOST_LETTERS = 50_000
"""A cell's limit (sheets.md, 3); counted in UTF-16 units, the stricter of the ways to count."""
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall-clock time; cells have no zone
_LAST = 2_958_466
"""The number of the day after 9999-12-31."""
_ERRORS = frozenset(
    (
        "#ERROR!",
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#CALC!",
        "#SPILL!",
        "Loading...",
    )
)
_PERCENT, _DATE, _INSTANT = ("PERCENT", "0%"), ("DATE", "yyyy-mm-dd"), ("DATE_TIME", "yyyy-mm-dd hh:mm")
_SURELY_MEANT = 10
"""From here on a bare number in a percent column can't be a fraction: nobody means 1000 %."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to stand in a cell."""

    value: str | float | bool | None = None
    format: tuple[str, str] | None = None
    """The number format (type, pattern) without which people would not recognise the value."""

    def extended(self) -> dict[str, Any]:
        """As `ExtendedValue`: a text is never a formula (sheets.md, 3)."""
        if self.value is None:
            return {}
        if isinstance(self.value, bool):
            return {"boolValue": self.value}
        return {"stringValue": self.value} if isinstance(self.value, str) else {"numberValue": self.value}


def raw(kind: FieldType, held: Any, *, whole: bool = False) -> Raw:
    """A cell as the values endpoints show it, unformatted. `whole`: people write percentages there as 40, not as 40 %."""
    if held is None or held == "":
        return None
    if isinstance(held, str):
        if held in _ERRORS:
            return Fault(
                Unreadable(held, "is the error of a formula", "Mend the formula, or write the value itself.")
            )
        return held
    if isinstance(held, bool) or not isinstance(held, int | float):
        return held if isinstance(held, bool) else str(held)
    number = int(held) if isinstance(held, float) and held.is_integer() and abs(held) < MOST_WHOLE else held
    if isinstance(kind, Date | Instant):
        return _moment(number, kind)
    return _fraction(number) if isinstance(kind, Percent) and not whole else number


def _moment(number: float, kind: FieldType) -> Raw:
    if not 0 <= number < _LAST:
        return Fault(
            Unreadable(
                f"{number:g}", "is not a day that a spreadsheet can show", "Write it as year-month-day."
            )
        )
    found = EPOCH + timedelta(seconds=round(number * 86_400))
    if 0 < number < 1:
        return found.time()
    return found if isinstance(kind, Instant) else found.date()


def _fraction(number: float) -> Raw:
    if 1 < number < _SURELY_MEANT:
        return Fault(Unreadable(f"{number:g}", f"could be {number:g} % or {number * 100:g} %",
                                "Write it with the sign, like 40 %."))  # fmt: skip
    return Percentage(round(number * 100, 9)) if 0 <= number <= 1 else number


def read(declared: Field, held: Any, locale: Locale, *, whole: bool = False) -> Reading:
    """The canonical value of one of our cells."""
    if isinstance(held, str) and held not in _ERRORS:  # the common case
        return declared.type.read(held, locale) if held else None
    found = raw(declared.type, held, whole=whole)
    if isinstance(declared.type, Percent) and found == 0 and not isinstance(found, bool):
        return 0
    return reading(declared.type, found, locale)


def content(
    declared: Field, value: Value, operation: Operation, locale: Locale, *, whole: bool = False
) -> Content:
    """What to put into the cell for a canonical value; `read` gives it back."""
    kind = declared.type
    if value is None or value == []:
        return Content()
    if isinstance(kind, Ref):
        return _text(names_of(value, operation.labels))
    if isinstance(value, bool):
        return Content(value) if isinstance(kind, Flag) else _text(kind.show(value, locale))
    if isinstance(value, int | float) and isinstance(kind, Number):
        return _number(value, isinstance(kind, Percent), whole)
    if isinstance(kind, Date) and isinstance(value, str):
        return _day(datetime.fromisoformat(value), _DATE) or _text(value)
    if isinstance(kind, Instant) and isinstance(value, str):
        local = wall_clock(value, locale.zone)
        sure = instant(local, locale.zone) == value
        return (_day(local, _INSTANT) if sure else None) or _text(kind.show(value, locale))
    return _text(value if isinstance(value, str) else kind.show(value, locale))


def _number(value: int | float, percent: bool, whole: bool) -> Content:
    if percent and not (whole and (value > 1 or value == 0)):
        return Content(round(value / 100, 11), _PERCENT)
    if isinstance(value, int) and abs(value) >= MOST_WHOLE:
        return _text(str(value))
    return Content(float(value))


def _day(moment: datetime, format: tuple[str, str]) -> Content | None:
    passed = moment - EPOCH
    # Day 0 and fractions of it are a time of day to people; what is before has no number in Sheets that we know of.
    return Content(passed.days + passed.seconds / 86_400, format) if passed.days >= 1 else None


def _text(text: str) -> Content:
    return Content(text or None)


def too_long(text: str) -> bool:
    """Whether a cell cannot hold it."""
    return (
        len(text) > MOST_LETTERS // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > MOST_LETTERS
    )


def print_of(extended: dict[str, Any] | None) -> str:
    """A short print of what was entered into a cell, to tell whether it is still that; "" for a blank one."""
    if not extended:
        return ""
    name, value = next(iter(extended.items()))
    if value == "":
        return ""
    text = repr(float(value)) if name == "numberValue" else str(value)
    return f"{zlib.crc32(f'{name[0]}{text}'.encode('utf-8', 'surrogatepass')):08x}"


def held_of(extended: dict[str, Any] | None) -> Any:
    """What was entered, as the values endpoints show it; a formula as its text; "" for a blank cell."""
    return next(iter(extended.values())) if extended else ""
