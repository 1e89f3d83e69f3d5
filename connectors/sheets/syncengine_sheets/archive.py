"""The Archive: what stood in removed rows, a line for each field, so that nothing is ever just gone."""

from __future__ import annotations

from typing import Any

from syncengine.model import palette
from syncengine_sheets import look
from syncengine_sheets.marks import ARCHIVE, TITLES, chosen
from syncengine_sheets.tabs import area, new_sheet, own_mark

HEADINGS = (("Tab", 120), ("Record", 240), ("Column", 160), ("Value", 420), ("Record id", 220))

Said = dict[str, Any]


def archive_tab(index: int, title: str = TITLES[ARCHIVE]) -> list[Said]:
    """Requests that make it."""
    id = chosen("tab", ARCHIVE)
    heads = [
        {"userEnteredValue": {"stringValue": text}, "userEnteredFormat": look.heading(computed=True)}
        for text, _ in HEADINGS
    ]
    texts = {
        "numberFormat": {"type": "TEXT", "pattern": "@"},
        "wrapStrategy": "WRAP",
        "verticalAlignment": "TOP",
        "textFormat": look.text(),
    }
    found: list[Said] = [
        new_sheet(ARCHIVE, title, index, 200, len(HEADINGS), palette.GREY),
        {"updateCells": {"start": {"sheetId": id, "rowIndex": 0, "columnIndex": 0}, "rows": [{"values": heads}],
                         "fields": "userEnteredValue,userEnteredFormat"}},
        {"repeatCell": {"range": area(id, 1, 0, len(HEADINGS)), "cell": {"userEnteredFormat": texts}, "fields": look.masks(texts)}},
    ]  # fmt: skip
    for at, (_, size) in enumerate(HEADINGS):
        place = {"sheetId": id, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
        found.append(
            {
                "updateDimensionProperties": {
                    "range": place,
                    "properties": {"pixelSize": size},
                    "fields": "pixelSize",
                }
            }
        )
    return [*found, own_mark(ARCHIVE)]
