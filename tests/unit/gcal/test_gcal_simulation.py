"""People at both tools, a network that fails in every way, and the rule that nobody is mailed by surprise.

Each seed is one story: edits in the other tool and on Google's page, with faults at random requests. Once the network is
well again, everything has to agree within a few runs, with one series per pair, and the outbox as announced.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncengine.errors import GuardStop, MentorsyncError
from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_gcal import connector
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import TOKEN

PAIRS = ("Ada & Ben", "Cleo & Dov")
KINDS = ("refused", "committed", "reset", "lost", "truncated")
BUSY = Answer(
    503, {"error": {"code": 503, "message": "Backend Error", "errors": [{"reason": "backendError"}]}}
)


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


class Story:
    """Random people and a random network, repeatable by the seed."""

    def __init__(self, made: Stage, seed: int) -> None:
        self.made, self.random = made, random.Random(seed)
        self.words: list[str] = []
        self.acts: list[Callable[[], None]] = [
            self.rename_place, self.move_there, self.move_here, self.skip_there, self.skip_here, self.retime,
            self.describe, self.pause_or_go_on, self.answer, self.add_win, self.split, self.length, self.next_day,
        ]  # fmt: skip

    def run(self) -> None:
        made = self.made
        for name in PAIRS:
            made.add_pair(name)
        made.sandbox.fault = self.fault
        for _ in range(14):
            for _ in range(self.random.randint(1, 2)):
                self._act()
            if self.random.random() < 0.15:
                made.sandbox.expire_tokens()
            self._sync()
        made.sandbox.fault = lambda _: None
        for _ in range(5):
            if self._sync() == 0:
                break
        assert self._sync() == 0, "it never comes to rest"
        assert self._sync(fresh=True) == 0, "a read of everything finds something else"

    def _sync(self, **options: Any) -> int:
        try:
            return self.made.sync(**options).writes
        except GuardStop as stop:
            raise AssertionError(f"nothing was lost, and yet: {stop}") from stop
        except MentorsyncError:
            return -1

    def fault(self, request: Request) -> Fault | None:
        if self.random.random() > 0.12:
            return None
        return Fault(self.random.choice(KINDS), BUSY)  # type: ignore[arg-type]

    def _act(self) -> None:
        try:
            self.random.choice(self.acts)()
        except (LookupError, ValueError, KeyError):
            return  # what they wanted to change is not there
        except Exception as error:
            if type(error).__name__ != "Refusal":  # the page does not let them
                raise

    def _pair(self) -> str:
        return self.random.choice(PAIRS)

    def _event(self) -> str:
        return self.made.event(self._pair())

    def _edit_checkin(self, **fields: Any) -> None:
        rows = [key for key, row in self.made.other.rows.items() if row.fields.get("slot")]
        self.made.other.edit(self.random.choice(sorted(rows)), **fields)

    def _slot(self, event: str) -> str:
        from syncengine_gcal.sandbox import times

        body = self.made.people.events.calendar.events[event].body
        until = self.made.clock() + timedelta(days=50)
        return self.random.choice([f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in times.occurrences(body, until)])

    # -- in the other tool

    def rename_place(self) -> None:
        word = f"https://meet.example.org/{self.random.randint(0, 999)}"
        self.made.edit_pair(self._pair(), link=word)

    def move_there(self) -> None:
        day, hour = self.random.randint(5, 28), self.random.randint(8, 18)
        self._edit_checkin(starts=f"2026-04-{day:02}T{hour:02}:00:00Z")

    def skip_there(self) -> None:
        self._edit_checkin(status=self.random.choice(["skipped", "planned", "held"]))

    def retime(self) -> None:
        every = self.random.choice(["week", "2 weeks", "month"])
        self.made.edit_pair(self._pair(), time=f"{self.random.randint(8, 19):02}:30", every=every)

    def pause_or_go_on(self) -> None:
        self.made.edit_pair(self._pair(), status=self.random.choice(["paused", "active"]))

    def add_win(self) -> None:
        self.made.other.add(
            "win", what=f"Win {self.random.randint(0, 999)}", who="Ada", pair=self._pair(), on="2026-03-02"
        )

    def length(self) -> None:
        self.made.edit_pair(self._pair(), minutes=self.random.choice([30, 45, 60]))

    def next_day(self) -> None:
        self.made.clock.tick(days=self.random.randint(1, 6))

    # -- on Google's page

    def move_here(self) -> None:
        event = self._event()
        self.made.people.move(event, self._slot(event), f"2026-04-{self.random.randint(5, 28):02}T09:00:00Z")

    def skip_here(self) -> None:
        event = self._event()
        self.made.people.cancel(event, self._slot(event))

    def describe(self) -> None:
        event, word = self._event(), f"note {self.random.randint(0, 9999)}"
        text = self.made.people.description(event)
        self.made.people.events.change(event, {"description": f"{text}<br>{word}" if text else word})
        self.words.append(word)

    def answer(self) -> None:
        event = self._event()
        guest = self.random.choice(self.made.people.events.calendar.events[event].body["attendees"])
        self.made.people.answer(event, guest["email"], self.random.choice(["accepted", "declined"]))

    def split(self) -> None:
        event = self._event()
        shift = timedelta(hours=self.random.choice([0, 1]))
        self.made.people.split(
            event, self._slot(event), shift=shift, keeps_properties=self.random.random() < 0.5
        )


@pytest.mark.parametrize("seed", [*range(12), 115])
def test_whatever_happens_everything_agrees_and_nobody_is_surprised(tmp_path: Path, seed: int) -> None:
    with stage(tmp_path, invites="all") as made:
        story = Story(made, seed)
        story.run()
        made.nobody_is_surprised()
        calendar = made.people.events.calendar
        for name in PAIRS:
            live = [
                s
                for s in calendar.events.values()
                if s.series and not s.cancelled and s.body["summary"] == name
            ]
            open_ended = [s for s in live if "UNTIL" not in s.body["recurrence"][0]]
            assert len(open_ended) <= 1, "a pair has one series"
        described = " ".join(str(s.body.get("description")) for s in calendar.events.values())
        described += " ".join(
            str(e.get("description")) for s in calendar.events.values() for e in s.exceptions.values()
        )
        assert not [word for word in story.words if word not in described]
