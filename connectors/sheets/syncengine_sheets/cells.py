"""Requests that put contents and notes into cells, and into no others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from syncengine_sheets.mapping import Content

Said = dict[str, Any]


def cell_requests(sheet: int, contents: Mapping[tuple[int, int], Content]) -> list[Said]:
    """Requests that put contents into cells, (row, column), a block of equal rows in one; other cells are not touched."""
    rows: dict[int, list[tuple[int, bool, list[Content]]]] = {}
    for (row, column), made in sorted(contents.items()):
        runs = rows.setdefault(row, [])
        formatted = made.format is not None
        if runs and runs[-1][0] + len(runs[-1][2]) == column and runs[-1][1] == formatted:
            runs[-1][2].append(made)
        else:
            runs.append((column, formatted, [made]))
    blocks: list[tuple[int, int, bool, list[list[Content]]]] = []
    open_blocks: dict[tuple[int, bool, int], int] = {}
    for row, runs in rows.items():
        for column, formatted, line in runs:
            key = (column, formatted, len(line))
            at = open_blocks.get(key)
            if at is not None and blocks[at][0] + len(blocks[at][3]) == row:
                blocks[at][3].append(line)
            else:
                open_blocks[key] = len(blocks)
                blocks.append((row, column, formatted, [line]))
    return [_block(sheet, *block) for block in blocks]


def _block(sheet: int, row: int, column: int, formatted: bool, lines: list[list[Content]]) -> Said:
    fields = "userEnteredValue,userEnteredFormat.numberFormat" if formatted else "userEnteredValue"
    return {"updateCells": {
        "start": {"sheetId": sheet, "rowIndex": row, "columnIndex": column}, "fields": fields,
        "rows": [{"values": [_cell(made) for made in line]} for line in lines],
    }}  # fmt: skip


def _cell(made: Content) -> Said:
    cell: Said = {"userEnteredValue": made.extended()} if made.value is not None else {}
    if made.format is not None:
        cell["userEnteredFormat"] = {"numberFormat": {"type": made.format[0], "pattern": made.format[1]}}
    return cell


def note_request(sheet: int, row: int, column: int, text: str) -> Said:
    """Puts a note on a cell; "" takes it away."""
    return {"updateCells": {"start": {"sheetId": sheet, "rowIndex": row, "columnIndex": column}, "fields": "note",
                            "rows": [{"values": [{"note": text} if text else {}]}]}}  # fmt: skip


def size_of(contents: Mapping[int, Content]) -> int:
    """About how many bytes a row's contents take in a request."""
    return sum(60 + len(json.dumps(made.value)) for made in contents.values())
