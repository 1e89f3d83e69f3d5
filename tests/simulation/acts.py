"""What people and the weather do to a program on every tool at once, besides what they do in any life."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from syncengine.errors import GuardStop
from syncengine.model import fieldtypes as ft
from syncengine.model.moments import instant
from syncengine.testing import witness
from syncengine.testing.life import STEPS, Life, Say
from syncengine.testing.loopback import Answer, Fault, Request
from syncengine.testing.memory import Crash
from syncengine.testing.people import Team
from syncengine.testing.tool import Impossible, Row
from tests.simulation import oracle
from tests.simulation.beginning import PEOPLE
from tests.simulation.hands.calendars import Calendar
from tests.simulation.stage import TOOLS, Stage

KINDS = ("refused", "committed", "reset", "lost", "truncated")
BUSY = Answer(503, {"error": {"code": 503, "message": "Backend Error", "errors": [{"reason": "backendError"}]},
                    "object": "error", "status": 503, "message": "unavailable"})  # fmt: skip


class Together(Life):
    """A life whose `stage` has the tools of its `team`. Where it writes, it writes hour by hour."""

    def __init__(self, stage: Stage, team: Team, say: Say) -> None:
        super().__init__(team, say)
        self.stage = stage
        self.removed = 0
        """How many things people took away since a run came to its end."""

    # -- the hours

    def hour(self, a: int, b: int, c: int) -> None:
        """The hour ends with a sync, and `a` hours pass."""
        self._sync(fresh=b % 12 == 0)
        self.team.clock.tick(hours=a)

    def _sync(self, **options: Any) -> None:
        try:
            report = self.team.sync(**options)
        except GuardStop as stop:
            self.say(f"sync stopped: {stop}")
            if not self.removed:
                raise AssertionError(f"nobody took anything away, and yet: {stop}") from stop
            report = self.team.sync(allow=("mass-deletion", "template"), **options)
        self.removed = 0
        self.say(f"{self.team.clock.now:%d %b %H:%M} sync {report.as_json()}")
        self._calm()

    def _calm(self) -> None:
        for server in self.stage.servers.values():
            server.fault = lambda _request: None

    def die(self, a: int, b: int, c: int) -> None:
        """A run that is killed on its way, at a step of the state."""
        try:
            self.team.foresee()
            self.team.sync(die_at=1 + a % 60)
        except (Crash, GuardStop) as end:
            self.say(f"sync died at {1 + a % 60}: {end!r}")

    def end(self) -> list[str]:
        """All is well again; the last two syncs write nothing, and the witness looks at everything."""
        self._calm()
        last = [*self.team.heal(syncs=4)[-1:], self.team.sync()]
        for report in last:
            self.say(str(report.as_json()))
        writes = [f"a sync after all agree writes {one.as_json()}" for one in last if one.writes]
        return [
            *writes,
            *self.wrong(),
            *witness.disagreements(self.team),
            *oracle.wrong(self.team, self.stage),
        ]

    def wrong(self) -> list[str]:
        return [*witness.lost_words(self.team), *witness.wrongly_deleted(self.team)]

    # -- people, besides what they do in any life

    def remove(self, a: int, b: int, c: int) -> None:
        self.removed += 1
        super().remove(a, b, c)

    def drop_column(self, a: int, b: int, c: int) -> None:
        self.removed += 1
        super().drop_column(a, b, c)

    def restamp(self, a: int, b: int, c: int) -> None:
        self.removed += 1
        super().restamp(a, b, c)

    def typo(self, a: int, b: int, c: int) -> None:
        """Somebody changes a letter or a word of a text that stands there."""
        desk, handle, row = self._row(a) or self._nothing()
        kind = self.team.program.template.kinds[row.kind]
        texts = [n for n, v in row.fields.items() if isinstance(v, str) and type(kind.fields[n].type) in (ft.Text, ft.RichText)
                 and not kind.fields[n].computed and len(v) > 3 and n != "time" and n != "zone"]  # fmt: skip
        if not texts:
            return
        name = sorted(texts)[b % len(texts)]
        self.count += 1
        text, at = row.fields[name], c % len(row.fields[name])
        value = (
            f"{text} word {self.count}",
            f"{text[:at]}x{text[at:]} word {self.count}",
            f"word {self.count} {text}",
        )[c % 3]
        self.say(f"{desk}: typo {row.kind} {handle} {name} = {value!r}")
        self.team.edit(desk, handle, **{name: value})

    def pair(self, a: int, b: int, c: int) -> None:
        """A pair changes its name, its link, or when it meets."""
        desk, handle, _row = self._row(a, "pair") or self._nothing()
        self.count += 1
        n = self.count
        values = {
            "name": f"Pair word {n}",
            "link": f"https://meet.example.org/word-{n}",
            "every": ("week", "2 weeks", "3 weeks", "month")[c % 4],
            "time": f"{8 + c % 12:02}:30",
            "minutes": (30, 45, 60, 90)[c % 4],
            "status": ("active", "paused", "active", "starting", "closed")[c % 5],
            "notes": f"word {n}",
            "zone": ("Europe/Lisbon", "Europe/Berlin", None)[c % 3],
            "until": (None, (self.team.clock.now.date() + timedelta(days=c % 40)).isoformat())[c % 2],
            "first_meeting": (self.team.clock.now.date() + timedelta(days=c % 9)).isoformat(),
        }
        names = sorted(values.keys() & self.team.tools[desk].columns["pair"])
        name = names[b % len(names)]
        self.say(f"{desk}: pair {handle} {name} = {values[name]!r}")
        self.team.edit(desk, handle, **{name: values[name]})

    def dissolve(self, a: int, b: int, c: int) -> None:
        """Somebody deletes a pair, or a meeting, from a table."""
        desk, handle, row = self._row(a, ("pair", "checkin")[b % 2]) or self._nothing()
        if isinstance(self.team.tools[desk], Calendar):
            raise Impossible("that is what stop_meeting and skip do")
        self.removed += 1
        self.say(f"{desk}: remove {row.kind} {handle} {row.fields}")
        self.team.remove(desk, handle)

    def meeting(self, a: int, b: int, c: int) -> None:
        """Somebody changes a check-in in a table."""
        desk, handle, _row = self._row(a, "checkin") or self._nothing()
        self.count += 1
        values = {
            "starts": instant(self._later(b), self.team.program.locale.zone),
            "status": ("planned", "held", "skipped", "held", "moved")[c % 5],
            "minutes": (30, 45, 60, None)[c % 4],
            "notes": f"word {self.count}",
            "attended": PEOPLE[c % 4],
            "format": None,
        }
        names = sorted(values.keys() & self.team.tools[desk].columns["checkin"])
        name = names[b % len(names)]
        self.say(f"{desk}: meeting {handle} {name} = {values[name]!r}")
        self.team.edit(desk, handle, **{name: values[name]})

    def reschedule(self, a: int, b: int, c: int) -> None:
        """Somebody drags a meeting to another time, in a calendar."""
        calendar, name, handle, slot = self._meeting(a, b)
        starts = instant(self._later(c), self.team.program.locale.zone)
        self.say(f"{name}: reschedule {handle} {slot} to {starts}")
        calendar.reschedule(handle, slot, starts)

    def skip(self, a: int, b: int, c: int) -> None:
        """Somebody deletes one meeting in a calendar."""
        calendar, name, handle, slot = self._meeting(a, b)
        self.say(f"{name}: skip {handle} {slot}")
        calendar.skip(handle, slot)

    def stop_meeting(self, a: int, b: int, c: int) -> None:
        """Somebody deletes a whole series."""
        calendar, name, handle, _slot = self._meeting(a, b)
        self.say(f"{name}: stop meeting {handle}")
        self.removed += 1
        calendar.remove(handle)

    def split(self, a: int, b: int, c: int) -> None:
        """Somebody changes "this and following" at Google."""
        calendar, name, handle, slot = self._meeting(2, b)
        shift = timedelta(hours=(0, 1, 24)[c % 3])
        self.say(f"{name}: split {handle} at {slot} by {shift}")
        calendar.split(handle, slot, shift, keeps=c % 2 == 0)

    def guest(self, a: int, b: int, c: int) -> None:
        """A guest answers, or somebody invites another."""
        calendar, name, handle, slot = self._meeting(2, b)
        self.say(f"{name}: guest of {handle} {slot}, {c % 4}")
        calendar.answer(handle, slot if c % 2 else None, ("accepted", "declined")[c // 2 % 2], c)

    def own_event(self, a: int, b: int, c: int) -> None:
        """Somebody duplicates a series, which is theirs then."""
        calendar, name, handle, _slot = self._meeting(2, b)
        self.say(f"{name}: duplicate {handle}")
        calendar.duplicate(handle)

    def sort(self, a: int, b: int, c: int) -> None:
        """Somebody sorts a table."""
        desk = self._desk(a)
        kind = sorted(self.team.tools[desk].columns)[b % len(self.team.tools[desk].columns)]
        self.say(f"{desk}: sort {kind}")
        self.team.tools[desk].sort(kind)  # type: ignore[attr-defined]

    def rename_column(self, a: int, b: int, c: int) -> None:
        """Somebody gives a column another heading."""
        desk = self._desk(a)
        columns = self.team.tools[desk].columns
        kind = sorted(columns)[b % len(columns)]
        name = sorted(columns[kind])[c % len(columns[kind])]
        self.count += 1
        self.say(f"{desk}: rename column {kind} {name}")
        self.team.tools[desk].rename_column(kind, name, f"Heading {self.count}")  # type: ignore[attr-defined]

    def holiday(self, a: int, b: int, c: int) -> None:
        """Everybody goes on holiday, or the coordinator thinks again."""
        if self.team.breaks and a % 3 == 0:
            self.team.breaks.pop()
        else:
            first = self.team.clock.now.date() + timedelta(days=1 + b % 14)
            self.team.breaks.append(f"{first} to {first + timedelta(days=c % 12)}")
        self.say(f"breaks {self.team.breaks}")
        self.team.program = self.team.configure()

    # -- the weather

    def storm(self, a: int, b: int, c: int) -> None:
        """Until the hour is over, requests to a tool fail in every way."""
        name = sorted(self.stage.servers)[a % 3]
        dice = random.Random(b)
        self.say(f"{name}: storm")
        self.stage.servers[name].fault = lambda _request: (
            Fault(dice.choice(KINDS), BUSY) if dice.random() < 0.15 else None
        )

    def away(self, a: int, b: int, c: int) -> None:
        """Until the hour is over, a tool is not there."""
        name = sorted(self.stage.servers)[a % 3]
        self.say(f"{name}: away")

        def away(_request: Request) -> Fault:
            return Fault("refused", BUSY)

        self.stage.servers[name].fault = away

    # -- choices

    def _desk(self, number: int) -> str:
        """Of all that there may be, so that a step means the same when a tool is left out of its script."""
        name = (*TOOLS, "Own")[number % (len(TOOLS) + 1)]
        if name not in self.team.tools:
            raise Impossible(f"{name} is not there")
        return name

    def _row(self, number: int, *kinds: str) -> tuple[str, str, Row] | None:
        desk = self._desk(number)
        found = self.team.tools[desk].rows.items()
        rows = [(desk, handle, row) for handle, row in found if not kinds or row.kind in kinds]
        return rows[number // 7 % len(rows)] if rows else None

    def _nothing(self) -> Any:
        raise Impossible("there is none")

    def _meeting(self, number: int, which: int) -> tuple[Any, str, str, str]:
        """A calendar, a series in it, and one of its slots from now on."""
        name = ("gcal", "ical")[number % 2] if number != 2 else "gcal"
        calendar: Any = self.team.tools.get(name) or self._nothing()
        assert isinstance(calendar, Calendar)
        series = sorted(calendar.rows)
        if not series:
            self._nothing()
        handle, now = series[which % len(series)], self.team.clock.now
        slots = calendar.slots(handle, now, now + timedelta(days=14))
        if not slots:
            self._nothing()
        return calendar, name, handle, slots[which // 7 % len(slots)]

    def _later(self, number: int) -> datetime:
        now = self.team.clock.now.replace(minute=0)
        return now + timedelta(days=number % 12, hours=number % 5 + 1, minutes=15 * (number % 4))


_NEW = (
    Together.hour, Together.die, Together.remove, Together.drop_column, Together.restamp, Together.typo, Together.pair,
    Together.dissolve, Together.meeting, Together.reschedule, Together.skip, Together.stop_meeting, Together.split,
    Together.guest, Together.own_event,
    Together.sort, Together.rename_column, Together.holiday, Together.storm, Together.away,
)  # fmt: skip
Together.steps = {**STEPS, **{method.__name__: method for method in _NEW}}
