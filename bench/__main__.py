"""The command line: `python -m bench --help`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence

from bench import lives, merge_core, notion_calls, rounds, sheets, startup, tables, targets, workbook
from bench.contestants import PEERS, Contestant, Mentorsync, found

SLOW = {"rclone bisync": 10_000}
"""How many goals at most it is asked to sync: it takes minutes for more."""
PARTS = ("startup", "core", "folders", "growth", "workbook", "notion", "sheets")
"""What is measured when nothing is named; `lives`, which checks rather than measures, only when it is."""


def main() -> None:
    """Measure what was asked for; tables go to the standard output, progress to the standard error."""
    said = _arguments().parse_args()
    with tempfile.TemporaryDirectory(prefix="mentorsync-bench-") as root:
        print(_machine())
        verdicts: list[targets.Verdict] = []
        for part in said.parts:
            verdicts += _PARTS[part](root, said)
        print(f"\n{tables.of_verdicts(verdicts)}")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="How fast mentorsync is, as ratios to programs that do such work, all measured in this run. "
        "Figures are medians of wall s / CPU s / peak MiB of whole processes. Peers that are not installed are left out "
        "(pip install vdirsyncer; unison and rclone come with most systems).",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        default=list(PARTS),
        metavar="PART",
        help=f"what to measure: {', '.join(PARTS)} (default: all of these), lives",
    )
    parser.add_argument("--sizes", default="1000,10000", help="numbers of goals for `folders`")
    parser.add_argument("--growth", default="5000,50000", help="the two numbers of goals for `growth`")
    parser.add_argument(
        "--rows",
        type=int,
        default=10_000,
        help="how many rows the workbook and the spreadsheet have; the spreadsheet then five times as many as well",
    )
    parser.add_argument("--records", type=int, default=5_000, help="how many records `notion` syncs at first")
    parser.add_argument("--runs", type=int, default=3, help="how often each thing is measured")
    parser.add_argument(
        "--lives", type=int, default=1_000, help="how many lives `lives` has on tools in memory"
    )
    parser.add_argument("--together", type=int, default=50, help="and how many on all tools at once")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="in how many processes")
    parser.add_argument("--alone", action="store_true", help="without the peers")
    return parser


def _machine() -> str:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} at the beginning.\n"


def _contestants(said: argparse.Namespace, size: int = 0) -> list[type[Contestant]]:
    peers = () if said.alone else PEERS
    return [
        Mentorsync,
        *(peer for peer in peers if found(peer.program) and size <= SLOW.get(peer.name, size)),
    ]


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.replace("_", "").split(",")]


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _startup(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    took = startup.measure(root, said.runs)
    rows = [[name, f"{spent.wall * 1000:.0f}", f"{spent.cpu * 1000:.0f}"] for name, spent in took.items()]
    print(tables.table(["start-up", "wall ms", "CPU ms"], rows))
    return [targets.start(took)]


def _core(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    return [targets.core(merge_core.measure(root))]


def _folders(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    sizes = _numbers(said.sizes)
    startable = [one for one in _contestants(said) if one.name in (targets.OURS, "unison")]
    empty = rounds.measure(root, startable, [0], said.runs, _say)
    verdicts: list[targets.Verdict] = []
    for size in sizes:
        figures = rounds.measure(root, _contestants(said, size), [size], said.runs, _say)
        print(f"\n{tables.of_size(figures, size)}")
        verdicts += targets.peers({**empty, **figures}, size)
    return verdicts


def _growth(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    small, large = _numbers(said.growth)
    figures: rounds.Figures = {}
    for size, runs in ((small, said.runs), (large, 1)):
        figures.update(rounds.measure(root, [Mentorsync], [size], runs, _say))
        print(f"\n{tables.of_size(figures, size)}")
    return list(targets.growth(figures, small, large))


def _workbook(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    print(f"\n{tables.of_steps(workbook.measure(root, said.rows, said.runs, _say), said.rows)}")
    return []


def _notion(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    folder = os.path.join(root, "notion")
    os.makedirs(folder)
    shown, verdicts = notion_calls.measure(folder, said.records, _say)
    print(f"\n{shown}")
    return verdicts


def _sheets(root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    shown, verdicts = sheets.measure(root, (said.rows, 5 * said.rows), said.runs, _say)
    print(f"\n{shown}")
    return verdicts


def _lives(_root: str, said: argparse.Namespace) -> Sequence[targets.Verdict]:
    rows, verdicts = lives.measure(said.lives, said.together, said.jobs, _say)
    print(f"\n{tables.table(['lives', 'number', 'broke a promise', 'a second', 'processes'], rows)}")
    return verdicts


_PARTS = {
    "startup": _startup,
    "core": _core,
    "folders": _folders,
    "growth": _growth,
    "workbook": _workbook,
    "notion": _notion,
    "sheets": _sheets,
    "lives": _lives,
}


if __name__ == "__main__":
    main()
