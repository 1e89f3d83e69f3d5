"""One tab of a sandbox spreadsheet: cells, what is laid over areas, and how both move with rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Moves = Callable[[int], int | None]
"""An index before an operation to the one after it; `None`: it is gone."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell holds. Never changed, only replaced: a snapshot of a tab is a copy of its rows."""

    value: Any = None
    """str, float, bool or `None`; of a formula, what it shows."""
    formula: str | None = None
    format: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return self.value is None and self.formula is None


BLANK = Cell()


@dataclass(frozen=True, slots=True)
class Layer:
    """Something laid over an area: a format or a validation of whole columns, say."""

    what: str
    """`format` or `validation`."""
    top: int
    bottom: int
    left: int
    right: int
    payload: Any

    def covers(self, row: int, column: int) -> bool:
        """Whether the cell lies in it."""
        return self.top <= row < self.bottom and self.left <= column < self.right


@dataclass
class Tab:
    """A sheet of the spreadsheet."""

    id: int
    title: str
    index: int
    row_count: int = 1000
    column_count: int = 26
    rows: list[dict[int, Cell]] = field(default_factory=list)
    """As far as anything was ever written; what is beyond is blank."""
    layers: list[Layer] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    """hidden, tabColorStyle, gridProperties other than the counts …"""
    column_properties: dict[int, dict[str, Any]] = field(default_factory=dict)
    row_properties: dict[int, dict[str, Any]] = field(default_factory=dict)
    objects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """bandedRanges, protectedRanges, conditionalFormats, charts, tables, merges, filter: as the service shows them."""

    def snapshot(self) -> Tab:
        """A copy that later changes don't touch."""
        return replace(
            self, rows=[dict(row) for row in self.rows], layers=list(self.layers), properties=dict(self.properties),
            column_properties=dict(self.column_properties), row_properties=dict(self.row_properties),
            objects={name: [dict(one) for one in found] for name, found in self.objects.items()},
        )  # fmt: skip

    def get(self, row: int, column: int) -> Cell:
        """The cell; blank where nothing was written."""
        return self.rows[row].get(column, BLANK) if row < len(self.rows) else BLANK

    def put(self, row: int, column: int, cell: Cell) -> None:
        """Replace the cell. Raises `IndexError` past the grid."""
        if not (0 <= row < self.row_count and 0 <= column < self.column_count):
            raise IndexError
        while len(self.rows) <= row:
            self.rows.append({})
        if cell == BLANK:
            self.rows[row].pop(column, None)
        else:
            self.rows[row][column] = cell

    def number_format(self, row: int, column: int) -> dict[str, str] | None:
        """How numbers are shown there: the cell's own format, else the last one laid over it."""
        own = self.get(row, column).format.get("numberFormat")
        if own:
            return dict(own)
        for layer in reversed(self.layers):
            if layer.what == "format" and "numberFormat" in layer.payload and layer.covers(row, column):
                return dict(layer.payload["numberFormat"])
        return None

    def validation(self, row: int, column: int) -> Any:
        """The rule of the cell, or `None`."""
        for layer in reversed(self.layers):
            if layer.what == "validation" and layer.covers(row, column):
                return layer.payload
        return None

    def last_row(self) -> int:
        """The last row with anything in it, plus one."""
        return next(
            (
                n + 1
                for n in range(len(self.rows) - 1, -1, -1)
                if any(not c.empty for c in self.rows[n].values())
            ),
            0,
        )

    def insert(self, dimension: str, start: int, count: int) -> None:
        """New rows or columns before `start`."""
        if dimension == "ROWS":
            self.row_count += count
            if start < len(self.rows):
                self.rows[start:start] = [{} for _ in range(count)]
        else:
            self.column_count += count
        self._moved(dimension, lambda at: at + count if at >= start else at, rows=False)

    def delete(self, dimension: str, start: int, end: int) -> None:
        """Rows or columns taken out."""
        count = end - start
        if dimension == "ROWS":
            self.row_count -= count
            del self.rows[start:end]
        else:
            self.column_count -= count
        self._moved(
            dimension, lambda at: None if start <= at < end else at - count if at >= end else at, rows=False
        )

    def move(self, dimension: str, start: int, end: int, to: int) -> Moves:
        """Rows or columns moved before what is at `to` now; returns where each went."""
        size = self.row_count if dimension == "ROWS" else self.column_count
        order = [at for at in range(size) if not start <= at < end]
        place = len([at for at in order if at < to])
        order[place:place] = range(start, end)
        goes = {old: new for new, old in enumerate(order)}
        if dimension == "ROWS":
            while len(self.rows) < size:
                self.rows.append({})
            self.rows = [self.rows[old] for old in order]
        self._moved(dimension, goes.get, rows=False)
        return goes.get

    def _moved(self, dimension: str, moves: Moves, *, rows: bool) -> None:
        if dimension == "COLUMNS":
            self.rows = [
                {new: cell for at, cell in row.items() if (new := moves(at)) is not None} for row in self.rows
            ]
            self.column_properties = _keys(self.column_properties, moves)
        else:
            self.row_properties = _keys(self.row_properties, moves)
        self.layers = [moved for layer in self.layers if (moved := _layer(layer, dimension, moves))]
        for name, found in self.objects.items():
            self.objects[name] = [one for one in (_object(one, dimension, moves) for one in found) if one]

    def sort(self, top: int, bottom: int, left: int, right: int, by: Iterable[tuple[int, bool]]) -> None:
        """Sort the contents of an area; (column, descending). Formats and notes of the cells go along, metadata does not."""
        lines = [
            {c: cell for c, cell in self.row(n).items() if left <= c < right} for n in range(top, bottom)
        ]
        for column, descending in reversed(list(by)):
            blank = [line for line in lines if line.get(column, BLANK).empty]
            full = [line for line in lines if not line.get(column, BLANK).empty]
            full.sort(key=lambda line: _order(line[column].value), reverse=descending)
            lines = full + blank
        for n, line in zip(range(top, bottom), lines, strict=True):
            kept = {c: cell for c, cell in self.row(n).items() if not left <= c < right}
            if line or kept or n < len(self.rows):
                while len(self.rows) <= n:
                    self.rows.append({})
                self.rows[n] = {**kept, **line}

    def row(self, number: int) -> dict[int, Cell]:
        """The cells of a row."""
        return self.rows[number] if number < len(self.rows) else {}


def _order(value: Any) -> tuple[int, Any]:
    """Numbers before texts before truth values, as Sheets sorts."""
    if isinstance(value, bool):
        return 2, value
    return (0, value) if isinstance(value, int | float) else (1, str(value).casefold())


def _keys(found: dict[int, dict[str, Any]], moves: Moves) -> dict[int, dict[str, Any]]:
    return {new: said for at, said in found.items() if (new := moves(at)) is not None}


def span(start: int, end: int, moves: Moves) -> tuple[int, int] | None:
    """A range of indices after a move; `None` when all of it is gone."""
    first = next((new for at in range(start, end) if (new := moves(at)) is not None), None)
    last = next((new for at in range(end - 1, start - 1, -1) if (new := moves(at)) is not None), None)
    return None if first is None or last is None else (min(first, last), max(first, last) + 1)


def _layer(layer: Layer, dimension: str, moves: Moves) -> Layer | None:
    if dimension == "ROWS":
        rows = span(layer.top, layer.bottom, moves)
        return replace(layer, top=rows[0], bottom=rows[1]) if rows else None
    columns = span(layer.left, layer.right, moves)
    return replace(layer, left=columns[0], right=columns[1]) if columns else None


def _object(found: dict[str, Any], dimension: str, moves: Moves) -> dict[str, Any] | None:
    first, last = (
        ("startRowIndex", "endRowIndex") if dimension == "ROWS" else ("startColumnIndex", "endColumnIndex")
    )

    def moved(area: dict[str, Any]) -> dict[str, Any] | None:
        if last not in area:
            return area
        after = span(area.get(first, 0), area[last], moves)
        return None if after is None else {**area, first: after[0], last: after[1]}

    if "range" in found:
        area = moved(found["range"])
        return None if area is None else {**found, "range": area}
    if "ranges" in found:
        areas = [one for one in map(moved, found["ranges"]) if one]
        return {**found, "ranges": areas} if areas else None
    return found
