"""One run at a time per program (design rule 14), by a lock of the operating system's that dies with its process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from syncengine.errors import FULL, AccessError, RunInProgress, told


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the program's lock; raises `RunInProgress` when another run has it."""
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout:
        raise RunInProgress(
            "another sync of this program is running", remedy="Wait until it has finished, then run again."
        ) from None
    except OSError as error:
        if error.errno in FULL:
            raise told(error) from error
        raise AccessError(
            f"the lock can't be taken: {error.strerror}", where=path, remedy="Check the rights of the folder."
        ) from error
    try:
        yield
    finally:
        lock.release()
