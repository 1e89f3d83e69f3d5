"""Where in `mentorsync.toml` a key stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache


def line_of(text: str, keys: Sequence[str | int]) -> int:
    """The line on which `keys`, as in ("replica", 1, "path"), stands or would stand in TOML; 1-based."""
    return _line_of(text, tuple(keys))


@lru_cache(64)  # a run asks for a few keys of one text, before anything is wrong with them
def _line_of(text: str, keys: tuple[str | int, ...]) -> int:
    lines = text.split("\n")  # as TOML counts; `splitlines` knows of more ends of a line
    start, end = 0, len(lines)
    if keys and isinstance(keys[0], str):
        wanted = keys[1] if len(keys) > 1 and isinstance(keys[1], int) else 0
        heads = [i for i, line in enumerate(lines) if re.match(rf"\s*\[+\s*{re.escape(keys[0])}\s*\]+", line)]
        if wanted < len(heads):
            start = heads[wanted]
            end = next((i for i in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[i])), len(lines))
    last = next((k for k in reversed(keys) if isinstance(k, str)), None)
    for number in range(start, end):
        if last is not None and re.match(rf"\s*[\"']?{re.escape(last)}[\"']?\s*=", lines[number]):
            return number + 1
    return start + 1
