"""What lies in the vault's folders, by name and stat; compared with the last time at the cost of a scan.

The cursor is one JSON blob: for each folder, columns of names, times, sizes, inodes, digests and ids. An untouched
folder is told by comparing two dictionaries, and at a glance a touched one by its first note that differs. Imports
nothing of the model: a run that finds nothing changed loads no more than this.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from syncengine.errors import AccessError, Unavailable

VERSION = 1
UNSETTLED = -1
"""In place of a time: read the file again next time, whatever its stat says."""
TEMPORARY = (".mentorsync-", ".tmp")
ROOMY = 25_000_000  # 25 ms: more than two ticks of any kernel's file times (10 ms on the slowest Linux)
_WHOLE_SECONDS = 2_000_000_000  # FAT keeps two
_JSON = (1 << 63) - 1  # the largest number that it holds


class File(NamedTuple):
    """One note as it was last read or written."""

    mtime: int
    """Nanoseconds, or `UNSETTLED`."""
    size: int
    inode: int
    digest: int | None
    """`None`: it could not be read."""
    id: str | None


Seen = tuple[int, int, int]
"""What a stat tells of a file: mtime, size, inode."""


@dataclass(slots=True)
class Folder:
    """What a scan found in one folder."""

    folders: list[str] = field(default_factory=list)
    notes: dict[str, Seen] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)
    """Names of notes that can't be used: not text, or not downloaded from a cloud."""
    leftovers: list[str] = field(default_factory=list)
    """Our own temporary files from a run that died."""


class Shelf:
    """One folder of the vault as this replica knows it.

    Kept as a few dictionaries by name, not as a `File` each: most of them are only ever compared, all at once.
    """

    __slots__ = ("_columns", "_digests", "_ids", "_notes", "folders", "unsettled")

    def __init__(self, folders: list[str]) -> None:
        self.folders = folders
        self.unsettled: set[str] = set()
        """The names of those to be read again, whatever their stat says."""
        self._notes: dict[str, Seen] = {}
        self._digests: dict[str, int | None] = {}
        self._ids: dict[str, str | None] = {}
        self._columns: Sequence[Any] | None = None

    @classmethod
    def unpacked(cls, folders: list[str], columns: Sequence[list[Any]]) -> Shelf:
        """From names, mtimes, sizes, inodes, digests, ids."""
        shelf = cls(folders)
        names, mtimes, sizes, inodes, digests, ids = columns
        shelf._notes = dict(zip(names, zip(mtimes, sizes, inodes, strict=True), strict=True))
        shelf._digests = dict(zip(names, digests, strict=True))
        shelf._ids = dict(zip(names, ids, strict=True))
        shelf._columns = columns
        if UNSETTLED in mtimes:
            shelf.unsettled = {name for name, seen in shelf._notes.items() if seen[0] == UNSETTLED}
        return shelf

    def columns(self) -> Sequence[Any]:
        """What `unpacked` takes, sorted by name."""
        if self._columns is None:
            names = sorted(self._notes)
            seen = [self._notes[name] for name in names]
            rows = zip(*seen, strict=True) if seen else ((), (), ())
            self._columns = [names, *rows, [self._digests[n] for n in names], [self._ids[n] for n in names]]
        return self._columns

    def kept(self, folder: Folder) -> tuple[Shelf, list[str]]:
        """A shelf with those notes of `folder` that are as they were here, and the names of the others."""
        shelf = Shelf(folder.folders)
        known = self._notes
        other = [name for name, seen in folder.notes.items() if known.get(name) != seen]
        missing = [name for name in known if name not in folder.notes]
        shelf._notes, shelf._digests, shelf._ids = known.copy(), self._digests.copy(), self._ids.copy()
        for name in (*other, *missing):
            shelf.drop(name)
        return shelf, other

    def same(self, folder: Folder) -> bool:
        """Whether `folder` is exactly as it was left."""
        return self.folders == folder.folders and not folder.odd and self._notes == folder.notes

    def get(self, name: str) -> File | None:
        """The note called `name`."""
        seen = self._notes.get(name)
        return File(*seen, self._digests[name], self._ids[name]) if seen else None

    def put(self, name: str, file: File) -> None:
        """The note called `name` is this from now on."""
        self._columns = None
        self._notes[name], self._digests[name], self._ids[name] = file[:3], file.digest, file.id
        if file.mtime == UNSETTLED:
            self.unsettled.add(name)
        else:
            self.unsettled.discard(name)

    def drop(self, name: str) -> bool:
        """There is no such note any more; says whether there was."""
        self._columns = None
        self.unsettled.discard(name)
        self._digests.pop(name, None)
        self._ids.pop(name, None)
        return self._notes.pop(name, None) is not None

    def ids(self) -> Mapping[str, str | None]:
        """Each note's name and the record id that it carries."""
        return self._ids

    def notes(self) -> Mapping[str, Seen]:
        """Each note's name and what was seen of it."""
        return self._notes


@dataclass(slots=True)
class Past:
    """What a cursor remembers."""

    kinds: dict[str, str]
    """Kind to folder."""
    marker: list[int] | None
    former: dict[str, str]
    """Paths from which notes were renamed, to their ids: links in other notes may still lead there."""
    shelves: dict[str, Shelf | None]
    """Folder to what was in it; `None`: there was no such folder."""


class Differs(Exception):
    """The scan has come upon something that is not as it was expected to be."""


def scan(
    root: str, tops: Iterable[str], expected: Mapping[str, Shelf | None] | None = None
) -> dict[str, Folder | None]:
    """All folders at and below `tops` (relative to `root`); `None` for a top that isn't there.

    With `expected` it ends at the first note that is not as it was left, and raises `Differs`.

    Raises `AccessError` for one that can't be read, `Unavailable` for one that goes away meanwhile: nothing that was
    not seen is ever taken for gone (design rule 4).
    """
    if not os.path.isdir(root):
        raise Unavailable(
            "the folder is not there", where=root, remedy="Connect the drive it is on, or mend `path`."
        )
    found: dict[str, Folder | None] = {}
    wanted = set(tops)
    todo = sorted(wanted, reverse=True)
    while todo:
        place = todo.pop()
        if place in found:
            continue
        shelf = expected.get(place) if expected is not None else None
        known = None if expected is None else shelf.notes() if shelf else {}
        folder = found[place] = _read_folder(root, place, place in wanted, known)
        if folder:
            todo.extend(f"{place}/{name}" for name in folder.folders)
    return found


def _read_folder(
    root: str, place: str, may_be_missing: bool, known: Mapping[str, Seen] | None
) -> Folder | None:
    path = os.path.join(root, place)
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return None  # a file, or a link, which is not followed
        return _entries(path, known)
    except FileNotFoundError:
        if may_be_missing:
            return None
        raise Unavailable(
            "a folder went away while it was read", where=place, remedy="Run it again."
        ) from None
    except OSError as problem:
        raise AccessError(f"the folder can't be read: {problem.strerror}", where=path,
                          remedy="Give yourself the right to read it, then run it again.") from problem  # fmt: skip


def _entries(path: str, known: Mapping[str, Seen] | None) -> Folder:
    folder = Folder()
    notes = folder.notes
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                _hidden(name, folder)
            elif name[-3:] in (".md", ".MD", ".Md", ".mD"):
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not (stat.S_ISREG(found.st_mode) and name.isascii()) and not _note(entry, found, folder):
                    continue
                seen = found.st_mtime_ns, found.st_size, found.st_ino & _JSON
                if known is not None and known.get(name) != seen:
                    raise Differs(name)
                notes[name] = seen
            elif entry.is_dir(follow_symlinks=False):
                folder.folders.append(name)
    folder.folders.sort()
    return folder


def _hidden(name: str, folder: Folder) -> None:
    if name.startswith(TEMPORARY[0]) and name.endswith(TEMPORARY[1]):
        folder.leftovers.append(name)
    elif name.endswith(".md.icloud"):  # iCloud's stand-in for a note that it keeps to itself for now
        folder.odd.append(name)


def _note(entry: os.DirEntry[str], found: os.stat_result, folder: Folder) -> bool:
    """Whether it is a note that can be used; what else it is goes into `folder`."""
    if stat.S_ISDIR(found.st_mode):
        folder.folders.append(entry.name)
    elif stat.S_ISREG(found.st_mode):
        if _is_text(entry.name):
            return True
        folder.odd.append(entry.name)
    return False


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def inode_of(found: os.stat_result) -> int:
    """The file's number, as far as JSON holds it (some file systems have 128 bits)."""
    return found.st_ino & _JSON


def settled(mtime: int, seen: int) -> bool:
    """Whether a file with `mtime`, looked at at `seen` (ns), would show a later change by another time."""
    return mtime < seen - (ROOMY if mtime % 1_000_000_000 else _WHOLE_SECONDS)


def paths(shelves: Mapping[str, Shelf | None]) -> Iterator[tuple[str, str, File]]:
    """Folder, path and file of every note, in the order of folders and names."""
    for place, shelf in shelves.items():
        for name in sorted(shelf.notes()) if shelf else ():
            file = shelf.get(name) if shelf else None
            if file:
                yield place, f"{place}/{name}", file


def stamp(path: str) -> list[int] | None:
    """What tells whether a single file is still the same; `None` where there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return [found.st_mtime_ns, found.st_size, inode_of(found)]


def pack(past: Past) -> bytes:
    """The cursor."""
    folders = {
        place: None if shelf is None else [shelf.folders, *shelf.columns()]
        for place, shelf in past.shelves.items()
    }
    head = {"version": VERSION, "kinds": past.kinds, "marker": past.marker, "former": past.former}
    return orjson.dumps({**head, "folders": folders})


def unpack(cursor: bytes | None) -> Past | None:
    """What `pack` was given; `None` for no cursor, or one of another version."""
    if cursor is None:
        return None
    try:
        data = orjson.loads(cursor)
        if data["version"] != VERSION:
            return None
        shelves = {
            place: None if rows is None else Shelf.unpacked(rows[0], rows[1:])
            for place, rows in data["folders"].items()
        }
        return Past(data["kinds"], data["marker"], data["former"], shelves)
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def same_as(past: Past, root: str, marker: str, kinds: Collection[tuple[str, str]]) -> bool:
    """Whether a glance proves that nothing in the vault differs from `past`. False when in doubt.

    `kinds`: kind and folder, where the config names one.
    """
    if stamp(marker) != past.marker or any(past.kinds.get(kind, folder) != folder for kind, folder in kinds):
        return False
    try:
        found = scan(root, past.kinds.values(), past.shelves)
    except (Differs, AccessError, Unavailable, OSError):
        return False
    if found.keys() != past.shelves.keys():
        return False
    return all(_same(past.shelves[place], folder) for place, folder in found.items())


def _same(shelf: Shelf | None, folder: Folder | None) -> bool:
    return shelf.same(folder) if shelf and folder else shelf is None and folder is None
