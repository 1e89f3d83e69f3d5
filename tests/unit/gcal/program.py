"""A whole program around one calendar and one other tool, for tests of mail, calls and faults."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncengine.config import load
from syncengine.connector import Mailing
from syncengine.model.ids import seeded_ids
from syncengine.provision import SetupPlan, setup
from syncengine.run import Report, sync
from syncengine.store import open_store
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool
from syncengine_gcal.sandbox import CalendarSandbox
from syncengine_gcal.sandbox.people import People
from tests.unit.gcal.stage import TOKEN, hold_to_contract

NAMES = ("Ada", "Ben", "Cleo", "Dov", "Eve", "Finn")


class Stage:
    """Two tools, six people, and somebody at Google's page. `mails` collects what every run announced."""

    def __init__(self, folder: Path, sandbox: CalendarSandbox, clock: Clock, **settings: Any) -> None:
        self.sandbox, self.clock, self.ids = sandbox, clock, seeded_ids(7)
        self.other = MemoryTool.make(f"other-{folder}", clock)
        said = {
            "title": "Check-ins",
            "credentials": "token:env:CALENDAR_TOKEN",
            "api_endpoint": sandbox.address,
            **settings,
        }
        own = "\n".join(f"{key} = {_toml(value)}" for key, value in said.items())
        self.path = folder / "mentorsync.toml"
        self.path.write_text(
            '[program]\nname = "stage"\ntemplate = "structured"\nzone = "Europe/Berlin"\n\n'
            f'[[replica]]\nname = "other"\nconnector = "memory"\ntool = \'{self.other.name}\'\n\n'
            f'[[replica]]\nname = "calendar"\nconnector = "gcal"\n{own}\n',
            encoding="utf-8",
        )
        self.announced: list[Mailing] = []

    def setup(self) -> SetupPlan:
        done = setup(load(str(self.path)), now=self.clock(), ids=self.ids)
        assert not done.problems, done.problems
        return done

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        report = sync(load(str(self.path)), now=self.clock, ids=self.ids, **options)
        self.announced += report.mails.get("calendar", [])
        return report

    def settled(self) -> Report:
        report = self.sync()
        assert self.sync().writes == 0, report.warnings
        return report

    def add_people(self) -> None:
        for name in NAMES:
            self.other.add("person", name=name, email=f"{name.lower()}@example.org")

    def add_pair(self, name: str = "Ada & Ben", **fields: Any) -> None:
        said = {
            "members": name.replace(" & ", "; "),
            "every": "2 weeks",
            "first_meeting": "2026-03-03",
            "time": "17:00",
        }
        self.other.add("pair", name=name, minutes=45, **{**said, **fields})

    def edit_pair(self, name: str = "Ada & Ben", **fields: Any) -> None:
        self.other.edit(self.other.find("pair", name=name), **fields)

    def edit_checkin(self, slot: str, **fields: Any) -> None:
        self.other.edit(self.other.find("checkin", slot=slot), **fields)

    def checkin(self, slot: str) -> dict[str, Any]:
        return dict(self.other.rows[self.other.find("checkin", slot=slot)].fields)

    @property
    def people(self) -> People:
        return self.sandbox.people("Check-ins")

    def event(self, name: str = "Ada & Ben") -> str:
        return str(self.people.find(name).body["id"])

    def canonical(self, kind: str) -> list[dict[str, Any]]:
        store = open_store(load(str(self.path)).state_url)
        try:
            return [dict(record.fields) for record in store.all_records(kind)]
        finally:
            store.close()

    def sent(self) -> list[tuple[str, str]]:
        """(address, kind) of every mail since the last call."""
        found = [(mail.to, mail.kind) for mail in self.sandbox.outbox.mails]
        self.sandbox.outbox.mails.clear()
        return found

    def nobody_is_surprised(self) -> None:
        """The outbox holds no mail that a plan did not announce, each announced one at most once."""
        left = [mailing.to for mailing in self.announced]
        for mail in self.sandbox.outbox.mails:
            assert mail.request == 0 or mail.to in left, f"{mail} was not announced"
            if mail.request:
                left.remove(mail.to)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return f'"{value}"'


@contextmanager
def stage(folder: Path, **settings: Any) -> Iterator[Stage]:
    """A program that is set up; `CALENDAR_TOKEN` has to be in the environment."""
    clock = Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    with hold_to_contract(CalendarSandbox(clock)) as sandbox:
        sandbox.token = TOKEN
        made = Stage(folder, sandbox, clock, **settings)
        made.setup()
        made.add_people()
        yield made
