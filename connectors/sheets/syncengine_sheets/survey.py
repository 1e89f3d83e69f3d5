"""What a spreadsheet lacks of its template, and the same in words for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncengine.connector import Step
from syncengine.model.headings import fold
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_sheets.layout import Tab
from syncengine_sheets.marks import ARCHIVE, DASHBOARD, GUIDE, ID, JOURNAL, TITLES
from syncengine_sheets.structure import Structure


@dataclass
class Wanted:
    """What is missing."""

    kinds: list[Kind] = field(default_factory=list)
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Kind to its missing fields and, perhaps, `id`."""
    sheets: list[str] = field(default_factory=list)
    """Of our tabs without records."""
    unmarked: list[str] = field(default_factory=list)
    """Kinds with tabs or columns that are found by title or heading only."""

    @property
    def nothing(self) -> bool:
        """Whether the template is real already."""
        return not (self.kinds or self.columns or self.sheets or self.unmarked)


def wanted(template: Template, structure: Structure, tabs: Mapping[str, Tab]) -> Wanted:
    """What the spreadsheet lacks; `tabs` is what was found in it."""
    found = Wanted(kinds=[kind for kind in template.kinds.values() if kind.name not in tabs])
    marked = {sheet.id for sheet in structure.sheets if sheet.kind}
    for name, tab in tabs.items():
        missing = [field_name for field_name in tab.kind.fields if field_name not in tab.columns]
        missing += [ID] if tab.id_column is None else []
        if missing:
            found.columns[name] = missing
        if tab.unmarked or tab.sheet not in marked:
            found.unmarked.append(name)
    for name in (DASHBOARD, GUIDE, ARCHIVE, JOURNAL):
        # A guide that somebody threw away stays away: it is written once.
        if structure.own(name) is None and not (name == GUIDE and structure.place is not None):
            found.sheets.append(name)
    return found


def survey(template: Template, structure: Structure | None, tabs: Mapping[str, Tab]) -> list[Step]:
    """The steps that `provision` would take."""
    if structure is None:
        names = ", ".join(kind.plural for kind in template.kinds.values())
        return [
            Step("make", f"a Google spreadsheet with the tabs {names}, a dashboard, a guide and an archive")
        ]
    missing = wanted(template, structure, tabs)
    steps = [Step("make", f"tab {kind.plural!r}") for kind in missing.kinds]
    for name, tab in tabs.items():
        steps += _adopted(tab)
        steps += [_column(tab, field_name) for field_name in missing.columns.get(name, ())]
    steps += [Step("make", _own(name)) for name in missing.sheets]
    if not steps and missing.unmarked:
        steps.append(Step("repair", "the marks by which tabs and columns are found again"))
    return steps


def _own(name: str) -> str:
    hidden = "a hidden tab 'mentorsync', in which is kept what stood in the rows that were written last"
    return hidden if name == JOURNAL else f"tab {TITLES[name]!r}"


def _adopted(tab: Tab) -> list[Step]:
    steps = []
    if tab.unmarked and fold(tab.title) != fold(tab.kind.plural):
        steps.append(Step("adopt", f"tab {tab.title!r} is read as {tab.kind.plural}"))
    for name, heading in tab.unmarked.items():
        if name != ID:
            steps.append(
                Step(
                    "adopt",
                    f"column {heading!r} of tab {tab.title!r} is read as {tab.kind.fields[name].label}",
                )
            )
    return steps


def _column(tab: Tab, name: str) -> Step:
    what = "a hidden column of ids" if name == ID else f"column {tab.kind.fields[name].label!r}"
    return Step("make", f"{what} in tab {tab.title!r}")
