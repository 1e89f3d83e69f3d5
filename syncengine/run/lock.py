"""One run at a time per program (design rule 14), by locks that die with their process: the operating system's, and that of
a database which several machines share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from syncengine.config import Program
from syncengine.errors import FULL, AccessError, RunInProgress, told
from syncengine.store.claim import claimed

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(program: Program) -> Iterator[None]:
    """Be the only run of the program, on this machine and on all that share its state. Raises `RunInProgress`, `AccessError`."""
    with locked(program.lock_path), claimed(program.state_url):
        yield


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the program's lock; raises `RunInProgress` when another run has it."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        release = _by_flock(path) if fcntl else _by_filelock(path)
    except OSError as error:
        if error.errno in FULL:
            raise told(error) from error
        raise AccessError(
            f"the lock can't be taken: {error.strerror}", where=path, remedy="Check the rights of the folder."
        ) from error
    if release is None:
        raise RunInProgress(
            "another sync of this program is running", remedy="Wait until it has finished, then run again."
        )
    try:
        yield
    finally:
        release()


def _by_flock(path: str) -> Callable[[], None] | None:
    """Take the lock and say how to let go of it; `None`: another has it.

    What `filelock` does on POSIX, whose import costs a small run a twentieth of its time. Each knows the other's lock.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    except OSError:
        os.close(handle)
        raise
    return lambda: os.close(handle)


def _by_filelock(path: str) -> Callable[[], None] | None:
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock.release
