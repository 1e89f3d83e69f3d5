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


@dataclass(slots=True)
class Note:
    """The text of a file, taken apart. Offsets count characters of `text`."""

    text: str
    """Without a byte order mark; line endings as in the file."""
    entries: dict[str, Entry]
    front: int
    """Where the first line of the front matter begins; -1: the note has none."""
    close: int
    """Where the closing `---` begins."""
    body: int
    """Where the prose begins."""

    def line(self, key: str) -> int:
        """The line of the file, counted from 1, on which `key` stands."""
        return self.entries[key].start + 2


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
        return Note(text, {}, -1, 0, 0)
    front = opened.end()
    closed = _CLOSE.search(text, front - 1)
    if closed is None:
        raise _unclosed()
    close = closed.start(1)
    lines = text[front:close]
    if len(lines) > MOST_FRONT:
        raise BrokenNote(1, "the front matter is too long to be one", "Move the text below the second --- line.")
    if "\r" in lines:
        lines = lines.replace("\r\n", "\n")
    entries = simple_entries(lines)
    if entries is None:
        from syncengine_markdown.yamlevents import yaml_entries  # PyYAML loads for notes that need it

        entries = yaml_entries(lines)
    return Note(text, entries, front, close, closed.end())


def _unclosed() -> BrokenNote:
    return BrokenNote(1, "the front matter is never closed", "Write a line with only --- below its last key.")


def simple_entries(lines: str) -> dict[str, Entry] | None:
    """The entries of front matter that is as simple as what we write; `None` where it isn't.

    Raises `BrokenNote` for a key that is there twice.
    """
    found = _LINE.findall(lines)
    if len(found) != lines.count("\n"):
        return None
    entries: dict[str, Entry] = {}
    entry = None
    indent = ""
    for number, (key, plain, quoted, depth, item, quoted_item) in enumerate(found):
        if key:
            value = plain.rstrip() if plain else _unquoted(quoted) if quoted else None
            key = key.rstrip()
            if key in entries:
                raise doubled(key, number, entries[key].start)
            if value is _NOT_JSON:
                return None
            entry = entries[key] = Entry(key, None if plain and value in ("~", "null") else value, number, number + 1)
            continue
        text = item.rstrip() if item else _unquoted(quoted_item)
        if entry is None or text is _NOT_JSON:
            return None
        if entry.value is None and entry.end == number == entry.start + 1 and not found[entry.start][1]:
            entry.value, indent = [], depth
        if not isinstance(entry.value, list) or depth != indent:
            return None
        entry.value.append(None if item and text in ("~", "null") else text)
        entry.end = number + 1
    return entries


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
