"""What all requests of a batch share: the spreadsheet, ids, masks, and how a wrong one is told."""

from __future__ import annotations

import random
from typing import Any

from syncengine_sheets.sandbox.grid import Tab
from syncengine_sheets.sandbox.spreadsheet import Spreadsheet

MOST_LETTERS = 50_000
OURSELVES = "someone@example.com"
Said = dict[str, Any]


class Requests:
    """Applied to one spreadsheet. Ids that a request leaves out are drawn from a seeded source."""

    def __init__(self, sheet: Spreadsheet, ids: random.Random) -> None:
        self.sheet = sheet
        self._ids = ids

    def _new_id(self, said: Said, name: str, taken: set[Any]) -> int:
        wanted = said.get(name)
        if wanted is not None:
            if wanted in taken:
                raise Wrong(f"{name} {wanted} already exists")
            return int(wanted)
        while (found := self._ids.randrange(1, 2**31)) in taken:
            pass
        return found

    def _area(self, said: Said, name: str = "range") -> tuple[Tab, int, int, int, int]:
        area = said[name]
        tab = self.sheet.tab(area.get("sheetId", 0))
        return (tab, area.get("startRowIndex", 0), area.get("endRowIndex", tab.row_count),
                area.get("startColumnIndex", 0), area.get("endColumnIndex", tab.column_count))  # fmt: skip


class Wrong(Exception):
    """What is wrong with the request at hand."""


def matches(metadata: Said, lookup: Said) -> bool:
    """Whether developer metadata is what a lookup asks for."""
    return all(
        metadata["location"]["locationType"] == wanted
        if name == "locationType"
        else metadata.get(name) == wanted
        for name, wanted in lookup.items()
        if name in ("metadataKey", "metadataValue", "metadataId", "visibility", "locationType")
    )


def sheet_of(metadata: Said) -> int | None:
    place = metadata["location"]
    if "dimensionRange" in place:
        return int(place["dimensionRange"].get("sheetId", 0))
    return int(place["sheetId"]) if "sheetId" in place else None


def mask(fields: str, said: Said) -> list[str]:
    if not fields:
        raise Wrong("fields must be set")
    return list(said) if fields == "*" else [one.strip() for one in fields.split(",")]


def value_of(said: Said | None) -> dict[str, Any]:
    if not said:
        return {"value": None, "formula": None}
    kind, value = next(iter(said.items()))
    if kind == "formulaValue":
        return {"value": None, "formula": value}
    if kind == "stringValue":
        if len(value) > MOST_LETTERS:
            raise Wrong(
                f"Your input contains more than the maximum of {MOST_LETTERS} characters in a single cell."
            )
        return {"value": value or None, "formula": None}
    return {"value": bool(value) if kind == "boolValue" else float(value), "formula": None}


def tab_properties(tab: Tab) -> Said:
    """`SheetProperties` as the service shows them: what is zero or false is left out, but for the id and the index."""
    grid = {
        "rowCount": tab.row_count,
        "columnCount": tab.column_count,
        **{k: v for k, v in tab.properties.get("grid", {}).items() if v},
    }
    rest = {name: value for name, value in tab.properties.items() if name != "grid" and value}
    return {
        "sheetId": tab.id,
        "title": tab.title,
        "index": tab.index,
        "sheetType": "GRID",
        "gridProperties": grid,
        **rest,
    }
