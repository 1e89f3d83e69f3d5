"""An iCalendar file as lines and components, so that what is not ours survives to the byte.

The icalendar library understands and builds values well, but writing a parsed file back changes it: unparsable
lines vanish, `REQUEST-STATUS:2.0;Success` gains a backslash, parameters gain quotes, repeated properties move
together (tried with 7.3.0). So a file is edited here by replacing single lines; values go through the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from syncengine_ical import library

_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_BOM = b"\xef\xbb\xbf"
_DEEPEST = 20


class Broken(Exception):
    """The file is not iCalendar: where (line, from 1) and why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


@dataclass(eq=False)
class Line:
    """One content line: `raw` as it stands, with its folds and its line ending."""

    raw: bytes
    number: int = 0
    """Where it begins in the file, from 1; 0 for a line made here."""

    @cached_property
    def name(self) -> str:
        """The property's name in capitals; "" for a line that is no property."""
        found = _NAME.match(self.raw)
        return found[0].decode().upper() if found else ""

    @cached_property
    def text(self) -> str:
        """The line unfolded, without its ending."""
        return re.sub(rb"\r?\n[ \t]", b"", self.raw).rstrip(b"\r\n").decode()

    @cached_property
    def _parts(self) -> tuple[dict[str, str], str]:
        at, params = len(self.name), {}
        while found := _PARAM.match(self.text, at):
            params[found[1].upper()] = found[2].strip('"')
            at = found.end()
        return params, self.text[at + 1 :]

    @property
    def params(self) -> dict[str, str]:
        """Parameters by name in capitals, without quotes."""
        return self._parts[0]

    @property
    def value(self) -> str:
        """The value as written, escapes and all."""
        return self._parts[1]

    @property
    def words(self) -> str:
        """The value as text, unescaped (RFC 5545, 3.3.11)."""
        return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(eq=False)
class Component:
    """BEGIN to END, in the order of the file."""

    begin: Line
    ending: bytes
    """The line ending of the file."""
    entries: list[Line | Component] = field(default_factory=list)
    end: Line | None = None

    @property
    def name(self) -> str:
        """VEVENT, VALARM …"""
        return self.begin.value.strip().upper()

    def all(self, name: str) -> list[Line]:
        """Its own lines of that property."""
        return [entry for entry in self.entries if isinstance(entry, Line) and entry.name == name]

    def first(self, name: str) -> Line | None:
        """The first line of that property."""
        return next(iter(self.all(name)), None)

    def value(self, name: str) -> str:
        """The first line's value as written, or ""."""
        line = self.first(name)
        return line.value.strip() if line else ""

    def components(self, name: str) -> list[Component]:
        """Its direct components of that name."""
        return [entry for entry in self.entries if isinstance(entry, Component) and entry.name == name]

    def set(self, name: str, texts: Sequence[str]) -> None:
        """Make `texts` (unfolded content lines) the lines of that property, in the place of the first one.

        Nothing happens when they say that already; new properties go after the last one, before alarms.
        """
        present = self.all(name)
        if [line.text for line in present] == list(texts):
            return
        lines = [content_line(text, self.ending) for text in texts]
        if present:
            at = self.entries.index(present[0])
        else:
            at = 1 + max((n for n, entry in enumerate(self.entries) if isinstance(entry, Line)), default=-1)
        kept = [entry for entry in self.entries[:at] if entry not in present]
        rest = [entry for entry in self.entries[at:] if entry not in present]
        self.entries = [*kept, *lines, *rest]

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the component, in order."""
        yield self.begin.raw
        for entry in self.entries:
            if isinstance(entry, Line):
                yield entry.raw
            else:
                yield from entry.chunks()
        if self.end is not None:
            yield self.end.raw


@dataclass(eq=False)
class Document:
    """A file: calendars, and whatever stands between them."""

    ending: bytes = b"\r\n"
    entries: list[Line | Component] = field(default_factory=list)
    bom: bool = False

    @property
    def calendars(self) -> list[Component]:
        """Each VCALENDAR; usually one."""
        return [entry for entry in self.entries if isinstance(entry, Component) and entry.name == "VCALENDAR"]

    def to_bytes(self) -> bytes:
        """The file, byte for byte what was parsed except for the lines that were set."""
        parts = [_BOM] if self.bom else []
        for entry in self.entries:
            parts.extend([entry.raw] if isinstance(entry, Line) else entry.chunks())
        return b"".join(parts)


def content_line(text: str, ending: bytes = b"\r\n") -> Line:
    """A line for `text`, folded at 75 octets without splitting a character (RFC 5545, 3.1).

    `text` must be one line: values are escaped before they come here.
    """
    if "\n" in text or "\r" in text:
        raise ValueError("a content line cannot contain a line break")
    return Line(library.folded(text).replace(b"\r\n", ending) + ending)


def new_component(name: str, texts: Sequence[str], ending: bytes = b"\r\n") -> Component:
    """A component made here, of unfolded content lines."""
    lines: list[Line | Component] = [content_line(text, ending) for text in texts]
    return Component(
        content_line(f"BEGIN:{name}", ending), ending, lines, content_line(f"END:{name}", ending)
    )


def parse(data: bytes) -> Document:
    """The file as a document; raises `Broken` for what is not UTF-8, not nested, or ends in the middle."""
    bom = data.startswith(_BOM)
    document = Document(b"\r\n" if b"\r\n" in data or b"\n" not in data else b"\n", bom=bom)
    open_: list[Component] = []
    for line in _lines(data[len(_BOM) :] if bom else data):
        here = open_[-1].entries if open_ else document.entries
        if line.name == "BEGIN":
            component = Component(line, document.ending)
            if component.name == "VEVENT" and open_ and open_[-1].name != "VCALENDAR":
                raise Broken(line.number, f"begins an event inside a {open_[-1].name[:40]}")
            here.append(component)
            open_.append(component)
            if len(open_) > _DEEPEST:
                raise Broken(line.number, "has components nested too deeply")
        elif line.name == "END":
            if not open_ or line.value.strip().upper() != open_[-1].name:
                raise Broken(line.number, f"ends {line.value.strip()[:40]}, which was not begun there")
            open_.pop().end = line
        else:
            here.append(line)
    if open_:
        raise Broken(open_[-1].begin.number, f"begins {open_[-1].name[:40]} and never ends it")
    if not document.calendars:
        raise Broken(1, "has no calendar in it")
    return document


def _lines(data: bytes) -> Iterator[Line]:
    """Logical lines: a physical line and the folded ones after it."""
    start, number, at = 0, 1, 0
    counted = 1
    while at < len(data):
        newline = data.find(b"\n", at)
        at = len(data) if newline < 0 else newline + 1
        counted += 1
        if data[at : at + 1] in (b" ", b"\t"):
            continue
        line = Line(data[start:at], number)
        try:
            _ = line.text
        except UnicodeDecodeError:
            raise Broken(number, "is not written in UTF-8") from None
        yield line
        start, number = at, counted
