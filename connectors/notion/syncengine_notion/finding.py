"""What of ours is in the workspace already: the home page with its mark, tables, properties, pages. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_notion import schema
from syncengine_notion.answers import Refused
from syncengine_notion.client import Wire
from syncengine_notion.layout import CHOOSE, ID, MARK, Layout, Table, plain_id, read_layout
from syncengine_notion.prose import read_plain

Json = dict[str, Any]


@dataclass
class Found:
    """One table as it is now."""

    kind: Kind
    state: str = "missing"
    """`there`, `missing` (never made), `trashed`, or `unseen` (deleted for good, or its access taken away)."""
    table: Table | None = None
    lacking: list[str] = field(default_factory=list)
    """Fields, and our other properties, that have no property."""
    retyped: dict[str, str] = field(default_factory=dict)
    """Field to the name of its property, which has become one of another type."""
    names: frozenset[str] = frozenset()
    """What its properties are called."""


def find_home(wire: Wire, parent: str, replica: str) -> Layout | None:
    """The layout of this replica below `parent`; copies of it are passed over. Raises as `Wire.read`."""
    for block in wire.listed(f"blocks/{parent}/children"):
        if block["type"] != "child_page":
            continue
        found = read_mark(wire, block["id"], parent)
        if found is not None and found.replica == replica:
            return found
    return None


def read_mark(wire: Wire, home: str, parent: str) -> Layout | None:
    """What the mark on a page says; `None` for a page without one, or with that of another page (a copy)."""
    for block in wire.listed(f"blocks/{home}/children"):
        if block["type"] != "code":
            continue
        text = read_plain(block["code"]["rich_text"])
        if f'"{MARK}"' not in text:
            continue
        try:
            layout = read_layout(json.loads(text), parent, block["id"])
        except ValueError:
            continue
        if layout.home and plain_id(layout.home) != plain_id(home):
            continue
        layout.home = home
        return layout
    return None


def look(wire: Wire, template: Template, layout: Layout) -> list[Found]:
    """Every table of the template as it is, in the template's order; half-made ones are recognised by their id column."""
    strangers = dict(_databases(wire, layout)) if layout.home else {}
    found: list[Found] = []
    tables: dict[str, Table] = {}
    for kind in template.kinds.values():
        one = _known(wire, kind, layout.tables.get(kind.name), tables) or _adopted(
            wire, kind, strangers, tables
        )
        found.append(one or Found(kind))
        if one is not None and one.table is not None and one.state == "there":
            tables[kind.name] = one.table
    return found


def _known(wire: Wire, kind: Kind, table: Table | None, tables: Mapping[str, Table]) -> Found | None:
    if table is None:
        return None
    try:
        shown = wire.read("GET", f"data_sources/{table.source}")
    except Refused as refused:
        if refused.status != 404:
            raise
        return Found(kind, "unseen", table)
    if shown["in_trash"] or _in_trash(wire, table.database):
        return Found(kind, "trashed", table)
    return compared(kind, table, shown, tables)


def _in_trash(wire: Wire, database: str) -> bool:
    return bool(wire.read("GET", f"databases/{database}")["in_trash"])


def _databases(wire: Wire, layout: Layout) -> Iterator[tuple[str, str]]:
    """Title and id of the databases on the home page that the mark does not name."""
    known = {plain_id(table.database) for table in layout.tables.values()}
    for block in wire.listed(f"blocks/{layout.home}/children"):
        if block["type"] == "child_database" and plain_id(block["id"]) not in known:
            yield block["child_database"]["title"], block["id"]


def _adopted(
    wire: Wire, kind: Kind, strangers: Mapping[str, str], tables: Mapping[str, Table]
) -> Found | None:
    """A table that a set-up made before it broke off: our title, and our id column."""
    database = strangers.get(kind.plural)
    if database is None:
        return None
    sources = wire.read("GET", f"databases/{database}")["data_sources"]
    if len(sources) != 1:
        return None
    shown = wire.read("GET", f"data_sources/{sources[0]['id']}")
    if ID not in shown["properties"]:
        return None
    return compared(kind, Table(database, sources[0]["id"]), shown, tables)


def compared(kind: Kind, table: Table, shown: Json, tables: Mapping[str, Table]) -> Found:
    """A table against its data source: ids and options filled in, what is lacking told."""
    by_id = {one["id"]: one for one in shown["properties"].values()}
    by_name = shown["properties"]
    found = Found(
        kind, "there", Table(table.database, table.source, body=table.body), names=frozenset(by_name)
    )
    made = found.table
    assert made is not None
    for one in kind.fields.values():
        if one.name == table.body:
            continue
        known = table.properties.get(one.name)
        if known is not None and known not in by_id:
            found.lacking.append(one.name)
            continue
        property = by_id[known] if known is not None else _by_label(kind, one.name, by_name)
        if property is None:
            found.lacking.append(one.name)
        elif not schema.fits(one, kind, property, {**tables, kind.name: made}):
            found.retyped[one.name] = property["name"]
        else:
            made.properties[one.name] = property["id"]
            made.options[one.name] = schema.options_of(one, property) | {
                choice: id for choice, id in table.options.get(one.name, {}).items() if _has(property, id)
            }
    made.options = {name: options for name, options in made.options.items() if options}
    for name, known, kinds in ((ID, table.id, "rich_text"), (CHOOSE, table.choose, "select")):
        if name not in schema.extras(kind):
            continue
        property = by_id.get(known) or by_name.get(name)
        if property is None or property["type"] != kinds:
            found.lacking.append(name)
        elif name == ID:
            made.id = property["id"]
        else:
            made.choose = property["id"]
    return found


def _by_label(kind: Kind, name: str, by_name: Mapping[str, Json]) -> Json | None:
    from syncengine_notion.layout import title_field

    if name == title_field(kind):
        return next(one for one in by_name.values() if one["type"] == "title")
    return by_name.get(kind.fields[name].label)


def _has(property: Json, option: str) -> bool:
    return any(one["id"] == option for one in property[property["type"]].get("options", ()))
