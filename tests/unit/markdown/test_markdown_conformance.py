"""The conformance suite over a vault, with people who edit notes by hand (and without our code)."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from syncengine.testing.conformance import Conformance

FOLDERS = {"goal": "Goals", "person": "People", "pair": "Pairs", "checkin": "Check-ins"}


class Writers:
    """People with a text editor."""

    def __init__(self, vault: Path) -> None:
        self.vault = vault

    def notes(self, kind: str) -> list[Path]:
        return sorted((self.vault / FOLDERS[kind]).rglob("*.md"))

    def front(self, note: Path) -> dict[str, Any]:
        text = note.read_text("utf-8")
        found = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
        return dict(yaml.load(found[1], Loader=yaml.BaseLoader)) if found else {}

    def note(self, kind: str, title: str) -> Path | None:
        for note in self.notes(kind):
            if note.stem == title or self.front(note).get("title") == title:
                return note
        return None

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        lines = [f"{key}: {value}" for key, value in fields.items() if key != "title"]
        note = self.vault / FOLDERS[kind] / f"{fields['title']}.md"
        note.write_text("\n".join(["---", *lines, "---", "My own words.", ""]), "utf-8")

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        note = self.note(kind, title)
        assert note
        written = "" if value is None else f" {json.dumps(value, ensure_ascii=False)}"
        text = note.read_text("utf-8")
        fresh = re.sub(rf"^{field}:.*$", lambda _: f"{field}:{written}", text, count=1, flags=re.MULTILINE)
        assert fresh != text
        note.write_text(fresh, "utf-8")

    def remove(self, kind: str, title: str) -> None:
        note = self.note(kind, title)
        assert note
        note.unlink()

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        note = self.note(kind, title)
        return self.front(note) if note else None

    def count(self, kind: str) -> int:
        return len(self.notes(kind))

    def copy(self, kind: str, title: str) -> None:
        note = self.note(kind, title)
        assert note
        shutil.copy(note, note.with_stem(f"{note.stem} 1"))

    def rename_field(self, kind: str, field: str) -> None:
        for note in self.notes(kind):
            text = note.read_text("utf-8")
            note.write_text(re.sub(rf"^{field}:", f"my {field}:", text, flags=re.MULTILINE), "utf-8")

    def drop_field(self, kind: str, field: str) -> None:
        for note in self.notes(kind):
            text = note.read_text("utf-8")
            note.write_text(re.sub(rf"^{field}:.*\n", "", text, flags=re.MULTILINE), "utf-8")

    def shuffle(self, kind: str) -> None:
        (self.vault / FOLDERS[kind] / "2026").mkdir()
        for note in self.notes(kind):
            note.rename(note.parent / "2026" / note.name)

    OWN: Mapping[str, str] = {
        "My diary.md": "---\nid: 7\n---\ndear diary\r\n",
        ".obsidian/app.json": "{}",
        "Goals/picture.svg": "<svg/>",
        "Goals/.hidden.md": "hidden",
    }

    def own_content(self) -> None:
        for name, text in self.OWN.items():
            (self.vault / name).parent.mkdir(exist_ok=True)
            (self.vault / name).write_bytes(text.encode())
        for note in self.notes("goal"):
            text = note.read_text("utf-8")
            note.write_text(text.replace("---\nid", "---\n# mine\nmood: 'so so'  # today\nid", 1), "utf-8")

    def own_content_is_intact(self) -> bool:
        kept = all((self.vault / name).read_bytes() == text.encode() for name, text in self.OWN.items())
        goal = next(note for note in self.notes("goal") if note.stem == "Learn SQL")
        return kept and "---\n# mine\nmood: 'so so'  # today\nid" in goal.read_text("utf-8")

    def break_item(self, kind: str, title: str) -> None:
        note = self.note(kind, title)
        assert note
        text = note.read_text("utf-8")
        note.write_text(text.replace("percent:", "percent: [", 1), "utf-8")


class TestMarkdown(Conformance):
    connector = "markdown"

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "vault")}

    def people(self, folder: Path) -> Writers:
        return Writers(folder / "vault")

    def test_a_link_beside_one_that_leads_nowhere_still_leads_to_its_note(self) -> None:
        """Somebody gives a note another name, its file not, and a second member goes."""
        self.seed()
        people = self.people(self.folder)
        people.edit("person", "Ada Lovelace", "name", "Ada King")
        self.other.remove(self.other.find("person", name="Grace Hopper"))
        self.sync()
        assert self.sync(fresh=True).warnings == []
        assert self.sync(fresh=True).writes == 0
        seen = people.read("pair", "Ada & Grace")
        assert seen is not None
        assert "Ada King" in str(seen["members"])
