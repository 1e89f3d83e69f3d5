"""A block's rich text changed in some words, with all else as people made it: colours, underlines, equations, mentions. Pure.

Vendor facts: a write replaces the whole array; mentions of pages, databases, days and emoji of one's own can be written, those
of links can't. A mention of a person is written as its words: whether writing it again tells that person anew is not known
(design rule 12).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from syncengine_notion.prose import (
    MOST_RUNS,
    as_read,
    marked_runs,
    read_marked,
    read_plain,
    style,
    with_marks,
)

Json = dict[str, Any]
Span = tuple[str, list[Json]]
"""What some items read as, and the items."""

_MENTIONS = {
    "page": ("id",),
    "database": ("id",),
    "custom_emoji": ("id",),
    "date": ("start", "end", "time_zone"),
}


def retouched(items: Sequence[Json], text: str) -> list[Json]:
    """Rich text, to be written, that reads as `text`: of `items`, what stands before and after the change, as it is.

    Raises `TooLong`.
    """
    spans = list(_spans(items))
    head = _same(spans, text)
    rest = text[sum(len(said) for said, _ in spans[:head]) :]
    tail = _same([(said[::-1], group) for said, group in reversed(spans[head:])], rest[::-1])
    end = len(spans) - tail
    middle = rest[: len(rest) - sum(len(said) for said, _ in spans[end:])]
    before, after = ([one for _, group in some for one in group] for some in (spans[:head], spans[end:]))
    fresh = _fresh(spans[head:end], middle)
    if (
        read_marked([*before, *map(as_read, fresh), *after]) != text
        or len(before) + len(fresh) + len(after) > MOST_RUNS
    ):
        return marked_runs(text)
    return [*filter(None, map(_written, before)), *fresh, *filter(None, map(_written, after))]


def _spans(items: Sequence[Json]) -> Iterator[Span]:
    for (marks, link), same in groupby(items, key=style):
        group = list(same)
        if marks or link:
            yield with_marks(read_plain(group), marks, link), group
        else:
            yield from ((item["plain_text"], [item]) for item in group)


def _same(spans: Sequence[Span], text: str) -> int:
    """How many spans from the first on stand at the beginning of the text, and can be written as they are."""
    at = 0
    for number, (said, group) in enumerate(spans):
        if not text.startswith(said, at) or any(_written(item) is None for item in group):
            return number
        at += len(said)
    return len(spans)


def _fresh(instead: Sequence[Span], text: str) -> list[Json]:
    """What is new; in the colour of what it is instead of, where that is one run of plain words."""
    made = marked_runs(text)
    replaced = [item for _, group in instead for item in group]
    plain = not any("annotations" in run or run["text"].get("link") for run in made)
    if plain and len(replaced) == 1 and replaced[0]["type"] == "text" and style(replaced[0]) == ((), None):
        return [{**run, "annotations": replaced[0]["annotations"]} for run in made]
    return made


def _written(item: Json) -> Json | None:
    """An item as it is written to be what it is; `None` where that can't be."""
    looks = {"type": item["type"], "annotations": item["annotations"]}
    if item["type"] == "text":
        link = item["text"].get("link")
        return {
            **looks,
            "text": {"content": item["text"]["content"], **({"link": {"url": link["url"]}} if link else {})},
        }
    if item["type"] == "equation":
        return {**looks, "equation": {"expression": item["equation"]["expression"]}}
    mention = item.get("mention") or {}
    kind = mention.get("type", "")
    if kind not in _MENTIONS:
        return None
    said = {
        key: value for key, value in mention[kind].items() if key in _MENTIONS[kind] and value is not None
    }
    return {**looks, "mention": {"type": kind, kind: said}}
