"""A sample connector: a board kept as a folder of JSON files, one a card. Small on purpose; read it top to bottom."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from syncengine.connector import (
    Capabilities,
    Done,
    Item,
    Opening,
    Operation,
    Outcome,
    Pull,
    Rejected,
    SettingsError,
    Step,
    Trouble,
)
from syncengine.model.values import Fields

MARK = "board.json"


class BoardReplica:
    """One folder of cards: `{"kind": …, "id": …, "fields": {…}}`. A person's card has no id yet."""

    def __init__(self, opening: Opening) -> None:
        self.folder = str(opening.settings["path"])
        self.kinds = opening.template.kinds
        self.locale = opening.locale
        self.calls = 0

    def place(self) -> str | None:
        found = self._load(MARK) if os.path.exists(self._path(MARK)) else {}
        return found.get("place")

    def survey(self) -> Sequence[Step]:
        return [] if self.place() else [Step("make", f"the board in {self.folder}")]

    def provision(self, place: str) -> None:
        os.makedirs(self.folder, exist_ok=True)
        self._save(MARK, {"place": place})

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        items, troubles = [], []
        for name in sorted(os.listdir(self.folder)):
            if name == MARK or not name.endswith(".json"):
                continue
            try:
                card = self._load(name)
                kind = self.kinds.get(card["kind"])
                if kind is not None:
                    items.append(self._item(name, card))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                troubles.append(
                    Trouble(
                        name, f"is not a card: {error}", "Mend the JSON, or delete the file.", handle=name
                    )
                )
        holds = {kind.name: frozenset(kind.fields) for kind in self.kinds.values()}
        return Pull(items, complete=True, holds=holds, troubles=troubles, present=len(items) + len(troubles))

    def _item(self, name: str, card: dict[str, Any]) -> Item:
        kind = self.kinds[card["kind"]]
        fields = {
            f: kind.fields[f].type.read(raw, self.locale)
            for f, raw in card["fields"].items()
            if f in kind.fields
        }
        return Item(kind.name, card.get("id"), name, fields, where=name)

    def takes(self, kind: str, fields: Fields) -> bool:
        return True

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        for operation in operations:
            name = operation.handle or f"{operation.id}.json"
            if operation.action == "delete":
                if os.path.exists(self._path(name)):
                    os.makedirs(self._path("archive"), exist_ok=True)
                    os.replace(self._path(name), self._path(f"archive/{name}"))
                yield Done(operation, name)
            elif operation.action == "update" and not os.path.exists(self._path(name)):
                yield Rejected(
                    operation, "the card is gone", "Nothing to do: the next run takes it up.", name
                )
            else:
                card = (
                    self._load(name)
                    if os.path.exists(self._path(name))
                    else {"kind": operation.kind, "fields": {}}
                )
                card["id"] = operation.id
                card["fields"].update(operation.fields)
                self._save(name, card)
                yield Done(operation, name)

    def cursor(self) -> bytes | None:
        return None  # every read is a complete one

    def close(self) -> None:
        """Nothing is open."""

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _load(self, name: str) -> dict[str, Any]:
        self.calls += 1
        with open(self._path(name), encoding="utf-8") as handle:
            loaded: dict[str, Any] = json.load(handle)
        return loaded

    def _save(self, name: str, data: Mapping[str, Any]) -> None:
        self.calls += 1
        temporary = self._path(f"{name}.tmp")
        with open(temporary, "w", encoding="utf-8") as handle:
            json.dump(data, handle, ensure_ascii=False, indent=1)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, self._path(name))


class BoardConnector:
    """The plug-in."""

    name = "board"
    capabilities = Capabilities()

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        if not isinstance(settings.get("path"), str):
            raise SettingsError({"path": 'is missing: write the folder of the board, like path = "board"'})
        return {"path": os.path.join(base, settings["path"])}

    def open(self, opening: Opening) -> BoardReplica:
        return BoardReplica(opening)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        return False


connector = BoardConnector()
