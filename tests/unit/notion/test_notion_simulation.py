"""Random people on both sides, random faults, queries that lag, runs that are killed: nothing lost, nothing twice, no echo."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from syncengine.errors import MentorsyncError
from syncengine.store import open_store
from syncengine.testing.loopback import Fault, Request
from syncengine_notion import client

from .conftest import Stage
from .test_notion_faults import FAULTS

KINDS_OF_FAULT = [fault for name, fault in FAULTS.items() if name != "no answer in time"]
WORDS = ("Why it matters", "why"), ("Notes", "notes")


class Killed(BaseException):
    """The process ends."""


class Crowd:
    """People who write words that nobody else writes, and a memory of all that they wrote."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.random, self.count = stage, random.Random(seed), 0
        self.standing: dict[tuple[str, str, str], tuple[str, datetime]] = {}
        """(tool, title, field) to the word that stands there, and since when."""
        self.kept: set[str] = set()
        """Words that a sync has read."""

    def word(self) -> str:
        self.count += 1
        return f"w{self.count:04}"

    def said(self, tool: str, title: str, field: str, word: str) -> None:
        self.standing[tool, title, field] = word, self.stage.clock.now

    def act(self) -> None:
        """Somebody does something somewhere."""
        self.random.choice((self.add, self.edit, self.edit, self.edit, self.remove))(
            self.random.choice(("notion", "other"))
        )

    def titles(self, tool: str) -> list[str]:
        rows = self.stage.people.rows("Goals") if tool == "notion" else []
        found = [self.stage.people.title(row) for row in rows] if tool == "notion" else self.stage.titles()
        return sorted(title for title, times in Counter(found).items() if times == 1)

    def add(self, tool: str) -> None:
        title, word = f"Goal {self.word()}", self.word()
        if tool == "other":
            self.stage.goals(title, why=word)
        else:
            self.stage.people.add("Goals", Goal=title, Person="Ada", **{"Why it matters": word})
        self.said(tool, title, "why", word)

    def edit(self, tool: str) -> None:
        titles = self.titles(tool)
        if not titles:
            return
        title, word, (label, field) = self.random.choice(titles), self.word(), self.random.choice(WORDS)
        if tool == "other":
            self.stage.other.edit(self.stage.goal(title), **{field: word})
        else:
            self.stage.people.edit("Goals", title, **{label: word})
        self.said(tool, title, field, word)

    def remove(self, tool: str) -> None:
        titles = self.titles(tool)
        if len(titles) < 6:
            return
        title = self.random.choice(titles)
        if tool == "other":
            self.stage.other.remove(self.stage.goal(title))
        else:
            self.stage.people.trash("Goals", title)
        for key in [key for key in self.standing if key[:2] == (tool, title)]:
            del self.standing[key]

    def stands(self, tool: str, title: str, field: str, word: str) -> bool:
        """Whether the word is still there, and nobody (we neither) has written over it."""
        if title not in self.titles(tool):
            return False
        if tool == "other":
            return self.stage.other.rows[self.stage.goal(title)].fields.get(field) == word
        label = next(label for label, name in WORDS if name == field)
        return bool(self.stage.people.shows("Goals", title)[label] == word)

    def there(self) -> set[str]:
        """What a sync that begins now has to read: words that have stood long enough for a query to show them."""
        now = self.stage.clock.now
        return {
            word for (tool, title, field), (word, since) in self.standing.items()
            if (tool == "other" or since <= now - timedelta(minutes=3)) and self.stands(tool, title, field, word)
        }  # fmt: skip


class Weather:
    """Faults that come and go."""

    def __init__(self, seed: int) -> None:
        self.random, self.bad, self.until_death = random.Random(seed), False, 0

    def fault(self, _request: Request) -> Fault | None:
        return self.random.choice(KINDS_OF_FAULT) if self.bad and self.random.random() < 0.12 else None


def one_sync(stage: Stage, crowd: Crowd) -> bool:
    """A sync that may fail or die; whether it came to its end."""
    there = crowd.there()
    try:
        report = stage.sync(allow={"mass-deletion"})
    except (MentorsyncError, Killed):
        return False
    if not any(
        "waits for the next run" in warning or "was left out" in warning for warning in report.warnings
    ):
        crowd.kept |= there
    return True


def everything(stage: Stage) -> str:
    """All that the state knows: records, tombstones, history, conflicts."""
    store = open_store(stage.program.state_url)
    try:
        with store.reading():
            records = [
                record.fields
                for deleted in (False, True)
                for record in store.all_records("goal", deleted=deleted)
            ]
            return repr((records, store.history(), store.conflicts(state=None)))
    finally:
        store.close()


@pytest.mark.parametrize("seed", [*range(8), 23, 25])
def test_a_crowd_in_bad_weather(stage: Stage, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.box.world.lag = timedelta(seconds=(0, 45, 100)[seed % 3])
    stage.ready()
    crowd, weather = Crowd(stage, seed), Weather(seed)
    stage.box.server.fault = weather.fault
    send, deaths = client.Wire._send, random.Random(seed + 100)

    def mortal(self: client.Wire, *request: object) -> object:
        answer = send(self, *request)  # type: ignore[arg-type]
        if weather.bad and deaths.random() < 0.01:
            raise Killed
        return answer

    monkeypatch.setattr(client.Wire, "_send", mortal)
    stage.box.server.before = _busy(crowd, seed)
    for round in range(12):
        for _ in range(crowd.random.randint(0, 4)):
            crowd.act()
            stage.clock.tick(seconds=crowd.random.randint(1, 90))
        weather.bad = round % 3 != 0
        one_sync(stage, crowd)
    weather.bad, stage.box.server.before = False, lambda _request: None
    stage.clock.tick(minutes=10)
    for _ in range(4):
        one_sync(stage, crowd)
        stage.clock.tick(minutes=5)
    report = stage.sync()
    assert report.writes == 0, report.as_json()
    rows = stage.people.rows("Goals")
    assert sorted(stage.people.title(row) for row in rows) == stage.titles()
    source = stage.people.source("Goals")
    [id] = [one.id for one in source.properties.values() if one.name == "mentorsync id"]
    ids = [row.values[id][0]["plain_text"] for row in rows]
    assert len(set(ids)) == len(ids)
    told = everything(stage)
    assert [word for word in sorted(crowd.kept) if word not in told] == []
    for row in stage.other.of("goal"):
        shows = stage.people.shows("Goals", str(row.fields["title"]))
        assert (shows["Why it matters"] or None, shows["Notes"] or None) == (
            row.fields.get("why"),
            row.fields.get("notes"),
        )


def _busy(crowd: Crowd, seed: int) -> Callable[[Request], None]:
    """People go on while a run writes."""
    chance = random.Random(seed + 50)

    def before(request: Request) -> None:
        if request.method == "PATCH" and chance.random() < 0.1:
            crowd.edit("notion")

    return before


def test_the_crowd_is_heard_at_all(stage: Stage) -> None:
    """The check of the check: a word that is overwritten before any sync is not expected, one that was read is."""
    stage.ready()
    crowd = Crowd(stage, 1)
    crowd.add("notion")
    stage.clock.tick(minutes=5)
    assert one_sync(stage, crowd)
    assert len(crowd.kept) == 1
    assert next(iter(crowd.kept)) in everything(stage)
