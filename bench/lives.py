"""Seeded lives: how many, how fast, and whether any of them broke a promise."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from bench.targets import Verdict
from syncengine.testing.plugged import plugged
from syncengine.testing.script import MEMORY, Tally, World, live_all


def measure(
    in_memory: int, together: int, jobs: int, say: Callable[[str], None]
) -> tuple[list[list[str]], Sequence[Verdict]]:
    """Live that many lives of either kind; returns the table's rows, and a verdict for each kind.

    `say` is told of each life that goes wrong, with the command that replays it.
    """
    from tests.simulation.together import HOURS, WORLD  # the other parts of the bench need no sandboxes

    wanted: list[tuple[str, World, int]] = [
        ("on tools in memory", MEMORY, in_memory),
        (f"on all tools, {HOURS} busy hours", WORLD, together),
    ]
    rows, verdicts = [], []
    for name, world, number in wanted:
        if number:
            with plugged():
                tally = live_all(world, range(number), jobs, say)
            rows.append(_row(name, tally, jobs))
            verdicts.append(
                Verdict(f"{number:,} lives {name} that break a promise", len(tally.wrong), 0, "lives")
            )
    return rows, verdicts


def _row(name: str, tally: Tally, jobs: int) -> list[str]:
    rate = tally.lives / tally.seconds
    return [name, str(tally.lives), str(len(tally.wrong)), f"{rate:.2f}", str(min(jobs, os.cpu_count() or 1))]
