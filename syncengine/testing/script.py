"""A program's life, as a script of small steps: people, faults and syncs in any order, from a seed.

    script = Script.random(seed=17)
    wrong = play(script)               # [] when every promise of the design held
    short = shrink(script)             # the fewest steps (and tools) that still break one

Every step is a word and three numbers, read against what is there when its turn comes; so any part of a script is a
script, which makes shrinking simple and replay exact. `python -m syncengine.testing.script --help` runs many seeds.
The same language drives other worlds than that of tools in memory: see `World`.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial

from syncengine.testing.life import ABILITIES, STEPS, Life, Say, Step, in_memory
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


@dataclass(frozen=True)
class World:
    """Where lives are lived; its functions are found by their names, so that other processes can live there too."""

    command: str
    """What runs many seeds of it."""
    script: Callable[[int], Script]
    """The life of a seed."""
    begin: Callable[[str, Script, Say], AbstractContextManager[Life]]
    """In an empty folder, ready for the script's steps; open for as long as they take."""


@contextmanager
def _begin(folder: str, script: Script, say: Say) -> Iterator[Life]:
    yield in_memory(folder, script.abilities, script.own, say)


MEMORY = World("python -m syncengine.testing.script", Script.random, _begin)


def play(script: Script, say: Say = lambda _line: None, world: World = MEMORY) -> list[str]:
    """Live the script; returns what is wrong, in words."""
    with tempfile.TemporaryDirectory(prefix="life-") as folder, world.begin(folder, script, say) as life:
        try:
            for step in script.steps:
                life.act(step)
            return life.end()
        except AssertionError as wrong:
            return [str(wrong)]


def shrink(script: Script, wrong: Callable[[Script], bool] = lambda script: bool(play(script))) -> Script:
    """The script with every step and tool left out that it goes wrong without (ddmin, from halves down to single steps)."""
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
            return _fewer_tools(script, wrong)
        script, size = shorter, max(1, size // 2)


def _fewer_tools(script: Script, wrong: Callable[[Script], bool]) -> Script:
    if script.own is not None and wrong(without := replace(script, own=None)):
        script = without
    for at in reversed(range(len(script.abilities))):
        without = replace(script, abilities=script.abilities[:at] + script.abilities[at + 1 :])
        if len(script.abilities) > 1 and wrong(without):
            script = without
    return script


@dataclass(frozen=True)
class Tally:
    """What became of many lives."""

    lives: int
    wrong: Mapping[int, list[str]]
    """Seed to what is wrong in its life."""
    seconds: float

    def __str__(self) -> str:
        rate = self.lives / self.seconds
        return f"{self.lives} lives, {len(self.wrong)} wrong, {rate:.2f} a second ({self.seconds:.0f} s)"


def live_all(world: World, seeds: range, jobs: int, say: Say) -> Tally:
    """Live the lives of many seeds, in `jobs` processes; `say` is told of each that goes wrong, as it does."""
    begun, bad = time.perf_counter(), {}
    with ProcessPoolExecutor(jobs, initializer=_quiet) as pool:
        for seed, wrong in zip(seeds, pool.map(partial(_wrong, world), seeds, chunksize=4), strict=True):
            if wrong:
                bad[seed] = wrong
                say(f"seed {seed}: {wrong[0][:300]}  [{world.command} --replay {seed}]")
    return Tally(len(seeds), bad, time.perf_counter() - begun)


def main(world: World = MEMORY) -> int:
    """Run many seeds on all cores; print those that go wrong, and the rate. `--replay SEED` tells one, cut short."""
    parser = argparse.ArgumentParser(prog=world.command, description=main.__doc__)
    parser.add_argument("--seeds", default="0-99", help="first-last")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--replay", type=int, metavar="SEED")
    parser.add_argument("--whole", action="store_true", help="replay without cutting the life short")
    said = parser.parse_args()
    with plugged():
        if said.replay is not None:
            return _replay(world, said.replay, whole=said.whole)
        first, last = map(int, said.seeds.split("-"))
        tally = live_all(world, range(first, last + 1), said.jobs, partial(print, flush=True))
    print(tally)  # noqa: T201
    return bool(tally.wrong)


def _quiet() -> None:
    logging.disable(logging.CRITICAL)


def _wrong(world: World, seed: int) -> list[str]:
    try:
        return play(world.script(seed), world=world)
    except Exception as error:  # it is the seed that has to be told, and the others go on
        return [f"{type(error).__name__}: {error}"]


def _replay(world: World, seed: int, *, whole: bool) -> int:
    _quiet()
    script = world.script(seed)

    def breaks(script: Script) -> bool:
        try:
            return bool(play(script, world=world))
        except Exception:
            return True

    if not whole and breaks(script):
        script = shrink(script, breaks)
    print(script)  # noqa: T201
    wrong = play(script, print, world)
    print("\n".join(wrong) or "nothing is wrong")  # noqa: T201
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
