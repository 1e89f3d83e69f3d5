"""What lies in the vault's folders, by name and stat; compared with the last time at the cost of a scan.

The cursor is one JSON blob: for each folder, columns of names, times, sizes, inodes, digests and ids, sorted by
name, so that an untouched folder is told by comparing four lists. Imports nothing of the model: a run that finds
nothing changed loads no more than this.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from syncengine.errors import AccessError, Unavailable

VERSION = 1
UNSETTLED = -1
"""In place of a time: read the file again next time, whatever its stat says."""
TEMPORARY = (".mentorsync-", ".tmp")
_ROOMY = 50_000_000  # 50 ms: more than the tick of any kernel's file times
_WHOLE_SECONDS = 2_000_000_000  # FAT keeps two


class File(NamedTuple):
    """One note as it was last read or written."""

    mtime: int
    """Nanoseconds, or `UNSETTLED`."""
    size: int
    inode: int
    digest: int | None
    """`None`: it could not be read."""
    id: str | None


@dataclass(slots=True)
class Folder:
    """What a scan found in one folder; the columns belong together."""

    folders: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    mtimes: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    inodes: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    """Names of notes that can't be used: not text, or not downloaded from a cloud."""
    leftovers: list[str] = field(default_factory=list)
    """Our own temporary files from a run that died."""


class Shelf:
    """One folder of the vault as this replica knows it: names to files, kept as columns until one is looked at."""

    __slots__ = ("_columns", "_files", "folders")

    def __init__(self, folders: list[str], columns: list[list[Any]] | None = None) -> None:
        self.folders = folders
        self._columns = columns
        self._files: dict[str, File] | None = None if columns else {}

    @property
    def files(self) -> dict[str, File]:
        if self._files is None:
            names, *columns = self._columns or [[], [], [], [], [], []]
            self._files = {name: File(*row) for name, *row in zip(names, *columns, strict=True)}
            self._columns = None
        return self._files

    def columns(self) -> list[list[Any]]:
        """Names, mtimes, sizes, inodes, digests, ids; sorted by name."""
        if self._columns is not None:
            return self._columns
        names = sorted(self.files)
        rows = [self.files[name] for name in names]
        return [names, *([row[i] for row in rows] for i in range(5))]

    def same(self, folder: Folder) -> bool:
        """Whether `folder` is exactly as it was left."""
        if self.folders != folder.folders or folder.odd:
            return False
        names, mtimes, sizes, inodes, *_ = self.columns()
        return (names, mtimes, sizes, inodes) == (folder.names, folder.mtimes, folder.sizes, folder.inodes)


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


def scan(root: str, tops: Iterable[str]) -> dict[str, Folder | None]:
    """All folders at and below `tops` (relative to `root`); `None` for a top that isn't there.

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
        folder = found[place] = _read_folder(root, place, place in wanted)
        if folder:
            todo.extend(f"{place}/{name}" for name in folder.folders)
    return found


def _read_folder(root: str, place: str, may_be_missing: bool) -> Folder | None:
    path = os.path.join(root, place)
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return None  # a file, or a link, which is not followed
        return _entries(path)
    except FileNotFoundError:
        if may_be_missing:
            return None
        raise Unavailable(
            "a folder went away while it was read", where=place, remedy="Run it again."
        ) from None
    except OSError as problem:
        raise AccessError(f"the folder can't be read: {problem.strerror}", where=path,
                          remedy="Give yourself the right to read it, then run it again.") from problem  # fmt: skip


def _entries(path: str) -> Folder:
    folder = Folder()
    rows: list[tuple[str, os.stat_result]] = []
    with os.scandir(path) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                _hidden(name, folder)
            elif name[-3:] in (".md", ".MD", ".Md", ".mD"):
                _note(entry, folder, rows)
            elif entry.is_dir(follow_symlinks=False):
                folder.folders.append(name)
    rows.sort()
    folder.folders.sort()
    folder.names = [name for name, _ in rows]
    folder.mtimes = [found.st_mtime_ns for _, found in rows]
    folder.sizes = [found.st_size for _, found in rows]
    folder.inodes = [inode_of(found) for _, found in rows]
    return folder


def _hidden(name: str, folder: Folder) -> None:
    if name.startswith(TEMPORARY[0]) and name.endswith(TEMPORARY[1]):
        folder.leftovers.append(name)
    elif name.endswith(".md.icloud"):  # iCloud's stand-in for a note that it keeps to itself for now
        folder.odd.append(name)


def _note(entry: os.DirEntry[str], folder: Folder, rows: list[tuple[str, os.stat_result]]) -> None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISREG(found.st_mode):
        if entry.name.isascii() or _is_text(entry.name):
            rows.append((entry.name, found))
        else:
            folder.odd.append(entry.name)
    elif stat.S_ISDIR(found.st_mode):
        folder.folders.append(entry.name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def inode_of(found: os.stat_result) -> int:
    """The file's number, as far as JSON holds it (some file systems have 128 bits)."""
    return found.st_ino & ((1 << 63) - 1)


def settled(mtime: int, seen: int) -> bool:
    """Whether a file with `mtime`, looked at at `seen` (ns), would show a later change by another time."""
    return mtime < seen - (_ROOMY if mtime % 1_000_000_000 else _WHOLE_SECONDS)


def paths(shelves: Mapping[str, Shelf | None]) -> Iterator[tuple[str, str, File]]:
    """Folder, path and file of every note, in the order of folders and names."""
    for place, shelf in shelves.items():
        if shelf:
            for name, file in shelf.files.items():
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
            place: None if rows is None else Shelf(rows[0], rows[1:])
            for place, rows in data["folders"].items()
        }
        return Past(data["kinds"], data["marker"], data["former"], shelves)
    except (orjson.JSONDecodeError, KeyError, TypeError, IndexError):
        return None


def same_as(past: Past, root: str, marker: str, kinds: Collection[tuple[str, str]]) -> bool:
    """Whether a glance proves that nothing in the vault differs from `past`. False when in doubt.

    `kinds`: kind and folder, where the config names one.
    """
    if stamp(marker) != past.marker or any(past.kinds.get(kind, folder) != folder for kind, folder in kinds):
        return False
    try:
        found = scan(root, past.kinds.values())
    except (AccessError, Unavailable, OSError):
        return False
    if found.keys() != past.shelves.keys():
        return False
    return all(_same(past.shelves[place], folder) for place, folder in found.items())


def _same(shelf: Shelf | None, folder: Folder | None) -> bool:
    return shelf.same(folder) if shelf and folder else shelf is None and folder is None
