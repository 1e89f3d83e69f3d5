"""New sheets, drawn by openpyxl in a workbook of their own, from which they are grafted into people's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_workbook.book import Book, quoted
from syncengine_workbook.file import Print
from syncengine_workbook.layout import ARCHIVE, DASHBOARD, GUIDE, Tab
from syncengine_workbook.package import Package
from syncengine_workbook.sheet import MOST_ROWS, column_letters
from syncengine_workbook.splice import attribute

if TYPE_CHECKING:
    from openpyxl import Workbook

_TABLE_PART = re.compile(r"xl/tables/[^/]+\.xml", re.IGNORECASE)


def blank(path: Path) -> Package:
    """An empty workbook."""
    from openpyxl import Workbook

    return _saved(path, Workbook())


def draw(
    template: Template | None,
    tabs: Mapping[str, Tab],
    kinds: Iterable[Kind],
    titles: Mapping[str, str],
    book: Book,
) -> Package:
    """The sheets that `titles` names (kinds, and ours without records), knowing all `tabs` there will be.

    `template` is needed for the guide and the dashboard only.
    """
    from openpyxl import Workbook

    from syncengine_workbook.dashboard import draw_dashboard
    from syncengine_workbook.guide_sheet import draw_archive, draw_guide
    from syncengine_workbook.tab_sheet import draw_tab

    drawing = Workbook()
    drawing.remove(drawing.worksheets[0])
    drawing.properties.creator = "mentorsync"
    tables = _table_names(book, titles)
    lists = {kind: list_name(kind) for kind in lists_of(tabs)}
    if template is not None and GUIDE in titles:
        draw_guide(drawing, template, titles[GUIDE])
    if template is not None and DASHBOARD in titles:
        drawing.properties.title = template.title
        draw_dashboard(drawing, template, tabs, titles[DASHBOARD])
    for kind in kinds:
        draw_tab(drawing, kind, titles[kind.name], tables[kind.name], lists)
    if ARCHIVE in titles:
        draw_archive(drawing, titles[ARCHIVE], tables[ARCHIVE])
    if not drawing.worksheets:
        drawing.create_sheet("nothing")
    drawing.active = 0
    return _saved(book.package.path, drawing)


def _saved(path: Path, book: Workbook) -> Package:
    out = BytesIO()
    book.save(out)
    return Package(path, out.getvalue(), Print(0, 0, 0))


def list_name(kind: str) -> str:
    """The defined name of the list of a kind's titles."""
    return f"ms_list_{kind}"


def lists_of(tabs: Mapping[str, Tab]) -> dict[str, str]:
    """Kinds that are referred to, with the formula of the list from which their drop-downs choose.

    It ends with the last name, as long as names stand without a gap; where they don't, a few at the end are missing
    from the drop-down, and can be typed.
    """
    lists: dict[str, str] = {}
    for kind in sorted(
        {declared.ref for tab in tabs.values() for declared in tab.kind.fields.values() if declared.ref}
    ):
        tab = tabs.get(kind)
        if tab is None or len(tab.kind.title) != 1 or tab.kind.title[0] not in tab.columns:
            continue
        letters, title = column_letters(tab.columns[tab.kind.title[0]]), quoted(tab.sheet.title)
        below = f"{title}!${letters}${tab.heading_row + 1}:${letters}${MOST_ROWS}"
        lists[kind] = f"OFFSET({title}!${letters}${tab.heading_row},1,0,MAX(1,COUNTA({below})),1)"
    return lists


def _table_names(book: Book, titles: Mapping[str, str]) -> dict[str, str]:
    """A name for each new table that nothing else in the workbook has; people use it in formulas, as in `Goals[Due]`."""
    taken = {name.casefold() for name in book.names} | set(_existing_tables(book))
    names: dict[str, str] = {}
    for name, title in titles.items():
        stem = re.sub(r"\W+", "_", title).strip("_") or name
        if not re.match(r"[^\W\d]", stem) or re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]\d*", stem):
            stem = f"T_{stem}"
        while stem.casefold() in taken:
            stem += "_"
        taken.add(stem.casefold())
        names[name] = stem
    return names


def _existing_tables(book: Book) -> Iterable[str]:
    for part in book.package.names():
        if _TABLE_PART.fullmatch(part):
            tag = re.search(rb"<(?:\w+:)?table\b[^>]*>", book.package.read(part))
            yield (attribute(tag[0], "displayName") or "" if tag else "").casefold()
