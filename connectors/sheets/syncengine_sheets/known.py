"""What one replica knows of its spreadsheet; kept in the cursor from run to run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from syncengine.model.template import Template
from syncengine.model.values import Locale
from syncengine_sheets.layout import Tab
from syncengine_sheets.remarks import Key
from syncengine_sheets.standing import Standing

_VERSION = 2


@dataclass
class Known:
    """See the module."""

    spreadsheet: str
    place: str | None
    locale: str
    """The spreadsheet's own, like `de_DE`."""
    tabs: dict[str, Tab] = field(default_factory=dict)
    own: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Our tabs without records: name to id and title."""
    batch: str = ""
    """The last batch that was looked through (see `journal.py`)."""
    noted: dict[Key, str] = field(default_factory=dict)
    """The notes of ours that stand on cells."""
    digest: str = ""
    """Of the last answer to a read, where nothing was written since."""
    present: int = 0
    """How many records were in it."""
    standing: dict[str, Standing] = field(default_factory=dict)
    """Kind to where its records stood when they were last read or written."""
    emptied: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Records whose rows were emptied, ids and all, and that are to be written anew: kind, and the row where it is known."""

    def to_bytes(self, mapping: str) -> bytes:
        """As a cursor. `mapping`: see `mapping_print`; "" where the next run is to find everything anew."""
        return orjson.dumps({
            "version": _VERSION, "mapping": mapping, "spreadsheet": self.spreadsheet, "place": self.place, "locale": self.locale,
            "tabs": {name: tab.to_json() for name, tab in self.tabs.items()}, "own": self.own, "batch": self.batch,
            "digest": self.digest, "present": self.present,
            "noted": [[*key, text] for key, text in self.noted.items()], "emptied": self.emptied,
            "standing": {name: one.to_json() for name, one in self.standing.items()},
        })  # fmt: skip

    @classmethod
    def of(cls, cursor: bytes | None, template: Template, mapping: str) -> Known | None:
        """From a cursor; `None` where it does not fit this template and config any more."""
        if cursor is None:
            return None
        try:
            said: dict[str, Any] = orjson.loads(cursor)
            if said["version"] != _VERSION or said["mapping"] != mapping:
                return None
            tabs = {name: Tab.from_json(template.kinds[name], one) for name, one in said["tabs"].items()}
            own = {name: (int(id), str(title)) for name, (id, title) in said["own"].items()}
            known = cls(said["spreadsheet"], said["place"], said["locale"], tabs, own)
            known.digest, known.present = said["digest"], said["present"]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            return None
        known.take_over(cls.carried(cursor))
        return known

    @classmethod
    def carried(cls, cursor: bytes | None) -> Known:
        """What a cursor says whether or not the rest of it still fits: which spreadsheet, the last batch, the notes, where
        records stood."""
        found = cls("", None, "")
        try:
            said = orjson.loads(cursor or b"{}")
            found.spreadsheet, found.batch = str(said.get("spreadsheet", "")), str(said.get("batch", ""))
            found.noted = {(k, h, n): text for k, h, n, text in said.get("noted", [])}
            found.standing = {name: Standing.from_json(one) for name, one in said.get("standing", {}).items()}
            found.emptied = {id: (kind, row) for id, (kind, row) in said.get("emptied", {}).items()}
        except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
            pass  # it was never ours, or is from another version: nothing is known then
        return found

    def take_over(self, other: Known) -> None:
        """What outlives a new look at the structure."""
        self.batch, self.noted, self.standing, self.emptied = (
            other.batch,
            other.noted,
            other.standing,
            other.emptied,
        )


def mapping_print(template: Template, settings: Mapping[str, Any], locale: Locale) -> str:
    """Changes when cells would be read differently."""
    said = [
        (kind.name, [(f.name, f.label, repr(f.type)) for f in kind.fields.values()])
        for kind in template.kinds.values()
    ]
    about = (said, settings.get("columns", {}), repr(locale))
    return hashlib.blake2b(repr(about).encode(), digest_size=8).hexdigest()
