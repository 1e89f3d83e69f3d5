"""Whether the time of a file can be trusted to tell that nobody has changed it since it was looked at.

A file system stamps files with a clock that stands still between its ticks: two changes within one tick look alike.
"""

from __future__ import annotations

import sys
import time

ROOMY = 25_000_000
"""25 ms: more than two ticks of any kernel's file times (10 ms on the slowest Linux)."""
_WHOLE_SECONDS = 2_000_000_000  # FAT keeps two
_TICKING = (
    5  # Linux's CLOCK_REALTIME_COARSE, which Python gives no name: what its own file systems stamp files with
)


def ticking() -> int:
    """The kernel's clock for files, in ns; where it has none of its own, the usual one."""
    return time.clock_gettime_ns(_TICKING) if sys.platform == "linux" else time.time_ns()


def settled(mtime: int, seen: int, *, ticks: bool = False) -> bool:
    """Whether a file with `mtime`, looked at at `seen` (ns), would show a later change by another time.

    `ticks`: its file system is known to stamp files with the clock that `ticking` told as `seen`.
    """
    if ticks:
        return mtime < seen
    return mtime < seen - (ROOMY if mtime % 1_000_000_000 else _WHOLE_SECONDS)


def wait_beyond(mtime: int) -> None:
    """Wait until `ticking` has left `mtime` behind: a tick at the most, and never much longer than any has."""
    for _ in range(ROOMY // 1_000_000):
        if ticking() > mtime:
            return
        time.sleep(0.001)
