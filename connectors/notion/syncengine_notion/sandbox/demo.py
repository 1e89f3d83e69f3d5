"""A workspace to try things out in, for `mentorsync demo --sandbox`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from syncengine.testing.clock import Clock
from syncengine_notion.sandbox.people import People
from syncengine_notion.sandbox.server import Sandbox


class Now(Clock):
    """The computer's clock, as a sandbox reads one."""

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @now.setter
    def now(self, _moment: datetime) -> None:
        """Nobody moves it."""


_TOKEN = "MENTORSYNC_DEMO_NOTION_TOKEN"  # noqa: S105 - the name of a variable


class DemoWorkspace:
    """Keeps `syncengine.cli.demo.standin.Tool`."""

    name = "notion"
    about = "a Notion workspace on this machine, reached by the real connector over HTTP"

    def __init__(self, box: Sandbox) -> None:
        self._people = People(box)
        self.settings: Mapping[str, str | int] = {
            "page": box.root.id, "token": f"env:{_TOKEN}", "base_url": box.address, "requests_per_minute": 100_000,
        }  # fmt: skip

    def edit(self, table: str, title: str, label: str, value: Any) -> None:
        self._people.edit(table, title, **{label: value})

    def add(self, table: str, values: Mapping[str, Any]) -> None:
        self._people.add(table, **values)

    def shown(self, table: str, title: str) -> Mapping[str, Any]:
        return self._people.shows(table, title)


@contextmanager
def workspace() -> Iterator[DemoWorkspace]:
    """One workspace with a shared page, for as long as the context lasts."""
    before = os.environ.get(_TOKEN)
    try:
        with Sandbox(Now()) as box:
            os.environ[_TOKEN] = box.token
            yield DemoWorkspace(box)
    finally:
        os.environ.pop(_TOKEN, None)
        if before is not None:
            os.environ[_TOKEN] = before
