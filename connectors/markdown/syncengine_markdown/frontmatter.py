"""A note taken apart: the keys of its front matter, and where its prose begins.

Values stay the text that people wrote: YAML's idea of types (`no` is false, `1:30` is ninety) never applies.
What Obsidian and we write ourselves is read by one regular expression; everything else by PyYAML (`yamlevents`).
The two agree on all that the first accepts, apart from control characters, which only the first lets pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

Raw = str | list[str | None] | None
"""What stands behind a key: text, a list of texts, or nothing (`key:`, `key: ~`, `key: null`)."""

MOST_FRONT = 512 * 1024
"""Characters of front matter beyond which nobody wrote it by hand."""


@dataclass(frozen=True, slots=True)
class Odd:
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
# A key at the line's start, then nothing, a plain scalar without any mark of YAML in it, or a double-quoted one;
# or an item of a list of such. Every line of the front matter must be one of these, else PyYAML reads it.
_PLAIN = r"(?:[^\s\-?:,\[\]{}#&*!|>'\"%@`]|-(?=\d))[^\n:#\t]*(?:(?::(?=[^\s])|(?<=[^\s])#)[^\n:#\t]*)*"
_QUOTED = r"\"(?:[^\"\\\n\t]|\\[^\n])*\""
_LINE = re.compile(
    rf"^(?:(\w[^\n\t:#\"'\[\]{{}},&*!|>%@`]*):(?: +(?:({_PLAIN})|({_QUOTED})))?|( *)- +(?:({_PLAIN})|({_QUOTED}))) *$",
    re.MULTILINE,
)


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
    found = _LINE.findall(lines)
    if len(found) != lines.count("\n"):
        return None
    values: dict[str, Raw | Odd] = {}
    keys = 0
    items: list[str | None] | None = None
    name = indent = ""
    for key, plain, quoted, depth, item, quoted_item in found:
        text = plain or item
        if text:
            value = _NULLS.get(text, text) if text[-1] != " " else _NULLS.get(text.rstrip(), text.rstrip())
        else:
            quoted = quoted or quoted_item
            value = _unquoted(quoted) if quoted else None
            if value is _NOT_JSON:
                return None
        if key:
            keys += 1
            name, items = key if key[-1] != " " else key.rstrip(), None if text or quoted else []
            values[name] = value
            continue
        if items is None or (items and depth != indent):
            return None
        indent = depth
        items.append(value)
        values[name] = items
    if keys != len(values):
        _say_doubled(found)
    return values


def simple_entries(lines: str, values: dict[str, Raw | Odd]) -> dict[str, Entry]:
    """Where the `values` that `simple_values` found stand."""
    entries: dict[str, Entry] = {}
    for number, row in enumerate(_LINE.findall(lines)):
        if row[0]:
            key = row[0].rstrip()
            entry = entries[key] = Entry(key, values[key], number, number + 1)
        else:
            entry.end = number + 1
    return entries


def _say_doubled(found: list[tuple[str, ...]]) -> None:
    lines: dict[str, int] = {}
    for number, row in enumerate(found):
        key = row[0].rstrip()
        if key and key in lines:
            raise doubled(key, number, lines[key])
        lines[key] = number


_NULLS = {"~": None, "null": None}
_NOT_JSON = "\ud800"  # cannot stand in any file


def _unquoted(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]
    try:
        return str(orjson.loads(quoted))
    except orjson.JSONDecodeError:
        return _NOT_JSON


def doubled(key: str, line: int, first: int) -> BrokenNote:
    """What is said about a key that stands in the front matter twice (lines counted from 0 there)."""
    return BrokenNote(
        line + 2,
        f"the key “{key}” is there twice (also on line {first + 2})",
        "Keep the line that is right and remove or rename the other.",
        key,
    )
