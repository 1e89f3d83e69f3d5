"""One push: look, write in a batch that keeps a journal, see in its answer whether every row was the one that was meant.

Calls: one look, one batch for about two megabytes, and one look and one batch more for each time that somebody moved rows
in the very moment of writing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from syncengine.connector import InDoubt, Operation, Outcome, Rejected
from syncengine.model.values import Locale
from syncengine_google.calls import Doubtful
from syncengine_google.reasons import Refused
from syncengine_sheets import journal
from syncengine_sheets.batching import Chunk, answer_ranges, chunks, requests_of
from syncengine_sheets.client import Client
from syncengine_sheets.journal import Entry
from syncengine_sheets.judging import off
from syncengine_sheets.known import Known
from syncengine_sheets.looking import Seen, rows_of
from syncengine_sheets.marks import JOURNAL
from syncengine_sheets.mending import Mender
from syncengine_sheets.remarks import Key
from syncengine_sheets.sighting import Sighting
from syncengine_sheets.writing import NEXT, TabWriter, Write

Said = dict[str, Any]


class Pusher:
    """Carries out one push of one replica."""

    def __init__(self, client: Client, known: Known, told: Callable[[str], bool], locale: Locale,
                 own: Mapping[str, Mapping[str, str]]) -> None:  # fmt: skip
        """`told`: whether the read told of a row without an id under this handle."""
        self._client, self.known, self._locale, self._own = client, known, locale, own
        self._sight = Sighting(client, known, told, own)
        self._writers: dict[str, TabWriter] = {}
        self.stale = False
        """Whether `known` has turned out to be wrong, so that the next run has to find everything anew."""

    def push(self, operations: Sequence[Operation], notes: Mapping[Key, str]) -> Iterator[Outcome]:
        """The outcomes; `known.batch` and `known.noted` move with what was written."""
        yield from (self._homeless(one) for one in operations if one.kind not in self.known.tabs)
        operations = [one for one in operations if one.kind in self.known.tabs]
        about = {one.kind for one in operations} | {kind for kind, _, _ in notes if kind in self.known.tabs}
        if not about:
            return
        try:
            self._sight.look(operations, notes, about)
            self.stale |= self._sight.relocated
            self._writers = {kind: TabWriter(look, self._locale) for kind, look in self._sight.looks.items()}
        except (Refused, LookupError):
            self.stale = True
            yield from (
                Rejected(one, "the spreadsheet's tabs were changed just now", NEXT) for one in operations
            )
            return
        writes: list[Write] = []
        for operation in operations:
            again = operation.id in self.known.emptied
            decided = self._writers[operation.kind].decide(operation, self._sight.row(operation), again=again)
            if isinstance(decided, Write):
                writes.append(decided)
            else:
                yield decided
        noted = self._noted(notes, writes)
        for chunk in chunks(writes, noted):
            yield from self._carry(chunk)

    def _homeless(self, operation: Operation) -> Rejected:
        return Rejected(
            operation, f"there is no tab for it ({operation.kind})", "Run setup: it makes the tab."
        )

    def _noted(self, notes: Mapping[Key, str], writes: Sequence[Write]) -> list[Entry]:
        """Entries for the notes; each row once. What can't be noted (a person's own note is there) counts as done."""
        ids = {(w.operation.kind, w.operation.handle): w.operation.id for w in writes}
        by_row = {(w.entry.sheet, w.row): w.entry for w in writes}
        entries: dict[tuple[int, int], Entry] = {}
        for key, text in notes.items():
            kind, handle, name = key
            self.known.noted.pop(key, None)
            look = self._sight.looks.get(kind)
            row = self._sight.row_of(kind, handle) if look else None
            if look is None or row is None or name not in look.tab.ours:
                continue
            if text:
                self.known.noted[kind, ids.get((kind, handle), handle), name] = text
            column = look.tab.ours[name]
            there = look.cell(row, column).note
            if there == text or (there and not there.startswith("mentorsync: ")):
                continue
            fresh = Entry(look.tab.sheet, row, "note", look.id_at(row))
            entry = by_row.get((look.tab.sheet, row)) or entries.setdefault((look.tab.sheet, row), fresh)
            entry.notes[column] = text
        return list(entries.values())

    # -- writing

    def _carry(self, chunk: Chunk) -> Iterator[Outcome]:
        batch = uuid.uuid4().hex
        entries = chunk.entries()
        if not any(write.contents for write in chunk.writes) and not any(entry.notes for entry in entries):
            yield from (self._writers[w.operation.kind].outcome(w, self._before(w)) for w in chunk.writes)
            return
        sheets = {entry.sheet for entry in entries}
        entries += [journal.headings(look) for look in self._sight.looks.values() if look.tab.sheet in sheets]
        if JOURNAL not in self.known.own:
            self._sight.journal_size = journal.NEW
        requests = requests_of(self.known, chunk, entries, batch, self._sight.journal_size)
        answer = answer_ranges(self.known, entries)
        try:
            after = self._client.update(self.known.spreadsheet, requests, answer).get(
                "updatedSpreadsheet", {}
            )
        except Doubtful as doubt:
            after = self._settled(batch, answer)
            if after is None:
                yield from (InDoubt(write.operation, doubt.reason) for write in chunk.writes)
                raise
        except Refused as refusal:
            self.stale = True
            yield from (Rejected(write.operation, refusal.reason, NEXT) for write in chunk.writes)
            return
        self._grown(entries)
        yield from self._judged(chunk, entries, after, batch)

    def _settled(self, batch: str, answer: Sequence[str]) -> Said | None:
        """What the lost answer would have said, if the batch was carried out; `None` if it was not, or not yet."""
        try:
            said = self._client.cells(self.known.spreadsheet, [self._sight.journal_range(), *answer])
        except Refused:  # the journal has not got that far: nothing was carried out
            return None
        return said if journal.batch_of(journal.lines_of(said)) == batch else None

    def _before(self, write: Write) -> dict[int, Any]:
        look = self._sight.looks[write.operation.kind]
        return {column: seen.shown for column, seen in look.cells.get(write.row, {}).items()}

    def _grown(self, entries: Sequence[Entry]) -> None:
        rows = max((entry.line + 1 for entry in entries), default=0)
        width = max((tab.width for tab in self.known.tabs.values()), default=0) + journal.SHIFT
        self._sight.journal_size = (
            max(self._sight.journal_size[0], rows),
            max(self._sight.journal_size[1], width),
        )

    # -- judging

    def _judged(self, chunk: Chunk, entries: Sequence[Entry], after: Said, batch: str) -> Iterator[Outcome]:
        tabs = {tab.sheet: tab for tab in self.known.tabs.values()}
        wrong = off(entries, journal.lines_of(after), tabs)
        shown = {one["properties"].get("sheetId", 0): rows_of(one) for one in after.get("sheets", [])}
        lines = {one.entry.line for one in wrong}
        if wrong:
            self._mender().mend(wrong)
        else:
            self.known.batch = batch
        for write in chunk.writes:
            writer = self._writers[write.operation.kind]
            if write.entry.line in lines:
                yield writer.moved(write)
            else:
                self._stands(write)
                cells: Mapping[int, Seen] = shown.get(write.entry.sheet, {}).get(write.row, {})
                yield writer.outcome(write, {column: seen.shown for column, seen in cells.items()})

    def _stands(self, write: Write) -> None:
        """Remember whose row it is since."""
        standing, tab = self.known.standing.get(write.operation.kind), self.known.tabs[write.operation.kind]
        if standing is None:
            return
        if write.operation.action == "delete":
            standing.put(write.row, None)
            return
        named = write.contents.get(tab.columns.get(tab.kind.title[0], -1))
        standing.put(write.row, write.operation.id, named.value if named else None, named=named is not None)

    def _mender(self) -> Mender:
        return Mender(self._client, self.known, self._own, self._sight.journal_size)
