"""The replica: one folder of .ics files. Handles are `<pair id>` and `<pair id>/<check-in id>`."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from syncengine.connector import Done, Item, Opening, Operation, Outcome, Pull, Reading, Rejected, Step
from syncengine.errors import AccessError, Unavailable
from syncengine.model.cadence import cadence_of
from syncengine.model.filelinks import file_link, inside, linked_file
from syncengine.model.kind import Kind
from syncengine.model.series import CHECKIN_FIELDS, PAIR_FIELDS, told_by_event, uid_of
from syncengine.model.values import Fields, Value
from syncengine_ical import folder as disk
from syncengine_ical import missing, place
from syncengine_ical.cursor import Cursor, Part
from syncengine_ical.pushing import Task, carry_out, tasks
from syncengine_ical.reading import Found, Reader

if TYPE_CHECKING:
    from syncengine.model.words import Words  # only `forget` needs it

_ALL_GONE = (
    "Put the files back (is a drive not mounted, a cloud folder not here yet?); nothing was changed. Pairs that "
    "no longer meet are told so in another tool: leave “Meets every” blank there."
)
_BATCH = 200
"""Files between two writes of the notes, after which their outcomes are told."""


class IcalReplica:
    """See `syncengine.connector.Replica` for what each method promises."""

    def __init__(self, opening: Opening) -> None:
        self.calls = 0
        self.path: str = opening.settings["path"]
        self.calendar_name: str | None = opening.settings.get("title")
        self.kinds: Mapping[str, Kind] = {
            name: kind for name, kind in opening.template.kinds.items() if name in ("pair", "checkin")
        }
        self.locale = opening.locale
        self.notes = place.Notes()
        self.found: Cursor | None = None
        self.where: dict[str, str] = {}
        """Pair to file name."""
        self.uids: Mapping[str, str] = {}
        """See `identify`."""
        self.renamed: list[str] = []
        """Pairs with an event that is to have another UID."""
        self.taken: set[str] = set()
        """All file names, see `folder.same_name`."""

    def place(self) -> str | None:
        """The id in `.mentorsync/calendar.json`."""
        return place.read_place(self.path)

    def survey(self) -> Sequence[Step]:
        """The folder and its marker; nothing else has to be made before there are series."""
        if not os.path.isdir(self.path):
            return [Step("make", f"the calendar folder {self.path}")]
        return [] if self.place() else [Step("make", f"the marker of the calendar folder {self.path}")]

    def provision(self, place_id: str) -> None:
        """Make the folder and stamp it; files that are there are not touched."""
        try:
            place.write_place(self.path, place_id)
        except OSError as error:
            raise AccessError(f"the calendar folder can't be made or written: {error.strerror}", where=self.path,
                              remedy="Choose another path, or ask for the right to write there.") from error  # fmt: skip
        self.calls += 1

    def holds(self) -> dict[str, frozenset[str]]:
        """What a calendar can say of a pair and of a check-in, as far as the template has it."""
        can = {"pair": PAIR_FIELDS, "checkin": CHECKIN_FIELDS}
        return {name: can[name] & kind.fields.keys() for name, kind in self.kinds.items()}

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """Files whose stat changed are digested, those whose digest changed are parsed.

        A pair whose file was removed no longer meets; it is not deleted, and neither are its check-ins: whether they
        took place is not the file's to say. Raises `Unavailable` where all files are gone at once.
        """
        self.notes = place.Notes.load(self.path)
        before = Cursor.load(cursor) if cursor is not None else None
        found = Reader(self.path, self.kinds, self.locale, self.notes, before).read(again)
        self.calls += 1 + found.reads
        self.found = found.cursor
        self.where = {pair: name for name, entry in found.cursor.files.items() for pair in entry.parts}
        self.taken = {disk.same_name(name) for name in found.cursor.files}
        self._note(found)
        items = [item for name in sorted(found.items) for item in found.items[name]]
        gone = missing.gone(before, found, self.notes)
        ended = [handle for handle in gone if "/" not in handle]
        gone = [handle for handle in gone if "/" in handle]
        if len(ended) > 1 and not any(
            part.series for entry in found.cursor.files.values() for part in entry.parts.values()
        ):
            raise Unavailable(
                f"holds none of its {len(ended)} series any more", where=self.path, remedy=_ALL_GONE
            )
        items += [self._ended(pair) for pair in ended]
        complete = before is None and missing.complete(found, self.notes)
        return Pull(
            items,
            complete,
            self.holds(),
            [] if complete else gone,
            found.troubles,
            missing.present(found.cursor),
        )

    def _ended(self, pair: str) -> Item:
        """A pair without a file: all that is known is that it has no rhythm any more."""
        where = f"{self.notes.files.get(pair, self.path)} (removed)"
        fields: dict[str, Reading] = {"every": None} if "every" in self.kinds["pair"].fields else {}
        return Item("pair", pair, pair, fields, where)

    def _note(self, found: Found) -> None:
        """What the files show is worth noting, but a read writes nothing: it is saved with the next push."""
        for name, entry in found.cursor.files.items():
            for pair, part in entry.parts.items():
                if part.series or part.own:
                    self.notes.locate(pair, name)
                    self.notes.name(pair, part)
                for slot, checkin in part.slots.items():
                    self.notes.put(pair, slot, checkin)

    def takes(self, kind: str, fields: Fields) -> bool:
        """A pair that says how often it meets, and a check-in that says when and whose it is."""
        if kind == "pair":
            return cadence_of(fields, self.locale.zone.key) is not None
        return kind == "checkin" and bool(fields.get("pair")) and bool(fields.get("starts"))

    def shown(self, kind: str, fields: Fields) -> Mapping[str, Value]:
        """See `syncengine.connector.Showing`."""
        return told_by_event(kind, fields, self.locale.zone.key)

    def identify(self, uids: Mapping[str, str]) -> bool:
        """See `syncengine.connector.Identified`. What is cancelled keeps its UID until it takes place again."""
        assert self.found is not None
        self.uids = uids
        parts = [item for entry in self.found.files.values() if entry.digest for item in entry.parts.items()]
        self.renamed = [pair for pair, part in parts if _differs(pair, part, uids)]
        return bool(self.renamed)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Each file is written once, with all that concerns it."""
        if self.found is None:
            self.pull(None, ())
        for folder in (self.path, place.inside(self.path)):
            disk.clear(folder)
        doing: dict[str, list[Task]] = {pair: [] for pair in self.renamed}
        pending = iter((doing | tasks(operations)).items())
        self.renamed = []
        while batch := list(islice(pending, _BATCH)):
            outcomes = [outcome for pair, mine in batch for outcome in self._push_pair(pair, mine)]
            yield from self._saved(outcomes)
        yield from self._saved([])

    def _push_pair(self, pair: str, mine: list[Task]) -> list[Outcome]:
        assert self.found is not None
        result = carry_out(self, pair, self.where.get(pair), mine)
        self.calls += result.calls
        if result.entry is not None:
            self.found.files[result.name] = result.entry
            self.where[pair] = result.name
            self.taken.add(disk.same_name(result.name))
            self.notes.locate(pair, result.name)
        elif pair not in self.where:
            self.notes.locate(pair, "")  # that its file was removed is known everywhere now
        if any(task.operation.kind == "pair" for task in mine):
            there = [self.found.files[self.where[pair]]] if pair in self.where else []
            self.notes.end(pair, bool(there) and pair not in missing.masters(there))
        if result.slots is not None:
            self.notes.keep(pair, result.slots)
        return result.outcomes

    def _saved(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes, once what has to be remembered for them is on disk."""
        try:
            self.calls += self.notes.save(self.path)
        except (OSError, disk.Changed) as error:
            reason = f".mentorsync in {self.path} can't be written: {getattr(error, 'strerror', None) or 'it changed'}"
            return [
                Rejected(o.operation, reason, "Check the rights and the room on the disk.")
                if isinstance(o, Done)
                else o
                for o in outcomes
            ]
        return outcomes

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `syncengine.connector.Erasing`. Raises `Unavailable` for a file that changes at that moment."""
        from syncengine_ical import erasing

        try:
            self.calls += erasing.erase(self.path, ids, words)
        except disk.Changed as error:
            raise Unavailable(
                "changed while it was being written", where=self.path, remedy="Run it again."
            ) from error

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every file of the folder."""
        from syncengine_ical import erasing

        return erasing.everything(self.path)

    def keeps(self) -> Sequence[str]:
        """What calendar programs keep."""
        from syncengine_ical import erasing

        return erasing.KEEPS

    def cursor(self) -> bytes | None:
        """Every file as it was last understood."""
        return self.found.dump() if self.found is not None else None

    def link(self, handle: str) -> str | None:
        """The file that the series is in: a calendar program opens nothing smaller."""
        name = self._files().get(handle.partition("/")[0])
        return file_link(os.path.join(self.path, name)) if name else None

    def linked(self, link: str) -> Sequence[str]:
        """The pairs whose series a file holds."""
        found = linked_file(link)
        path = inside(found[0], self.path) if found else None
        return sorted(pair for pair, name in self._files().items() if name and path == name)

    def _files(self) -> Mapping[str, str]:
        """Pair to file: as read, else as noted."""
        return self.where if self.found is not None else place.Notes.load(self.path).files

    def close(self) -> None:
        """Nothing is kept open."""


def _differs(pair: str, part: Part, uids: Mapping[str, str]) -> bool:
    events = [*([pair] if part.series else []), *part.own]
    return any(
        id in uids and id not in part.asleep and uids[id] != part.uids.get(id, uid_of(id)) for id in events
    )
