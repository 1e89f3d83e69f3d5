"""The endpoints of pages: create, read, change, move, and the pieces of one property."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from syncengine_notion.sandbox import blocks, richtext, values
from syncengine_notion.sandbox.refusal import Refusal, invalid
from syncengine_notion.sandbox.world import Json, Page, Source

if TYPE_CHECKING:
    from syncengine_notion.sandbox.call import Call


def create(call: Call) -> Json:
    body = call.body
    parent = body.get("parent") or {}
    if "data_source_id" in parent:
        page = _row(call, call.source(parent["data_source_id"]), body)
    elif "database_id" in parent:
        base = call.database(parent["database_id"])
        page = _row(call, call.world.sources[base.sources[0]], body)
    elif "page_id" in parent:
        page = _child(call, parent["page_id"], body)
    else:
        raise invalid(
            "body failed validation: body.parent should be defined; an internal integration needs a page."
        )
    call.done(page.id)
    return call.shapes.page(page)


def _row(call: Call, source: Source, body: Json) -> Page:
    world = call.world
    if len(source.rows) >= call.box.most_rows:
        raise Refusal(409, "row_limit_exceeded", "The data source has as many rows as it may have.")
    page = Page(world.new_id(), ("data_source_id", source.id), *world.fresh())
    world.pages[page.id] = page
    try:
        values.write(world, source, page, body.get("properties") or {})
        blocks.add(call, page.id, body.get("children") or [])
    except Refusal:
        del world.pages[page.id]
        raise
    source.rows.append(page.id)
    page.icon = body.get("icon")
    world.record(page)
    return page


def _child(call: Call, parent: str, body: Json) -> Page:
    world = call.world
    above = call.page(parent)
    title = (body.get("properties") or {}).get("title", [])
    title = title["title"] if isinstance(title, dict) else title
    page = Page(world.new_id(), ("page_id", above.id), *world.fresh(), icon=body.get("icon"))
    page.values["title"] = richtext.given(title, "body.properties.title.title")
    world.pages[page.id] = page
    try:
        blocks.add(call, page.id, body.get("children") or [])
    except Refusal:
        del world.pages[page.id]
        raise
    above.children.append(page.id)
    return page


def read(call: Call, id: str) -> Json:
    page = call.page(id)
    only = call.query.get("filter_properties")
    wanted = None
    if only and page.parent[0] == "data_source_id":
        wanted = call.property_ids(call.world.sources[page.parent[1]], only)
    return call.shapes.page(page, only=wanted)


def change(call: Call, id: str) -> Json:
    world, body = call.world, call.body
    page = call.page(id)
    said = body.get("properties") or {}
    trash = body.get("in_trash", body.get("archived") if call.old else None)
    if page.in_trash and said and trash is not False:
        raise invalid("Can't edit block that is archived. You must unarchive the block before editing.")
    if said and page.parent[0] == "data_source_id":
        values.write(world, world.sources[page.parent[1]], page, said)
    elif "title" in said:
        title = said["title"]["title"] if isinstance(said["title"], dict) else said["title"]
        page.values["title"] = richtext.given(title, "body.properties.title.title")
    for key in ("icon", "cover", "is_archived"):
        if key in body:
            setattr(page, key, body[key])
    if trash is not None:
        page.in_trash = trash
    world.touch(page)
    return call.shapes.page(page)


def move(call: Call, id: str) -> Json:
    page, parent = call.page(id), call.body["parent"]
    if "page_id" in parent:
        relocate(call.box.world, page, call.page(parent["page_id"]))
    else:
        source = call.source(parent["data_source_id"])
        page.parent = ("data_source_id", source.id)
        source.rows.append(page.id)
    return call.shapes.page(page)


def relocate(world: object, page: Page, above: Page) -> None:
    """Out of where it was, to below another page."""
    page.parent = ("page_id", above.id)
    above.children.append(page.id)


def pieces(call: Call, id: str, key: str) -> Json:
    """`GET …/properties/{id}`: a value, or its pieces page by page."""
    page = call.page(id)
    source = call.world.sources[page.parent[1]] if page.parent[0] == "data_source_id" else None
    one = source.named(unquote(key)) if source else None
    if source is None or one is None:
        raise invalid(f"Could not find property with name or id: {key}")
    if one.type not in ("title", "rich_text", "relation", "people"):
        shown = values.shown(call.world, source, page, page.values)[one.name]
        return {"object": "property_item", **shown}
    found = call.paged("property_item", values.items(call.world, one, page))
    found["property_item"] = {"id": one.id, "next_url": None, "type": one.type, one.type: {}}
    return found
