"""People at work in the workspace: what they do in Notion's own window, without the API and without our code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from syncengine_notion.sandbox import richtext, schema, values
from syncengine_notion.sandbox.server import Sandbox
from syncengine_notion.sandbox.world import Database, Json, Page, Property, Source
from syncengine_notion.sandbox.writing import PROSE, Writing


class People:
    """See the module. Tables are named by their title, rows by theirs, properties by name."""

    def __init__(self, box: Sandbox) -> None:
        self.box, self.world = box, box.world
        self.write = Writing(box.world)

    # -- looking

    def source(self, table: str) -> Source:
        found = [
            s for s in self.world.sources.values() if self._living(s) and richtext.plain(s.title) == table
        ]
        assert len(found) == 1, f"{len(found)} tables called {table}"
        return found[0]

    def database(self, table: str) -> Database:
        return self.world.databases[self.source(table).parent[1]]

    def rows(self, table: str) -> list[Page]:
        source = self.source(table)
        return [page for page in self.world.rows(source) if not page.in_trash]

    def row(self, table: str, title: str) -> Page:
        found = [page for page in self.rows(table) if richtext.plain(page.values.get("title", [])) == title]
        assert len(found) == 1, f"{len(found)} rows called {title} in {table}"
        return found[0]

    def shows(self, table: str, title: str) -> dict[str, Any]:
        """What stands in a row, by the names of its properties, as text, numbers and names."""
        source, page = self.source(table), self.row(table, title)
        shown = {one.name: self._plain(one, page.values.get(one.id)) for one in source.properties.values()}
        label = PROSE.get(table)
        return shown if label is None or label in shown else {**shown, label: self.write.text(page)}

    # -- writing

    def add(self, table: str, **fields: Any) -> Page:
        """A new row; text for text, a name (or names) for a relation, `None` to leave it blank."""
        source = self.source(table)
        page = Page(self.world.new_id(), ("data_source_id", source.id), *self.world.fresh())
        self.world.pages[page.id] = page
        source.rows.append(page.id)
        self._write(source, page, fields)
        return page

    def edit(self, table: str, title: str, **fields: Any) -> None:
        self._write(self.source(table), self.row(table, title), fields)

    def trash(self, table: str, title: str) -> None:
        page = self.row(table, title)
        page.in_trash = True
        self.world.touch(page)

    def restore(self, page: Page) -> None:
        page.in_trash = False
        self.world.touch(page)

    def duplicate(self, table: str, title: str) -> Page:
        """As the menu's Duplicate does: everything, hidden properties too."""
        page = self.row(table, title)
        copy = Page(self.world.new_id(), page.parent, *self.world.fresh(), values=deepcopy(page.values))
        self.world.pages[copy.id] = copy
        self.write.copied(page, copy)
        self.source(table).rows.append(copy.id)
        self.world.record(copy)
        return copy

    def move_out(self, table: str, title: str) -> Page:
        """Drag a row out of its table, to below the shared page."""
        page = self.row(table, title)
        page.parent = ("page_id", self.box.root.id)
        self.box.root.children.append(page.id)
        return page

    def page(self, title: str, above: Page) -> Page:
        """A new page below another."""
        made = Page(self.world.new_id(), ("page_id", above.id), *self.world.fresh())
        made.values["title"] = [richtext.run(title)]
        self.world.pages[made.id] = made
        above.children.append(made.id)
        return made

    # -- changing tables

    def rename(self, table: str, name: str, to: str) -> None:
        source = self.source(table)
        schema.change(self.world, source, {self._property(source, name).id: {"name": to}})

    def delete_property(self, table: str, name: str) -> None:
        source = self.source(table)
        schema.remove(self.world, source, self._property(source, name))

    def add_property(self, table: str, name: str, config: Json) -> Property:
        return schema.make(self.world, self.source(table), name, config)

    def retype(self, table: str, name: str, kind: str) -> None:
        """Change a property's type; what stood there is gone (the hard case)."""
        source = self.source(table)
        one = self._property(source, name)
        one.type, one.config = kind, {"format": "number"} if kind == "number" else {}
        for page in self.world.rows(source):
            page.values.pop(one.id, None)

    def rename_option(self, table: str, name: str, option: str, to: str) -> None:
        one = self._property(self.source(table), name)
        next(o for o in one.config["options"] if o["name"] == option)["name"] = to

    def unshare(self, thing: Page | Database) -> None:
        """Take the connection's access away."""
        thing.shared = False

    @contextmanager
    def somebody(self, name: str) -> Iterator[str]:
        """Somebody else is at work; gives their user id."""
        id = self.world.new_id()
        self.world.users[id] = {**self.world.users[self.world.person], "id": id, "name": name}
        before, self.world.actor = self.world.actor, id
        try:
            yield id
        finally:
            self.world.actor = before

    # -- how

    def _living(self, source: Source) -> bool:
        return not source.in_trash and not self.world.databases[source.parent[1]].in_trash

    def _property(self, source: Source, name: str) -> Property:
        found = source.named(name)
        assert found is not None, f"no property {name}"
        return found

    def _write(self, source: Source, page: Page, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            if name == PROSE.get(richtext.plain(source.title)) and source.named(name) is None:
                self.write.whole(page, value)
                continue
            one = self._property(source, name)
            if one.type == "relation":
                values.relate(self.world, page, one, self._related(one, value))
            elif value is None:
                page.values.pop(one.id, None)
            else:
                page.values[one.id] = self._typed(one, value)
        self.world.touch(page)

    def _related(self, one: Property, names: Any) -> list[str]:
        wanted = [names] if isinstance(names, str) else list(names or ())
        target = self.world.sources[one.config["data_source_id"]]
        living = [page for page in self.world.rows(target) if not page.in_trash]
        return [
            next(p.id for p in living if richtext.plain(p.values.get("title", [])) == name) for name in wanted
        ]

    def _typed(self, one: Property, value: Any) -> Any:
        if one.type in ("title", "rich_text"):
            return value if isinstance(value, list) else [richtext.run(value)] if value else []
        if one.type in ("select", "status"):
            return (schema.option(one, {"name": value}) or schema.add_option(self.world, one, value))["id"]
        if one.type == "date":
            return value if isinstance(value, dict) else {"start": value, "end": None, "time_zone": None}
        return value

    def _plain(self, one: Property, held: Any) -> Any:
        if one.type in ("title", "rich_text"):
            return richtext.plain(held or [])
        if one.type in ("select", "status"):
            return None if held is None else next(o["name"] for o in one.config["options"] if o["id"] == held)
        if one.type == "relation":
            return [richtext.plain(self.world.pages[id].values.get("title", [])) for id in held or []]
        if one.type == "date":
            return held and held["start"]
        return held

    # -- comparing

    def title(self, page: Page) -> str:
        return richtext.plain(page.values.get("title", []))

    def rename_view(self, table: str, name: str, to: str) -> None:
        [view] = [
            self.world.views[id] for id in self.database(table).views if self.world.views[id].name == name
        ]
        view.name = to

    def state_of_own(self) -> list[str]:
        """Everything that is not a row's property or a page of ours: blocks, and the names and filters of views."""
        blocks = [
            f"{b.id} {b.type} {b.payload} {b.in_trash}"
            for b in self.world.blocks.values()
            if b.type != "code"
        ]
        views = [f"{v.id} {v.name} {v.type} {v.filter} {v.configuration}" for v in self.world.views.values()]
        return sorted([*blocks, *views])
