"""Canonical values ⇄ what a cell holds. Pure.

Dates are Excel's days since 1900 (or 1904); what Excel has no day for (before March 1900) is ISO text, and so is
the second of two equal wall-clock times in autumn, which no clock on a wall can tell from the first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from syncengine.connector import Operation, Reading, names_of
from syncengine.model.cells import MOST_WHOLE, Fault, Percentage, Raw, as_text, reading
from syncengine.model.fieldtypes import Date, Flag, Instant, Number, Percent, Ref
from syncengine.model.kind import Field
from syncengine.model.moments import instant, wall_clock
from syncengine.model.values import Locale, Unreadable, Value
from syncengine_workbook.sheet import Cell, decode
from syncengine_workbook.styles import DATE, INSTANT, PERCENT, Shape

MOST_LETTERS = 32_767
"""A cell's limit, in UTF-16 units as Excel counts."""
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - wall-clock times of a spreadsheet
_FIRST_SURE = 61
"""1 March 1900: from here on Excel and LibreOffice agree which day a number is (Excel has a 29 February 1900)."""
_RISKY = re.compile(r"[=+\-@']|[\d.,:/\s%€$£-]+(?:e[+-]?\d+)?$|true$|false$|\d{1,4}[./-]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """What is to stand in a cell."""

    type: str
    """`n`, `b`, `inlineStr`, or "" for a blank cell."""
    text: str = ""
    code: str | None = None
    """The number format without which people would not recognise the value."""
    literal: bool = False
    """Text that a program would take for something else when a person enters it anew."""


class Codec:
    """How one book's cells are read and written: its strings, formats, epoch, and the program's locale."""

    def __init__(
        self, locale: Locale, date1904: bool, shape: Callable[[int], Shape], strings: Callable[[], list[str]]
    ) -> None:
        self.locale = locale
        self._epoch = _EPOCH_1904 if date1904 else _EPOCH
        self._doubtful = not date1904
        self._shape = shape
        self._strings = strings

    def raw(self, cell: Cell) -> Raw:
        """What the cell shows, as a Python value; a formula's last result where there is one."""
        value, kind = cell.value, cell.type
        if value is None or (value == "" and kind != "s"):
            if cell.formula is None or kind == "str":
                return None
            return Fault(Unreadable(f"={cell.formula}" if cell.formula else "a formula", "is a formula that has not been computed yet",
                                    "Open the workbook, let it compute, and save it; or write the value itself."))  # fmt: skip
        if kind == "s":
            strings = self._strings()
            index = int(value)
            return strings[index] if index < len(strings) else None
        if kind == "inlineStr":
            return value
        if kind == "str":
            return decode(value)
        if kind == "b":
            return value.strip() in ("1", "true")
        if kind == "e":
            return Fault(
                Unreadable(value, "is the error of a formula", "Mend the formula, or write the value itself.")
            )
        return value if kind == "d" else self._number(value, self._shape(cell.style))

    def _number(self, text: str, shape: Shape) -> Raw:
        try:
            number = float(text)
        except ValueError:
            return Fault(Unreadable(text, "is not what a number cell can hold", "Write the value again."))
        if shape == "percent":
            return Percentage(round(number * 100, 9))
        if shape in ("date", "datetime", "time"):
            return self._moment(number, shape)
        return int(number) if number.is_integer() and abs(number) < MOST_WHOLE else number

    def _moment(self, number: float, shape: Shape) -> Raw:
        if 0 <= number < 1 and (shape == "time" or number):
            return (_EPOCH + timedelta(seconds=round(number * 86_400))).time()
        if self._doubtful and number < _FIRST_SURE:
            return Fault(Unreadable(f"{number:g}", "is a day before March 1900, which Excel and LibreOffice count differently",
                                    "Write it as text, with an apostrophe before it: '1900-01-31."))  # fmt: skip
        try:
            found = self._epoch + timedelta(seconds=round(number * 86_400))
        except OverflowError:
            return Fault(
                Unreadable(f"{number:g}", "is not a day of the calendar", "Write it as year-month-day.")
            )
        return found if found.time() != time() or shape == "datetime" else found.date()

    def read(self, declared: Field, cell: Cell) -> Reading:
        """The canonical value of one of our cells."""
        return reading(declared.type, self.raw(cell), self.locale)

    def content(self, declared: Field, value: Value, operation: Operation, whole: bool = False) -> Content:
        """What to put into the cell for a canonical value. `whole`: people write percentages there as 40, not as 40 %."""
        kind = declared.type
        if value is None or value == []:
            return Content("")
        if isinstance(kind, Ref):
            return _text(names_of(value, operation.labels))
        if isinstance(value, bool):
            return (
                Content("b", "1" if value else "0")
                if isinstance(kind, Flag)
                else _text(kind.show(value, self.locale))
            )
        if isinstance(value, int | float) and isinstance(kind, Number):
            return _number(value, isinstance(kind, Percent), whole)
        if isinstance(kind, Date) and isinstance(value, str):
            return self._day(datetime.fromisoformat(value), DATE) or _text(value)
        if isinstance(kind, Instant) and isinstance(value, str):
            local = wall_clock(value, self.locale.zone)
            sure = instant(local, self.locale.zone) == value
            return (self._day(local, INSTANT) if sure else None) or _text(kind.show(value, self.locale))
        return _text(value if isinstance(value, str) else kind.show(value, self.locale))

    def _day(self, moment: datetime, code: str) -> Content | None:
        passed = moment - self._epoch
        if passed.days < (_FIRST_SURE if self._doubtful else 0):
            return None
        return Content("n", repr(passed.days + passed.seconds / 86_400).removesuffix(".0"), code)


def _number(value: int | float, percent: bool, whole: bool) -> Content:
    if percent and not (whole and (value > 1 or value == 0)):
        return Content("n", repr(round(value / 100, 11)), PERCENT)
    if isinstance(value, int) and abs(value) >= MOST_WHOLE:
        return _text(str(value))
    return Content("n", repr(value))


def _text(text: str) -> Content:
    return Content("inlineStr", text, literal=_RISKY.match(text) is not None) if text else Content("")


def too_long(text: str) -> bool:
    """Whether a cell cannot hold it."""
    return len(text) > MOST_LETTERS // 2 and len(text.encode("utf-16-le")) // 2 > MOST_LETTERS


__all__ = ["MOST_LETTERS", "Codec", "Content", "as_text", "reading", "too_long"]
