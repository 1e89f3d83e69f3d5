"""Rows to items: one pass over a tab's values, without writing.

A row with an id is that record's; a row without one and with anything in our columns was made by a person; a row whose
id stands there alone has lost its contents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.connector import Item, Reading
from syncengine.model.fieldtypes import Flag
from syncengine.model.ids import is_id
from syncengine.model.values import Locale
from syncengine_sheets import a1
from syncengine_sheets.layout import Tab
from syncengine_sheets.mapping import read

FREE = "free"
"""Begins what stands in the id column of a row that a deletion of ours left blank: the next new record may take it."""
LEFT = "removed"
"""Begins it instead where something of people's is left in the row: nobody else is to take it."""


class Places(Mapping[str, str]):
    """Field to cell, for people, worked out when asked for: most are never shown."""

    __slots__ = ("_row", "_tab")

    def __init__(self, tab: Tab, row: int) -> None:
        self._tab, self._row = tab, row

    def __getitem__(self, name: str) -> str:
        return f"{self._tab.title}!{a1.cell(self._row, self._tab.columns[name])}"

    def __iter__(self) -> Iterator[str]:
        return iter(self._tab.columns)

    def __len__(self) -> int:
        return len(self._tab.columns)


@dataclass
class TabReading:
    """What one tab holds."""

    items: list[Item] = field(default_factory=list)
    blank: dict[str, int] = field(default_factory=dict)
    """Id to row, of rows in which nothing stands but that."""
    left: set[str] = field(default_factory=set)
    """The ids of records whose rows a deletion of ours left blank."""


def row_handle(tab: Tab, row: int) -> str:
    """The handle of a row that has no id of its own; good until somebody moves rows, which the write notices."""
    return f"row:{tab.sheet}:{row}"


def stamped(tab: Tab, row: Sequence[Any]) -> str:
    """What stands in the row's id cell; "" for nothing."""
    at = tab.id_column
    return str(row[at]).strip() if at is not None and at < len(row) and row[at] is not None else ""


def is_ours(text: str) -> bool:
    """Whether the id cell says that a deletion of ours left the row."""
    return text.startswith((FREE, LEFT))


def readings(tab: Tab, row: Sequence[Any], locale: Locale) -> dict[str, Reading]:
    """The canonical value of each field that the tab has."""
    width, fields = len(row), tab.kind.fields
    return {
        name: read(fields[name], row[at], locale, whole=name in tab.whole) if at < width else None
        for name, at in tab.columns.items()
    }


def says_nothing(tab: Tab, fields: Mapping[str, Reading]) -> bool:
    """Whether a row is as good as blank: checkboxes that nobody ticked stand there as FALSE (sheets.md, 11.9)."""
    return all(
        value is None or (value is False and isinstance(tab.kind.fields[n].type, Flag))
        for n, value in fields.items()
    )


def used(tab: Tab, rows: Sequence[Sequence[Any]]) -> int:
    """How many rows are in use: the first below the last with anything in our columns."""
    ours = list(tab.ours.values())
    for number in range(len(rows) - 1, tab.heading_row, -1):
        row = rows[number]
        if any(at < len(row) and row[at] not in ("", None) and row[at] is not False for at in ours):
            return number + 1
    return tab.heading_row + 1


def blank_row(tab: Tab, id: str, where: str) -> Item:
    """A record whose row tells nothing: not that its fields are cleared, but nothing at all (design rule 1)."""
    return Item(tab.kind.name, id, id, {}, where)


def read_tab(
    tab: Tab, rows: Sequence[Sequence[Any]], locale: Locale, skip: Collection[int] = frozenset()
) -> TabReading:
    """Every record of the tab but those in the rows to skip; `rows` from the first row of the grid on."""
    result = TabReading()
    below = rows[tab.heading_row + 1 :]
    # Of rows with one id nobody knows yet which is the copy: none is at home there, so the engine goes by what they say.
    once = Counter(text for row in below if (text := stamped(tab, row)))
    for number in range(tab.heading_row + 1, len(rows)):
        row = rows[number]
        if not row or number in skip:
            continue
        text = stamped(tab, row)
        if is_ours(text):
            result.left.add(text.partition(" ")[2])
        id = None if not text or is_ours(text) else text
        fields = readings(tab, row, locale)
        own = id is not None and is_id(id) and once[id] == 1
        if says_nothing(tab, fields):
            if own and id:
                result.blank[id] = number
            continue
        handle = id if own and id else row_handle(tab, number)
        where = f"{tab.title}, row {number + 1}"
        result.items.append(Item(tab.kind.name, id, handle, fields, where, places=Places(tab, number)))
    return result
