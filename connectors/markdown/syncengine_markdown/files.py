"""Files read and written so that no crash, full disk or person at the same moment loses a word.

Written whole: a temporary file in the same folder, made durable, then put in place; a new note never replaces one
that has appeared meanwhile, and a changed one only the very file that was read.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
import sys
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from syncengine_markdown.clock import ticking
from syncengine_markdown.listing import TEMPORARY

MOST_BYTES = 5 * 1024 * 1024
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_run = os.urandom(4).hex()
_count = itertools.count()
_FEW = 32  # below this many, a file's own fsync is cheaper than asking the system to flush everything
_PATIENCE = 0.5  # seconds: a machine that takes longer has other writers, whose data is not ours to wait for


def read_whole(path: str, size: int) -> tuple[bytes, os.stat_result]:
    """The bytes of a file of about `size`, and its stat from before they were read. Raises `OSError`; follows no link."""
    handle = os.open(path, os.O_RDONLY | _NOFOLLOW)
    try:
        found = os.fstat(handle)
        data = os.read(handle, size + 1)
        if len(data) != size:
            pieces = [data]
            while pieces[-1]:
                pieces.append(os.read(handle, MOST_BYTES))
            data = b"".join(pieces)
        return data, found
    finally:
        os.close(handle)


class Temporary(NamedTuple):
    """A file written beside its target and not yet in place."""

    path: str
    handle: int
    stat: os.stat_result
    ticks: bool
    """Whether its file system is seen to stamp files with the kernel's own clock, see `clock.ticking`."""

    def now(self) -> int:
        """The time by the clock that stamps the file, as far as that is known, in ns."""
        return ticking() if self.ticks else time.time_ns()


def write_temporary(folder: str, data: bytes, mode: int | None = None) -> Temporary:
    """`data` in a new hidden file in `folder`, still open. Raises `OSError`, and leaves nothing behind then."""
    path = os.path.join(folder, f"{TEMPORARY[0]}{_run}-{next(_count)}{TEMPORARY[1]}")
    most = 0o666 if mode is None else stat.S_IMODE(mode)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, most)
    try:
        rest, began = data, ticking()
        while rest:
            rest = rest[os.write(handle, rest) :]
        found = os.fstat(handle)
        if mode is not None and most != stat.S_IMODE(found.st_mode) and hasattr(os, "fchmod"):
            os.fchmod(handle, most)
        return Temporary(path, handle, found, began <= found.st_mtime_ns <= time.time_ns())
    except BaseException:
        os.close(handle)
        remove(path)
        raise


class Settler:
    """Makes written files durable, many at a time."""

    def __init__(self) -> None:
        self._flush_all = sys.platform == "linux"  # elsewhere sync() returns before it is done

    def settle(self, temporaries: Sequence[Temporary]) -> dict[str, OSError]:
        """Flush the files to the disk and close them; path to error for those that could not be."""
        failed: dict[str, OSError] = {}
        if self._flush_all and len(temporaries) >= _FEW:
            began = time.monotonic()
            for one in temporaries:
                _attempt(one, os.close, failed)
            os.sync()  # one journal commit instead of hundreds: a third of the time
            self._flush_all = time.monotonic() - began < _PATIENCE
            return failed
        if len(temporaries) < 4:
            for one in temporaries:
                _fsync_and_close(one, failed)
            return failed
        from concurrent.futures import ThreadPoolExecutor  # rarely needed: most runs write few notes, or many

        with ThreadPoolExecutor(8) as pool:  # the journal commits what waits together
            list(pool.map(lambda one: _fsync_and_close(one, failed), temporaries))
        return failed


def _fsync_and_close(one: Temporary, failed: dict[str, OSError]) -> None:
    _attempt(one, os.fsync, failed)
    _attempt(one, os.close, failed)


def _attempt(one: Temporary, act: object, failed: dict[str, OSError]) -> None:
    try:
        act(one.handle)  # type: ignore[operator]
    except OSError as problem:
        failed[one.path] = problem


def put_new(source: str, target: str) -> None:
    """Give the file at `source` the name `target`, which must be free: raises `FileExistsError` otherwise."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError) as problem:
        if isinstance(problem, OSError) and problem.errno in (
            errno.ENOENT,
            errno.ENOSPC,
            errno.EDQUOT,
            errno.EROFS,
        ):
            raise
        move(source, target)  # no hard links here (exFAT, some network drives)
        return
    remove(source)


def move(source: str, target: str) -> None:
    """Rename, refusing a name that is taken (`FileExistsError`)."""
    if os.path.lexists(target) and not _same_file(source, target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target)
    os.rename(source, target)


def _same_file(source: str, target: str) -> bool:
    """On a file system that ignores capitals, a new spelling of a name is the same file."""
    here, there = os.lstat(source), os.lstat(target)
    same = (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
    return same and os.path.basename(target) not in os.listdir(os.path.dirname(target))


def remove(path: str) -> None:
    """Remove a file of ours; that it is gone already is fine."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def clear(folder: str) -> None:
    """Remove what a run that died while it wrote has left in `folder`."""
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            if name.startswith(TEMPORARY[0]) and name.endswith(TEMPORARY[1]):
                remove(os.path.join(folder, name))


def flush_folders(folders: Iterable[str]) -> None:
    """Make the names in `folders` durable. Raises `OSError` only for a failing disk."""
    for folder in sorted(set(folders)):
        try:
            handle = os.open(folder, os.O_RDONLY)
        except OSError:
            continue  # Windows can't open folders and needs no flush
        try:
            os.fsync(handle)
        except OSError as problem:
            if problem.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
                raise
        finally:
            os.close(handle)


def write_whole(path: str, data: bytes) -> None:
    """Replace (or make) the file at `path` as a whole, durably. Raises `OSError`."""
    folder = os.path.dirname(path)
    temporary = write_temporary(folder, data)
    try:
        failed = Settler().settle([temporary])
        for problem in failed.values():
            raise problem
        os.replace(temporary.path, path)
    except BaseException:
        remove(temporary.path)
        raise
    flush_folders([folder])


def write_once(path: str, data: bytes) -> bool:
    """Make the file at `path` unless there is one; says whether it did. Raises `OSError`."""
    folder = os.path.dirname(path)
    temporary = write_temporary(folder, data)
    try:
        for problem in Settler().settle([temporary]).values():
            raise problem
        put_new(temporary.path, path)
    except FileExistsError:
        return False
    finally:
        remove(temporary.path)
    flush_folders([folder])
    return True
