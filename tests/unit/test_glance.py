"""The glance is a shortcut: with it or without it the result is the same, and in any doubt a real run looks."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncengine import glance
from syncengine.config import Program, load
from syncengine.provision import setup
from syncengine.run import sync
from syncengine.run.lock import locked
from syncengine.run.report import Report
from syncengine.store import open_store

# Its note holds for the day, so these tests keep away from midnight in whatever zone it is not.
ZONE = "UTC" if datetime.now(UTC).hour < 22 else "Etc/GMT+12"
TEXT = f"""\
[program]
name = "Ours"
template = "light"
zone = "{ZONE}"
people = "people.csv"

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[replica]]
name = "more"
connector = "markdown"
path = "more"
"""
LONG_AGO = 1_600_000_000


def real_run(program: Program) -> Report:
    """As `mentorsync sync` does it, glance put aside."""
    for folder in ("notes", "more"):  # a file of this very moment may change again within a tick of its clock
        for path in Path(program.folder, folder).rglob("*"):
            os.utime(path, (LONG_AGO, LONG_AGO))
    report = sync(program, fresh=not glance.unchanged(program.path))
    glance.remember(program, report)
    return report


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A program in two vaults that agree, and a note of it."""
    path = tmp_path / "mentorsync.toml"
    path.write_text(TEXT, "utf-8")
    (tmp_path / "people.csv").write_text("name\nAda\n", "utf-8")
    program = load(str(path))
    assert setup(program).problems == {}
    goals = tmp_path / "notes" / "Goals"
    goals.mkdir(exist_ok=True)
    (goals / "Learn SQL.md").write_text("---\npercent: 40\n---\nPrivate words.\n", "utf-8")
    for _ in range(3):
        report = real_run(program)
    assert (report.status, report.writes) == ("agreed", 0)
    assert glance.unchanged(program.path) is not None
    return program


def note_of(program: Program) -> Path:
    return Path(program.folder, ".mentorsync", "glance.json")


def goal_in(program: Program, folder: str) -> Path:
    return Path(program.folder, folder, "Goals", "Learn SQL.md")


def without_time(report: dict[str, Any]) -> dict[str, Any]:
    counts = {name: {**said, "calls": 0} for name, said in report["replicas"].items()}
    return {**report, "replicas": counts, "seconds": 0}


def test_a_copy_of_the_folder_is_looked_at_itself(
    program: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The note that was copied along is about the folder it was copied from."""
    copy = shutil.copytree(program.folder, tmp_path_factory.mktemp("elsewhere") / "copy")
    assert glance.unchanged(program.path) is not None
    assert glance.unchanged(str(copy / "mentorsync.toml")) is None


def test_it_says_what_a_real_run_says(program: Program) -> None:
    seen = glance.unchanged(program.path)
    assert seen is not None
    note_of(program).unlink()
    assert glance.unchanged(program.path) is None
    report = sync(program)
    assert without_time(seen) == without_time(report.as_json())
    assert report.writes == 0
    assert glance.sentence(seen).startswith(
        "All tools agree; nothing has changed since the last sync (notes: "
    )


def test_it_is_found_from_a_folder_inside_the_program(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(program.folder, "notes", "Goals"))
    assert glance.unchanged(None) is not None
    monkeypatch.chdir(Path(program.folder).parent)
    assert glance.unchanged(None) is None
    assert glance.unchanged(program.folder) is not None


def touch_config(program: Program) -> None:
    Path(program.path).write_text(TEXT + "\n# a thought\n", "utf-8")


def touch_people(program: Program) -> None:
    Path(program.folder, "people.csv").write_text("name\nAda\nGrace\n", "utf-8")


def touch_state(program: Program) -> None:
    with closing(open_store(program.state_url)) as store, store.transaction():
        store.put_note("x", "y")


def edit_a_note(program: Program) -> None:
    goal_in(program, "notes").write_text(
        goal_in(program, "notes").read_text("utf-8").replace("40", "60"), "utf-8"
    )


def edit_without_a_trace_in_the_size(program: Program) -> None:
    path = goal_in(program, "more")
    path.write_text(path.read_text("utf-8").replace("Private", "PRIVATE"), "utf-8")


def add_a_note(program: Program) -> None:
    goal_in(program, "notes").with_name("Another.md").write_text("---\n---\n", "utf-8")


def remove_a_note(program: Program) -> None:
    goal_in(program, "notes").unlink()


def lose_a_place(program: Program) -> None:
    Path(program.folder, "more").rename(Path(program.folder, "elsewhere"))


def lose_a_cursor(program: Program) -> None:
    Path(program.folder, ".mentorsync", "glance-1.cursor").unlink()


def spoil_a_cursor(program: Program) -> None:
    Path(program.folder, ".mentorsync", "glance-0.cursor").write_bytes(b"\xff{")


def noted(**other: Any) -> Callable[[Program], None]:
    def change(program: Program) -> None:
        note = json.loads(note_of(program).read_text("utf-8"))
        note_of(program).write_text(json.dumps({**note, **other}), "utf-8")

    return change


CHANGES: dict[str, Callable[[Program], None]] = {
    "the config": touch_config, "the list of people": touch_people, "the state": touch_state, "a note": edit_a_note,
    "a note of the same size": edit_without_a_trace_in_the_size, "a new note": add_a_note, "a note gone": remove_a_note,
    "a place gone": lose_a_place, "a cursor gone": lose_a_cursor, "a cursor spoilt": spoil_a_cursor,
    "another version": noted(version="0"), "another day": noted(until=0),
    "a connector that is gone": noted(places=[{"connector": "gone", "settings": {}}]),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changed_a_real_run_looks(program: Program, what: str) -> None:
    CHANGES[what](program)
    assert glance.unchanged(program.path) is None


def test_while_a_run_is_on_a_real_run_says_so(program: Program) -> None:
    with locked(program.lock_path):
        assert glance.unchanged(program.path) is None
    assert glance.unchanged(program.path) is not None


JSON = st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3)
                    | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=8)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["version", "until", "looks", "places", "report"]), st.none() | JSON)
@example("report", {})
def test_a_note_that_is_not_whole_is_no_note(program: Program, key: str, other: Any) -> None:
    whole = note_of(program).read_bytes()
    note = json.loads(whole)
    del note[key]
    note_of(program).write_text(json.dumps(note if other is None else {**note, key: other}), "utf-8")
    try:
        seen = glance.unchanged(program.path)
        assert seen is None or (other is not None and seen["status"] == "agreed")
    finally:
        note_of(program).write_bytes(whole)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"7", b'"x"', b"{}"])
def test_a_damaged_note_is_no_note(program: Program, content: bytes) -> None:
    note_of(program).write_bytes(content)
    assert glance.unchanged(program.path) is None
    note_of(program).unlink()
    note_of(program).mkdir()
    assert glance.unchanged(program.path) is None


def test_the_note_holds_no_words_and_is_its_owners_alone(program: Program) -> None:
    for path in note_of(program).parent.glob("glance*"):
        assert b"Private words" not in path.read_bytes()
        if os.name == "posix":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"Learn SQL" not in note_of(program).read_bytes()


@pytest.mark.parametrize("status", ["attention", "failed", "stopped"])
def test_after_a_run_that_left_something_open_there_is_none(program: Program, status: str) -> None:
    glance.remember(program, Report(status=status))
    assert not note_of(program).exists()
    assert glance.unchanged(program.path) is None


@pytest.mark.parametrize("setting", ['path = "env:VAULT"', 'state = "env:STATE"'])
def test_of_a_program_with_secrets_nothing_is_noted(
    program: Program, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("VAULT", "notes")
    monkeypatch.setenv("STATE", "sqlite:////nowhere/state.sqlite3")
    text = (
        TEXT.replace('path = "notes"', setting)
        if setting.startswith("path")
        else TEXT.replace("[program]", f"[program]\n{setting}")
    )
    Path(program.path).write_text(text, "utf-8")
    with_secret = load(program.path)
    if setting.startswith("path"):
        glance.remember(with_secret, sync(with_secret))
        assert not note_of(program).exists()
    else:
        assert glance.unchanged(program.path) is None
