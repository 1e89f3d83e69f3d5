"""One request being answered: its parts, what it may reach, and what it did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from syncengine_notion.sandbox.refusal import Refusal, invalid, missing
from syncengine_notion.sandbox.shapes import TRASH, Shapes, listed
from syncengine_notion.sandbox.values import uuid_of
from syncengine_notion.sandbox.world import Database, Json, Page, Source

if TYPE_CHECKING:
    from syncengine_notion.sandbox.server import Sandbox

_UUID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}-(0{4}-){3}0{12}"
)


class Call:
    """See the module."""

    def __init__(self, box: Sandbox, query: Mapping[str, list[str]], body: Any, version: str) -> None:
        self.box, self.world, self.query = box, box.world, query
        self.body: Json = body or {}
        self.old = version < TRASH
        self.shapes = Shapes(box.world, version)
        self.committed: Json = {}
        """What a 503 after the fact tells of the write."""

    def done(self, id: str, children: list[str] | None = None) -> None:
        """The request made `id`, or added `children` to it."""
        self.committed = {
            "committed_resource_id": id,
            **({"committed_child_ids": children} if children else {}),
        }

    def page(self, id: str) -> Page:
        """Raises a refusal for a page that is not there or not shared."""
        found = self.world.pages.get(self._valid(id, "page_id"))
        if found is None or not self._reachable(found):
            raise missing("page", uuid_of(id), self.world.bot)
        return found

    def database(self, id: str) -> Database:
        found = self.world.databases.get(self._valid(id, "database_id"))
        if found is None or not found.shared:
            raise missing("database", uuid_of(id), self.world.bot)
        return found

    def source(self, id: str) -> Source:
        """The service calls a data source that it can't find a database (recorded)."""
        found = self.world.sources.get(self._valid(id, "data_source_id"))
        if found is None or not self.world.databases[found.parent[1]].shared:
            raise missing("database", uuid_of(id), self.world.bot)
        return found

    def property_ids(self, source: Source, keys: list[str]) -> set[str]:
        """The ids that `filter_properties` names; a twice-encoded one is unknown."""
        found = set()
        for key in keys:
            one = source.named(key)
            if one is None:
                raise invalid(f"Could not find property with name or id: {key}")
            found.add(one.id)
        return found

    def start_and_size(self) -> tuple[int, int]:
        """Where this page of a list begins and how long it is, from the query or the body."""
        said = {**{key: value[0] for key, value in self.query.items()}, **self.body}
        size = int(said.get("page_size") or 100)
        if not 1 <= size <= 100:
            raise invalid(f"body failed validation: page_size should be ≤ `100`, instead was `{size}`.")
        size = min(size, self.box.largest_page)
        text = said.get("start_cursor")
        if not text:
            return 0, size
        if text not in self.box.cursors:
            raise invalid("The start_cursor provided is invalid.")
        return self.box.cursors[text], size

    def cursor(self, start: int) -> str:
        """A cursor that means `start`."""
        made = self.world.new_id()
        self.box.cursors[made] = start
        return made

    def paged(self, kind: str, results: list[Json]) -> Json:
        """One page of a list."""
        start, size = self.start_and_size()
        found = listed(kind, results, start, size)
        if found["has_more"]:
            found["next_cursor"] = self.cursor(start + size)
        return found

    def _valid(self, id: str, what: str) -> str:
        found = uuid_of(unquote(id))
        if not _UUID.fullmatch(found):
            raise Refusal(
                400,
                "validation_error",
                f'path failed validation: path.{what} should be a valid uuid, instead was `"{id}"`.',
            )
        return found

    def _reachable(self, page: Page) -> bool:
        """A page is shared by itself and all above it."""
        if not page.shared:
            return False
        kind, id = page.parent
        if kind == "data_source_id":
            return self.world.databases[self.world.sources[id].parent[1]].shared
        return True
