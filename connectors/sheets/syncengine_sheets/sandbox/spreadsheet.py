"""A whole sandbox spreadsheet: tabs, developer metadata, and the error answers of the service."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from syncengine_sheets import a1
from syncengine_sheets.sandbox.grid import Moves, Tab, span


class Refusal(Exception):
    """An error answer."""

    def __init__(self, code: int, message: str, status: str, **more: Any) -> None:
        super().__init__(message)
        self.code = code
        self.body = {"error": {"code": code, "message": message, "status": status, **more}}


def invalid(message: str) -> Refusal:
    """400 INVALID_ARGUMENT."""
    return Refusal(400, message, "INVALID_ARGUMENT")


@dataclass
class Spreadsheet:
    """See the module. `files` data of Drive are here as well."""

    id: str
    title: str
    locale: str = "en_US"
    time_zone: str = "Etc/GMT"
    tabs: list[Tab] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    named: list[dict[str, Any]] = field(default_factory=list)
    app_properties: dict[str, str] = field(default_factory=dict)
    version: int = 1
    trashed: bool = False

    def snapshot(self) -> Spreadsheet:
        """A copy that later changes don't touch."""
        return Spreadsheet(
            self.id, self.title, self.locale, self.time_zone, [tab.snapshot() for tab in self.tabs],
            copy.deepcopy(self.metadata), copy.deepcopy(self.named), dict(self.app_properties), self.version, self.trashed,
        )  # fmt: skip

    def restore(self, before: Spreadsheet) -> None:
        """Undo everything since the snapshot."""
        self.__dict__.update(before.__dict__)

    def tab(self, sheet_id: int) -> Tab:
        """The tab with this id. Raises `Refusal`."""
        found = next((tab for tab in self.tabs if tab.id == sheet_id), None)
        if found is None:
            raise invalid(f"No grid with id: {sheet_id}")
        return found

    def titled(self, title: str) -> Tab | None:
        """The tab with this title; capitals don't count."""
        return next((tab for tab in self.tabs if tab.title.casefold() == title.casefold()), None)

    def resolve(self, text: str) -> tuple[Tab, a1.Area]:
        """The tab and area that an A1 range, a title or a named range means. Raises `Refusal`."""
        whole = self.titled(text)
        if whole is not None:
            return whole, a1.Area(whole.title)
        for one in self.named:
            if one["name"] == text.rpartition("!")[2]:
                area = one["range"]
                of = self.tab(area.get("sheetId", 0))
                return of, a1.Area(of.title, area.get("startRowIndex", 0), area.get("startColumnIndex", 0),
                                    area.get("endRowIndex"), area.get("endColumnIndex"))  # fmt: skip
        try:
            area = a1.parse(text)
        except ValueError:
            raise invalid(f"Unable to parse range: {text}") from None
        found = self.titled(area.title) if area.title is not None else self.tabs[0]
        if found is None:
            raise invalid(f"Unable to parse range: {text}")
        tab = found
        if area.top >= tab.row_count or area.left >= tab.column_count:
            where = a1.shown(tab.title) + "!" + text.rpartition("!")[2]
            raise invalid(
                f"Range ({where}) exceeds grid limits. Max rows: {tab.row_count}, max columns: {tab.column_count}"
            )
        return tab, area

    def moved(self, tab: Tab, dimension: str, moves: Moves) -> None:
        """Metadata and named ranges follow rows and columns that were inserted, deleted or moved; they die with them."""
        kept = []
        for one in self.metadata:
            place = one["location"].get("dimensionRange")
            if place and place.get("sheetId", 0) == tab.id and place["dimension"] == dimension:
                after = span(place.get("startIndex", 0), place["endIndex"], moves)
                if after is None:
                    continue
                place["startIndex"], place["endIndex"] = after
            kept.append(one)
        self.metadata = kept
        first, last = (
            ("startRowIndex", "endRowIndex")
            if dimension == "ROWS"
            else ("startColumnIndex", "endColumnIndex")
        )
        for one in self.named:
            area = one["range"]
            if area.get("sheetId", 0) == tab.id and last in area:
                after = span(area.get(first, 0), area[last], moves)
                if after is not None:
                    area[first], area[last] = after

    def column_metadata(self, tab: Tab, column: int) -> Iterator[dict[str, Any]]:
        """What is said of one column."""
        for one in self.metadata:
            place = one["location"].get("dimensionRange")
            if (
                place
                and place.get("startIndex", 0) == column
                and place.get("sheetId", 0) == tab.id
                and place["dimension"] == "COLUMNS"
            ):
                yield one
