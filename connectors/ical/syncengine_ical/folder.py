"""The folder on disk: what files there are, and reading and writing one without losing a byte of anybody's."""

from __future__ import annotations

import hashlib
import os
import re
import stat as modes
import tempfile
import time
import unicodedata
from contextlib import suppress
from typing import NamedTuple

from syncengine.errors import AccessError

LARGEST = 32 * 1024 * 1024
"""Bytes of a file that is still read."""

_TEMPORARY = (".mentorsync-", ".tmp")
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u2028\u2029]+')
_UNPROVEN = -1
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class Stat(NamedTuple):
    """What tells a changed file from an unchanged one without reading it."""

    mtime_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stat:
        """From what the system says."""
        return cls(found.st_mtime_ns, found.st_size, found.st_ino)

    @property
    def settled(self) -> Stat:
        """Itself, or (with no time of change) one that equals no file: a change in the same tick would not show.

        File systems count in ticks of up to 10 ms, some in whole seconds (two on FAT).
        """
        fresh = 2_000_000_000 if self.mtime_ns % 1_000_000_000 == 0 else 50_000_000
        return self if time.time_ns() - self.mtime_ns > fresh else self._replace(mtime_ns=_UNPROVEN)

    def unproven(self, now: Stat) -> bool:
        """Whether this was too fresh for its time to tell, and all else is as it is `now`: the digest tells."""
        return self == now._replace(mtime_ns=_UNPROVEN)


class Changed(Exception):
    """The file is no longer what was read."""


class TooLarge(Exception):
    """The file is larger than `LARGEST`."""


def scan(folder: str) -> tuple[dict[str, Stat], list[str]]:
    """The folder's .ics files with their stats, and the names of links, which are never followed.

    Raises `AccessError` when the folder cannot be listed: an unreadable folder is never an empty one.
    """
    files: dict[str, Stat] = {}
    links: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(".ics"):
                    continue
                found = entry.stat(follow_symlinks=False)
                if modes.S_ISLNK(found.st_mode):
                    links.append(entry.name)
                elif modes.S_ISREG(found.st_mode):
                    files[entry.name] = Stat.of(found)
    except OSError as error:
        remedy = "Check that the folder is there (a drive that is not mounted?) and that you may read it."
        raise AccessError(
            f"the calendar folder can't be read: {error.strerror}", where=folder, remedy=remedy
        ) from error
    return files, sorted(links)


def read(folder: str, name: str) -> tuple[bytes, Stat]:
    """The file's bytes and the stat they belong to; raises `OSError`, `TooLarge`, `Changed` (while it was read)."""
    handle = os.open(os.path.join(folder, name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(handle, "rb") as file:
        before = Stat.of(os.fstat(file.fileno()))
        if before.size > LARGEST:
            raise TooLarge
        data = file.read()
        if Stat.of(os.fstat(file.fileno())) != before or len(data) != before.size:
            raise Changed
    return data, before


def digest(data: bytes) -> str:
    """What two equal files have in common."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def write(folder: str, name: str, data: bytes, expected: Stat | None) -> Stat:
    """Put `data` in the file's place at once; raises `Changed` if the file is not `expected` (`None`: not there)."""
    path = os.path.join(folder, name)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=_TEMPORARY[0], suffix=_TEMPORARY[1])
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), _mode(path))
            file.flush()
            os.fsync(file.fileno())
            made = Stat.of(os.fstat(file.fileno()))
        _replace(temporary, path, expected)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return made


def clear(folder: str) -> None:
    """Remove what a run that died while it wrote has left; the lock says that no other run is writing."""
    with suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(_TEMPORARY[0]) and name.endswith(_TEMPORARY[1]):
                os.unlink(os.path.join(folder, name))


def _replace(temporary: str, path: str, expected: Stat | None) -> None:
    if _now(path) != expected:
        raise Changed
    os.replace(temporary, path)


def _mode(path: str) -> int:
    try:
        return modes.S_IMODE(os.lstat(path).st_mode)
    except FileNotFoundError:
        umask = os.umask(0)
        os.umask(umask)
        return 0o666 & ~umask


def _now(path: str) -> Stat | None:
    try:
        return Stat.of(os.lstat(path))
    except FileNotFoundError:
        return None


def free_name(folder: str, title: str, taken: set[str]) -> str:
    """A file name for a series, safe on every system; `taken`: `same_name` of those there."""
    stem = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", title))
    stem = " ".join(stem.split()).strip(". ")
    while len(stem.encode()) > 120:
        stem = stem[:-1].rstrip(". ")
    if not stem or _RESERVED.fullmatch(stem):
        stem = f"Series {stem}".strip()
    number, name = 1, f"{stem}.ics"
    while same_name(name) in taken or os.path.lexists(os.path.join(folder, name)):
        number += 1
        name = f"{stem} ({number}).ics"
    return name


def same_name(name: str) -> str:
    """What two names have in common that some system takes for one."""
    return unicodedata.normalize("NFC", name).casefold()
