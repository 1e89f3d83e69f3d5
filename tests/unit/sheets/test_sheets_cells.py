"""What people type into cells, understood as the spreadsheet's own locale would; the rest stays, noted and reported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from syncengine_sheets.sandbox import Sandbox
from tests.unit.sheets.stage import Stage

ASKED = object()
"""It is left as it stands."""

TYPED: tuple[tuple[str, str, Any, Any], ...] = (
    ("en_US", "percent", "50%", 50), ("en_US", "percent", 0.5, 50), ("en_US", "percent", "50 %", 50),
    ("de_DE", "percent", "50%", 50), ("de_DE", "percent", 0.5, 50), ("de_DE", "percent", "50 % ", 50),
    ("en_US", "percent", "ca. 50", ASKED), ("de_DE", "percent", "ca. 50", ASKED),
    ("en_US", "due", "2026-03-01", "2026-03-01"), ("de_DE", "due", "2026-03-01", "2026-03-01"),
    ("de_DE", "due", "1.3.2026", "2026-03-01"), ("en_US", "due", "1/3/2026", "2026-01-03"), ("en_GB", "due", "1/3/2026", "2026-03-01"),
    ("en_US", "due", "some day in March", ASKED),
    ("en_US", "person", "Grace", "Grace Hopper"), ("de_DE", "person", " Grace ", "Grace Hopper"), ("en_US", "person", "Ada", ASKED),
    ("en_US", "why", "0012 ", "0012"), ("en_US", "why", "1-2", "1-2"), ("en_US", "why", "TRUE", "TRUE"),
)  # fmt: skip
"""Locale of the file, field, what is typed (a number: pasted), what is meant. Two people are called Ada."""


@pytest.mark.parametrize("locale", dict.fromkeys(said[0] for said in TYPED))
def test_what_people_type_means_what_the_locale_says(locale: str, tmp_path: Path, sandbox: Sandbox) -> None:
    """A line for each, typed in a spreadsheet of that locale; everything that is not asked about arrives elsewhere."""
    stage = Stage(tmp_path / "program", sandbox)
    stage.sheet.locale = locale
    for name in ("Ada Lovelace", "Ada Byron", "Grace Hopper"):
        stage.other.add("person", name=name)
    stage.settled()
    lines = [said for said in TYPED if said[0] == locale]
    for number, (_, field, text, _) in enumerate(lines):
        typed = {field: text} if isinstance(text, str) else {}
        stage.people.add("goal", {"title": f"Line {number}", **typed, "notes": f"note {number}"})
    hands = stage.people.hands("goal")
    for (_, _, text, _), (row, column) in zip(lines, cells(stage, lines), strict=True):
        if not isinstance(text, str):
            hands.paste(row, column, text)
    shown = {n: hands.tab.get(n, at).value for n, at in cells(stage, lines)}
    report = stage.sync()
    stage.settled()
    people = {id: record.fields["name"] for id, record in stage.records("person").items()}
    there = {str(r.fields["title"]): r.fields for r in stage.records("goal").values()}
    for number, (row, column) in enumerate(cells(stage, lines)):
        _, field, text, meant = lines[number]
        fields, note = there[f"Line {number}"], hands.tab.get(row, column).note
        assert fields["notes"] == f"note {number}", "everything else syncs"
        if meant is ASKED:
            assert field not in fields or fields[field] is None, (text, fields)
            assert note.startswith("mentorsync: "), text
            assert any("Goals!" in line and str(row + 1) in line for line in report.warnings), (
                text,
                report.warnings,
            )
            assert hands.tab.get(row, column).value == shown[row], "it stays as it stands"
        else:
            assert people.get(fields[field], fields[field]) == meant, (text, fields)
            assert not note, (text, note)
            other = stage.other.rows[stage.other.find("goal", title=f"Line {number}")].fields
            assert people.get(other[field], other[field]) == meant, (text, other)


def cells(stage: Stage, lines: list[tuple[str, str, Any, Any]]) -> list[tuple[int, int]]:
    """Row and column of each line's cell."""
    found = []
    for number, (_, field, _, _) in enumerate(lines):
        row = stage.people.row("goal", f"Line {number}")
        assert row is not None
        found.append((row, stage.people.column("goal", field)))
    return found
