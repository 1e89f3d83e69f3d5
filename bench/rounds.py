"""Rounds of the same work for every contestant, one after the other, so that a busy minute is nobody's alone."""

from __future__ import annotations

import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence

from bench.contestants import Contestant, Mentorsync
from bench.process import Spent, run

STEPS = ("first sync", "no-op", "1 % + 1 % changed")
FULL = "no-op, full run"
"""Without the glance: the first sync of a day, or while a question waits for somebody."""

Figures = dict[tuple[str, int, str], list[Spent]]
"""(contestant, goals, step) to each time it was measured."""


def measure(
    root: str,
    contestants: Sequence[type[Contestant]],
    sizes: Sequence[int],
    runs: int,
    say: Callable[[str], None],
) -> Figures:
    """Every contestant at every size, `runs` times. Folders are made below `root` and removed again."""
    figures: Figures = defaultdict(list)
    for size in sizes:
        for number in range(runs):
            for kind in contestants:
                say(f"{size:,} goals, round {number + 1} of {runs}: {kind.name}")
                folder = os.path.join(root, "round")
                _round(kind(folder, size), figures)
                shutil.rmtree(folder)
            figures["scan", size, "no-op"].append(_scan(root, size))
    return figures


def _round(one: Contestant, figures: Figures) -> None:
    one.prepare()
    figures[one.name, one.count, "first sync"].append(one.sync(first=True))
    one.check()
    if not one.count:
        one.sync()  # what was written a moment ago is looked at twice; start-up is to be measured, not that
    figures[one.name, one.count, "no-op"].append(one.sync())
    if isinstance(one, Mentorsync):
        one.forget_glance()
        figures[one.name, one.count, FULL].append(one.sync())
    if one.count:
        one.change()
        figures[one.name, one.count, "1 % + 1 % changed"].append(one.sync())
        one.check()


_SCAN = """
import os, sys
for folder in sys.argv[1:]:
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat(follow_symlinks=False)
"""


def _scan(root: str, size: int) -> Spent:
    """The least that anything can do which finds out whether files have changed: a stat of each, twice over."""
    folders = [os.path.join(root, "scan", side) for side in "ab"]
    for folder in folders:
        os.makedirs(folder)
        for number in range(size):
            with open(os.path.join(folder, f"A goal with a name of usual length {number:05}.md"), "wb"):
                pass
    spent = run([sys.executable, "-I", "-S", "-c", _SCAN, *folders], os.path.join(root, "scan", "log.txt"))
    shutil.rmtree(os.path.join(root, "scan"))
    return spent
