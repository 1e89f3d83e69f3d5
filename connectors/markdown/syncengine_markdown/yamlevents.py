"""Front matter of any form, read from PyYAML's events: values as text, with the lines and comments of each key.

Events rather than `yaml.compose`, because composing is recursive in C: 100,000 nested brackets would end the
process. An alias costs what its name costs, so "billion laughs" stays a few lines here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from syncengine_markdown.frontmatter import BrokenNote, Entry, Odd, Raw, doubled

DEEPEST = 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# YAML 1.1 ends a line at these; people paste them from word processors and mean a character.
_BREAKS = {0x85: "\ue000", 0x2028: "\ue001", 0x2029: "\ue002"}
_BACK = {0xE000: "\x85", 0xE001: "\u2028", 0xE002: "\u2029"}


@dataclass(slots=True)
class _Node:
    value: Raw | Odd
    flow: bool = False
    inner: list[_Node] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    """The pieces of text that belong to it: comments lie between them."""


def yaml_entries(lines: str) -> dict[str, Entry]:
    """The entries of the front matter `lines`. Raises `BrokenNote` with the line of the file for broken YAML."""
    if re.search("[\x85\u2028\u2029]", lines) and not re.search("[\ue000-\ue002]", lines):
        entries = _Reader(lines.translate(_BREAKS)).entries()
        for entry in entries.values():
            entry.value = _restored(entry.value)
        return {key.translate(_BACK): entry for key, entry in entries.items()}
    return _Reader(lines).entries()


def _restored(value: Raw | Odd) -> Raw | Odd:
    if isinstance(value, list):
        return [None if part is None else part.translate(_BACK) for part in value]
    if isinstance(value, Odd):
        return Odd(value.text.translate(_BACK))
    return None if value is None else value.translate(_BACK)


def _too_deep(line: int) -> BrokenNote:
    return BrokenNote(line, "the front matter is nested too deeply", "Remove the brackets.")


class _Reader:
    def __init__(self, lines: str) -> None:
        self.lines = lines
        self.starts = [0, *(match.end() for match in re.finditer("\n", lines))]
        self.anchors: dict[str, _Node] = {}

    def entries(self) -> dict[str, Entry]:
        try:
            return self._entries(yaml.parse(self.lines, Loader=_LOADER))
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            line = mark.line if mark else 0
            if "nesting" in (problem.problem or ""):  # libyaml has a limit of its own too
                raise _too_deep(line + 2) from None
            raise BrokenNote(line + 2, f"the front matter is not valid YAML: {problem.problem or problem.context}",
                             'Mend that line; text with a colon, # or quotes in it goes between "…".',
                             self._line(line)) from None  # fmt: skip
        except yaml.YAMLError as problem:
            raise BrokenNote(0, f"the front matter is not valid YAML: {str(problem).splitlines()[0]}",
                             "Remove the characters that can't be seen, or write the line anew.") from None  # fmt: skip

    def _line(self, number: int) -> str:
        return self.lines.split("\n")[number].strip() if number < len(self.starts) else ""

    def _entries(self, events: Iterator[Any]) -> dict[str, Entry]:
        next(events)  # the stream starts
        if isinstance(next(events), yaml.StreamEndEvent):
            return {}
        top = next(events)
        if isinstance(top, yaml.ScalarEvent) and not top.value:
            return {}
        if not isinstance(top, yaml.MappingStartEvent) or top.flow_style:
            raise BrokenNote(2, "the front matter is not made of lines like “key: value”",
                             "Write one key per line, or remove the --- lines around it.", self._line(0))  # fmt: skip
        entries: dict[str, Entry] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            entry = self._entry(self._node(event, events, 1), self._node(next(events), events, 1))
            if entry.key in entries:
                raise doubled(entry.key, entry.start, entries[entry.key].start)
            entries[entry.key] = entry
        next(events)  # the document ends
        if not isinstance(next(events), yaml.StreamEndEvent):
            raise BrokenNote(
                2, "the front matter has several YAML documents", "Remove the line that divides it."
            )
        return entries

    def _entry(self, key: _Node, value: _Node) -> Entry:
        spans = [*key.spans, *value.spans]
        start = self._line_of(spans[0][0])
        end = max(self._line_of(last - 1 if last > first else first) for first, last in spans) + 1
        if not isinstance(key.value, str) or not self._alone(spans[0][0]):
            text = key.value if isinstance(key.value, str) else "?"
            raise BrokenNote(start + 2, "a key has to be a short text at the start of its line",
                             "Write it like “key: value”.", text)  # fmt: skip
        return Entry(key.value, value.value, start, end, tuple(self._comments(start, end, spans)))

    def _alone(self, offset: int) -> bool:
        return offset in (0, self.starts[self._line_of(offset)])

    def _line_of(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def _comments(self, start: int, end: int, spans: list[tuple[int, int]]) -> Iterator[str]:
        begin = self.starts[start]
        stop = self.starts[end] if end < len(self.starts) else len(self.lines)
        text = list(self.lines[begin:stop])
        for first, last in spans:
            text[first - begin : last - begin] = "\0" * (last - first)
        for match in re.finditer(r"(?:^|(?<=\s))#.*", "".join(text), re.MULTILINE):
            yield match[0].rstrip()

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> _Node:
        """The value that begins with `event`, taking what belongs to it from `events`."""
        first, last = event.start_mark.index, event.end_mark.index
        if depth > DEEPEST:
            raise _too_deep(self._line_of(first) + 2)
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(str(event.anchor))
            return _Node(known.value if known else Odd(f"*{event.anchor}"), spans=[(first, last)])
        if isinstance(event, yaml.ScalarEvent):
            empty = event.implicit[0] and event.value in ("", "~", "null")
            last = first + len(self.lines[first:last].rstrip())
            node = _Node(None if empty else event.value, spans=[(first, last)])
        else:
            node = self._collection(event, events, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _collection(self, event: Any, events: Iterator[Any], depth: int) -> _Node:
        mapping = isinstance(event, yaml.MappingStartEvent)
        node = _Node(None, bool(event.flow_style))
        node.spans.append((event.start_mark.index, event.end_mark.index))
        for inner in events:
            if isinstance(inner, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                closing: Any = inner
                if node.flow:
                    node.spans.append((closing.start_mark.index, closing.end_mark.index))
                break
            node.inner.append(self._node(inner, events, depth + 1))
            node.spans.extend(node.inner[-1].spans)
        node.value = self._odd(node) if mapping else self._list(node)
        return node

    def _list(self, node: _Node) -> Raw | Odd:
        link = _unquoted_link(node)
        if link:
            return link
        if any(not (isinstance(part.value, str) or part.value is None) for part in node.inner):
            return self._odd(node)
        return [part.value for part in node.inner if not isinstance(part.value, list | Odd)]

    def _odd(self, node: _Node) -> Odd:
        return Odd(self.lines[node.spans[0][0] : max(last for _, last in node.spans)].strip())


def _unquoted_link(node: _Node) -> str | None:
    """`[[Ada]]` without quotes is, to YAML, a list in a list; to the person who wrote it, a link."""
    if not node.flow or len(node.inner) != 1 or not node.inner[0].flow:
        return None
    inner = node.inner[0].value
    return f"[[{', '.join(part or '' for part in inner)}]]" if isinstance(inner, list) else None
