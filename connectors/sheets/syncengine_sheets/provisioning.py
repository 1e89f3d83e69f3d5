"""The template made real in a spreadsheet, in one batch: all of it or nothing, so that it may be repeated at any point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_sheets import journal
from syncengine_sheets import tabs as drawing
from syncengine_sheets.archive import archive_tab
from syncengine_sheets.client import Client
from syncengine_sheets.dashboard import dashboard_tab
from syncengine_sheets.guide import guide_tab
from syncengine_sheets.layout import Tab
from syncengine_sheets.marks import ARCHIVE, DASHBOARD, GUIDE, ID, JOURNAL, PLACE, TITLES, chosen
from syncengine_sheets.structure import Structure
from syncengine_sheets.survey import Wanted, wanted

Said = dict[str, Any]
_SHORTEST = 26
_LONGEST_TITLE = 100


def provision(
    client: Client,
    template: Template,
    structure: Structure,
    tabs: Mapping[str, Tab],
    place: str,
    zone: str | None,
) -> None:
    """Add what is missing and stamp `place`. `zone`: the time zone for a spreadsheet that we have just created."""
    missing = wanted(template, structure, tabs)
    if missing.nothing and structure.place == place:
        return
    titles = _titles(template, structure, missing)
    every = {**tabs, **{kind.name: drawing.planned(kind, titles[kind.name]) for kind in missing.kinds}}
    every = {name: every[name] for name in template.kinds}
    requests: list[Said] = []
    if zone:
        requests.append(
            {"updateSpreadsheetProperties": {"properties": {"timeZone": zone}, "fields": "timeZone"}}
        )
    requests += _tabs(missing, every)
    requests += _columns(missing, every)
    requests += _own(template, missing, every, titles, len(structure.sheets))
    requests += _stamp(structure, place)
    if zone:
        requests += _without_blank(structure, tabs, first=every)
    client.update(structure.id, requests)


def _tabs(missing: Wanted, every: Mapping[str, Tab]) -> list[Said]:
    """New tabs, each before those that choose from it."""
    lists = drawing.lists_of(every)
    order = list(every)
    made = [drawing.new_tab(every[kind.name], order.index(kind.name), lists) for kind in missing.kinds]
    # A drop-down may name a tab that comes later: all tabs are added before anything is put into them.
    return [request for requests in made for request in requests[:1]] + [
        r for requests in made for r in requests[1:]
    ]


def _columns(missing: Wanted, every: Mapping[str, Tab]) -> list[Said]:
    """Missing columns, to the right of everything; what people have stays where it is, as it is."""
    found: list[Said] = []
    lists = drawing.lists_of(every)
    for name, tab in every.items():
        names = missing.columns.get(name, [])
        first = max(tab.used, max(tab.ours.values(), default=-1) + 1, len(tab.heads))
        for offset, field_name in enumerate(names):
            if field_name == ID:
                tab.id_column = first + offset
            else:
                tab.columns[field_name] = first + offset
        short = first + len(names) - tab.width
        if names and short > 0:
            found.append({"appendDimension": {"sheetId": tab.sheet, "dimension": "COLUMNS", "length": short}})
            tab.width += short
        if names:
            found += drawing.columns(tab, names, lists)
        if name in missing.unmarked:
            known = [one for one in tab.unmarked if one not in names]
            found += drawing.column_marks(tab, known)
            if not tab.marked:
                found.append(drawing.kind_mark(tab))
    return found


def _own(
    template: Template, missing: Wanted, every: Mapping[str, Tab], titles: Mapping[str, str], count: int
) -> list[Said]:
    found: list[Said] = []
    last = count + len(missing.kinds) + len(missing.sheets)
    if DASHBOARD in missing.sheets:
        found += dashboard_tab(template, every, 0, titles[DASHBOARD])
    if GUIDE in missing.sheets:
        found += guide_tab(template, 1, titles[GUIDE])
    if ARCHIVE in missing.sheets:
        found += archive_tab(last, titles[ARCHIVE])
    if JOURNAL in missing.sheets:
        found += [*journal.new_tab(last, titles[JOURNAL]), drawing.own_mark(JOURNAL)]
    return found


def _stamp(structure: Structure, place: str) -> list[Said]:
    """The place, in the metadata and in the journal; a stamp of another place (this is a copy of it) is taken away."""
    found: list[Said] = []
    if structure.place != place:
        if structure.stamped:
            found.append(
                {
                    "deleteDeveloperMetadata": {
                        "dataFilter": {"developerMetadataLookup": {"metadataKey": PLACE}}
                    }
                }
            )
        found.append(drawing.mark(PLACE, f"{place} {structure.id}", {"spreadsheet": True}, structure.id))
    return [*found, journal.head(place, structure.id, structure.locale, "")]


def _without_blank(structure: Structure, tabs: Mapping[str, Tab], first: Mapping[str, Tab]) -> list[Said]:
    """The blank tab with which a new spreadsheet begins is taken away."""
    used = {tab.sheet for tab in tabs.values()}
    ours = {tab.sheet for tab in first.values()}
    return [
        {"deleteSheet": {"sheetId": sheet.id}}
        for sheet in structure.sheets
        if len(structure.sheets) == 1
        and sheet.id not in used | ours
        and not sheet.ours
        and not sheet.fields
        and not sheet.objects
    ]


def _titles(template: Template, structure: Structure, missing: Wanted) -> dict[str, str]:
    """What the new tabs are called: as the template says, unless somebody has a tab of that title."""
    taken = {sheet.title.casefold() for sheet in structure.sheets}
    titles: dict[str, str] = {}
    kinds: Sequence[Kind] = missing.kinds
    for name, title in [
        *((kind.name, kind.plural) for kind in kinds),
        *((name, TITLES[name]) for name in missing.sheets),
    ]:
        free, number = title[:_LONGEST_TITLE], 2
        while free.casefold() in taken:
            free, number = f"{title[: _LONGEST_TITLE - 4]} {number}", number + 1
        taken.add(free.casefold())
        titles[name] = free
    return titles


__all__ = ["chosen", "provision"]
