"""People at an .xlsx file; openpyxl stands for their spreadsheet program, calamine for how they look at what it shows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
from python_calamine import CalamineWorkbook

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
        self._seen: tuple[bytes, dict[str, list[Cells]]] | None = None

    @contextmanager
    def _changing(self) -> Iterator[openpyxl.Workbook]:
        book = openpyxl.load_workbook(self.path)
        yield book
        book.save(self.path)

    def sheet(self, kind: Kind) -> Sequence[Cells]:
        data = self.path.read_bytes()
        if self._seen is None or self._seen[0] != data:
            self._seen = data, {}
        sheets = self._seen[1]
        if kind.plural not in sheets:
            sheets[kind.plural] = _shown(data, kind.plural)
        return sheets[kind.plural]

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


def _shown(data: bytes, title: str) -> list[Cells]:
    """The rows of a sheet; to load the whole file with all that it may hold takes thirty times as long."""
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    if title not in book.sheet_names:
        return [{}]
    table = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    rows = [{column: _plain(cell) for column, cell in enumerate(row)} for row in table]
    while len(rows) > 1 and all(value is None for value in rows[-1].values()):
        rows.pop()
    return list(rows) or [{}]


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return None if cell == "" else cell


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
