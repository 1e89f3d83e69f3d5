"""One read of the folder: which files changed, what is in them, and what is certainly gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from syncengine.connector import Item, Trouble
from syncengine.model.kind import Kind
from syncengine.model.moments import show_instant
from syncengine.model.series import UID_DOMAIN
from syncengine.model.values import Locale
from syncengine_ical import folder as disk
from syncengine_ical.cursor import Cursor, Entry, Part
from syncengine_ical.document import Broken, parse
from syncengine_ical.identity import Known, Stray, strays, told
from syncengine_ical.mapping import meetings, pair_fields
from syncengine_ical.place import Notes
from syncengine_ical.recognition import Problem, read_series
from syncengine_ical.series import PAIR, Series

_OURS = (b"X-MENTORSYNC", UID_DOMAIN.encode())


@dataclass
class Found:
    """What a read has gathered; `broken` pairs are in a file that cannot be read now."""

    cursor: Cursor = field(default_factory=Cursor)
    items: dict[str, list[Item]] = field(default_factory=dict)
    """By file."""
    troubles: list[Trouble] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    whole: bool = True
    """Whether every file could be read."""
    reads: int = 0


class Reader:
    """Reads the folder once."""

    def __init__(
        self, path: str, kinds: Mapping[str, Kind], locale: Locale, notes: Notes, before: Cursor | None
    ) -> None:
        self.path, self.kinds, self.locale, self.notes = path, kinds, locale, notes
        self.before = before
        self.found = Found()
        self.mine = Known((_ids(before) if before else set()) | notes.files.keys(), notes.uids)
        self.strays: list[tuple[str, Stray]] = []

    def read(self, again: Collection[str]) -> Found:
        """Every file that is not provably as it was, and those of the pairs in `again`. Raises `AccessError`."""
        files, links = disk.scan(self.path)
        for name in links:
            self._trouble(
                name, "is a link, and links are not followed", "Put the file itself into the folder."
            )
        wanted = {handle.partition("/")[0] for handle in again}
        for name in sorted(files):
            old = self.before.files.get(name) if self.before else None
            if old and old.settled and old.stat == files[name] and not wanted & old.parts.keys():
                self.found.cursor.files[name] = old
            else:
                self._file(name, old, wanted)
        self._settle_copies()
        self._settle_strays()
        return self.found

    def _file(self, name: str, old: Entry | None, wanted: Collection[str]) -> None:
        self.found.reads += 1
        try:
            data, stat = disk.read(self.path, name)
        except (OSError, disk.TooLarge, disk.Changed) as error:
            self._unusable(name, old, *_why(error))
            return
        digest = disk.digest(data)
        if old and old.digest == digest and not set(wanted) & old.parts.keys():
            self.found.cursor.files[name] = Entry(stat.settled, digest, old.parts)
            return
        expected = self._expected(name, old)
        if not expected and not _may_be_ours(data):
            self.found.cursor.files[name] = Entry(stat.settled, digest)  # people's own: not even parsed
            return
        try:
            document = parse(data)
            series, problems = read_series(document, self.locale.zone, self.mine)
        except Broken as broken:
            self._unusable(
                name,
                old,
                broken.reason,
                "Mend the line, or put back an earlier version of the file.",
                broken.line,
            )
            return
        self.strays += [
            (name, one) for calendar in document.calendars for one in strays(calendar, self.mine, PAIR)
        ]
        for problem in problems:
            self._problem(name, problem)
        held = {problem.pair for problem in problems} - series.keys()
        self.found.broken |= held
        parts = {pair: self._part(name, one, old) for pair, one in series.items()}
        parts |= {pair: (old.parts.get(pair) if old else None) or Part(series=True) for pair in held}
        self.found.cursor.files[name] = Entry(stat.settled, "" if problems else digest, parts)

    def _expected(self, name: str, old: Entry | None) -> set[str]:
        """The pairs that the file held when it was last understood, or by the notes."""
        return set(old.parts) if old else {pair for pair, file in self.notes.files.items() if file == name}

    def _unusable(self, name: str, old: Entry | None, reason: str, remedy: str, line: int = 0) -> None:
        expected = self._expected(name, old)
        self.found.whole = False
        self.found.broken |= expected
        parts = old.parts if old else {pair: Part(series=True) for pair in expected}
        self.found.cursor.files[name] = Entry(disk.Stat(-1, -1, -1), "", parts)
        for pair in sorted(expected) or [""]:
            self._trouble(f"{name}, line {line}" if line else name, reason, remedy, pair)

    def _problem(self, name: str, problem: Problem) -> None:
        id = problem.checkin or self.known(problem.pair, None).get(problem.slot, "")
        handle = f"{problem.pair}/{id}" if id else "" if problem.slot else problem.pair
        self._trouble(
            f"{name}, line {problem.line}",
            problem.reason,
            problem.remedy,
            handle,
            "checkin" if problem.slot or id else "pair",
        )
        if problem.slot == "?":
            self.found.whole = False

    def _trouble(self, where: str, reason: str, remedy: str, handle: str = "", kind: str = "pair") -> None:
        self.found.troubles.append(Trouble(where, reason, remedy, kind=kind if handle else "", handle=handle))

    def known(self, pair: str, part: Part | None) -> dict[str, str]:
        """Slot to check-in: those noted, and those that an earlier read saw in the file."""
        return {**(part.slots if part else {}), **self.notes.of(pair)}

    def _part(self, name: str, series: Series, old: Entry | None) -> Part:
        known = self.known(series.pair, old.parts.get(series.pair) if old else None)
        items, part = shown(name, series, known, self.kinds, self.locale)
        self.found.items.setdefault(name, []).extend(items)
        return part

    def _settle_copies(self) -> None:
        """Of two files with one series, the copy is people's own: it is left alone, and said."""
        at: dict[str, list[str]] = {}
        for name, entry in self.found.cursor.files.items():
            for pair in entry.parts:
                at.setdefault(pair, []).append(name)
        for pair, names in at.items():
            if len(names) < 2:
                continue
            first = self._original(pair, names)
            for name in names:
                if name == first:
                    continue
                entry = self.found.cursor.files[name]
                parts = {other: part for other, part in entry.parts.items() if other != pair}
                self.found.cursor.files[name] = Entry(entry.stat, "", parts)
                kept = [
                    item for item in self.found.items.get(name, []) if item.handle.partition("/")[0] != pair
                ]
                self.found.items[name] = kept
                self._trouble(name, f"is a copy of the series in {first}; only that one is kept in agreement",
                              "Remove the copy, or give its event another UID in a calendar program.")  # fmt: skip

    def _settle_strays(self) -> None:
        """An event of ours whose UID was changed is held, not gone; where the original is still there, it is a copy."""
        entries = self.found.cursor.files
        here = _ids(self.found.cursor)
        known = (_ids(self.before) if self.before else set()) | self.notes.files.keys()
        for name, stray in self.strays:
            expected = stray.id in known or (self.before is None and stray.pair in known)
            if stray.id in here or not expected:
                continue
            entry, whole = entries[name], stray.id == stray.pair
            part = entry.parts.get(stray.pair, Part())
            part = replace(
                part, series=part.series or whole, own=part.own if whole else [*part.own, stray.id]
            )
            entries[name] = Entry(entry.stat, "", {**entry.parts, stray.pair: part})
            self.found.whole = False
            if whole:
                self.found.broken.add(stray.pair)
            where, remedy = f"{name}, line {stray.line}", f"Set it back to {self.mine.uid(stray.id)}."
            handle, kind = (stray.id, "pair") if whole else (f"{stray.pair}/{stray.id}", "checkin")
            self._trouble(where, "the UID of the event was changed", remedy, handle, kind)

    def _original(self, pair: str, names: list[str]) -> str:
        noted = self.notes.files.get(pair)
        if noted in names:
            return noted
        before = [
            name
            for name in names
            if self.before and name in self.before.files and pair in self.before.files[name].parts
        ]
        return min(before or names, key=lambda name: (len(name), name))


def shown(
    name: str, series: Series, known: Mapping[str, str], kinds: Mapping[str, Kind], locale: Locale
) -> tuple[list[Item], Part]:
    """A pair's part of the file `name`: as items, and as the cursor keeps it. `known`: slot to check-in id."""
    items: list[Item] = []
    uids, asleep = told(series)
    part = Part(series.master is not None and not series.removed, uids=uids, asleep=asleep)
    if part.series and "pair" in kinds:
        items.append(Item("pair", series.pair, series.pair, pair_fields(series, kinds["pair"], locale), name))
    for meeting in meetings(series, kinds["checkin"], locale, known) if "checkin" in kinds else ():
        starts = meeting.fields.get("starts") or meeting.slot
        where = f"{name}, {_shown_time(starts, locale)}" if isinstance(starts, str) else name
        items.append(Item("checkin", meeting.id, f"{series.pair}/{meeting.id}", meeting.fields, where))
        if meeting.slot is None:
            part.own.append(meeting.id)
        else:
            part.slots[meeting.slot] = meeting.id
    return items, part


def _may_be_ours(data: bytes) -> bool:
    unfolded = data.replace(b"\r\n ", b"").replace(b"\n ", b"")
    return any(sign in unfolded for sign in _OURS)


def _ids(cursor: Cursor) -> set[str]:
    """Every pair and check-in that has an event of its own in some file."""
    parts = [(pair, part) for entry in cursor.files.values() for pair, part in entry.parts.items()]
    return {id for pair, part in parts for id in (*part.own, *([pair] if part.series else []))}


def _shown_time(starts: str, locale: Locale) -> str:
    try:
        return show_instant(starts, locale.zone)
    except OverflowError:  # the last hours of the calendar, in a zone east of UTC
        return starts


def _why(error: Exception) -> tuple[str, str]:
    if isinstance(error, disk.TooLarge):
        return (
            f"is larger than {disk.LARGEST // 2**20} MB",
            "Move what is not the series into another calendar.",
        )
    if isinstance(error, disk.Changed):
        return "was being written while it was read", "The next run reads it."
    return f"can't be read: {getattr(error, 'strerror', None) or error}", "Check that you may read the file."
