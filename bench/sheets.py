"""A vault and a Google spreadsheet of the same goals: requests counted by the stand-in, beside the least that there can be.

The stand-in runs in a process of its own, so that neither its CPU nor its memory is taken for ours. Its answers come at
once: the times are what mentorsync itself takes, and a vdirsyncer of the same work on two folders is measured beside it.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from bench import goals
from bench.contestants import Mentorsync, Vdirsyncer, found
from bench.process import Spent, middle
from bench.tables import table
from bench.targets import Verdict

BYTES = 1_600_000
"""Of cells in one batch, see `syncengine_sheets.pushing`; a first sync takes as many batches as its cells need."""
STEPS = ("first sync", "right after it", "no-op", "1 % + 1 % changed", "the no-op after that")
PEER = "vdirsyncer"

Figures = dict[tuple[str, int, str], list[Spent]]


@dataclass
class Remote:
    """The stand-in, in its own process."""

    pipe: Connection
    address: str

    def ask(self, what: str) -> int:
        """`calls`: how many requests there were so far; `change`: 1 % of the goals make progress in the spreadsheet."""
        self.pipe.send(what)
        answer: int = self.pipe.recv()
        return answer


@contextmanager
def remote() -> Iterator[Remote]:
    """Started and stopped."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    process.start()
    try:
        yield Remote(here, here.recv())
    finally:
        here.send("end")
        process.join()


def serve(pipe: Connection) -> None:
    """The other process: a sandbox that does as it is told."""
    from syncengine_sheets.sandbox import Sandbox

    with Sandbox() as box:
        pipe.send(box.address)
        while (what := pipe.recv()) != "end":
            if what == "change":
                _change(box)
            pipe.send(len(box.log))


def _change(box: Any) -> None:
    [sheet] = box.files.values()
    hands = box.hands(sheet, "Goals")
    column = hands.column("Percent")
    for row in range(50, hands.below(), 100):
        hands.type(row, column, "98%")


class WithSheet(Mentorsync):
    """A vault A and a spreadsheet B."""

    remote: Remote

    def config(self) -> str:
        os.environ["MENTORSYNC_BENCH_TOKEN"] = "any"
        return (
            '[program]\nname = "Bench"\ntemplate = "light"\nzone = "Europe/Berlin"\n\n'
            '[[replica]]\nname = "A"\nconnector = "markdown"\npath = "A"\n\n'
            '[[replica]]\nname = "B"\nconnector = "sheets"\ncredentials = "token:env:MENTORSYNC_BENCH_TOKEN"\n'
            f'api_endpoint = "{self.remote.address}"\n'
        )

    def check(self) -> None:
        """What was changed in the spreadsheet arrived in the vault."""
        said = [os.path.join(self.a, name) for name in os.listdir(self.a)]
        arrived = 0
        for path in said:
            with open(path, encoding="utf-8") as handle:
                arrived += f"{self.before}98" in handle.read()
        assert arrived >= self.count // 100, f"{arrived} changes of the spreadsheet arrived"


def measure(
    root: str, sizes: tuple[int, int], runs: int, say: Callable[[str], None]
) -> tuple[str, list[Verdict]]:
    """Tables for people, and whether what must hold does. `sizes`: the first is measured beside vdirsyncer, and most often."""
    figures: Figures = defaultdict(list)
    calls: dict[tuple[int, str], int] = {}
    for size, times in ((sizes[0], runs), (sizes[1], 1)):
        for number in range(times):
            say(f"{size:,} rows, round {number + 1} of {times}: spreadsheet")
            _round(os.path.join(root, "round"), size, figures, calls)
            if found(Vdirsyncer.program) and size == sizes[0]:
                say(f"{size:,} goals, round {number + 1} of {times}: {PEER}")
                _peer(os.path.join(root, "round"), size, figures)
    shown = [_table(figures, calls, size) for size in sizes]
    return "\n\n".join(shown), list(_verdicts(figures, calls, sizes))


def _round(folder: str, size: int, figures: Figures, calls: dict[tuple[int, str], int]) -> None:
    with remote() as there:
        one = WithSheet(folder, size)
        one.remote = there
        one.prepare()
        for step in STEPS:
            if "changed" in step:
                goals.change(one.a, size, one.ending, one.before, one.before, 0)
                there.ask("change")
            before = there.ask("calls")
            figures["sheets", size, step].append(one.sync())
            calls[size, step] = there.ask("calls") - before
        one.check()
        shutil.rmtree(folder)


def _peer(folder: str, size: int, figures: Figures) -> None:
    one = Vdirsyncer(folder, size)
    one.prepare()
    for step in STEPS[:4]:
        if "changed" in step:
            one.change()
        figures[PEER, size, step].append(one.sync())
    shutil.rmtree(folder)


def _least(figures: Figures, size: int, step: str) -> str:
    return (
        "1"
        if "no-op" in step or "after" in step
        else "3"
        if "changed" in step
        else "4, a batch more for each 1.6 MB"
    )


def _table(figures: Figures, calls: dict[tuple[int, str], int], size: int) -> str:
    rows = []
    for step in STEPS:
        ours, theirs = middle(figures["sheets", size, step]), figures.get((PEER, size, step))
        rows.append(
            [
                step,
                str(ours),
                str(middle(theirs)) if theirs else "",
                str(calls[size, step]),
                _least(figures, size, step),
            ]
        )
    return table([f"Google Sheets, {size:,} rows", "mentorsync", PEER, "calls", "least possible"], rows)


def _verdicts(
    figures: Figures, calls: dict[tuple[int, str], int], sizes: tuple[int, int]
) -> Iterator[Verdict]:
    size, large = sizes
    yield Verdict("Sheets: calls of a no-op", calls[size, STEPS[2]], 1, "")
    yield Verdict("Sheets: calls of 1 % + 1 % changed", calls[size, STEPS[3]], 4, "")
    for step in STEPS[2:4]:
        if (PEER, size, step) in figures:
            ours, theirs = middle(figures["sheets", size, step]), middle(figures[PEER, size, step])
            what = f"Sheets: {step}, {size:,} rows, against {PEER}"
            yield Verdict(what, ours.wall / theirs.wall, 0.25, cpu=ours.cpu / theirs.cpu)
    peak = {one: max(middle(figures["sheets", one, step]).peak for step in STEPS) for one in sizes}
    yield Verdict(f"Sheets: peak memory, {large:,} rows", peak[large], 300, "MiB")
