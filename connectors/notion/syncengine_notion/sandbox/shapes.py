"""Everything as the API shows it, key for key as recorded, in both versions."""

from __future__ import annotations

from typing import Any

from syncengine_notion.sandbox import richtext, schema, values
from syncengine_notion.sandbox.world import (
    Block,
    Comment,
    Database,
    Json,
    Page,
    Source,
    Thing,
    View,
    World,
    stamp,
)

TRASH = "2026-03-11"
"""From this version on there is no `archived` any more, only `in_trash`."""


class Shapes:
    """Shows the things of a world in one version of the API."""

    def __init__(self, world: World, version: str) -> None:
        self._world, self._version = world, version

    def page(self, page: Page, held: dict[str, Any] | None = None, only: set[str] | None = None) -> Json:
        """A page; `held`: the values to show (a lagging query's), `only`: ids of the properties wanted."""
        world = self._world
        if page.parent[0] == "data_source_id":
            source = world.sources[page.parent[1]]
            properties = values.shown(world, source, page, page.values if held is None else held)
            if only is not None:
                properties = {name: value for name, value in properties.items() if value["id"] in only}
        else:
            title = {"id": "title", "type": "title", "title": richtext.shown(page.values.get("title", []))}
            properties = {"title": title}
        return {
            "object": "page", "id": page.id, **self._times(page), "cover": page.cover, "icon": page.icon,
            "parent": self._parent(page), **self._trash(page), "is_archived": page.is_archived,
            "is_locked": False, "properties": properties, "url": self._url(page.id), "public_url": None,
        }  # fmt: skip

    def database(self, base: Database) -> Json:
        world = self._world
        sources = [{"id": id, "name": richtext.plain(world.sources[id].title)} for id in base.sources
                   if not world.sources[id].in_trash]  # fmt: skip
        return {
            "object": "database", "id": base.id, "title": base.title, "description": base.description,
            "parent": self._parent(base), "is_inline": base.is_inline, **self._trash(base), "is_locked": False,
            "created_time": stamp(base.created, precise=True), "last_edited_time": stamp(base.edited, precise=True),
            "data_sources": sources, "icon": base.icon, "cover": base.cover, "url": self._url(base.id),
            "public_url": None,
        }  # fmt: skip

    def source(self, source: Source) -> Json:
        base = self._world.databases[source.parent[1]]
        properties = {one.name: schema.shown(one) for one in source.properties.values()}
        return {
            "object": "data_source", "id": source.id, "cover": None, "icon": source.icon, **self._times(source),
            "title": source.title, "description": [], "is_inline": base.is_inline, "properties": properties,
            "parent": self._parent(source), "database_parent": self._parent(base), "url": self._url(base.id),
            "public_url": None, **self._trash(source),
        }  # fmt: skip

    def view(self, view: View) -> Json:
        url = f"{self._url(view.parent[1])}?v={view.id.replace('-', '')}"
        return {
            "object": "view", "id": view.id, "parent": self._parent(view), "data_source_id": view.source,
            "name": view.name, "type": view.type, "created_time": stamp(view.created, precise=True),
            "created_by": _user(view.created_by), "last_edited_time": stamp(view.edited, precise=True),
            "last_edited_by": _user(view.edited_by), "url": url, "filter": view.filter, "sorts": view.sorts,
            "quick_filters": view.quick_filters, "configuration": view.configuration,
        }  # fmt: skip

    def block(self, id: str) -> Json:
        """A block; pages and databases are blocks of their parent as well, by the same id."""
        world = self._world
        if id in world.pages:
            page = world.pages[id]
            title: list[Json] = page.values.get("title", [])
            return self._block(page, "child_page", {"title": richtext.plain(title)}, bool(page.children))
        if id in world.databases:
            base = world.databases[id]
            return self._block(base, "child_database", {"title": richtext.plain(base.title)}, False)
        block = world.blocks[id]
        return self._block(block, block.type, block.payload, bool(block.children))

    def comment(self, comment: Comment) -> Json:
        return {
            "object": "comment", "id": comment.id, "parent": self._parent(comment),
            "discussion_id": comment.discussion, "created_time": stamp(comment.created, precise=True).replace("+00:00", "Z"),
            "last_edited_time": stamp(comment.edited, precise=True).replace("+00:00", "Z"),
            "created_by": _user(comment.created_by), "rich_text": comment.rich_text,
            "display_name": {"type": "integration", "resolved_name": "mentorsync"},
        }  # fmt: skip

    def _block(self, thing: Page | Database | Block, kind: str, payload: Json, children: bool) -> Json:
        return {
            "object": "block", "id": thing.id, "parent": self._parent(thing), **self._times(thing),
            "has_children": children, **self._trash(thing), "type": kind, kind: payload,
        }  # fmt: skip

    def _times(self, thing: Thing) -> Json:
        return {
            "created_time": stamp(thing.created), "last_edited_time": stamp(thing.edited),
            "created_by": _user(thing.created_by), "last_edited_by": _user(thing.edited_by),
        }  # fmt: skip

    def _trash(self, thing: Thing) -> Json:
        old = {"archived": thing.in_trash} if self._version < TRASH else {}
        return {"in_trash": thing.in_trash, **old}

    def _parent(self, thing: Thing) -> Json:
        kind, id = thing.parent
        if kind == "workspace":
            return {"type": "workspace", "workspace": True}
        if kind == "data_source_id":
            base = self._world.sources[id].parent[1]
            return {"type": kind, "data_source_id": id, "database_id": base}
        return {"type": kind, kind: id}

    def _url(self, id: str) -> str:
        return f"https://app.notion.com/p/{id.replace('-', '')}"


def _user(id: str) -> Json:
    return {"object": "user", "id": id}


def listed(kind: str, results: list[Json], start: int, size: int) -> Json:
    """One page of a list, with the cursor of the next (the place where it begins, as text)."""
    more = start + size < len(results)
    return {
        "object": "list", "results": results[start : start + size], "next_cursor": None, "has_more": more,
        "type": kind, kind: {},
    }  # fmt: skip
