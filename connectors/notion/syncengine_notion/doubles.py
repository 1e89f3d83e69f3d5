"""Rows that a run which died had made after all, and that a query did not show for longer than anybody waited.

Vendor facts: a repeated create makes a second page, and how far queries are behind has no bound. So waiting makes a second
page unlikely and never impossible. Of two pages of one record that we made, the one in which nobody wrote since goes to
the trash once it shows. One that says something of its own is a person's, and stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from syncengine.errors import Unavailable
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.bodies import read_body
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.rows import Reader

Json = dict[str, Any]

_KEPT = timedelta(days=7)
"""So long a row that was looked for in vain is still expected to show up."""


class Doubles:
    """Those of one run: noted as they are read, taken away when it writes."""

    def __init__(self, wire: Wire, memory: Memory) -> None:
        self._wire, self._memory = wire, memory
        self.found: dict[str, list[Json]] = {}
        """Page to the links of it that are people's."""
        self._kept: dict[str, str] = {}
        """Page to the page that was made of the same record later."""

    def note(self, row: Json, record: str | None) -> bool:
        """Whether a row is the second page of a record, of our making; `theirs` says whether somebody wrote in it since."""
        kept = self._memory.remade.get(record or "")
        if kept in (None, row["id"]) or row["created_by"]["id"] != self._memory.bot:
            return False
        self._kept[row["id"]] = str(kept)
        return True

    def theirs(self, row: Json, text: str | None, reader: Reader) -> bool:
        """Whether a row is no such page, or says something of its own. A link to it moves its edit time, and says nothing.

        `text`: that of its page, where the table has texts. Raises as `Wire.read`.
        """
        if row["id"] not in self._kept:
            return True
        if row["last_edited_by"]["id"] == self._memory.bot or self._same(row, text, reader):
            others = [value for value in row["properties"].values() if not reader.owns(value["id"])]
            self.found[row["id"]] = [one for one in others if one["type"] == "relation" and one["relation"]]
            return False
        del self._kept[row["id"]]
        self._memory.remade.pop(
            reader.id_of(row) or "", None
        )  # for good: a read that lags may show its id again
        return True

    def _same(self, row: Json, text: str | None, reader: Reader) -> bool:
        kept = self._kept[row["id"]]
        try:
            other = self._wire.read("GET", f"pages/{kept}")
            if reader.prose and read_body(self._wire, kept).text != text:
                return False
        except Refused:
            return False
        return reader.title_of(other) == reader.title_of(row) and reader.fields(other) == reader.fields(row)

    def remember(self, record: str, page: str) -> None:
        """`page` was made although an earlier create of the record may have taken effect."""
        self._memory.remade[record] = page
        self._memory.remade_on = self._wire.today().isoformat(timespec="minutes")

    def clear(self) -> None:
        """To the trash with them, what people linked to one linked to the other. What is refused or in doubt is left to the next run."""
        for page, links in sorted(self.found.items()):
            try:
                if self._moved(links, self._kept[page]):
                    self._wire.write("PATCH", f"pages/{page}", {"in_trash": True})
                    del self.found[page]
            except (Refused, Doubt, Unavailable):
                continue
        memory = self._memory
        if memory.remade and self._wire.today() - datetime.fromisoformat(memory.remade_on) > _KEPT:
            memory.remade = {}

    def _moved(self, links: list[Json], kept: str) -> bool:
        """Link to the kept page what people linked to this one; `False` where these are too many for an answer."""
        if not links:
            return True
        row = self._wire.read("GET", f"pages/{kept}")
        there = {value["id"]: value for value in row["properties"].values()}
        wanted: Json = {}
        for one in links:
            before = there[one["id"]]
            if one.get("has_more") or before.get("has_more"):
                return False
            both = dict.fromkeys(link["id"] for link in (*before["relation"], *one["relation"]))
            wanted[one["id"]] = {"relation": [{"id": id} for id in both]}
        self._wire.write("PATCH", f"pages/{kept}", {"properties": wanted})
        return True
