"""A run over all six tools that dies at each of its I/Os, one death after the other; the next run heals each.

    python -m tests.simulation.faults.crashes                 # a day of 200 operations, every point
    python -m tests.simulation.faults.crashes --size 1        # a small day
    python -m tests.simulation.faults.crashes --setup         # the set-up of all tools
    python -m tests.simulation.faults.crashes --first         # the first sync of tools with people's records
    python -m tests.simulation.faults.crashes --only 17,120 --torn

What an I/O is, and why these are all the points there are: see `points`. A death is healed when the next run ends as one that
nothing happened to (all tools and all records the same, nothing twice, no mail twice), and the one after writes nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncengine.run import Report
from tests.simulation.faults.people import People, busy_day, goals_everywhere
from tests.simulation.faults.picture import Picture, differences, mails, picture, words
from tests.simulation.faults.points import Killed, Points, watched
from tests.simulation.faults.workplace import LONG_AGO, Moment, Workplace, workplace

HALVES = ("os.write", "os.fsync")


@dataclass(frozen=True)
class Scene:
    """A moment, what is done then, and what comes of it where nothing happens to it."""

    place: Workplace
    moment: Moment
    act: Callable[[], object]
    again: Callable[[], object]
    """What the next process does."""
    points: list[str]
    picture: Picture
    mails: Counter[tuple[str, str, str]]
    operations: int
    in_order: bool = True
    """Whether lists have to be in one order: ids that are drawn at random leave that open."""

    def strike(self, at: int, *, torn: bool = False, fresh: bool = True) -> list[str]:
        """Die at point `at`, then go on; returns what is wrong. `fresh`: ask a complete read as well."""
        self.place.back_to(self.moment)
        points = Points(at, torn=torn)
        try:
            with watched(self.place, points):
                self.act()
        except Killed:
            pass
        else:
            return [f"it has no point {at}, but {len(points.passed)}"]
        return self.healed(fresh=fresh)

    def healed(self, *, fresh: bool) -> list[str]:
        """What is wrong after the next run."""
        self.again()
        seen = self.picture, picture(self.place)
        wrong = differences(*(seen if self.in_order else map(words, seen)))
        wrong += [
            f"mail {mail}: {times} too many" for mail, times in (mails(self.place) - self.mails).items()
        ]
        wrong += [f"mail {mail}: never sent" for mail in self.mails - mails(self.place)]
        for whole in (False, True)[: 1 + fresh]:
            report = self.place.sync(fresh=whole)
            if report.writes:
                wrong.append(
                    f"the {'complete read' if whole else 'run'} after that writes {report.as_json()['replicas']}"
                )
        return [*wrong, *leftovers(self.place)]

    def torn_too(self, at: int) -> bool:
        """Whether the I/O has halves."""
        return self.points[at - 1] in HALVES


def leftovers(place: Workplace) -> list[str]:
    """Temporary files that nobody cleared away."""
    names = (str(path.relative_to(place.folder)) for path in place.folder.rglob("*") if path.is_file())
    return [
        f"left over: {name}" for name in names if "tmp" in name and not name.startswith(".mentorsync/state")
    ]


def _scene(place: Workplace, act: Callable[[], object], again: Callable[[], object] | None = None) -> Scene:
    again = again or act
    moment = place.keep()
    points = Points()
    with watched(place, points):
        done = act()
    again()  # as after a death: what only a second run brings is no difference
    return Scene(
        place,
        moment,
        act,
        again,
        points.passed,
        picture(place),
        mails(place),
        done.writes if isinstance(done, Report) else 0,
    )


@contextmanager
def day(folder: Path, size: int, begin: datetime = LONG_AGO) -> Iterator[Scene]:
    """A run after a busy day of everybody (about 50 operations for each `size`)."""
    with workplace(folder, begin) as place:
        place.setup()
        goals_everywhere(People(place), 9 * size)
        place.sync()
        busy_day(People(place), size)
        yield _scene(place, place.sync)


@contextmanager
def setting_up(folder: Path, size: int) -> Iterator[Scene]:
    """The set-up of all tools, where nothing is there yet."""
    with workplace(folder) as place:

        def set_up() -> None:
            plan = place.setup()
            assert not plan.problems, {name: str(error) for name, error in plan.problems.items()}

        yield _scene(place, set_up)


@contextmanager
def first_sync(folder: Path, size: int) -> Iterator[Scene]:
    """The first sync of tools that are set up, with records of people in three of them, some the same in two."""
    with workplace(folder) as place:
        place.setup()
        people = People(place)
        goals_everywhere(people, 3 * size)
        for n in range(size):
            people.notion.add(
                "Goals", Goal=f"G{n:02}", Person="Ada Okafor", **{"Why it matters": "seen from Notion"}
            )
            people.sheet.add(
                "goal", {"title": f"G{n + size:02}", "person": "Ada Okafor", "why": "seen from the sheet"}
            )
            people.notion.add("Goals", Goal=f"Only in Notion {n}", Person="Ben Lind")
        yield _scene(place, place.sync)


SCENES = {"day": day, "setup": setting_up, "first": first_sync}


def strikes(
    scene: Scene, points: Sequence[int], *, torn: bool | None = None, fresh: bool = True
) -> Iterator[tuple[int, bool, list[str]]]:
    """(point, whether half-way, what is wrong) of each death; `torn`: only those half-way, or none of them."""
    for at in points:
        for half in (False, True):
            if torn in (None, half) and (not half or scene.torn_too(at)):
                yield at, half, scene.strike(at, torn=half, fresh=fresh)


def _share(said: tuple[str, int, int, int, tuple[int, ...], bool]) -> tuple[list[str], int, int, int]:
    """One process's share of the points; says what is wrong as it comes. (points, operations, deaths, not healed)"""
    name, size, first, of, only, torn = said
    deaths = bad = 0
    with tempfile.TemporaryDirectory(prefix="crashes-") as folder, SCENES[name](Path(folder), size) as scene:
        points = [at for at in only if at <= len(scene.points)] or range(1, len(scene.points) + 1)
        for at, half, wrong in strikes(scene, points[first::of], torn=True if torn else None):
            deaths, bad = deaths + 1, bad + bool(wrong)
            for line in wrong:
                print(f"{at}{' (half-way)' if half else ''} {scene.points[at - 1]}: {line[:400]}", flush=True)  # noqa: T201
        return scene.points, scene.operations, deaths, bad


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults.crashes", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--size", type=int, default=4, help="how busy the day is (default: 4)")
    parser.add_argument("--setup", action="store_const", const="setup", dest="scene", default="day")
    parser.add_argument("--first", action="store_const", const="first", dest="scene")
    parser.add_argument("--only", default="", help="numbers of points, with commas between them")
    parser.add_argument("--torn", action="store_true", help="only deaths half-way through a write")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    said = parser.parse_args()
    only, begun = tuple(int(n) for n in said.only.split(",") if n), time.perf_counter()
    shares = [(said.scene, said.size, n, said.jobs, only, said.torn) for n in range(said.jobs)]
    with ProcessPoolExecutor(said.jobs) as pool:
        done = list(pool.map(_share, shares))
    (points, operations, *_), bad = done[0], sum(share[3] for share in done)
    print(f"{said.scene}: {operations} operations, {len(points)} I/Os, {sum(share[2] for share in done)} deaths, "  # noqa: T201
          f"{bad} not healed, {time.perf_counter() - begun:.0f} s")  # fmt: skip
    for what, times in sorted(Counter(points).items()):
        print(f"  {times:4} {what}")  # noqa: T201
    return bool(bad)


if __name__ == "__main__":
    sys.exit(_main())
