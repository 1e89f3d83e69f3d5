"""What happens where a fault meets a step of a run or a set-up, tool by tool: a table without a hole.

    python -m tests.simulation.faults.matrix              # every cell
    python -m tests.simulation.faults.matrix --tool gcal
    python -m tests.simulation.faults.matrix --write docs/faults.md      # every cell, as a page

Each cell is a run (or a set-up) of the whole program on all six tools in which one fault strikes one kind of request (or
file) of one tool, until it is over. Asked of each: it ends by itself with a status that the docs name; where it is not at
peace, a warning names the tool and says what to do; the other tools are synced all the same; and when the fault is over,
runs bring back what an undisturbed one makes but for the order of lists, which is that of their coming, nothing lost and
nothing twice, no mail twice or left out. A cell that can't be says why.
"""

from __future__ import annotations

import argparse
import errno
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

from syncengine.testing.shortcut import without_sockets
from tests.simulation.faults.answers import ON_THE_WIRE, faults_of
from tests.simulation.faults.crashes import day, setting_up
from tests.simulation.faults.judge import Cell, Judge
from tests.simulation.faults.page import page
from tests.simulation.faults.steps import NO_STEP, STEPS
from tests.simulation.faults.strikes import (
    PLACES,
    Strike,
    at_a_file,
    at_a_service,
    half_written,
    lagging,
    opened,
    unreadable,
    vanished,
)

Found = tuple[str, str, Cell]
"""Fault, step and what it led to."""
FILE_FAULTS: Mapping[str, int] = {
    "permission denied": errno.EACCES, "read-only": errno.EROFS, "full disk": errno.ENOSPC, "input/output error": errno.EIO,
}  # fmt: skip
PLACE_FAULTS: Mapping[str, Callable[[str], Strike]] = {
    "vanished": vanished, "open elsewhere": opened, "half-written": half_written,
}  # fmt: skip
AT_READS = ("permission denied", "input/output error")
FILE_STEPS = ("read the mark", "read", "write", "set-up")
CANNOT: Mapping[tuple[str, str], str] = {
    ("notes", "open elsewhere"): "editors of text lock nothing",
    ("ics", "open elsewhere"): "calendar programs lock nothing",
    ("book", "read the mark"): "the mark is in the file",
    ("notes", "half-written"): "half of a text is a text, which somebody may have meant",
}


def of_service(judge: Judge, *, setup: bool, wire: bool) -> Iterator[Found]:
    """The cells of a service, on a wire (those that need one) or without."""
    tool = judge.tool
    steps = {name: step for name, step in STEPS[tool].items() if step.setup == setup}
    for fault, said in faults_of(tool).items():
        if (fault in ON_THE_WIRE) == wire:
            for name, step in steps.items():
                strike = at_a_service(tool, step, said)
                yield fault, name, judge.set_up(strike) if setup else judge.cell(strike, fresh=step.fresh)
    if setup or wire:
        return
    yield (
        "lagging list",
        "read",
        judge.cell(lagging) if tool == "notion" else Cell("–", said="what it says is what it has"),
    )
    yield from (
        ("lagging list", name, Cell("–", said="strikes lists")) for name in STEPS[tool] if name != "read"
    )
    yield from (("every fault", name, Cell("–", said=why)) for name, why in NO_STEP[tool].items())


def of_files(judge: Judge, *, setup: bool) -> Iterator[Found]:
    """The cells of a tool that is a folder or a file."""
    tool = judge.tool
    for fault, number in FILE_FAULTS.items():
        if setup:
            yield fault, "set-up", judge.set_up(at_a_file(tool, number))
        else:
            for step in ("read the mark", "read"):
                why = "strikes writes" if fault not in AT_READS else CANNOT.get((tool, step), "")
                strike = unreadable(tool, number, mark=step != "read")
                yield fault, step, Cell("–", said=why) if why else judge.cell(strike)
            yield fault, "write", judge.cell(at_a_file(tool, number))
    for fault, of_place in PLACE_FAULTS.items():
        if setup:
            yield fault, "set-up", Cell("–", said="nothing is there yet")
        else:
            why = CANNOT.get((tool, fault), "")
            yield fault, "read the mark", Cell("–", said="strikes the whole place")
            yield fault, "read", Cell("–", said=why) if why else judge.cell(of_place(tool))
            yield fault, "write", Cell("–", said="strikes before anything is written")


def cells(tool: str, folder: Path) -> Iterator[Found]:
    """All cells of a tool."""
    scenes = {"day": day, "set-up": setting_up}
    for name, scene in scenes.items():
        for wire in (False, True):
            if wire and tool in PLACES:
                continue
            with nullcontext() if wire else without_sockets(), scene(folder / f"{name} {wire}", 1) as made:
                judge = Judge(made, tool)
                if tool in PLACES:
                    yield from of_files(judge, setup=name == "set-up")
                else:
                    yield from of_service(judge, setup=name == "set-up", wire=wire)


def _shown(tool: str, found: Iterable[Found]) -> list[Found]:
    kept = []
    for fault, step, cell in found:
        print(f"{tool:7} {fault:20} {step:24} {cell.line}", flush=True)  # noqa: T201
        kept.append((fault, step, cell))
    return kept


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults.matrix", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--tool", choices=[*STEPS, *PLACES], action="append")
    parser.add_argument("--write", type=Path, help="a page of Markdown, made from what was found")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        found = {
            tool: _shown(tool, cells(tool, Path(folder, tool))) for tool in said.tool or [*STEPS, *PLACES]
        }
    if said.write:
        said.write.write_text(page(found), encoding="utf-8")
    verdicts = Counter(cell.verdict for of_tool in found.values() for _, _, cell in of_tool)
    print(", ".join(f"{times} {verdict}" for verdict, times in verdicts.items()))  # noqa: T201
    return bool(verdicts["WRONG"])


if __name__ == "__main__":
    sys.exit(_main())
