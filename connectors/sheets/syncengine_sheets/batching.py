"""What goes into one batch, and in which order: room, the journal, the cells, the notes, the Archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncengine.connector import Estimate, Operation
from syncengine_sheets import a1, journal
from syncengine_sheets.cells import cell_requests, note_request, size_of
from syncengine_sheets.journal import Entry
from syncengine_sheets.known import Known
from syncengine_sheets.looking import runs
from syncengine_sheets.mapping import Content
from syncengine_sheets.marks import ARCHIVE, JOURNAL, TITLES, chosen
from syncengine_sheets.writing import Write

MOST_BYTES = 1_600_000
"""Of cells in one batch: with what is around them it stays within the two megabytes that Google recommends."""

_CELL, _ANSWER = 120, 2.0
"""Bytes of a request around each cell's value; seconds until an answer to a batch of that size."""

Said = dict[str, Any]


@dataclass
class Chunk:
    """What goes into one batch."""

    writes: list[Write] = field(default_factory=list)
    notes: list[Entry] = field(default_factory=list)

    def entries(self) -> list[Entry]:
        """One for each row."""
        return [*(write.entry for write in self.writes), *self.notes]


def chunks(writes: Sequence[Write], notes: list[Entry]) -> Iterator[Chunk]:
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


def estimate(operations: Sequence[Operation]) -> Estimate:
    """What pushing these takes: a look at the rows at stake, then as many batches as their values fill."""
    if not operations:
        return Estimate(0, 0.0)
    values = [value for operation in operations for value in operation.fields.values()]
    size = sum(_CELL + 2 * len(str(value).encode()) for value in values) + 200 * len(operations)
    calls = 1 + -(-size // MOST_BYTES)
    return Estimate(calls, calls * _ANSWER)


def requests_of(
    known: Known, chunk: Chunk, entries: Sequence[Entry], batch: str, size: tuple[int, int]
) -> list[Said]:
    """The whole batch; `known` moves with the rows and tabs that it adds. `size`: the journal's grid."""
    kinds = {write.operation.kind for write in chunk.writes}
    found = [request for kind in sorted(kinds) for request in _room(known, kind, chunk)]
    if JOURNAL not in known.own:
        found += journal.new_tab(len(known.tabs))
        known.own[JOURNAL] = (chosen("tab", JOURNAL), TITLES[JOURNAL])
        found.append(journal.head(known.place or "", known.spreadsheet, known.locale, batch))
    widths = {tab.sheet: tab.width for tab in known.tabs.values()}
    found += journal.opening(batch, entries, size, widths, journal.FIRST)
    contents: dict[int, dict[tuple[int, int], Content]] = {}
    for write in chunk.writes:
        contents.setdefault(write.entry.sheet, {}).update(
            {(write.row, column): made for column, made in write.contents.items()}
        )
    for sheet, made in contents.items():
        found += cell_requests(sheet, made)
    for entry in entries:
        found += [note_request(entry.sheet, entry.row, column, text) for column, text in entry.notes.items()]
    return found + _archive(known, [line for write in chunk.writes for line in write.archived])


def _room(known: Known, kind: str, chunk: Chunk) -> list[Said]:
    """Rows for what is to be written below the grid."""
    tab = known.tabs[kind]
    short = max(write.row + 1 for write in chunk.writes if write.operation.kind == kind) - tab.rows
    if short <= 0:
        return []
    tab.rows += short
    if kind in known.standing:
        known.standing[kind].size += short
    return [{"appendDimension": {"sheetId": tab.sheet, "dimension": "ROWS", "length": short}}]


def _archive(known: Known, lines: Sequence[tuple[str, ...]]) -> list[Said]:
    """Appended by the service below whatever is there: nothing is ever written over (sheets.md, 3)."""
    if not lines:
        return []
    from syncengine_sheets.archive import archive_tab

    made = [] if ARCHIVE in known.own else archive_tab(len(known.tabs))
    id, _ = known.own.setdefault(ARCHIVE, (chosen("tab", ARCHIVE), "Archive"))
    rows = [{"values": [{"userEnteredValue": {"stringValue": text}} for text in line]} for line in lines]
    return [*made, {"appendCells": {"sheetId": id, "rows": rows, "fields": "userEnteredValue"}}]


def answer_ranges(known: Known, entries: Sequence[Entry]) -> list[str]:
    """The journal's new lines, and the rows themselves."""
    title = a1.quoted(known.own[JOURNAL][1])
    found = [f"{title}!{first + 1}:{last + 1}" for first, last in runs((e.line for e in entries), 1)]
    for tab in known.tabs.values():
        name = tab.range
        found += [
            f"{name}!{first + 1}:{last + 1}"
            for first, last in runs((e.row for e in entries if e.sheet == tab.sheet), 1)
        ]
    return found
