"""What a replica remembers from one run to the next: the engine keeps it as the cursor."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import orjson

from syncengine_notion.layout import Layout, read_layout

_VERSION = 1


@dataclass
class Memory:
    """See the module. Moments are Notion's own, in ISO form, to the minute."""

    layout: Layout | None = None
    since: dict[str, str] = field(default_factory=dict)
    """Kind to where its next read of changes starts."""
    listed: dict[str, str] = field(default_factory=dict)
    """Kind to when it was last read whole."""
    rows: dict[str, int] = field(default_factory=dict)
    """Kind to how many rows it has, about."""
    holds: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    """Page to record, for the kinds that others refer to."""
    trashed: dict[str, str] = field(default_factory=dict)
    """Page in the trash that others refer to, to the record that it was."""
    titles: dict[str, int] = field(default_factory=dict)
    """Page to the checksum of the title that we made for it, for as long as nobody wrote another."""
    again: list[str] = field(default_factory=list)
    """Pages to look at in any case."""
    left: dict[str, str] = field(default_factory=dict)
    """Records that were to be created and were not, as far as is known: when it was tried, "" when nothing was sent."""
    remade: dict[str, str] = field(default_factory=dict)
    """Record to the page that was made of it although an earlier create may have made one that no query shows yet."""
    remade_on: str = ""
    """When the last of these was made."""
    bodies: dict[str, int] = field(default_factory=dict)
    """Page to the minute (since 1970) in which its text was last looked at."""
    vouched: dict[str, str] = field(default_factory=dict)
    """Kind to when texts that an edit may hide in were last looked at."""
    bot: str | None = None
    """The connection's own user."""
    owed: list[str] = field(default_factory=list)
    """Pages of pairs that were made lately, and have no views of their own for certain."""
    viewed: list[str] = field(default_factory=list)
    """Pages of pairs that got them."""
    said: dict[str, dict[str, str]] = field(default_factory=dict)
    """Page to what our comments on it say, as a checksum, to the comment."""
    mute: str = ""
    """When the connection was last told that it may not comment."""

    def dump(self) -> bytes:
        said: dict[str, Any] = {name: getattr(self, name) for name in _PARTS}
        return orjson.dumps({"version": _VERSION, "layout": self.layout and self.layout.to_json(), **said})


_PARTS = tuple(one.name for one in fields(Memory) if one.name != "layout")


def load_memory(cursor: bytes | None, parent: str, replica: str) -> Memory:
    """What the cursor says; nothing for one of another version, another page or another replica."""
    if cursor is None:
        return Memory()
    try:
        said = orjson.loads(cursor)
        if said.get("version") != _VERSION or not said.get("layout"):
            return Memory()
        layout = read_layout(said["layout"], str(said["layout"].get("parent", "")))
    except (orjson.JSONDecodeError, ValueError, AttributeError):
        return Memory()
    if layout.parent != parent or layout.replica != replica:
        return Memory()
    return Memory(layout, **{name: said[name] for name in _PARTS if name in said})
