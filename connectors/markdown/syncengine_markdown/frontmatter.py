"""A note taken apart: the keys of its front matter, and where its prose begins.

Values stay the text that people wrote: YAML's idea of types (`no` is false, `1:30` is ninety) never applies.
What Obsidian and we write ourselves is read by one regular expression; everything else by PyYAML (`yamlevents`).
The two agree on all that the first accepts, apart from control characters, which only the first lets pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

import orjson

Raw = str | list[str | None] | None
"""What stands behind a key: text, a list of texts, or nothing (`key:`, `key: ~`, `key: null`)."""

MOST_FRONT = 512 * 1024
"""Characters of front matter beyond which nobody wrote it by hand."""


class Odd(NamedTuple):
    """A value that is no text and no list of texts, as it stands in the file."""

    text: str


@dataclass(slots=True)
class Entry:
    """One key of the front matter."""

    key: str
    value: Raw | Odd
    start: int
    """Its first line, counted from 0 at the line after the opening `---`."""
    end: int
    """The line after its last one."""
    comments: tuple[str, ...] = ()
    """People's comments on those lines, each with its `#`."""


class Note:
    """The text of a file, taken apart. Offsets count characters of `text`."""

    __slots__ = ("_entries", "body", "close", "front", "text", "values")

    def __init__(self, text: str, front: int, close: int, body: int) -> None:
        self.text = text
        """Without a byte order mark; line endings as in the file."""
        self.front = front
        """Where the first line of the front matter begins; -1: the note has none."""
        self.close = close
        """Where the closing `---` begins."""
        self.body = body
        """Where the prose begins."""
        self._entries: dict[str, Entry] | None = None
        values = simple_values(self.lines) if front >= 0 else {}
        if values is None:
            from syncengine_markdown.yamlevents import yaml_entries  # PyYAML loads for notes that need it

            self._entries = yaml_entries(self.lines)
            values = {key: entry.value for key, entry in self._entries.items()}
        self.values: dict[str, Raw | Odd] = values
        """Each key of the front matter with what stands behind it."""

    @property
    def lines(self) -> str:
        """The lines of the front matter, each ending in \\n."""
        lines = self.text[self.front : self.close]
        return lines.replace("\r\n", "\n") if "\r" in lines else lines

    @property
    def entries(self) -> dict[str, Entry]:
        """The same with lines and comments; looked up when they are asked for."""
        if self._entries is None:
            self._entries = simple_entries(self.lines, self.values) if self.front >= 0 else {}
        return self._entries


class BrokenNote(Exception):
    """The note can't be understood: `line` (from 1; 0: unknown), the reason, and the remedy, for people."""

    def __init__(self, line: int, reason: str, remedy: str, value: str = "") -> None:
        super().__init__(reason)
        self.line, self.reason, self.remedy, self.value = line, reason, remedy, value


_CLOSE = re.compile(r"\n(---[ \t]*\r?(?:\n|\Z))")
_OPEN = re.compile(r"---[ \t]*\r?\n")
# Keys and plain scalars in which no YAML of any version sees a mark of its own.
_KEY = re.compile(r"\w[^\n\t:#\"'\[\]{},&*!|>%@`]*")
_FIRST = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_(./+~")
_NULLS = ("~", "null")
_ITEM = re.compile(r"( *)- +(.+)")
_HARD = "\ud800"  # stands for what PyYAML must read; cannot stand in any file
_keys: dict[str, str] = {}


def take_apart(text: str) -> Note:
    """`text` as a note. Raises `BrokenNote` where it can't be told what is meant."""
    opened = _OPEN.match(text)
    if opened is None:
        if text.rstrip() == "---":
            raise _unclosed()
        return Note(text, -1, 0, 0)
    front = opened.end()
    closed = _CLOSE.search(text, front - 1)
    if closed is None:
        raise _unclosed()
    close = closed.start(1)
    if close - front > MOST_FRONT:
        raise BrokenNote(1, "the front matter is too long", "Move the text below the second --- line.")
    return Note(text, front, close, closed.end())


def _unclosed() -> BrokenNote:
    return BrokenNote(1, "the front matter is never closed", "Write a line with only --- below its last key.")


def simple_values(lines: str) -> dict[str, Raw | Odd] | None:
    """The values of front matter that is as simple as what we write; `None` where it isn't.

    Raises `BrokenNote` for a key that is there twice.
    """
    if "\t" in lines or "\r" in lines:
        return None
    values: dict[str, Raw | Odd] = {}
    items: list[str | None] | None = None
    name = indent = ""
    for number, line in enumerate(lines.split("\n")[:-1]):
        start, colon, text = line.partition(": ")
        if not colon:
            start = line[:-1] if line[-1:] == ":" else ""
        key = _keys.get(start) or _new_key(start)
        if key is not None:
            value = _scalar(text) if text else None
            if value is _HARD:
                return None
            if key in values:
                raise doubled(key, number, _first_line(lines, key))
            name, items = key, None if text.strip(" ") else []
            values[key] = value
            continue
        item = _ITEM.fullmatch(line)
        value = _scalar(item[2]) if item else _HARD
        if value is _HARD or item is None or items is None or (items and item[1] != indent):
            return None
        indent = item[1]
        items.append(value)
        values[name] = items
    return values


def _first_line(lines: str, key: str) -> int:
    return next(
        number for number, line in enumerate(lines.split("\n")) if line.partition(":")[0].rstrip() == key
    )


def _scalar(text: str) -> str | None:
    """A plain or double-quoted scalar on one line; `_HARD` where it is anything more."""
    first = text[0]
    if first == '"':
        if text[-1] != '"' or len(text) == 1:
            return _HARD
        if "\\" not in text:
            return _HARD if '"' in text[1:-1] else text[1:-1]
        try:
            return str(orjson.loads(text))
        except orjson.JSONDecodeError:
            return _HARD
    if (first in _FIRST or first.isalpha()) and "#" not in text and ": " not in text and text[-1] != ":":
        text = text.rstrip(" ")
        return None if text in _NULLS else _HARD if text[-1] == ":" else text
    return _HARD if text.strip(" ") else None


def _new_key(start: str) -> str | None:
    """What precedes a colon as a key, remembered for the next note; `None`: PyYAML must tell."""
    if not _KEY.fullmatch(start):
        return None
    if len(_keys) < 10_000:
        _keys[start] = start.rstrip(" ")
    return start.rstrip(" ")


def simple_entries(lines: str, values: dict[str, Raw | Odd]) -> dict[str, Entry]:
    """Where the `values` that `simple_values` found stand."""
    entries: dict[str, Entry] = {}
    entry = None
    for number, line in enumerate(lines.split("\n")[:-1]):
        key = line.partition(":")[0].rstrip(" ")
        if key in values and not (entry and isinstance(entry.value, list) and _ITEM.fullmatch(line)):
            entry = entries[key] = Entry(key, values[key], number, number + 1)
        elif entry:
            entry.end = number + 1
    return entries


def doubled(key: str, line: int, first: int) -> BrokenNote:
    """What is said about a key that stands in the front matter twice (lines counted from 0 there)."""
    return BrokenNote(
        line + 2,
        f"the key “{key}” is there twice (also on line {first + 2})",
        "Keep the line that is right and remove or rename the other.",
        key,
    )
