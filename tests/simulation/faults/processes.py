"""A real `mentorsync sync`, against the sandboxes over real HTTP, that is killed at one of its requests; the next real run heals.

    python -m tests.simulation.faults.processes               # every request, before it is carried out and after
    python -m tests.simulation.faults.processes --tool gcal --only 3,4

`crashes` has every point there is, but within one process, which has to pretend that it died. Here the system kills it:
`before` the service did anything, or `after` it did and before the answer is sent. Healed means what it means there.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from syncengine.testing.loopback import Exchange, Fault, Loopback, Request
from tests.simulation.faults.crashes import Scene, day
from tests.simulation.faults.workplace import Workplace

COMMAND = [sys.executable, "-c", "from syncengine.cli import main; main()"]
INTERRUPTED = str(Path(__file__).parents[2] / "acceptance" / "interrupted")
ONLINE = ("notion", "sheet", "gcal")
When = Literal["before", "after"]
_WHENS: tuple[When, ...] = ("before", "after")


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    status: int
    said: str


def server(place: Workplace, tool: str) -> Loopback:
    boxes: dict[str, Loopback] = {
        "notion": place.notion.server,
        "sheet": place.sheets,
        "gcal": place.calendar,
    }
    return boxes[tool]


def begin(place: Workplace, *words: str) -> subprocess.Popen[str]:
    """`mentorsync WORDS`, under way, in a process that does not wait when it sleeps."""
    place.clock.tick()
    env = {**os.environ, "PYTHONPATH": INTERRUPTED, "PYTHONDONTWRITEBYTECODE": "1", "INTERRUPT_SLEEP": "jump"}
    return subprocess.Popen([*COMMAND, *words], cwd=place.folder, env=env, text=True, encoding="utf-8",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def run(place: Workplace, *words: str) -> Ended:
    """The same to its end."""
    process = begin(place, *words)
    said, _ = process.communicate(timeout=120)
    return Ended(process.returncode, said)


@dataclass(frozen=True)
class Kill:
    """The end of a process: at the request number `at` of those to `tool` that `concerns` says yes to."""

    tool: str
    at: int
    when: When
    concerns: Callable[[Request], bool] = lambda _request: True

    def carry_out(self, place: Workplace) -> Ended:
        """A sync that is killed there (status -9), or was at its end before."""
        box, seen, process = server(place, self.tool), [0], begin(place, "sync")

        def kill() -> None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()  # what is answered now, nobody hears

        def choose(request: Request) -> Fault | None:
            seen[0] += self.concerns(request)
            if self.when == "before" and seen[0] == self.at and self.concerns(request):
                kill()
                return Fault("reset")
            return None

        def after(exchange: Exchange) -> None:
            if self.when == "after" and seen[0] == self.at and self.concerns(exchange.request):
                kill()

        box.fault, box.after = choose, after
        try:
            said, _ = process.communicate(timeout=120)
        finally:
            box.fault, box.after = lambda _request: None, lambda _exchange: None
        return Ended(process.returncode, said)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A busy day, today, whose next run is a process."""
    with day(folder, 1, datetime.now(UTC).replace(microsecond=0)) as made:
        yield replace(made, again=lambda: _well(run(made.place, "sync")), in_order=False)


def _well(ended: Ended) -> None:
    assert ended.status in (0, 3), ended.said


def strike(scene: Scene, kill: Kill) -> list[str] | None:
    """What is wrong after a death and the next run; `None`: it came to its end before."""
    scene.place.back_to(scene.moment)
    ended = kill.carry_out(scene.place)
    if ended.status != -signal.SIGKILL:
        _well(ended)
        return None
    return scene.healed(fresh=False)


def strikes(scene: Scene, tool: str, only: Collection[int] = ()) -> Iterator[tuple[Kill, list[str]]]:
    """(death, what is wrong) of each death at a request to a tool."""
    scene.place.back_to(scene.moment)
    _well(run(scene.place, "sync"))
    for at in sorted(only) or range(1, len(server(scene.place, tool).log) + 1):
        for when in _WHENS:
            kill = Kill(tool, at, when)
            wrong = strike(scene, kill)
            if wrong is not None:
                yield kill, wrong


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.faults.processes", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("--tool", choices=ONLINE, action="append")
    parser.add_argument("--only", default="", help="numbers of requests, with commas between them")
    said = parser.parse_args()
    only, deaths, bad, began = {int(n) for n in said.only.split(",") if n}, 0, 0, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="processes-") as folder, scene(Path(folder)) as made:
        for tool in said.tool or ONLINE:
            for kill, wrong in strikes(made, tool, only):
                deaths, bad = deaths + 1, bad + bool(wrong)
                print(f"{tool:7} {kill.when:6} {kill.at:3}: {'; '.join(wrong)[:400] or 'healed'}", flush=True)  # noqa: T201
    print(f"{deaths} processes killed, {bad} not healed, {time.perf_counter() - began:.0f} s")  # noqa: T201
    return bool(bad)


if __name__ == "__main__":
    sys.exit(_main())
