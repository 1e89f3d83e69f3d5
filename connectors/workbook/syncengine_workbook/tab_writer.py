"""Operations on one tab: which row each is about, what may be written there, and the row as it is afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncengine.connector import Done, Operation, Outcome, Reading, Rejected
from syncengine.model.fieldtypes import Percent
from syncengine.model.values import Fields
from syncengine_workbook.anchors import anchored_rows
from syncengine_workbook.archive import Line, archived
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ID, Tab
from syncengine_workbook.mapping import MOST_LETTERS, Codec, Content, too_long
from syncengine_workbook.patch import Formats, patch
from syncengine_workbook.reading import FREE, readings, row_handle, stamped
from syncengine_workbook.sheet import MOST_ROWS, Row
from syncengine_workbook.tables import grow, table_of

_MEANWHILE = "The next sync takes up what is there now."


@dataclass
class _Task:
    """One operation that will be written, and what it must leave out."""

    operation: Operation
    row: int
    written: tuple[str, ...]
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Field to reason and remedy."""


class TabWriter:
    """Collects the edits of one tab; `apply` writes them into the book, `outcomes` tells what became of each."""

    def __init__(self, book: Book, tab: Tab, codec: Codec, trusted: bool) -> None:
        """`trusted`: the file is, byte for byte, what was last read, so `expected` need not be checked again."""
        self.tab = tab
        self.archive: list[Line] = []
        self._book, self._codec, self._trusted = book, codec, trusted
        self._sheet = book.xml(tab.sheet)
        self._table = table_of(book, tab.sheet, tab.heading_row)
        self._edits: dict[int, dict[int, Content]] = {}
        self._fresh: set[int] = set()
        self._tasks: list[_Task] = []
        self._after: Mapping[int, bytes] = {}
        self._lost_formula = False

    def scan(self, operations: Sequence[Operation]) -> None:
        """Find the rows that the operations are about, the free ones, and the end of the tab."""
        wanted = {operation.id for operation in operations} | {operation.handle for operation in operations}
        self._rows: dict[int, Row] = {}
        self._by_id: dict[str, list[int]] = {}
        self._free: list[int] = []
        self._last = self.tab.heading_row
        self._like: dict[int, int] = {}
        self._whole: set[str] = set()
        percents = [
            (name, at)
            for name, at in self.tab.columns.items()
            if isinstance(self.tab.kind.fields[name].type, Percent)
        ]
        columns = set(self.tab.columns.values())
        for row in self._sheet.rows():
            if row.number <= self.tab.heading_row:
                continue
            id = stamped(self.tab, row, self._codec)
            if id == FREE and self._is_free(row):
                self._free.append(row.number)
            elif any(not cell.blank for cell in row.cells.values()):
                self._last = row.number
                self._like = {
                    column: row.cells[column].style for column in columns & row.cells.keys()
                } or self._like
            if id in wanted and id is not None:
                self._by_id.setdefault(id, []).append(row.number)
            if id in wanted or row_handle(self.tab, row.number) in wanted:
                self._rows[row.number] = row
            self._whole |= {name for name, at in percents if self._is_whole(row, at)}
        self._next = self._last + 1

    def _is_free(self, row: Row) -> bool:
        return all(cell.blank for column, cell in row.cells.items() if column != self.tab.id_column)

    def _is_whole(self, row: Row, column: int) -> bool:
        cell = row.cells.get(column)
        raw = self._codec.raw(cell) if cell is not None and cell.type == "n" and not cell.blank else None
        return isinstance(raw, int | float) and not isinstance(raw, bool) and raw > 1

    def add(self, operation: Operation) -> Outcome | None:
        """Take up one operation; an outcome where nothing is to be written for it."""
        number = self._find(operation)
        if operation.action == "delete":
            return self._delete(operation, number)
        if number is None and operation.action == "update":
            return Rejected(
                operation, "its row is not in the workbook any more", _MEANWHILE, self.tab.sheet.title
            )
        if number is not None and self._changed(operation, number):
            return Rejected(
                operation, "was changed while it was being synced", _MEANWHILE, self._where(number)
            )
        if number is None:
            if self._next > MOST_ROWS:
                return Rejected(
                    operation,
                    "the sheet has no row left",
                    "Remove rows that are not needed.",
                    self.tab.sheet.title,
                )
            number = self._new_row()
        return self._write(operation, number)

    def _find(self, operation: Operation) -> int | None:
        handle = operation.handle
        if handle and handle.startswith("row:"):
            number = next((n for n in self._rows if row_handle(self.tab, n) == handle), None)
            if number is not None:
                return number
        for id in (handle, operation.id):
            if id and self._by_id.get(id):
                return self._by_id[id][0]
        return None

    def _changed(self, operation: Operation, number: int) -> bool:
        row = self._rows.get(number)
        if self._trusted or row is None:
            return False
        now = readings(self.tab, row, self._codec)
        about = now if operation.action == "delete" else operation.fields
        kept = {
            name: operation.expected[name] for name in about if name in operation.expected and name in now
        }
        if operation.handle and operation.handle.startswith("row:") and not kept:
            return True  # nothing tells whether this is still the row that was meant
        return any(not self._same(name, now[name], was) for name, was in kept.items())

    def _same(self, name: str, now: Reading, was: Reading) -> bool:
        if now == was:
            return True
        plain = (str, int, float, bool, list, type(None))
        return (
            isinstance(now, plain)
            and isinstance(was, plain)
            and self.tab.kind.fields[name].type.equal(now, was)
        )

    def _new_row(self) -> int:
        if self._free:
            number = self._free.pop(0)
            self._fresh.add(number)
            return number
        number, self._next = self._next, self._next + 1
        return number

    def _write(self, operation: Operation, number: int) -> Outcome | None:
        refused: dict[str, tuple[str, str]] = {}
        contents: dict[int, Content] = {}
        for name in operation.fields:
            problem = self._obstacle(operation, name, number, contents)
            if problem:
                refused[name] = problem
        new = operation.action == "create" or operation.stamp
        id_column = self.tab.id_column
        if new and id_column is None:
            return Rejected(
                operation,
                "the sheet has no column for ids",
                "Run setup: it brings the column back.",
                self.tab.sheet.title,
            )
        row = self._rows.get(number)
        if (
            new
            and id_column is not None
            and not (row and stamped(self.tab, row, self._codec) == operation.id)
        ):
            contents[id_column] = Content("inlineStr", operation.id)
        if contents:
            self._edits.setdefault(number, {}).update(contents)
        if operation.action == "create":
            self._by_id.setdefault(operation.id, []).append(number)
        self._tasks.append(
            _Task(operation, number, tuple(name for name in operation.fields if name not in refused), refused)
        )
        return None

    def _obstacle(
        self, operation: Operation, name: str, number: int, contents: dict[int, Content]
    ) -> tuple[str, str] | None:
        """Why a field cannot be written; else its content is added."""
        column = self.tab.columns.get(name)
        declared = self.tab.kind.fields.get(name)
        if column is None or declared is None:
            return (
                f"there is no column for {declared.label if declared else name}",
                "Run setup: it brings the column back.",
            )
        row = self._rows.get(number)
        cell = row.cells.get(column) if row else None
        content = self._codec.content(declared, operation.fields[name], operation, whole=name in self._whole)
        where = self.tab.address(name, number)
        if cell is not None and cell.formula is not None:
            return (f"{where} holds a formula of yours, which is never overwritten",
                    "Change what it computes from, or put a plain value in its place.")  # fmt: skip
        if too_long(content.text):
            return (f"{declared.label} has {len(content.text):,} characters, and a cell holds {MOST_LETTERS:,}",
                    "Shorten it, or read it in another tool; it is whole there.")  # fmt: skip
        if cell is None and not content.type:
            return None
        contents[column] = content
        return None

    def _delete(self, operation: Operation, number: int | None) -> Outcome | None:
        row = self._rows.get(number) if number is not None else None
        if number is None or row is None:
            return Done(operation, operation.handle or operation.id)
        if self._changed(operation, number):
            return Rejected(
                operation, "was changed while it was being synced", _MEANWHILE, self._where(number)
            )
        ours = {**self.tab.columns, **({ID: self.tab.id_column} if self.tab.id_column else {})}
        shared = next(
            (name for name, column in ours.items() if column in row.cells and row.cells[column].shared), None
        )
        if shared:
            return Rejected(operation, f"{self.tab.address(shared, number)} holds a formula that other cells depend on",
                            "Delete the row in Excel or LibreOffice.", self._where(number))  # fmt: skip
        self.archive.extend(archived(self.tab, row, operation, self._codec))
        self._lost_formula |= any(row.cells[c].formula is not None for c in ours.values() if c in row.cells)
        blanks = {column: Content("") for column in ours.values() if column in row.cells}
        if self.tab.id_column and self._reusable(row, set(ours.values())):
            blanks[self.tab.id_column] = Content("inlineStr", FREE)
        self._edits.setdefault(number, {}).update(blanks)
        self._by_id = {id: [n for n in rows if n != number] for id, rows in self._by_id.items()}
        self._tasks.append(_Task(operation, number, ()))
        return None

    def _reusable(self, row: Row, ours: set[int]) -> bool:
        """Whether nothing of people's is left in the row that a later record there would seem to own."""
        formats = Formats(self._sheet, self._book.styles, {})
        plain = all(
            cell.blank and cell.style in (0, formats.of_column(c))
            for c, cell in row.cells.items()
            if c not in ours
        )
        return plain and row.number not in anchored_rows(self._book, self.tab.sheet)

    def apply(self) -> bool:
        """Write the collected edits into the book; whether there were any."""
        if not self._edits:
            return False
        formats = Formats(self._sheet, self._book.styles, self._like)
        done = patch(self._sheet, self._edits, formats, frozenset(self._fresh))
        self._after = done.rows
        self._book.set_xml(self.tab.sheet, done.data)
        last = self._next - 1
        if self._table and not self._table.totals and last > self._table.last_row:
            grow(self._book, self._table, last)
        if self._lost_formula:
            self._book.drop_calculation_chain()
        return True

    def outcomes(self) -> Iterable[Outcome]:
        """What became of each operation, read back from what was written (design rule 8)."""
        sheet = self._book.xml(self.tab.sheet)
        for task in self._tasks:
            operation = task.operation
            if task.refused:
                reasons = "; ".join(reason for reason, _ in task.refused.values())
                remedies = " ".join(dict.fromkeys(remedy for _, remedy in task.refused.values()))
                rest = " The rest of the row is written." if task.written else ""
                yield Rejected(operation, reasons, remedies + rest, self._where(task.row))
            elif operation.action == "delete":
                yield Done(operation, operation.handle or operation.id)
            else:
                row = (
                    sheet.parse_row(self._after[task.row], task.row)
                    if task.row in self._after
                    else self._rows.get(task.row)
                )
                now = readings(self.tab, row, self._codec) if row else {}
                yield Done(operation, operation.id, {name: now.get(name) for name in task.written})

    def _where(self, row: int) -> str:
        return f"{self._book.package.path.name}, sheet {self.tab.sheet.title}, row {row}"


def titled(fields: Fields) -> bool:
    """Whether a record says anything at all: a row needs more than an id."""
    return any(value is not None and value != [] for value in fields.values())
