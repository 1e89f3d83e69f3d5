"""The log holds events and counts, is its owner's alone, and never a value."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from syncengine import journal


def test_events_are_json_lines_readable_by_their_owner_alone(tmp_path: Path) -> None:
    with journal.kept(str(tmp_path)):
        journal.event("replica read", replica="notes", items=3)
    path = tmp_path / "log.jsonl"
    said = json.loads(path.read_text("utf-8"))
    assert {key: said[key] for key in ("event", "replica", "items", "level")} == {
        "event": "replica read",
        "replica": "notes",
        "items": 3,
        "level": "info",
    }
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_logged_outside_of_a_run(tmp_path: Path) -> None:
    with journal.kept(str(tmp_path)):
        pass
    journal.event("too late")
    assert (tmp_path / "log.jsonl").read_text("utf-8") == ""


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").mkdir()
    with journal.kept(str(tmp_path)):
        journal.event("still here")


def test_it_is_turned_over_before_it_grows_large(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text("x" * 1_000_001, "utf-8")
    with journal.kept(str(tmp_path)):
        journal.event("first of a new page")
    assert (tmp_path / "log.jsonl.1").exists()
    assert (tmp_path / "log.jsonl").stat().st_size < 1000
