"""A program with a sandbox spreadsheet and another tool, for tests that go through the whole engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from syncengine.config import Program, load
from syncengine.model.ids import seeded_ids
from syncengine.model.kind import Record
from syncengine.provision import SetupPlan, setup
from syncengine.run import Report, sync
from syncengine.store import Store, open_store
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool
from syncengine_sheets.sandbox import Sandbox, Spreadsheet
from tests.unit.sheets.people import SheetsPeople

CONFIG = """[program]
name = "stage"
template = "{template}"
zone = "Europe/Berlin"

[[replica]]
name = "sheet"
connector = "sheets"
credentials = "token:env:SHEETS_TOKEN"
api_endpoint = "{address}"
{more}
[[replica]]
name = "other"
connector = "memory"
tool = '{other}'
"""


class Stage:
    """Set up and ready; `sync` moves the clock."""

    def __init__(
        self, folder: Path, sandbox: Sandbox, *, template: str = "light", more: str = "", make: bool = True
    ) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.clock, self.ids = Clock(), seeded_ids(11)
        self.other = MemoryTool.make(f"other-{folder}", self.clock)
        text = CONFIG.format(template=template, address=sandbox.address, other=self.other.name, more=more)
        folder.mkdir(exist_ok=True)
        (folder / "mentorsync.toml").write_text(text, encoding="utf-8")
        self.program: Program = load(str(folder / "mentorsync.toml"))
        if make:
            done = self.setup()
            assert not done.problems, {name: str(error) for name, error in done.problems.items()}

    def setup(self, **options: Any) -> SetupPlan:
        return setup(self.program, now=self.clock(), ids=self.ids, **options)

    @property
    def sheet(self) -> Spreadsheet:
        [sheet] = self.sandbox.files.values()
        return sheet

    @property
    def people(self) -> SheetsPeople:
        return SheetsPeople(self.sandbox, self.sheet)

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids, **options)

    def settled(self, most: int = 5) -> Report:
        """Sync until nothing is left to do."""
        first = self.sync()
        for _ in range(most):
            again = self.sync()
            if again.writes == 0 and not any(w for w in again.warnings if "could not" in w):
                return first
        raise AssertionError(f"it does not settle: {again.as_json()}")

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.program.state_url)
        try:
            yield store
        finally:
            store.close()

    def records(self, kind: str) -> dict[str, Record]:
        with self.store() as store:
            return {record.id: record for record in store.all_records(kind)}

    def requests(self, do: Callable[[], object]) -> list[str]:
        """The requests that something makes: method and last part of the path."""
        before = len(self.sandbox.log)
        do()
        return [f"{e.request.method} {e.request.path.rpartition('/')[2]}" for e in self.sandbox.log[before:]]
