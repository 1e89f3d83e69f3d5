"""Requests about tabs, rows and columns."""

from __future__ import annotations

from syncengine_sheets.sandbox.grid import Tab
from syncengine_sheets.sandbox.requests import (
    Requests,
    Said,
    Wrong,
    mask,
    sheet_of,
    tab_properties,
)


class TabRequests(Requests):
    """Each method is the request of its name."""

    # -- the spreadsheet and its tabs

    def _do_updateSpreadsheetProperties(self, said: Said) -> None:
        names = {"title": "title", "locale": "locale", "timeZone": "time_zone"}
        for name in mask(said["fields"], said["properties"]):
            if name in names:
                setattr(self.sheet, names[name], said["properties"][name])

    def _do_addSheet(self, said: Said) -> Said:
        wanted = said.get("properties", {})
        tabs = self.sheet.tabs
        grid = dict(wanted.get("gridProperties", {}))
        id = self._new_id(wanted, "sheetId", {tab.id for tab in tabs})
        title = wanted.get("title") or f"Sheet{len(tabs) + 1}"
        if self.sheet.titled(title):
            raise Wrong(f'A sheet with the name "{title}" already exists. Please enter another name.')
        if len(title) > 100:
            raise Wrong("The sheet name is too long")
        index = min(wanted.get("index", len(tabs)), len(tabs))
        rest = {
            k: v
            for k, v in wanted.items()
            if k not in ("sheetId", "title", "index", "gridProperties", "sheetType")
        }
        tab = Tab(
            id,
            title,
            index,
            grid.pop("rowCount", 1000),
            grid.pop("columnCount", 26),
            properties={**rest, "grid": grid},
        )
        tabs.insert(index, tab)
        self._number()
        return {"properties": tab_properties(tab)}

    def _number(self) -> None:
        for index, tab in enumerate(self.sheet.tabs):
            tab.index = index

    def _do_deleteSheet(self, said: Said) -> None:
        tab = self.sheet.tab(said["sheetId"])
        if sum(not one.properties.get("hidden") for one in self.sheet.tabs if one is not tab) == 0:
            raise Wrong("You can't remove all the visible sheets in a document.")
        self.sheet.tabs.remove(tab)
        self.sheet.metadata = [m for m in self.sheet.metadata if sheet_of(m) != tab.id]
        self._number()

    def _do_duplicateSheet(self, said: Said) -> Said:
        source = self.sheet.tab(said["sourceSheetId"])
        made = source.snapshot()
        made.id = self._new_id(
            {"sheetId": said.get("newSheetId")}, "sheetId", {tab.id for tab in self.sheet.tabs}
        )
        made.title = said.get("newSheetName") or f"Copy of {source.title}"
        self.sheet.tabs.insert(said.get("insertSheetIndex", 0), made)
        self._number()
        return {"properties": tab_properties(made)}

    def _do_updateSheetProperties(self, said: Said) -> None:
        wanted = said["properties"]
        tab = self.sheet.tab(wanted.get("sheetId", 0))
        for path in mask(said["fields"], wanted):
            name, _, inner = path.replace("/", ".").partition(".")
            if name == "title":
                if (other := self.sheet.titled(wanted["title"])) and other is not tab:
                    raise Wrong(
                        f'A sheet with the name "{wanted["title"]}" already exists. Please enter another name.'
                    )
                tab.title = wanted["title"]
            elif name == "index":
                self.sheet.tabs.remove(tab)
                self.sheet.tabs.insert(wanted["index"], tab)
                self._number()
            elif name == "hidden":
                if wanted.get("hidden") and all(
                    one is tab or one.properties.get("hidden") for one in self.sheet.tabs
                ):
                    raise Wrong("You can't hide all the sheets in a document.")
                tab.properties["hidden"] = bool(wanted.get("hidden"))
            elif name == "gridProperties":
                self._grid(tab, wanted.get("gridProperties", {}), inner)
            else:
                tab.properties[name] = wanted.get(name)

    def _grid(self, tab: Tab, wanted: Said, inner: str) -> None:
        for name in [inner] if inner else list(wanted):
            if name == "rowCount":
                if wanted[name] < tab.row_count:
                    self._delete(tab, "ROWS", wanted[name], tab.row_count)
                tab.row_count = wanted[name]
            elif name == "columnCount":
                if wanted[name] < tab.column_count:
                    self._delete(tab, "COLUMNS", wanted[name], tab.column_count)
                tab.column_count = wanted[name]
            else:
                tab.properties.setdefault("grid", {})[name] = wanted.get(name)

    # -- rows and columns

    def _span(self, said: Said) -> tuple[Tab, str, int, int]:
        place = said["range"]
        tab = self.sheet.tab(place.get("sheetId", 0))
        size = tab.row_count if place["dimension"] == "ROWS" else tab.column_count
        return tab, place["dimension"], place.get("startIndex", 0), place.get("endIndex", size)

    def _do_insertDimension(self, said: Said) -> None:
        tab, dimension, start, end = self._span(said)
        if start > (tab.row_count if dimension == "ROWS" else tab.column_count):
            raise IndexError
        tab.insert(dimension, start, end - start)
        self.sheet.moved(tab, dimension, lambda at: at + end - start if at >= start else at)

    def _do_deleteDimension(self, said: Said) -> None:
        tab, dimension, start, end = self._span(said)
        size = tab.row_count if dimension == "ROWS" else tab.column_count
        if end > size or start >= end:
            raise Wrong(f"Cannot delete {'a row' if dimension == 'ROWS' else 'a column'} that doesn't exist.")
        if end - start == size:
            raise Wrong("You can't delete all the rows on the sheet.")
        self._delete(tab, dimension, start, end)

    def _delete(self, tab: Tab, dimension: str, start: int, end: int) -> None:
        tab.delete(dimension, start, end)
        self.sheet.moved(
            tab, dimension, lambda at: None if start <= at < end else at - (end - start) if at >= end else at
        )

    def _do_moveDimension(self, said: Said) -> None:
        place = said["source"]
        tab = self.sheet.tab(place.get("sheetId", 0))
        moves = tab.move(place["dimension"], place["startIndex"], place["endIndex"], said["destinationIndex"])
        self.sheet.moved(tab, place["dimension"], moves)

    def _do_appendDimension(self, said: Said) -> None:
        tab = self.sheet.tab(said["sheetId"])
        size = tab.row_count if said["dimension"] == "ROWS" else tab.column_count
        tab.insert(said["dimension"], size, said["length"])

    def _do_updateDimensionProperties(self, said: Said) -> None:
        tab, dimension, start, end = self._span(said)
        kept = tab.row_properties if dimension == "ROWS" else tab.column_properties
        for at in range(start, end):
            found = kept.setdefault(at, {})
            for name in mask(said["fields"], said["properties"]):
                found[name] = said["properties"].get(name)

    def _do_autoResizeDimensions(self, said: Said) -> None:
        """Widths are not measured here."""
