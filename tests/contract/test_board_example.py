"""The sample plug-in of docs/plugins.md, installed as a stranger's package would be, passes the conformance suite."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.testing.conformance import Conformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "board"


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Built and unpacked by pip into a folder of its own, which then is on the path, entry points included."""
    place = tmp_path_factory.mktemp("site")
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "board")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation",
               "--target", str(place), str(source)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip could not build the example here: {done.stderr.strip()[-200:]}")
    sys.path.insert(0, str(place))
    yield
    sys.path.remove(str(place))
    sys.modules.pop("board_connector", None)


class BoardPeople:
    """People with a text editor."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _cards(self, kind: str) -> dict[Path, dict[str, Any]]:
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            try:
                card = json.loads(path.read_text("utf-8"))
            except ValueError:
                card = {"kind": kind, "fields": {}}
            if card.get("kind") == kind:
                found[path] = card
        return found

    def _find(self, kind: str, title: str) -> tuple[Path, dict[str, Any]]:
        return next((p, c) for p, c in self._cards(kind).items() if c["fields"].get("title") == title)

    def add(self, kind: str, fields: Mapping[str, Any]) -> None:
        (self.folder / "my new card.json").write_text(
            json.dumps({"kind": kind, "fields": dict(fields)}), "utf-8"
        )

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        path, card = self._find(kind, title)
        card["fields"][field] = value
        path.write_text(json.dumps(card), "utf-8")

    def remove(self, kind: str, title: str) -> None:
        self._find(kind, title)[0].unlink()

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        for card in self._cards(kind).values():
            if card["fields"].get("title") == title:
                names = {c["id"]: c["fields"].get("name") for c in self._cards("person").values()}
                return {k: names.get(v, v) if isinstance(v, str) else v for k, v in card["fields"].items()}
        return None

    def count(self, kind: str) -> int:
        return len(self._cards(kind))

    def copy(self, kind: str, title: str) -> None:
        path, _ = self._find(kind, title)
        shutil.copy(path, path.with_name(f"copy of {path.name}"))

    def drop_field(self, kind: str, field: str) -> None:
        for path, card in self._cards(kind).items():
            card["fields"].pop(field, None)
            path.write_text(json.dumps(card), "utf-8")

    def shuffle(self, kind: str) -> None:
        for path, card in self._cards(kind).items():
            path.unlink()
            path.write_text(json.dumps(card), "utf-8")

    def own_content(self) -> None:
        (self.folder / "shopping.txt").write_text("milk", "utf-8")
        path, card = next(iter(self._cards("goal").items()))
        path.write_text(json.dumps({**card, "colour": "green"}), "utf-8")

    def own_content_is_intact(self) -> bool:
        greens = [card for card in self._cards("goal").values() if card.get("colour") == "green"]
        return (self.folder / "shopping.txt").read_text("utf-8") == "milk" and len(greens) == 1

    def break_item(self, kind: str, title: str) -> None:
        path, _ = self._find(kind, title)
        path.rename(self.folder / f"{title}.json")
        (self.folder / f"{title}.json").write_text('{"kind": "goal", "title": "Learn SQL', "utf-8")


class TestBoard(Conformance):
    connector = "board"
    cannot = {
        "a_renamed_field_keeps_working": "a card's keys have no headings of their own",
        "a_broken_item_is_told_and_stops_nothing": "people rename and break a card at once here; see the suite of markdown",
    }

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"path": "board"}

    def people(self, folder: Path) -> BoardPeople:
        return BoardPeople(folder / "board")
