"""The conformance suite, with people who work in a spreadsheet program (openpyxl stands in for it)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from syncengine.model.kinds import all_kinds
from syncengine.testing.conformance import Conformance

HEADINGS = {
    kind.name: {field.name: field.label for field in kind.fields.values()} for kind in all_kinds().values()
}
TABS = {kind.name: kind.plural for kind in all_kinds().values()}


class WorkbookPeople:
    """Edits cells as a person does: by headings and by what they see."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.renamed: dict[tuple[str, str], str] = {}

    @contextmanager
    def book(self) -> Iterator[openpyxl.Workbook]:
        book = openpyxl.load_workbook(self.path)
        yield book
        book.save(self.path)

    def column(self, sheet: Worksheet, kind: str, field: str) -> int:
        heading = self.renamed.get((kind, field), HEADINGS[kind][field])
        return next(cell.column for cell in sheet[1] if cell.value == heading)

    def row(self, sheet: Worksheet, kind: str, title: str) -> int | None:
        column = self.column(sheet, kind, all_kinds()[kind].title[0])
        return next((n for n in range(2, sheet.max_row + 1) if sheet.cell(n, column).value == title), None)

    def put(self, sheet: Worksheet, row: int, column: int, value: Any) -> None:
        cell = sheet.cell(row, column)
        cell.value = value
        if isinstance(value, str):
            cell.value = value.replace("_x0041_", "_x005F_x0041_")  # what Excel writes for these letters
            cell.data_type = "s"

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            row = (
                max(n for n in range(1, sheet.max_row + 1) if any(c.value is not None for c in sheet[n])) + 1
            )
            for name, value in fields.items():
                self.put(sheet, row, self.column(sheet, kind, name), value)

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            row = self.row(sheet, kind, title)
            assert row
            self.put(sheet, row, self.column(sheet, kind, field), value)

    def remove(self, kind: str, title: str) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            sheet.delete_rows(self.row(sheet, kind, title) or 0)

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        sheet = openpyxl.load_workbook(self.path)[TABS[kind]]
        row = self.row(sheet, kind, title)
        if row is None:
            return None
        return {name: sheet.cell(row, self.column(sheet, kind, name)).value for name in HEADINGS[kind]}

    def count(self, kind: str) -> int:
        sheet = openpyxl.load_workbook(self.path)[TABS[kind]]
        columns = [self.column(sheet, kind, name) for name in HEADINGS[kind]]
        return sum(
            any(sheet.cell(n, c).value is not None for c in columns) for n in range(2, sheet.max_row + 1)
        )

    def copy(self, kind: str, title: str) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            row = self.row(sheet, kind, title)
            assert row
            for cell in sheet[row]:
                sheet.cell(sheet.max_row if cell.column > 1 else sheet.max_row + 1, cell.column, cell.value)

    def rename_field(self, kind: str, field: str) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            column = self.column(sheet, kind, field)
            sheet.cell(1, column).value = "My own words for it"
            for table in sheet.tables.values():
                table.tableColumns[column - 1].name = "My own words for it"
        self.renamed[(kind, field)] = "My own words for it"

    def drop_field(self, kind: str, field: str) -> None:
        """As Excel does it: what is to the right moves left, and the name of the column says #REF!."""
        with self.book() as book:
            sheet = book[TABS[kind]]
            column = self.column(sheet, kind, field)
            sheet.delete_cols(column)
            for name, defined in book.defined_names.items():
                if name.startswith(f"ms_{kind}_"):
                    at = openpyxl.utils.cell.coordinate_from_string(
                        defined.attr_text.partition("!")[2].replace("$", "")
                    )
                    number = openpyxl.utils.column_index_from_string(at[0])
                    if number >= column:
                        left = openpyxl.utils.get_column_letter(max(1, number - 1))
                        defined.attr_text = f"'{sheet.title}'!" + (
                            "#REF!" if number == column else f"${left}${at[1]}"
                        )
            for table in list(sheet.tables.values()):
                del table.tableColumns[column - 1]
                last = openpyxl.utils.get_column_letter(len(table.tableColumns))
                table.ref = table.autoFilter.ref = (
                    f"A1:{last}{table.ref.rpartition(':')[2].strip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}"
                )

    def shuffle(self, kind: str) -> None:
        with self.book() as book:
            sheet = book[TABS[kind]]
            rows = [[cell.value for cell in sheet[n]] for n in range(2, sheet.max_row + 1)]
            for number, values in enumerate(reversed(rows), start=2):
                for column, value in enumerate(values, start=1):
                    sheet.cell(number, column).value = value

    def own_content(self) -> None:
        with self.book() as book:
            sheet = book[TABS["goal"]]
            sheet.cell(1, 30, "My mood")
            sheet.cell(2, 30, "fine ☀")
            mine = book.create_sheet("Mine")
            mine["A1"], mine["B2"] = "my own", "=SUM(1,2)"

    def own_content_is_intact(self) -> bool:
        book = openpyxl.load_workbook(self.path)
        sheet, mine = book[TABS["goal"]], book["Mine"]
        return (sheet["AD1"].value, sheet["AD2"].value, mine["A1"].value, mine["B2"].value) == (
            "My mood", "fine ☀", "my own", "=SUM(1,2)",
        )  # fmt: skip

    def break_item(self, kind: str, title: str) -> None:
        self.edit(kind, title, "percent", "ca. 50 %")


class TestWorkbook(Conformance):
    connector = "workbook"

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"path": "mentorship.xlsx"}

    def people(self, folder: Path) -> WorkbookPeople:
        return WorkbookPeople(folder / "mentorship.xlsx")
