"""`spreadsheets.batchUpdate`: requests in order, all or nothing."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from syncengine_sheets.sandbox.grid import BLANK, Cell, Layer, Tab, shifted
from syncengine_sheets.sandbox.spreadsheet import Spreadsheet, invalid

MOST_LETTERS = 50_000
OURSELVES = "someone@example.com"
Said = dict[str, Any]


class Batch:
    """Applies requests to one spreadsheet. Ids that a request leaves out are drawn from a seeded source."""

    def __init__(self, sheet: Spreadsheet, ids: random.Random) -> None:
        self.sheet = sheet
        self._ids = ids

    def apply(self, requests: list[Said]) -> list[Said]:
        """The replies, one for each request. Raises `Refusal` naming the request; then nothing has changed."""
        before, replies = self.sheet.snapshot(), []
        try:
            for number, request in enumerate(requests):
                name, said = next(iter(request.items()))
                handler: Callable[[Said], Said | None] | None = getattr(self, f"_do_{name}", None)
                if handler is None:
                    raise NotImplementedError(f"the sandbox has no {name}")
                try:
                    reply = handler(said)
                except IndexError:
                    raise invalid(
                        f"Invalid requests[{number}].{name}: Attempting to write column or row outside of the grid"
                    ) from None
                except KeyError as error:
                    raise invalid(
                        f"Invalid requests[{number}].{name}: {error} is missing or unknown"
                    ) from None
                except _Wrong as error:
                    raise invalid(f"Invalid requests[{number}].{name}: {error}") from None
                replies.append({name: reply} if reply is not None else {})
        except BaseException:
            self.sheet.restore(before)
            raise
        self.sheet.version += 1
        return replies

    def _new_id(self, said: Said, name: str, taken: set[Any]) -> int:
        wanted = said.get(name)
        if wanted is not None:
            if wanted in taken:
                raise _Wrong(f"{name} {wanted} already exists")
            return int(wanted)
        while (found := self._ids.randrange(1, 2**31)) in taken:
            pass
        return found

    # -- the spreadsheet and its tabs

    def _do_updateSpreadsheetProperties(self, said: Said) -> None:
        names = {"title": "title", "locale": "locale", "timeZone": "time_zone"}
        for name in _mask(said["fields"], said["properties"]):
            if name in names:
                setattr(self.sheet, names[name], said["properties"][name])

    def _do_addSheet(self, said: Said) -> Said:
        wanted = said.get("properties", {})
        tabs = self.sheet.tabs
        grid = dict(wanted.get("gridProperties", {}))
        id = self._new_id(wanted, "sheetId", {tab.id for tab in tabs})
        title = wanted.get("title") or f"Sheet{len(tabs) + 1}"
        if self.sheet.titled(title):
            raise _Wrong(f'A sheet with the name "{title}" already exists. Please enter another name.')
        if len(title) > 100:
            raise _Wrong("The sheet name is too long")
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
            raise _Wrong("You can't remove all the visible sheets in a document.")
        self.sheet.tabs.remove(tab)
        self.sheet.metadata = [m for m in self.sheet.metadata if _sheet_of(m) != tab.id]
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
        for path in _mask(said["fields"], wanted):
            name, _, inner = path.replace("/", ".").partition(".")
            if name == "title":
                if (other := self.sheet.titled(wanted["title"])) and other is not tab:
                    raise _Wrong(
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
                    raise _Wrong("You can't hide all the sheets in a document.")
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
            raise _Wrong(
                f"Cannot delete {'a row' if dimension == 'ROWS' else 'a column'} that doesn't exist."
            )
        if end - start == size:
            raise _Wrong("You can't delete all the rows on the sheet.")
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
            for name in _mask(said["fields"], said["properties"]):
                found[name] = said["properties"].get(name)

    def _do_autoResizeDimensions(self, said: Said) -> None:
        """Widths are not measured here."""

    # -- cells

    def _area(self, said: Said, name: str = "range") -> tuple[Tab, int, int, int, int]:
        area = said[name]
        tab = self.sheet.tab(area.get("sheetId", 0))
        return (tab, area.get("startRowIndex", 0), area.get("endRowIndex", tab.row_count),
                area.get("startColumnIndex", 0), area.get("endColumnIndex", tab.column_count))  # fmt: skip

    def _do_updateCells(self, said: Said) -> None:
        rows, fields = said.get("rows", []), _mask(said["fields"], {})
        if "range" in said:
            tab, top, bottom, left, right = self._area(said)
            if bottom > tab.row_count or right > tab.column_count:
                bottom, right = min(bottom, tab.row_count), min(right, tab.column_count)
            if len(rows) > bottom - top or any(len(row.get("values", [])) > right - left for row in rows):
                raise _Wrong("Attempting to write outside of the range")
            last = max(tab.last_row() if fields == ["userEnteredValue"] else bottom, top + len(rows))
            height, width = min(bottom, last) - top, right - left
        else:
            start = said["start"]
            tab, top, left = (
                self.sheet.tab(start.get("sheetId", 0)),
                start.get("rowIndex", 0),
                start.get("columnIndex", 0),
            )
            height, width = len(rows), 0
        for n in range(height):
            cells = rows[n].get("values", []) if n < len(rows) else []
            for at in range(max(width, len(cells))):
                wanted = cells[at] if at < len(cells) else {}
                tab.put(top + n, left + at, self._updated(tab.get(top + n, left + at), wanted, fields))

    def _updated(self, cell: Cell, wanted: Said, fields: list[str]) -> Cell:
        for path in fields:
            name, _, inner = path.partition(".")
            if name == "userEnteredValue":
                cell = replace(cell, **_value(wanted.get(name)))
            elif name == "note":
                cell = replace(cell, note=wanted.get("note") or "")
            elif name == "userEnteredFormat":
                given = wanted.get(name) or {}
                kept = (
                    {**cell.format, inner.split(".")[0]: given.get(inner.split(".")[0])}
                    if inner
                    else dict(given)
                )
                cell = replace(cell, format={k: v for k, v in kept.items() if v is not None})
            elif name != "textFormatRuns":
                raise NotImplementedError(f"the sandbox can't update {path} cell by cell")
        return cell

    def _do_appendCells(self, said: Said) -> None:
        tab = self.sheet.tab(said["sheetId"])
        top = tab.last_row()
        short = top + len(said["rows"]) - tab.row_count
        if short > 0:
            tab.insert("ROWS", tab.row_count, short)
        start = {"sheetId": tab.id, "rowIndex": top, "columnIndex": 0}
        self._do_updateCells({"rows": said["rows"], "fields": said["fields"], "start": start})

    def _do_repeatCell(self, said: Said) -> None:
        tab, top, bottom, left, right = self._area(said)
        paths = _mask(said["fields"], said["cell"])
        formats = {p.split(".")[1] if "." in p else "*" for p in paths if p.startswith("userEnteredFormat")}
        if formats:
            given = said["cell"].get("userEnteredFormat", {})
            payload = {k: v for k, v in given.items() if "*" in formats or k in formats}
            tab.layers.append(Layer("format", top, bottom, left, right, payload))
        rest = [p for p in paths if not p.startswith("userEnteredFormat")]
        if rest:
            for row in range(top, bottom):
                for column in range(left, right):
                    tab.put(row, column, self._updated(tab.get(row, column), said["cell"], rest))

    def _do_copyPaste(self, said: Said) -> None:
        tab, top, bottom, left, right = self._area(said, "source")
        to, t_top, t_bottom, t_left, t_right = self._area(said, "destination")
        if (
            t_bottom > to.row_count
            or t_right > to.column_count
            or bottom > tab.row_count
            or right > tab.column_count
        ):
            raise IndexError
        kind = said.get("pasteType", "PASTE_NORMAL")
        lines = [[tab.get(r, c) for c in range(left, right)] for r in range(top, bottom)]
        for n, line in enumerate(lines):
            for at, cell in enumerate(line):
                row, column = t_top + n, t_left + at
                if kind == "PASTE_VALUES":
                    cell = Cell(cell.value)
                elif cell.formula:
                    cell = replace(cell, formula=shifted(cell.formula, row - top - n, column - left - at))
                to.put(row, column, replace(cell, note=to.get(row, column).note))

    def _do_sortRange(self, said: Said) -> None:
        tab, top, bottom, left, right = self._area(said)
        tab.sort(top, bottom, left, right,
                 [(s["dimensionIndex"], s.get("sortOrder") == "DESCENDING") for s in said["sortSpecs"]])  # fmt: skip

    def _do_findReplace(self, said: Said) -> Said:
        tabs = self.sheet.tabs if said.get("allSheets") else [self.sheet.tab(said["sheetId"])]
        pattern = said["find"] if said.get("searchByRegex") else re.escape(said["find"])
        count = 0
        for tab in tabs:
            for n, row in enumerate(tab.rows):
                for at, cell in list(row.items()):
                    if isinstance(cell.value, str) and cell.formula is None:
                        whole = re.fullmatch if said.get("matchEntireCell") else re.search
                        if whole(pattern, cell.value):
                            tab.put(
                                n,
                                at,
                                replace(
                                    cell,
                                    value=re.sub(pattern, said.get("replacement", ""), cell.value) or None,
                                ),
                            )
                            count += 1
        return {"occurrencesChanged": count, "valuesChanged": count} if count else {}

    def _do_setDataValidation(self, said: Said) -> None:
        tab, top, bottom, left, right = self._area(said)
        tab.layers.append(Layer("validation", top, bottom, left, right, said.get("rule")))

    def _do_mergeCells(self, said: Said) -> None:
        tab, top, bottom, left, right = self._area(said)
        tab.objects.setdefault("merges", []).append(
            {"range": {k: v for k, v in said["range"].items() if (k, v) != ("sheetId", 0)}}
        )
        for row in range(top, bottom):
            for column in range(left, right):
                if (row, column) != (top, left):
                    tab.put(row, column, replace(tab.get(row, column), value=None, formula=None))

    # -- objects laid over a tab

    def _add(self, said: Said, name: str, kept: str, key: str) -> Said:
        wanted = copy.deepcopy(said[name])
        area = wanted.get("range") or (wanted.get("ranges") or [{}])[0]
        tab = self.sheet.tab(area.get("sheetId", 0))
        taken = {one.get(key) for other in self.sheet.tabs for one in other.objects.get(kept, [])}
        wanted[key] = self._new_id(wanted, key, taken)
        tab.objects.setdefault(kept, []).append(wanted)
        return {name: wanted}

    def _remove(self, kept: str, key: str, id: Any) -> None:
        for tab in self.sheet.tabs:
            found = tab.objects.get(kept, [])
            if any(one.get(key) == id for one in found):
                tab.objects[kept] = [one for one in found if one.get(key) != id]
                return
        raise _Wrong(f"No {kept} with id {id}")

    def _do_addBanding(self, said: Said) -> Said:
        tab, top, bottom, left, right = self._area(said["bandedRange"])
        for one in tab.objects.get("bandedRanges", []):
            _, t, b, le, r = self._area(one)
            if t < bottom and top < b and le < right and left < r:
                raise _Wrong(
                    "You cannot add alternating background colors to a range that already has alternating background colors."
                )
        return self._add(said, "bandedRange", "bandedRanges", "bandedRangeId")

    def _do_deleteBanding(self, said: Said) -> None:
        self._remove("bandedRanges", "bandedRangeId", said["bandedRangeId"])

    def _do_addProtectedRange(self, said: Said) -> Said:
        reply = self._add(said, "protectedRange", "protectedRanges", "protectedRangeId")
        shown = reply["protectedRange"]
        shown["editors"] = {k: v for k, v in (shown.get("editors") or {}).items() if v}
        shown["requestingUserCanEdit"] = True
        for name in [n for n, v in shown.items() if v is None or v is False]:
            del shown[name]
        if shown.get("range", {}).get("sheetId") == 0:
            del shown["range"]["sheetId"]
        answered = copy.deepcopy(reply)
        shown["editors"].setdefault(
            "users", [OURSELVES]
        )  # later reads name whoever made it; the answer does not
        return answered

    def _do_deleteProtectedRange(self, said: Said) -> None:
        self._remove("protectedRanges", "protectedRangeId", said["protectedRangeId"])

    def _do_addConditionalFormatRule(self, said: Said) -> None:
        tab = self.sheet.tab(said["rule"]["ranges"][0].get("sheetId", 0))
        tab.objects.setdefault("conditionalFormats", []).insert(
            said.get("index", 0), copy.deepcopy(said["rule"])
        )

    def _do_deleteConditionalFormatRule(self, said: Said) -> Said:
        found = self.sheet.tab(said["sheetId"]).objects.get("conditionalFormats", [])
        if said.get("index", 0) >= len(found):
            raise _Wrong(
                f"No conditional format on sheet: {said['sheetId']} at index: {said.get('index', 0)}"
            )
        return {"rule": found.pop(said.get("index", 0))}

    def _do_setBasicFilter(self, said: Said) -> None:
        tab = self.sheet.tab(said["filter"]["range"].get("sheetId", 0))
        tab.objects["filter"] = [copy.deepcopy(said["filter"])]

    def _do_addChart(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["chart"])
        taken = {one.get("chartId") for tab in self.sheet.tabs for one in tab.objects.get("charts", [])}
        wanted["chartId"] = self._new_id(wanted, "chartId", taken)
        place = wanted["position"]["overlayPosition"]["anchorCell"]
        self.sheet.tab(place.get("sheetId", 0)).objects.setdefault("charts", []).append(wanted)
        return {"chart": wanted}

    def _do_deleteEmbeddedObject(self, said: Said) -> None:
        self._remove("charts", "chartId", said["objectId"])

    def _do_addNamedRange(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["namedRange"])
        if any(one["name"].casefold() == wanted["name"].casefold() for one in self.sheet.named):
            raise _Wrong(f"A named range called {wanted['name']} already exists")
        wanted["namedRangeId"] = str(wanted.get("namedRangeId") or self._ids.randrange(1, 2**31))
        if wanted["range"].get("sheetId") == 0:
            del wanted["range"]["sheetId"]
        self.sheet.named.append(wanted)
        return {"namedRange": copy.deepcopy(wanted)}

    # -- developer metadata

    def _do_createDeveloperMetadata(self, said: Said) -> Said:
        wanted = copy.deepcopy(said["developerMetadata"])
        wanted["metadataId"] = self._new_id(
            wanted, "metadataId", {m["metadataId"] for m in self.sheet.metadata}
        )
        place = wanted["location"]
        if "dimensionRange" in place:
            span = place["dimensionRange"]
            self.sheet.tab(span.get("sheetId", 0))
            if span["endIndex"] - span.get("startIndex", 0) != 1:
                raise _Wrong("A dimension range must be a single row or column")
            place["locationType"] = "ROW" if span["dimension"] == "ROWS" else "COLUMN"
        elif "sheetId" in place:
            self.sheet.tab(place["sheetId"])
            place["locationType"] = "SHEET"
        else:
            place["locationType"] = "SPREADSHEET"
        self.sheet.metadata.append(wanted)
        for scope in (None, _sheet_of(wanted)):
            held = [m for m in self.sheet.metadata if scope is None or _sheet_of(m) == scope]
            if (
                scope is not None
                and sum(len(m["metadataKey"]) + len(m.get("metadataValue", "")) for m in held) > 30_000
            ):
                raise _Wrong("Developer metadata storage limit exceeded")
        return {"developerMetadata": wanted}

    def _do_deleteDeveloperMetadata(self, said: Said) -> Said:
        wanted = said["dataFilter"].get("developerMetadataLookup", {})
        gone = [m for m in self.sheet.metadata if matches(m, wanted)]
        self.sheet.metadata = [m for m in self.sheet.metadata if m not in gone]
        return {"deletedDeveloperMetadata": gone}


class _Wrong(Exception):
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


def _sheet_of(metadata: Said) -> int | None:
    place = metadata["location"]
    if "dimensionRange" in place:
        return int(place["dimensionRange"].get("sheetId", 0))
    return int(place["sheetId"]) if "sheetId" in place else None


def _mask(fields: str, said: Said) -> list[str]:
    if not fields:
        raise _Wrong("fields must be set")
    return list(said) if fields == "*" else [one.strip() for one in fields.split(",")]


def _value(said: Said | None) -> dict[str, Any]:
    if not said:
        return {"value": None, "formula": None}
    kind, value = next(iter(said.items()))
    if kind == "formulaValue":
        return {"value": None, "formula": value}
    if kind == "stringValue":
        if len(value) > MOST_LETTERS:
            raise _Wrong(
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


__all__ = ["BLANK", "Batch", "matches", "tab_properties"]
