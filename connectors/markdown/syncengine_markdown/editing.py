"""Changes of a note's text that leave every other character where it was."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from syncengine_markdown.frontmatter import Note
from syncengine_markdown.regions import closing, escaped, find_regions, joined, opening, outside


def line_ending(text: str) -> str:
    """How the lines of `text` end: as its first one does."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def with_front(note: Note, changes: dict[str, str], order: Sequence[str]) -> str:
    """The text with the keys of `changes` set, each to its rendered value ("" or " 7" or "\\n  - a").

    A key that is there keeps its place and its comments; a new one follows the nearest key before it in `order`.
    """
    if note.front < 0:
        return _with_new_front(note.text, changes)
    end = line_ending(note.text)
    lines = note.text[note.front : note.close].split("\n")[:-1]
    pieces: list[tuple[int, int, list[str]]] = []
    for key, rendered in changes.items():
        entry = note.entries.get(key)
        if entry is None:
            place = _place(note, key, order)
            pieces.append((place, place, f"{key}:{rendered}".split("\n")))
            continue
        first, *more = f"{_key_as_written(lines[entry.start], key)}:{rendered}".split("\n")
        fresh = [first, *more, *entry.comments]
        if len(entry.comments) == 1 and not more:
            fresh = [f"{first} {entry.comments[0]}"]
        pieces.append((entry.start, entry.end, fresh))
    pieces.sort(key=lambda piece: piece[:2])
    for start, stop, fresh in reversed(pieces):  # from the end, so that the line numbers before it stay right
        lines[start:stop] = [line + end[:-1] for line in fresh]
    front = "".join(line + "\n" for line in lines)
    return note.text[: note.front] + front + note.text[note.close :]


def _with_new_front(text: str, changes: dict[str, str]) -> str:
    end = line_ending(text)
    front = "".join(f"{key}:{rendered}\n" for key, rendered in changes.items())
    return f"---\n{front}---\n".replace("\n", end) + text


def _key_as_written(line: str, key: str) -> str:
    """The key with the quotes that a person may have put around it."""
    quoted = re.match(r"([\"']).*?\1(?=\s*:)", line)
    return quoted[0] if quoted else key


def _place(note: Note, key: str, order: Sequence[str]) -> int:
    """The line before which `key` belongs."""
    before = reversed(order[: order.index(key)]) if key in order else ()
    return next((note.entries[known].end for known in before if known in note.entries), 0)


def with_prose(text: str, value: str | None, names: Collection[str], end: str) -> str:
    """The prose `text` (all below the front matter) with what people wrote replaced by `value`.

    Blank lines around it and regions stay. `end`: how the file ends its lines.
    """
    fresh = (escaped(value or "") if names else value or "").replace("\n", end)
    regions = find_regions(text, names)
    if not regions:
        return _refilled(text, fresh, end)
    pieces = outside(text, regions)
    generated = [text[region.start : region.end] for region in regions]
    for attempt in (_spread(pieces, fresh, end), [fresh, *[""] * len(regions)]):
        refilled = [_refilled(piece, part, end) for piece, part in zip(pieces, attempt, strict=True)]
        if joined(refilled) == joined([fresh]).strip("\r\n").rstrip():
            break
    return _woven(refilled, generated, end)


def _spread(pieces: list[str], fresh: str, end: str) -> list[str]:
    """`fresh` divided over the pieces as the old text was, where its beginning or end is still the same."""
    filled = [number for number, piece in enumerate(pieces) if piece.strip()]
    parts = [""] * len(pieces)
    if len(filled) < 2:
        parts[filled[0] if filled else 0] = fresh
        return parts
    first, last = pieces[filled[0]].strip("\r\n").rstrip(), pieces[filled[-1]].strip("\r\n").rstrip()
    if fresh.startswith(first + end):
        parts[filled[0]], parts[filled[-1]] = first, fresh[len(first) :].lstrip("\r\n")
    elif fresh.endswith(end + last):
        parts[filled[0]], parts[filled[-1]] = fresh[: -len(last)].rstrip(), last
    else:
        parts[filled[0]] = fresh
    return parts


def _refilled(piece: str, fresh: str, end: str) -> str:
    if not piece.strip():
        blank = end if piece.strip("\r\n") or not piece else piece
        return f"{blank}{fresh}{end}" if fresh else piece
    core = piece.strip("\r\n").rstrip()
    start = piece.index(core)
    return piece[:start] + fresh + piece[start + len(core) :]


def _woven(pieces: list[str], generated: list[str], end: str) -> str:
    """Pieces and regions in turn; a marker always has its line for itself."""
    text = pieces[0]
    for region, piece in zip(generated, pieces[1:], strict=True):
        before = "" if not text or text.endswith("\n") else end
        after = "" if not piece or piece.startswith(("\n", "\r\n")) else end
        text += before + region + after + piece
    return text


def with_region(text: str, name: str, value: str | None, names: Collection[str], end: str) -> str:
    """The prose `text` with region `name` holding `value`; a new one goes to the end."""
    fresh = escaped(value).replace("\n", end) + end if value else ""
    for region in find_regions(text, names):
        if region.name == name:
            return text[: region.inner] + fresh + text[region.stop :]
    if not value:
        return text
    above = "" if not text or text.endswith("\n") else end
    blank = "" if re.search(r"\n[ \t]*\r?\n\Z", text + above) or not text.strip() else end
    return f"{text}{above}{blank}{opening(name)}{end}{fresh}{closing(name)}{end}"
