"""The conformance suite on the sandbox, with people who work in Notion's window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.model.template import load_template
from syncengine.testing.conformance import Conformance
from syncengine_notion import connector
from syncengine_notion.sandbox import ClockTime, People, Sandbox

from .conftest import Inspector, version_for

TEMPLATE = load_template("structured")


class AtNotion:
    """What the suite asks of people, by the tables' and properties' own names."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.renamed: dict[str, str] = {}

    def table(self, kind: str) -> str:
        return TEMPLATE.kinds[kind].plural

    def label(self, kind: str, field: str) -> str:
        label = TEMPLATE.kinds[kind].fields[field].label
        return self.renamed.get(label, label)

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        self.people.add(self.table(kind), **{self.label(kind, name): value for name, value in fields.items()})

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        self.people.edit(self.table(kind), title, **{self.label(kind, field): value})

    def remove(self, kind: str, title: str) -> None:
        self.people.trash(self.table(kind), title)

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        if title not in [self.people.title(row) for row in self.people.rows(self.table(kind))]:
            return None
        shows = self.people.shows(self.table(kind), title)
        return {name: shows.get(self.label(kind, name)) for name in TEMPLATE.kinds[kind].fields}

    def count(self, kind: str) -> int:
        return len(self.people.rows(self.table(kind)))

    def copy(self, kind: str, title: str) -> None:
        self.people.duplicate(self.table(kind), title)

    def rename_field(self, kind: str, field: str) -> None:
        label = self.label(kind, field)
        self.people.rename(self.table(kind), label, f"My {label}")
        self.renamed[label] = f"My {label}"

    def drop_field(self, kind: str, field: str) -> None:
        self.people.delete_property(self.table(kind), self.label(kind, field))

    def shuffle(self, kind: str) -> None:
        self.people.source(self.table(kind)).rows.reverse()

    def own_content(self) -> None:
        people = self.people
        people.add_property("Goals", "Mood", {"rich_text": {}})
        people.edit("Goals", "Learn SQL", Mood="so so")
        people.write.add(people.row("Goals", "Learn SQL"), "dear diary")
        people.rename_view("Goals", "By status", "My board")
        self.before = people.state_of_own()

    def own_content_is_intact(self) -> bool:
        people = self.people
        shows = people.shows("Goals", "Learn SQL")
        return shows["Mood"] == "so so" and people.state_of_own() == self.before

    def break_item(self, kind: str, title: str) -> None:
        self.people.edit(self.table(kind), title, Percent=40.0)


class TestNotion(Conformance):
    connector = "notion"

    @pytest.fixture(autouse=True)
    def _notion(self, inspector: Inspector, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.inspector = inspector
        self._patch = monkeypatch
        yield
        self.box.__exit__()
        assert not inspector.problems, "\n".join(dict.fromkeys(inspector.problems))

    @pytest.fixture(autouse=True)
    def _stage(self, _notion: None, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        self.version = version_for(request.node.name)
        Conformance._stage.__wrapped__(self, tmp_path, request)  # type: ignore[attr-defined]

    def place(self, folder: Path) -> None:
        self.box = Sandbox(self.clock)
        self.box.__enter__()
        self.box.server.after = self.inspector
        self._patch.setattr(connector, "clock", ClockTime(self.clock))
        self._patch.setenv("NOTION_TOKEN", self.box.token)
        self._patch.setattr(connector, "lanes", 1)
        self.at = AtNotion(People(self.box))

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {
            "page": self.box.root.id,
            "token": "env:NOTION_TOKEN",
            "base_url": self.box.address,
            "notion_version": self.version,
        }

    def people(self, folder: Path) -> AtNotion:
        return self.at
