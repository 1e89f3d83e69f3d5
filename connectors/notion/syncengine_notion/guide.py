"""Pages of guidance as blocks, within the limits: 100 blocks in a request, 2,000 UTF-16 units in a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from syncengine_notion.prose import MOST_RUNS, marked_runs, plain_runs

Json = dict[str, Any]

MOST_BLOCKS = 100
_STARTS = (
    ("heading_1", r"# +(.+)"), ("heading_2", r"## +(.+)"), ("heading_3", r"###+ +(.+)"),
    ("numbered_list_item", r"\d+[.)] +(.+)"), ("bulleted_list_item", r"[-*] +(.+)"), ("quote", r"> ?(.+)"),
)  # fmt: skip


def blocks(markdown: str) -> list[Json]:
    """Headings, lists, quotes and paragraphs; a paragraph's lines are joined, as Markdown has it."""
    return [block for kind, text in _parts(markdown) for block in _block(kind, text)]


def batches(found: list[Json]) -> Iterator[list[Json]]:
    """As many blocks at a time as a request may carry."""
    for start in range(0, len(found), MOST_BLOCKS):
        yield found[start : start + MOST_BLOCKS]


def code(text: str) -> Json:
    """A code block that holds `text` whole."""
    return {"type": "code", "code": {"rich_text": plain_runs(text), "language": "json"}}


def _parts(markdown: str) -> Iterator[tuple[str, str]]:
    kind, lines = "", list[str]()
    for line in [*markdown.splitlines(), ""]:
        start = _start(line)
        if lines and (start is not None or not line.strip()):
            yield kind, " ".join(lines)
            lines = []
        if start is not None:
            kind, lines = start[0], [start[1]]
        elif line.strip():
            kind = kind if lines else "paragraph"
            lines.append(line.strip())


def _start(line: str) -> tuple[str, str] | None:
    for kind, pattern in _STARTS:
        found = re.fullmatch(pattern, line.strip())
        if found:
            return kind, found[1]
    return None


def _block(kind: str, text: str) -> Iterator[Json]:
    runs = marked_runs(text)
    for start in range(0, len(runs), MOST_RUNS):
        yield {"type": kind, kind: {"rich_text": runs[start : start + MOST_RUNS]}}
