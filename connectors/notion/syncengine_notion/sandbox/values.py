"""Property values of pages: what a write may say, what is kept, how it is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from syncengine_notion.sandbox import richtext, schema
from syncengine_notion.sandbox.refusal import invalid
from syncengine_notion.sandbox.world import Json, Page, Property, Source, World, stamp

_COMPUTED = (
    "created_time",
    "created_by",
    "last_edited_time",
    "last_edited_by",
    "unique_id",
    "formula",
    "rollup",
)
_MOST = 100
_FEW = 25
_LENGTHS = {"url": 2000, "email": 200, "phone_number": 200}


def write(world: World, source: Source, page: Page, said: Json) -> None:
    """Put the values of `said` on a row; the rest stays. Raises a refusal, and then nothing is changed."""
    kept: dict[str, Any] = {}
    for key, value in said.items():
        one = source.named(key)
        if one is None or (world.only_names and key == one.id != "title"):
            raise invalid(f"{key} is not a property that exists.")
        kept[one.id] = _kept(world, one, value)
    for id, value in kept.items():
        one = source.properties[id]
        if one.type == "relation":
            relate(world, page, one, value)
        else:
            page.values[id] = value


def relate(world: World, page: Page, one: Property, targets: list[str]) -> None:
    """Set one side of a relation; the other side of a two-way one follows, and those pages are edited by it as well."""
    before = page.values.get(one.id, [])
    page.values[one.id] = list(targets)
    other = one.config.get("dual_property")
    if not other:
        return
    for id in {*before, *targets}:
        related = world.pages.get(id)
        if related is None or (id in before) == (id in targets):
            continue
        back: list[str] = related.values.setdefault(other["synced_property_id"], [])
        if id in targets:
            back.append(page.id)
        elif page.id in back:
            back.remove(page.id)
        world.touch(related)


def shown(world: World, source: Source, page: Page, values: dict[str, Any]) -> Json:
    """The `properties` of a row."""
    return {one.name: _shown(world, one, page, values.get(one.id)) for one in source.properties.values()}


def items(world: World, one: Property, page: Page) -> list[Json]:
    """Every piece of a property that is read page by page."""
    held = page.values.get(one.id) or []
    base = {"object": "property_item", "type": one.type, "id": one.id}
    if one.type == "relation":
        return [{**base, "relation": {"id": id}} for id in _related(world, held)]
    if one.type == "people":
        return [{**base, "people": world.users[id]} for id in held]
    return [{**base, one.type: item} for item in richtext.shown(held)]


def _kept(world: World, one: Property, said: Any) -> Any:
    if one.type in _COMPUTED:
        raise invalid(f"{one.name} is a computed property and cannot be written.")
    value = said
    if isinstance(said, dict):
        if one.type not in said:
            raise invalid(f"{one.name} is expected to be {one.type}.")
        value = said[one.type]
    if one.type in ("title", "rich_text"):
        return richtext.given(value, f"body.properties.{one.name}.{one.type}")
    return _KEEP[one.type](world, one, value)


def _number(_world: World, one: Property, value: Any) -> Any:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise invalid(f"body failed validation: {one.name}.number should be a number.")
    return None if value is None else _double(value)


def _double(value: int | float) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


def _option(world: World, one: Property, value: Any) -> Any:
    if value is None:
        return one.config["options"][0]["id"] if one.type == "status" else None
    found = schema.option(one, value)
    if found is None and one.type == "select" and value.get("name"):
        found = schema.add_option(world, one, value["name"])
    if found is None:
        raise invalid(f'{one.type.capitalize()} option "{value.get("name", value)}" does not exist.')
    return found["id"]


def _options(world: World, one: Property, value: Any) -> list[str]:
    _bounded(one, value)
    return [(schema.option(one, said) or schema.add_option(world, one, said["name"]))["id"] for said in value]


def _pages(world: World, one: Property, value: Any) -> list[str]:
    _bounded(one, value)
    found: list[str] = []
    for said in value:
        id = uuid_of(said["id"])
        page = world.pages.get(id)
        if page is None or not page.shared:
            raise invalid(f"Could not find page with ID: {said['id']}.")
        if page.parent != ("data_source_id", one.config["data_source_id"]):
            raise invalid(f"Page {id} is not in the related data source.")
        if id not in found:
            found.append(id)
    return found


def _users(world: World, one: Property, value: Any) -> list[str]:
    _bounded(one, value)
    return [said["id"] for said in value if said["id"] in world.users]


def _bounded(one: Property, value: Any) -> None:
    if not isinstance(value, list) or len(value) > _MOST:
        size = len(value) if isinstance(value, list) else value
        raise invalid(
            f"body failed validation: {one.name}.length should be ≤ `{_MOST}`, instead was `{size}`."
        )


def _text(_world: World, one: Property, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value or richtext.units(value) > _LENGTHS[one.type]:
        raise invalid(
            f"body failed validation: {one.name}.{one.type} should be a string of 1 to {_LENGTHS[one.type]} units or null."
        )
    return value


def _checkbox(_world: World, one: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"body failed validation: {one.name}.checkbox should be a boolean.")
    return value


def _date(_world: World, one: Property, value: Any) -> Json | None:
    if value is None:
        return None
    zone = value.get("time_zone")
    return {
        "start": _moment(one, value["start"], zone),
        "end": _moment(one, value["end"], zone) if value.get("end") else None,
        "time_zone": None,
    }


def _moment(one: Property, text: str, zone: str | None) -> str:
    """Seconds are cut off, and the zone's name becomes an offset (recorded: Europe/London, …:57:32.42)."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        if zone:
            raise invalid(f"{one.name}.date: a time zone needs a time.")
        return text
    try:
        moment = datetime.fromisoformat(text)
        named = ZoneInfo(zone) if zone else None
    except (ValueError, ZoneInfoNotFoundError):
        raise invalid(
            f"body failed validation: {one.name}.date.start should be a valid ISO 8601 date string."
        ) from None
    if named is not None and moment.tzinfo is not None:
        raise invalid(f"{one.name}.date: with a time zone there must be no offset.")
    local = moment.replace(tzinfo=named) if named else moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return local.replace(second=0, microsecond=0).isoformat(timespec="milliseconds")


def _files(_world: World, _one: Property, value: Any) -> Any:
    return value


_KEEP = {
    "number": _number, "select": _option, "status": _option, "multi_select": _options, "relation": _pages,
    "people": _users, "url": _text, "email": _text, "phone_number": _text, "checkbox": _checkbox, "date": _date,
    "files": _files,
}  # fmt: skip


def _related(world: World, ids: list[str]) -> list[str]:
    return [id for id in ids if world.pages[id].shared and not world.pages[id].in_trash]


def _shown(world: World, one: Property, page: Page, held: Any) -> Json:
    base: Json = {"id": one.id, "type": one.type}
    if one.type in ("title", "rich_text"):
        return {**base, one.type: richtext.shown(held or [])}
    if one.type == "relation":
        ids = _related(world, held or [])
        return {**base, "relation": [{"id": id} for id in ids[:_FEW]], "has_more": len(ids) > _FEW}
    if one.type in ("select", "status"):
        found = None if held is None else schema.option(one, {"id": held})
        return {**base, one.type: found}
    if one.type == "multi_select":
        return {**base, "multi_select": [schema.option(one, {"id": id}) for id in held or []]}
    if one.type == "people":
        return {**base, "people": [world.users[id] for id in (held or [])[:_FEW]]}
    if one.type == "checkbox":
        return {**base, "checkbox": bool(held)}
    if one.type in ("created_time", "last_edited_time"):
        return {**base, one.type: stamp(page.created if one.type == "created_time" else page.edited)}
    if one.type in ("created_by", "last_edited_by"):
        return {
            **base,
            one.type: world.users[page.created_by if one.type == "created_by" else page.edited_by],
        }
    return {**base, one.type: held if held is not None or one.type != "files" else []}


def uuid_of(text: str) -> str:
    """An id with its dashes, or as it is where it has none of the form."""
    plain = text.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{32}", plain):
        return text
    return f"{plain[:8]}-{plain[8:12]}-{plain[12:16]}-{plain[16:20]}-{plain[20:]}"
