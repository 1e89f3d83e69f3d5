"""One opened workspace. What is read and written is in `pulling` and `pushing`; this holds what they share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from syncengine.connector import (
    Check,
    Done,
    Estimate,
    Opening,
    Operation,
    Outcome,
    Pull,
    Reading,
    Step,
    Trouble,
)
from syncengine.errors import GuardStop, Unavailable
from syncengine.model.values import Fields, Value
from syncengine.model.words import Words
from syncengine_notion.afterwards import owed
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.bodies import Bodies
from syncengine_notion.bodywriting import shown_text
from syncengine_notion.client import Wire
from syncengine_notion.finding import find_home, look
from syncengine_notion.layout import Layout, linked_pages, page_link
from syncengine_notion.memory import Memory, load_memory
from syncengine_notion.pace import Time, estimate
from syncengine_notion.provisioning import Setup, page_titles, refusal
from syncengine_notion.pulling import Puller
from syncengine_notion.pushing import Pusher
from syncengine_notion.remarks import Remarks
from syncengine_notion.script import halfway
from syncengine_notion.survey import survey

T = TypeVar("T")


class NotionReplica:
    """Keeps `syncengine.connector.Replica`; each method's promises are there."""

    def __init__(self, opening: Opening, clock: Time, lanes: int) -> None:
        said = opening.settings
        self.calls = 0
        self._opening, self._lanes = opening, lanes
        self._page = str(said["page"])
        self._wire = Wire(
            said["token"],
            said["base_url"],
            said["notion_version"],
            said["requests_per_minute"],
            clock,
            self._called,
        )
        self._memory = load_memory(None if opening.anew else opening.cursor, self._page, opening.name)
        self._puller: Puller | None = None
        self._bodies: Bodies | None = None
        """What was read of texts in this run, be it by several looks."""
        self._remarks = Remarks(self._wire, self._memory)

    def _called(self) -> None:
        self.calls += 1

    def close(self) -> None:
        self._wire.close()

    def place(self) -> str | None:
        """The id in the mark on our home page. Remembered from the last run: what is queried by the ids remembered with
        it can be no other place, for no two things in Notion share an id."""
        layout = self._layout()
        return layout.place if layout else None

    def survey(self) -> Sequence[Step]:
        """What set-up lacks, and what drifted."""
        layout = self._layout()
        found = self._asked(lambda: look(self._wire, self._opening.template, layout)) if layout else []
        titles = set(page_titles(self._wire, layout)) if layout else set()
        return survey(self._opening.template, layout, found, titles)

    def provision(self, place: str) -> None:
        """Make what is missing, and write the mark."""
        layout = self._layout() or Layout(place, self._opening.name, self._page)
        self._memory = Memory(self._asked(lambda: Setup(self._wire, self._opening.template, layout).make()))

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """What may have changed, see `pulling`."""
        layout = self._layout()
        if layout is None:
            raise GuardStop(
                "place",
                "is not set up",
                where=f"replica {self._opening.name!r}",
                remedy="Run: mentorsync setup",
            )
        if cursor is None:
            self._memory.since, self._memory.listed, self._memory.bodies = {}, {}, {}
        self._bodies = self._bodies or Bodies(self._wire, self._memory, self._lanes)
        self._puller = Puller(self._wire, self._opening, self._memory, self._bodies, self._lanes)
        puller = self._puller
        return self._asked(lambda: puller.pull(again))

    def confirm(self, handles: Sequence[str]) -> Pull:
        """Each page that a list left out, looked at: there, in the trash, moved, or not to be seen."""
        assert self._puller is not None
        puller = self._puller
        return self._asked(lambda: puller.confirm(handles))

    def takes(self, kind: str, fields: Fields) -> bool:
        """A row needs more than an id."""
        return any(value not in (None, []) for value in fields.values())

    def remark(self, troubles: Sequence[Trouble]) -> bool:
        """Comments that are to be written or taken back; whether a page of a pair still lacks its views, or one is a double."""
        if self._puller is None:
            return False
        noted = self._remarks.note(troubles, self._puller.rows.keys())
        views = owed(self._opening.template, self._puller, self._memory)
        return noted or bool(views or self._puller.doubles.found)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Writes, see `pushing`. A refusal of what it asks besides ends it as it would end a read."""
        with self._in_our_words():
            yield from self._push(operations)

    def _push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        puller, template = self._puller, self._opening.template
        assert puller is not None
        for outcome in Pusher(self._wire, self._opening, self._memory, puller, self._lanes).push(operations):
            operation = outcome.operation
            if isinstance(outcome, Done) and (operation.kind, operation.action) == ("question", "create"):
                self._remarks.ask(operation, puller.rows, puller.kinds, template.kinds)
            elif isinstance(outcome, Done) and (operation.kind, operation.action) == ("question", "delete"):
                self._remarks.settled(operation.id)
            yield outcome
        self._remarks.say()

    def shown(self, kind: str, fields: Fields) -> Mapping[str, Value]:
        """How a page shows the text that it was given, where that is another."""
        layout = self._memory.layout
        name = layout.tables[kind].body if layout is not None and kind in layout.tables else ""
        text = fields.get(name)
        if not isinstance(text, str):
            return {}
        told = shown_text(text)
        return {name: told} if told != text else {}

    def halfway(self, kind: str, name: str, before: Value, after: Value, now: Reading) -> bool:
        """A text is written block by block."""
        layout = self._memory.layout
        if layout is None or kind not in layout.tables or name != layout.tables[kind].body:
            return False
        return halfway(*("" if one is None else str(one) for one in (before, after, now)))

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `erasing`: what lies in the trash already is a person's to delete."""
        from syncengine_notion import erasing

        if (layout := self._layout()) is not None:
            self._asked(lambda: erasing.erase(self._wire, self._opening.template, layout, words))

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every row."""
        from syncengine_notion import erasing

        layout = self._layout()
        return self._asked(lambda: iter(list(erasing.everything(self._wire, layout)))) if layout else iter(())

    def keeps(self) -> Sequence[str]:
        """What Notion keeps."""
        from syncengine_notion import erasing

        return erasing.KEEPS

    def cursor(self) -> bytes | None:
        """What to remember; only after a read."""
        return self._memory.dump() if self._puller is not None else self._opening.cursor

    def estimate(self, operations: Sequence[Operation]) -> Estimate:
        """A request for each operation; so many a minute as the config says, the tables side by side."""
        texts = {kind.name: kind.body for kind in self._opening.template.kinds.values()}
        return estimate(operations, texts, int(self._opening.settings["requests_per_minute"]), self._lanes)

    def link(self, handle: str) -> str:
        """The page's, which its id alone makes."""
        return page_link(handle)

    def linked(self, link: str) -> Sequence[str]:
        """The page that a Notion address shows, beside or above a table as well."""
        return linked_pages(link)

    def checks(self) -> Sequence[Check]:
        """Token, page, capabilities."""
        from syncengine_notion.checks import checks

        return checks(self._wire, self._page, self._layout, self._memory.mute)

    def _layout(self) -> Layout | None:
        if self._memory.layout is None:
            self._memory.layout = self._asked(lambda: find_home(self._wire, self._page, self._opening.name))
        return self._memory.layout

    def _asked(self, what: Callable[[], T]) -> T:
        with self._in_our_words():
            return what()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except Refused as refused:
            raise refusal(refused) from refused
        except Doubt as doubt:
            raise Unavailable(
                f"Notion did not answer: {doubt.reason}", remedy="Nothing to do: run again."
            ) from doubt
