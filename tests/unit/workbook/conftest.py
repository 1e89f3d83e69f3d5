"""A workbook on disk, the replica that keeps it, and people who edit it with openpyxl."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from syncengine.connector import Done, Item, Opening, Operation, Outcome, Pull, Rejected
from syncengine.model.ids import derived_id
from syncengine.model.kinds import all_kinds
from syncengine.model.template import Template, load_template
from syncengine.model.values import Locale, Value
from syncengine_workbook import connector
from syncengine_workbook.replica import WorkbookReplica

NOW = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = all_kinds()


def small_template(*kinds: str) -> Template:
    """The structured template with a few kinds only: the fewer sheets, the faster a test."""
    whole = load_template("structured")
    return replace(whole, kinds={name: whole.kinds[name] for name in kinds})


class Bench:
    """One workbook in a folder of its own."""

    def __init__(self, folder: Path, template: Template | None = None, **settings: Any) -> None:
        self.template = template or small_template("person", "pair", "goal", "checkin")
        self.locale = Locale(ZoneInfo("Europe/Berlin"))
        self.settings = connector.validate({"path": "mentorship.xlsx", **settings}, str(folder))
        self.path = Path(self.settings["path"])
        self.cursor: bytes | None = None
        self._numbers = itertools.count(1)
        self.replica = self.open()

    def open(self) -> WorkbookReplica:
        opening = Opening("wb", self.settings, self.template, self.locale)
        return connector.open(opening)  # type: ignore[return-value]

    def provision(self) -> None:
        self.replica.provision("place1")

    def pull(self, cursor: bytes | None = None) -> Pull:
        self.replica = self.open()
        pulled = self.replica.pull(cursor, ())
        self.cursor = self.replica.cursor()
        return pulled

    def item(self, title: str, kind: str = "goal") -> Item:
        key = KINDS[kind].title[0]
        return next(item for item in self.pull().items if item.kind == kind and item.fields.get(key) == title)

    def new_id(self) -> str:
        return derived_id(NOW, str(next(self._numbers)))

    def creating(self, kind: str, labels: Mapping[str, str] | None = None, **fields: Value) -> Operation:
        whole = {name: fields.get(name) for name in self.template.kinds[kind].fields}
        title = str(fields.get(KINDS[kind].title[0]))
        return Operation("create", kind, self.new_id(), None, whole, {}, whole, title, labels or {})

    def updating(self, item: Item, labels: Mapping[str, str] | None = None, **fields: Value) -> Operation:
        id = item.id or self.new_id()
        return Operation(
            "update",
            item.kind,
            id,
            item.handle,
            fields,
            item.fields,
            fields,
            "it",
            labels or {},
            stamp=item.id is None,
        )

    def deleting(self, item: Item) -> Operation:
        assert item.id
        return Operation("delete", item.kind, item.id, item.handle, {}, item.fields, {}, "it", {})

    def push(self, *operations: Operation) -> list[Outcome]:
        outcomes = list(self.replica.push(operations))
        assert [outcome.operation for outcome in outcomes] == list(operations)
        self.cursor = self.replica.cursor()
        return outcomes

    def done(self, *operations: Operation) -> list[Done]:
        outcomes = self.push(*operations)
        assert all(isinstance(outcome, Done) for outcome in outcomes), outcomes
        return outcomes  # type: ignore[return-value]

    def rejected(self, operation: Operation) -> Rejected:
        (outcome,) = self.push(operation)
        assert isinstance(outcome, Rejected), outcome
        return outcome

    @contextmanager
    def edit(self, title: str = "Goals") -> Iterator[Worksheet]:
        """What a person does in a sheet, and then saves."""
        book = openpyxl.load_workbook(self.path)
        yield book[title]
        book.save(self.path)

    def sheet(self, title: str = "Goals") -> Worksheet:
        return openpyxl.load_workbook(self.path)[title]

    def cell(self, field: str, row: int, kind: str = "goal") -> str:
        """The address of a field's cell in a workbook as setup makes it."""
        column = list(self.template.kinds[kind].fields).index(field) + 1
        return f"{openpyxl.utils.get_column_letter(column)}{row}"


@pytest.fixture(scope="session")
def as_set_up(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A workbook as setup leaves it."""
    made = Bench(tmp_path_factory.mktemp("setup"))
    made.provision()
    return made.path.read_bytes()


@pytest.fixture
def bench(tmp_path: Path, as_set_up: bytes) -> Bench:
    made = Bench(tmp_path)
    made.path.write_bytes(as_set_up)
    made.pull()
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Callable[..., Bench]:
    """A bench without a workbook yet."""
    return lambda **settings: Bench(tmp_path, **settings)
