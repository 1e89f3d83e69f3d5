"""Where a spreadsheet has each kind and field: by the developer metadata we gave tabs and columns, then by heading.

Metadata follows a tab or column wherever it is moved, whatever it is called, and dies with it (sheets.md, 5). Everything
found is kept in the cursor, so that a run in which nothing moved needs no call but the one that reads the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.model.headings import fold, matched
from syncengine.model.kind import Kind
from syncengine_sheets import a1
from syncengine_sheets.marks import ID, ID_HEADING
from syncengine_sheets.structure import Sheet

_ADOPTED, _WHOLE = ":adopted", ":whole"

Said = dict[str, Any]
Columns = Mapping[str, Mapping[str, str]]
"""A person's own mapping: kind to heading to field."""


@dataclass
class Tab:
    """One kind's tab as it is now. Rows and columns count from 0."""

    kind: Kind
    sheet: int
    title: str
    heading_row: int = 0
    columns: dict[str, int] = field(default_factory=dict)
    """Field to column; what is missing is not in here."""
    id_column: int | None = None
    heads: list[str] = field(default_factory=list)
    """The heading row as it was when this was found out."""
    whole: set[str] = field(default_factory=set)
    """Percent fields that people write as 40, without the sign."""
    adopted: set[str] = field(default_factory=set)
    """Fields whose column was there before us: its formats are people's, so ours go with each value."""
    unmarked: dict[str, str] = field(default_factory=dict)
    """Fields (or `id`) found by their heading only, with that heading."""
    rows: int = 0
    width: int = 0
    """The grid's size."""
    blank: bool = True
    """Whether there are headings only (set-up)."""
    used: int = 0
    """How many columns have anything in them (set-up)."""
    marked: bool = False
    """Whether our metadata names the tab."""

    def address(self, name: str, row: int) -> str:
        """The cell of a field as people read it, like `Goals!C7`."""
        column = self.id_column if name == ID else self.columns.get(name)
        return f"{self.title}!{a1.cell(row, column or 0)}"

    @property
    def ours(self) -> dict[str, int]:
        """Every column of ours, the ids' included."""
        return {**self.columns, **({ID: self.id_column} if self.id_column is not None else {})}

    @property
    def range(self) -> str:
        """All of it, for the values endpoints."""
        return a1.quoted(self.title)

    def to_json(self) -> Said:
        """For the cursor."""
        return {
            "sheet": self.sheet, "title": self.title, "row": self.heading_row, "columns": self.columns, "id": self.id_column,
            "heads": self.heads, "whole": sorted(self.whole), "adopted": sorted(self.adopted), "rows": self.rows, "width": self.width,
        }  # fmt: skip

    @classmethod
    def from_json(cls, kind: Kind, said: Said) -> Tab:
        """From the cursor."""
        return cls(kind, said["sheet"], said["title"], said["row"], said["columns"], said["id"], said["heads"], set(said["whole"]),
                   set(said["adopted"]), {}, said["rows"], said["width"])  # fmt: skip


def text_of(held: Any) -> str:
    """A heading as people see it."""
    if held is None:
        return ""
    return str(int(held)) if isinstance(held, float) and held.is_integer() else str(held)


def headings_of(row: Sequence[Any]) -> list[str]:
    """A heading row as texts, without trailing blanks."""
    heads = [text_of(held).strip() for held in row]
    while heads and not heads[-1]:
        heads.pop()
    return heads


def mark_of(name: str, tab: Tab) -> str:
    """What a column's metadata says: its field, whose its formats are, and how percentages stand there."""
    return name + (_ADOPTED if name in tab.adopted else "") + (_WHOLE if name in tab.whole else "")


def found_in(
    kind: Kind, sheet: Sheet, heading_row: int, row: Sequence[Any], own: Mapping[str, str], *, aliases: bool
) -> Tab:
    """The tab of a kind in a sheet, with the columns that metadata or headings name. `aliases`: other names count too."""
    heads = headings_of(row)
    tab = Tab(
        kind,
        sheet.id,
        sheet.title,
        heading_row,
        heads=heads,
        rows=sheet.rows,
        width=sheet.columns,
        marked=sheet.kind is not None,
    )
    for column, mark in sorted(sheet.fields.items()):
        name = mark.partition(":")[0]
        if name == ID and tab.id_column is None:
            tab.id_column = column
        elif name in kind.fields and name not in tab.columns:
            tab.columns[name] = column
            if _WHOLE in mark:
                tab.whole.add(name)
            if _ADOPTED in mark:
                tab.adopted.add(name)
    free = {column: text for column, text in enumerate(heads) if text and column not in tab.ours.values()}
    if tab.id_column is None:
        found = next((column for column, text in free.items() if fold(text) == ID_HEADING), None)
        if found is not None:
            tab.id_column = found
            tab.unmarked[ID] = free.pop(found)
    for name, column in matched(kind, free, own, aliases=aliases).items():
        if name not in tab.columns:
            tab.columns[name] = column
            tab.unmarked[name] = free[column]
    return tab
