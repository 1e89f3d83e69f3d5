"""A program on all six tools at once, each the real connector: files in a folder, and the sandboxes of the online ones.

Everything outside our process (the folder with the state, and what the services hold) can be put aside and put back, so
that one moment can be lived through many times: `moment = place.keep()`, `place.back_to(moment)`.
"""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from syncengine.config import Program, load
from syncengine.model.ids import seeded_ids
from syncengine.provision import SetupPlan, setup
from syncengine.run import Report, sync
from syncengine.starting import starting_people
from syncengine.store import Store, open_store
from syncengine.testing.clock import Clock
from syncengine_gcal import connector as gcal
from syncengine_gcal.sandbox import CalendarSandbox
from syncengine_notion import connector as notion
from syncengine_notion.sandbox import ClockTime, Sandbox
from syncengine_sheets.sandbox import Sandbox as SheetsSandbox

TOKEN = "a-token-that-nobody-may-see"
NAMES = ("Ada Okafor", "Ben Lind", "Cleo Marsh", "Dov Katz")
TOOLS = ("notes", "book", "ics", "notion", "sheet", "gcal")

LONG_AGO = datetime(2026, 3, 2, 9, tzinfo=UTC)

CONFIG = """\
[program]
name = "Harbour"
template = "structured"
zone = "Europe/Berlin"
days_back = 7
days_ahead = 15

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[replica]]
name = "book"
connector = "workbook"
path = "program.xlsx"

[[replica]]
name = "ics"
connector = "ical"
path = "calendar"

[[replica]]
name = "notion"
connector = "notion"
page = "{page}"
token = "env:FAULTS_NOTION_TOKEN"
base_url = "{notion}"
requests_per_minute = 100000

[[replica]]
name = "sheet"
connector = "sheets"
credentials = "token:env:FAULTS_TOKEN"
api_endpoint = "{sheet}"

[[replica]]
name = "gcal"
connector = "gcal"
title = "Check-ins"
credentials = "token:env:FAULTS_TOKEN"
api_endpoint = "{gcal}"
invites = "all"

{people}
[[pair]]
members = ["Ada Okafor", "Ben Lind"]
every = "week"
first_meeting = {first}
time = "17:00"

[[pair]]
members = ["Cleo Marsh", "Dov Katz"]
every = "2 weeks"
first_meeting = {second}
time = "09:30"
"""


@dataclass(frozen=True)
class Moment:
    """All that is outside the process."""

    folder: Path
    services: bytes
    now: datetime


class Workplace:
    """See the module. The clock moves by a minute with each run."""

    def __init__(
        self,
        folder: Path,
        notion_box: Sandbox,
        sheets: SheetsSandbox,
        calendar: CalendarSandbox,
        clock: Clock,
    ) -> None:
        self.above, self.folder = folder, folder / "harbour"
        self.notion, self.sheets, self.calendar, self.clock = notion_box, sheets, calendar, clock
        self.first = clock().date() + timedelta(days=2)
        """When the first pair meets first, at 17:00; the other one the day after, at 9:30."""
        self._kept = 0
        self.folder.mkdir(parents=True)
        people = "\n".join(
            f'[[person]]\nname = "{name}"\nemail = "{name.split()[0].lower()}@example.org"\n'
            for name in NAMES
        )
        self.path = self.folder / "mentorsync.toml"
        self.path.write_text(
            CONFIG.format(page=notion_box.root.id, notion=notion_box.address,
                          sheet=sheets.address, gcal=calendar.address, people=people,
                          first=self.first, second=self.first + timedelta(days=1)),
            encoding="utf-8",
        )  # fmt: skip

    @property
    def program(self) -> Program:
        return load(str(self.path))

    def setup(self, **options: Any) -> SetupPlan:
        """`mentorsync setup`: the template made real, and the people of the config brought in."""
        self.clock.tick()
        program, ids = self.program, self.ids()
        plan = setup(program, now=self.clock(), ids=ids, **options)
        if not plan.problems:
            with self.store() as store, store.reading():
                wishes = starting_people(program, store.titles, self.clock(), ids)
            sync(program, now=self.clock, ids=ids, wishes=wishes, reason="setup")
        return plan

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids(), **options)

    def ids(self) -> Any:
        """Every process draws its ids anew. They begin with the time, so that none is drawn twice, and are in one order."""
        return seeded_ids(7)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.program.state_url)
        try:
            yield store
        finally:
            store.close()

    # -- put aside and put back

    def keep(self) -> Moment:
        self._kept += 1
        aside = self.above / f"kept {self._kept}"
        shutil.copytree(self.folder, aside)
        return Moment(aside, self._services(), self.clock.now)

    def _services(self) -> bytes:
        box, world = self.notion, self.notion.world
        random = world._random
        said = {name: getattr(world, name) for name in _WORLD}
        return pickle.dumps((
            said, random.getstate(), box.root.id, box.cursors,
            self.sheets.files, self.sheets._ids.getstate(),
            self.calendar.calendars, self.calendar.outbox.mails, self.calendar._made,
        ))  # fmt: skip

    def back_to(self, moment: Moment) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(moment.folder, self.folder)
        self.clock.now = moment.now
        for server in (self.notion.server, self.sheets, self.calendar):
            server.log.clear()  # hundreds of lives would keep every request
        self.services_back_to(moment, *TOOLS)

    def services_back_to(self, moment: Moment, *which: str) -> None:
        """Only what some services hold, as when they restore a version of theirs."""
        said, random, root, cursors, files, sheet_ids, calendars, mails, made = pickle.loads(moment.services)
        if "notion" in which:
            for name, value in said.items():
                setattr(self.notion.world, name, value)
            self.notion.world._random.setstate(random)
            self.notion.root, self.notion.cursors = self.notion.world.pages[root], cursors
        if "sheet" in which:
            self.sheets.files = files
            self.sheets._ids.setstate(sheet_ids)
        if "gcal" in which:
            self.calendar.calendars, self.calendar._made = calendars, made
            self.calendar.outbox.mails[:] = mails


_WORLD = ("pages", "databases", "sources", "views", "blocks", "comments", "users", "bot", "person", "actor")


@contextmanager
def workplace(folder: Path, begin: datetime = LONG_AGO) -> Iterator[Workplace]:
    """All of it, on one clock that also is the services'; nothing waits."""
    clock = Clock(begin)
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, {"FAULTS_TOKEN": TOKEN}))
        stack.enter_context(patch.object(notion, "clock", ClockTime(clock)))
        stack.enter_context(patch.object(notion, "lanes", 1))
        stack.enter_context(patch.object(gcal, "sleep", lambda _seconds: None))
        stack.enter_context(patch("syncengine_google.calls.time.sleep", lambda _seconds: None))
        box = stack.enter_context(Sandbox(clock))
        sheets = stack.enter_context(SheetsSandbox(now=clock))
        calendar = stack.enter_context(CalendarSandbox(clock))
        calendar.token = sheets.token = TOKEN
        stack.enter_context(patch.dict(os.environ, {"FAULTS_NOTION_TOKEN": box.token}))
        yield Workplace(folder, box, sheets, calendar, clock)
