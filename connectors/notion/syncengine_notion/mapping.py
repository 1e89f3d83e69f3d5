"""Canonical values and Notion's property values, both ways. Pure.

Vendor facts: option names hold no commas and differ by more than capitals; "" is no value, `null` is; a date-time is read
with its zone folded into an offset and its seconds cut off; numbers are JSON doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncengine.connector import Reading
from syncengine.model.fieldtypes import (
    Choice,
    Choices,
    Date,
    Email,
    FieldType,
    Flag,
    Instant,
    Number,
    Percent,
    Ref,
    RichText,
    Url,
)
from syncengine.model.kind import Field
from syncengine.model.moments import moment
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine_notion import prose
from syncengine_notion.prose import TooLong

Json = dict[str, Any]
Linked = Callable[[Sequence[str]], Sequence[str] | Named]
"""Ids of related pages to the ids of their records; by name where one of them has no id yet."""

COMMA, NO_COMMA = ",", "\u201a"
"""A comma in an option's name, and the low quotation mark that stands for it in Notion."""
_LONGEST = {"url": 2000, "email": 200}
_MOST_LINKS = 100


class Unwritable(Exception):
    """A value that Notion does not take: the reason and the remedy, for the person."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def type_of(field: Field, *, title: bool = False) -> str:
    """The type of the property that holds the field."""
    if title:
        return "title"
    for kind, name in _TYPES:
        if isinstance(field.type, kind):
            return name
    return "rich_text"


_TYPES: tuple[tuple[type[FieldType], str], ...] = (
    (Choices, "multi_select"), (Choice, "select"), (Number, "number"), (Date, "date"), (Instant, "date"),
    (Flag, "checkbox"), (Url, "url"), (Email, "email"), (Ref, "relation"),
)  # fmt: skip


def option_name(value: str) -> str:
    """How a choice is called in Notion."""
    return value.replace(COMMA, NO_COMMA)


# -- reading


def read(field: Field, value: Json, locale: Locale, options: Mapping[str, str], linked: Linked) -> Reading:
    """What a property value means. `options`: ids of options that were set up to the choice each stands for."""
    kind = value["type"]
    held = value[kind]
    if kind == "relation":
        return _read_relation(field, [one["id"] for one in held], linked)
    return _READ[kind](field, held, locale, options)


def _read_text(field: Field, held: list[Json], locale: Locale, _options: Mapping[str, str]) -> Reading:
    marked = isinstance(field.type, RichText)
    return field.type.read(prose.read_marked(held) if marked else prose.read_plain(held), locale)


def _read_number(field: Field, held: float | None, locale: Locale, _options: Mapping[str, str]) -> Reading:
    if held is None or not isinstance(field.type, Percent):
        return field.type.read(held, locale)
    # With the sign, for 0.005 is half a per cent here and not a half.
    reading = field.type.read(f"{round(held * 100, 9)!r}%", Locale(locale.zone, locale.day_first))
    return (
        reading
        if not isinstance(reading, Unreadable)
        else Unreadable(f"{held:.0%}", reading.reason, reading.remedy)
    )


def _read_select(field: Field, held: Json | None, locale: Locale, options: Mapping[str, str]) -> Reading:
    if held is None:
        return None
    return options.get(held["id"]) or field.type.read(held["name"].replace(NO_COMMA, COMMA), locale)


def _read_selects(field: Field, held: list[Json], locale: Locale, options: Mapping[str, str]) -> Reading:
    names = [options.get(one["id"]) or one["name"].replace(NO_COMMA, COMMA) for one in held]
    return field.type.read(names, locale)


def _read_date(field: Field, held: Json | None, locale: Locale, _options: Mapping[str, str]) -> Reading:
    if held is None:
        return None
    start, end = held["start"], held["end"]
    if end is not None:
        return Unreadable(f"{start} → {end}", "is a span of time", "Take its end date away.")
    try:
        said = datetime.fromisoformat(start) if "T" in start else date.fromisoformat(start)
    except ValueError:
        return Unreadable(start, "is not a day of the calendar", "Choose the date again.")
    return field.type.read(said, locale)


def _read_flag(_field: Field, held: bool, _locale: Locale, _options: Mapping[str, str]) -> Reading:
    """An empty box says nothing; a box that was ticked and is not any more is empty."""
    return True if held else None


def _read_plain(field: Field, held: str | None, locale: Locale, _options: Mapping[str, str]) -> Reading:
    return field.type.read(held, locale)


def _read_relation(field: Field, pages: list[str], linked: Linked) -> Reading:
    if not pages:
        return None
    found = linked(pages)
    if isinstance(found, Named):
        return found
    if field.type.many:
        return sorted(set(found))
    if len(found) > 1:
        return Unreadable(f"{len(found)} pages", "names more than one", "Leave one of them.")
    return found[0]


_READ: Mapping[str, Callable[[Field, Any, Locale, Mapping[str, str]], Reading]] = {
    "title": _read_text, "rich_text": _read_text, "number": _read_number, "select": _read_select,
    "multi_select": _read_selects, "date": _read_date, "checkbox": _read_flag, "url": _read_plain, "email": _read_plain,
}  # fmt: skip


# -- writing


def write(
    field: Field,
    kind: str,
    value: Value,
    zone: ZoneInfo,
    options: Mapping[str, str],
    pages: Mapping[str, str],
) -> Json:
    """The property value for a canonical one. `options`: choice to option id; `pages`: record to page.

    A reference to a record that has no page is left out. Raises `Unwritable`.
    """
    if kind in ("title", "rich_text"):
        return {kind: _text(field, value)}
    if kind == "relation":
        return {kind: _links(value, pages)}
    if kind == "multi_select":
        names = value if isinstance(value, list) else []
        return {kind: [_option(name, options) for name in names]}
    if kind == "checkbox":
        return {kind: bool(value)}
    if value is None or value == "":
        return {kind: None}
    if kind == "number":
        return {kind: _number(field, value)}
    if kind == "select":
        return {kind: _option(str(value), options)}
    if kind == "date":
        return {kind: {"start": _start(str(value), zone) if isinstance(field.type, Instant) else str(value)}}
    return {kind: _short(field, kind, str(value))}


def _text(field: Field, value: Value) -> list[Json]:
    text = "" if value is None else str(value)
    try:
        return prose.marked_runs(text) if isinstance(field.type, RichText) else prose.plain_runs(text)
    except TooLong:
        most = prose.MOST_UNITS * prose.MOST_RUNS
        reason = f"{field.label} has more than the {most:,} characters that Notion holds in one property"
        raise Unwritable(reason, "Make it shorter, or move a part of it into a page of its own.") from None


def _links(value: Value, pages: Mapping[str, str]) -> list[Json]:
    ids = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    found = [{"id": pages[id]} for id in ids if id in pages]
    if len(found) > _MOST_LINKS:
        raise Unwritable(
            f"refers to {len(found)} others, and Notion takes 100 at once", "Split it into several records."
        )
    return found


def _option(name: str, options: Mapping[str, str]) -> Json:
    known = options.get(name)
    return {"id": known} if known else {"name": option_name(name)}


def _number(field: Field, value: Value) -> float | int:
    assert isinstance(value, int | float)
    return round(value / 100, 11) if isinstance(field.type, Percent) else value


def _start(value: str, zone: ZoneInfo) -> str:
    """The moment with the program's offset; in UTC where the zone's has seconds (before railways kept time)."""
    local = moment(value).astimezone(zone)
    offset = local.utcoffset()
    exact = offset is not None and not offset.seconds % 60
    return (local if exact else moment(value)).isoformat()


def _short(field: Field, kind: str, text: str) -> str:
    most = _LONGEST[kind]
    if len(text.encode("utf-16-le")) // 2 > most:
        raise Unwritable(
            f"{field.label} is longer than the {most} characters that Notion takes", "Make it shorter."
        )
    return text
