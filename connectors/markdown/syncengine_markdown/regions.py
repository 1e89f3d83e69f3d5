"""Generated regions: what sync fills in between two marker lines of a note's prose (`pair.agenda`).

    %% mentorsync agenda: filled by sync, write outside of it %%
    …
    %% /mentorsync agenda %%

`%%` lines are Obsidian's comments: people who read the note don't see them. Everything outside is the person's.
A line of somebody's text that looks like a marker gets a backslash in front, and loses it when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from syncengine_markdown.frontmatter import BrokenNote

_MARKER = re.compile(r"^%% (/?)mentorsync (\w+)[^\n]*%%[ \t]*\r?$", re.MULTILINE)
_LIKE_MARKER = re.compile(r"^(\\*)(%% /?mentorsync )", re.MULTILINE)
_ESCAPED = re.compile(r"^\\(\\*%% /?mentorsync )", re.MULTILINE)


class Region(NamedTuple):
    """One region. Offsets count characters of the text it was found in."""

    name: str
    start: int
    """Where its first marker line begins."""
    inner: int
    """Where what it holds begins."""
    stop: int
    """Where its last marker line begins."""
    end: int
    """Where its last marker line ends, before the line break."""


def find_regions(prose: str, names: Collection[str]) -> list[Region]:
    """The regions called `names`, in order. Raises `BrokenNote` (lines count from the start of `prose`)."""
    if "%% mentorsync " not in prose and "%% /mentorsync " not in prose:
        return []
    regions: list[Region] = []
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(prose):
        if marker[2] not in names:
            continue
        closing = bool(marker[1])
        if closing != (opened is not None) or (opened and opened[2] != marker[2]):
            raise _lost(prose, marker, f"the two marker lines of “{marker[2]}” are not one after the other")
        if not closing:
            if any(region.name == marker[2] for region in regions):
                raise _lost(prose, marker, f"the part “{marker[2]}” that sync fills is there twice")
            opened = marker
        elif opened:
            inner = min(opened.end() + 1, marker.start())
            regions.append(Region(marker[2], opened.start(), inner, marker.start(), marker.end()))
            opened = None
    if opened:
        raise _lost(prose, opened, f"the last line of the part “{opened[2]}” that sync fills is missing")
    return regions


def _lost(prose: str, marker: re.Match[str], reason: str) -> BrokenNote:
    name = marker[2]
    remedy = (
        f"Have it once, between a line “{opening(name)}” and a line “{closing(name)}”, or remove these lines."
    )
    return BrokenNote(prose.count("\n", 0, marker.start()) + 1, reason, remedy, marker[0].rstrip())


def opening(name: str) -> str:
    """The marker line above region `name`."""
    return f"%% mentorsync {name}: filled by sync, write outside of it %%"


def closing(name: str) -> str:
    """The marker line below region `name`."""
    return f"%% /mentorsync {name} %%"


def escaped(text: str) -> str:
    """`text` with nothing in it that would be taken for a marker."""
    return _LIKE_MARKER.sub(r"\1\\\2", text) if "%% " in text and "mentorsync " in text else text


def unescaped(text: str) -> str:
    """What `escaped` was given."""
    return _ESCAPED.sub(r"\1", text) if "\\%% " in text and "mentorsync " in text else text


def outside(prose: str, regions: list[Region]) -> list[str]:
    """What people wrote: before, between and after the regions, one piece more than there are regions."""
    edges = [0, *(edge for region in regions for edge in (region.start, region.end)), len(prose)]
    return [prose[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]


def joined(pieces: list[str]) -> str:
    """The pieces as one text: a blank line stands where a region was."""
    if len(pieces) == 1:
        return pieces[0]
    return "\n\n".join(piece.strip("\r\n").rstrip() for piece in pieces if piece.strip())
