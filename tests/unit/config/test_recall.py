"""A configuration that was found to be right is not checked again, and only then."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from syncengine import glance
from syncengine.config import Program, keep, load
from syncengine.errors import ConfigError
from syncengine.run.report import Report

PLACES = {"markdown": "syncengine_markdown:connector"}
TEXT = """\
[program]
name = "Ours"
template = "light"
zone = "Europe/Berlin"

[[person]]
name = "Ada"

[[pair]]
members = ["Ada", "Bo"]
first_meeting = 2026-03-01
time = 17:00:00

[[replica]]
name = "Notes"
connector = "markdown"
path = "notes"
"""


def written(folder: Path, text: str = TEXT) -> Program:
    (folder / ".mentorsync").mkdir(exist_ok=True)
    path = folder / "mentorsync.toml"
    path.write_text(text)
    return load(str(path))


def test_what_is_recalled_is_what_was_checked(tmp_path: Path) -> None:
    program = written(tmp_path)
    keep(program, PLACES)
    again = load(program.path)
    assert again.file is not program.file
    assert again == program
    assert again.settings(0) == {"path": "notes"}
    assert again.connectors == PLACES


def test_a_recalled_program_needs_no_pydantic(tmp_path: Path) -> None:
    keep(written(tmp_path), PLACES)
    code = f"""
import sys
from syncengine.config import load
assert load({str(tmp_path / "mentorsync.toml")!r}).name == "Ours"
assert "pydantic" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_any_other_letter_is_checked_anew(tmp_path: Path) -> None:
    keep(written(tmp_path), PLACES)
    with pytest.raises(ConfigError, match=r"line 4: program\.zone: 'Europe/Berlim' is not a time zone"):
        written(tmp_path, TEXT.replace("Berlin", "Berlim"))


@pytest.mark.parametrize("note", ["", "{}", "null", '{"stamp": null, "file": {"program": {}}}', "[1"])
def test_a_broken_note_is_no_note(tmp_path: Path, note: str) -> None:
    program = written(tmp_path)
    (tmp_path / ".mentorsync" / "config.json").write_text(note)
    assert load(program.path) == program


def test_what_json_would_change_is_not_kept(tmp_path: Path) -> None:
    """A connector's own key may be a TOML date, which JSON has not."""
    program = written(tmp_path, TEXT + "since = 2026-03-01\n")
    keep(program, PLACES)
    assert not (tmp_path / ".mentorsync" / "config.json").exists()


@pytest.mark.parametrize(
    "secret", ['path = "env:NOTES"', 'path = "file:secret.txt"', 'path = "keyring:notes"']
)
def test_nothing_is_kept_of_a_program_with_secrets(tmp_path: Path, secret: str) -> None:
    program = written(tmp_path, TEXT.replace('path = "notes"', secret))
    glance.remember(program, Report(status="attention"))
    assert not (tmp_path / ".mentorsync" / "config.json").exists()


def test_a_run_keeps_it_for_its_owner_only(tmp_path: Path) -> None:
    program = written(tmp_path)
    glance.remember(program, Report(status="attention"))
    note = tmp_path / ".mentorsync" / "config.json"
    assert note.stat().st_mode & 0o077 == 0
