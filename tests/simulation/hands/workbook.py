"""People at an .xlsx file; openpyxl stands for their spreadsheet program."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.template import Template
from syncengine.testing.tool import Impossible
from tests.simulation.hands.grid import Cells, Grid
from tests.simulation.hands.values import day, is_number, local


class WorkbookHands(Grid):
    """Opens the file, changes cells, saves it."""

    def __init__(self, path: Path, template: Template) -> None:
        super().__init__(template)
        self.path = path
        self._seen: tuple[bytes, openpyxl.Workbook] | None = None

    def _book(self) -> openpyxl.Workbook:
        data = self.path.read_bytes()
        if self._seen is None or self._seen[0] != data:
            self._seen = data, openpyxl.load_workbook(self.path)
        return self._seen[1]

    @contextmanager
    def _changing(self) -> Iterator[openpyxl.Workbook]:
        book = self._book()
        self._seen = None
        yield book
        book.save(self.path)

    def sheet(self, kind: Kind) -> Sequence[Cells]:
        book = self._book()
        if kind.plural not in book.sheetnames:
            return [{}]
        rows = [dict(enumerate(values)) for values in book[kind.plural].iter_rows(values_only=True)]
        while len(rows) > 1 and all(value is None for value in rows[-1].values()):
            rows.pop()
        return rows or [{}]

    def put(self, kind: Kind, cells: Mapping[tuple[int, int], tuple[Field | None, Any]]) -> None:
        typed = {place: _typed(*said) for place, said in cells.items()}
        with self._changing() as book:
            sheet = book[kind.plural]
            for (row, column), value in typed.items():
                cell = sheet.cell(row + 1, column + 1)
                cell.value = value
                if isinstance(value, str):
                    cell.data_type = "s"
                if row == 0:
                    for table in sheet.tables.values():
                        table.tableColumns[column].name = value

    def take_out(self, kind: Kind, row: int) -> None:
        with self._changing() as book:
            book[kind.plural].delete_rows(row + 1)

    def double(self, kind: Kind, row: int) -> None:
        below = len(self.sheet(kind)) + 1
        with self._changing() as book:
            sheet = book[kind.plural]
            for cell in sheet[row + 1]:
                _copy(cell.value, cell.data_type, sheet.cell(below, cell.column))

    def reorder(self, kind: Kind, order: Sequence[int]) -> None:
        with self._changing() as book:
            sheet = book[kind.plural]
            rows = [[(cell.value, cell.data_type) for cell in sheet[number + 1]] for number in order]
            for number, values in enumerate(rows, start=2):
                for column, said in enumerate(values, start=1):
                    _copy(*said, sheet.cell(number, column))

    def take_out_column(self, kind: Kind, column: int) -> None:
        """As Excel does it: what is to the right moves left, and the name of the column says #REF!."""
        with self._changing() as book:
            sheet = book[kind.plural]
            sheet.delete_cols(column + 1)
            for name, defined in book.defined_names.items():
                if name.startswith(f"ms_{kind.name}_"):
                    at = coordinate_from_string(defined.attr_text.partition("!")[2].replace("$", ""))
                    number = column_index_from_string(at[0])
                    if number > column:
                        left = get_column_letter(max(1, number - 1))
                        now = "#REF!" if number == column + 1 else f"${left}${at[1]}"
                        defined.attr_text = f"'{sheet.title}'!{now}"
            for table in sheet.tables.values():
                del table.tableColumns[column]
                last = get_column_letter(len(table.tableColumns))
                bottom = table.ref.rpartition(":")[2].strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
                table.ref = table.autoFilter.ref = f"A1:{last}{bottom}"

    def texts(self) -> Iterable[str]:
        with zipfile.ZipFile(self.path) as package:
            for name in package.namelist():
                yield package.read(name).decode("utf-8", "replace")


def _copy(value: Any, data_type: str, to: Any) -> None:
    to.value = value
    if data_type == "s":
        to.data_type = "s"


def _typed(field: Field | None, value: Any) -> Any:
    if field is None or value is None:
        return value
    if isinstance(field.type, ft.Percent) and is_number(field.type, value):
        return value / 100
    if isinstance(value, str) and isinstance(field.type, ft.Date | ft.Instant):
        try:
            return (
                local(value) if isinstance(field.type, ft.Instant) else datetime.combine(day(value), time())
            )
        except Impossible:
            return value
    return value
