"""A calendar folder in `tmp_path`, and somebody who plays the engine's part: pull, push, remember."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from syncengine.connector import Done, Item, Opening, Operation, Outcome, Pull
from syncengine.model.cadence import checkin_id
from syncengine.model.ids import seeded_ids
from syncengine.model.moments import moment
from syncengine.model.template import load_template
from syncengine.model.values import Fields, Locale
from syncengine_ical import connector
from syncengine_ical.replica import IcalReplica

PAIR: Fields = {
    "name": "Ada & Ben",
    "status": "active",
    "every": "2 weeks",
    "first_meeting": "2026-03-03",
    "time": "17:00",
    "zone": "Europe/Berlin",
    "minutes": 45,
    "until": "2026-12-31",
    "link": "https://meet.example.org/x",
    "agenda": None,
}


class Desk:
    """One folder with its replica reopened for every step, as separate runs would."""

    def __init__(self, path: Path, zone: str = "Europe/Berlin", template: str = "structured") -> None:
        self.path = path
        self.locale = Locale(zone=ZoneInfo(zone))
        self.template = load_template(template)
        self.settings = connector.validate({"path": str(path)}, "/")
        self.cursor: bytes | None = None
        self.held: dict[str, dict[str, object]] = {}
        self.handles: dict[str, str] = {}
        ids = seeded_ids(1)
        self.new_id = lambda: ids(moment("2026-01-01T00:00:00Z"))
        if not path.exists():
            self.open().provision("place-1")

    def open(self) -> IcalReplica:
        return connector.open(Opening("calendar", self.settings, self.template, self.locale))

    def pull(self, again: tuple[str, ...] = (), *, fresh: bool = False) -> Pull:
        replica = self.open()
        pull = replica.pull(None if fresh else self.cursor, again)
        self._remember(pull.items)
        self.cursor = replica.cursor()
        return pull

    def _remember(self, items: list[Item]) -> None:
        for item in items:
            assert item.id is not None
            self.held.setdefault(item.id, {}).update(item.fields)
            self.handles[item.id] = item.handle

    def push(self, *operations: Operation, between: Callable[[], object] = lambda: None) -> list[Outcome]:
        replica = self.open()
        self._remember(replica.pull(self.cursor, ()).items)
        between()
        outcomes = list(replica.push(operations))
        self.cursor = replica.cursor()
        for outcome in outcomes:
            if isinstance(outcome, Done):
                id = outcome.operation.id
                self.handles[id] = outcome.handle
                self.held.setdefault(id, {}).update(
                    outcome.operation.fields if outcome.held is None else outcome.held
                )
        return outcomes

    def done(self, *operations: Operation) -> None:
        for outcome in self.push(*operations):
            assert isinstance(outcome, Done), outcome

    def create(self, kind: str, id: str, fields: Fields, labels: dict[str, str] | None = None) -> Operation:
        return Operation(
            "create", kind, id, None, fields, {}, fields, str(fields.get("name") or "it"), labels or {}
        )

    def update(self, kind: str, id: str, record: Fields, **fields: object) -> Operation:
        full: Fields = {**record, **fields}  # type: ignore[dict-item]
        return Operation(
            "update",
            kind,
            id,
            self.handles.get(id),
            dict(fields),
            dict(self.held.get(id, {})),
            full,  # type: ignore[arg-type]
            str(full.get("name") or "it"),
            {},
        )

    def delete(self, kind: str, id: str) -> Operation:
        return Operation("delete", kind, id, self.handles[id], {}, dict(self.held.get(id, {})), {}, "it", {})  # type: ignore[arg-type]

    def pair(self, **fields: object) -> str:
        id = self.new_id()
        self.done(self.create("pair", id, {**PAIR, **fields}))  # type: ignore[dict-item]
        return id

    def checkin(self, pair: str, slot: str | None, **fields: object) -> tuple[str, Fields]:
        record: Fields = {
            "pair": pair,
            "starts": slot,
            "minutes": 45,
            "status": "planned",
            "slot": slot,
            **fields,
        }  # type: ignore[dict-item]
        id = checkin_id(pair, slot) if slot else self.new_id()
        self.done(self.create("checkin", id, record, {pair: "Ada & Ben"}))
        return id, record

    def file(self, name: str = "Ada & Ben.ics") -> Path:
        return self.path / name

    def text(self, name: str = "Ada & Ben.ics") -> str:
        return self.file(name).read_bytes().decode()

    def edit(self, old: str, new: str, name: str = "Ada & Ben.ics") -> None:
        text = self.text(name)
        assert old in text, text
        self.file(name).write_bytes(text.replace(old, new, 1).encode())

    def add_event(self, lines: str, name: str = "Ada & Ben.ics") -> None:
        body = "BEGIN:VEVENT\r\n" + "".join(f"{line}\r\n" for line in lines.split("\n")) + "END:VEVENT\r\n"
        self.edit("END:VCALENDAR\r\n", body + "END:VCALENDAR\r\n", name)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "Calendar")
