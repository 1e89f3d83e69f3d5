"""People with a text editor, in a folder of Markdown notes."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine.model.values import Fields, Value
from syncengine.testing.clock import Clock
from syncengine.testing.tool import Impossible, Row
from tests.simulation.hands.values import canonical, handled, local, named

_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.DOTALL | re.MULTILINE)
_REGION = re.compile(r"%% mentorsync.*?%% /mentorsync[^\n]*%%\n?", re.DOTALL)
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class VaultHands:
    """A note is found by the id in it, else by its path."""

    hides_deleted = False

    def __init__(self, path: Path, template: Template, clock: Clock) -> None:
        self.path, self.kinds, self.clock = path, template.kinds, clock

    def _save(self, note: Path, text: str) -> None:
        """At the time that the people's clock shows, so that the file tells it."""
        note.write_text(text, "utf-8")
        os.utime(note, (self.clock().timestamp(),) * 2)

    # -- looking

    @property
    def columns(self) -> Mapping[str, set[str]]:
        return {
            kind.name: set(kind.fields) for kind in self.kinds.values() if (self.path / kind.plural).is_dir()
        }

    @property
    def rows(self) -> Mapping[str, Row]:
        return {handle: row for handle, (row, _) in self._all().items()}

    def _all(self) -> dict[str, tuple[Row, Path]]:
        found = []
        for kind in self.kinds.values():
            for note in sorted((self.path / kind.plural).rglob("*.md")):
                row = self._row(kind, note)
                found.append((str(note), row, note))
        titles = {note.stem: named(self.kinds[row.kind], row) for _, row, note in found}
        for _, row, _ in found:
            self._follow(row, titles)
        return handled(found)

    def _follow(self, row: Row, titles: Mapping[str, str]) -> None:
        """Links say a file's name; people know what the note is called."""
        for name, value in row.fields.items():
            if self.kinds[row.kind].fields[name].ref and isinstance(value, list):
                row.fields[name] = "; ".join(sorted(_called(one, titles) for one in value)) or None

    def _row(self, kind: Kind, note: Path) -> Row:
        text = note.read_text("utf-8")
        front = _FRONT.match(text)
        said = yaml.load(front[1], Loader=_LOADER) if front else {}
        fields = {name: self._shown(kind, name, said.get(name)) for name in kind.fields if name in said}
        body = _REGION.sub("", text[front.end() :] if front else text).strip()
        if kind.body:
            fields[kind.body] = body or None
        if kind.name == "pair" and (agenda := _REGION.search(text)):
            fields["agenda"] = "\n".join(agenda[0].splitlines()[1:-1]) or None
        return Row(kind.name, said.get("mentorsync-id") or said.get("id") or None, fields)

    def _shown(self, kind: Kind, name: str, said: Any) -> Any:
        type = kind.fields[name].type
        if said in (None, "", "null", "~"):
            return None
        if isinstance(type, ft.Ref | ft.Refs):
            return said if isinstance(said, list) else [said]
        if isinstance(type, ft.Instant) and re.fullmatch(r"[0-9-]{10}T[0-9:]{8}", said):
            return canonical(datetime.fromisoformat(said))
        return f"{said}%" if isinstance(type, ft.Percent) and re.fullmatch(r"[0-9.]+", said) else said

    # -- working

    def add(self, kind: str, **fields: Any) -> str:
        declared = self.kinds[kind]
        said = {name: value for name, value in fields.items() if value is not None}
        if not said:
            raise Impossible("nobody makes a note of nothing")
        body = str(said.pop(declared.body, "")) if declared.body else ""
        name = next((str(said[n]) for n in declared.title if n in said), "note")
        stem = re.sub(r"[^\w ()-]", "", name).strip() or "note"
        note, number = self.path / declared.plural / f"{stem}.md", 1
        while note.exists():
            number += 1
            note = note.with_name(f"{stem} {number}.md")
        lines = [f"{key}:{_written(declared, key, value)}" for key, value in said.items()]
        self._save(note, "\n".join(["---", *lines, "---", "", body, ""]))
        return next(handle for handle, (_, path) in self._all().items() if path == note)

    def edit(self, handle: str, **fields: Any) -> None:
        row, note = self._all()[handle]
        kind, text = self.kinds[row.kind], note.read_text("utf-8")
        for name, value in fields.items():
            text = self._body(text, value) if name == kind.body else self._property(kind, text, name, value)
        self._save(note, text)

    def _property(self, kind: Kind, text: str, name: str, value: Any) -> str:
        front = _FRONT.match(text)
        if front is None:
            text = f"---\n---\n{text}"
            front = _FRONT.match(text)
        assert front is not None
        line = f"{name}:{_written(kind, name, value)}\n"
        lines, number = re.subn(
            rf"^{name}:[^\n]*\n(?:[ \t]+[^\n]*\n)*", lambda _: line, front[1], count=1, flags=re.MULTILINE
        )
        return f"---\n{lines if number else front[1] + line}---\n{text[front.end() :]}"

    def _body(self, text: str, value: Any) -> str:
        front = _FRONT.match(text)
        head, rest = (text[: front.end()], text[front.end() :]) if front else ("", text)
        region = _REGION.search(rest)
        return f"{head}\n{value or ''}\n" + (f"\n{region[0]}" if region else "")

    def remove(self, handle: str) -> None:
        self._all()[handle][1].unlink()

    def copy(self, handle: str) -> str:
        note = self._all()[handle][1]
        made, number = note.with_stem(f"{note.stem} 1"), 1
        while made.exists():
            number += 1
            made = note.with_stem(f"{note.stem} {number}")
        shutil.copy(note, made)
        return next(h for h, (_, path) in self._all().items() if path == made)

    def restamp(self, handle: str, id: str | None) -> None:
        row, note = self._all()[handle]
        text = self._property(self.kinds[row.kind], note.read_text("utf-8"), "id", id)
        self._save(note, text)

    def move(self, handle: str) -> str:
        row, note = self._all()[handle]
        top = self.path / self.kinds[row.kind].plural
        to = (top / "moved" if note.parent == top else top) / note.name
        if to.exists():
            raise Impossible("there is another note of that name")
        to.parent.mkdir(exist_ok=True)
        note.rename(to)
        return next(h for h, (_, path) in self._all().items() if path == to)

    def sort(self, kind: str) -> None:
        raise Impossible("files have the order that their names give them")

    def drop_column(self, kind: str, name: str) -> None:
        raise Impossible("notes have no columns")

    def rename_column(self, kind: str, name: str, heading: str) -> None:
        raise Impossible("notes have no columns")

    # -- for the witness

    def takes(self, kind: str, fields: Fields) -> bool:
        return kind in self.kinds

    def lossy(self, kind: str, name: str, value: Value) -> Value:
        return value

    def texts(self) -> Iterable[str]:
        for path in self.path.rglob("*"):
            if path.is_file():
                yield f"{path.name} {path.read_text('utf-8', 'replace')}"

    def heal(self) -> None:
        """Nothing is broken."""


def _called(text: str, titles: Mapping[str, str]) -> str:
    """What the note is called that a link leads to; other text as it is."""
    found = re.fullmatch(r"\[\[([^|\]]*)(?:\|[^\]]*)?\]\]", text)
    if not found:
        return text
    stem = found[1].rpartition("/")[2]
    return titles.get(stem, stem)


def _written(kind: Kind, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return f" {json.dumps(value)}"
    if name in kind.fields and isinstance(kind.fields[name].type, ft.Instant):
        return f" {local(value).isoformat()}"
    return f" {json.dumps(value, ensure_ascii=False)}"
