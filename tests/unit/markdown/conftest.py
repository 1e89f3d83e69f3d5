"""A vault in a temporary folder, opened as the engine would open it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncengine.connector import Done, Item, Opening, Operation, Outcome, Pull, Reading
from syncengine.model.ids import seeded_ids
from syncengine.model.template import Template, load_template
from syncengine.model.values import Fields, Locale
from syncengine_markdown import connector
from syncengine_markdown.replica import MarkdownReplica

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Stage:
    """One vault, and what a run of the engine remembers of it."""

    root: Path
    template: Template
    locale: Locale = field(default_factory=lambda: Locale(ZoneInfo("Europe/Berlin")))
    folders: Mapping[str, str] = field(default_factory=dict)
    cursor: bytes | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ids = seeded_ids(3)
        self.id: Callable[[], str] = lambda: ids(NOW)

    @property
    def settings(self) -> Mapping[str, Any]:
        return connector.validate({"path": str(self.root), "folders": self.folders}, "/")

    def open(self) -> MarkdownReplica:
        return connector.open(Opening("vault", self.settings, self.template, self.locale))

    def setup(self) -> Stage:
        self.open().provision("place-1")
        return self

    def write(self, handle: str, text: str | bytes) -> Path:
        """A person saves a file; its time is well in the past unless set otherwise."""
        path = self.root / handle
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self._tick = getattr(self, "_tick", 1_700_000_000) + 1
        os.utime(path, ns=(self._tick * 10**9 + 7, self._tick * 10**9 + 7))
        return path

    def text(self, handle: str) -> str:
        return (self.root / handle).read_bytes().decode()

    def pull(self, *again: str, fresh: bool = False) -> Pull:
        """One whole read, and the cursor kept, as a run that pushes nothing."""
        replica = self.open()
        pull = replica.pull(None if fresh else self.cursor, again)
        self.cursor = replica.cursor()
        return pull

    def item(self, handle: str) -> Item:
        return next(item for item in self.pull(fresh=True).items if item.handle == handle)

    def push(self, *operations: Operation) -> list[Outcome]:
        replica = self.open()
        replica.pull(self.cursor, ())
        outcomes = list(replica.push(operations))
        self.cursor = replica.cursor()
        return outcomes

    def create(self, kind: str, fields: Fields, title: str = "") -> Operation:
        names = self.template.kinds[kind].title
        title = title or str(fields.get(names[0]) or "Untitled")
        id = self.id()
        self.labels[id] = title
        return Operation("create", kind, id, None, fields, {}, fields, title, self.labels)

    def update(
        self,
        made: Done,
        fields: Fields,
        expected: Mapping[str, Reading] | None = None,
        title: str = "",
        stamp: bool = False,
    ) -> Operation:
        old = made.operation
        before = {name: old.record.get(name) for name in fields} if expected is None else expected
        return Operation("update", old.kind, old.id, made.handle, fields, before, {**old.record, **fields},
                         title or old.title, self.labels, stamp)  # fmt: skip

    def delete(self, made: Done) -> Operation:
        old = made.operation
        return Operation("delete", old.kind, old.id, made.handle, {}, old.record, {}, old.title, self.labels)

    def made(self, kind: str, fields: Fields, title: str = "") -> Done:
        """A record that is in the vault already."""
        (outcome,) = self.push(self.create(kind, fields, title))
        assert isinstance(outcome, Done), outcome
        return outcome


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """A vault that is set up."""
    return Stage(tmp_path / "vault", load_template("structured")).setup()


@pytest.fixture
def bare(tmp_path: Path) -> Stage:
    """A folder that nobody has set up."""
    return Stage(tmp_path / "vault", load_template("structured"))


@pytest.fixture
def nobody() -> Iterator[Callable[[], None]]:
    """Calling it takes root's rights away until the test ends, so that a read-only folder is one."""
    before = os.geteuid()

    def drop() -> None:
        if before == 0:
            os.seteuid(65534)

    yield drop
    os.seteuid(before)
