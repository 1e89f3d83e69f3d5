"""What a command costs before it does anything: a schedule pays it every time."""

from __future__ import annotations

import os
import sys

from bench.contestants import found
from bench.process import Spent, middle, run


def measure(root: str, runs: int) -> dict[str, Spent]:
    """Bare Python, and `mentorsync --help`, in turns."""
    log = os.path.join(root, "log.txt")
    command = found("mentorsync") or "mentorsync"
    bare: list[Spent] = []
    asked: list[Spent] = []
    for _ in range(3 * runs + 1):
        bare.append(run([sys.executable, "-c", "pass"], log))
        asked.append(run([command, "--help"], log))
    return {"python": middle(bare[1:]), "help": middle(asked[1:])}  # the first ones fill the system's cache
