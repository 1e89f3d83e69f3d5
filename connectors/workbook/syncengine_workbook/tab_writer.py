"""Operations on one tab: what may be written where, and the rows as they are afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncengine.connector import Done, Operation, Outcome, Reading, Rejected
from syncengine.model.fieldtypes import Url
from syncengine_workbook.anchors import anchored_rows
from syncengine_workbook.archive import Line, archived
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ID, Tab
from syncengine_workbook.links import set_links
from syncengine_workbook.mapping import MOST_LETTERS, Codec, Content, too_long
from syncengine_workbook.patch import Formats, patch
from syncengine_workbook.reading import FREE, LEFT, readings, stamped
from syncengine_workbook.sheet import Row, column_letters
from syncengine_workbook.tab_rows import TabRows
from syncengine_workbook.tables import grow, table_of

_NEXT = "The next sync takes up what is there now."
_BRING_BACK = "Run setup: it brings the column back."


@dataclass
class _Task:
    """One operation that will be written, and what it must leave out."""

    operation: Operation
    row: int
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Field to reason and remedy."""


class TabWriter:
    """Collects the edits of one tab; `apply` writes them into the book, `outcomes` tells what became of each."""

    def __init__(
        self, book: Book, tab: Tab, codec: Codec, operations: Sequence[Operation], trusted: bool
    ) -> None:
        """`trusted`: the file is, byte for byte, what was last read, so `expected` need not be checked again."""
        self.tab = tab
        self.archive: list[Line] = []
        self._book, self._codec, self._trusted = book, codec, trusted
        self._sheet = book.xml(tab.sheet)
        self._rows = TabRows(self._sheet, tab, codec, operations)
        self._edits: dict[int, dict[int, Content]] = {}
        self._links: dict[str, str | None] = {}
        self._tasks: list[_Task] = []
        self._after: Mapping[int, bytes] = {}
        self._lost_formula = False

    def add(self, operation: Operation) -> Outcome | None:
        """Take up one operation; an outcome where nothing is to be written for it."""
        number = self._rows.find(operation)
        if operation.action == "delete":
            return self._delete(operation, number)
        if number is None and operation.action == "update":
            return Rejected(operation, "its row is not in the workbook any more", _NEXT, self.tab.sheet.title)
        if number is not None and self._changed(operation, number):
            return Rejected(operation, "was changed while it was being synced", _NEXT, self._where(number))
        if self.tab.id_column is None and (operation.action == "create" or operation.stamp):
            return Rejected(operation, "the sheet has no column for ids", _BRING_BACK, self.tab.sheet.title)
        if number is None:
            number = self._rows.new(operation.id)
        if number is None:
            return Rejected(
                operation, "the sheet has no row left", "Remove rows that nobody needs.", self.tab.sheet.title
            )
        self._write(operation, number)
        return None

    def _changed(self, operation: Operation, number: int) -> bool:
        """Whether a person wrote something into the row since it was read (design rule 11)."""
        row = self._rows.get(number)
        if self._trusted or row is None:
            return False
        now = readings(self.tab, row, self._codec)
        about = now if operation.action == "delete" else operation.fields
        kept = {
            name: operation.expected[name] for name in about if name in operation.expected and name in now
        }
        by_number = (operation.handle or "").startswith("row:")
        if by_number and not kept:
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

    def _write(self, operation: Operation, number: int) -> None:
        task = _Task(operation, number)
        contents: dict[int, Content] = {}
        for name in operation.fields:
            problem = self._obstacle(operation, name, number, contents)
            if problem:
                task.refused[name] = problem
        row = self._rows.get(number)
        known = stamped(self.tab, row, self._codec) if row else None
        if self.tab.id_column and (operation.action == "create" or operation.stamp) and known != operation.id:
            contents[self.tab.id_column] = Content("inlineStr", operation.id)
        if contents:
            self._edits.setdefault(number, {}).update(contents)
        self._tasks.append(task)

    def _obstacle(
        self, operation: Operation, name: str, number: int, contents: dict[int, Content]
    ) -> tuple[str, str] | None:
        """Why a field cannot be written, with the remedy; else its content is added."""
        column, declared = self.tab.columns.get(name), self.tab.kind.fields.get(name)
        if column is None or declared is None:
            return f"there is no column for {declared.label if declared else name}", _BRING_BACK
        row = self._rows.get(number)
        cell = row.cells.get(column) if row else None
        if (cell is not None and cell.formula is not None) or self._rows.array_at(number, column):
            where = self.tab.address(name, number)
            return (f"{where} holds a formula of yours, which is never overwritten",
                    "Change what it computes from, or put a plain value in its place.")  # fmt: skip
        content = self._codec.content(
            declared, operation.fields[name], operation, whole=name in self._rows.whole
        )
        if too_long(content.text):
            return (f"{declared.label} has {len(content.text):,} characters, and a cell holds {MOST_LETTERS:,}",
                    "Shorten it, or read it in another tool: it is whole there.")  # fmt: skip
        if cell is not None or content.type:
            contents[column] = content
            if isinstance(declared.type, Url):
                self._links[f"{column_letters(column)}{number}"] = content.text or None
        return None

    def _delete(self, operation: Operation, number: int | None) -> Outcome | None:
        """Keep what the row holds in the Archive, and blank our cells: a row taken out would shift people's things."""
        row = self._rows.get(number) if number is not None else None
        if number is None or row is None:
            return Done(operation, operation.handle or operation.id)
        if self._changed(operation, number):
            return Rejected(operation, "was changed while it was being synced", _NEXT, self._where(number))
        ours = {**self.tab.columns, **({ID: self.tab.id_column} if self.tab.id_column else {})}
        shared = next(
            (
                n
                for n, at in ours.items()
                if (cell := row.cells.get(at)) and (cell.reach or self._rows.array_at(number, at))
            ),
            None,
        )
        if shared:
            return Rejected(operation, f"{self.tab.address(shared, number)} holds a formula that other cells depend on",
                            "Delete the row in Excel or LibreOffice.", self._where(number))  # fmt: skip
        self.archive.extend(archived(self.tab, row, operation, self._codec))
        self._lost_formula |= any(
            row.cells[at].formula is not None for at in ours.values() if at in row.cells
        )
        for name, at in self.tab.columns.items():
            if at in row.cells and isinstance(self.tab.kind.fields[name].type, Url):
                self._links[f"{column_letters(at)}{number}"] = None
        blanks = {at: Content("") for at in ours.values() if at in row.cells}
        if self.tab.id_column:
            free = self._reusable(row, set(ours.values()))
            blanks[self.tab.id_column] = Content("inlineStr", FREE if free else LEFT)
        self._edits.setdefault(number, {}).update(blanks)
        self._rows.forget(number)
        self._tasks.append(_Task(operation, number))
        return None

    def _reusable(self, row: Row, ours: set[int]) -> bool:
        """Whether nothing of people's is left in the row that a later record there would seem to own."""
        formats = Formats(self._sheet, self._book.styles, {})
        plain = all(
            cell.blank and cell.style in (0, formats.of_column(at))
            for at, cell in row.cells.items()
            if at not in ours
        )
        return plain and row.number not in anchored_rows(self._book, self.tab.sheet, frozenset(self._links))

    def apply(self) -> bool:
        """Write the collected edits into the book; whether there were any."""
        if not self._edits:
            return False
        formats = Formats(self._sheet, self._book.styles, self._rows.like)
        done = patch(self._sheet, self._edits, formats, frozenset(self._rows.reused))
        self._after = done.rows
        self._book.set_xml(self.tab.sheet, set_links(self._book, self.tab.sheet, done.data, self._links))
        table = table_of(self._book, self.tab.sheet, self.tab.heading_row)
        if table and not table.totals and self._rows.last > table.last_row:
            grow(self._book, table, self._rows.last)
        if self._lost_formula:
            self._book.drop_calculation_chain()
        return True

    def outcomes(self) -> Iterable[Outcome]:
        """What became of each operation, read back from what was written (design rule 8)."""
        sheet = self._book.xml(self.tab.sheet)
        for task in self._tasks:
            operation = task.operation
            if operation.action == "delete":
                yield Done(operation, operation.handle or operation.id)
                continue
            row = (
                sheet.parse_row(self._after[task.row], task.row)
                if task.row in self._after
                else self._rows.get(task.row)
            )
            now = readings(self.tab, row, self._codec) if row else {}
            yield self._refused(task, now) if task.refused else _done(operation, now)

    def _refused(self, task: _Task, now: Mapping[str, Reading]) -> Rejected:
        reasons = "; ".join(reason for reason, _ in task.refused.values())
        remedies = " ".join(dict.fromkeys(remedy for _, remedy in task.refused.values()))
        written = {name: value for name, value in task.operation.fields.items() if name not in task.refused}
        partly = _done(replace(task.operation, fields=written), now) if written else None
        rest = " The rest of the row was written." if partly else ""
        return Rejected(task.operation, reasons, remedies + rest, self._where(task.row), partly)

    def _where(self, row: int) -> str:
        return f"{self._book.package.path.name}, sheet {self.tab.sheet.title}, row {row}"


def _done(operation: Operation, now: Mapping[str, Reading]) -> Done:
    return Done(operation, operation.id, {name: now.get(name) for name in operation.fields})
