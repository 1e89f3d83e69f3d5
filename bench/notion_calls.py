"""Requests to Notion, counted by its stand-in, beside the least that such work can take; and the time at the limit.

Everything runs on the stand-in's own clock: the minutes are those that the service's limit costs, not this machine's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bench.tables import table
from bench.targets import Verdict
from syncengine.config import Program, load
from syncengine.model.ids import seeded_ids
from syncengine.provision import setup
from syncengine.run import sync
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool
from syncengine_notion import connector
from syncengine_notion.sandbox import ClockTime, People, Sandbox
from syncengine_notion.sandbox.demo import Now

LIMIT = 180
TABLES = 7
"""Of the template `light`."""
CHANGED = 25


@dataclass(frozen=True)
class Counted:
    """One sync."""

    what: str
    calls: int
    least: int
    minutes: float

    @property
    def allowed(self) -> float:
        """The minutes until the last of so many requests may leave: in whole windows, the first of which begins at once."""
        return float((self.calls - 1) // LIMIT)


def measure(folder: str, records: int, say: Callable[[str], None]) -> tuple[str, list[Verdict]]:
    """A table of counted calls for so many goals, and whether what must hold does."""
    clock = Clock()
    with Sandbox(clock) as box:
        connector.clock = ClockTime(clock)
        try:
            found = _syncs(folder, records, clock, box, say)
        finally:
            connector.clock = None
    rows = [
        [one.what, str(one.calls), str(one.least), f"{one.minutes:.1f}", f"{one.allowed:.1f}"]
        for one in found
    ]
    head = [
        f"Notion, {records:,} goals",
        "calls",
        "least possible",
        "minutes at 180 a minute",
        "minutes that the limit costs",
    ]
    first, _after, _later, quiet, changed, texts, theirs = found
    verdicts = [
        Verdict(
            f"calls of a first sync of {records:,}, over n + n/100 + 40",
            first.calls / (records + records / 100 + 40),
            1.0,
        ),
        Verdict(
            f"minutes of a first sync of {records:,}, over what the limit allows",
            first.minutes / max(first.allowed, 0.01),
            1.05,
        ),
        Verdict(
            "calls of a sync with nothing to do, over one for each table", quiet.calls / quiet.least, 1.0
        ),
        Verdict(
            f"calls for {CHANGED} changes elsewhere, over one each and one for each table",
            changed.calls / changed.least,
            1.0,
        ),
        Verdict(
            f"calls for {CHANGED} changed texts, over a look and a write each and one for each table",
            texts.calls / texts.least,
            1.0,
        ),
        Verdict(
            f"calls for {CHANGED} changes in Notion, over one look each and one for each table",
            theirs.calls / theirs.least,
            1.0,
        ),
    ]
    crowd, verdict = side_by_side(folder, say)
    return f"{table(head, rows)}\n\n{crowd}", [*verdicts, verdict]


ANSWER, CROWD = 0.3, 120


def side_by_side(folder: str, say: Callable[[str], None]) -> tuple[str, Verdict]:
    """The real seconds of making so many goals in one table where each answer takes its time."""
    folder = os.path.join(folder, "crowd")
    os.makedirs(folder)
    say(f"notion: {CROWD} goals in one table, {ANSWER} s an answer")
    with Sandbox(Now()) as box:
        other = MemoryTool.make("notion-bench-crowd", Clock())
        program, ids = _program(folder, box, other, per_minute=600), seeded_ids(6)
        setup(program, now=box.clock(), ids=ids)
        for number in range(CROWD):
            other.add("goal", title=f"Goal {number}", notes="A text")
        begun, before, box.server.delay = time.monotonic(), len(box.server.log), ANSWER
        sync(program, now=box.clock, ids=ids)
        took, calls = time.monotonic() - begun, len(box.server.log) - before
    rows = [[str(calls), f"{took:.1f}", f"{calls * ANSWER:.1f}", f"{60 * calls / took:.0f}"]]
    head = [
        f"{CROWD} goals in one table, {ANSWER} s an answer: calls",
        "seconds",
        "one after another",
        "calls a minute",
    ]
    return table(head, rows), Verdict(
        "seconds of one large table, over one request after another", took / (calls * ANSWER), 0.4
    )


def _syncs(
    folder: str, records: int, clock: Clock, box: Sandbox, say: Callable[[str], None]
) -> list[Counted]:
    other = MemoryTool.make("notion-bench", clock)
    program, ids = _program(folder, box, other), seeded_ids(5)
    setup(program, now=clock(), ids=ids)
    handles = [
        other.add(
            "goal", title=f"Goal {n}", why="because", percent=n % 100, notes="To begin with:\n\n- read\n- ask"
        )
        for n in range(records)
    ]
    clock.tick(minutes=5)
    box.limit = LIMIT

    def counted(what: str, least: int) -> Counted:
        say(f"notion: {what}")
        clock.tick(minutes=2)
        begun, before = clock.now, len(box.server.log)
        sync(program, now=clock, ids=ids)
        return Counted(what, len(box.server.log) - before, least, (clock.now - begun) / timedelta(minutes=1))

    found = [counted("first sync", records + TABLES), counted("right after it", TABLES)]
    clock.tick(minutes=10)
    found += [counted("the one after that", TABLES), counted("nothing to do", TABLES)]
    for handle in handles[:CHANGED]:
        other.edit(handle, why="changed elsewhere")
    found.append(counted(f"{CHANGED} changed elsewhere", TABLES + CHANGED))
    for handle in handles[:CHANGED]:
        other.edit(handle, notes="To begin with:\n\n- read\n- ask and listen")
    found.append(
        counted(f"{CHANGED} texts changed elsewhere (a look and a write each)", TABLES + 2 * CHANGED)
    )
    clock.tick(minutes=3)  # a complete read is due after an hour, and most of it is gone
    people = People(box)
    for number in range(CHANGED):
        people.edit("Goals", f"Goal {number}", **{"Why it matters": "changed in Notion"})
    found.append(counted(f"{CHANGED} changed in Notion (a look at the text of each page)", TABLES + CHANGED))
    return found


def _program(folder: str, box: Sandbox, other: MemoryTool, per_minute: int = LIMIT) -> Program:
    path = os.path.join(folder, "mentorsync.toml")
    os.environ["MENTORSYNC_BENCH_TOKEN"] = box.token
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(
            '[program]\nname = "bench"\ntemplate = "light"\n\n[[replica]]\nname = "notion"\nconnector = "notion"\n'
            f'page = "{box.root.id}"\ntoken = "env:MENTORSYNC_BENCH_TOKEN"\nbase_url = "{box.address}"\n'
            f"requests_per_minute = {per_minute}\n\n"
            f'[[replica]]\nname = "other"\nconnector = "memory"\ntool = "{other.name}"\n'
        )
    return load(path)
