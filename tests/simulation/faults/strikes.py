"""One fault at one kind of request or file of one tool, for as long as a run takes; each says how often it struck."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from syncengine.testing.loopback import Fault, Loopback, Request
from tests.acceptance.interrupted import writes
from tests.simulation.faults.workplace import Workplace

PLACES = {"notes": "notes", "book": "program.xlsx", "ics": "calendar"}


def at_a_service(
    tool: str, concerns: Callable[[Request], bool], fault: Fault, most: int
) -> Callable[[Workplace], Any]:
    """The fault at the first `most` requests concerned."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        box: Loopback = {"notion": place.notion.server, "sheet": place.sheets, "gcal": place.calendar}[tool]
        struck = [0]

        def choose(request: Request) -> Fault | None:
            if struck[0] >= most or not concerns(request):
                return None
            struck[0] += 1
            return fault

        box.fault = choose
        try:
            yield struck
        finally:
            box.fault = lambda _request: None

    return strike


def at_a_file(tool: str, number: int) -> Callable[[Workplace], Any]:
    """Every write below the tool's place is refused by the system."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        struck, inside = [0], str(place.folder / PLACES[tool])
        beside = os.path.dirname(inside) if tool == "book" else inside

        def told(name: str, tear: Callable[[], object] = lambda: None, path: object = None) -> None:
            at = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            others = [str(place.folder / PLACES[one]) for one in PLACES if one != tool]
            others += [str(place.folder / ".mentorsync")] if tool == "book" else []
            theirs = at.startswith(beside) and not at.startswith(tuple(others))
            if theirs and name not in ("os.unlink", "os.remove"):
                struck[0] += 1
                raise OSError(number, os.strerror(number), at)

        stop = writes.watch(told)
        try:
            yield struck
        finally:
            stop()

    return strike


def vanished(tool: str) -> Callable[[Workplace], Any]:
    """The place is not there during the run (a drive that is not mounted), and comes back."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        here = place.folder / PLACES[tool]
        away = place.above / "away"
        here.rename(away)
        try:
            yield [1]
        finally:
            if here.exists():
                raise AssertionError(f"{here.name} was made anew silently")
            away.rename(here)

    return strike


def opened(tool: str) -> Callable[[Workplace], Any]:
    """LibreOffice has the workbook open during the run."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        lock = place.folder / f".~lock.{PLACES[tool]}#"
        lock.write_text(",ada,desk,02.03.2026 10:00,file:///home/ada/.config;", encoding="utf-8")
        try:
            yield [1]
        finally:
            lock.unlink()

    return strike


def half_written(tool: str) -> Callable[[Workplace], Any]:
    """Only half of the file has come (a cloud drive in the midst of its work); the rest comes after the run."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        path = place.folder / PLACES[tool]
        path = min(path.glob("*.ics")) if path.is_dir() else path
        whole = path.read_bytes()
        half = whole[: len(whole) // 2]
        path.write_bytes(half)
        try:
            yield [1]
        finally:
            if path.read_bytes() != half:
                raise AssertionError(f"half of {path.name} was written over")
            path.write_bytes(whole)

    return strike


def lagging(place: Workplace) -> Any:
    """Notion's lists show what was a hundred seconds ago."""

    @contextmanager
    def strike() -> Iterator[list[int]]:
        world = place.notion.world
        before, world.lag = world.lag, timedelta(seconds=100)
        try:
            yield [1]
        finally:
            world.lag = before

    return strike()
