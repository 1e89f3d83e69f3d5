"""Every write of this process, told to somebody just before it happens.

A write is whatever changes a disk: a file opened for writing, written, flushed, renamed, linked, removed, a folder made,
a commit of the state. Used by `sitecustomize` for processes of their own, and by `tests/simulation` within one.
"""

from __future__ import annotations

import builtins
import io
import os
import sqlite3
import sqlite3.dbapi2
from collections.abc import Callable
from typing import Any, Protocol

_PLAIN = ("rename", "replace", "link", "unlink", "remove", "mkdir", "chmod", "sync")
_REAL = {name: getattr(os, name) for name in (*_PLAIN, "open", "write", "fsync") if hasattr(os, name)}
_real_open, _real_connect = io.open, sqlite3.connect


class Told(Protocol):
    """Hears of a write by `name` (of `path`, where it has one); `tear` does half of it."""

    def __call__(self, name: str, tear: Callable[[], object] = ..., path: object = None) -> None: ...


def watch(told: Told) -> Callable[[], None]:
    """Tell `told` of every write from now on; whatever it raises takes the write's place. Returns how to stop."""
    for name in _PLAIN:
        if name in _REAL:
            setattr(os, name, _plain(told, name))
    os.open, os.write, os.fsync = _os_open(told), _os_write(told), _os_fsync(told)  # type: ignore[assignment]
    builtins.open = io.open = _open(told)  # type: ignore[assignment]

    class Watched(sqlite3.Connection):
        def commit(self) -> None:
            if self.in_transaction:
                told("commit")
                super().commit()

    def connect(*args: Any, **options: Any) -> sqlite3.Connection:
        return _real_connect(*args, **{**options, "factory": Watched})

    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]
    return _stop


def _stop() -> None:
    for name, real in _REAL.items():
        setattr(os, name, real)
    builtins.open = io.open = _real_open
    sqlite3.connect = sqlite3.dbapi2.connect = _real_connect


def _plain(told: Told, name: str) -> Callable[..., Any]:
    def watched(*args: Any, **options: Any) -> Any:
        told(f"os.{name}", path=args[0] if args else None)
        return _REAL[name](*args, **options)

    return watched


def _os_open(told: Told) -> Callable[..., int]:
    def opened(path: Any, flags: int, *args: Any, **options: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and flags & (os.O_CREAT | os.O_TRUNC):
            told("os.open", path=path)
        handle: int = _REAL["open"](path, flags, *args, **options)
        return handle

    return opened


def _os_write(told: Told) -> Callable[..., int]:
    def write(handle: int, data: Any) -> int:
        told("os.write", lambda: _REAL["write"](handle, bytes(data)[: len(data) // 2]))
        written: int = _REAL["write"](handle, data)
        return written

    return write


def _os_fsync(told: Told) -> Callable[[int], None]:
    def fsync(handle: int) -> None:
        def half() -> None:
            found = os.fstat(handle)
            if found.st_mode & 0o100000:  # a file, not a folder
                os.ftruncate(handle, found.st_size // 2)

        told("os.fsync", half)
        _REAL["fsync"](handle)

    return fsync


def _open(told: Told) -> Callable[..., Any]:
    def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        if not isinstance(file, int) and set(mode) & set("wax+"):
            told("open", path=file)
        return _real_open(file, mode, *args, **options)

    return opened
