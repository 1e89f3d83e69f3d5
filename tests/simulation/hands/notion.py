"""People in the window of the sandbox's Notion."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.template import Template
from syncengine.model.values import Fields, Value
from syncengine.testing.tool import Impossible, Row
from syncengine_notion.sandbox import People, Sandbox
from syncengine_notion.sandbox.world import Page, Property, Source
from tests.simulation.hands.values import ZONE, canonical, day, is_number, local

ID = "mentorsync id"


class NotionHands:
    """Rows are pages; a page keeps its id, which is the handle."""

    hides_deleted = True  # the API leaves out what lies in the trash, and so do its pages

    def __init__(self, box: Sandbox, template: Template) -> None:
        self.box, self.kinds, self.people = box, template.kinds, People(box)
        self.renamed: dict[tuple[str, str], str] = {}

    def label(self, kind: Kind, name: str) -> str:
        return ID if name == "id" else self.renamed.get((kind.name, name), kind.fields[name].label)

    def source(self, kind: Kind) -> Source:
        return self.people.source(kind.plural)

    @property
    def columns(self) -> Mapping[str, set[str]]:
        found = {}
        for kind in self.kinds.values():
            names = {one.name for one in self.source(kind).properties.values()}
            found[kind.name] = {name for name in kind.fields if self.label(kind, name) in names}
        return found

    @property
    def rows(self) -> Mapping[str, Row]:
        found: dict[str, Row] = {}
        for kind in self.kinds.values():
            by_name = {one.name: one for one in self.source(kind).properties.values()}
            held = {name: by_name.get(self.label(kind, name)) for name in (*kind.fields, "id")}
            for page in self.people.rows(kind.plural):
                fields = {
                    n: self._shown(kind.fields[n], one, page) for n, one in held.items() if n != "id" and one
                }
                id = held["id"] and self.people._plain(held["id"], page.values.get(held["id"].id))
                if id or any(value is not None for value in fields.values()):
                    found[page.id] = Row(kind.name, id or None, fields)
        return found

    def _shown(self, field: Field, one: Property, page: Page) -> Any:
        held = self.people._plain(one, page.values.get(one.id))
        if one.type == "relation":
            pages = [self.box.world.pages[id] for id in page.values.get(one.id) or []]
            living = [" ".join(self.people.title(other).split()) for other in pages if not other.in_trash]
            return "; ".join(sorted(living)) or None
        if held in (None, "", []):
            return None
        if isinstance(field.type, ft.Percent):
            return f"{round(held * 100, 9)!r}%"
        if isinstance(field.type, ft.Instant):
            return canonical(datetime.fromisoformat(held))
        return held or None  # an empty box is a blank

    def _page(self, handle: str) -> tuple[Kind, Page]:
        page = self.box.world.pages[handle]
        source = self.box.world.sources[page.parent[1]]
        return next(kind for kind in self.kinds.values() if self.source(kind) is source), page

    def _write(self, kind: Kind, page: Page, fields: Mapping[str, Any]) -> None:
        typed = {self.label(kind, name): _typed(kind.fields[name], value) for name, value in fields.items()}
        try:
            self.people._write(self.source(kind), page, typed)
        except StopIteration:
            raise Impossible("nobody of that name can be chosen") from None

    def add(self, kind: str, **fields: Any) -> str:
        declared = self.kinds[kind]
        if not any(value is not None for value in fields.values()):
            raise Impossible("an empty row is none")
        page = self.people.add(declared.plural)
        try:
            self._write(declared, page, fields)
        except Impossible:
            page.in_trash = True
            raise
        return page.id

    def edit(self, handle: str, **fields: Any) -> None:
        self._write(*self._page(handle), fields)

    def remove(self, handle: str) -> None:
        page = self.box.world.pages[handle]
        page.in_trash = True
        self.box.world.touch(page)

    def copy(self, handle: str) -> str:
        kind, page = self._page(handle)
        return self._duplicate(kind, page).id

    def _duplicate(self, kind: Kind, page: Page) -> Page:
        made = self.people.add(kind.plural)
        for name, value in page.values.items():
            made.values[name] = json.loads(json.dumps(value))
        self.box.world.record(made)
        return made

    def restamp(self, handle: str, id: str | None) -> None:
        kind, page = self._page(handle)
        self.people._write(self.source(kind), page, {ID: id})

    def move(self, handle: str) -> str:
        source = self.source(self._page(handle)[0])
        source.rows.remove(handle)
        source.rows.insert(0, handle)
        return handle

    def sort(self, kind: str) -> None:
        """Views sort; the rows themselves have no order that matters."""
        self.source(self.kinds[kind]).rows.reverse()

    def drop_column(self, kind: str, name: str) -> None:
        declared = self.kinds[kind]
        label = self.label(declared, name)
        if name in declared.title or name not in self.columns[kind]:
            raise Impossible("a title can't be deleted")
        self.people.delete_property(declared.plural, label)
        self.renamed.pop((kind, name), None)

    def rename_column(self, kind: str, name: str, heading: str) -> None:
        if name not in self.columns[kind]:
            raise Impossible("there is no such column")
        self.people.rename(self.kinds[kind].plural, self.label(self.kinds[kind], name), heading)
        self.renamed[kind, name] = heading

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row that says nothing is none."""
        return kind in self.kinds and any(value not in (None, []) for value in fields.values())

    def lossy(self, kind: str, name: str, value: Value) -> Value:
        type = self.kinds[kind].fields[name].type
        if isinstance(type, ft.Flag):
            return value or None
        if isinstance(type, ft.RichText) and isinstance(value, str):
            return value.replace("**", "")  # bold is bold there
        return f"{value[:16]}:00Z" if isinstance(type, ft.Instant) and isinstance(value, str) else value

    def texts(self) -> Iterable[str]:
        world = self.box.world
        for things in (
            world.pages,
            world.databases,
            world.sources,
            world.blocks,
            world.views,
            world.comments,
        ):
            yield from map(str, things.values())
        yield from (exchange.request.body.decode("utf-8", "replace") for exchange in self.box.server.log)

    def heal(self) -> None:
        self.box.server.fault = lambda _request: None


def _typed(field: Field, value: Any) -> Any:
    type = field.type
    if value is None:
        return False if isinstance(type, ft.Flag) else None
    if isinstance(type, ft.Number):
        if not is_number(type, value):
            raise Impossible(f"{value!r} is no number")
        return value / 100 if isinstance(type, ft.Percent) else value
    if isinstance(type, ft.Date):
        return day(value).isoformat()
    if isinstance(type, ft.Instant):
        return local(value).isoformat(timespec="minutes") + ":00.000" + _offset(value)
    if isinstance(type, ft.Ref | ft.Refs):
        return value.split("; ")
    return value


def _offset(instant: str) -> str:
    at = datetime.fromisoformat(instant).astimezone(ZONE)
    return at.strftime("%z")[:3] + ":" + at.strftime("%z")[3:]
