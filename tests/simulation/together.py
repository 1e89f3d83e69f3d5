"""Lives on every tool at once: Notion, Sheets, Google Calendar, Markdown, a workbook and iCalendar, and a pair's own vault.

    python -m tests.simulation.together --seeds 0-99
    python -m tests.simulation.together --replay 17

A script is of the language of `syncengine.testing.script`. Its people do things hour by hour, over three months; every hour
in which something happened ends with a sync. `MENTORSYNC_HOURS` says how many such hours a life has (8 of them).
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from syncengine.testing.life import Life, Say
from syncengine.testing.script import Script, World, main
from tests.simulation.acts import Together
from tests.simulation.beginning import begun
from tests.simulation.stage import TOOLS

HOURS = int(os.environ.get("MENTORSYNC_HOURS", "8"))
DAYS = 91
WEIGHTS: Mapping[str, int] = {
    "add": 5, "edit": 8, "typo": 4, "contradict": 3, "pair": 3, "meeting": 5, "reschedule": 4, "skip": 2, "remove": 2,
    "copy": 1, "restamp": 1, "move": 1, "sort": 2, "rename_column": 2, "drop_column": 1, "mend_columns": 1, "answer": 2,
    "members": 1, "holiday": 1, "storm": 2, "away": 1, "die": 1, "stop_meeting": 1, "guest": 1, "split": 1, "own_event": 1, "dissolve": 1,
}  # fmt: skip


def script(seed: int, hours: int = HOURS) -> Script:
    """Three months of a seed: `hours` in which something happens."""
    dice, numbers = random.Random(seed), 10**6
    words = [word for word, weight in WEIGHTS.items() for _ in range(weight)]
    steps = []
    for _ in range(hours):
        for _ in range(dice.choice((1, 1, 2, 2, 3, 5))):
            steps.append(
                (
                    dice.choice(words),
                    dice.randrange(numbers),
                    dice.randrange(numbers),
                    dice.randrange(numbers),
                )
            )
        gap = max(1, round(dice.expovariate(hours / (DAYS * 24))))
        steps.append(("hour", gap, dice.randrange(numbers), 0))
    return Script(TOOLS, "own" if dice.random() < 0.7 else None, tuple(steps))


@contextmanager
def begin(folder: str, script: Script, say: Say, *, sockets: bool = False) -> Iterator[Life]:
    """The people and pairs that a program starts with, everywhere; then the pair's own vault."""
    own = script.own is not None
    with begun(folder, script.abilities, own=own, sockets=sockets) as (stage, team):
        yield Together(stage, team, say)


ONCE_WRONG: tuple[Script, ...] = (
    # A series taken away in one calendar: the other told that the pair was paused, and until "ended:-".
    Script(
        ("sheets", "gcal", "ical"), None, (("stop_meeting", 1, 0, 0), ("hour", 24, 0, 0), ("hour", 24, 0, 0))
    ),
)
"""Lives that once broke a promise, cut short; they are kept so that none of it comes back."""

WORLD = World("python -m tests.simulation.together", script, begin)

if __name__ == "__main__":
    from tests.simulation import together  # under its own name, so that other processes find it

    sys.exit(main(together.WORLD))
