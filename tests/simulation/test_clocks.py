"""A clock that jumps, between two runs or in the midst of one: nothing is lost, twice or mailed, and all comes to rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from syncengine.testing.loopback import Request
from syncengine.testing.shortcut import without_sockets
from tests.simulation.faults.people import People, goals_everywhere
from tests.simulation.faults.picture import mails, picture
from tests.simulation.faults.workplace import Moment, Workplace, workplace

JUMPS = {"a year on": timedelta(days=365), "a day back": timedelta(days=-1)}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workplace, Moment]]:
    """A program on all tools that is in step, with nine goals."""
    with without_sockets(), workplace(tmp_path_factory.mktemp("clocks")) as place:
        place.setup()
        goals_everywhere(People(place), 9)
        place.sync()
        place.sync()
        yield place, place.keep()


@pytest.fixture
def place(begun: tuple[Workplace, Moment]) -> Workplace:
    place, moment = begun
    place.back_to(moment)
    return place


def edits(place: Workplace, word: str) -> None:
    """One edit and one new goal in a note, in Notion and in the sheet; a deletion."""
    people = People(place)
    people.change_note("G00", "First words of 0", f"Words {word}")
    people.write_note(f"Note {word}", f'title: Note {word}\nperson: "[[Dov Katz]]"')
    people.notion.edit("Goals", "G01", **{"Why it matters": f"notion {word}"})
    people.notion.add("Goals", Goal=f"Page {word}", Person="Ben Lind")
    people.sheet.edit("goal", "G02", "why", f"sheet {word}")
    people.sheet.add("goal", {"title": f"Row {word}", "person": "Ben Lind"})
    people.note("G08").unlink()


def at_rest(place: Workplace) -> None:
    """Within three runs, and also where all is read anew."""
    for _ in range(3):
        if place.sync().writes == 0:
            break
    for fresh in (False, True):
        report = place.sync(fresh=fresh)
        assert report.writes == 0, (report.as_json()["replicas"], report.warnings)
        assert report.status == "agreed", report.warnings


def kept(place: Workplace, word: str) -> None:
    """Every word of `edits` is in all three tables, each record once, and what was deleted is gone."""
    people = People(place)
    shown = picture(place)
    for table in ("notion Goals", "sheet Goals", "book Goals"):
        for words in (f"Words {word}", f"notion {word}", f"sheet {word}"):
            assert sum(words in line for line in shown[table]) == 1, (table, words)
        for title in (f"Note {word}", f"Page {word}", f"Row {word}", *(f"G0{n}" for n in range(8))):
            assert sum(f"'{title}'" in line for line in shown[table]) == 1, (table, title)
        assert not any("'G08'" in line for line in shown[table]), table
    assert not people.note("G08").exists()
    records = Counter(line for line in shown["records"] if line.startswith(("person", "pair", "goal")))
    assert max(records.values()) == 1


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_between_two_runs(place: Workplace, jump: str) -> None:
    sent = mails(place)
    edits(place, "before")
    place.clock.now += JUMPS[jump]
    at_rest(place)
    kept(place, "before")
    assert mails(place) == sent


@pytest.mark.parametrize("jump", JUMPS)
def test_a_jump_in_the_midst_of_a_run_and_back_again(place: Workplace, jump: str) -> None:
    """As where a machine wakes up with a wrong clock, and the right time comes over the network: who edits a field again at
    the right time, by the clock before the run that wrote it, is heard."""
    sent = mails(place)
    edits(place, "meanwhile")
    seen: list[Request] = []

    def turn(request: Request) -> None:
        if not seen:
            place.clock.now += JUMPS[jump]
        seen.append(request)

    place.sheets.before = turn
    try:
        place.sync()
    finally:
        place.sheets.before = lambda _request: None
    assert seen
    place.clock.now -= JUMPS[jump]
    at_rest(place)
    kept(place, "meanwhile")
    assert mails(place) == sent
    people = People(place)
    people.notion.edit("Goals", "G01", **{"Why it matters": "a later thought"})
    people.sheet.edit("goal", "G03", "why", "of the right day")
    at_rest(place)
    for table in ("notion Goals", "sheet Goals", "book Goals"):
        for words in ("a later thought", "of the right day"):
            assert sum(words in line for line in picture(place)[table]) == 1, (table, words)


def test_the_hour_changes_between_two_runs(place: Workplace) -> None:
    """Europe/Berlin, 29 March 2026: meetings stay at their hour on the wall."""
    place.clock.now = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    at_rest(place)
    sent = mails(place)
    edits(place, "then")
    place.clock.now = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    at_rest(place)
    kept(place, "then")
    assert mails(place) == sent
    event = People(place).gcal.find("Ada & Ben").body
    assert str(event["start"]["dateTime"]).startswith("2026-03-04T17:00")
    assert any("2026-04-01 17:00" in line for line in picture(place)["notion Check-ins"])
