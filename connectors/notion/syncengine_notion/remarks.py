"""Comments on pages: what could not be understood there, and what was written in two ways. Once each, and taken back.

Vendor fact: a connection may comment only where that capability was given to it, which by default it is not (403). Then
nothing is said there; “Waits for you” and the run's own report say it all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from syncengine.connector import Operation, Trouble
from syncengine.errors import Unavailable
from syncengine.model.kind import Kind
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.prose import plain_runs
from syncengine_notion.rows import Json, checksum, title_of

_PATIENCE = timedelta(days=1)
"""After being told that it may not, the connection tries again so much later."""
_LONGEST = 1500


class Remarks:
    """What is to be said in the pages after the writes of a run."""

    def __init__(self, wire: Wire, memory: Memory) -> None:
        self._wire, self._memory = wire, memory
        self._new: dict[str, dict[str, str]] = {}
        self._old: dict[str, list[str]] = {}

    def note(self, troubles: Iterable[Trouble], looked: Collection[str]) -> bool:
        """Plan what of the troubles is not said yet, and what no longer holds on the pages that were looked at."""
        wanted: dict[str, dict[str, str]] = {}
        for one in troubles:
            if one.field and one.handle in looked:
                text = f"{one.reason}. {one.remedy}".strip()
                wanted.setdefault(one.handle, {})[str(checksum(text))] = text
        said = self._memory.said
        if self._mute():
            wanted = {}
        self._new = {
            page: {key: text for key, text in texts.items() if key not in said.get(page, {})}
            for page, texts in wanted.items()
        }
        self._old = {
            page: [key for key in said[page] if key not in wanted.get(page, {}) and not key.startswith("?")]
            for page in said
            if page in looked
        }
        return any(self._new.values()) or any(self._old.values())

    def ask(
        self,
        operation: Operation,
        rows: Mapping[str, Json],
        kinds: Mapping[str, str],
        declared: Mapping[str, Kind],
    ) -> None:
        """A question was made: say so on the page that it is about, where that is one of the rows that were read."""
        about = operation.fields.get("about")
        found = [
            page for page, row in rows.items() if f"{declared[kinds[page]].label}: {title_of(row)}" == about
        ]
        if len(found) != 1 or self._mute():
            return
        said = operation.fields
        text = (f"“{said.get('field')}” was written in two ways. Kept: {said.get('kept')}\nAlso: {said.get('others')}\n"
                f"Answer under “{declared['question'].plural}”, or write it here anew.")  # fmt: skip
        self._new.setdefault(found[0], {})["?" + operation.id] = text

    def settled(self, question: str) -> None:
        """A question is no more."""
        for page, said in self._memory.said.items():
            if "?" + question in said:
                self._old.setdefault(page, []).append("?" + question)

    def say(self) -> None:
        """Comment, and take comments back. What is refused is let be."""
        for page, keys in self._old.items():
            for key in keys:
                self._take_back(page, key)
        for page, texts in self._new.items():
            for key, text in texts.items():
                if not self._mute():
                    self._comment(page, key, text)
        self._new, self._old = {}, {}

    def _comment(self, page: str, key: str, text: str) -> None:
        short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
        body = {"parent": {"page_id": page}, "rich_text": plain_runs(f"mentorsync: {short}")}
        comment = ""
        try:
            comment = self._wire.write("POST", "comments", body)["id"]
        except Refused as refused:
            if refused.status == 403:
                self._memory.mute = self._wire.today().isoformat(timespec="seconds")
                return
        except Unavailable:
            return
        except Doubt:
            pass  # it may be there: said once more it would be there twice
        self._memory.said.setdefault(page, {})[key] = comment

    def _take_back(self, page: str, key: str) -> None:
        comment = self._memory.said[page].pop(key)
        if not self._memory.said[page]:
            del self._memory.said[page]
        try:
            if comment:
                self._wire.write("DELETE", f"comments/{comment}", None)
        except (Refused, Doubt, Unavailable):
            return

    def _mute(self) -> bool:
        since = self._memory.mute
        return bool(since) and self._wire.today() - datetime.fromisoformat(since) < _PATIENCE
