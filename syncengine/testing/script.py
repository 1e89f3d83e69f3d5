"""A program's life, as a script of small steps: people, faults and syncs in any order, from a seed.

    script = Script.random(seed=17)
    wrong = play(script)               # [] when every promise of the design held
    short = shrink(script)             # the fewest steps that still break one

Every step is a word and three numbers, read against what is there when its turn comes; so any part of a script is a
script, which makes shrinking simple and replay exact. `python -m syncengine.testing.script --help` runs many seeds.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

from syncengine.testing.life import ABILITIES, STEPS, Life, Step
from syncengine.testing.plugged import plugged

WEIGHTS: Mapping[str, int] = {
    "add": 4,
    "edit": 6,
    "sync": 6,
    "contradict": 2,
    "die": 2,
    "members": 1,
    "drop_column": 1,
}
"""How often a step comes, against 1 of any other."""


@dataclass(frozen=True)
class Script:
    """One life: what the tools can do, and every step."""

    abilities: tuple[str, ...]
    own: str | None
    steps: tuple[Step, ...]

    @classmethod
    def random(cls, seed: int, length: int = 40) -> Script:
        """The life of a seed."""
        dice = random.Random(seed)  # noqa: S311
        names = sorted(ABILITIES)
        words = [word for word in STEPS for _ in range(WEIGHTS.get(word, 1))]
        abilities = tuple(dice.choice(names) for _ in range(dice.randint(2, 4)))
        own = dice.choice(names) if dice.random() < 0.5 else None
        numbers = 10**6
        steps = tuple(
            (dice.choice(words), dice.randrange(numbers), dice.randrange(numbers), dice.randrange(numbers))
            for _ in range(dice.randint(1, length))
        )
        return cls(abilities, own, steps)


def play(script: Script, say: Callable[[str], None] = lambda _line: None) -> list[str]:
    """Live the script; returns what is wrong, in words."""
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        life = Life(folder, script.abilities, script.own, say)
        try:
            for step in script.steps:
                life.act(step)
            return life.end()
        except AssertionError as wrong:
            return [str(wrong)]


def shrink(script: Script, wrong: Callable[[Script], bool] = lambda script: bool(play(script))) -> Script:
    """The script with every step left out that it goes wrong without (ddmin, from halves down to single steps)."""
    size = max(1, len(script.steps) // 2)
    while True:
        at, shorter = 0, script
        while at < len(shorter.steps):
            without = replace(shorter, steps=shorter.steps[:at] + shorter.steps[at + size :])
            if wrong(without):
                shorter = without
            else:
                at += size
        if size == 1 and shorter == script:
            return script
        script, size = shorter, max(1, size // 2)


def _main() -> int:
    """Run many seeds on all cores; print those that go wrong, and the rate. `--replay SEED` tells one, cut short."""
    parser = argparse.ArgumentParser(prog="python -m syncengine.testing.script", description=_main.__doc__)
    parser.add_argument("--seeds", default="0-99", help="first-last")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="SEED")
    said = parser.parse_args()
    with plugged():
        if said.replay is not None:
            return _replay(said.replay)
        first, last = map(int, said.seeds.split("-"))
        seeds, begun, bad = range(first, last + 1), time.perf_counter(), 0
        with ProcessPoolExecutor(said.jobs, initializer=_quiet) as pool:
            for seed, wrong in zip(seeds, pool.map(_wrong, seeds, chunksize=8), strict=True):
                if wrong:
                    bad += 1
                    print(f"seed {seed}: {wrong[0][:300]}", flush=True)  # noqa: T201
    seconds = time.perf_counter() - begun
    print(f"{len(seeds)} lives, {bad} wrong, {len(seeds) / seconds:.1f} a second")  # noqa: T201
    return bool(bad)


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


def _wrong(seed: int) -> list[str]:
    return play(Script.random(seed))


def _replay(seed: int) -> int:
    _quiet()
    script = Script.random(seed)
    wrong = play(script)
    if wrong:
        script = shrink(script)
    print(script)  # noqa: T201
    wrong = play(script, print)
    print("\n".join(wrong) or "nothing is wrong")  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(_main())
