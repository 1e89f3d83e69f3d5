"""Whether every row that a batch changed was the one that was meant: told by the journal, after the batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from syncengine.model.headings import fold
from syncengine_sheets.journal import HEADS, SHIFT, Entry
from syncengine_sheets.layout import Tab
from syncengine_sheets.looking import NOTHING, Seen, id_text
from syncengine_sheets.mapping import print_of
from syncengine_sheets.marks import ID_HEADING


@dataclass
class Off:
    """An entry whose row was not what it was taken for, with what really stood there."""

    entry: Entry
    image: dict[int, Seen]
    columns: list[int]
    id: str | None = None
    """What stands in the id cell since; `None` where that can't be told."""
    heads: dict[int, str] = field(default_factory=dict)
    """Column to heading, as they were then."""


def off(
    entries: Iterable[Entry], lines: Mapping[int, Mapping[int, Seen]], tabs: Mapping[int, Tab]
) -> list[Off]:
    """The entries whose row or columns were others than they were taken for, or in which somebody wrote in that moment.

    `tabs`: sheet to tab as it was when the entries were made. Entries that a later one has mended are left out.
    """
    found: list[Off] = []
    mended: set[int] = set()
    heads: dict[tuple[str, int], dict[int, str]] = {}
    moved: set[tuple[str, int]] = set()
    entries = list(entries)
    for entry in entries:
        if entry.action == HEADS:
            image = _image(entry, lines)
            heads[entry.batch, entry.sheet] = {column: id_text(seen) for column, seen in image.items()}
            if any(not _as_seen(entry, column, image) for column in entry.cells):
                moved.add((entry.batch, entry.sheet))
    for entry in entries:
        tab = tabs.get(entry.sheet)
        if tab is None or entry.action == HEADS:
            continue
        image = _image(entry, lines)
        columns = (
            sorted(entry.cells) if entry.action != "create" or entry.cells else sorted(tab.ours.values())
        )
        row_heads = heads.get((entry.batch, entry.sheet), {})
        at = _id_column(tab, row_heads)
        id = id_text(image.get(at, NOTHING)) if at is not None else ""
        seen = all(_as_seen(entry, column, image) for column in _looked_at(entry, tab, columns))
        if (entry.batch, entry.sheet) in moved or id != entry.was or not seen:
            found.append(Off(entry, image, columns, _id_since(entry, tab, at, id), row_heads))
        elif entry.mends is not None:
            mended.add(entry.mends)
    return [one for one in found if one.entry.line not in mended]


def _id_since(entry: Entry, tab: Tab, at: int | None, before: str) -> str | None:
    if at == tab.id_column:
        return before if entry.now is None else entry.now
    return None if at in entry.cells else before


def _image(entry: Entry, lines: Mapping[int, Mapping[int, Seen]]) -> dict[int, Seen]:
    return {column - SHIFT: seen for column, seen in lines.get(entry.line, {}).items() if column >= SHIFT}


def _id_column(tab: Tab, heads: Mapping[int, str]) -> int | None:
    return next((column for column, text in heads.items() if fold(text) == ID_HEADING), tab.id_column)


def _looked_at(entry: Entry, tab: Tab, columns: Iterable[int]) -> list[int]:
    """The columns whose contents have to be as they were seen: of a create all of ours, which were blank."""
    wanted = tab.ours.values() if entry.action == "create" else columns
    return [column for column in wanted if column != tab.id_column]


def _as_seen(entry: Entry, column: int, image: Mapping[int, Seen]) -> bool:
    seen = image.get(column, NOTHING)
    return seen.blank if entry.action == "create" else print_of(seen.entered) == entry.cells[column][0]
