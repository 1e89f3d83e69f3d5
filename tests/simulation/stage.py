"""One program on every tool at once: the sandboxes, the folders, and the desks that stand at all of them."""

from __future__ import annotations

import os
import pickle
import types
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from syncengine.model.template import load_template
from syncengine.testing.clock import Clock
from syncengine.testing.people import Desk
from syncengine.testing.shortcut import without_sockets
from syncengine.testing.tool import Tool
from syncengine_gcal import connector as gcal
from syncengine_gcal.sandbox import CalendarSandbox
from syncengine_google import calls, session
from syncengine_notion import connector as notion
from syncengine_notion.sandbox import ClockTime
from syncengine_notion.sandbox import Sandbox as NotionSandbox
from syncengine_sheets.sandbox import Sandbox as SheetsSandbox
from tests.simulation.hands.folder import FolderHands
from tests.simulation.hands.google import GoogleHands
from tests.simulation.hands.notion import NotionHands
from tests.simulation.hands.sheets import SheetsHands
from tests.simulation.hands.vault import VaultHands
from tests.simulation.hands.workbook import WorkbookHands
from tests.simulation.in_turn import in_turn

TOOLS = ("sheets", "notion", "gcal", "markdown", "workbook", "ical")
_documents = cache(session._document)
_TOKEN, _NOTION_TOKEN = "TOGETHER_TOKEN", "TOGETHER_NOTION_TOKEN"


class Stage:
    """The places of one program, on one clock."""

    def __init__(self, folder: str, clock: Clock) -> None:
        self.folder, self.clock = Path(folder), clock
        self.notion = NotionSandbox(clock)
        self.sheets = SheetsSandbox(now=clock)
        self.gcal = CalendarSandbox(clock)

    @property
    def servers(self) -> Mapping[str, Any]:
        """The tools that are reached over a network."""
        return {"sheets": self.sheets, "notion": self.notion.server, "gcal": self.gcal}

    def desk(self, name: str) -> Desk:
        """The desk at a tool of the whole program."""
        template = load_template("structured").seen_by("program")
        google = {"credentials": f"token:env:{_TOKEN}"}
        # What setup made is found by the folder's name, which is another in each life.
        made = {"spreadsheet": next(iter(self.sheets.files))} if self.sheets.files else {}
        tools: Mapping[str, tuple[Tool, Mapping[str, Any]]] = {
            "sheets": (
                SheetsHands(self.sheets, template),
                {**google, **made, "api_endpoint": self.sheets.address},
            ),
            "notion": (
                NotionHands(self.notion, template),
                {
                    "page": self.notion.root.id,
                    "token": f"env:{_NOTION_TOKEN}",
                    "base_url": self.notion.address,
                    "requests_per_minute": 1_000_000,
                },
            ),
            "gcal": (
                GoogleHands(self.gcal, "Check-ins"),
                {**google, "api_endpoint": self.gcal.address, "title": "Check-ins", "invites": "all"},
            ),
            "markdown": (VaultHands(self.folder / "vault", template, self.clock), {"path": "vault"}),
            "workbook": (WorkbookHands(self.folder / "book.xlsx", template), {"path": "book.xlsx"}),
            "ical": (FolderHands(self.folder / "calendar"), {"path": "calendar"}),
        }
        tool, settings = tools[name]
        return Desk(name, name, tool=tool, settings=settings)

    def own(self, pair: str) -> Desk:
        """The desk at a pair's own vault."""
        tool = VaultHands(self.folder / "own", load_template("structured"), self.clock)
        return Desk("Own", "markdown", pair, tool=tool, settings={"path": "own"})

    def holds(self) -> bytes:
        """What the online tools hold; see `become`."""
        into = BytesIO()
        kept = pickle.Pickler(into, pickle.HIGHEST_PROTOCOL)
        kept.persistent_id = lambda one: "clock" if one is self.clock else None  # type: ignore[method-assign]
        gcal = self.gcal.calendars, self.gcal._made, self.gcal.outbox.mails
        kept.dump((self.notion.world, self.notion.root.id, self.sheets.files, self.sheets._ids, gcal))
        return into.getvalue()

    def become(self, held: bytes) -> None:
        """What another stage's tools held (`holds`), these hold from now on."""
        kept = pickle.Unpickler(BytesIO(held))
        kept.persistent_load = lambda _id: self.clock  # type: ignore[method-assign]
        self.notion.world, root, self.sheets.files, self.sheets._ids, gcal = kept.load()
        self.notion.root = self.notion.world.pages[root]
        self.gcal.calendars, self.gcal._made, self.gcal.outbox.mails = gcal


@contextmanager
def opened(folder: str, clock: Clock, *, sockets: bool = False) -> Iterator[Stage]:
    """A stage whose sandboxes can be reached, with the connectors on its clock; `sockets`: over real HTTP."""
    waiting = types.SimpleNamespace(sleep=lambda _seconds: None, monotonic=clock)
    with ExitStack() as stack:
        if not sockets:
            stack.enter_context(without_sockets())
            stack.enter_context(in_turn())
        stack.enter_context(patch.dict(os.environ, {_TOKEN: "any"}))
        stack.enter_context(patch.object(notion, "clock", ClockTime(clock)))
        stack.enter_context(patch.object(notion, "lanes", 1))  # so that a seed is always the same life
        stack.enter_context(patch.object(gcal, "sleep", waiting.sleep))
        stack.enter_context(patch.object(calls, "time", waiting))
        # What Google's library knows of its services, read anew by each run, takes a twentieth of a life.
        stack.enter_context(patch.object(session, "_document", _documents))
        stage = Stage(folder, clock)
        stack.enter_context(patch.dict(os.environ, {_NOTION_TOKEN: stage.notion.token}))
        for server in stage.servers.values():
            stack.enter_context(server)
        yield stage
