"""The properties that the template asks for, as Notion configures them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from syncengine.model.fieldtypes import Choice, Percent
from syncengine.model.kind import Field, Kind
from syncengine.model.template import Template
from syncengine_notion.layout import CHOICES, CHOOSE, ID, Table, title_field
from syncengine_notion.mapping import COMMA, NO_COMMA, option_name, type_of

Json = dict[str, Any]
Taken = Mapping[str, Collection[str]]

_COLORS = ("gray", "blue", "green", "orange", "purple", "yellow", "pink", "brown", "red")
_NAME = "Name"
_ABOUT_ID = (
    "Which record of mentorsync this is. Leave it as it is; a row that you add gets one with the next sync."
)


def properties(template: Template, kind: Kind, tables: Mapping[str, Table], taken: Taken) -> dict[str, Json]:
    """Every property of a new table, by name. A reference needs the table of what it refers to in `tables`.

    `taken`: kind to the names of properties that its table has.
    """
    title = title_field(kind)
    found: dict[str, Json] = {kind.fields[title].label if title else _NAME: {"title": {}}}
    for field in kind.fields.values():
        if field.name not in (title, text_of(kind)):
            found[field.label] = config(template, kind, field, tables, taken)
    found.update({name: own_property(name) for name in extras(kind)})
    return found


def text_of(kind: Kind) -> str:
    """The field that is the text of a page; "" where the kind has none, or this replica may not hold it."""
    return kind.body if kind.body is not None and kind.body in kind.fields else ""


def extras(kind: Kind) -> list[str]:
    """The names of the properties that are no fields."""
    return [ID, *([CHOOSE] if kind.name == "question" else [])]


def own_property(name: str) -> Json:
    """How one of them is configured."""
    if name == CHOOSE:
        options = [{"name": one, "color": _COLORS[n % len(_COLORS)]} for n, one in enumerate(CHOICES)]
        return {"select": {"options": options}, "description": "Pick one, or write your answer beside it."}
    return {"rich_text": {}, "description": _ABOUT_ID}


def config(template: Template, kind: Kind, field: Field, tables: Mapping[str, Table], taken: Taken) -> Json:
    """How the property of one field is configured."""
    made = type_of(field)
    about = {"description": field.help} if field.help else {}
    if made == "number":
        return {"number": {"format": "percent" if isinstance(field.type, Percent) else "number"}, **about}
    if made in ("select", "multi_select"):
        assert isinstance(field.type, Choice)
        names = enumerate(map(option_name, field.type.options))
        return {
            made: {"options": [{"name": name, "color": _COLORS[n % len(_COLORS)]} for n, name in names]},
            **about,
        }
    if made == "relation":
        target = tables[field.ref or ""].source
        name = free(other_side(template, kind, field), taken.get(field.ref or "", ()))
        dual = {"synced_property_name": name}
        return {
            "relation": {"data_source_id": target, "type": "dual_property", "dual_property": dual},
            **about,
        }
    return {made: {}, **about}


def other_side(template: Template, kind: Kind, field: Field) -> str:
    """What a relation is called on the table that it leads to: the goals of a person, the wins they noticed."""
    alike = [f for f in kind.fields.values() if f.ref == field.ref]
    name = kind.plural if len(alike) == 1 else f"{kind.plural} ({field.label.lower()})"
    target = template.kinds.get(field.ref or "")
    taken = {f.label.casefold() for f in target.fields.values()} if target else set()
    return f"{name} of this" if name.casefold() in taken else name


def free(label: str, taken: Collection[str]) -> str:
    """A name like `label` that no property has."""
    number, found = 2, label
    while found in taken:
        found, number = f"{label} ({number})", number + 1
    return found


def fits(field: Field, kind: Kind, shown: Json, tables: Mapping[str, Table]) -> bool:
    """Whether a property as a data source shows it can hold the field."""
    if shown["type"] != type_of(field, title=field.name == title_field(kind)):
        return False
    if shown["type"] != "relation":
        return True
    target = tables.get(field.ref or "")
    return target is not None and shown["relation"]["data_source_id"] == target.source


def options_of(field: Field, shown: Json) -> dict[str, str]:
    """Choice to option id, for the options that stand for choices of the template."""
    if shown["type"] not in ("select", "multi_select") or not isinstance(field.type, Choice):
        return {}
    found = {one["name"].replace(NO_COMMA, COMMA): one["id"] for one in shown[shown["type"]]["options"]}
    return {choice: found[choice] for choice in field.type.options if choice in found}
