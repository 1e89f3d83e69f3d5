"""Requests about cells."""

from __future__ import annotations

import re
from dataclasses import replace

from syncengine_sheets.sandbox.formulas import shifted
from syncengine_sheets.sandbox.grid import Cell, Layer
from syncengine_sheets.sandbox.requests import (
    Requests,
    Said,
    Wrong,
    mask,
    value_of,
)


class CellRequests(Requests):
    """Each method is the request of its name."""

    # -- cells

    def _do_updateCells(self, said: Said) -> None:
        rows, fields = said.get("rows", []), mask(said["fields"], {})
        if "range" in said:
            tab, top, bottom, left, right = self._area(said)
            if bottom > tab.row_count or right > tab.column_count:
                bottom, right = min(bottom, tab.row_count), min(right, tab.column_count)
            if len(rows) > bottom - top or any(len(row.get("values", [])) > right - left for row in rows):
                raise Wrong("Attempting to write outside of the range")
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
                cell = replace(cell, **value_of(wanted.get(name)))
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
        paths = mask(said["fields"], said["cell"])
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
