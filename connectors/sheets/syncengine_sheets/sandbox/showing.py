"""What the sandbox shows of a spreadsheet: values, grid data, properties; trailing blanks left out, masks applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncengine_sheets import a1
from syncengine_sheets.sandbox.entering import formatted
from syncengine_sheets.sandbox.grid import Cell, Tab
from syncengine_sheets.sandbox.requests import tab_properties
from syncengine_sheets.sandbox.spreadsheet import Spreadsheet

Said = dict[str, Any]

_WHITE = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: Said = {
    "backgroundColor": _WHITE, "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3}, "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {"foregroundColor": {}, "fontFamily": "arial,sans,sans-serif", "fontSize": 10, "bold": False, "italic": False,
                   "strikethrough": False, "underline": False, "foregroundColorStyle": {"rgbColor": {}}},
    "backgroundColorStyle": {"rgbColor": _WHITE},
}  # fmt: skip
_ACCENTS: tuple[tuple[str, Said], ...] = (
    ("TEXT", {}),
    ("BACKGROUND", _WHITE),
    ("ACCENT1", {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275}),
    ("ACCENT2", {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314}),
    ("ACCENT3", {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275}),
    ("ACCENT4", {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902}),
    ("ACCENT5", {"red": 1, "green": 0.42745098, "blue": 0.003921569}),
    ("ACCENT6", {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706}),
    ("LINK", {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}),
)
THEME: Said = {
    "primaryFontFamily": "Arial",
    "themeColors": [{"colorType": name, "color": {"rgbColor": colour}} for name, colour in _ACCENTS],
}


def value_of(cell: Cell, render: str, tab: Tab, at: tuple[int, int], locale: str) -> Any:
    """A cell for the values endpoints; "" for a blank one."""
    if render == "FORMULA" and cell.formula is not None:
        return cell.formula
    if cell.value is None:
        return ""
    if render == "FORMATTED_VALUE":
        return formatted(cell.value, tab.number_format(*at), locale)
    if isinstance(cell.value, float) and cell.value.is_integer():
        return int(cell.value)
    return cell.value


def bounds(tab: Tab, area: a1.Area) -> tuple[int, int, int, int]:
    """The area within the grid: top, bottom, left, right."""
    bottom = tab.row_count if area.bottom is None else min(area.bottom, tab.row_count)
    right = tab.column_count if area.right is None else min(area.right, tab.column_count)
    return area.top, bottom, area.left, right


def range_text(tab: Tab, top: int, bottom: int, left: int, right: int) -> str:
    """The range as the service writes it back; a single cell has no end."""
    first = a1.cell(top, left)
    last = a1.cell(bottom - 1, right - 1)
    return f"{a1.shown(tab.title)}!{first}" + (f":{last}" if last != first else "")


def value_range(sheet: Spreadsheet, text: str, options: dict[str, str]) -> Said:
    """`ValueRange` of one range. Raises `Refusal`."""
    tab, area = sheet.resolve(text)
    top, bottom, left, right = bounds(tab, area)
    render = options.get("valueRenderOption") or "FORMATTED_VALUE"
    dates = options.get("dateTimeRenderOption") == "FORMATTED_STRING"
    lines: list[list[Any]] = []
    for row in range(top, min(bottom, len(tab.rows))):
        line: list[Any] = []
        for column, cell in sorted(tab.rows[row].items()):
            if not left <= column < right or cell.empty:
                continue
            shown = value_of(cell, render, tab, (row, column), sheet.locale)
            if dates and render != "FORMATTED_VALUE" and isinstance(cell.value, float):
                kind = tab.number_format(row, column)
                if kind and kind["type"].startswith("DATE"):
                    shown = formatted(cell.value, kind, sheet.locale)
            if shown != "":
                line.extend([""] * (column - left - len(line)))
                line.append(shown)
        lines.append(line)
    while lines and not lines[-1]:
        lines.pop()
    found: Said = {"range": range_text(tab, top, bottom, left, right), "majorDimension": "ROWS"}
    if options.get("majorDimension") == "COLUMNS":
        found["majorDimension"] = "COLUMNS"
        width = max(map(len, lines), default=0)
        lines = [[line[c] if c < len(line) else "" for line in lines] for c in range(width)]
        for line in lines:
            while line and line[-1] == "":
                line.pop()
    if lines:
        found["values"] = lines
    return found


def spreadsheet_of(sheet: Spreadsheet, areas: Iterable[tuple[Tab, a1.Area]] | None, grid: bool) -> Said:
    """`Spreadsheet`. `areas`: only these ranges, and the tabs they are in; `grid`: with their cells."""
    wanted = None if areas is None else list(areas)
    shown = [tab for tab in sheet.tabs if wanted is None or any(tab is one for one, _ in wanted)]
    tabs = []
    for tab in shown:
        parts = [a1.Area(tab.title)] if wanted is None else [area for one, area in wanted if one is tab]
        tabs.append(_tab(sheet, tab, parts if grid else []))
    found: Said = {
        "spreadsheetId": sheet.id,
        "properties": {"title": sheet.title, "locale": sheet.locale, "autoRecalc": "ON_CHANGE", "timeZone": sheet.time_zone,
                       "defaultFormat": DEFAULT_FORMAT, "spreadsheetTheme": THEME},
        "sheets": tabs,
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{sheet.id}/edit",
    }  # fmt: skip
    whole = [m for m in sheet.metadata if m["location"]["locationType"] == "SPREADSHEET"]
    if sheet.named:
        found["namedRanges"] = sheet.named
    if whole:
        found["developerMetadata"] = whole
    return found


def _tab(sheet: Spreadsheet, tab: Tab, parts: list[a1.Area]) -> Said:
    found: Said = {"properties": tab_properties(tab)}
    if parts:
        found["data"] = [_grid(sheet, tab, area) for area in parts]
    metadata = [m for m in sheet.metadata if m["location"].get("sheetId") == tab.id]
    if metadata:
        found["developerMetadata"] = metadata
    for name in ("merges", "conditionalFormats", "protectedRanges", "bandedRanges", "charts"):
        if tab.objects.get(name):
            found[name] = (
                [one["range"] for one in tab.objects[name]] if name == "merges" else tab.objects[name]
            )
    if tab.objects.get("filter"):
        found["basicFilter"] = tab.objects["filter"][0]
    return found


def _grid(sheet: Spreadsheet, tab: Tab, area: a1.Area) -> Said:
    top, bottom, left, right = bounds(tab, area)
    found: Said = {}
    if top:
        found["startRow"] = top
    if left:
        found["startColumn"] = left
    rows: list[Said] = []
    for row in range(top, min(bottom, len(tab.rows))):
        cells: list[Said] = []
        for column, cell in sorted(tab.rows[row].items()):
            if left <= column < right and (shown := _cell(sheet, tab, row, column, cell)):
                cells.extend({} for _ in range(column - left - len(cells)))
                cells.append(shown)
        rows.append({"values": cells} if cells else {})
    while rows and not rows[-1]:
        rows.pop()
    if rows:
        found["rowData"] = rows
    found["rowMetadata"] = [
        {"pixelSize": 21, **tab.row_properties.get(n, {})} for n in range(top, min(bottom, top + 3))
    ]
    columns = []
    for column in range(left, right):
        said: Said = {"pixelSize": 100, **tab.column_properties.get(column, {})}
        metadata = list(sheet.column_metadata(tab, column))
        if metadata:
            said["developerMetadata"] = metadata
        columns.append(said)
    found["columnMetadata"] = columns
    return found


def _cell(sheet: Spreadsheet, tab: Tab, row: int, column: int, cell: Cell) -> Said:
    found: Said = {}
    if cell.formula is not None:
        found["userEnteredValue"] = {"formulaValue": cell.formula}
    elif cell.value is not None:
        found["userEnteredValue"] = _extended(cell.value)
    if cell.value is not None:
        found["effectiveValue"] = _extended(cell.value)
        found["formattedValue"] = formatted(cell.value, tab.number_format(row, column), sheet.locale)
    own = dict(cell.format)
    number_format = tab.number_format(row, column)
    if own:
        found["userEnteredFormat"] = own
    if found:
        found["effectiveFormat"] = {
            **DEFAULT_FORMAT,
            **own,
            **({"numberFormat": number_format} if number_format else {}),
        }
    if cell.note:
        found["note"] = cell.note
    rule = tab.validation(row, column)
    if rule and found:
        found["dataValidation"] = rule
    return found


def _extended(value: Any) -> Said:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": int(value) if float(value).is_integer() else value}


def masked(found: Any, fields: str) -> Any:
    """What a partial-response mask leaves: `a(b,c/d),e.f`. Objects that are empty then stay as `{}`."""
    return found if not fields or fields == "*" else _masked(found, _tree(fields))


def _tree(fields: str) -> Said:
    tree: Said = {}
    depth, part, parts = 0, "", []
    for letter in fields + ",":
        if letter == "," and depth == 0:
            parts.append(part.strip())
            part = ""
            continue
        depth += (letter == "(") - (letter == ")")
        part += letter
    for one in parts:
        head, bracket, inner = one.partition("(")
        path = head.replace("/", ".").strip(".").split(".")
        at = tree
        for name in path:
            at = at.setdefault(name, {})
        if bracket:
            at.update(_tree(inner[:-1]))
    return tree


def _masked(found: Any, tree: Said) -> Any:
    if not tree or tree.keys() == {"*"}:
        return found
    if isinstance(found, list):
        return [_masked(one, tree) for one in found]
    if not isinstance(found, dict):
        return found
    return {name: _masked(found[name], inner) for name, inner in tree.items() if name in found}
