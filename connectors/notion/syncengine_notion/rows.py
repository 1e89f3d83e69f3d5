"""Rows as items: by ids of properties, whole (nothing that was cut off at 25), with people's own left aside."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.connector import Item, Reading, Trouble
from syncengine.model.kind import Kind
from syncengine.model.values import Locale, Named
from syncengine_notion import mapping
from syncengine_notion.layout import CHOICES, Table, plain_id, title_field
from syncengine_notion.mapping import type_of
from syncengine_notion.prose import read_plain

Json = dict[str, Any]

FEW = 25
"""So many references a page's answer holds; the rest is asked for (vendor fact)."""


@dataclass
class People:
    """What is known of the pages that others refer to: their records, and names of those that have none yet."""

    records: dict[str, str]
    trashed: dict[str, str]
    """Pages in the trash: what refers to one still means its record, and nothing new is made to refer to it."""
    names: dict[str, str] = field(default_factory=dict)

    def overwritten(self, page: str, id: str) -> bool:
        """Whether somebody wrote the `id` over that of a page, which gets its own back: what refers to it means whom it meant.

        Not where the page's own is at another page as well (this one was a copy), or the one of that id is in the trash.
        """
        own = self.records.get(page)
        if own in (None, id) or id in self.trashed.values():
            return False
        return not any(other != page and record == own for other, record in self.records.items())

    def linked(self, ask: Callable[[str], None]) -> mapping.Linked:
        """How a relation's pages are read; `ask` looks at a page that nothing is known of."""

        def read(pages: Sequence[str]) -> Sequence[str] | Named:
            for page in pages:
                if page not in self.records and page not in self.trashed and page not in self.names:
                    ask(page)
            found = {page: self.records.get(page) or self.trashed.get(page) for page in pages}
            if all(found.values()):
                return [str(found[page]) for page in pages]
            return Named("; ".join(found[page] or self.names.get(page, "") for page in pages))

        return read


class Reader:
    """Makes items of the rows of one kind."""

    def __init__(
        self,
        kind: Kind,
        table: Table,
        locale: Locale,
        linked: mapping.Linked,
        whole: Callable[[str, str, str], Json],
    ) -> None:
        self.kind, self._table, self._locale, self._linked, self._whole = kind, table, locale, linked, whole
        self._title = title_field(kind)
        self._by_choice = {
            name: {id: choice for choice, id in said.items()} for name, said in table.options.items()
        }

    def holds(self, row: Json) -> frozenset[str]:
        """The fields that the table can hold now, by any of its rows."""
        types = {value["id"]: value["type"] for value in row["properties"].values()}
        found = {
            name for name, id in self._table.properties.items()
            if name in self.kind.fields and types.get(id) == type_of(self.kind.fields[name], title=name == self._title)
        }  # fmt: skip
        return frozenset(found | {self.prose} - {""})

    @property
    def prose(self) -> str:
        """The field that is the text of the pages; "" where none is."""
        return self._table.body if self._table.body in self.kind.fields else ""

    def retyped(self, row: Json) -> list[tuple[str, str]]:
        """Fields whose property is there and has another type, with what it is called."""
        there = {value["id"]: name for name, value in row["properties"].items()}
        holds = self.holds(row)
        return [(name, there[id]) for name, id in self._table.properties.items()
                if name in self.kind.fields and id in there and name not in holds]  # fmt: skip

    def id_of(self, row: Json) -> str | None:
        value = self._values(row).get(self._table.id)
        return (
            (read_plain(value["rich_text"]).strip() or None)
            if value and value["type"] == "rich_text"
            else None
        )

    def title_of(self, row: Json) -> str:
        return title_of(row)

    def blank(self, row: Json, text: str | None) -> bool:
        """Whether it is a row that somebody began and wrote nothing in. `text`: its page's, where that was read."""
        if self.id_of(row) or title_of(row) or text:
            return False
        fields = self.fields(row)
        return all(value is None for value in fields.values())

    def item(self, row: Json, bot: str | None, text: str | None) -> Item:
        """The row as an item. `bot`: who we are, whose edits are nobody's. `text`: its page's; `None` where it is as it was."""
        by = row["last_edited_by"]["id"]
        person = bot is not None and by != bot
        fields = self.fields(row)
        if self.prose and text is not None:
            fields[self.prose] = self.kind.fields[self.prose].type.read(text, self._locale)
        return Item(
            self.kind.name, self.id_of(row), row["id"], fields, self.where(row),
            edited=_instant(row["last_edited_time"]) if person else None,
            untold=frozenset({self.prose}) if self.prose and text is None else frozenset(),
        )  # fmt: skip

    def where(self, row: Json) -> str:
        return f"{self.kind.plural}, “{title_of(row) or 'untitled'}” ({row['url']})"

    def owns(self, property: str) -> bool:
        """Whether the property is one of ours; the other side of a relation is not."""
        return property in self._table.properties.values()

    def fields(self, row: Json) -> dict[str, Reading]:
        """All that a row says in properties of ours."""
        return self.read(row, self._table.properties)

    def read(self, row: Json, names: Mapping[str, str]) -> dict[str, Reading]:
        """The named fields of a row (field to property), as far as their properties are there."""
        values, holds = self._values(row), self.holds(row)
        found = {name: self._read(name, row, values[id]) for name, id in names.items() if name in holds}
        if self.kind.name == "question" and found.get("answer") is None and self._table.choose in values:
            chosen = values[self._table.choose].get("select")
            if chosen:
                found["answer"] = CHOICES.get(
                    chosen["name"], chosen["name"].replace(mapping.NO_COMMA, mapping.COMMA)
                )
        return found

    def _read(self, name: str, row: Json, value: Json) -> Reading:
        kind = value["type"]
        cut = (kind == "relation" and value.get("has_more")) or (
            kind in ("title", "rich_text") and sum(part["type"] == "mention" for part in value[kind]) >= FEW
        )
        if cut:
            value = self._whole(row["id"], value["id"], kind)
        return mapping.read(
            self.kind.fields[name], value, self._locale, self._by_choice.get(name, {}), self._linked
        )

    def _values(self, row: Json) -> dict[str, Json]:
        return {value["id"]: value for value in row["properties"].values()}


def title_of(row: Json) -> str:
    """The words in a row's title."""
    for value in row["properties"].values():
        if value["type"] == "title":
            return read_plain(value["title"]).strip()
    return ""


def checksum(text: str) -> int:
    return zlib.crc32(text.encode())


def lies_in(row: Json, table: Table) -> bool:
    """Whether the page is a row of the table."""
    parent = row["parent"]
    return plain_id(str(parent.get("data_source_id") or parent.get("database_id") or "")) in (
        plain_id(table.source),
        plain_id(table.database),
    )


def away(row: Json, kind: str) -> Trouble:
    """A page of ours that lies somewhere else now."""
    where = f"page “{title_of(row) or 'untitled'}” ({row['url']})"
    return Trouble(where, "was moved out of its table; nothing was changed", "Move it back, or delete it where it is.",
                   kind=kind, handle=row["id"])  # fmt: skip


def unseen(handle: str, kind: str, plural: str) -> Trouble:
    """A page of ours that Notion does not show any more."""
    reason = (
        "can't be seen any more: deleted for good, or the connection lost access to it; nothing was changed"
    )
    remedy = "Share it with the connection again; if it is meant to be gone, delete it in another tool."
    return Trouble(f"{plural}, page {plain_id(handle)}", reason, remedy, kind=kind, handle=handle)


def _instant(text: str) -> str:
    """Notion's time as a canonical instant."""
    return text[:19].replace(" ", "T") + "Z"
