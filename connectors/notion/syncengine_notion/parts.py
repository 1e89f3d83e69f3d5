"""A page's text in parts: Markdown to paragraphs, headings, lists, quotes and code, and back. Pure.

Words are never lost on the way; what Notion has no form for (a table, a footnote) is a paragraph of the letters as they
stand. Blank space may differ (`rendered(parse(text))` has one blank line between parts), which is for the engine to know:
what Notion shows is held, what was sent stays the record's (design rule 8).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LISTED = ("bulleted_list_item", "numbered_list_item", "to_do")


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a text that is a block of its own in Notion."""

    kind: str
    """A type of block that holds text, or `divider`."""
    text: str = ""
    """Words with their marks as Markdown; those of code as they stand."""
    depth: int = 0
    """In how many list items it lies."""
    mark: str = ""
    """Of a to-do: "x" where it is done; of code: its language."""

    @property
    def listed(self) -> bool:
        return self.kind in LISTED


_FENCE = re.compile(r"(`{3,}|~{3,})([^`\s]*)[ \t]*")
_HEADING = re.compile(r"(#{1,4}) +(\S.*)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|(\d{1,4})\.)(?:[ \t]+(.*))?")
_BOX = re.compile(r"\[([ xX])\] +(\S.*)")


def parse(text: str) -> list[Part]:
    """Markdown as parts. Nothing is dropped but blank lines, and marks that say what the kind of a part says."""
    return list(_Reader(text.split("\n")).parts())


class _Reader:
    """Line by line."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines, self._at = lines, 0
        self._open: list[int] = []
        """The indentation of the markers of the list items that the next line may lie in."""
        self._number: dict[int, int] = {}
        """Depth to the last number there."""

    def parts(self) -> Iterator[Part]:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if not line.strip():
                self._at += 1
                continue
            yield self._fenced() or self._single(line) or self._item(line) or self._paragraph()

    def _fenced(self) -> Part | None:
        line, depth = self._inside(self._lines[self._at])
        opened = _FENCE.fullmatch(line)
        if opened is None:
            return None
        for end in range(self._at + 1, len(self._lines)):
            if self._inside(self._lines[end])[0].rstrip() == opened[1]:
                width = self._width(depth)
                code = [
                    one[width:] if one[:width].isspace() else one for one in self._lines[self._at + 1 : end]
                ]
                self._at = end + 1
                return self._placed(Part("code", "\n".join(code), depth, opened[2]))
        return None

    def _single(self, line: str) -> Part | None:
        """A heading, a line across, or a quote."""
        if line.rstrip() == "---":
            found = Part("divider")
        elif heading := _HEADING.fullmatch(line):
            found = Part(f"heading_{len(heading[1])}", heading[2])
        elif line.startswith(">"):
            return self._quote()
        else:
            return None
        self._at += 1
        return self._placed(found)

    def _quote(self) -> Part:
        said = []
        while self._at < len(self._lines) and self._lines[self._at].startswith(">"):
            said.append(self._lines[self._at][1:].removeprefix(" "))
            self._at += 1
        return self._placed(Part("quote", "\n".join(said)))

    def _item(self, line: str) -> Part | None:
        item = self._is_item(line)
        if item is None:
            return None
        indent, number, words = len(item[1].expandtabs(4)), item[2], item[3] or ""
        while self._open and indent < self._open[-1] + 2:
            self._open.pop()
        depth = len(self._open)
        self._open.append(indent)
        self._at += 1
        self._number = {level: last for level, last in self._number.items() if level < depth}
        if number:
            self._number[depth] = int(number)
        box = None if number else _BOX.fullmatch(words)
        said = "\n".join([box[2] if box else words, *self._more()])
        if box:
            return Part("to_do", said, depth, "" if box[1] == " " else "x")
        return Part("numbered_list_item" if number else "bulleted_list_item", said, depth)

    def _is_item(self, line: str) -> re.Match[str] | None:
        """A numbered line is an item only where its number is the one that Notion would show there."""
        item = _ITEM.fullmatch(line)
        if item is None or item[2] is None:
            return item
        indent, opened = len(item[1].expandtabs(4)), list(self._open)
        while opened and indent < opened[-1] + 2:
            opened.pop()
        return item if int(item[2]) == self._number.get(len(opened), 0) + 1 else None

    def _more(self) -> Iterator[str]:
        """The lines that go on with an item."""
        while self._at < len(self._lines) and self._lines[self._at].strip() and not self._begins():
            if _ITEM.fullmatch(self._lines[self._at]):
                return  # with a number that Notion would not show
            yield self._lines[self._at].lstrip()
            self._at += 1

    def _paragraph(self) -> Part:
        first, depth = self._inside(self._lines[self._at])
        self._at += 1
        lines, width = [first], self._width(depth)
        while self._at < len(self._lines) and self._lines[self._at].strip() and not self._begins():
            line = self._lines[self._at]
            lines.append(line[width:] if line[:width].isspace() else line)
            self._at += 1
        return self._placed(Part("paragraph", "\n".join(lines), depth))

    def _begins(self) -> bool:
        """Whether the line begins a part of its own. A line across would be a heading's underline here."""
        line = self._lines[self._at]
        return bool(_HEADING.fullmatch(line) or line.startswith(">") or self._is_item(line)
                    or _FENCE.fullmatch(self._inside(line)[0]))  # fmt: skip

    def _inside(self, line: str) -> tuple[str, int]:
        """The line without the indentation of the list items that it lies in, and how many they are."""
        indent = len(line) - len(line.lstrip(" "))
        depth = sum(indent >= marker + 2 for marker in self._open)
        return line[self._width(depth) :] if depth else line, depth

    def _width(self, depth: int) -> int:
        return self._open[depth - 1] + 2 if depth else 0

    def _placed(self, part: Part) -> Part:
        del self._open[part.depth :]
        self._number = {level: last for level, last in self._number.items() if level < part.depth}
        return part


def rendered(parts: Sequence[Part]) -> str:
    """The parts as Markdown; those of a list without blank lines between them."""
    found: list[str] = []
    widths: list[int] = [0]
    numbers: dict[int, int] = {}
    before: Part | None = None
    for part in parts:
        depth = min(part.depth, len(widths) - 1)
        del widths[depth + 1 :]
        last = numbers.get(depth, 0)
        numbers = {level: number for level, number in numbers.items() if level < depth}
        sign = ""
        if part.kind == "numbered_list_item":
            numbers[depth] = last + 1
            sign = f"{numbers[depth]}. "
        if before is not None:
            found.append("\n" if part.listed and before.listed else "\n\n")
        found.append(_indented(_shown(part, sign), widths[depth], part))
        if part.listed:
            widths.append(widths[depth] + (len(sign) or 2))
        before = part
    return "".join(found)


def _shown(part: Part, number: str) -> str:
    """One part by itself; `number` is a numbered item's."""
    if part.kind == "divider":
        return "---"
    if part.kind.startswith("heading_"):
        return f"{'#' * int(part.kind[-1])} {part.text}"
    if part.kind == "quote":
        return "\n".join(f"> {line}".rstrip() if not line else f"> {line}" for line in part.text.split("\n"))
    if part.kind == "code":
        longest = max((len(run) for run in re.findall(r"`{3,}", part.text)), default=2)
        fence = "`" * max(3, longest + 1)
        return f"{fence}{part.mark}\n{part.text}\n{fence}" if part.text else f"{fence}{part.mark}\n{fence}"
    if part.kind == "to_do":
        return f"- [{part.mark or ' '}] {part.text}"
    if part.listed:
        return f"{number or '- '}{part.text}" if part.text else (number or "-").rstrip()
    return part.text


def _indented(text: str, width: int, part: Part) -> str:
    inner = width + (2 if part.listed else 0)
    first, *more = text.split("\n")
    return "\n".join([" " * width + first, *(" " * inner + line if line else line for line in more)])
