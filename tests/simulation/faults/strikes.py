"""One fault at one kind of request or file of one tool, for as long as a run takes; each says how often it struck."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from syncengine.testing.loopback import Fault, Loopback, Request
from syncengine_gcal.sandbox import listing
from tests.acceptance.interrupted import writes
from tests.simulation.faults.steps import Step
from tests.simulation.faults.workplace import Workplace

Strike = Callable[[Workplace], AbstractContextManager[list[int]]]
"""Inside, one fault strikes; tells how often it did."""
PLACES = {"notes": "notes", "book": "program.xlsx", "ics": "calendar"}


def at_a_service(tool: str, step: Step, fault: Fault) -> Strike:
    """The fault at the requests of a step."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        box: Loopback = {"notion": place.notion.server, "sheet": place.sheets, "gcal": place.calendar}[tool]
        if step.before:
            step.before(place)
        struck, waits = [0], step.lost or (step.meanwhile and step.meanwhile[0])

        def choose(request: Request) -> Fault | None:
            nonlocal waits
            if waits:
                if not waits(request):
                    return None
                waits = None
                if step.meanwhile:
                    step.meanwhile[1](place)
                return Fault("lost") if step.lost else None
            if struck[0] >= step.most or not step.concerns(request):
                return None
            struck[0] += 1
            return fault

        with _pages_of(2 if step.small_pages else None, place):
            box.fault = choose
            try:
                yield struck
            finally:
                box.fault = lambda _request: None

    return strike


@contextmanager
def _pages_of(size: int | None, place: Workplace) -> Iterator[None]:
    if size is None:
        yield
        return
    with patch.object(place.notion, "largest_page", size), patch.object(listing, "LARGEST_PAGE", size):
        yield


def at_a_file(tool: str, number: int) -> Strike:
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


def unreadable(tool: str, number: int, *, mark: bool) -> Strike:
    """Every read below the tool's place is refused by the system: of its mark, or of all other files."""

    @contextmanager
    def strike(place: Workplace) -> Iterator[list[int]]:
        struck, inside = [0], str(place.folder / PLACES[tool])
        plain, low = io.open, os.open

        def refuse(path: object) -> None:
            at = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            ours = f"{os.sep}.mentorsync{os.sep}" in at
            if (at == inside or at.startswith(inside + os.sep)) and ours == mark:
                struck[0] += 1
                raise OSError(number, os.strerror(number), at)

        def opened(file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
            if not set(mode) & set("wax+"):
                refuse(file)
            return plain(file, mode, *args, **options)

        def low_opened(path: Any, flags: int, *args: Any, **options: Any) -> int:
            if not flags & (os.O_WRONLY | os.O_RDWR | os.O_DIRECTORY):
                refuse(path)
            return low(path, flags, *args, **options)

        with patch("io.open", opened), patch("builtins.open", opened), patch("os.open", low_opened):
            yield struck

    return strike


def vanished(tool: str) -> Strike:
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


def opened(tool: str) -> Strike:
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


def half_written(tool: str) -> Strike:
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


@contextmanager
def lagging(place: Workplace) -> Iterator[list[int]]:
    """Notion's lists show what was a hundred seconds ago."""
    with patch.object(place.notion.world, "lag", timedelta(seconds=100)):
        yield [1]
