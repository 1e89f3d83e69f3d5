"""Whole processes, measured from outside: what a person, or a schedule, waits and pays for."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median


class WentWrong(Exception):
    """A measured program failed; a time that ended in an error is no figure."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one process took."""

    wall: float
    """Seconds."""
    cpu: float
    """Seconds, user and system together, of the process and the children it waited for."""
    peak: float
    """Largest resident memory, in MiB. Never below that of the measuring process (some 15), which it begins as."""

    def __str__(self) -> str:
        return f"{self.wall:.2f} / {self.cpu:.2f} / {self.peak:.0f}"


def run(
    command: Sequence[str], log: str, env: Mapping[str, str] | None = None, fine: Sequence[int] = (0,)
) -> Spent:
    """Run `command` to its end. What it prints goes to the file `log`: a pipe that nobody reads would stop it.

    Raises `WentWrong` for an exit status that is not in `fine`.
    """
    with open(log, "wb") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**_environment(), **(env or {})}
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in fine:
        with open(log, encoding="utf-8", errors="replace") as said:
            last = said.read()[-1500:]
        raise WentWrong(f"{' '.join(command)} ended with {process.returncode}:\n{last}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _environment() -> dict[str, str]:
    """As on a usual machine: an installed Python program finds its bytecode, and isn't compiled again each time."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def middle(of: Sequence[Spent]) -> Spent:
    """The medians, each for itself."""
    return Spent(median(s.wall for s in of), median(s.cpu for s in of), median(s.peak for s in of))
