"""People at a spreadsheet: they find rows by what stands in them and columns by their headings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.template import Template
from syncengine.model.values import Fields, Value
from syncengine.testing.tool import Impossible, Row
from tests.simulation.hands.values import canonical, handled, is_number, named

ID = "mentorsync id"
Cells = Mapping[int, Any]


class Grid(ABC):
    """Keeps `Tool`, given a way to look at tabs and to put values into cells. Rows and columns count from 0."""

    hides_deleted = False

    def __init__(self, template: Template) -> None:
        self.kinds = template.kinds
        self.headings = {(k.name, f.name): f.label for k in self.kinds.values() for f in k.fields.values()}
        self.headings |= {(kind, "id"): ID for kind in self.kinds}
        """(kind, field) to what the column is called now."""

    # -- what each spreadsheet does its own way

    @abstractmethod
    def sheet(self, kind: Kind) -> Sequence[Cells]:
        """The rows of a tab, the headings first."""

    @abstractmethod
    def put(self, kind: Kind, cells: Mapping[tuple[int, int], tuple[Field | None, Any]]) -> None:
        """Type values, each for a field, into cells."""

    @abstractmethod
    def take_out(self, kind: Kind, row: int) -> None: ...

    @abstractmethod
    def double(self, kind: Kind, row: int) -> None:
        """Copy a row to below the others."""

    @abstractmethod
    def reorder(self, kind: Kind, order: Sequence[int]) -> None:
        """Put the rows below the headings into another order, given by where each stands now."""

    @abstractmethod
    def take_out_column(self, kind: Kind, column: int) -> None: ...

    @abstractmethod
    def texts(self) -> Iterable[str]: ...

    def day_of(self, cell: Any) -> Any:
        """A cell of a day or time as a date or datetime, where it is one."""
        return cell

    # -- looking

    def column(self, kind: str, name: str, sheet: Sequence[Cells]) -> int | None:
        heading = self.headings[kind, name]
        return next((n for n, cell in sheet[0].items() if cell == heading), None)

    @property
    def columns(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for kind in self.kinds.values():
            sheet = self.sheet(kind)
            found[kind.name] = {f for f in kind.fields if self.column(kind.name, f, sheet) is not None}
        return found

    @property
    def rows(self) -> Mapping[str, Row]:
        return {handle: row for handle, (row, _) in self._all().items()}

    def _all(self) -> dict[str, tuple[Row, int]]:
        found: list[tuple[str, Row, int]] = []
        for kind in self.kinds.values():
            sheet = self.sheet(kind)
            at = {name: self.column(kind.name, name, sheet) for name in (*kind.fields, "id")}
            for number, cells in enumerate(sheet[1:], start=1):
                shown = {
                    n: self._shown(kind.fields[n], cells.get(c))
                    for n, c in at.items()
                    if n != "id" and c is not None
                }
                id = cells.get(at["id"]) if at["id"] is not None else None
                if id and str(id).startswith("free"):
                    continue  # blank, and kept for the next record
                row = Row(kind.name, str(id) if id else None, shown)
                if row.id or any(value is not None for value in shown.values()):
                    found.append((named(kind, row), row, number))
        return handled(found)

    def _shown(self, field: Field, cell: Any) -> Any:
        if cell is None or cell == "":
            return None
        if isinstance(field.type, ft.Percent) and is_number(field.type, cell):
            return f"{round(cell * 100, 9)!r}%"
        if isinstance(field.type, ft.Date | ft.Instant):
            found = self.day_of(cell)
            if isinstance(found, datetime):
                return canonical(found) if isinstance(field.type, ft.Instant) else found.date().isoformat()
            return found
        return cell

    def _find(self, handle: str) -> tuple[Kind, int]:
        row, number = self._all()[handle]
        return self.kinds[row.kind], number

    # -- working

    def add(self, kind: str, **fields: Any) -> str:
        declared = self.kinds[kind]
        before = set(self._all())
        if not any(value is not None for value in fields.values()):
            raise Impossible("an empty row is none")
        self._type(declared, len(self.sheet(declared)), fields)
        [made] = set(self._all()) - before
        return made

    def edit(self, handle: str, **fields: Any) -> None:
        kind, number = self._find(handle)
        self._type(kind, number, fields)

    def _type(self, kind: Kind, number: int, fields: Mapping[str, Any]) -> None:
        sheet = self.sheet(kind)
        at = {name: self.column(kind.name, name, sheet) for name in fields}
        self.put(kind, {(number, c): (kind.fields[n], fields[n]) for n, c in at.items() if c is not None})

    def remove(self, handle: str) -> None:
        self.take_out(*self._find(handle))

    def copy(self, handle: str) -> str:
        before = set(self._all())
        self.double(*self._find(handle))
        [made] = set(self._all()) - before
        return made

    def restamp(self, handle: str, id: str | None) -> None:
        kind, number = self._find(handle)
        column = self.column(kind.name, "id", self.sheet(kind))
        if column is None:
            raise Impossible("there is no column of ids")
        self.put(kind, {(number, column): (None, id)})

    def move(self, handle: str) -> str:
        kind, number = self._find(handle)
        rest = [n for n in range(1, len(self.sheet(kind))) if n != number]
        self.reorder(kind, [number, *rest])
        return handle

    def sort(self, kind: str) -> None:
        """Sort a tab by its first column, downwards."""
        sheet = self.sheet(self.kinds[kind])
        order = sorted(range(1, len(sheet)), key=lambda n: str(sheet[n].get(0) or ""), reverse=True)
        self.reorder(self.kinds[kind], order)

    def drop_column(self, kind: str, name: str) -> None:
        declared = self.kinds[kind]
        column = self.column(kind, name, self.sheet(declared))
        if column is None:
            raise Impossible("there is no such column")
        self.take_out_column(declared, column)
        self.headings[kind, name] = declared.fields[name].label

    def rename_column(self, kind: str, name: str, heading: str) -> None:
        """Give a column another heading."""
        declared = self.kinds[kind]
        column = self.column(kind, name, self.sheet(declared))
        if column is None:
            raise Impossible("there is no such column")
        self.put(declared, {(0, column): (None, heading)})
        self.headings[kind, name] = heading

    # -- for the witness

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row that shows nothing, or an empty box, is none."""
        return kind in self.kinds and any(value not in (None, [], False) for value in fields.values())

    def lossy(self, kind: str, name: str, value: Value) -> Value:
        return value

    def heal(self) -> None:  # noqa: B027 - nothing to do is an answer
        """Nothing is broken."""
