"""What a workspace holds: pages, databases, data sources, views, blocks, users, each as plain data."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

Json = dict[str, Any]
ParentType = Literal["page_id", "data_source_id", "database_id", "block_id", "workspace"]


@dataclass
class Property:
    """One property of a data source."""

    id: str
    """As it comes over the wire: percent-encoded."""
    name: str
    type: str
    config: Json = field(default_factory=dict)
    description: str | None = None


@dataclass
class Thing:
    """What pages, databases, data sources, blocks and views have in common."""

    id: str
    parent: tuple[ParentType, str]
    created: datetime
    created_by: str
    edited: datetime
    edited_by: str
    in_trash: bool = False


@dataclass
class Page(Thing):
    """A page, in a data source or not; `values` maps a property's id to what it holds."""

    values: dict[str, Any] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    icon: Json | None = None
    cover: Json | None = None
    is_archived: bool = False
    shared: bool = True
    """Whether the connection has access to it."""
    past: list[tuple[datetime, dict[str, Any], bool]] = field(default_factory=list)
    """Moment, values and trash of each state, while queries lag."""


@dataclass
class Database(Thing):
    """A container of data sources."""

    title: list[Json] = field(default_factory=list)
    description: list[Json] = field(default_factory=list)
    is_inline: bool = False
    icon: Json | None = None
    cover: Json | None = None
    sources: list[str] = field(default_factory=list)
    views: list[str] = field(default_factory=list)
    shared: bool = True


@dataclass
class Source(Thing):
    """A data source: the schema, and the parent of its rows."""

    title: list[Json] = field(default_factory=list)
    icon: Json | None = None
    properties: dict[str, Property] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)

    def named(self, key: str) -> Property | None:
        """The property that `key`, a name or an id (encoded or not), means."""
        from urllib.parse import unquote

        for one in self.properties.values():
            if key in (one.id, one.name) or unquote(one.id) == key:
                return one
        return None


@dataclass
class View(Thing):
    """A view of a database, or a linked one in a page."""

    source: str = ""
    name: str = ""
    type: str = "table"
    filter: Json | None = None
    sorts: list[Json] | None = None
    quick_filters: Json | None = None
    configuration: Json | None = None


@dataclass
class Block(Thing):
    """A block of a page's content."""

    type: str = "paragraph"
    payload: Json = field(default_factory=dict)
    children: list[str] = field(default_factory=list)


@dataclass
class Comment(Thing):
    """A comment on a page or block."""

    discussion: str = ""
    rich_text: list[Json] = field(default_factory=list)


@dataclass
class World:
    """The workspace. Every change goes through `touch`, which knows who is at work and when."""

    clock: Callable[[], datetime]
    seed: int = 1
    lag: timedelta = timedelta(0)
    only_names: bool = False
    """Whether bodies may name properties by name only: the hard case of what is not known."""
    api_edits_move_time: bool = False
    """Whether a change of blocks by the API moves the edit time of their page: seen not to, by one operator."""
    pages: dict[str, Page] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - ids of a stand-in, repeatable
        self.bot, self.person = self.new_id(), self.new_id()
        self.actor = self.person
        """Who is at work now: a person, or the connection while it asks."""
        self.users[self.bot] = _bot(self.bot)
        self.users[self.person] = _person(self.person)

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_property_id(self, taken: dict[str, Property]) -> str:
        """Four characters, percent-encoded, as the service gives them."""
        from urllib.parse import quote

        while True:
            letters = "".join(self._random.choices("abcXYZ012{}<>:;^@`|~=?", k=4))
            found = quote(letters, safe="~")
            if found not in taken:
                return found

    def minute(self) -> datetime:
        """Now, as pages and blocks show it: rounded down to the minute."""
        return self.clock().replace(second=0, microsecond=0)

    def fresh(self, precise: bool = False) -> tuple[datetime, str, datetime, str]:
        """created, created_by, edited, edited_by of something made now."""
        now = self.clock() if precise else self.minute()
        return now, self.actor, now, self.actor

    def touch(self, thing: Thing) -> None:
        """Somebody changed it now."""
        precise = isinstance(thing, Database | View)
        thing.edited, thing.edited_by = self.clock() if precise else self.minute(), self.actor
        if isinstance(thing, Page):
            self.record(thing)

    def touch_text(self, thing: Thing) -> None:
        """The content of a page, or of a block in it, was changed now."""
        if isinstance(thing, Block) or self.actor != self.bot or self.api_edits_move_time:
            self.touch(thing)
        kind, id = thing.parent
        above = self.pages.get(id) or self.blocks.get(id)
        if not isinstance(thing, Page) and kind in ("page_id", "block_id") and above is not None:
            self.touch_text(above)

    def record(self, page: Page) -> None:
        """Remember the page's state for queries that lag."""
        if self.lag:
            page.past.append((self.clock(), deepcopy(page.values), page.in_trash or page.is_archived))

    def seen(self, page: Page) -> dict[str, Any] | None:
        """The page's values as a query shows them now; `None` where it does not (yet, or any more)."""
        if not self.lag:
            return None if page.in_trash or page.is_archived else page.values
        until = self.clock() - self.lag
        for moment, values, away in reversed(page.past):
            if moment <= until:
                return None if away else values
        return None

    def rows(self, source: Source) -> Iterator[Page]:
        """The pages of a data source that the connection may see, whatever their state."""
        for id in source.rows:
            page = self.pages[id]
            if page.shared and page.parent == ("data_source_id", source.id):
                yield page


def stamp(moment: datetime, *, precise: bool = False) -> str:
    """How the service writes a time: `…:00.000Z` on pages, `….607+00:00` on databases and views."""
    utc = moment.astimezone(UTC)
    text = utc.isoformat(timespec="milliseconds")
    return text if precise else text.replace("+00:00", "Z")


def _bot(id: str) -> Json:
    owner = {"type": "workspace", "workspace": True}
    return {
        "object": "user", "id": id, "name": "mentorsync", "avatar_url": None, "type": "bot",
        "bot": {"owner": owner, "workspace_name": "Sandbox", "workspace_id": str(uuid.UUID(int=7, version=4)),
                "workspace_limits": {"max_file_upload_size_in_bytes": 5242880}},
    }  # fmt: skip


def _person(id: str) -> Json:
    return {
        "object": "user",
        "id": id,
        "name": "Ada",
        "avatar_url": None,
        "type": "person",
        "person": {"email": "ada@example.org"},
    }
