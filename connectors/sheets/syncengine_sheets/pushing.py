"""One push: look, write in a batch that keeps a journal, see in its answer whether every row was the one that was meant.

Calls: one look, one batch for about two megabytes, and one look and one batch more for each time that somebody moved rows
in the very moment of writing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.connector import Estimate, InDoubt, Operation, Outcome, Rejected
from syncengine.errors import Unavailable
from syncengine.model.values import Locale
from syncengine_google.calls import Doubtful
from syncengine_google.reasons import Refused
from syncengine_sheets import a1, journal
from syncengine_sheets.cells import cell_requests, note_request, size_of
from syncengine_sheets.client import Client
from syncengine_sheets.journal import Entry
from syncengine_sheets.judging import Off, off
from syncengine_sheets.known import Known
from syncengine_sheets.layout import ARCHIVE, JOURNAL, TITLES, chosen
from syncengine_sheets.looking import Seen, rows_of, runs
from syncengine_sheets.mapping import Content
from syncengine_sheets.mending import Mender
from syncengine_sheets.remarks import Key
from syncengine_sheets.sighting import Sighting
from syncengine_sheets.writing import NEXT, TabWriter, Write

MOST_BYTES = 1_600_000
_CELL, _ANSWER = 120, 2.0
"""Bytes of a request around each cell's value; seconds until an answer to a batch of that size."""
"""Of cells in one batch: with what is around them it stays within the two megabytes that Google recommends."""

Said = dict[str, Any]


@dataclass
class Chunk:
    """What goes into one batch."""

    writes: list[Write] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        """One for each row."""
        return [*(write.entry for write in self.writes), *self.notes]


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
        for chunk in _chunks(writes, noted):
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
        requests, answer = self._requests(chunk, entries, batch), self._ranges(entries)
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
        self.known.batch = batch
        yield from self._judged(chunk, entries, after)

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

    def _requests(self, chunk: Chunk, entries: Sequence[Entry], batch: str) -> list[Said]:
        found: list[Said] = []
        for kind, writer in self._writers.items():
            tab = self.known.tabs[kind]
            needed = max([0, *(w.row + 1 for w in chunk.writes if w.operation.kind == kind)])
            if needed > tab.rows:
                found.append(
                    {
                        "appendDimension": {
                            "sheetId": tab.sheet,
                            "dimension": "ROWS",
                            "length": needed - tab.rows,
                        }
                    }
                )
                if kind in self.known.standing:
                    self.known.standing[kind].size += needed - tab.rows
                tab.rows = writer.tab.rows = needed
        if JOURNAL not in self.known.own:
            found += journal.new_tab(len(self.known.tabs))
            self._sight.journal_size = (1000, 26 + journal.SHIFT)
            self.known.own[JOURNAL] = (chosen("tab", JOURNAL), TITLES[JOURNAL])
            found.append(
                journal.head(self.known.place or "", self.known.spreadsheet, self.known.locale, batch)
            )
        widths = {tab.sheet: tab.width for tab in self.known.tabs.values()}
        found += journal.opening(batch, entries, self._sight.journal_size, widths, journal.FIRST)
        contents: dict[int, dict[tuple[int, int], Content]] = {}
        for write in chunk.writes:
            contents.setdefault(write.entry.sheet, {}).update(
                {(write.row, column): made for column, made in write.contents.items()}
            )
        for sheet, made in contents.items():
            found += cell_requests(sheet, made)
        for entry in entries:
            found += [
                note_request(entry.sheet, entry.row, column, text) for column, text in entry.notes.items()
            ]
        found += self._archive([line for write in chunk.writes for line in write.archived])
        return found

    def _archive(self, lines: Sequence[tuple[str, ...]]) -> list[Said]:
        """Appended by the service below whatever is there: nothing is ever written over (sheets.md, 3)."""
        if not lines:
            return []
        from syncengine_sheets.archive import archive_tab

        made = [] if ARCHIVE in self.known.own else archive_tab(len(self.known.tabs))
        id, _ = self.known.own.setdefault(ARCHIVE, (chosen("tab", ARCHIVE), "Archive"))
        rows = [{"values": [{"userEnteredValue": {"stringValue": text}} for text in line]} for line in lines]
        return [*made, {"appendCells": {"sheetId": id, "rows": rows, "fields": "userEnteredValue"}}]

    def _ranges(self, entries: Sequence[Entry]) -> list[str]:
        """The journal's new lines, and the rows themselves."""
        title = a1.quoted(self.known.own[JOURNAL][1])
        found = [f"{title}!{first + 1}:{last + 1}" for first, last in runs((e.line for e in entries), 1)]
        for tab in self.known.tabs.values():
            name = tab.range
            found += [
                f"{name}!{first + 1}:{last + 1}"
                for first, last in runs((e.row for e in entries if e.sheet == tab.sheet), 1)
            ]
        return found

    def _grown(self, entries: Sequence[Entry]) -> None:
        rows = max((entry.line + 1 for entry in entries), default=0)
        width = max((tab.width for tab in self.known.tabs.values()), default=0) + journal.SHIFT
        self._sight.journal_size = (
            max(self._sight.journal_size[0], rows),
            max(self._sight.journal_size[1], width),
        )

    # -- judging

    def _judged(self, chunk: Chunk, entries: Sequence[Entry], after: Said) -> Iterator[Outcome]:
        tabs = {tab.sheet: tab for tab in self.known.tabs.values()}
        wrong = off(entries, journal.lines_of(after), tabs)
        shown = {one["properties"].get("sheetId", 0): rows_of(one) for one in after.get("sheets", [])}
        lines = {one.entry.line for one in wrong}
        if wrong:
            self._mender().mend(wrong)
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


def look_through(client: Client, known: Known, own: Mapping[str, Mapping[str, str]]) -> bool:
    """Look through a batch that an earlier run sent and did not live to judge; whether anything had to be put back.

    Raises `Unavailable` where that can't be finished now.
    """
    said = client.cells(known.spreadsheet, [a1.quoted(known.own[JOURNAL][1])])
    lines = journal.lines_of(said)
    tabs = {tab.sheet: tab for tab in known.tabs.values()}
    wrong: list[Off] = off(journal.entries_of(lines), lines, tabs)
    if wrong:
        sheet = next(
            one for one in said["sheets"] if one["properties"].get("sheetId", 0) == chosen("tab", JOURNAL)
        )
        grid = sheet["properties"].get("gridProperties", {})
        Mender(client, known, own, (grid.get("rowCount", 0), grid.get("columnCount", 0))).mend(wrong)
    else:
        known.batch = journal.batch_of(lines)
    return bool(wrong)


def estimate(operations: Sequence[Operation]) -> Estimate:
    """What pushing these takes: a look at the rows at stake, then as many batches as their values fill."""
    if not operations:
        return Estimate(0, 0.0)
    values = [value for operation in operations for value in operation.fields.values()]
    size = sum(_CELL + 2 * len(str(value).encode()) for value in values) + 200 * len(operations)
    calls = 1 + -(-size // MOST_BYTES)
    return Estimate(calls, calls * _ANSWER)


def _chunks(writes: Sequence[Write], notes: list[Entry]) -> Iterator[Chunk]:
    """Creates and updates in their order, deletes last, cut where a batch would grow too large."""
    chunk, size = Chunk(notes=notes), 0
    for write in sorted(writes, key=lambda one: one.operation.action == "delete"):
        bytes = size_of(write.contents) * (1 if write.entry.action == "create" else 2) + 200
        if size + bytes > MOST_BYTES and chunk.writes:
            yield chunk
            chunk, size = Chunk(), 0
        chunk.writes.append(write)
        size += bytes
    if chunk.writes or chunk.notes:
        yield chunk


__all__ = ["Pusher", "Unavailable", "look_through"]
