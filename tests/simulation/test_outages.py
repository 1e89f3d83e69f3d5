"""A tool that is away for long, a sign-in that runs out in the middle of a run, and faults in bursts: what follows heals all."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from syncengine.run import Report
from syncengine.testing.loopback import Answer, Fault, Loopback, Request
from syncengine.testing.shortcut import without_sockets
from tests.simulation.faults.answers import faults_of
from tests.simulation.faults.people import People, busy_day, goals_everywhere
from tests.simulation.faults.picture import Picture, differences, mails, picture, words
from tests.simulation.faults.workplace import TOOLS, Moment, Workplace, workplace

ONLINE = ("notion", "sheet", "gcal")
Choose = Callable[[Request], Fault | None]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workplace, Moment]]:
    """A program on all tools that is in step, with nine goals."""
    with without_sockets(), workplace(tmp_path_factory.mktemp("begun")) as place:
        place.setup()
        goals_everywhere(People(place), 9)
        place.sync()
        place.sync()
        yield place, place.keep()


@dataclass(frozen=True)
class Day:
    """A busy day to which nothing happens."""

    shown: Picture
    mails: Counter[tuple[str, str, str]]
    requests: dict[str, int]
    """How many its run asks of each service."""


@pytest.fixture(scope="module")
def day(begun: tuple[Workplace, Moment]) -> Day:
    place, moment = begun
    place.back_to(moment)
    busy_day(People(place), 1)
    before = {tool: len(server(place, tool).log) for tool in ONLINE}
    place.sync()
    asked = {tool: len(server(place, tool).log) - before[tool] for tool in ONLINE}
    return Day(words(settled(place)), mails(place), asked)


@pytest.fixture
def place(begun: tuple[Workplace, Moment]) -> Workplace:
    place, moment = begun
    place.back_to(moment)
    return place


def server(place: Workplace, tool: str) -> Loopback:
    boxes: dict[str, Loopback] = {
        "notion": place.notion.server,
        "sheet": place.sheets,
        "gcal": place.calendar,
    }
    return boxes[tool]


@contextmanager
def struck(place: Workplace, faults: dict[str, Choose]) -> Iterator[None]:
    for tool, choose in faults.items():
        server(place, tool).fault = choose
    try:
        yield
    finally:
        for tool in faults:
            server(place, tool).fault = lambda _request: None


def told(report: Report, tool: str) -> str:
    return " ".join(warning for warning in report.warnings if f"'{tool}'" in warning)


def settled(place: Workplace) -> Picture:
    """Two runs, as after any trouble; the one after them writes nothing, nor does one that reads all anew."""
    place.sync()
    place.sync()
    for fresh in (False, True):
        report = place.sync(fresh=fresh)
        assert report.status in ("agreed", "attention"), report.warnings
        assert report.writes == 0, report.as_json()["replicas"]
    return picture(place)


@pytest.mark.parametrize(("tool", "fault"), [
    ("notion", Fault("refused", Answer(503, b"<html>down</html>"))),
    ("sheet", Fault("reset")), ("gcal", Fault("refused", Answer(503, b""))),
], ids=ONLINE)  # fmt: skip
def test_a_tool_that_is_down_for_a_week_catches_up(place: Workplace, tool: str, fault: Fault) -> None:
    """People edit elsewhere and in it all the while; the others are in step each day, and it is when it is back."""
    people = People(place)
    with struck(place, {tool: lambda _request: fault}):
        for day in range(7):
            place.clock.tick(days=1)
            people.change_note(f"G{day:02}", f"First words of {day}", f"Words of day {day}")
            people.write_note(f"New {day}", f'title: New {day}\nperson: "[[Dov Katz]]"')
            if tool == "gcal":
                people.gcal.edit(str(people.gcal.find("Ada & Ben").body["id"]), location=f"Room {day}")
            elif tool == "notion":
                people.notion.edit("Goals", f"G{day:02}", **{"Why it matters": f"from Notion {day}"})
                people.notion.add("Goals", Goal=f"Meanwhile {day}", Person="Ben Lind")
            else:
                people.sheet.edit("goal", f"G{day:02}", "why", f"from the sheet {day}")
                people.sheet.add("goal", {"title": f"Meanwhile {day}", "person": "Ben Lind"})
            report = place.sync()
            assert report.status == "attention"
            assert "waits for the next run" in told(report, tool), report.warnings
            assert sum(counts["deleted"] for counts in report.replicas.values()) == 0 or day == 4
            assert all(report.replicas[other]["read"] for other in TOOLS if other != tool)
            with people.excel() as book:
                assert [row[0].value for row in book["Goals"].iter_rows()].count(f"New {day}") == 1
            if day == 3:
                people.note("G08").unlink()  # the one deletion, carried on day 4
    seen = settled(place)
    goals = (" ".join(seen[f"{other} Goals"]) for other in ("notion", "sheet", "book"))
    for shown in goals:
        for day in range(7):
            assert shown.count(f"New {day}'") == 1
            if tool != "gcal":
                assert shown.count(f"Meanwhile {day}'") == 1
                assert shown.count(f"from {'Notion' if tool == 'notion' else 'the sheet'} {day}") == 1
        assert "G08" not in shown
    for day in range(7):
        assert f"Words of day {day}" in people.note(f"G{day:02}").read_text("utf-8")
    if tool == "gcal":
        assert any("Room 6" in line for line in seen["Ada & Ben.ics"])


@pytest.mark.parametrize("part", [0, 0.5, 0.99])
@pytest.mark.parametrize("tool", ONLINE)
def test_a_sign_in_that_runs_out_in_the_middle_of_a_run(
    place: Workplace, day: Day, tool: str, part: float
) -> None:
    """After a part of its requests a service says 401; the other tools are synced, and a good token heals it."""
    busy_day(People(place), 1)
    passed, after = [0], int(day.requests[tool] * part)

    def expired(_request: Request) -> Fault | None:
        passed[0] += 1
        return faults_of(tool)["401"] if passed[0] > after else None

    with struck(place, {tool: expired}):
        report = place.sync()
    assert passed[0] > after
    assert report.status == "failed", report.status
    assert "→" in told(report, tool), report.warnings
    assert all(report.replicas[other]["read"] for other in TOOLS if other != tool)
    assert "From the workbook 0" in " ".join(path.stem for path in (place.folder / "notes").rglob("*.md"))
    assert differences(day.shown, words(settled(place))) == []
    assert mails(place) == day.mails


@pytest.mark.parametrize("seed", range(3))
def test_bursts_of_faults_on_all_services_over_several_runs(place: Workplace, day: Day, seed: int) -> None:
    busy_day(People(place), 1)
    drawn = random.Random(seed)

    def burst(tool: str) -> Choose:
        left = [0]
        kinds = [
            faults_of(tool)[name] for name in ("429", "503", "503 after the fact", "reset", "lost answer")
        ]

        def choose(_request: Request) -> Fault | None:
            if left[0] == 0 and drawn.random() < 0.15:
                left[0] = drawn.randint(1, 12)
            if left[0] == 0:
                return None
            left[0] -= 1
            return drawn.choice(kinds)

        return choose

    with struck(place, {tool: burst(tool) for tool in ONLINE}):
        for _ in range(4):
            place.sync()
    assert differences(day.shown, words(settled(place))) == []
    assert mails(place) == day.mails
