"""Operations on one tab: what may be written where, as entries of the journal and requests of the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from syncengine.connector import Done, Operation, Outcome, Reading, Rejected
from syncengine.model.values import Locale
from syncengine_sheets.journal import Entry, add_context
from syncengine_sheets.looking import NOTHING, Look, Seen
from syncengine_sheets.mapping import MOST_LETTERS, Content, content, print_of, read, too_long
from syncengine_sheets.reading import FREE, LEFT

NEXT = "The next sync takes up what is there now."
_BRING_BACK = "Run setup: it brings the column back."
_KINDS = {"DATE": ("DATE", "DATE_TIME"), "DATE_TIME": ("DATE_TIME", "DATE"), "PERCENT": ("PERCENT",)}

Said = dict[str, Any]


@dataclass
class Write:
    """One operation that will be written, and what it must leave out."""

    operation: Operation
    row: int
    entry: Entry
    contents: dict[int, Content] = field(default_factory=dict)
    refused: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Field to reason and remedy."""
    archived: list[tuple[str, ...]] = field(default_factory=list)
    """Of a delete: what the row holds, for the Archive."""


class TabWriter:
    """Decides operations of one tab against a look at it."""

    def __init__(self, look: Look, locale: Locale) -> None:
        self.look, self.tab, self._locale = look, look.tab, locale
        self._free = sorted(
            row for text, rows in look.by_id.items() if text.startswith(FREE) for row in rows
            if look.knows(row) and all(look.cell(row, at).blank for at in self.tab.columns.values())
        )  # fmt: skip
        self._next = look.end()

    @property
    def last(self) -> int:
        """The number of rows that the tab needs."""
        return self._next

    def decide(self, operation: Operation, row: int | None, *, again: bool = False) -> Write | Outcome:
        """What to write for an operation whose item is in `row`, or the outcome where nothing is to be written.

        `again`: its row was emptied, its id too; where `row` is `None`, it gets another.
        """
        if operation.action == "delete":
            return self._delete(operation, row)
        if row is None and operation.action == "update" and not again:
            return Rejected(operation, "its row is not in the spreadsheet any more", NEXT, self.tab.title)
        if row is not None and operation.action == "update" and self._changed(operation, row):
            return Rejected(operation, "was changed while it was being synced", NEXT, self._where(row))
        stamps = operation.action == "create" or operation.stamp or again
        if self.tab.id_column is None and stamps:
            return Rejected(operation, "the tab has no column for ids", _BRING_BACK, self.tab.title)
        if row is None:
            row = self._new()
        known = self.look.id_at(row)
        entry = Entry(
            self.tab.sheet,
            row,
            "create" if again and not known else operation.action,
            known,
            operation.id if stamps and known != operation.id else None,
        )
        if operation.action == "create" and known == operation.id:
            entry.action = "update"  # it is here already: an update of it
        write = Write(operation, row, entry)
        for name in operation.fields:
            problem = self._obstacle(write, name)
            if problem:
                write.refused[name] = problem
        self._enter(write)
        return write

    def _new(self) -> int:
        """A row for a new record: one that a deletion of ours left, else below everything."""
        if self._free:
            return self._free.pop(0)
        self._next += 1
        return self._next - 1

    def _changed(self, operation: Operation, row: int) -> bool:
        """Whether a person wrote something into the row since it was read (design rule 11)."""
        by_number = (operation.handle or "").startswith("row:")
        # A row known by its number alone has to be what it was all over; else the fields at stake.
        about = operation.fields if not by_number and operation.action == "update" else self.tab.columns
        kept = {n: operation.expected[n] for n in about if n in operation.expected and n in self.tab.columns}
        if by_number and not kept:
            return True  # nothing tells whether this is still the row that was meant
        if any(self._written_since(operation, row, name) for name in operation.fields):
            return True
        return any(not self._same(name, self._reading(row, name), was) for name, was in kept.items())

    def _written_since(self, operation: Operation, row: int, name: str) -> bool:
        """Whether something stands where the read had nothing to tell (the row had been emptied, or the column made anew)."""
        if name in operation.expected or name not in self.tab.columns:
            return False
        now = self._reading(row, name)
        blank = now is None or now is False or _words(now) == ""
        return not blank and not self._same(name, now, operation.fields[name])

    def _reading(self, row: int, name: str) -> Reading:
        seen = self.look.cell(row, self.tab.columns[name])
        return read(self.tab.kind.fields[name], seen.shown, self._locale, whole=name in self.tab.whole)

    def _same(self, name: str, now: Reading, was: Reading) -> bool:
        if _words(now) == _words(was) or (now is None and _words(was) == ""):
            return True
        plain = (str, int, float, bool, list, type(None))
        return (
            isinstance(now, plain)
            and isinstance(was, plain)
            and self.tab.kind.fields[name].type.equal(now, was)
        )

    def _obstacle(self, write: Write, name: str) -> tuple[str, str] | None:
        """Why a field cannot be written, with the remedy; else its content is added."""
        operation = write.operation
        column, declared = self.tab.columns.get(name), self.tab.kind.fields.get(name)
        if column is None or declared is None:
            return f"there is no column for {declared.label if declared else name}", _BRING_BACK
        seen = self.look.cell(write.row, column)
        if seen.computed:
            where = self.tab.address(name, write.row)
            return (f"{where} is filled by a formula of yours, which is never overwritten",
                    "Change what it computes from, or put a plain value in its place.")  # fmt: skip
        made = content(
            declared, operation.fields[name], operation, self._locale, whole=name in self.tab.whole
        )
        if isinstance(made.value, str) and too_long(made.value):
            return (f"{declared.label} has {len(made.value):,} characters, and a cell holds {MOST_LETTERS:,}",
                    "Shorten it, or read it in another tool: it is whole there.")  # fmt: skip
        if made.value is not None or seen.entered:
            write.contents[column] = self._formatted(name, made, seen)
        return None

    def _formatted(self, name: str, made: Content, seen: Seen) -> Content:
        """With a number format only where people would not recognise the value without: theirs are kept."""
        if made.format is None:
            return made
        needed = seen.format not in _KINDS[made.format[0]] if seen.format else name in self.tab.adopted
        if name in self.tab.whole:
            needed = False
        return made if needed else Content(made.value)

    def _enter(self, write: Write) -> None:
        """Complete the entry: the id, and the prints by which it is told whether all went well."""
        entry = write.entry
        if entry.now and self.tab.id_column is not None:
            write.contents[self.tab.id_column] = Content(entry.now)
        entry.cells = {
            column: (print_of(self.look.cell(write.row, column).entered), print_of(made.extended()))
            for column, made in write.contents.items()
        }
        add_context(entry, self.look.cells.get(write.row, {}))

    def _delete(self, operation: Operation, row: int | None) -> Write | Outcome:
        """Keep what the row holds in the Archive, and blank our cells: a row taken out takes people's things along."""
        if row is None:
            return Done(operation, operation.handle or operation.id)
        if self._changed_at_all(operation, row):
            return Rejected(operation, "was changed while it was being synced", NEXT, self._where(row))
        cells = self.look.cells.get(row, {})
        ours = self.tab.ours
        left = any(
            not seen.blank or seen.note for column, seen in cells.items() if column not in ours.values()
        ) or any(cells.get(column, NOTHING).note for column in ours.values())
        mark = f"{LEFT if left else FREE} {operation.id}"
        entry = Entry(
            self.tab.sheet,
            row,
            "delete",
            self.look.id_at(row),
            mark if self.tab.id_column is not None else None,
        )
        write = Write(operation, row, entry)
        for name, column in self.tab.columns.items():
            seen = cells.get(column, NOTHING)
            if seen.entered is None:
                continue
            write.contents[column] = Content()
            formula = "formulaValue" in seen.entered
            texts = [(self.tab.kind.fields[name].label, _as_text(seen))]
            if formula:
                texts.append((f"{texts[0][0]} (formula)", str(seen.entered["formulaValue"])))
            write.archived += [
                (self.tab.title, operation.title, label, text, operation.id) for label, text in texts if text
            ]
        self._enter(write)
        return write

    def _changed_at_all(self, operation: Operation, row: int) -> bool:
        kept = {n: was for n, was in operation.expected.items() if n in self.tab.columns}
        return any(not self._same(name, self._reading(row, name), was) for name, was in kept.items())

    def outcome(self, write: Write, after: Mapping[int, Any]) -> Outcome:
        """What became of a write that hit its row; `after`: column to what the service shows there now (design rule 8)."""
        operation = write.operation
        if operation.action == "delete" and not write.refused:
            return Done(operation, operation.handle or operation.id)
        written = {name: value for name, value in operation.fields.items() if name not in write.refused}
        done = Done(
            replace(operation, fields=written) if write.refused else operation,
            operation.id,
            {name: self._held(name, after) for name in written},
        )
        if not write.refused:
            return done
        reasons = "; ".join(reason for reason, _ in write.refused.values())
        remedies = " ".join(dict.fromkeys(remedy for _, remedy in write.refused.values()))
        rest = " The rest of the row was written." if written else ""
        return Rejected(
            operation, reasons, remedies + rest, self._where(write.row), done if written else None
        )

    def _held(self, name: str, after: Mapping[int, Any]) -> Reading:
        shown, whole = after.get(self.tab.columns[name], ""), name in self.tab.whole
        return read(self.tab.kind.fields[name], shown, self._locale, whole=whole)

    def moved(self, write: Write) -> Rejected:
        """The outcome of a write whose row somebody moved or edited in that very moment; what was there was put back."""
        return Rejected(write.operation, "somebody moved or changed its row in the very moment of writing; everything was put back",
                        NEXT, self._where(write.row))  # fmt: skip

    def _where(self, row: int) -> str:
        return f"{self.tab.title}, row {row + 1}"


def _words(reading: Reading) -> object:
    """A reading as far as it can be compared: words that are not understood are the same by their text."""
    return getattr(reading, "text", reading)


def _as_text(seen: Seen) -> str:
    shown = seen.shown
    if isinstance(shown, bool):
        return "TRUE" if shown else ""
    return str(int(shown)) if isinstance(shown, float) and shown.is_integer() else str(shown)
