"""Field types: each alone knows how its values are read, shown, compared and merged.

`read` takes what a tool or a person wrote (text, number, boolean, date, datetime, list) and returns a
canonical value, `None` for empty, `Named` for a reference by name, or `Unreadable` with the reason and
the remedy. It never raises and never guesses: doubt is the person's to settle.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from syncengine.model import moments
from syncengine.model.ids import is_id
from syncengine.model.values import Locale, Named, Unreadable, Value

Reading = Value | Named | Unreadable

# C0 controls other than tab and newline, and lone surrogates, are not words: no tool keeps them alike.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """`text` with newlines as \\n and without characters that no tool can carry."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():  # the common case; the search below costs ten times as much
        return text
    return _NOT_TEXT.sub("", text)


def shown(raw: object) -> str:
    """What a person would recognise as what they typed."""
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    if isinstance(raw, list | tuple | set | frozenset):
        return ", ".join(shown(part) for part in raw)
    return clean(str(raw)).strip()


@dataclass(frozen=True)
class FieldType:
    """The behaviour all field types share; a type overrides what differs. One that has no settings of its own is a
    plain class: it is a dataclass as this one is."""

    name: ClassVar[str] = ""
    many: ClassVar[bool] = False

    def read(self, raw: object, locale: Locale) -> Reading:
        """The canonical value of what a tool holds, see the module's words."""
        raise NotImplementedError

    def show(self, value: Value, locale: Locale) -> str:
        """The value as plain text for a person; "" for empty. `read(show(v)) == v`."""
        return "" if value is None else str(value)

    def equal(self, a: Value, b: Value) -> bool:
        """Whether two canonical values mean the same."""
        return a == b

    def merge(self, base: Value, ours: Value, theirs: Value) -> tuple[bool, Value]:
        """`(True, merged)` where both edits fit together, `(False, ours)` where a policy must choose."""
        return False, ours

    def carried(self, sent: Value, held: Value, now: Value) -> Value:
        """What somebody meant who made `now` of `held`, which is how their tool shows `sent`."""
        return now


class Text(FieldType):
    """A short text: a title, a name. Outer blanks do not count."""

    name: ClassVar[str] = "text"

    def read(self, raw: object, locale: Locale) -> Reading:
        if isinstance(raw, str):
            return clean(raw).strip() or None
        return None if raw is None else shown(raw) or None


class RichText(FieldType):
    """Markdown prose. Blank lines around it do not count; everything inside does."""

    name: ClassVar[str] = "rich text"

    def read(self, raw: object, locale: Locale) -> Reading:
        if raw is None:
            return None
        text = clean(raw if isinstance(raw, str) else shown(raw))
        return text.strip("\n").rstrip() or None if text.strip() else None

    def merge(self, base: Value, ours: Value, theirs: Value) -> tuple[bool, Value]:
        """Three-way by lines (design rule 2): edits of different places both stay."""
        from syncengine.model.prose import merge_prose  # loaded when two people rewrote one text

        merged = merge_prose(str(base or ""), str(ours or ""), str(theirs or ""))
        return (False, ours) if merged is None else (True, merged or None)

    def carried(self, sent: Value, held: Value, now: Value) -> Value:
        """Lines that were left alone stay as they were sent: an edit of one word does not rewrite a whole note."""
        from syncengine.model.prose import carried

        if not (isinstance(sent, str) and isinstance(held, str) and isinstance(now, str)):
            return now
        return carried(sent, held, now) or None


@dataclass(frozen=True)
class Number(FieldType):
    """A number, whole or decimal, with optional bounds (both inclusive)."""

    name: ClassVar[str] = "number"
    least: float | None = None
    most: float | None = None

    def read(self, raw: object, locale: Locale) -> Reading:
        if raw is None or isinstance(raw, bool):
            return None if raw is None else Unreadable(shown(raw), "is not a number", "Write digits, like 7.")
        number = raw if isinstance(raw, int | float) else _digits(str(raw), locale)
        if number is None:
            return None
        if isinstance(number, Unreadable):
            return number
        if isinstance(raw, float) and not math.isfinite(raw):
            return Unreadable(shown(raw), "is not a number", "Write digits, like 7.")
        if not _LEAST <= number <= _MOST if isinstance(number, int) else math.isinf(number):
            return Unreadable(
                shown(raw),
                "has more digits than can be kept",
                "Write at most 18 digits, or keep it in a field for text.",
            )
        return self._bounded(_tidy(number), shown(raw))

    def _bounded(self, number: int | float, text: str) -> Reading:
        if (self.least is not None and number < self.least) or (self.most is not None and number > self.most):
            bounds = f"{_tidy(self.least or 0)} and {_tidy(self.most)}" if self.most is not None else ""
            limit = f"is not between {bounds}" if bounds else f"is less than {_tidy(self.least or 0)}"
            return Unreadable(
                text, limit, f"Write a number between {bounds}." if bounds else "Write a larger number."
            )
        return number

    def show(self, value: Value, locale: Locale) -> str:
        text = "" if value is None else str(value)
        return text.replace(".", ",") if locale.decimal_comma else text


_LEAST, _MOST = -(2**63), 2**64 - 1
"""The whole numbers that JSON, as the state keeps it, has room for."""


@dataclass(frozen=True)
class Percent(Number):
    """0 to 100. "50%", "50 %" and 50 are fifty per cent; a fraction like 0.5 is half, so fifty as well."""

    name: ClassVar[str] = "percent"
    least: float | None = 0
    most: float | None = 100

    def read(self, raw: object, locale: Locale) -> Reading:
        text = raw.strip() if isinstance(raw, str) else None
        sign = text is not None and text.endswith(("%", "٪"))
        bare = text[:-1].strip() if text is not None and sign else ""
        value = super().read(bare or raw, locale)
        if isinstance(value, Unreadable):
            reason = value.reason.replace("is not a number", "is not a percentage")
            return Unreadable(shown(raw), reason, "Write a number between 0 and 100, like 40 or 40 %.")
        if isinstance(value, float) and 0 < value < 1 and not sign:
            return _tidy(value * 100)
        return value

    def show(self, value: Value, locale: Locale) -> str:
        text = super().show(value, locale)
        below_one = isinstance(value, float) and 0 < value < 1
        return f"{text} %" if below_one else text  # without the sign it would be read as a fraction


class Date(FieldType):
    """A day without a time or a zone."""

    name: ClassVar[str] = "date"

    def read(self, raw: object, locale: Locale) -> Reading:
        if isinstance(raw, datetime):
            return raw.date().isoformat()
        if isinstance(raw, date):
            return raw.isoformat()
        return None if raw is None else moments.read_date(shown(raw), locale)


class Instant(FieldType):
    """A point in time, kept in UTC to the second; people see and write it in the program's zone.

    A wall-clock time in a spring gap moves forward by the gap; in an autumn fold it is the first of the two.
    """

    name: ClassVar[str] = "instant"

    def read(self, raw: object, locale: Locale) -> Reading:
        if isinstance(raw, datetime):
            return moments.instant(raw, locale.zone)
        if isinstance(raw, date):
            return moments.instant(datetime(raw.year, raw.month, raw.day), locale.zone)  # noqa: DTZ001 - given the zone there
        return None if raw is None else moments.read_instant(shown(raw), locale)

    def show(self, value: Value, locale: Locale) -> str:
        return "" if value is None else moments.show_instant(str(value), locale.zone)


@dataclass(frozen=True)
class Choice(FieldType):
    """One of a fixed list. Capitals, blanks, hyphens and underscores do not count when it is read."""

    name: ClassVar[str] = "choice"
    options: tuple[str, ...] = ()
    open: bool = False
    """Whether people may add options of their own."""

    def read(self, raw: object, locale: Locale) -> Reading:
        text = "" if raw is None else shown(raw)
        if not text:
            return None
        found = self.match(text)
        if found is None:
            return Unreadable(text, "is not one of the choices", f"Choose one of: {', '.join(self.options)}.")
        return found

    def match(self, text: str) -> str | None:
        """The option that `text` means, or `None`."""
        if text in self.options:
            return self.options[self.options.index(text)]  # one text for all records
        folded = _fold(text)
        for option in self.options:
            if _fold(option) == folded:
                return option
        return text if self.open else None


class Choices(Choice):
    """Several of a fixed list, without order."""

    name: ClassVar[str] = "choices"
    many: ClassVar[bool] = True

    def read(self, raw: object, locale: Locale) -> Reading:
        found: set[str] = set()
        for part in pieces(raw):
            option = self.match(part)
            if option is None:
                return Unreadable(
                    part, "is not one of the choices", f"Choose from: {', '.join(self.options)}."
                )
            found.add(option)
        return sorted(found) or None

    def show(self, value: Value, locale: Locale) -> str:
        return ", ".join(value) if isinstance(value, list) else ""

    def merge(self, base: Value, ours: Value, theirs: Value) -> tuple[bool, Value]:
        return True, merge_sets(base, ours, theirs)


_YES = frozenset(
    ["yes", "y", "true", "1", "x", "✓", "✔", "☑", "done", "on", "ja", "wahr", "si", "sí", "oui", "vrai"]
)
_NO = frozenset(["no", "n", "false", "0", "-", "☐", "off", "nein", "falsch", "non", "faux"])


class Flag(FieldType):
    """Yes or no; empty means no."""

    name: ClassVar[str] = "flag"

    def read(self, raw: object, locale: Locale) -> Reading:
        if raw is None or isinstance(raw, bool):
            return raw
        text = shown(raw).casefold()
        if not text:
            return None
        if text in _YES:
            return True
        return False if text in _NO else Unreadable(shown(raw), "is neither yes nor no", "Write yes or no.")

    def show(self, value: Value, locale: Locale) -> str:
        return "" if value is None else "yes" if value else "no"

    def equal(self, a: Value, b: Value) -> bool:
        return bool(a) == bool(b)


class Url(Text):
    """A link. It is kept as written; connectors make it clickable only when it is http(s) or mailto."""

    name: ClassVar[str] = "url"


class Email(Text):
    """An e-mail address; capitals do not count when two are compared."""

    name: ClassVar[str] = "email"

    def read(self, raw: object, locale: Locale) -> Reading:
        text = super().read(raw, locale)
        if isinstance(text, str) and not re.fullmatch(r"[^@\s]+@[^@\s]+", text):
            return Unreadable(text, "is not an e-mail address", "Write it like ada@example.org.")
        return text

    def equal(self, a: Value, b: Value) -> bool:
        return str(a or "").casefold() == str(b or "").casefold()


@dataclass(frozen=True)
class Ref(FieldType):
    """A reference to one record of the kind `to`: kept by id, shown and written by name (design rule 15)."""

    name: ClassVar[str] = "ref"
    to: str = ""

    def read(self, raw: object, locale: Locale) -> Reading:
        text = "" if raw is None else shown(raw)
        if not text:
            return None
        return text if is_id(text) else Named(text)


class Refs(Ref):
    """References to several records, without order; people separate names by ; or , or a new line."""

    name: ClassVar[str] = "refs"
    many: ClassVar[bool] = True

    def read(self, raw: object, locale: Locale) -> Reading:
        parts = list(pieces(raw))
        if not parts:
            return None
        if all(is_id(part) for part in parts):
            return sorted(set(parts))
        return Named("; ".join(parts) if isinstance(raw, list | tuple) else shown(raw))

    def show(self, value: Value, locale: Locale) -> str:
        return "; ".join(value) if isinstance(value, list) else ""

    def merge(self, base: Value, ours: Value, theirs: Value) -> tuple[bool, Value]:
        return True, merge_sets(base, ours, theirs)


def merge_sets(base: Value, ours: Value, theirs: Value) -> Value:
    """Everything either side added, without what either side removed (design rule 2)."""
    before, left, right = _as_set(base), _as_set(ours), _as_set(theirs)
    removed = (before - left) | (before - right)
    return sorted((before | left | right) - removed) or None


def pieces(raw: object) -> Iterable[str]:
    """The parts of a list as people write one: a real list, or text split at ; or , or a new line."""
    if raw is None:
        return
    parts = raw if isinstance(raw, list | tuple | set | frozenset) else re.split(r"[;,\n]", shown(raw))
    for part in parts:
        text = shown(part)
        if text:
            yield text


def _as_set(value: Value) -> set[str]:
    return set(value) if isinstance(value, list) else {value} if isinstance(value, str) else set()


def _fold(text: str) -> str:
    return re.sub(r"[\s_\-]+", " ", text).strip().casefold()


def _tidy(number: float) -> int | float:
    """Without the dust of binary fractions (what is beyond 15 digits), and whole numbers as whole numbers."""
    if isinstance(number, int):
        return number
    rounded = float(f"{number:.15g}")
    if math.isinf(rounded):  # the largest there is, rounded up
        return number
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_THOUSANDS_OR_DECIMALS = re.compile(r"([+-]?[1-9]\d{0,2})([.,])(\d{3})")
_WITH_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+),\d+(?:[eE][+-]?\d+)?")
"""A number with a decimal comma, its thousands perhaps set off by points."""


def _digits(text: str, locale: Locale) -> int | float | Unreadable | None:
    text = text.strip()
    if not text:
        return None
    plain = re.sub(r"(?<=\d)[\u00a0\u202f '](?=\d{3}(?:\D|$))", "", text).replace("\u2212", "-")
    either = _THOUSANDS_OR_DECIMALS.fullmatch(plain)
    if either and either[2] == ("." if locale.decimal_comma else ","):
        whole, decimal = either[1] + either[3], either[1] + ("," if locale.decimal_comma else ".") + either[3]
        return Unreadable(text, f"could be {whole} or {decimal}", f"Write {whole} or {decimal}.")
    if "," in plain and (locale.decimal_comma or not re.search(r",\d{3}$", plain)):
        plain = plain.replace(".", "").replace(",", ".") if _WITH_COMMA.fullmatch(plain) else text
    if not _NUMBER.fullmatch(plain):
        return Unreadable(text, "is not a number", "Write digits, like 7.")
    if not re.fullmatch(r"[+-]?\d+", plain):
        return float(plain)
    return int(plain) if len(plain) < 100 else math.inf  # Python makes no whole number of thousands of digits
