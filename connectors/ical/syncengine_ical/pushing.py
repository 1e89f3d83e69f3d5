"""The operations of one pair carried out in its file: read, checked, edited, written once, and read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple, Protocol

from syncengine.connector import Done, Item, Operation, Outcome, Reading, Rejected
from syncengine.model.kind import Kind
from syncengine.model.values import Locale, Named, Unreadable
from syncengine_ical import folder as disk
from syncengine_ical.cursor import Cursor, Entry
from syncengine_ical.document import Broken, Document, parse
from syncengine_ical.editing import Editor, Refused, new_document
from syncengine_ical.meeting_edits import keep_the_past, put_checkin, remove_checkin
from syncengine_ical.place import Notes
from syncengine_ical.reading import shown
from syncengine_ical.series_edits import put_pair, remove_pair

_AGAIN = "The next run takes it up."


class Task(NamedTuple):
    """An operation in one pair's file."""

    operation: Operation
    role: Literal["do", "leave"]
    """leave: the check-in goes to another pair; its outcome is told there."""


@dataclass
class Result:
    """What came of it. `entry`, `slots`: what the cursor and the notes are to remember, if that changed."""

    outcomes: list[Outcome] = field(default_factory=list)
    name: str = ""
    entry: Entry | None = None
    slots: dict[str, str] | None = None
    calls: int = 0


class Place(Protocol):
    """What is needed to know of the replica."""

    path: str
    calendar_name: str | None
    kinds: Mapping[str, Kind]
    locale: Locale
    notes: Notes
    found: Cursor | None
    uids: Mapping[str, str]
    taken: set[str]


def tasks(operations: Sequence[Operation]) -> dict[str, list[Task]]:
    """The operations by pair: the series first, then its check-ins, deletions last."""
    found: dict[str, list[Task]] = {}
    for operation in sorted(operations, key=lambda o: (o.action == "delete", o.kind != "pair")):
        before = (operation.handle or "").partition("/")[0]
        pair = operation.id if operation.kind == "pair" else str(operation.record.get("pair") or before)
        if before and before != pair:
            found.setdefault(before, []).append(Task(operation, "leave"))
        found.setdefault(pair, []).append(Task(operation, "do"))
    return found


def carry_out(place: Place, pair: str, name: str | None, mine: list[Task]) -> Result:
    """Carry out the tasks of one pair; `name` is its file, `None` for none yet. Never raises for the file's sake."""
    doing = [task.operation for task in mine if task.role == "do"]
    try:
        return _Work(place, pair, name).run(mine)
    except FileNotFoundError:
        reason, remedy = f"{name} was removed while mentorsync was syncing", _AGAIN
    except disk.Changed:
        reason, remedy = f"{name or 'the file'} changed while mentorsync was syncing", _AGAIN
    except disk.TooLarge:
        reason, remedy = f"{name} is too large", "Move what is not the series into another calendar."
    except Broken as broken:
        reason, remedy = f"{name} can't be read: line {broken.line} {broken.reason}", "Mend that line."
    except Refused as refused:
        reason, remedy = refused.reason, refused.remedy
    except OverflowError:
        reason, remedy = (
            "a date is beyond what a calendar can say",
            "Choose a date between the years 2 and 9998.",
        )
    except OSError as error:
        reason, remedy = (
            f"{name or 'a new file'} can't be written: {error.strerror}",
            "Check the rights and the room on the disk.",
        )
    return Result([Rejected(operation, reason, remedy, name or place.path) for operation in doing])


class _Work:
    def __init__(self, place: Place, pair: str, name: str | None) -> None:
        self.place, self.pair, self.name = place, pair, name
        self.known = place.notes.of(pair)
        entries = place.found.files if place.found else {}
        self.old = entries.get(name) if name else None
        self.data: bytes = b""
        self.stat: disk.Stat | None = None
        if name is not None:
            self.data, self.stat = disk.read(place.path, name)
        self.document: Document = parse(self.data) if name else new_document(place.calendar_name)
        self.fresh = name is None or (self.old is not None and self.old.digest == disk.digest(self.data))

    def run(self, mine: list[Task]) -> Result:
        part = self.old.parts.get(self.pair) if self.old else None
        own = part.own if part else ()
        editor = Editor(
            self.document,
            self.pair,
            self.known,
            self.place.locale.zone,
            datetime.now(UTC),
            own,
            self.place.notes.uids,
        )
        items = self._items(editor)
        outcomes: list[Outcome] = []
        done: list[Operation] = []
        for task in mine:
            refused = self._do(editor, task, items.get(task.operation.id))
            editor.stuck = editor.stuck or (refused is not None and task.operation.kind == "pair")
            if task.role == "do" and refused is None:
                done.append(task.operation)
            elif task.role == "do" and refused is not None:
                outcomes.append(
                    Rejected(task.operation, refused.reason, refused.remedy, self.name or self.place.path)
                )
        keep_the_past(editor)
        editor.identify(self.place.uids)
        editor.finish()
        result = self._write(editor, done)
        after, part = shown(result.name, editor.series, editor.known, self.place.kinds, self.place.locale)
        held = {item.id: item for item in after}
        result.outcomes = outcomes + [self._outcome(operation, held.get(operation.id)) for operation in done]
        result.slots = {**editor.known, **part.slots}
        if result.entry is not None:
            result.entry.parts[self.pair] = part
            self.place.notes.name(self.pair, part)
        return result

    def _items(self, editor: Editor) -> dict[str | None, Item]:
        items, _ = shown(self.name or "", editor.series, self.known, self.place.kinds, self.place.locale)
        return {item.id: item for item in items}

    def _do(self, editor: Editor, task: Task, item: Item | None) -> Refused | None:
        operation = task.operation
        if not self.fresh and self._changed(operation, item):
            return Refused(f"{self.name} changed while mentorsync was syncing", _AGAIN)
        slot = operation.expected.get("slot")
        try:
            if operation.action == "delete" and operation.kind == "pair":
                remove_pair(editor)
            elif operation.action == "delete" or task.role == "leave":
                remove_checkin(editor, operation.id, slot if isinstance(slot, str) else None)
            elif operation.kind == "pair":
                put_pair(editor, operation)
            else:
                put_checkin(editor, operation)
        except Refused as refused:
            return refused
        return None

    def _changed(self, operation: Operation, item: Item | None) -> bool:
        """Whether the file says something else now than the engine knows of what it wants to overwrite."""
        if item is None:
            return operation.action == "update"
        names = operation.expected if operation.action == "delete" else operation.fields
        kind = self.place.kinds[operation.kind]
        return any(
            name in operation.expected
            and name in item.fields
            and not _same(kind, name, operation.expected[name], item.fields[name])
            for name in names
        )

    def _write(self, editor: Editor, done: list[Operation]) -> Result:
        data = self.document.to_bytes()
        result = Result(name=self.name or "", calls=int(self.name is not None))
        if (
            not (done or editor.renamed)
            or data == self.data
            or (self.name is None and not editor.series.master and not editor.series.own)
        ):
            return result
        title = (
            next((o.title for o in done if o.kind == "pair"), None)
            or done[0].labels.get(self.pair)
            or "Check-ins"
        )
        result.name = self.name or disk.free_name(self.place.path, title, self.place.taken)
        stat = disk.write(self.place.path, result.name, data, self.stat)
        result.calls += 1
        parts = dict(self.old.parts) if self.old else {}
        # What a person changed beside our operations has still to be read: the file stays unread in the cursor.
        result.entry = Entry(stat.settled, disk.digest(data) if self.fresh else "", parts)
        return result

    def _outcome(self, operation: Operation, item: Item | None) -> Done:
        handle = operation.id if operation.kind == "pair" else f"{self.pair}/{operation.id}"
        if operation.action == "delete" or item is None:
            return Done(operation, handle, None if operation.action == "delete" else {})
        return Done(
            operation, handle, {name: item.fields[name] for name in operation.fields if name in item.fields}
        )


def _same(kind: Kind, name: str, a: Reading, b: Reading) -> bool:
    if isinstance(a, Unreadable) or isinstance(b, Unreadable):
        return isinstance(a, Unreadable) and isinstance(b, Unreadable) and a.text == b.text
    if isinstance(a, Named) or isinstance(b, Named):
        return a == b
    return kind.fields[name].type.equal(a, b)
