"""A template made real in a workbook: what is missing is added, what people have is adopted, all in one write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from syncengine.connector import Opening, Step
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_workbook import archive
from syncengine_workbook.book import Book, Sheet, quoted
from syncengine_workbook.columns import add_columns
from syncengine_workbook.layout import (
    ID,
    PLACE,
    Tab,
    clean_title,
    fold,
    name_of,
    place_of,
    reference,
    title_for,
)
from syncengine_workbook.package import Package, Print, replace
from syncengine_workbook.sheet import MOST_ROWS, column_letters
from syncengine_workbook.splice import attribute

if TYPE_CHECKING:
    from openpyxl import Workbook

DASHBOARD, GUIDE = "ms_dashboard", "ms_guide"


@dataclass
class _Wanted:
    """What a workbook lacks."""

    kinds: list[Kind] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Kind to its missing fields and, perhaps, `id`."""
    sheets: list[str] = field(default_factory=list)
    """Of `DASHBOARD`, `GUIDE` and the archive."""
    unnamed: bool = False
    """Whether something has to be given its defined name."""


def _wanted(template: Template, book: Book | None, tabs: Mapping[str, Tab]) -> _Wanted:
    found = _Wanted(kinds=[kind for kind in template.kinds.values() if kind.name not in tabs])
    for name, tab in tabs.items():
        missing = [field_name for field_name in tab.kind.fields if field_name not in tab.columns]
        missing += [ID] if tab.id_column is None else []
        if missing:
            found.columns[name] = missing
        found.unnamed |= bool(tab.unnamed) or (book is not None and name_of(name, ID) not in book.names)
    for name in (GUIDE, DASHBOARD, archive.NAME):
        # A guide that somebody threw away stays away: it is written once.
        if book is None or name not in book.names or (name != GUIDE and book.cell_of(name) is None):
            found.sheets.append(name)
    return found


def survey(opening: Opening, path: Path, book: Book | None, tabs: Mapping[str, Tab]) -> list[Step]:
    """What `provision` would do, in words for the person."""
    template = opening.template
    if book is None:
        sheets = ", ".join(kind.plural for kind in template.kinds.values())
        return [
            Step(
                "make", f"workbook {path.name} with the sheets {sheets}, a dashboard, a guide and an archive"
            )
        ]
    wanted = _wanted(template, book, tabs)
    steps = [Step("make", f"sheet {title_for(kind)!r}") for kind in wanted.kinds]
    for name, tab in tabs.items():
        if tab.unnamed and fold(tab.sheet.title) != fold(title_for(tab.kind)):
            steps.append(Step("adopt", f"sheet {tab.sheet.title!r} is read as {tab.kind.plural}"))
        for field_name, heading in tab.unnamed.items():
            label = tab.kind.fields[field_name].label
            steps.append(Step("adopt", f"column {heading!r} of sheet {tab.sheet.title!r} is read as {label}"))
        for field_name in wanted.columns.get(name, ()):
            again = field_name in tab.deleted
            what = (
                "a hidden column of ids"
                if field_name == ID
                else f"column {tab.kind.fields[field_name].label!r}"
            )
            note = ", which was deleted" if again else ""
            steps.append(Step("repair" if again else "make", f"{what} in sheet {tab.sheet.title!r}{note}"))
    titles = {GUIDE: "Guide", DASHBOARD: "Dashboard", archive.NAME: "Archive"}
    steps.extend(Step("make", f"sheet {titles[name]!r}") for name in wanted.sheets)
    if not steps and wanted.unnamed:
        steps.append(Step("repair", "the marks by which columns are found again"))
    return steps


def provision(opening: Opening, path: Path, book: Book | None, tabs: Mapping[str, Tab], place: str) -> bool:
    """Do what `survey` says and stamp `place`; whether the file was written."""
    template = opening.template
    fresh = book is None
    if book is None:
        book = Book(_blank(path))
    wanted = _wanted(template, None if fresh else book, tabs)
    complete = not (wanted.kinds or wanted.columns or wanted.sheets or wanted.unnamed)
    if complete and place_of(book) == place:
        return False
    for name, missing in wanted.columns.items():
        add_columns(book, tabs[name], missing)
    titles = _titles(book, wanted)
    every = {**tabs, **{kind.name: _planned(kind, titles[kind.name]) for kind in wanted.kinds}}
    every = {kind: every[kind] for kind in template.kinds if kind in every}
    drawn = _draw(template, every, wanted, titles, book)
    names = {
        **_names(every),
        **{name: reference(titles[name], 1, 1) for name in wanted.sheets},
        PLACE: f'"{place}"',
    }
    if fresh:
        book = Book(drawn)
    elif wanted.kinds or wanted.sheets:
        from syncengine_workbook.graft import graft

        graft(book, drawn, titles.values())
    book.set_names({name: text for name, text in names.items() if book.names.get(name) != text})
    book.keep_styles()
    book.calculate_on_load()
    if fresh:
        replace(path, book.package.to_bytes(), None)
    else:
        book.package.save()
    return True


def add_archive(book: Book) -> None:
    """Bring the Archive back into a workbook from which somebody deleted it."""
    from syncengine_workbook.graft import graft

    wanted = _Wanted(sheets=[archive.NAME])
    titles = _titles(book, wanted)
    graft(book, _draw(None, {}, wanted, titles, book), titles.values())
    book.set_names({archive.NAME: reference(titles[archive.NAME], 1, 1)})


def _titles(book: Book, wanted: _Wanted) -> dict[str, str]:
    """What the new sheets are called: as the template says, unless somebody has a sheet of that title."""
    taken = set(book.taken)
    titles: dict[str, str] = {}
    order = [
        (GUIDE, "Guide"),
        (DASHBOARD, "Dashboard"),
        *((kind.name, title_for(kind)) for kind in wanted.kinds),
        (archive.NAME, archive.TITLE),
    ]
    for name, title in order:
        if name in wanted.sheets or any(kind.name == name for kind in wanted.kinds):
            free = title
            number = 2
            while free.casefold() in taken:
                free = clean_title(f"{title[:26]} {number}")
                number += 1
            taken.add(free.casefold())
            titles[name] = free
    return titles


def _planned(kind: Kind, title: str) -> Tab:
    columns = {name: at for at, name in enumerate(kind.fields, start=1)}
    return Tab(kind, Sheet(title, "", 0), 1, columns, len(columns) + 1)


def _names(tabs: Mapping[str, Tab]) -> dict[str, str]:
    """Every heading's name, and the lists that drop-downs choose from."""
    names: dict[str, str] = {}
    for kind, tab in tabs.items():
        for field_name, column in {**tab.columns, **({ID: tab.id_column} if tab.id_column else {})}.items():
            names[name_of(kind, field_name)] = reference(tab.sheet.title, tab.heading_row, column)
    return {**names, **_lists(tabs)}


def list_name(kind: str) -> str:
    """The defined name of the list of a kind's titles."""
    return f"ms_list_{kind}"


def _lists(tabs: Mapping[str, Tab]) -> dict[str, str]:
    lists: dict[str, str] = {}
    for kind in {
        declared.ref for tab in tabs.values() for declared in tab.kind.fields.values() if declared.ref
    }:
        tab = tabs.get(kind or "")
        if tab is None or len(tab.kind.title) != 1 or tab.kind.title[0] not in tab.columns:
            continue
        letters, title, first = (
            column_letters(tab.columns[tab.kind.title[0]]),
            quoted(tab.sheet.title),
            tab.heading_row + 1,
        )
        below = f"{title}!${letters}${first}:${letters}${MOST_ROWS}"
        lists[list_name(kind or "")] = (
            f"OFFSET({title}!${letters}${tab.heading_row},1,0,MAX(1,COUNTA({below})),1)"
        )
    return lists


def _blank(path: Path) -> Package:
    from openpyxl import Workbook

    return _saved(path, Workbook())


def _saved(path: Path, book: Workbook) -> Package:
    from io import BytesIO

    out = BytesIO()
    book.save(out)
    return Package(path, out.getvalue(), Print(0, 0, 0))


def _draw(
    template: Template | None, tabs: Mapping[str, Tab], wanted: _Wanted, titles: Mapping[str, str], book: Book
) -> Package:
    """The new sheets, in a workbook of their own."""
    from openpyxl import Workbook

    from syncengine_workbook.dashboard import draw_dashboard
    from syncengine_workbook.guide_sheet import draw_archive, draw_guide
    from syncengine_workbook.tab_sheet import draw_tab

    drawing = Workbook()
    drawing.remove(drawing.worksheets[0])
    drawing.properties.creator = "mentorsync"
    tables = _table_names(book, titles)
    lists = {kind.removeprefix("ms_list_"): kind for kind in _lists(tabs)}
    if template is not None and GUIDE in titles:
        draw_guide(drawing, template, titles[GUIDE])
    if template is not None and DASHBOARD in titles:
        drawing.properties.title = template.title
        draw_dashboard(drawing, template, tabs, titles[DASHBOARD])
    for kind in wanted.kinds:
        draw_tab(drawing, kind, titles[kind.name], tables[kind.name], lists)
    if archive.NAME in titles:
        draw_archive(drawing, titles[archive.NAME], tables[archive.NAME])
    if not drawing.worksheets:
        drawing.create_sheet("empty")
    drawing.active = 0
    return _saved(book.package.path, drawing)


def _table_names(book: Book, titles: Mapping[str, str]) -> dict[str, str]:
    """A name for each new table that nothing else in the workbook has; people use it in formulas, as in `Goals[Due]`."""
    taken = {name.casefold() for name in book.names} | set(_existing_tables(book))
    names: dict[str, str] = {}
    for name, title in titles.items():
        stem = re.sub(r"\W+", "_", title).strip("_") or name
        if not re.match(r"[^\W\d]", stem) or re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]\d*", stem):
            stem = f"T_{stem}"
        free = stem
        while free.casefold() in taken:
            free += "_"
        taken.add(free.casefold())
        names[name] = free
    return names


def _existing_tables(book: Book) -> Iterable[str]:
    for part in book.package.names():
        if re.fullmatch(r"xl/tables/[^/]+\.xml", part, re.IGNORECASE):
            tag = re.search(rb"<(?:\w+:)?table\b[^>]*>", book.package.read(part))
            yield (attribute(tag[0], "displayName") or "" if tag else "").casefold()
