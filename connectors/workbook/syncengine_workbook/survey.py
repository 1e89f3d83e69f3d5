"""What a workbook lacks of its template, and the same in words for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from syncengine.connector import Step
from syncengine.model.headings import fold
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_workbook.book import Book
from syncengine_workbook.layout import ARCHIVE, DASHBOARD, GUIDE, ID, Tab, name_of, title_for

TITLES = {GUIDE: "Guide", DASHBOARD: "Dashboard", ARCHIVE: "Archive"}


@dataclass
class Wanted:
    """What is missing."""

    kinds: list[Kind] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Kind to its missing fields and, perhaps, `id`."""
    sheets: list[str] = field(default_factory=list)
    """Of our sheets without records: their defined names."""
    unnamed: bool = False
    """Whether something is found by its heading only and has to be given a name."""

    @property
    def nothing(self) -> bool:
        """Whether the template is real already."""
        return not (self.kinds or self.columns or self.sheets or self.unnamed)


def wanted(template: Template, book: Book | None, tabs: Mapping[str, Tab]) -> Wanted:
    """What `book` (`None`: a workbook yet to be made) lacks; `tabs` is what was found in it."""
    found = Wanted(kinds=[kind for kind in template.kinds.values() if kind.name not in tabs])
    for name, tab in tabs.items():
        missing = [field_name for field_name in tab.kind.fields if field_name not in tab.columns]
        missing += [ID] if tab.id_column is None else []
        if missing:
            found.columns[name] = missing
        found.unnamed |= bool(tab.unnamed) or (book is not None and book.cell_of(name_of(name, ID)) is None)
    for name in TITLES:
        # A guide that somebody threw away stays away: it is written once.
        if book is None or name not in book.names or (name != GUIDE and book.cell_of(name) is None):
            found.sheets.append(name)
    return found


def survey(template: Template, path: Path, book: Book | None, tabs: Mapping[str, Tab]) -> list[Step]:
    """The steps that `provision` would take."""
    if book is None:
        sheets = ", ".join(kind.plural for kind in template.kinds.values())
        return [
            Step(
                "make", f"workbook {path.name} with the sheets {sheets}, a dashboard, a guide and an archive"
            )
        ]
    missing = wanted(template, book, tabs)
    steps = [Step("make", f"sheet {title_for(kind)!r}") for kind in missing.kinds]
    for name, tab in tabs.items():
        steps.extend(_adopted(tab))
        steps.extend(_column(tab, field_name) for field_name in missing.columns.get(name, ()))
    steps.extend(Step("make", f"sheet {TITLES[name]!r}") for name in missing.sheets)
    if not steps and missing.unnamed:
        steps.append(Step("repair", "the marks by which columns are found again"))
    return steps


def _adopted(tab: Tab) -> list[Step]:
    steps = []
    if tab.unnamed and fold(tab.sheet.title) != fold(title_for(tab.kind)):
        steps.append(Step("adopt", f"sheet {tab.sheet.title!r} is read as {tab.kind.plural}"))
    for name, heading in tab.unnamed.items():
        label = tab.kind.fields[name].label
        steps.append(Step("adopt", f"column {heading!r} of sheet {tab.sheet.title!r} is read as {label}"))
    return steps


def _column(tab: Tab, name: str) -> Step:
    what = "a hidden column of ids" if name == ID else f"column {tab.kind.fields[name].label!r}"
    if name in tab.deleted:
        return Step("repair", f"{what} in sheet {tab.sheet.title!r}, which was deleted")
    return Step("make", f"{what} in sheet {tab.sheet.title!r}")
