"""Every test of the connector works on a sandbox whose traffic is held to the contract, where that is at hand."""

from __future__ import annotations

import importlib.util
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from syncengine.config import load
from syncengine.model.ids import seeded_ids
from syncengine.provision import SetupPlan, setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Exchange
from syncengine.testing.memory import MemoryTool
from syncengine_notion import connector
from syncengine_notion.connector import VERSIONS
from syncengine_notion.sandbox import ClockTime, People, Sandbox

SHARED = Path(__file__).resolve().parents[3].parent / "shared"


def contract() -> ModuleType | None:
    """The checker of the vendor's contract, which is not a part of this project; `None` where it is absent."""
    path = SHARED / "contracts" / "check.py"
    if not path.exists():
        return None
    if "notion_check" not in sys.modules:
        spec = importlib.util.spec_from_file_location("notion_check", path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["notion_check"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["notion_check"]


class Inspector:
    """Holds each request and each answer to the contract; what breaks it is told at the end of the test."""

    def __init__(self) -> None:
        self.check = contract()
        self.problems: list[str] = []
        self.seen = 0
        self.tolerant = False
        """Whether requests may be what the service is on record as taking beyond its types."""

    def __call__(self, exchange: Exchange) -> None:
        request, answer = exchange.request, exchange.answer
        if self.check is None or answer is None:
            return
        version = request.headers.get("notion-version")
        body = request.json if request.body else None
        query = dict(request.query)
        self.seen += 1
        told = json.loads(answer.encoded())
        if answer.status == 400 and "invalid_request_url" in str(told):
            return
        if answer.status < 400:
            options = {"version": version, "tolerant": self.tolerant}
            found = self.check.problems_request(request.method, request.path, query, body, **options)
            self.problems += [f"{request.method} {request.path}: request: {one}" for one in found]
        if answer.status != 413:
            found = self.check.problems_response(
                request.method, request.path, answer.status, told, version=version
            )
            self.problems += [f"{request.method} {request.path} → {answer.status}: {one}" for one in found]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inspector() -> Inspector:
    return Inspector()


@pytest.fixture
def box(clock: Clock, inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A workspace with a shared page, and the connector on the same clock."""
    with Sandbox(clock) as sandbox:
        sandbox.server.after = inspector
        monkeypatch.setattr(connector, "clock", ClockTime(clock))
        monkeypatch.setattr(connector, "lanes", 1)
        monkeypatch.setenv("NOTION_TOKEN", sandbox.token)
        yield sandbox
    assert not inspector.problems, "\n".join(dict.fromkeys(inspector.problems))


def settings(sandbox: Sandbox, **more: Any) -> dict[str, Any]:
    """The replica's settings for a sandbox."""
    return {"page": sandbox.root.id, "token": sandbox.token, "base_url": sandbox.address, **more}


class Stage:
    """A program of two tools: the sandbox, and one in memory that has no weaknesses."""

    def __init__(self, box: Sandbox, clock: Clock, folder: Path, version: str = VERSIONS[0]) -> None:
        self.box, self.clock, self.folder, self.version = box, clock, folder, version
        self.ids = seeded_ids(11)
        self.other = MemoryTool.make(f"notion-{folder}", clock)
        self.people = People(box)
        self.path = folder / "mentorsync.toml"
        self.configure("light")

    def configure(self, template: str, **more: Any) -> None:
        """Write the config anew."""
        keys = {**settings(self.box, notion_version=self.version), "token": "env:NOTION_TOKEN", **more}
        said = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
        self.path.write_text(
            f'[program]\nname = "stage"\ntemplate = "{template}"\nzone = "Europe/Berlin"\n\n'
            f'[[replica]]\nname = "notion"\nconnector = "notion"\n{said}\n\n'
            f'[[replica]]\nname = "other"\nconnector = "memory"\ntool = \'{self.other.name}\'\n',
            encoding="utf-8",
        )
        self.program = load(str(self.path))

    def setup(self, **options: Any) -> SetupPlan:
        return setup(self.program, now=self.clock(), ids=self.ids, **options)

    def ready(self) -> Stage:
        """Set up, with two people and a pair."""
        plan = self.setup()
        assert not plan.problems, plan.problems
        for name in ("Ada", "Grace"):
            self.other.add("person", name=name)
        self.other.add("pair", name="Ada & Grace", members="Ada; Grace", status="paused")
        self.settled()
        return self

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids, **options)

    def settled(self, **options: Any) -> Report:
        report = self.sync(**options)
        again = self.sync()
        assert again.writes == 0, (again.as_json(), report.warnings)
        return report

    def counted(self, **options: Any) -> list[tuple[str, str]]:
        """The requests of one sync."""
        before = len(self.box.server.log)
        self.sync(**options)
        return self.box.calls(before)

    def goals(self, *titles: str, **fields: Any) -> None:
        for title in titles:
            self.other.add("goal", title=title, person="Ada", **fields)

    def goal(self, title: str) -> str:
        return self.other.find("goal", title=title)

    def titles(self, kind: str = "goal", field: str = "title") -> list[str]:
        """What the other tool has."""
        return sorted(str(row.fields[field]) for row in self.other.of(kind))


def version_for(name: str) -> str:
    """One of the two versions of the API, for each test always the same one: half of them run on each."""
    return VERSIONS[zlib.crc32(name.encode()) % 2]


@pytest.fixture
def stage(box: Sandbox, clock: Clock, tmp_path: Path, request: pytest.FixtureRequest) -> Stage:
    return Stage(box, clock, tmp_path, version_for(request.node.name))
