"""What lies in the vault's folders, by name and stat; compared with the last time at the cost of a scan.

The cursor is one JSON blob: for each folder, columns of names, times, sizes, inodes, digests and ids. A scan compares
each note with them as it comes by it, and at a glance ends at the first that differs. Imports nothing of the model: a
run that finds nothing changed loads no more than this.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import orjson

from syncengine.errors import AccessError, Unavailable
from syncengine_markdown.shelf import File, Folder, Shelf

VERSION = 1
TEMPORARY = (".mentorsync-", ".tmp")
_ENDINGS = frozenset((".md", ".MD", ".Md", ".mD"))
_JSON = (1 << 63) - 1  # the largest number that it holds


class Past(NamedTuple):
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
    root: str, tops: Iterable[str], known: Mapping[str, Shelf | None], *, glance: bool = False
) -> dict[str, Folder | None]:
    """All folders at and below `tops` (relative to `root`), compared with `known`; `None` for a top that isn't there.

    A `glance` ends at the first note that is not as it was left, and raises `Differs`.

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
        folder = found[place] = _read_folder(root, place, place in wanted, known.get(place), glance)
        if folder:
            todo.extend(f"{place}/{name}" for name in folder.folders)
    return found


def _read_folder(
    root: str, place: str, may_be_missing: bool, shelf: Shelf | None, glance: bool
) -> Folder | None:
    path = os.path.join(root, place)
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            return None  # a file, or a link, which is not followed
        with _listed(path) as entries:
            return _compared(entries, shelf or Shelf([]), glance)
    except FileNotFoundError:
        if may_be_missing:
            return None
        raise Unavailable(
            "a folder went away while it was read", where=place, remedy="Run it again."
        ) from None
    except OSError as problem:
        raise AccessError(f"the folder can't be read: {problem.strerror}", where=path,
                          remedy="Give yourself the right to read it, then run it again.") from problem  # fmt: skip


@contextmanager
def _listed(path: str) -> Iterator[Iterator[os.DirEntry[str]]]:
    """What is in a folder. Its stats are asked of the open folder where that can be: they need not walk the path again."""
    if os.scandir not in os.supports_fd:
        with os.scandir(path) as entries:
            yield entries
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with os.scandir(handle) as entries:
            yield entries
    finally:
        os.close(handle)


def _compared(entries: Iterable[os.DirEntry[str]], shelf: Shelf, glance: bool) -> Folder:
    folder = Folder()
    at, (names, mtimes, sizes, inodes, *_) = shelf.known()
    there = bytearray(len(names))
    for entry in entries:
        name = entry.name
        if name in at:
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            place = at[name]
            if (
                found.st_mtime_ns == mtimes[place]
                and found.st_size == sizes[place]
                and found.st_ino & _JSON == inodes[place]
            ):
                there[place] = 1
                continue
        _other(entry, folder)
        if glance and folder.changed:
            raise Differs(name)
    for name in folder.changed:
        if name in at:
            there[at[name]] = 1
    folder.count = there.count(1) + sum(name not in at for name in folder.changed)
    folder.missing = [names[place] for place, seen in enumerate(there) if not seen] if 0 in there else []
    folder.folders.sort()
    return folder


def _other(entry: os.DirEntry[str], folder: Folder) -> None:
    """Take up what is not a note just as it was left."""
    name = entry.name
    if name[0] == ".":
        _hidden(name, folder)
    elif name[-3:] not in _ENDINGS:
        if entry.is_dir(follow_symlinks=False):
            folder.folders.append(name)
    else:
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if _note(entry, found, folder):
            folder.changed[name] = found.st_mtime_ns, found.st_size, inode_of(found)


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
        if entry.name.isascii() or _is_text(entry.name):
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


def paths(shelves: Mapping[str, Shelf | None]) -> Iterator[tuple[str, str, File]]:
    """Folder, path and file of every note, in the order of folders and names."""
    for place, shelf in shelves.items():
        for name in sorted(shelf.names()) if shelf else ():
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


_handed_on: dict[bytes, Past] = {}


def hand_on(cursor: bytes, past: Past) -> None:
    """The next `unpack` of this cursor need not read it: a glance has, and found a reason for a run that reads it next."""
    _handed_on.clear()
    _handed_on[cursor] = past


def unpack(cursor: bytes | None) -> Past | None:
    """What `pack` was given; `None` for no cursor, or one of another version."""
    if cursor is None:
        return None
    if cursor in _handed_on:
        return _handed_on.pop(cursor)
    try:
        data = orjson.loads(cursor)
        if data["version"] != VERSION:
            return None
        shelves = {
            place: None if rows is None else Shelf(rows[0], rows[1:])
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
        found = scan(root, past.kinds.values(), past.shelves, glance=True)
    except (Differs, AccessError, Unavailable, OSError):
        return False
    if found.keys() != past.shelves.keys():
        return False
    return all(_same(past.shelves[place], folder) for place, folder in found.items())


def _same(shelf: Shelf | None, folder: Folder | None) -> bool:
    return shelf.same(folder) if shelf and folder else shelf is None and folder is None
