"""One folder of the vault as its replica knows it: columns, as they stand in the cursor, and what is other by now.

Most notes are only ever compared with what a scan finds, so none of them is an object of its own; work beyond that is
proportional to the notes that changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

UNSETTLED = -1
"""In place of a time: read the file again next time, whatever its stat says."""


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
    """What a scan found in one folder, as far as it is not what its shelf says."""

    folders: list[str] = field(default_factory=list)
    changed: dict[str, Seen] = field(default_factory=dict)
    """The notes that are new, or not as they were left."""
    missing: list[str] = field(default_factory=list)
    """The names of notes that are not there any more."""
    count: int = 0
    """How many notes there are."""
    odd: list[str] = field(default_factory=list)
    """Names of notes that can't be used: not text, or not downloaded from a cloud."""
    leftovers: list[str] = field(default_factory=list)
    """Our own temporary files from a run that died."""


class Shelf:
    """What is known of the notes in one folder."""

    __slots__ = ("_at", "_columns", "_other", "folders", "unsettled")

    def __init__(self, folders: list[str], columns: Sequence[list[Any]] | None = None) -> None:
        """`columns`: names, mtimes, sizes, inodes, digests, ids; all of one length, else `ValueError`."""
        self.folders = folders
        self._columns = columns or [[], [], [], [], [], []]
        self._at = self._places()
        self._other: dict[str, File | None] = {}
        """What is not as the columns say; `None`: not there any more."""
        names, mtimes = self._columns[0], self._columns[1]
        if any(len(column) != len(names) for column in self._columns):
            raise ValueError("columns of different lengths")
        old = UNSETTLED in mtimes
        self.unsettled = {n for n, m in zip(names, mtimes, strict=True) if m == UNSETTLED} if old else set()
        """The names of those to be read again, whatever their stat says."""

    def _places(self) -> dict[str, int]:
        names = self._columns[0]
        return dict(zip(names, range(len(names)), strict=True))

    def columns(self) -> Sequence[list[Any]]:
        """What the constructor takes, sorted by name."""
        if self._other:
            gone = any(file is None for file in self._other.values())
            if gone or not self._other.keys() <= self._at.keys():
                self._columns = self._merged()
                self._at = self._places()
            else:
                self._columns = self._renewed()
            self._other = {}
        return self._columns

    def _renewed(self) -> Sequence[list[Any]]:
        """The columns with some notes other than before; those of a run's beginning stay as they are."""
        names, *columns = self._columns
        columns = list(map(list, columns))
        for name, file in self._other.items():
            for column, value in zip(columns, file or (), strict=True):
                column[self._at[name]] = value
        return [names, *columns]

    def _merged(self) -> Sequence[list[Any]]:
        """The columns with notes that have come or gone as well."""
        names = sorted(self.names())
        files = (file for file in map(self.get, names) if file)
        return [names, *map(list, zip(*files, strict=True))] if names else [[] for _ in self._columns]

    def known(self) -> tuple[Mapping[str, int], Sequence[list[Any]]]:
        """For a scan: each note's place in the columns, and these."""
        columns = self.columns()
        return self._at, columns

    def kept(self, folder: Folder) -> Shelf:
        """A shelf with those notes that a scan compared with this one found unchanged."""
        shelf = Shelf.__new__(Shelf)
        shelf.folders, shelf._columns, shelf._at = folder.folders, self.columns(), self._at
        other = [*folder.missing, *(name for name in folder.changed if name in self._at)]
        shelf._other = dict.fromkeys(other)
        shelf.unsettled = self.unsettled - shelf._other.keys()
        return shelf

    def same(self, folder: Folder) -> bool:
        """Whether a scan compared with this shelf found everything exactly as it was left."""
        return not (folder.changed or folder.missing or folder.odd) and self.folders == folder.folders

    def get(self, name: str) -> File | None:
        """The note called `name`."""
        if name in self._other:
            return self._other[name]
        at = self._at.get(name)
        if at is None:
            return None
        _, mtimes, sizes, inodes, digests, ids = self._columns
        return File(mtimes[at], sizes[at], inodes[at], digests[at], ids[at])

    def put(self, name: str, file: File) -> None:
        """The note called `name` is this from now on."""
        self._other[name] = file
        if file.mtime == UNSETTLED:
            self.unsettled.add(name)
        else:
            self.unsettled.discard(name)

    def drop(self, name: str) -> bool:
        """There is no such note any more; says whether there was."""
        there = name in self
        self.unsettled.discard(name)
        if name in self._at:
            self._other[name] = None
        else:
            self._other.pop(name, None)
        return there

    def __contains__(self, name: str) -> bool:
        return self._other[name] is not None if name in self._other else name in self._at

    def names(self) -> Iterator[str]:
        """Every note's name."""
        yield from (name for name in self._at if name not in self._other)
        yield from (name for name, file in self._other.items() if file)

    def ids(self) -> Mapping[str, str | None]:
        """Each note's name and the record id that it carries, sorted by name."""
        columns = self.columns()
        return dict(zip(columns[0], columns[5], strict=True))

    def lost(self, now: Shelf | None) -> list[str]:
        """The names of notes that are here and not in `now`."""
        if now is not None and now._at is self._at and not self._other:
            return [name for name, file in now._other.items() if file is None]
        return [name for name in self.names() if now is None or name not in now]
