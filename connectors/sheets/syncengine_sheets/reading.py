"""Rows to items: one pass over a tab's values, without writing.

A row with an id is that record's; a row without one and with anything in our columns was made by a person; a row whose
id stands there alone has lost its contents and is held, neither gone nor written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.connector import Item, Reading, Trouble
from syncengine.model.fieldtypes import Flag
from syncengine.model.ids import is_id
from syncengine.model.values import Locale
from syncengine_sheets import a1
from syncengine_sheets.layout import ID, Tab
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
    troubles: list[Trouble] = field(default_factory=list)


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


def read_tab(tab: Tab, rows: Sequence[Sequence[Any]], locale: Locale) -> TabReading:
    """Every record of the tab; `rows` from the first row of the grid on."""
    result = TabReading()
    below = rows[tab.heading_row + 1 :]
    # Of rows with one id nobody knows yet which is the copy: none is at home there, so the engine goes by what they say.
    once = Counter(text for row in below if (text := stamped(tab, row)))
    for number in range(tab.heading_row + 1, len(rows)):
        row = rows[number]
        if not row:
            continue
        text = stamped(tab, row)
        id = None if not text or is_ours(text) else text
        fields = readings(tab, row, locale)
        if says_nothing(tab, fields):
            if id is not None and is_id(id):
                result.troubles.append(_emptied(tab, id, number))
            continue
        own = id is not None and is_id(id) and once[id] == 1
        handle = id if own and id else row_handle(tab, number)
        where = f"{tab.title}, row {number + 1}"
        result.items.append(Item(tab.kind.name, id, handle, fields, where, places=Places(tab, number)))
    return result


def _emptied(tab: Tab, id: str, row: int) -> Trouble:
    remedy = f"Undo it, or delete the whole row if the {tab.kind.label.lower()} is to go; nothing else was changed."
    where = f"{tab.title}, row {row + 1}"
    return Trouble(where, "has lost everything but its id", remedy, kind=tab.kind.name, handle=id, field=ID)
