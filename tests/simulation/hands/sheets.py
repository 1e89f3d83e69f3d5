"""People at a Google spreadsheet of the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.template import Template
from syncengine_sheets.sandbox import Hands, Sandbox, Spreadsheet
from tests.simulation.hands.grid import Cells, Grid
from tests.simulation.hands.values import is_number, local

_EPOCH = datetime(1899, 12, 30)


class SheetsHands(Grid):
    """Types into cells. The spreadsheet is the only one there is."""

    def __init__(self, box: Sandbox, template: Template) -> None:
        super().__init__(template)
        self.box = box

    @property
    def spreadsheet(self) -> Spreadsheet:
        [found] = self.box.files.values()
        return found

    def _hands(self, kind: Kind) -> Hands:
        return self.box.hands(self.spreadsheet, kind.plural)

    def sheet(self, kind: Kind) -> Sequence[Cells]:
        if self.spreadsheet.titled(kind.plural) is None:
            return [{}]
        tab = self._hands(kind).tab
        return [{n: cell.value for n, cell in tab.row(row).items()} for row in range(max(1, tab.last_row()))]

    def put(self, kind: Kind, cells: Mapping[tuple[int, int], tuple[Field | None, Any]]) -> None:
        hands = self._hands(kind)
        for (row, column), (field, value) in cells.items():
            hands.type(row, column, _typed(field, value))

    def day_of(self, cell: Any) -> Any:
        if not isinstance(cell, int | float):
            return cell
        return _EPOCH + timedelta(seconds=round(cell * 86_400))

    def take_out(self, kind: Kind, row: int) -> None:
        self._hands(kind).delete_row(row)

    def double(self, kind: Kind, row: int) -> None:
        hands = self._hands(kind)
        hands.copy_row(row, hands.below())

    def reorder(self, kind: Kind, order: Sequence[int]) -> None:
        hands, now = self._hands(kind), list(range(1, max(1, self._hands(kind).tab.last_row())))
        for at, wanted in enumerate(order):
            stands = now.index(wanted)
            if stands != at:
                hands.move_row(stands + 1, at + 1)
                now.insert(at, now.pop(stands))

    def take_out_column(self, kind: Kind, column: int) -> None:
        self._hands(kind).delete_column(column)

    def texts(self) -> Iterable[str]:
        for tab in self.spreadsheet.tabs:
            for row in tab.rows:
                for cell in row.values():
                    yield f"{cell.value} {cell.formula or ''}"
        yield from (exchange.request.body.decode("utf-8", "replace") for exchange in self.box.log)


def _typed(field: Field | None, value: Any) -> Any:
    if field is not None and isinstance(field.type, ft.Instant) and isinstance(value, str):
        return str(local(value))
    if field is not None and isinstance(field.type, ft.Percent) and is_number(field.type, value):
        return f"{value!r}%"
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "'")) else value
