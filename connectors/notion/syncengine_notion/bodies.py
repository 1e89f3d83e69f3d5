"""The text of pages: read only where somebody may have changed it, for each costs a request of its own.

Vendor facts: an edit in Notion's window moves a page's edit time, which is rounded down to the minute; an edit of blocks by
the API may leave it as it was (seen by one operator). So a text that was looked at in minute M is as it was for as long
as no person edited the page in M or later. Where our own write of properties is the latest edit, one of a person may hide
behind it: such pages are looked at once, when the next complete read is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncengine_notion.answers import Refused
from syncengine_notion.blocks import captioned, holds_text, opens, part_of
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.parts import LISTED, Part, rendered

Json = dict[str, Any]

_MOST_CHECKED = 100
"""Pages of a table that are looked at when a complete read is due, only because an edit may hide behind ours."""


@dataclass(eq=False, slots=True)
class Placed:
    """One block with words."""

    part: Part
    id: str | None
    """`None`: we made it inside another just now, and were not told."""
    parent: str
    type: str
    above: Placed | None = None
    """The list item that it lies in."""
    held: Json = field(default_factory=dict)
    """What the block holds, as Notion shows it."""

    @property
    def block(self) -> Json:
        """The block as far as it was told."""
        return {"type": self.type, self.type: self.held}


@dataclass
class Body:
    """The blocks of one page, those that have no words of ours among them."""

    page: str
    words: list[Placed] = field(default_factory=list)
    """In the order in which they are read."""
    order: dict[str, list[str]] = field(default_factory=dict)
    """Page or block to the ids of what lies directly in it."""
    blank: set[str] = field(default_factory=set)
    """Blocks for text that have none, with nothing in them."""

    @property
    def text(self) -> str:
        return rendered([one.part for one in self.words])

    def below(self, id: str) -> Iterator[str]:
        """The ids of all that lies in a block."""
        for child in self.order.get(id, ()):
            yield child
            yield from self.below(child)


def read_body(wire: Wire, page: str) -> Body:
    """All that is in a page, other pages and databases left aside. Raises as `Wire.read`."""
    body = Body(page)
    _read(wire, body, page, 0, None)
    return body


def _read(wire: Wire, body: Body, parent: str, depth: int, above: Placed | None) -> None:
    order = body.order.setdefault(parent, [])
    for block in wire.listed(f"blocks/{parent}/children"):
        order.append(block["id"])
        part = part_of(block, depth)
        one = (
            None
            if part is None
            else Placed(part, block["id"], parent, block["type"], above, block[block["type"]])
        )
        if one is not None:
            body.words.append(one)
        elif holds_text(block) and not captioned(block):
            body.blank.add(block["id"])
        if opens(block):
            listed = block["type"] in LISTED
            _read(wire, body, block["id"], depth + listed, one if listed else above)
        if one is not None and body.words[-1] is one and one.part.listed and not one.part.text.strip():
            body.words.pop()  # what is in it is not text either
            body.blank.add(block["id"])


class Bodies:
    """Which pages' texts have to be read in a run, and what they were."""

    def __init__(self, wire: Wire, memory: Memory, lanes: int) -> None:
        self._wire, self._memory, self._lanes = wire, memory, lanes
        self.texts: dict[str, str] = {}
        """Page to its text, for those that were read in this run."""

    def read(self, rows: Iterable[Json], *, due: bool) -> None:
        """Read the text of each row that needs it. `due`: a complete read is. Raises as `Wire.read`."""
        rows = [row for row in rows if row["id"] not in self.texts]
        pages = [row["id"] for row in rows if self._edited(row)]
        if due:
            pages += [row["id"] for row in rows if self._hidden(row)][:_MOST_CHECKED]
        if self._lanes == 1 or len(pages) < 2:
            found = [self._text(page) for page in pages]
        else:
            with ThreadPoolExecutor(self._lanes, thread_name_prefix="notion") as pool:
                found = list(pool.map(self._text, pages))
        for page, text in zip(pages, found, strict=True):
            if text is not None:
                self.texts[page], self._memory.bodies[page] = text

    def _text(self, page: str) -> tuple[str, int] | None:
        moment = minute_of(self._wire.today())
        try:
            return read_body(self._wire, page).text, moment
        except Refused as refused:
            if refused.status != 404:
                raise
            return None  # just gone; the next read tells how

    def _edited(self, row: Json) -> bool:
        known = self._memory.bodies.get(row["id"])
        by = row["last_edited_by"]["id"]
        return known is None or (by != self._memory.bot and _edited(row) >= known)

    def _hidden(self, row: Json) -> bool:
        known = self._memory.bodies.get(row["id"])
        by = row["last_edited_by"]["id"]
        return known is not None and by == self._memory.bot and _edited(row) > known


def _edited(row: Json) -> int:
    return minute_of(datetime.fromisoformat(row["last_edited_time"]))


def minute_of(moment: datetime) -> int:
    """Minutes since 1970."""
    return int(moment.timestamp() // 60)
