"""The views that a table gets, by what its kind is for. Pure: the requests, not the sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_notion.layout import Table

Json = dict[str, Any]


def wanted(kind: Kind, table: Table) -> list[Json]:
    """The bodies of `POST /v1/views`, in order; views whose properties are missing are left out."""
    made = _MADE.get(kind.name)
    found = made(kind, table) if made else []
    return [{**view, "data_source_id": table.source, "database_id": table.database} for view in found]


def of_pair(page: str, tables: Mapping[str, Table], template: Template) -> list[Json]:
    """The linked views that a pair's own page gets, in this order: its goals, check-ins and open promises."""
    found = []
    for name, make in _OF_PAIR.items():
        kind, table = template.kinds.get(name), tables.get(name)
        view = make(table) if kind is not None and table is not None and "pair" in table.properties else None
        if kind is None or table is None or view is None:
            continue
        mine: Json = {"property": table.properties["pair"], "relation": {"contains": page}}
        filters = [mine, view.pop("filter")] if "filter" in view else [mine]
        found.append({
            **view, "name": kind.plural, "data_source_id": table.source,
            "create_database": {"parent": {"type": "page_id", "page_id": page}},
            "filter": {"and": filters} if len(filters) > 1 else mine,
        })  # fmt: skip
    return found


def _goals_of_pair(table: Table) -> Json:
    return _table("", table, None, table.properties.get("due"))


def _checkins_of_pair(table: Table) -> Json | None:
    starts = table.properties.get("starts")
    if starts is None:
        return None
    return {"type": "calendar", "configuration": {"type": "calendar", "date_property_id": starts}}


def _promises_of_pair(table: Table) -> Json | None:
    done = table.properties.get("done")
    if done is None:
        return None
    return _table("", table, {"property": done, "checkbox": {"equals": False}}, table.properties.get("due"))


def _hidden(property: str) -> Json:
    return {"property_id": property, "visible": False}


def _table(name: str, table: Table, filter: Json | None = None, sort: str | None = None) -> Json:
    found: Json = {
        "name": name,
        "type": "table",
        "configuration": {"type": "table", "properties": [_hidden(table.id)]},
    }
    if filter is not None:
        found["filter"] = filter
    if sort is not None:
        found["sorts"] = [{"property": sort, "direction": "ascending"}]
    return found


def _goals(kind: Kind, table: Table) -> list[Json]:
    found = []
    status, due = table.properties.get("status"), table.properties.get("due")
    if status:
        group = {"type": "select", "property_id": status, "sort": {"type": "manual"}}
        found.append(
            {"name": "By status", "type": "board", "configuration": {"type": "board", "group_by": group}}
        )
    if status and due:
        open_ones = [
            {"property": status, "select": {"does_not_equal": name}} for name in ("achieved", "dropped")
        ]
        filter = {"and": [*open_ones, {"property": due, "date": {"is_not_empty": True}}]}
        found.append(_table("What is due", table, filter, due))
    return [*found, *_by_pair(table)]


def _by_pair(table: Table) -> list[Json]:
    """Everything, pair by pair."""
    pair = table.properties.get("pair")
    if pair is None:
        return []
    view = _table("By pair", table)
    view["configuration"]["group_by"] = {"type": "relation", "property_id": pair, "sort": {"type": "manual"}}
    return [view]


def _checkins(kind: Kind, table: Table) -> list[Json]:
    starts = table.properties.get("starts")
    if starts is None:
        return []
    configuration = {"type": "calendar", "date_property_id": starts}
    return [{"name": "Calendar", "type": "calendar", "configuration": configuration}, *_by_pair(table)]


def _wins(kind: Kind, table: Table) -> list[Json]:
    return [{"name": "Gallery", "type": "gallery", "configuration": {"type": "gallery"}}]


def _questions(kind: Kind, table: Table) -> list[Json]:
    shown = [name for name in ("field", "base", "kept", "others", "pair") if name in table.properties]
    columns = [{"property_id": "title", "visible": True}]
    columns += [{"property_id": table.properties[name], "visible": True, "wrap": True} for name in shown]
    columns += [
        {"property_id": id, "visible": True} for id in (table.choose, table.properties.get("answer")) if id
    ]
    columns += [_hidden(table.id)]
    return [
        {
            "name": "Waits for a person",
            "type": "table",
            "configuration": {"type": "table", "properties": columns},
        }
    ]


def _promises(kind: Kind, table: Table) -> list[Json]:
    done, due = table.properties.get("done"), table.properties.get("due")
    if done is None:
        return []
    return [_table("Open", table, {"property": done, "checkbox": {"equals": False}}, due)]


_MADE = {
    "goal": _goals, "checkin": _checkins, "win": _wins, "question": _questions, "commitment": _promises,
}  # fmt: skip
_OF_PAIR = {"goal": _goals_of_pair, "checkin": _checkins_of_pair, "commitment": _promises_of_pair}
