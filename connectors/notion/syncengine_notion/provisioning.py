"""The template made real: a home page with the guide, a table for each kind, its views. Repeatable at any point.

Nothing that is there is changed, save that missing properties are added; half of a set-up is found and continued.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncengine.errors import AccessError, Unavailable
from syncengine.model.template import Page, Template
from syncengine_notion import guide, schema, views
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire
from syncengine_notion.finding import Found, compared, find_home, look
from syncengine_notion.layout import CHOOSE, ID, Layout, Table
from syncengine_notion.prose import plain_runs
from syncengine_notion.survey import label

Json = dict[str, Any]


class Setup:
    """One set-up of one place."""

    def __init__(self, wire: Wire, template: Template, layout: Layout) -> None:
        self._wire, self._template, self.layout = wire, template, layout
        self._taken: dict[str, frozenset[str]] = {}

    def make(self) -> Layout:
        """Everything that is missing. Raises `AccessError`, `Unavailable`; run again, it goes on from there."""
        before = self.layout.written()
        if not self.layout.home:
            self._home()
        titles = page_titles(self._wire, self.layout)
        tables = look(self._wire, self._template, self.layout)
        self._taken = {found.kind.name: found.names for found in tables}
        for found in tables:
            self._table(found)
        for page in self._template.pages[1:]:
            self._page(page, titles)
        if self.layout.written() != before:
            body = {"code": {"rich_text": plain_runs(self.layout.written())}}
            self._ask("PATCH", f"blocks/{self.layout.block}", body, lambda: None)
        return self.layout

    def _home(self) -> None:
        first = self._template.pages[0] if self._template.pages else Page("guide", self._template.title, "")
        parts = guide.blocks(f"## {first.title}\n\n{first.text}")
        most = guide.MOST_BLOCKS - 1
        parts, rest = [*parts[:most], guide.code(self.layout.written())], parts[most:]
        body = {
            "parent": {"type": "page_id", "page_id": self.layout.parent}, "icon": {"type": "emoji", "emoji": "🤝"},
            "properties": {"title": {"title": plain_runs(self._template.title)}}, "children": parts,
        }  # fmt: skip
        self._ask("POST", "pages", body, self._found_home)
        made = find_home(self._wire, self.layout.parent, self.layout.replica)
        if made is None:
            raise Unavailable("the new home page does not show yet", remedy="Run setup again in a moment.")
        self.layout.home, self.layout.block = made.home, made.block
        for batch in guide.batches(rest):
            self._ask("PATCH", f"blocks/{made.home}/children", {"children": batch}, dict)

    def _found_home(self) -> Json | None:
        found = find_home(self._wire, self.layout.parent, self.layout.replica)
        return {"id": found.home} if found else None

    def _table(self, found: Found) -> None:
        kind, table = found.kind, found.table
        known = kind.name in self.layout.tables
        if found.state != "there" or table is None:
            table = self._new_table(found)
        elif found.lacking or found.retyped:
            table = self._more(found, table)
        self.layout.tables[kind.name] = table
        if found.state != "there" or not known:
            self._views(found, table)

    def _new_table(self, found: Found) -> Table:
        kind = found.kind
        body = {
            "parent": {"type": "page_id", "page_id": self.layout.home}, "title": plain_runs(kind.plural),
            "description": plain_runs(kind.help), "is_inline": False,
            "initial_data_source": {"properties": schema.properties(self._template, kind, self.layout.tables, self._taken)},
        }  # fmt: skip
        self.layout.tables.pop(kind.name, None)

        def there() -> Json | None:
            again = next(one for one in look(self._wire, self._template, self.layout) if one.kind is kind)
            return (
                {"id": again.table.database, "data_sources": [{"id": again.table.source}]}
                if again.table
                else None
            )

        made = self._ask("POST", "databases", body, there)
        table = Table(made["id"], made["data_sources"][0]["id"], body=schema.text_of(kind))
        shown = self._wire.read("GET", f"data_sources/{table.source}")
        return self._whole(compared(kind, table, shown, self.layout.tables))

    def _more(self, found: Found, table: Table) -> Table:
        """Add what is lacking; a property that became something else is left to people, and gets a successor.

        Prose that lost its property moves into the pages.
        """
        patch: dict[str, Json] = {}
        labels: dict[str, str] = {}
        for name in [*found.lacking, *found.retyped]:
            if name == schema.text_of(found.kind):
                table.body = name
                continue
            free = schema.free(label(found, name), found.names | patch.keys())
            labels[name] = free
            patch[free] = self._config(found, name)
        path = f"data_sources/{table.source}"
        shown = self._ask("PATCH", path, {"properties": patch}, lambda: self._wire.read("GET", path)) if patch else (
            self._wire.read("GET", path))  # fmt: skip
        ids = {
            name: shown["properties"][label]["id"]
            for name, label in labels.items()
            if label in shown["properties"]
        }
        table.id, table.choose = ids.pop(ID, table.id), ids.pop(CHOOSE, table.choose)
        table.properties.update(ids)
        return self._whole(compared(found.kind, table, shown, self.layout.tables))

    def _config(self, found: Found, name: str) -> Json:
        if name in (ID, CHOOSE):
            return schema.own_property(name)
        return schema.config(
            self._template, found.kind, found.kind.fields[name], self.layout.tables, self._taken
        )

    def _whole(self, found: Found) -> Table:
        assert found.table is not None
        if found.lacking or found.retyped:
            names = ", ".join(label(found, name) for name in [*found.lacking, *found.retyped])
            raise AccessError(
                f"Notion did not make the properties {names} of {found.kind.plural}",
                remedy="Run setup again; if it stays, report it.",
            )
        return found.table

    def _views(self, found: Found, table: Table) -> None:
        """The default view without our id column, and the kind's own, as far as a set-up that broke off did not make them.

        A view that is refused is only a convenience.
        """
        there = [view["id"] for view in self._wire.listed("views", {"database_id": table.database})]
        names = {self._wire.read("GET", f"views/{id}")["name"] for id in there} if len(there) > 1 else set()
        if there and "All" not in names:
            hidden = {"type": "table", "properties": [{"property_id": table.id, "visible": False}]}
            self._try("PATCH", f"views/{there[0]}", {"name": "All", "configuration": hidden})
        for body in views.wanted(found.kind, table):
            if body["name"] not in names:
                self._try("POST", "views", body)

    def _try(self, method: str, path: str, body: Json) -> None:
        try:
            self._wire.write(method, path, body)
        except (Refused, Doubt):
            return

    def _page(self, page: Page, titles: dict[str, str]) -> None:
        if page.name in self.layout.pages:
            return
        if page.title in titles:
            self.layout.pages[page.name] = titles[page.title]
            return
        first, *rest = list(guide.batches(guide.blocks(page.text))) or [[]]
        body = {
            "parent": {"type": "page_id", "page_id": self.layout.home},
            "properties": {"title": {"title": plain_runs(page.title)}}, "children": first,
        }  # fmt: skip

        def there() -> Json | None:
            found = page_titles(self._wire, self.layout).get(page.title)
            return {"id": found} if found else None

        made = self._ask("POST", "pages", body, there)
        self.layout.pages[page.name] = made["id"]
        for batch in rest:
            self._ask("PATCH", f"blocks/{made['id']}/children", {"children": batch}, dict)

    def _ask(self, method: str, path: str, body: Json, there: Callable[[], Json | None]) -> Json:
        """A write of the set-up; in doubt `there` looks whether it took effect, before it is tried again (rule 7)."""
        for attempt in range(4):
            try:
                return self._wire.write(method, path, body)
            except Doubt:
                self._wire.wait(attempt)
                found = there()
                if found is not None:
                    return found
            except Refused as refused:
                if refused.status != 409 or attempt == 3:
                    raise refusal(refused) from refused
                self._wire.wait(attempt)
        raise Unavailable(
            "Notion does not say what became of the set-up", remedy="Run setup again: it goes on from there."
        )


def refusal(refused: Refused) -> AccessError:
    """Why something can't be read or made, with what to do."""
    if refused.more.get("block_limit"):
        return AccessError(
            "this Notion workspace has used up its free blocks",
            remedy="Upgrade the plan, or use a workspace of one person.",
        )
    if refused.status == 403:
        return AccessError(
            "the connection lacks a capability",
            remedy="In Notion, Settings → Connections → your connection: allow it to read, update and insert content.",
        )
    if refused.status == 404:
        return AccessError(
            "the page can't be seen by the connection",
            remedy="Open the page in Notion, ••• → Connections, and add your connection; check `page` in the config.",
        )
    return AccessError(f"Notion refused: {refused.message}", remedy="Run: mentorsync doctor")


def page_titles(wire: Wire, layout: Layout) -> dict[str, str]:
    """Title to id of the pages on the home page."""
    if not layout.home:
        return {}
    children = wire.listed(f"blocks/{layout.home}/children")
    return {block["child_page"]["title"]: block["id"] for block in children if block["type"] == "child_page"}
