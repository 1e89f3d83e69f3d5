"""Something happens to `mentorsync` at its n-th write. Python imports this by itself where this folder is on PYTHONPATH.

What a write is: see `writes`. Which one, and what then, is said by the environment (see `interrupted` in test_killed.py):

    INTERRUPT_AT      the number of the write, from 1; 0 only counts
    INTERRUPT_BY      kill   SIGKILL, just before it
                      torn   SIGKILL half-way: half of the bytes are on the disk (before it, where it has no halves)
                      full   the disk is full from there on
                      ctrl-c SIGINT, just before it
                      wait   it goes on when the FIFO INTERRUPT_GATE has been opened by the test
    INTERRUPT_COUNT   a file that gets the name of each write that happened, a line each
    INTERRUPT_SLEEP   jump: who sleeps finds that the time has passed at once
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable

import writes

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


def write_begins(name: str, tear: Callable[[], object] = lambda: None, path: object = None) -> None:
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


def time_jumps() -> None:
    """`time.sleep` takes no time; `time.monotonic` and `time.time` know what was slept."""
    slept, clocks = [0.0], {name: getattr(time, name) for name in ("monotonic", "time")}

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    time.sleep = sleep
    for name, real in clocks.items():
        setattr(time, name, lambda real=real: real() + slept[0])


if os.environ.get("INTERRUPT_SLEEP") == "jump":
    time_jumps()
if "INTERRUPT_AT" in os.environ:
    writes.watch(write_begins)
