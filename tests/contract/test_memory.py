"""The in-memory tool keeps the contract that every connector keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncengine.testing.conformance import Conformance
from syncengine.testing.memory import MemoryTool, Row


class MemoryPeople:
    """People at the in-memory tool."""

    def __init__(self, tool: MemoryTool) -> None:
        self.tool = tool

    def _find(self, kind: str, title: str) -> str:
        return next(h for h, r in self.tool.rows.items() if r.kind == kind and r.fields.get("title") == title)

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        self.tool.add(kind, **fields)

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        self.tool.edit(self._find(kind, title), **{field: value})

    def remove(self, kind: str, title: str) -> None:
        self.tool.remove(self._find(kind, title))

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        return next((r.fields for r in self.tool.of(kind) if r.fields.get("title") == title), None)

    def count(self, kind: str) -> int:
        return len(self.tool.of(kind))

    def copy(self, kind: str, title: str) -> None:
        row = self.tool.rows[self._find(kind, title)]
        self.tool.put(Row(kind, row.id, dict(row.fields)))

    def rename_field(self, kind: str, field: str) -> None:
        """Its columns have no headings of their own."""

    def drop_field(self, kind: str, field: str) -> None:
        self.tool.columns[kind].discard(field)
        for row in self.tool.of(kind):
            row.fields.pop(field, None)

    def shuffle(self, kind: str) -> None:
        self.tool.rows = dict(reversed(self.tool.rows.items()))

    def own_content(self) -> None:
        self.tool.put(Row("shopping", None, {"title": "milk"}))

    def own_content_is_intact(self) -> bool:
        return [row.fields for row in self.tool.of("shopping")] == [{"title": "milk"}]

    def break_item(self, kind: str, title: str) -> None:
        self.tool.edit(self._find(kind, title), percent="about half")


class TestMemory(Conformance):
    connector = "memory"
    tool: MemoryTool

    def place(self, folder: Path) -> None:
        self.tool = MemoryTool.make(f"main-{folder}", self.clock, names=True)

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"tool": self.tool.name}

    def people(self, folder: Path) -> MemoryPeople:
        return MemoryPeople(self.tool)
