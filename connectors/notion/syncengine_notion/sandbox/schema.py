"""Properties of a data source: made, changed and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine_notion.sandbox.refusal import invalid, missing
from syncengine_notion.sandbox.world import Json, Property, Source, World

OPTIONS = ("select", "multi_select", "status")
SIMPLE = ("title", "rich_text", "date", "people", "files", "checkbox", "url", "email", "phone_number",
          "created_time", "created_by", "last_edited_time", "last_edited_by")  # fmt: skip
_STATUS = (
    ("Not started", "default", "To-do"),
    ("In progress", "blue", "In progress"),
    ("Done", "green", "Complete"),
)


def make(world: World, source: Source, name: str, config: Json) -> Property:
    """Add a property; raises a refusal. A two-way relation adds its other side to the target."""
    kind = _kind_of(name, config)
    if source.named(name) is not None:
        raise invalid(f"Property with name {name} already exists.")
    id = "title" if kind == "title" else world.new_property_id(source.properties)
    made = Property(id, name, kind, {}, config.get("description"))
    said = config[kind] or {}
    if kind in OPTIONS:
        made.config = {"options": _options(world, said.get("options", []), [])}
        if kind == "status":
            _status(world, made, said)
    elif kind == "number":
        made.config = {"format": said.get("format", "number")}
    elif kind == "relation":
        made.config = _relation(world, source, made, said)
    elif kind == "unique_id":
        made.config = {"prefix": said.get("prefix")}
    elif kind not in SIMPLE:
        raise invalid(f"The sandbox makes no property of type {kind}.")
    source.properties[id] = made
    return made


def change(world: World, source: Source, patch: Mapping[str, Any]) -> None:
    """Apply a schema patch: null deletes, `name` renames, options replace the list."""
    for key, config in patch.items():
        found = source.named(key)
        if config is None:
            if found is None:
                raise invalid(f"Could not find property with name or id: {key}")
            remove(world, source, found)
        elif found is None:
            make(world, source, key, config)
        else:
            _changed(world, source, found, config)


def remove(world: World, source: Source, one: Property) -> None:
    """Delete a property with all that its rows hold in it, and the other side of a two-way relation."""
    if one.type == "title":
        raise invalid("Cannot delete the title property.")
    del source.properties[one.id]
    for id in source.rows:
        world.pages[id].values.pop(one.id, None)
    other = one.config.get("dual_property")
    if other:
        target = world.sources[one.config["data_source_id"]]
        back = target.properties.pop(other["synced_property_id"], None)
        if back is not None:
            for id in target.rows:
                world.pages[id].values.pop(back.id, None)


def shown(one: Property) -> Json:
    """The property in a data source's answer."""
    config: Json = one.config
    if one.type == "relation":
        kind = one.config["type"]
        keys = ("database_id", "data_source_id", "type", kind)
        config = {key: one.config[key] for key in keys}
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "type": one.type,
        one.type: config,
    }


def option(one: Property, said: Json) -> Json | None:
    """The option that a value names, by id or by name whatever its capitals."""
    for known in one.config["options"]:
        if said.get("id") == known["id"] or str(said.get("name", "")).casefold() == known["name"].casefold():
            return {key: known[key] for key in ("id", "name", "color")}
    return None


def add_option(world: World, one: Property, name: str) -> Json:
    """A page write with a new name adds the option to the schema."""
    [made] = _options(world, [{"name": name}], one.config["options"])
    one.config["options"].append(made)
    return {key: made[key] for key in ("id", "name", "color")}


def _kind_of(name: str, config: Json) -> str:
    kinds = [key for key in config if key not in ("type", "description", "name", "id")]
    if len(kinds) != 1:
        raise invalid(f"body failed validation: properties.{name} should name one type.")
    return kinds[0]


def _options(world: World, said: list[Json], known: list[Json]) -> list[Json]:
    made: list[Json] = []
    for one in said:
        before = next((k for k in known if k["id"] == one.get("id") or k["name"] == one.get("name")), None)
        name = before["name"] if before is not None else one.get("name", "")
        if not name or "," in name:
            raise invalid("Invalid select option, commas not allowed: " + str(name))
        if any(
            name.casefold() == other["name"].casefold()
            for other in [*made, *(known if before is None else [])]
        ):
            raise invalid(f"Select option {name} already exists.")
        color = one.get("color") or (before or {}).get("color") or "default"
        description = one.get("description", (before or {}).get("description"))
        id = before["id"] if before is not None else world.new_id()
        made.append({"id": id, "name": name, "color": color, "description": description})
    return made


def _status(world: World, one: Property, said: Json) -> None:
    if not said.get("options"):
        one.config["options"] = [{"id": world.new_id(), "name": name, "color": color, "description": None}
                                 for name, color, _ in _STATUS]  # fmt: skip
    first = [o["id"] for o in one.config["options"]]
    one.config["groups"] = [
        {"id": world.new_id(), "name": name, "color": color, "option_ids": first if number == 0 else []}
        for number, (name, color) in enumerate(
            (("To-do", "gray"), ("In progress", "blue"), ("Complete", "green"))
        )
    ]


def _relation(world: World, source: Source, made: Property, said: Json) -> Json:
    target = world.sources.get(said.get("data_source_id", ""))
    if target is None or not world.databases[target.parent[1]].shared:
        raise missing("database", str(said.get("data_source_id")), world.bot)
    config: Json = {"database_id": target.parent[1], "data_source_id": target.id}
    if "dual_property" not in said:
        return {**config, "type": "single_property", "single_property": {}}
    wanted = said["dual_property"].get("synced_property_name")
    name = wanted or f"Related to {world.databases[source.parent[1]].title[0]['plain_text']} ({made.name})"
    if target.named(name) is not None:
        raise invalid(f"Property with name {name} already exists.")
    back = Property(world.new_property_id(target.properties), name, "relation")
    back.config = {
        "database_id": source.parent[1], "data_source_id": source.id, "type": "dual_property",
        "dual_property": {"synced_property_id": made.id, "synced_property_name": made.name},
    }  # fmt: skip
    target.properties[back.id] = back
    dual = {"synced_property_id": back.id, "synced_property_name": name}
    return {**config, "type": "dual_property", "dual_property": dual}


def _changed(world: World, source: Source, one: Property, config: Json) -> None:
    name = config.get("name")
    if name is not None and name != one.name:
        if source.named(name) is not None:
            raise invalid(f"Property with name {name} already exists.")
        one.name = name
    if "description" in config:
        one.description = config["description"]
    kinds = [key for key in config if key not in ("type", "description", "name", "id")]
    if not kinds:
        return
    [kind] = kinds
    if kind != one.type:
        raise invalid(f"The sandbox does not change {one.name} from {one.type} to {kind}.")
    if kind in OPTIONS and "options" in config[kind]:
        one.config["options"] = _options(world, config[kind]["options"], one.config["options"])
    elif kind == "number":
        one.config = {"format": config[kind].get("format", one.config["format"])}
