"""A tab of ours without records, drawn cell by cell: the Dashboard and the Guide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from syncengine.model import palette
from syncengine_sheets import look

Said = dict[str, Any]


@dataclass
class Canvas:
    """Collects cells and requests of one tab; rows and columns count from 0."""

    sheet: int
    cells: dict[tuple[int, int], Said] = field(default_factory=dict)
    more: list[Said] = field(default_factory=list)

    def put(self, row: int, column: int, value: str | None, format: Said) -> None:
        """Words, or a formula where `value` begins with an equals sign; only texts of ours come here, never people's."""
        cell: Said = {"userEnteredFormat": format}
        if value:
            kind = "formulaValue" if value.startswith("=") else "stringValue"
            cell["userEnteredValue"] = {kind: value}
        self.cells[row, column] = cell

    def merge(self, row: int, column: int, width: int) -> None:
        """Let a cell reach over its neighbours to the right."""
        place = {
            "sheetId": self.sheet,
            "startRowIndex": row,
            "endRowIndex": row + 1,
            "startColumnIndex": column,
            "endColumnIndex": column + width,
        }
        self.more.append({"mergeCells": {"range": place, "mergeType": "MERGE_ALL"}})

    def size(self, dimension: str, start: int, end: int, pixels: int) -> None:
        """Widths of columns or heights of rows."""
        place = {"sheetId": self.sheet, "dimension": dimension, "startIndex": start, "endIndex": end}
        self.more.append(
            {
                "updateDimensionProperties": {
                    "range": place,
                    "properties": {"pixelSize": pixels},
                    "fields": "pixelSize",
                }
            }
        )

    def requests(self) -> list[Said]:
        """Everything, as requests."""
        rows = max(row for row, _ in self.cells) + 1
        width = max(column for _, column in self.cells) + 1
        lines = [
            {"values": [self.cells.get((row, column), {}) for column in range(width)]} for row in range(rows)
        ]
        start = {"sheetId": self.sheet, "rowIndex": 0, "columnIndex": 0}
        cells = {
            "updateCells": {"start": start, "rows": lines, "fields": "userEnteredValue,userEnteredFormat"}
        }
        return [cells, *self.more]


BODY: Said = {"textFormat": look.text(), "verticalAlignment": "MIDDLE"}
SMALL: Said = {"textFormat": look.text(9, palette.MUTED), "verticalAlignment": "MIDDLE"}
TITLE: Said = {"textFormat": look.text(22, palette.DEEP, bold=True), "verticalAlignment": "MIDDLE"}
SECTION: Said = {"textFormat": look.text(13, palette.DEEP, bold=True), "verticalAlignment": "MIDDLE"}
