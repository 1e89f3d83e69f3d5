"""Something happens to `mentorsync` at its n-th write. Python imports this by itself where this folder is on PYTHONPATH.

A write is whatever changes a disk: a file opened for writing, written, flushed, renamed, linked, removed, a folder made,
a commit of the state. Which one, and what then, is said by the environment (see `Interruption` in conftest.py):

    INTERRUPT_AT      the number of the write, from 1; 0 only counts
    INTERRUPT_BY      kill   SIGKILL, just before it
                      torn   SIGKILL half-way: half of the bytes are on the disk (before it, where it has no halves)
                      full   the disk is full from there on
                      ctrl-c SIGINT, just before it
                      wait   it goes on when the FIFO INTERRUPT_GATE has been opened by the test
    INTERRUPT_COUNT   a file that gets the name of each write that happened, a line each
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
import sqlite3
import sqlite3.dbapi2
import threading
from collections.abc import Callable
from typing import Any

AT = int(os.environ.get("INTERRUPT_AT", "0"))
BY = os.environ.get("INTERRUPT_BY", "kill")
_real_open, _real_write, _real_close = os.open, os.write, os.close
_lock = threading.Lock()
_seen = 0
_count = (
    _real_open(os.environ["INTERRUPT_COUNT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    if os.environ.get("INTERRUPT_COUNT")
    else None
)
_ROOM_NOT_NEEDED = ("os.unlink", "os.remove", "os.replace", "os.rename", "os.close")


def write_begins(name: str, tear: Callable[[], None] = lambda: None, path: object = None) -> None:
    """One write (of `path`) is about to happen; `tear` does half of it."""
    global _seen
    with _lock:
        _seen += 1
        number = _seen
        if _count is not None:
            _real_write(_count, f"{name}\n".encode())
    if BY == "full" and 0 < AT <= number and name not in _ROOM_NOT_NEEDED:
        if name == "commit":
            raise sqlite3.OperationalError("database or disk is full")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    if number != AT:
        return
    if BY == "torn":
        tear()
    if BY in ("kill", "torn"):
        os.kill(os.getpid(), signal.SIGKILL)
    elif BY == "ctrl-c":
        signal.raise_signal(signal.SIGINT)
    elif BY == "wait":
        _real_close(_real_open(os.environ["INTERRUPT_GATE"], os.O_WRONLY))  # waits for the test to come by
        _real_close(_real_open(os.environ["INTERRUPT_GATE"], os.O_RDONLY))  # … and to let it go on


def _plain(module: Any, name: str) -> None:
    real = getattr(module, name)

    def watched(*args: Any, **options: Any) -> Any:
        write_begins(f"os.{name}", path=args[0] if args else None)
        return real(*args, **options)

    setattr(module, name, watched)


def _os_open(path: Any, flags: int, *args: Any, **options: Any) -> int:
    if flags & (os.O_WRONLY | os.O_RDWR) and flags & (os.O_CREAT | os.O_TRUNC):
        write_begins("os.open", path=path)
    return _real_open(path, flags, *args, **options)


def _os_write(handle: int, data: Any) -> int:
    write_begins("os.write", lambda: _real_write(handle, bytes(data)[: len(data) // 2]))  # type: ignore[arg-type,return-value]
    return _real_write(handle, data)


_real_fsync = os.fsync


def _os_fsync(handle: int) -> None:
    def half() -> None:
        found = os.fstat(handle)
        if found.st_mode & 0o100000:  # a file, not a folder
            os.ftruncate(handle, found.st_size // 2)

    write_begins("os.fsync", half)
    _real_fsync(handle)


def _open(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
    if not isinstance(file, int) and set(mode) & set("wax+"):
        write_begins("open", path=file)
    return _real_io_open(file, mode, *args, **options)


_real_io_open = io.open


class _Watched(sqlite3.Connection):
    def commit(self) -> None:
        if not self.in_transaction:
            return
        write_begins("commit")
        super().commit()


def _connect(*args: Any, **options: Any) -> sqlite3.Connection:
    return _real_connect(*args, **{**options, "factory": _Watched})


_real_connect = sqlite3.connect

if "INTERRUPT_AT" in os.environ:
    for _name in ("rename", "replace", "link", "unlink", "remove", "mkdir", "chmod", "sync"):
        if hasattr(os, _name):
            _plain(os, _name)
    os.open, os.write, os.fsync = _os_open, _os_write, _os_fsync  # type: ignore[assignment]
    builtins.open = io.open = _open  # type: ignore[assignment]
    sqlite3.connect = sqlite3.dbapi2.connect = _connect  # type: ignore[assignment]
