"""A template made real in a workbook: what is missing is added, what people have is adopted, all in one write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncengine.errors import AccessError
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_workbook.book import Book, Sheet
from syncengine_workbook.columns import add_columns
from syncengine_workbook.drawing import blank, draw, list_name, lists_of
from syncengine_workbook.file import replace
from syncengine_workbook.layout import (
    ARCHIVE,
    ID,
    PLACE,
    Tab,
    clean_title,
    name_of,
    place_of,
    reference,
    title_for,
)
from syncengine_workbook.survey import TITLES, Wanted, wanted


def provision(template: Template, path: Path, book: Book | None, tabs: Mapping[str, Tab], place: str) -> bool:
    """Do what `survey` says and stamp `place`; whether the file was written. Raises `AccessError`, `Unavailable`."""
    missing = wanted(template, book, tabs)
    if book is None:
        _make(template, path, missing, place)
        return True
    if missing.nothing and place_of(book) == place:
        return False
    titles = _titles(book, missing)
    every = _planned(template, tabs, missing, titles)
    lists = {kind: list_name(kind) for kind in lists_of(every)}
    for name, fields in missing.columns.items():
        add_columns(book, tabs[name], fields, lists)
    if titles:
        from syncengine_workbook.graft import graft

        graft(book, draw(template, every, missing.kinds, titles, book), titles.values())
    _stamp(book, every, missing, titles, place)
    book.keep_styles()
    book.calculate_on_load()
    book.package.save()
    return True


def _make(template: Template, path: Path, missing: Wanted, place: str) -> None:
    """A new workbook."""
    if path.suffix.lower() != ".xlsx":
        raise AccessError("is not there, and a new workbook is made as .xlsx only", where=str(path),
                          remedy="Name an .xlsx file as `path`, or put your own workbook there first.")  # fmt: skip
    empty = Book(blank(path))
    titles = _titles(empty, missing)
    every = _planned(template, {}, missing, titles)
    book = Book(draw(template, every, missing.kinds, titles, empty))
    _stamp(book, every, missing, titles, place)
    book.calculate_on_load()
    replace(path, book.package.to_bytes(), None)


def _stamp(
    book: Book, tabs: Mapping[str, Tab], missing: Wanted, titles: Mapping[str, str], place: str
) -> None:
    """Define what is not defined yet: each heading's name, the drop-downs' lists, our sheets, the place."""
    names = {name: reference(titles[name], 1, 1) for name in missing.sheets} | {PLACE: f'"{place}"'}
    for kind, tab in tabs.items():
        for field_name, column in {**tab.columns, **({ID: tab.id_column} if tab.id_column else {})}.items():
            names[name_of(kind, field_name)] = reference(tab.sheet.title, tab.heading_row, column)
    names |= {list_name(kind): formula for kind, formula in lists_of(tabs).items()}
    book.set_names({name: text for name, text in names.items() if book.names.get(name) != text})


def add_archive(book: Book) -> None:
    """Bring the Archive back into a workbook from which somebody deleted it."""
    from syncengine_workbook.graft import graft

    titles = _titles(book, Wanted(sheets=[ARCHIVE]))
    graft(book, draw(None, {}, (), titles, book), titles.values())
    book.set_names({ARCHIVE: reference(titles[ARCHIVE], 1, 1)})


def _titles(book: Book, missing: Wanted) -> dict[str, str]:
    """What the new sheets are called: as the template says, unless somebody has a sheet of that title."""
    taken = set(book.taken)
    titles: dict[str, str] = {}
    kinds = [(kind.name, title_for(kind)) for kind in missing.kinds]
    ours = {name: TITLES[name] for name in missing.sheets}
    last = [(name, title) for name, title in ours.items() if name == ARCHIVE]
    first = [(name, title) for name, title in ours.items() if name != ARCHIVE]
    for name, title in [*first, *kinds, *last]:
        free, number = title, 2
        while free.casefold() in taken:
            free, number = clean_title(f"{title[:26]} {number}"), number + 1
        taken.add(free.casefold())
        titles[name] = free
    return titles


def _planned(
    template: Template, tabs: Mapping[str, Tab], missing: Wanted, titles: Mapping[str, str]
) -> dict[str, Tab]:
    """The tabs there will be, in the template's order."""
    every = {**tabs, **{kind.name: _planned_tab(kind, titles[kind.name]) for kind in missing.kinds}}
    return {name: every[name] for name in template.kinds}


def _planned_tab(kind: Kind, title: str) -> Tab:
    columns = {name: at for at, name in enumerate(kind.fields, start=1)}
    return Tab(kind, Sheet(title, "", 0), 1, columns, len(columns) + 1)
