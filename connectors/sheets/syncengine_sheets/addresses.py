"""Addresses of rows: `…/edit#gid=<tab>&range=A5`, as "Get link to this cell" gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from syncengine.model.ids import is_id
from syncengine_google.reasons import Refused
from syncengine_sheets.client import Client
from syncengine_sheets.layout import Tab, headings_of
from syncengine_sheets.reader import Reader
from syncengine_sheets.reading import row_handle, stamped
from syncengine_sheets.structure import Structure, known_tabs

Places = Mapping[str, tuple[int, int]]
"""Handle to (tab, row from 0)."""
_TAB = re.compile(r"[#?&]gid=(\d+)")
_ROW = re.compile(r"[#?&]range=(?:[^&#]*!)?\$?[A-Za-z]{0,3}\$?(\d+)")


def row_link(spreadsheet: str, place: tuple[int, int]) -> str:
    """The address of a row."""
    tab, row = place
    return f"https://docs.google.com/spreadsheets/d/{spreadsheet}/edit#gid={tab}&range=A{row + 1}"


def linked_row(link: str, spreadsheet: str) -> tuple[int, int] | None:
    """The (tab, row) that an address in this spreadsheet names; `None` for any other. A link without a tab is to the first."""
    if not spreadsheet or f"/spreadsheets/d/{spreadsheet}/" not in re.sub(r"/u/\d+/", "/", link):
        return None
    tabs, row = _TAB.findall(link), _ROW.search(link)
    return (int(tabs[-1]) if tabs else 0, int(row[1]) - 1) if row else None


def read_places(client: Client, reader: Reader) -> Places:
    """Where each row is: by one call, where the tabs are what they were at the cursor, else by two or three."""
    if reader.spreadsheet and reader.known is not None and reader.known.tabs:
        found = _where_known(client, reader.spreadsheet, reader.known.tabs)
        if found is not None:
            return found
    if not (reader.spreadsheet or reader.find()):
        return {}
    sheets = known_tabs(reader.opening.template, Structure.of(client.structure(reader.spreadsheet)))
    ranges = [sheet.range for sheet in sheets.values()]
    values = client.values(reader.spreadsheet, ranges) if ranges else []
    pairs = zip(sheets.items(), values, strict=True)
    return places_in((reader.tab(name, rows, sheet), rows) for (name, sheet), rows in pairs)


def _where_known(client: Client, spreadsheet: str, tabs: Mapping[str, Tab]) -> Places | None:
    """`None` where the tabs are not what they were."""
    try:
        values = client.values(spreadsheet, [tab.range for tab in tabs.values()])
    except Refused as refusal:
        if refusal.code == 400:  # a tab was renamed or is gone
            return None
        raise
    pairs = list(zip(tabs.values(), values, strict=True))
    for tab, rows in pairs:
        if headings_of(rows[tab.heading_row] if tab.heading_row < len(rows) else []) != tab.heads:
            return None
    return places_in(pairs)


def places_in(tabs: Iterable[tuple[Tab, list[list[Any]]]]) -> Places:
    """Where each row is; of rows with one id, the first has it."""
    found: dict[str, tuple[int, int]] = {}
    for tab, rows in tabs:
        for number in range(tab.heading_row + 1, len(rows)):
            id = stamped(tab, rows[number]) if tab.id_column is not None else ""
            own = is_id(id) and id not in found
            found[id if own else row_handle(tab, number)] = (tab.sheet, number)
    return found
