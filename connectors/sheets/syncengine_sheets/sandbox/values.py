"""The values endpoints of the sandbox: update, batchUpdate, append, clear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from syncengine_sheets import a1
from syncengine_sheets.sandbox.entering import computed, entered
from syncengine_sheets.sandbox.grid import Tab
from syncengine_sheets.sandbox.requests import MOST_LETTERS
from syncengine_sheets.sandbox.showing import bounds, range_text, value_range
from syncengine_sheets.sandbox.spreadsheet import Refusal, Spreadsheet, invalid

Said = dict[str, Any]


def enter(sheet: Spreadsheet, tab: Tab, row: int, column: int, value: Any, *, typed: bool) -> None:
    """Put a value into a cell: as typed by a person, or as it is. Notes and formats stay. Raises `IndexError`."""
    if isinstance(value, str) and len(value) > MOST_LETTERS:
        raise invalid(
            f"Your input contains more than the maximum of {MOST_LETTERS} characters in a single cell."
        )
    cell, formula, brought = tab.get(row, column), None, None
    if typed:
        kind = tab.number_format(row, column) or {}
        got = entered(value, sheet.locale, kind.get("type", ""))
        value, formula = got.value if got.formula is None else computed(got.formula), got.formula
        brought = got.number_format if not kind else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = float(value)
    format = {**cell.format, "numberFormat": brought} if brought else cell.format
    tab.put(row, column, replace(cell, value=None if value == "" else value, formula=formula, format=format))


def by_filter(sheet: Spreadsheet, said: Said) -> list[Said]:
    """`values.batchGetByDataFilter`, of filters that are grid ranges: each range with the filter that it matched."""
    found = []
    for one in said.get("dataFilters", []):
        tab, area = area_of(sheet, one)
        text = range_text(tab, area.top, area.bottom or 0, area.left, area.right or 0)
        found.append({"valueRange": value_range(sheet, text, said), "dataFilters": [one]})
    return found


def area_of(sheet: Spreadsheet, filter: Said) -> tuple[Tab, a1.Area]:
    """The tab and area of a `DataFilter` that is a grid range. Raises `Refusal`."""
    area = filter.get("gridRange")
    if area is None:
        raise invalid("This stand-in knows no filters but gridRange.")
    tab = sheet.tab(area.get("sheetId", 0))
    bottom, right = area.get("endRowIndex", tab.row_count), area.get("endColumnIndex", tab.column_count)
    return tab, a1.Area(
        tab.title, area.get("startRowIndex", 0), area.get("startColumnIndex", 0), bottom, right
    )


def update(sheet: Spreadsheet, said: Said, query: dict[str, str], text: str) -> Said:
    """`values.update` of one range. Raises `Refusal`; then nothing has changed."""
    lines = said.get("values", [])
    if not isinstance(lines, list):
        message = (
            f"Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"{lines}\""
        )
        raise Refusal(400, message, "INVALID_ARGUMENT", details=[
            {"@type": "type.googleapis.com/google.rpc.BadRequest",
             "fieldViolations": [{"field": "data.values", "description": message}]}])  # fmt: skip
    option = query.get("valueInputOption")
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    tab, area = sheet.resolve(text)
    top, bottom, left, right = bounds(tab, area)
    if said.get("majorDimension") == "COLUMNS":
        height = max(map(len, lines), default=0)
        lines = [[column[n] if n < len(column) else None for column in lines] for n in range(height)]
    width = max(map(len, lines), default=0)
    single = area.bottom == area.top + 1 and area.right == area.left + 1
    if not single and (len(lines) > bottom - top or width > right - left):
        wrote = range_text(tab, top, top + max(1, len(lines)), left, left + max(1, width)).rpartition("!")[2]
        raise invalid(
            f"Requested writing within range [{range_text(tab, top, bottom, left, right)}], but tried writing to {wrote}"
        )
    if top + len(lines) > tab.row_count or left + width > tab.column_count:
        where = range_text(tab, top, top + len(lines), left, left + max(1, width))
        raise invalid(
            f"Range ({where}) exceeds grid limits. Max rows: {tab.row_count}, max columns: {tab.column_count}"
        )
    for n, line in enumerate(lines):
        for at, value in enumerate(line):
            if value is not None:
                enter(sheet, tab, top + n, left + at, value, typed=option == "USER_ENTERED")
    wrote = range_text(tab, top, top + max(1, len(lines)), left, left + max(1, width))
    found: Said = {"spreadsheetId": sheet.id, "updatedRange": wrote}
    touched = [(n, at) for n, line in enumerate(lines) for at, value in enumerate(line) if value is not None]
    if touched:
        found |= {"updatedRows": len({n for n, _ in touched}), "updatedColumns": len({at for _, at in touched}),
                  "updatedCells": len(touched)}  # fmt: skip
    if query.get("includeValuesInResponse", "").lower() == "true":
        found["updatedData"] = value_range(
            sheet, wrote, {"valueRenderOption": query.get("responseValueRenderOption", "")}
        )
    return found


def batch_update(sheet: Spreadsheet, said: Said) -> Said:
    """`values.batchUpdate`: all ranges or none."""
    query: dict[str, str] = {
        name: str(said[name])
        for name in ("valueInputOption", "includeValuesInResponse", "responseValueRenderOption")
        if name in said
    }
    before = sheet.snapshot()
    try:
        answers = [update(sheet, one, query, one["range"]) for one in said.get("data", [])]
    except BaseException:
        sheet.restore(before)
        raise
    found: Said = {"spreadsheetId": sheet.id, "responses": answers}
    areas = [sheet.resolve(one["updatedRange"]) for one in answers]
    if answers:
        rows = {(tab.id, n) for tab, area in areas for n in range(area.top, area.bottom or area.top)}
        columns = {(tab.id, n) for tab, area in areas for n in range(area.left, area.right or area.left)}
        found |= {"totalUpdatedRows": len(rows), "totalUpdatedColumns": len(columns),
                  "totalUpdatedCells": sum(one.get("updatedCells", 0) for one in answers),
                  "totalUpdatedSheets": len({tab.id for tab, _ in areas})}  # fmt: skip
    return found


def append(sheet: Spreadsheet, said: Said, query: dict[str, str], text: str) -> Said:
    """`values.append`: after the block of cells found in the range, as the service guesses it."""
    tab, area = sheet.resolve(text)
    top, bottom, left, right = bounds(tab, area)
    block = _block(tab, top, bottom, left, right)
    lines = said.get("values", [])
    row, column = (block[1], block[2]) if block else (top, left)
    if query.get("insertDataOption") == "INSERT_ROWS" and block:
        tab.insert("ROWS", row, len(lines))
        sheet.moved(tab, "ROWS", lambda at: at + len(lines) if at >= row else at)
    short = row + len(lines) - tab.row_count
    if short > 0:
        tab.insert("ROWS", tab.row_count, short)
    updates = update(sheet, {"values": lines}, query, range_text(tab, row, row + 1, column, column + 1))
    found: Said = {"spreadsheetId": sheet.id}
    if block:
        found["tableRange"] = range_text(tab, *block)
    return {**found, "updates": updates}


def _block(tab: Tab, top: int, bottom: int, left: int, right: int) -> tuple[int, int, int, int] | None:
    """The block that the last cell in the range belongs to, grown over its neighbours (as recorded, sheets.md 3)."""
    inside = [
        (r, c)
        for r in range(top, min(bottom, len(tab.rows)))
        for c in tab.rows[r]
        if left <= c < right and not tab.get(r, c).empty
    ]
    if not inside:
        return None
    start = max(inside)
    t, b, le, ri = start[0], start[0] + 1, start[1], start[1] + 1
    grown = True
    while grown:
        grown = False
        for r in range(max(0, t - 1), min(len(tab.rows), b + 1)):
            for c, cell in tab.rows[r].items():
                within = t <= r < b and le <= c < ri
                if not within and not cell.empty and le - 1 <= c <= ri:
                    t, b, le, ri = min(t, r), max(b, r + 1), min(le, c), max(ri, c + 1)
                    grown = True
    return t, b, le, ri


def clear(sheet: Spreadsheet, text: str) -> str:
    """`values.clear`: the contents go, formats and notes stay; returns the range."""
    tab, area = sheet.resolve(text)
    top, bottom, left, right = bounds(tab, area)
    for row in range(top, min(bottom, len(tab.rows))):
        for column, cell in list(tab.rows[row].items()):
            if left <= column < right:
                tab.put(row, column, replace(cell, value=None, formula=None))
    return range_text(tab, top, bottom, left, right)


__all__ = ["a1", "append", "batch_update", "clear", "enter", "update"]
