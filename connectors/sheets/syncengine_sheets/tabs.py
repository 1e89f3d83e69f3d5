"""Requests that make a kind's tab, or a column in one: headings with notes, formats, drop-downs, colours, marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncengine.model import palette
from syncengine.model.kind import Kind
from syncengine.model.palette import late, open_while, tints
from syncengine_sheets import a1, look
from syncengine_sheets.layout import Tab, mark_of
from syncengine_sheets.marks import FIELD, ID, ID_HEADING, KIND, OURS, chosen

ROWS = 1000

Said = dict[str, Any]


def area(sheet: int, top: int, left: int, right: int, bottom: int | None = None) -> Said:
    """`GridRange`; without `bottom`, down to the end of the tab."""
    found = {"sheetId": sheet, "startRowIndex": top, "startColumnIndex": left, "endColumnIndex": right}
    return found if bottom is None else {**found, "endRowIndex": bottom}


def mark(key: str, value: str, place: Said, *words: str) -> Said:
    """Developer metadata of ours, with an id of our choice."""
    said = {"metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT", "location": place}
    return {
        "createDeveloperMetadata": {
            "developerMetadata": {"metadataId": chosen("metadata", key, *words), **said}
        }
    }


def new_sheet(
    name: str,
    title: str,
    index: int,
    rows: int,
    columns: int,
    colour: str,
    *,
    frozen: tuple[int, int] = (1, 0),
    hidden: bool = False,
) -> Said:
    """Adds a tab under an id of our choice."""
    grid: Said = {"rowCount": rows, "columnCount": columns, "hideGridlines": True}
    for key, count in zip(("frozenRowCount", "frozenColumnCount"), frozen, strict=True):
        if count:
            grid[key] = count
    about: Said = {
        "sheetId": chosen("tab", name),
        "title": title,
        "index": index,
        "gridProperties": grid,
        "tabColorStyle": look.colour(colour),
    }
    return {"addSheet": {"properties": {**about, **({"hidden": True} if hidden else {})}}}


def own_mark(name: str) -> Said:
    """Marks a tab of ours without records."""
    return mark(OURS, name, {"sheetId": chosen("tab", name)}, name)


def kind_mark(tab: Tab) -> Said:
    """Marks the tab of a kind."""
    return mark(KIND, tab.kind.name, {"sheetId": tab.sheet}, tab.kind.name, str(tab.sheet))


def column_marks(tab: Tab, names: Sequence[str]) -> list[Said]:
    """Marks columns, so that they are found wherever they are moved and whatever they are called."""
    found = []
    for name in names:
        at = tab.ours[name]
        place = {
            "dimensionRange": {
                "sheetId": tab.sheet,
                "dimension": "COLUMNS",
                "startIndex": at,
                "endIndex": at + 1,
            }
        }
        found.append(mark(FIELD, mark_of(name, tab), place, tab.kind.name, name, str(tab.sheet)))
    return found


def new_tab(tab: Tab, index: int, lists: dict[str, str]) -> list[Said]:
    """A whole tab for a kind that has none."""
    colour = palette.STEEL if tab.kind.name == "question" else palette.DEEP
    found = [
        new_sheet(tab.kind.name, tab.title, index, ROWS, len(tab.kind.fields) + 1, colour, frozen=(1, 1)),
        kind_mark(tab),
    ]
    found += columns(tab, [*tab.kind.fields, ID], lists)
    full = area(tab.sheet, 0, 0, len(tab.kind.fields) + 1)
    top = {"sheetId": tab.sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    bands = {
        "headerColorStyle": look.colour(palette.DEEP),
        "firstBandColorStyle": look.colour(look.WHITE),
        "secondBandColorStyle": look.colour("F7FAFB"),
    }
    found += [
        {"addBanding": {"bandedRange": {"bandedRangeId": chosen("banding", tab.kind.name), "range": full, "rowProperties": bands}}},
        {"setBasicFilter": {"filter": {"range": full}}},
        {"updateDimensionProperties": {"range": top, "properties": {"pixelSize": 40}, "fields": "pixelSize"}},
    ]  # fmt: skip
    return found + _colours(tab)


def columns(tab: Tab, names: Sequence[str], lists: dict[str, str]) -> list[Said]:
    """These fields' columns (or `id`'s), at the places that the tab has for them: heading, format, drop-down, mark."""
    found: list[Said] = []
    for name in names:
        at, below = tab.ours[name], tab.heading_row + 1
        field = tab.kind.fields.get(name)
        head: Said = {"userEnteredFormat": look.heading(computed=field is None or field.computed)}
        head["userEnteredValue"] = {"stringValue": ID_HEADING if field is None else field.label}
        head["note"] = (
            "How mentorsync knows the row again, wherever it is sorted to. Leave it as it is."
            if field is None
            else look.note(tab.kind, field)
        )
        start = {"sheetId": tab.sheet, "rowIndex": tab.heading_row, "columnIndex": at}
        found.append(
            {
                "updateCells": {
                    "start": start,
                    "rows": [{"values": [head]}],
                    "fields": "userEnteredValue,note,userEnteredFormat",
                }
            }
        )
        format = look.column(field) if field else {"numberFormat": {"type": "TEXT", "pattern": "@"}}
        cells = area(tab.sheet, below, at, at + 1)
        found.append(
            {
                "repeatCell": {
                    "range": cells,
                    "cell": {"userEnteredFormat": format},
                    "fields": look.masks(format),
                }
            }
        )
        rule = look.rule(field, lists) if field else None
        if rule:
            found.append({"setDataValidation": {"range": cells, "rule": rule}})
        found += _dimension(tab, name, at)
    return found + column_marks(tab, names)


def _dimension(tab: Tab, name: str, at: int) -> list[Said]:
    place = {"sheetId": tab.sheet, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
    if name != ID:
        size = look.pixels(tab.kind, tab.kind.fields[name])
        return [
            {
                "updateDimensionProperties": {
                    "range": place,
                    "properties": {"pixelSize": size},
                    "fields": "pixelSize",
                }
            }
        ]
    warned = {"protectedRangeId": chosen("protected", tab.kind.name, str(tab.sheet), str(at)), "range": area(tab.sheet, 0, at, at + 1),
              "warningOnly": True, "description": "mentorsync's ids: they tell the rows apart"}  # fmt: skip
    return [
        {
            "updateDimensionProperties": {
                "range": place,
                "properties": {"hiddenByUser": True},
                "fields": "hiddenByUser",
            }
        },
        {"addProtectedRange": {"protectedRange": warned}},
    ]


def _colours(tab: Tab) -> list[Said]:
    """Conditional colours: how things stand, what is overdue or stale."""
    at = {name: a1.letters(column) for name, column in tab.columns.items()}
    still = "".join(f";${at[name]}2<>{_written(over)}" for name, over in open_while(tab.kind))
    found: list[Said] = []
    for name, field in tab.kind.fields.items():
        cells = area(tab.sheet, 1, tab.columns[name], tab.columns[name] + 1)
        for options, colour in tints(field):
            said = ";".join(f'${at[name]}2="{option}"' for option in options)
            found.append(_rule(cells, f"=OR({said})", colour))
        if tint := late(field):
            found.append(_rule(cells, f"=AND(ISNUMBER(${at[name]}2){still};${at[name]}2<TODAY())", tint))
    return found


def _written(value: str | bool) -> str:
    return "TRUE" if value is True else f'"{value}"'


def _rule(cells: Said, formula: str, colour: str) -> Said:
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
    format = {
        "backgroundColorStyle": look.colour(colour),
        "textFormat": {"foregroundColorStyle": look.colour(palette.INK)},
    }
    return {
        "addConditionalFormatRule": {
            "index": 0,
            "rule": {"ranges": [cells], "booleanRule": {"condition": condition, "format": format}},
        }
    }


def lists_of(tabs: Mapping[str, Tab]) -> dict[str, str]:
    """Kind to the range of its titles, for drop-downs; kinds whose title is a plain field."""
    found: dict[str, str] = {}
    for name, tab in tabs.items():
        title = tab.kind.title[0]
        if len(tab.kind.title) == 1 and title in tab.columns:
            letters = a1.letters(tab.columns[title])
            found[name] = f"={a1.quoted(tab.title)}!${letters}${tab.heading_row + 2}:${letters}"
    return found


def planned(kind: Kind, title: str) -> Tab:
    """The tab that `new_tab` makes."""
    at = {name: number for number, name in enumerate(kind.fields)}
    heads = [field.label for field in kind.fields.values()] + [ID_HEADING]
    return Tab(kind, chosen("tab", kind.name), title, 0, at, len(at), heads, rows=ROWS, width=len(at) + 1)
