"""A spreadsheet without its cells: its tabs, and what our developer metadata says of them and of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from syncengine.model.template import Template
from syncengine_sheets import a1
from syncengine_sheets.marks import FIELD, KIND, OURS, PLACE, chosen

Said = dict[str, Any]


@dataclass
class Sheet:
    """A tab as the structure tells it."""

    id: int
    title: str
    rows: int
    columns: int
    hidden: bool = False
    kind: str | None = None
    """From our metadata."""
    ours: str | None = None
    """Which of our tabs without records it is."""
    fields: dict[int, str] = field(default_factory=dict)
    """Column to what our metadata says of it."""
    objects: set[int] = field(default_factory=set)
    """Ids of banded and protected ranges and charts."""
    filtered: bool = False
    banded: bool = False

    @property
    def range(self) -> str:
        """All of it, for the values endpoints."""
        return a1.quoted(self.title)


@dataclass
class Structure:
    """A spreadsheet without its cells."""

    id: str
    title: str
    locale: str
    zone: str
    sheets: list[Sheet]
    place: str | None
    """The id stamped into it (rule 17); `None` as well where it was stamped into the spreadsheet this is a copy of."""
    stamped: bool = False
    """Whether there is any stamp, be it of another spreadsheet."""

    @classmethod
    def of(cls, said: Said) -> Structure:
        """From `Client.structure`."""
        id = str(said.get("spreadsheetId", ""))
        about = said.get("properties", {})
        marks = [
            str(m.get("metadataValue", ""))
            for m in said.get("developerMetadata", [])
            if m.get("metadataKey") == PLACE
        ]
        stamped = [place for place, _, whose in (mark.partition(" ") for mark in marks) if whose == id]
        sheets = [
            _sheet(one)
            for one in said.get("sheets", [])
            if one.get("properties", {}).get("sheetType", "GRID") == "GRID"
        ]
        return cls(
            id,
            about.get("title", ""),
            about.get("locale", ""),
            about.get("timeZone", ""),
            sheets,
            stamped[0] if stamped else None,
            bool(marks),
        )

    def own(self, name: str) -> Sheet | None:
        """One of our tabs without records."""
        return next((sheet for sheet in self.sheets if sheet.ours == name), None)


def _sheet(said: Said) -> Sheet:
    about = said["properties"]
    grid = about.get("gridProperties", {})
    sheet = Sheet(
        about.get("sheetId", 0),
        about.get("title", ""),
        grid.get("rowCount", 0),
        grid.get("columnCount", 0),
        bool(about.get("hidden")),
    )
    for one in said.get("developerMetadata", []):
        if one.get("metadataKey") == KIND:
            sheet.kind = one.get("metadataValue")
        elif one.get("metadataKey") == OURS:
            sheet.ours = one.get("metadataValue")
    sheet.fields = dict(marked_columns(said))
    sheet.objects = {
        one[key]
        for name, key in (
            ("bandedRanges", "bandedRangeId"),
            ("protectedRanges", "protectedRangeId"),
            ("charts", "chartId"),
        )
        for one in said.get(name, ())
        if key in one
    }
    sheet.filtered, sheet.banded = "basicFilter" in said, bool(said.get("bandedRanges"))
    return sheet


def marked_columns(said: Said) -> Iterator[tuple[int, str]]:
    """Column and what our metadata says of it, in a sheet of a structure."""
    for data in said.get("data", []):
        for offset, column in enumerate(data.get("columnMetadata", [])):
            for one in column.get("developerMetadata", ()):
                if one.get("metadataKey") == FIELD:
                    yield data.get("startColumn", 0) + offset, str(one.get("metadataValue", ""))


def known_tabs(template: Template, structure: Structure) -> dict[str, Sheet]:
    """Kind to the sheet that our metadata names; of several (somebody copied a tab) the one whose id we chose, else the first."""
    found: dict[str, Sheet] = {}
    for sheet in structure.sheets:
        if sheet.kind in template.kinds and (
            sheet.kind not in found or sheet.id == chosen("tab", str(sheet.kind))
        ):
            found[str(sheet.kind)] = sheet
    return {name: found[name] for name in template.kinds if name in found}
