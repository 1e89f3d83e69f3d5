"""One opened workbook: pulled in one read, pushed in one write."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from syncengine.connector import Item, Opening, Operation, Outcome, Pull, Rejected, Step, Trouble
from syncengine.errors import AccessError
from syncengine.model.filelinks import file_link, linked_file
from syncengine.model.values import Fields
from syncengine_workbook.addresses import cells, row_of
from syncengine_workbook.book import Book
from syncengine_workbook.cursor import Cursor, now_ns, read_cursor
from syncengine_workbook.file import Print, require_closed, stat_of
from syncengine_workbook.layout import ID, Finder, Tab, place_of
from syncengine_workbook.mapping import Codec
from syncengine_workbook.package import Package
from syncengine_workbook.reading import read_tab

if TYPE_CHECKING:
    from syncengine.model.words import Words  # only `forget` needs it

_REPAIR = "Open it in Excel or LibreOffice, let it be repaired, and save it."


class WorkbookReplica:
    """Keeps `syncengine.connector.Replica`; each method's promises are there."""

    def __init__(self, opening: Opening) -> None:
        self.calls = 0
        self._opening = opening
        self._path = Path(opening.settings["path"])
        stat_of(self._path)
        self._cursor: Cursor | None = None
        self._book: Book | None = None

    def close(self) -> None:
        """Nothing is held open; what was read is let go."""
        self._book = None

    def place(self) -> str | None:
        """The id in the workbook's own defined name `ms_place`."""
        if stat_of(self._path) is None:
            return None
        return place_of(self._load())

    def survey(self) -> Sequence[Step]:
        """What `provision` would make, adopt and repair."""
        book = self._load() if stat_of(self._path) is not None else None
        from syncengine_workbook.survey import survey

        return survey(self._opening.template, self._path, book, self._tabs(book) if book else {})

    def provision(self, place: str) -> None:
        """Make the workbook, or add to the one that is there what it lacks; in one write."""
        from syncengine_workbook.provisioning import provision

        require_closed(self._path)
        book = self._load() if stat_of(self._path) is not None else None
        if provision(self._opening.template, self._path, book, self._tabs(book) if book else {}, place):
            self.calls += 1
        self._book = self._cursor = None

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row needs more than an id: a record that says nothing has no place in a workbook."""
        declared = self._opening.template.kinds.get(kind)
        return declared is not None and any(fields.get(name) not in (None, []) for name in declared.fields)

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """Everything, unless the file is what it was at the cursor: then nothing, without parsing it."""
        require_closed(self._path)
        last = read_cursor(cursor)
        if last is not None and last.mapping == self._mapping() and not again:
            kept = self._untouched(last)
            if kept is not None:
                self._cursor = kept
                return Pull([], False, last.holds, present=last.present)
        book = self._load()
        pulled = self._read(book)
        self._cursor = Cursor(book.package.print, self._mapping(), pulled.holds, pulled.present, now_ns())
        return pulled

    def _untouched(self, last: Cursor) -> Cursor | None:
        """A cursor for now, if the file is still the same: by its stat, else by its digest."""
        now = stat_of(self._path)
        if now is not None and now.same_stat(last.print) and not last.racy:
            return last
        if now is None or now.size != last.print.size:
            return None
        seen = now_ns()
        package = self._package()
        if package.print.digest != last.print.digest:
            self._book = Book(package)
            return None
        return Cursor(package.print, last.mapping, last.holds, last.present, seen)

    def _read(self, book: Book) -> Pull:
        items: list[Item] = []
        troubles: list[Trouble] = []
        holds: dict[str, frozenset[str]] = {}
        codec = self._codec(book)
        provisioned = place_of(book) is not None
        for name, tab in self._tabs(book).items():
            if tab.id_column is None and provisioned:
                troubles.append(self._no_ids(tab))
                continue
            try:
                found = read_tab(book, tab, codec)
            except (ValueError, ParseError) as error:
                raise AccessError(
                    f"has a damaged sheet {tab.sheet.title} ({error})", where=str(self._path), remedy=_REPAIR
                ) from error
            items.extend(found.items)
            troubles.extend(found.troubles)
            holds[name] = frozenset(tab.columns)
        return Pull(items, True, holds, troubles=troubles, present=len(items))

    def _no_ids(self, tab: Tab) -> Trouble:
        return Trouble(f"{self._path.name}, sheet {tab.sheet.title}", "has lost its hidden column of ids",
                       "Undo that, or run setup: it brings the column back and matches the rows anew. Nothing was changed.",
                       kind=tab.kind.name, field=ID)  # fmt: skip

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """All of them in one write; `Unavailable` or `AccessError` where the file could not be replaced: nothing changed."""
        from syncengine_workbook.writing import write

        require_closed(self._path)
        package = self._package()
        last = self._cursor.print if self._cursor else None
        trusted = last is not None and last.digest == package.print.digest
        book = Book(package)
        try:
            outcomes, written = write(book, self._tabs(book), self._codec(book), operations, trusted)
        except (ValueError, ParseError) as error:
            raise AccessError(
                f"has a damaged part ({error})", where=str(self._path), remedy=_REPAIR
            ) from error
        if written is not None:
            self.calls += 1
            self._wrote(written, trusted, outcomes)
        yield from outcomes

    def _wrote(self, written: Print, trusted: bool, outcomes: Sequence[Outcome]) -> None:
        """Move the cursor over our own write; not over a person's that came before it unread."""
        self._book = None
        if self._cursor is None or not trusted:
            self._cursor = None
            return
        made = {"create": 1, "delete": -1, "update": 0}
        present = self._cursor.present + sum(
            made[o.operation.action] for o in outcomes if not isinstance(o, Rejected)
        )
        self._cursor = Cursor(written, self._cursor.mapping, self._cursor.holds, max(0, present), now_ns())

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `syncengine.connector.Erasing`; `Unavailable` while somebody has the book open."""
        from syncengine_workbook import erasing

        require_closed(self._path)
        book = Book(self._package())
        if erasing.erase(book, self._codec(book), ids, words):
            self.calls += 1
            book.package.save()
            self._book = self._cursor = None

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every part of the file."""
        from syncengine_workbook import erasing

        book = self._load()
        yield from erasing.everything(book.package, book.sheets)

    def keeps(self) -> Sequence[str]:
        """What Excel and drives keep."""
        from syncengine_workbook import erasing

        return erasing.KEEPS

    def cursor(self) -> bytes | None:
        """The file's stat and digest; `None` (read everything) where a person's change was seen but not read."""
        return self._cursor.to_bytes() if self._cursor else None

    def link(self, handle: str) -> str | None:
        """The row, as spreadsheet programs write it: `…/mentorship.xlsx#Goals!A5`."""
        cell = next((cell for cell, one in self._cells().items() if one == handle), None)
        return file_link(str(self._path), cell) if cell else None

    def linked(self, link: str) -> Sequence[str]:
        """By the file and a cell of the row; the file alone means no row."""
        head, _, part = link.rpartition("#")
        found = linked_file(link) if link.startswith("file:") else linked_file(head)
        if not head or found is None or found[0] != os.path.realpath(self._path):
            return []
        cell = row_of(found[1] or part)
        return [handle for name, handle in self._cells().items() if cell and row_of(name) == cell]

    def _cells(self) -> Mapping[str, str]:
        """First cell of each record's row to its handle."""
        if stat_of(self._path) is None:
            return {}
        book = self._load()
        return cells(book, self._tabs(book).values(), self._codec(book))

    def _package(self) -> Package:
        self.calls += 1
        return Package.load(self._path)

    def _load(self) -> Book:
        now = stat_of(self._path)
        if self._book is None or now is None or not now.same_stat(self._book.package.print):
            self._book = Book(self._package())
        return self._book

    def _codec(self, book: Book) -> Codec:
        return Codec(self._opening.locale, book.date1904, book.styles.shape, lambda: book.strings)

    def _tabs(self, book: Book) -> dict[str, Tab]:
        own: Mapping[str, Mapping[str, str]] = self._opening.settings.get("columns", {})
        try:
            return Finder(book, self._opening.template, self._codec(book), own).tabs()
        except (ValueError, ParseError) as error:
            raise AccessError(
                f"has a damaged sheet ({error})", where=str(self._path), remedy=_REPAIR
            ) from error

    def _mapping(self) -> str:
        template, own = self._opening.template, self._opening.settings.get("columns", {})
        said = [
            (kind.name, kind.plural, [(f.name, f.label, repr(f.type)) for f in kind.fields.values()])
            for kind in template.kinds.values()
        ]
        return hashlib.blake2b(repr((said, own, self._opening.locale)).encode(), digest_size=8).hexdigest()
