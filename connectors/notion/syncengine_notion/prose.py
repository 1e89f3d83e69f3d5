"""Markdown prose as Notion's rich text and back: bold, italic, struck through, code, links.

Writing never loses a letter: what would not be read back exactly as it was is written as plain text instead.
Vendor facts: 2,000 UTF-16 units in a run, 100 runs in a value; adjacent equal runs come back joined, long ones in pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

Json = dict[str, Any]

MOST_UNITS, MOST_RUNS = 2000, 100

_MARKS = (("code", "`"), ("strikethrough", "~~"), ("italic", "*"), ("bold", "**"))
_MARKED = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|\*\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|~~(?P<strikethrough>[^\s~](?:[^~\n]*[^\s~])?)~~"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<url>(?:https?://|mailto:)[^\s()]+)\)"
)


class TooLong(Exception):
    """More text than one value in Notion may hold."""


def plain_runs(text: str) -> list[Json]:
    """`text` without any markup, in as few runs as the limits allow. Raises `TooLong`."""
    runs = [_run(piece) for piece in pieces(text)]
    if len(runs) > MOST_RUNS:
        raise TooLong
    return runs


def marked_runs(text: str) -> list[Json]:
    """Markdown as rich text; plain where marks would be lost or there would be too many runs. Raises `TooLong`."""
    if _MARKED.search(text):
        runs = list(_marked(text))
        if len(runs) <= MOST_RUNS and read_marked([as_read(run) for run in runs]) == text:
            return runs
    return plain_runs(text)


def read_plain(items: Sequence[Json]) -> str:
    """The words alone."""
    return "".join(item["plain_text"] for item in items)


def read_marked(items: Sequence[Json]) -> str:
    """The words with their marks as Markdown."""
    found: list[str] = []
    for (marks, link), same in groupby(items, key=style):
        text = "".join(item["plain_text"] for item in same)
        found.append(with_marks(text, marks, link) if marks or link else text)
    return "".join(found)


def pieces(text: str) -> list[str]:
    """`text` cut into pieces of at most 2,000 UTF-16 units, never inside a character."""
    if len(text) * 2 <= MOST_UNITS:
        return [text] if text else []
    found: list[str] = []
    start = size = 0
    for place, letter in enumerate(text):
        wide = 2 if letter > "\uffff" else 1
        if size + wide > MOST_UNITS:
            found.append(text[start:place])
            start, size = place, 0
        size += wide
    return [*found, text[start:]]


def _run(content: str, marks: Json | None = None, link: str | None = None) -> Json:
    text: Json = {"content": content, **({"link": {"url": link}} if link else {})}
    return {"type": "text", "text": text, **({"annotations": marks} if marks else {})}


def _marked(text: str) -> Iterator[Json]:
    at = 0
    for found in _MARKED.finditer(text):
        yield from map(_run, pieces(text[at : found.start()]))
        at = found.end()
        if found["url"]:
            yield from (_run(piece, None, found["url"]) for piece in pieces(found["label"]))
        else:
            kind = str(found.lastgroup)
            yield from (_run(piece, {kind: True}) for piece in pieces(found[kind]))
    yield from map(_run, pieces(text[at:]))


def as_read(run: Json) -> Json:
    """A run of ours as Notion shows it, as far as reading looks."""
    link = run["text"].get("link")
    return {
        "plain_text": run["text"]["content"],
        "annotations": run.get("annotations", {}),
        "href": link and link["url"],
    }


def style(item: Json) -> tuple[tuple[str, ...], str | None]:
    said = item.get("annotations") or {}
    return tuple(mark for mark, _ in _MARKS if said.get(mark)), item.get("href")


def with_marks(text: str, marks: tuple[str, ...], link: str | None) -> str:
    """Line by line, for no mark spans lines; blanks at the edges stay outside, for marks hug words."""
    return "\n".join(_line(line, marks, link) for line in text.split("\n"))


def _line(line: str, marks: tuple[str, ...], link: str | None) -> str:
    core = line.strip()
    if not core:
        return line
    before, after = line[: line.index(core)], line[line.index(core) + len(core) :]
    for mark, sign in _MARKS:
        if mark in marks and sign not in core:
            core = f"{sign}{core}{sign}"
    if link and link != core and not re.search(r"[\[\]()]", core + link):
        core = f"[{core}]({link})"
    return f"{before}{core}{after}"
