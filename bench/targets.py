"""What was promised, and whether it holds: each target as a ratio of two figures of the same run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.process import Spent, middle
from bench.rounds import STEPS, Figures

FIRST, NOTHING, CHANGED = STEPS
OURS = "mentorsync"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One target and what was measured."""

    what: str
    found: float
    limit: float
    unit: str = "×"
    cpu: float | None = None
    """The same ratio of CPU seconds, which a busy machine disturbs less."""

    @property
    def met(self) -> bool:
        return self.found <= self.limit

    def row(self) -> str:
        """A row of a Markdown table."""
        shown, limit = (f"{number:.2f} {self.unit}" for number in (self.found, self.limit))
        cpu = "" if self.cpu is None else f"{self.cpu:.2f} ×"
        return f"| {self.what} | {shown} | {cpu} | ≤ {limit} | {'met' if self.met else '**missed**'} |"


def peers(figures: Figures, size: int) -> Iterator[Verdict]:
    """The targets against other programs, for `size` goals; wall time, as a person waits it."""
    took = {key: middle(spent) for key, spent in figures.items()}

    def ratio(step: str, name: str, limit: float) -> Iterator[Verdict]:
        if (name, size, step) in took and (OURS, size, step) in took:
            ours, theirs = took[OURS, size, step], took[name, size, step]
            what = f"{step}, {size:,} goals, against {name}"
            yield Verdict(what, ours.wall / theirs.wall, limit, cpu=ours.cpu / theirs.cpu)

    yield from ratio(FIRST, "vdirsyncer", 1.0)
    yield from ratio(FIRST, "unison", 1.0)
    yield from ratio(NOTHING, "vdirsyncer", 0.25)
    yield from ratio(NOTHING, "rclone bisync", 0.2)
    yield from _beyond(took, size)
    yield from ratio(CHANGED, "vdirsyncer", 0.25)


def _beyond(took: Mapping[tuple[str, int, str], Spent], size: int) -> Iterator[Verdict]:
    """The no-op without what each program takes for two empty folders."""
    keys = [(name, count, NOTHING) for name in (OURS, "unison") for count in (size, 0)]
    if all(key in took for key in keys):
        ours, ours_empty, unison, unison_empty = (took[key] for key in keys)
        what = f"{NOTHING} beyond start-up, {size:,} goals, against unison"
        wall = (ours.wall - ours_empty.wall) / max(unison.wall - unison_empty.wall, 0.001)
        cpu = (ours.cpu - ours_empty.cpu) / max(unison.cpu - unison_empty.cpu, 0.001)
        yield Verdict(what, wall, 2.0, cpu=cpu)


def growth(figures: Figures, small: int, large: int) -> Iterator[Verdict]:
    """How time and memory grow from `small` to `large` goals."""
    took = {key: middle(spent) for key, spent in figures.items()}
    if (OURS, large, FIRST) not in took or (OURS, small, FIRST) not in took:
        return
    most = {size: max(took[OURS, size, step].peak for step in STEPS) for size in (small, large)}
    yield Verdict(f"peak memory, {large:,} goals", most[large], 300, "MiB")
    yield Verdict(f"peak memory, {large:,} goals, against {small:,}", most[large] / most[small], 3.0)
    slope = {name: (took[name, large, NOTHING].cpu - took[name, small, NOTHING].cpu) / (large - small) * 1e6
             for name in (OURS, "scan")}  # fmt: skip
    what = f"{NOTHING}: CPU for each goal more, against that of a bare directory scan"
    yield Verdict(what, slope[OURS] / max(slope["scan"], 0.001), 2.0)


def start(took: Mapping[str, Spent]) -> Verdict:
    """`--help` against Python that does nothing."""
    asked, bare = took["help"], took["python"]
    what = "`mentorsync --help` against bare Python"
    return Verdict(what, asked.wall / bare.wall, 6.0, cpu=asked.cpu / bare.cpu)


def core(seconds: Mapping[str, float]) -> Verdict:
    """The merge core."""
    return Verdict("merge core: 100,000 records, 1 % changed, CPU beyond loading", seconds["merge"], 0.5, "s")
