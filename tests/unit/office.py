"""A program on stand-ins of all three online services and one tool in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from syncengine.config import Program, load
from syncengine.forget import Forgotten, forget
from syncengine.model.ids import seeded_ids
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool
from syncengine_gcal.sandbox import CalendarSandbox
from syncengine_notion import connector as notion
from syncengine_notion.sandbox import ClockTime
from syncengine_notion.sandbox import Sandbox as NotionSandbox
from syncengine_sheets.sandbox import Sandbox as SheetsSandbox

TOKENS = {"SHEETS_TOKEN": "sheets-token-that-nobody-may-see", "CALENDAR_TOKEN": "ya29.calendar-token-that-nobody-may-see",
          "NOTION_TOKEN": "ntn_sandbox0123456789"}  # fmt: skip


class Office:
    """The program, its stand-ins, and what is stored in them."""

    def __init__(
        self,
        folder: Path,
        notion: NotionSandbox,
        sheets: SheetsSandbox,
        calendar: CalendarSandbox,
        clock: Clock,
    ) -> None:
        self.notion, self.sheets, self.calendar = notion, sheets, calendar
        self.clock, self.ids = clock, seeded_ids(5)
        self.other = MemoryTool.make(f"office-{folder}", clock)
        self.own = MemoryTool.make(f"office-own-{folder}", clock)
        self.path = folder / "mentorsync.toml"
        self.configure()
        assert not self.setup().problems

    def configure(self, *more: str) -> None:
        """Write the config; `more`: further sections."""
        self.path.write_text("\n".join([
            '[program]\nname = "office"\ntemplate = "structured"\nzone = "Europe/Berlin"\ndays_back = 0\ndays_ahead = 15',
            f"[[replica]]\nname = \"other\"\nconnector = \"memory\"\ntool = '{self.other.name}'",
            f'[[replica]]\nname = "notion"\nconnector = "notion"\npage = "{self.notion.root.id}"\ntoken = "env:NOTION_TOKEN"\n'
            f'base_url = "{self.notion.address}"\nrequests_per_minute = 100000',
            f'[[replica]]\nname = "sheet"\nconnector = "sheets"\ncredentials = "token:env:SHEETS_TOKEN"\n'
            f'api_endpoint = "{self.sheets.address}"',
            f'[[replica]]\nname = "calendar"\nconnector = "gcal"\ntitle = "Check-ins"\ncredentials = "token:env:CALENDAR_TOKEN"\n'
            f'api_endpoint = "{self.calendar.address}"\ninvites = "all"',
            *more,
        ]), "utf-8")  # fmt: skip
        self.program: Program = load(str(self.path))

    def setup(self) -> Any:
        return setup(self.program, now=self.clock(), ids=self.ids)

    def own_of(self, pair: str) -> str:
        """The section of a replica of the pair's own."""
        return f"[[replica]]\nname = \"own\"\nconnector = \"memory\"\naudience = '{pair}'\ntool = '{self.own.name}'"

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids, **options)

    def forget(self, person: str, also: Iterable[str] = ()) -> Forgotten:
        def wait(seconds: float) -> None:
            self.clock.tick(seconds=seconds)

        return forget(self.program, person, also, now=self.clock, ids=self.ids, wait=wait)

    def mails(self) -> list[str]:
        """To whom a mail was sent since the last call."""
        found = [mail.to for mail in self.calendar.outbox.mails]
        self.calendar.outbox.mails.clear()
        return found

    def living_notion(self) -> str:
        """All that the workspace holds outside of its trash."""
        world = self.notion.world
        things = [
            one
            for name in ("pages", "blocks", "databases", "sources")
            for one in getattr(world, name, {}).values()
        ]
        return json.dumps([vars(one) for one in things if not one.in_trash], default=str, ensure_ascii=False)

    def all_notion(self) -> str:
        """The same, with its trash."""
        return repr(self.notion.world)

    def all_sheets(self) -> str:
        """Every cell and note of every tab, and whatever else a spreadsheet has."""
        return repr([_inside(sheet) for sheet in self.sheets.files.values()])

    def all_calendars(self) -> str:
        """Every event, cancelled ones too."""
        return repr([_inside(one) for one in self.calendar.calendars.values()])


def _inside(thing: Any, depth: int = 6) -> Any:
    """What an object holds, as deep as a stand-in goes."""
    if depth == 0 or isinstance(thing, str | int | float | bool | bytes | None.__class__):
        return thing if isinstance(thing, str | bytes) else repr(thing)
    if isinstance(thing, dict):
        return {repr(key): _inside(value, depth - 1) for key, value in thing.items()}
    if isinstance(thing, list | tuple | set):
        return [_inside(one, depth - 1) for one in thing]
    return _inside(vars(thing), depth - 1) if hasattr(thing, "__dict__") else repr(thing)


@contextmanager
def office_in(folder: Path) -> Iterator[Office]:
    """One that is set up. `TOKENS` have to be in the environment, and the Notion connector on the clock."""
    clock = Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    with (
        patch.object(notion, "clock", ClockTime(clock)),
        patch.object(notion, "lanes", 1),
        patch.dict(os.environ, TOKENS),
        NotionSandbox(clock) as workspace,
        SheetsSandbox() as sheets,
        CalendarSandbox(clock) as calendar,
    ):
        calendar.token = TOKENS["CALENDAR_TOKEN"]
        yield Office(folder, workspace, sheets, calendar, clock)
