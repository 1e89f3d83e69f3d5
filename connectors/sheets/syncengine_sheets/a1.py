"""A1 notation: cells and ranges as people and the values endpoints write them. Rows and columns count from 0 here."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CELL = re.compile(r"([A-Za-z]{0,3})([0-9]{0,8})")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*")


@dataclass(frozen=True, slots=True)
class Area:
    """A range of one tab, end-exclusive; `None`: as far as the tab goes."""

    title: str | None
    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None


def letters(column: int) -> str:
    """`A` for 0, `AA` for 26."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def number(text: str) -> int:
    """0 for `A`, 26 for `AA`."""
    found = 0
    for letter in text.upper():
        found = found * 26 + ord(letter) - 64
    return found - 1


def quoted(title: str) -> str:
    """A tab's title as ranges need it; always quoted, since even `A1` can be a title."""
    return "'" + title.replace("'", "''") + "'"


def shown(title: str) -> str:
    """A title as the service shows it: quoted where it has to be."""
    plain = _PLAIN.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title)
    return title if plain else quoted(title)


def cell(row: int, column: int) -> str:
    """`C7` for (6, 2)."""
    return f"{letters(column)}{row + 1}"


def parse(text: str) -> Area:
    """The area that a range names. Raises `ValueError` for what is none; a bare word may still be a tab's title."""
    title: str | None = None
    rest = text
    if text.startswith("'"):
        found = re.match(r"'((?:[^']|'')*)'(?:!|$)", text)
        if not found:
            raise ValueError(text)
        title, rest = found[1].replace("''", "'"), text[found.end() :]
    elif "!" in text:
        title, _, rest = text.rpartition("!")
    if not rest:
        return Area(title)
    first, colon, last = rest.partition(":")
    start, end = _CELL.fullmatch(first), _CELL.fullmatch(last)
    if not start or not end or not (start[1] or start[2]) or (colon and not (end[1] or end[2])):
        raise ValueError(text)
    return _area(title, _half(start), _half(end) if colon else None)


def _half(found: re.Match[str]) -> tuple[int | None, int | None]:
    return (int(found[2]) - 1 if found[2] else None), (number(found[1]) if found[1] else None)


def _area(
    title: str | None, start: tuple[int | None, int | None], end: tuple[int | None, int | None] | None
) -> Area:
    top, left = start
    if end is None:
        if top is None or left is None:
            raise ValueError("a column or row needs its end")
        return Area(title, top, left, top + 1, left + 1)
    rows = sorted(one for one in (top, end[0]) if one is not None)
    columns = sorted(one for one in (left, end[1]) if one is not None)
    return Area(
        title, rows[0] if rows and top is not None else 0, columns[0] if columns and left is not None else 0,
        rows[-1] + 1 if end[0] is not None else None, columns[-1] + 1 if end[1] is not None else None,
    )  # fmt: skip
