"""Tabs that were renamed and columns that were moved or renamed since the last run, found with one call.

A column that moved is found by the marks of the headings alone, as long as no two headings are alike. Whatever else
happened, a renamed tab too, costs one answer that has everything: marks and values of one and the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncengine.model.headings import fold
from syncengine_google.reasons import Refused
from syncengine_sheets import a1, journal
from syncengine_sheets.client import Client, Range
from syncengine_sheets.known import Known
from syncengine_sheets.layout import Columns, headings_of
from syncengine_sheets.looking import looked, shown_of
from syncengine_sheets.marks import ID, ID_HEADING, JOURNAL
from syncengine_sheets.structure import Sheet, Structure

_ABOVE = 50
"""How many rows people may have put above the headings."""


@dataclass
class Whole:
    """Everything in one answer."""

    locale: str
    head: Range
    """The journal's first rows."""
    tabs: dict[str, tuple[Sheet, Range]]
    """Kind to its tab and what stands in it."""


def read_whole(client: Client, known: Known) -> Whole | None:
    """Everything by the tabs' ids, which nobody can change, with the marks of their columns; `None` where a tab is gone."""
    sheets = {name: tab.sheet for name, tab in known.tabs.items()}
    try:
        said = client.whole(
            known.spreadsheet, [journal.head_area(), *({"sheetId": id} for id in sheets.values())]
        )
    except Refused:
        return None
    structure = Structure.of(said)
    found = {sheet.id: sheet for sheet in structure.sheets}
    ranges = {one["properties"].get("sheetId", 0): _range_of(one) for one in said.get("sheets", [])}
    id, _ = known.own[JOURNAL]
    if not found.keys() >= {id, *sheets.values()}:
        return None
    known.own[JOURNAL] = id, found[id].title
    tabs = {name: (found[sheet], ranges[sheet]) for name, sheet in sheets.items()}
    return Whole(structure.locale, ranges[id], tabs)


def _range_of(said: Mapping[str, Any]) -> Range:
    """A tab's values as the values endpoints have them, from grid data."""
    about = said["properties"]
    grid = about.get("gridProperties", {})
    rows: list[list[Any]] = []
    for row in (one for data in said.get("data", []) for one in data.get("rowData", [])):
        shown = [shown_of(cell.get("effectiveValue")) for cell in row.get("values", [])]
        while shown and shown[-1] == "":
            shown.pop()
        rows.append(shown)
    while rows and not rows[-1]:
        rows.pop()
    return Range(about.get("title", ""), grid.get("rowCount", 0), grid.get("columnCount", 0), rows)


def find_columns(client: Client, known: Known, values: Sequence[Range], own: Columns) -> list[Range] | None:
    """Find columns that were renamed or moved by the marks that went along, in a read by the tabs' titles.

    Returns each tab's values (two tabs may have swapped their titles); `None` where a heading can't tell which is which.
    """
    rows: dict[str, tuple[Range, int]] = {}
    for tab, found in zip(known.tabs.values(), values, strict=True):
        at = next((n for n, row in enumerate(found.rows[:_ABOVE]) if any(map(_is_ids, row))), None)
        if at is None or not _distinct(headings_of(found.rows[at])):
            return None
        rows[tab.title] = found, at
    ranges = [f"{a1.quoted(title)}!{at + 1}:{at + 1}" for title, (_, at) in rows.items()]
    try:
        said = client.cells(known.spreadsheet, ranges)
        titles = {
            one["properties"].get("sheetId", 0): one["properties"]["title"] for one in said.get("sheets", [])
        }
        here = {name: rows[titles[tab.sheet]] for name, tab in known.tabs.items()}
        tabs = {
            name: looked(
                replace(tab, heading_row=here[name][1]), said, (), here[name][0].bottom, own.get(name, {})
            ).tab
            for name, tab in known.tabs.items()
        }
    except (Refused, LookupError):
        return None
    for name, tab in tabs.items():
        found, at = here[name]
        # Somebody may have moved columns between the two calls: what is read has to be what is looked at.
        if tab.heads != headings_of(found.rows[at]) or tab.id_column is None:
            return None
    known.tabs = tabs
    return [found for found, _ in here.values()]


def _distinct(heads: Sequence[str]) -> bool:
    return len(set(heads)) == len(heads)


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
