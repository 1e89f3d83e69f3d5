"""Set-up's look at a spreadsheet: tabs of ours by their marks, people's own by title and headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine.model.fieldtypes import Percent
from syncengine.model.headings import likeness
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_sheets import a1
from syncengine_sheets.client import Client
from syncengine_sheets.layout import Columns, Tab, found_in, headings_of
from syncengine_sheets.moved import heading_row
from syncengine_sheets.structure import Sheet, Structure, known_tabs

_SEARCHED = 10
"""How far down the headings of a person's own tab are looked for."""

Rows = list[list[Any]]


def tabs_in(client: Client, template: Template, structure: Structure, own: Columns) -> dict[str, Tab]:
    """Kind to tab, those of people's own that fit among them; each tab serves one kind. One call."""
    known = known_tabs(template, structure)
    rest = [sheet for sheet in structure.sheets if sheet.kind is None and sheet.ours is None]
    sheets = [*known.values(), *rest]
    if not sheets:
        return {}
    values = dict(
        zip(
            (sheet.id for sheet in sheets),
            client.values(structure.id, [a1.quoted(s.title) for s in sheets]),
            strict=True,
        )
    )
    found = {
        name: _tab(template.kinds[name], sheet, values[sheet.id], None, own) for name, sheet in known.items()
    }
    scored = [
        (score, -order, kind, sheet, row)
        for order, kind in enumerate(template.kinds.values()) if kind.name not in found
        for sheet in rest
        for score, row in [_score(kind, sheet, values[sheet.id], own.get(kind.name, {}))] if score > 0
    ]  # fmt: skip
    taken: set[int] = set()
    for _, _, kind, sheet, row in sorted(scored, key=lambda one: one[:2], reverse=True):
        if kind.name not in found and sheet.id not in taken:
            taken.add(sheet.id)
            found[kind.name] = _tab(kind, sheet, values[sheet.id], row, own)
    return {name: found[name] for name in template.kinds if name in found}


def blank(sheet: Sheet, values: Rows) -> bool:
    """Whether there is nothing at all in the tab."""
    return not values and not sheet.fields and not sheet.objects


def _score(kind: Kind, sheet: Sheet, rows: Rows, own: Mapping[str, str]) -> tuple[int, int]:
    headings = {
        number: {at: text for at, text in enumerate(headings_of(row)) if text}
        for number, row in enumerate(rows[:_SEARCHED])
    }
    filled = {number: heads for number, heads in headings.items() if heads}
    return likeness(kind, sheet.title, (kind.plural, kind.label), filled, own, first=0)


def _tab(kind: Kind, sheet: Sheet, rows: Rows, row: int | None, own: Columns) -> Tab:
    at = heading_row(sheet.fields, rows) if row is None else row
    heads = rows[at] if at < len(rows) else []
    tab = found_in(kind, sheet, at, heads, own.get(kind.name, {}), aliases=row is not None)
    tab.blank = len(rows) <= at + 1
    tab.used = max([len(line) for line in rows], default=0)
    for name in tab.unmarked:
        if name in tab.columns:
            tab.adopted.add(name)
            if isinstance(kind.fields[name].type, Percent) and _whole(rows[at + 1 :], tab.columns[name]):
                tab.whole.add(name)
    return tab


def _whole(rows: Rows, column: int) -> bool:
    """Whether percentages stand there as 40 rather than as 40 %, which is 0.4."""
    numbers = [row[column] for row in rows if column < len(row) and isinstance(row[column], int | float)]
    return any(number > 1 for number in numbers)
