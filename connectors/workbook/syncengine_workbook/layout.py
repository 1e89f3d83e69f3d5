"""Where a book has each kind and field: by the names we gave the headings, else by what the headings say.

A defined name such as `ms_goal_due` points to the heading's cell. Excel and LibreOffice keep it right when a
column is moved or renamed, a row is put above, or the sheet gets another title; a deleted column makes it `#REF!`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from syncengine.model.headings import by_own_words, fold, likeness, matched
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_workbook.book import Book, Sheet, quoted
from syncengine_workbook.mapping import Codec, as_text
from syncengine_workbook.sheet import column_letters

ID = "id"
ID_HEADING = "mentorsync id"
PLACE = "ms_place"
DASHBOARD, GUIDE, ARCHIVE = "ms_dashboard", "ms_guide", "ms_archive"
OURS = (DASHBOARD, GUIDE, ARCHIVE)
"""The defined names of the sheets that hold no records."""
_SEARCHED_ROWS = 10
"""How far down the headings of a person's own sheet are looked for."""

Columns = Mapping[str, Mapping[str, str]]
"""A person's own mapping: kind to heading to field."""


@dataclass
class Tab:
    """One kind's sheet as it is now."""

    kind: Kind
    sheet: Sheet
    heading_row: int
    columns: dict[str, int] = field(default_factory=dict)
    """Field to column, from 1; what is missing is not in here."""
    id_column: int | None = None
    unnamed: dict[str, str] = field(default_factory=dict)
    """Fields found by their heading only, with that heading."""
    deleted: set[str] = field(default_factory=set)
    """Fields (or `id`) whose column somebody deleted."""

    def address(self, name: str, row: int) -> str:
        """The cell of a field as people read it, like `Goals!C7`."""
        column = self.id_column if name == ID else self.columns.get(name)
        return f"{self.sheet.title}!{column_letters(column or 1)}{row}"


def name_of(kind: str, field_name: str) -> str:
    """The defined name of a field's heading."""
    return f"ms_{kind}_{field_name}"


def reference(sheet: str, row: int, column: int) -> str:
    """What such a name refers to."""
    return f"{quoted(sheet)}!${column_letters(column)}${row}"


def place_of(book: Book) -> str | None:
    """The id stamped into the book (design rule 17)."""
    found = re.fullmatch(r'=?"([0-9a-zA-Z_-]{1,80})"', book.names.get(PLACE, ""))
    return found[1] if found else None


def title_for(kind: Kind) -> str:
    """The sheet title for a kind: its plural, within Excel's 31 characters and without what a title can't have."""
    title = clean_title(kind.plural) or kind.name.title()
    return f"{title} list" if title.casefold() == "history" else title  # Excel keeps that title to itself


def clean_title(text: str) -> str:
    """A text as a sheet's title."""
    return re.sub(r"[\[\]:*?/\\\x00-\x1f]+", " ", text).strip("' ")[:31].strip("' ")


class Finder:
    """Finds the tabs of a template in one book."""

    def __init__(self, book: Book, template: Template, codec: Codec, own: Columns) -> None:
        self._book, self._template, self._codec, self._own = book, template, codec, own
        self._heads: dict[str, dict[int, dict[int, str]]] = {}
        self._named: dict[str, int] = {}
        """Part of a sheet to the last row in it that a defined name of ours points to."""
        for cell in (book.cell_of(name) for name in book.names if name.startswith("ms_")):
            if cell:
                self._named[cell[0].part] = max(cell[1], self._named.get(cell[0].part, 0))

    def tabs(self) -> dict[str, Tab]:
        """Kind to tab; kinds without a sheet are not in here. Each sheet serves one kind."""
        found = {kind.name: tab for kind in self._template.kinds.values() if (tab := self._by_names(kind))}
        taken = {tab.sheet.part for tab in found.values()}
        taken |= {at[0].part for name in OURS if (at := self._book.cell_of(name))}
        scored = [
            (score, -order, kind, sheet, row)
            for order, kind in enumerate(self._template.kinds.values()) if kind.name not in found
            for sheet in self._book.sheets if sheet.part not in taken
            for score, row in [self._score(kind, sheet)] if score > 0
        ]  # fmt: skip
        for _, _, kind, sheet, row in sorted(scored, key=lambda one: one[:2], reverse=True):
            if kind.name not in found and sheet.part not in taken:
                taken.add(sheet.part)
                found[kind.name] = Tab(kind, sheet, row)
        for tab in found.values():
            self._by_headings(tab)
        return found

    def _by_names(self, kind: Kind) -> Tab | None:
        cells = {name: self._book.cell_of(name_of(kind.name, name)) for name in (ID, *kind.fields)}
        at = cells[ID] or next((cell for cell in cells.values() if cell), None)
        if at is None:
            return None
        tab = Tab(kind, at[0], at[1])
        for name, cell in cells.items():
            if cell is None:
                if name_of(kind.name, name) in self._book.names:
                    tab.deleted.add(name)
            elif cell[0] == tab.sheet and cell[2] not in tab.columns.values():
                if name == ID:
                    tab.id_column = cell[2]
                else:
                    tab.columns[name] = cell[2]
        return tab

    def _by_headings(self, tab: Tab) -> None:
        heads = self._headings(tab.sheet).get(tab.heading_row, {})
        named = bool(tab.columns or tab.deleted)
        for name, column in by_own_words(tab.kind, heads, self._own.get(tab.kind.name, {})).items():
            if tab.columns.get(name) != column:  # what a person says in the config counts more than our names
                tab.columns = {other: at for other, at in tab.columns.items() if at != column} | {
                    name: column
                }
                tab.unnamed[name] = heads[column]
        free = {
            column: text
            for column, text in heads.items()
            if column not in tab.columns.values() and column != tab.id_column
        }
        if tab.id_column is None:
            tab.id_column = next((column for column, text in free.items() if fold(text) == ID_HEADING), None)
            free.pop(tab.id_column or 0, None)
        for name, column in matched(
            tab.kind, free, self._own.get(tab.kind.name, {}), aliases=not named
        ).items():
            if name not in tab.columns:
                tab.columns[name] = column
                tab.unnamed[name] = free[column]
                tab.deleted.discard(name)

    def _score(self, kind: Kind, sheet: Sheet) -> tuple[int, int]:
        """How much a sheet looks like a kind's, and the row of its headings."""
        own = self._own.get(kind.name, {})
        return likeness(
            kind, sheet.title, (kind.plural, title_for(kind), kind.label), self._headings(sheet), own
        )

    def _headings(self, sheet: Sheet) -> dict[int, dict[int, str]]:
        """Texts of the sheet's first rows: row to column to text."""
        if sheet.part not in self._heads:
            rows: dict[int, dict[int, str]] = {}
            last = max(_SEARCHED_ROWS, self._named.get(sheet.part, 0))
            for row in self._book.xml(sheet).rows():
                if row.number > last:
                    break
                texts = {column: as_text(self._codec.raw(cell)).strip() for column, cell in row.cells.items()}
                texts = {column: text for column, text in texts.items() if text}
                if texts:
                    rows[row.number] = texts
            self._heads[sheet.part] = rows
        return self._heads[sheet.part]
