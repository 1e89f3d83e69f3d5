"""Canonical values ⇄ what stands behind a key of the front matter. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import orjson

from syncengine.model import fieldtypes as ft
from syncengine.model import moments
from syncengine.model.kind import Field
from syncengine.model.values import Locale, Named, Unreadable, Value
from syncengine_markdown.frontmatter import Odd, Raw
from syncengine_markdown.links import Atlas, links_in, name_in, only_links

Reading = Value | Named | Unreadable
Reader = Callable[[Raw | Odd], Reading]


def reader(field: Field, locale: Locale) -> Reader:
    """A function that reads what stands behind the key of `field`; references are left to `read_refs`.

    The common forms are told at sight; `FieldType.read` decides all others, so both give the same.
    """
    type = field.type

    def slow(raw: Raw | Odd) -> Reading:
        if isinstance(raw, str):
            return type.read(raw, locale)
        if isinstance(raw, list):
            return _list(raw, type, locale)
        return _odd(raw) if raw else None

    if type.name in ("text", "url"):
        return lambda raw: raw.strip() or None if raw.__class__ is str and raw.isprintable() else slow(raw)
    if type.name == "flag":
        flags: dict[object, bool] = {"true": True, "false": False}
        return lambda raw: flags[raw] if raw.__class__ is str and raw in flags else slow(raw)
    if type.name == "choice" and isinstance(type, ft.Choice):
        options: dict[object, str] = {option: option for option in type.options}
        return lambda raw: options[raw] if raw.__class__ is str and raw in options else slow(raw)
    if isinstance(type, ft.Number):
        return _number_reader(type, slow)
    if type.name in ("date", "instant"):
        return _time_reader(type, locale, slow)
    return slow


_DECIMAL = re.compile(r"-?[0-9]{1,9}\.[0-9]{0,5}[1-9]")


def _number_reader(type: ft.Number, slow: Reader) -> Reader:
    least = -math.inf if type.least is None else type.least
    most = math.inf if type.most is None else type.most
    decimals = type.name == "number"  # a percentage below one is a fraction of one

    def read(raw: Raw | Odd) -> Reading:
        if (
            isinstance(raw, str)
            and len(raw) < 16
            and raw.isascii()
            and raw.isdigit()
            and least <= int(raw) <= most
        ):
            return int(raw)
        if decimals and isinstance(raw, str) and _DECIMAL.fullmatch(raw) and least <= float(raw) <= most:
            return float(raw)
        return slow(raw)

    return read


def _time_reader(type: ft.FieldType, locale: Locale, slow: Reader) -> Reader:
    day = type.name == "date"

    def read(raw: Raw | Odd) -> Reading:
        if isinstance(raw, str) and raw.isascii():
            try:
                if day and len(raw) == 10 and raw[4] == raw[7] == "-":
                    return date.fromisoformat(raw).isoformat()
                if not day and len(raw) == 19 and raw[7] == "-" and raw[10] == "T":
                    return type.read(datetime.fromisoformat(raw), locale)
            except ValueError:
                pass
        return slow(raw)

    return read


def _odd(raw: Odd) -> Unreadable:
    return Unreadable(
        raw.text, "is not a single text", 'Write it on one line; brackets and braces go between "…".'
    )


def _list(raw: list[str | None], kind: ft.FieldType, locale: Locale) -> Reading:
    parts = [part for part in raw if part]
    if kind.many or kind.name in ("text", "rich text", "url"):
        return kind.read(parts, locale)
    if len(parts) > 1:
        return Unreadable(", ".join(parts), "are several values where one belongs", "Keep one.")
    return kind.read(parts[0], locale) if parts else None


def read_refs(raw: Raw | Odd, field: Field, atlas: Atlas, locale: Locale) -> Reading:
    """The id(s) where every link leads to a note; else all of it by name, for the engine to look up."""
    if isinstance(raw, str):
        known = atlas.read.get((raw, id(field)))
        if known is None:
            known = atlas.read[raw, id(field)] = (_read_refs(raw, field, atlas, locale),)
        return known[0]
    return _read_refs(raw, field, atlas, locale)


def _read_refs(raw: Raw | Odd, field: Field, atlas: Atlas, locale: Locale) -> Reading:
    if isinstance(raw, Odd):
        return _odd(raw)
    parts = [part for part in raw if part] if isinstance(raw, list) else [raw] if raw else []
    if not parts:
        return None
    links = [(name_in(target, label), atlas.target(target, field.ref or ""))
             for part in parts for target, label, _ in links_in(part)]  # fmt: skip
    led = {name: id for name, id in links if id is not None}
    if not all(map(only_links, parts)):
        found = _by_name(parts, field, locale)
        return Named(found.text, led) if isinstance(found, Named) else found
    names, ids = [name for name, _ in links], {id for _, id in links}
    if None in ids:
        return Named("; ".join(names), led)
    if field.type.many:
        return sorted(map(str, ids)) or None
    if len(ids) > 1:
        return Unreadable("; ".join(names), "are several where one belongs", "Keep one link.")
    return ids.pop() if ids else None


def _by_name(parts: list[str], field: Field, locale: Locale) -> Reading:
    plain = [_without_brackets(part) for part in parts]
    if field.type.many:
        return field.type.read(plain if len(plain) > 1 else plain[0], locale)
    if len(plain) > 1:
        return Unreadable("; ".join(plain), "are several where one belongs", "Keep one.")
    return field.type.read(plain[0], locale)


def _without_brackets(text: str) -> str:
    for target, label, match in reversed(list(links_in(text))):
        text = text[: match.start()] + name_in(target, label) + text[match.end() :]
    return re.sub(r"\[([^\[\]]+)\]\([^()]*\)", r"\1", text)


def render(value: Value, field: Field, zone: ZoneInfo, atlas: Atlas, labels: Mapping[str, str]) -> str:
    """What goes behind `key:` so that it reads back as `value`: "" or " 7" or "\\n  - a\\n  - b"."""
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return " true" if value else " false"
    if isinstance(value, list):
        parts = [atlas.link(one, labels.get(one, one), field.ref) if field.ref else one for one in value]
        return "".join(f"\n  - {quoted(part)}" for part in parts)
    if isinstance(value, int | float):
        return f" {_number(value, field)}"
    if field.ref:
        return f" {quoted(atlas.link(value, labels.get(value, value), field.ref))}"
    if field.type.name == "instant":
        return f" {local_time(value, zone)}"
    if field.type.name == "date":
        return f" {value}"
    return f" {quoted(value)}"


def _number(value: float, field: Field) -> str:
    if field.type.name == "percent" and 0 < value < 1:
        return f"{value!r}%"  # without the sign it would be a fraction of one
    return repr(value)


def local_time(value: str, zone: ZoneInfo) -> str:
    """An instant as Obsidian's date and time in `zone`; with an offset where the clock shows it twice."""
    try:
        local = moments.moment(value).astimezone(zone)
        naive = local.replace(tzinfo=None, fold=0)
        text = naive.isoformat()
        if moments.instant(naive, zone) == value:
            return text
        offset = local.strftime("%z")
        if len(offset) == 5:
            return f"{text}{offset[:3]}:{offset[3:]}"
    except (ValueError, OverflowError):
        pass  # at the ends of the calendar a zone leads out of it
    return value


# Plain only where no YAML of any version, nor Obsidian when it rewrites a note, could take it for anything else.
_PLAIN = re.compile(r"[^\W\d_](?:[\w,.;()'/&+-]| (?=\S))*|https?://[\w./?=&%+~@-]*[\w/]")
_WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "none", "nan", "inf"])
_MUST_ESCAPE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def quoted(text: str) -> str:
    """`text` as a YAML scalar that is the same text to every reader."""
    if _PLAIN.fullmatch(text) and text.isprintable() and text.casefold() not in _WORDS:
        return text
    try:
        json = orjson.dumps(text).decode()
    except orjson.JSONEncodeError:  # half of a surrogate pair, which no file can hold
        json = orjson.dumps(text.encode(errors="replace").decode()).decode()
    return json if json.isprintable() else _MUST_ESCAPE.sub(lambda found: f"\\u{ord(found[0]):04x}", json)
