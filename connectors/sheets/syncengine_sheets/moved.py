"""Tabs that were renamed and columns that were moved or renamed since the last run, found with one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncengine.model.headings import fold
from syncengine_google.reasons import Refused
from syncengine_sheets import journal
from syncengine_sheets.client import Client, Range, Values
from syncengine_sheets.known import Known
from syncengine_sheets.layout import Columns, Tab, headings_of
from syncengine_sheets.looking import looked
from syncengine_sheets.marks import ID, ID_HEADING, JOURNAL

_ABOVE = 50
"""How many rows people may have put above the headings."""


def read_renamed(client: Client, known: Known) -> Values | None:
    """A tab was renamed or is gone: read by the tabs' ids, which nobody can change; `None` where one is gone."""
    areas = [journal.head_area(), *({"sheetId": tab.sheet} for tab in known.tabs.values())]
    try:
        answer = client.read_by_id(known.spreadsheet, areas)
    except Refused:
        return None
    by_sheet = {one.sheet: one for one in answer.ranges()}
    if by_sheet.keys() != {area["sheetId"] for area in areas}:
        return None
    for tab in known.tabs.values():
        tab.title = by_sheet[tab.sheet].title
    id, _ = known.own[JOURNAL]
    known.own[JOURNAL] = id, by_sheet[id].title
    return Values(b"", "", [by_sheet[area["sheetId"]] for area in areas])


def find_columns(client: Client, known: Known, values: Sequence[Range], own: Columns) -> bool:
    """Find columns that were renamed or moved by the marks that went along; False where a heading can't tell which is which."""
    tabs: dict[str, Tab] = {}
    for (name, tab), found in zip(known.tabs.items(), values, strict=True):
        at = next(
            (n for n, row in enumerate(found.rows[:_ABOVE]) if any(_is_ids(held) for held in row)), None
        )
        if at is None:
            return False
        tabs[name] = replace(tab, heading_row=at, rows=found.bottom)
    ranges = [f"{tab.range}!{tab.heading_row + 1}:{tab.heading_row + 1}" for tab in tabs.values()]
    try:
        said = client.cells(known.spreadsheet, ranges)
        found_tabs = {
            name: looked(tab, said, (), tab.rows, own.get(name, {})).tab for name, tab in tabs.items()
        }
    except (Refused, LookupError):
        return False
    for tab, found in zip(found_tabs.values(), values, strict=True):
        heads = headings_of(found.rows[tab.heading_row])
        ours = [heads[at] if at < len(heads) else "" for at in tab.ours.values()]
        # Somebody may have moved columns between the two calls: what is read has to be what is looked at.
        if tab.heads != heads or tab.id_column is None or any(heads.count(one) != 1 for one in ours):
            return False
    known.tabs = found_tabs
    return True


def heading_row(fields: Mapping[int, str], rows: Sequence[Sequence[Any]]) -> int:
    """The row with the headings: where the hidden column of ids has its own; people put rows above it now and then."""
    at = next((column for column, mark in fields.items() if mark == ID), None)
    if at is not None:
        for number, row in enumerate(rows):
            if at < len(row) and _is_ids(row[at]):
                return number
    return 0


def _is_ids(held: Any) -> bool:
    return isinstance(held, str) and fold(held) == ID_HEADING
