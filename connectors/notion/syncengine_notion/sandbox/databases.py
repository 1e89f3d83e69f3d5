"""The endpoints of databases, data sources and views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncengine_notion.sandbox import query, richtext, schema
from syncengine_notion.sandbox.refusal import Refusal, invalid, missing
from syncengine_notion.sandbox.shapes import listed
from syncengine_notion.sandbox.values import uuid_of
from syncengine_notion.sandbox.world import Database, Json, Source, View

if TYPE_CHECKING:
    from syncengine_notion.sandbox.call import Call

MOST_RESULTS = 10_000


def create(call: Call) -> Json:
    body, world = call.body, call.world
    if "page_id" not in body["parent"]:
        raise invalid("An internal integration creates databases below a page only.")
    above = call.page(body["parent"]["page_id"])
    base = Database(world.new_id(), ("page_id", above.id), *world.fresh(precise=True))
    base.title = richtext.given(body.get("title", []), "body.title")
    base.description = richtext.given(body.get("description", []), "body.description")
    base.is_inline, base.icon = body.get("is_inline", False), body.get("icon")
    world.databases[base.id] = base
    said = (body.get("initial_data_source") or {}).get("properties") or {"Name": {"title": {}}}
    try:
        _source(call, base, said, base.title)
    except Refusal:
        del world.databases[base.id]
        raise
    _view(call, base, base.sources[0], {"name": "Default view", "type": "table"})
    above.children.append(base.id)
    call.done(base.id)
    return call.shapes.database(base)


def _source(call: Call, base: Database, said: Json, title: list[Json]) -> Source:
    world = call.world
    source = Source(world.new_id(), ("database_id", base.id), *world.fresh(), title=title)
    world.sources[source.id] = source
    try:
        if sum("title" in config for config in said.values()) != 1:
            raise invalid("body failed validation: exactly one property has to be the title.")
        for name, config in said.items():
            schema.make(world, source, name, config)
    except Refusal:
        del world.sources[source.id]
        raise
    base.sources.append(source.id)
    return source


def read(call: Call, id: str) -> Json:
    return call.shapes.database(call.database(id))


def change(call: Call, id: str) -> Json:
    base, body = call.database(id), call.body
    for key in ("title", "description"):
        if key in body:
            setattr(base, key, richtext.given(body[key], f"body.{key}"))
    for key in ("is_inline", "icon", "cover", "in_trash"):
        if key in body:
            setattr(base, key, body[key])
    call.world.touch(base)
    return call.shapes.database(base)


def create_source(call: Call) -> Json:
    base = call.database(call.body["parent"]["database_id"])
    title = richtext.given(call.body.get("title", []), "body.title")
    source = _source(call, base, call.body["properties"], title)
    source.icon = call.body.get("icon")
    return call.shapes.source(source)


def read_source(call: Call, id: str) -> Json:
    return call.shapes.source(call.source(id))


def change_source(call: Call, id: str) -> Json:
    source, body = call.source(id), call.body
    schema.change(call.world, source, body.get("properties") or {})
    if "title" in body:
        source.title = richtext.given(body["title"], "body.title")
    trash = body.get("in_trash", body.get("archived") if call.old else None)
    if trash is not None:
        source.in_trash = trash
    call.world.touch(source)
    return call.shapes.source(source)


def query_source(call: Call, id: str) -> Json:
    source, body, world = call.source(id), call.body, call.world
    query.check(source, body.get("filter"))
    rows, held = [], {}
    for page in world.rows(source):
        seen = world.seen(page)
        if seen is not None and query.matches(source, page, seen, page.edited, body.get("filter")):
            rows.append(page)
            held[page.id] = seen
    ordered = query.ordered(rows, body.get("sorts") or [])
    only = call.query.get("filter_properties")
    wanted = call.property_ids(source, only) if only else None
    start, size = call.start_and_size()
    most = ordered[: call.box.most_results]
    shown = [call.shapes.page(page, held[page.id], wanted) for page in most[start : start + size]]
    found = listed("page_or_data_source", [], 0, size)
    more = start + size < len(most)
    found.update(results=shown, has_more=more, next_cursor=call.cursor(start + size) if more else None)
    if not more and len(ordered) > len(most):
        found["request_status"] = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    return found


def list_views(call: Call) -> Json:
    [(key, [id])] = [(k, v) for k, v in call.query.items() if k in ("database_id", "data_source_id")]
    if key == "database_id":
        ids = call.database(id).views
    else:
        source = call.source(id)
        ids = [view.id for view in call.world.views.values() if view.source == source.id]
    return call.paged("view", [{"object": "view", "id": one} for one in ids])


def create_view(call: Call) -> Json:
    body, world = call.body, call.world
    source = call.source(body["data_source_id"])
    if sum(key in body for key in ("database_id", "view_id", "create_database")) != 1:
        raise invalid("Exactly one of database_id, view_id and create_database has to be given.")
    query.check(source, body.get("filter"))
    if body.get("configuration") and body["configuration"]["type"] != body["type"]:
        raise invalid("configuration.type should be the view's type.")
    if "create_database" in body:
        above = call.page(body["create_database"]["parent"]["page_id"])
        base = Database(world.new_id(), ("page_id", above.id), *world.fresh(precise=True), title=source.title)
        world.databases[base.id] = base
        above.children.append(base.id)
    else:
        base = call.database(body["database_id"])
    made = _view(call, base, source.id, body)
    call.done(made.id)
    return call.shapes.view(made)


def _view(call: Call, base: Database, source: str, said: Json) -> View:
    world = call.world
    made = View(world.new_id(), ("database_id", base.id), *world.fresh(precise=True), source=source)
    made.name, made.type = said["name"], said["type"]
    made.filter, made.sorts, made.quick_filters = (
        said.get("filter"),
        said.get("sorts"),
        said.get("quick_filters"),
    )
    made.configuration = said.get("configuration") or {"type": made.type}
    world.views[made.id] = made
    base.views.append(made.id)
    return made


def read_view(call: Call, id: str) -> Json:
    return call.shapes.view(_known_view(call, id))


def change_view(call: Call, id: str) -> Json:
    made = _known_view(call, id)
    for key in ("name", "filter", "sorts", "quick_filters", "configuration"):
        if key in call.body:
            setattr(made, key, call.body[key])
    call.world.touch(made)
    return call.shapes.view(made)


def delete_view(call: Call, id: str) -> Json:
    made = _known_view(call, id)
    base = call.world.databases[made.parent[1]]
    if len(base.views) == 1:
        raise invalid("The last view of a database cannot be deleted.")
    base.views.remove(made.id)
    del call.world.views[made.id]
    shown = call.shapes.view(made)
    return {key: shown[key] for key in ("object", "id", "parent", "type")}


def _known_view(call: Call, id: str) -> View:
    found = call.world.views.get(uuid_of(id))
    if found is None:
        raise missing("view", id, call.world.bot)
    return found
