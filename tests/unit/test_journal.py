"""The log holds events and counts, is its owner's alone, and never a value."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncengine import journal
from syncengine.config import load
from syncengine.errors import GuardStop
from syncengine.testing.memory import MemoryReplica
from syncengine.testing.people import Desk, Team


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


# What a run writes into it

SIGN = "quite-private"
"""In every word, name, place and secret of the program below."""


def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """A program of which everything that people wrote carries the sign, its names and its secret too."""
    monkeypatch.setenv("TOOL", f"{tmp_path}/A")
    team = Team(str(tmp_path), [Desk("A", weaknesses={"names": True}), Desk("B")])
    config = tmp_path / "mentorsync.toml"
    config.write_text(
        config.read_text("utf-8")
        .replace('"team"', f'"{SIGN}"')
        .replace(f"tool = '{tmp_path}/A'", "tool = 'env:TOOL'"),
        "utf-8",
    )
    team.program = load(str(config))
    for kind in team.program.template.kinds.values():
        said = {
            f.name: f"{SIGN} {kind.name} {f.name}"
            for f in kind.fields.values()
            if f.type.name in ("text", "rich text", "url", "email")
        }
        numbers = {
            f.name: f"ca. 50 {SIGN}"
            for f in kind.fields.values()
            if f.type.name in ("number", "percent", "date", "choice", "flag")
        }
        team.add("A", kind.name, **said)
        team.add("B", kind.name, **said, **numbers)
    return team


def test_no_word_of_anybody_and_no_secret_is_ever_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = planted(tmp_path, monkeypatch)
    team.sync()
    row = team.tools["A"].find("person", name=f"{SIGN} person name")
    twin = next(h for h, r in team.tools["B"].rows.items() if r.id == team.tools["A"].rows[row].id)
    team.edit("A", row, about=f"{SIGN} once")
    team.edit("B", twin, about=f"{SIGN} twice")
    assert team.sync().conflicts
    team.tools["B"].offline = True
    team.sync()
    team.tools["B"].offline = False
    team.sync(dry_run=True)
    log = (tmp_path / ".mentorsync" / "log.jsonl").read_text("utf-8")
    assert log.count("run ended") == 4
    assert SIGN not in log
    assert str(tmp_path) not in log, "nor the secret that names the tool"


def test_an_error_of_a_plug_in_is_told_by_its_type_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = planted(tmp_path, monkeypatch)

    def fail(self: MemoryReplica, *_: object) -> None:
        raise ValueError(f"could not read “{SIGN}”")

    monkeypatch.setattr(MemoryReplica, "pull", fail)
    assert team.sync().status == "failed"
    log = (tmp_path / ".mentorsync" / "log.jsonl").read_text("utf-8")
    assert SIGN not in log
    assert '"error": "Bug"' in log


def test_a_run_that_was_stopped_leaves_no_words_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = planted(tmp_path, monkeypatch)
    team.sync()
    team.tools["A"].rows.clear()
    with pytest.raises(GuardStop, match="is empty"):
        team.sync()
    assert SIGN not in (tmp_path / ".mentorsync" / "log.jsonl").read_text("utf-8")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8")), st.integers(), st.none() | st.booleans())
def test_every_event_is_one_line_of_json(tmp_path: Path, name: str, count: int, flag: bool | None) -> None:
    (tmp_path / "log.jsonl").unlink(missing_ok=True)
    with journal.kept(str(tmp_path)):
        journal.event("replica read", replica=name, items=count, complete=flag)
    (line,) = (tmp_path / "log.jsonl").read_text("utf-8").split("\n")[:-1]
    said = json.loads(line)
    assert (said["replica"], said["items"], said["complete"]) == (name, count, flag)
