"""Settings, setting up a vault, and moving into one that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncengine.connector import SettingsError
from syncengine.errors import AccessError
from syncengine.model.template import load_template
from syncengine_markdown import connector

if TYPE_CHECKING:
    from conftest import Stage
else:
    Stage = Any


def snapshot(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_settings_are_completed() -> None:
    assert connector.validate({"path": "notes"}, "/base") == {"path": "/base/notes", "folders": {}}
    assert connector.validate({"path": "/x/../y/"}, "/base")["path"] == "/y"
    assert connector.validate({"path": "~/v"}, "/base")["path"] == os.path.expanduser("~/v")
    assert connector.validate({"path": "n", "folders": {"goal": " Our goals/ "}}, "/b")["folders"] == {
        "goal": "Our goals"
    }


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, "path"), ({"path": ""}, "path"), ({"path": 7}, "path"), ({"path": "x", "pth": 1}, "pth"),
        ({"path": "x", "folders": "y"}, "folders"),
        ({"path": "x", "folders": {"gaol": "y"}}, "folders.gaol"), ({"path": "x", "folders": {"goal": "../y"}}, "folders.goal"),
        ({"path": "x", "folders": {"goal": "/y"}}, "folders.goal"), ({"path": "x", "folders": {"goal": ".trash"}}, "folders.goal"),
        ({"path": "x", "folders": {"goal": ""}}, "folders.goal"), ({"path": "x", "folders": {"goal": "a:b"}}, "folders.goal"),
        ({"path": "x", "folders": {"goal": "Y", "win": "y"}}, "folders.win"),
    ],
)  # fmt: skip
def test_wrong_settings_are_named(settings: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsError) as told:
        connector.validate(settings, "/base")
    assert set(told.value.problems) == {key}


def test_the_package_is_light() -> None:
    code = "import sys, syncengine_markdown; print([m for m in ('yaml', 'orjson', 'syncengine_markdown.replica') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


def test_a_glance_loads_no_model(stage: Stage) -> None:
    stage.pull()
    (stage.root.parent / "cursor").write_bytes(stage.cursor or b"")
    code = (
        "import sys; from syncengine_markdown import connector; "
        f"print(connector.unchanged({dict(stage.settings)!r}, open({str(stage.root.parent / 'cursor')!r}, 'rb').read()), "
        "[m for m in ('yaml', 'syncengine_markdown.replica', 'syncengine_markdown.frontmatter') if m in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "True []"
    )


def test_setup_makes_folders_pages_and_a_mark_once(bare: Stage) -> None:
    assert bare.open().place() is None
    assert not bare.root.exists()
    steps = bare.open().survey()
    assert {step.action for step in steps} == {"make"}
    assert not bare.root.exists(), "a survey writes nothing"
    bare.setup()
    assert bare.open().place() == "place-1"
    assert bare.open().survey() == []
    names = {path.name for path in bare.root.iterdir()}
    assert {"Goals", "People", "Check-ins", "Waits for you", "Guide", "Home.md", ".mentorsync"} <= names
    assert bare.text("Guide/Feedback.md").startswith("# Feedback\n\n")
    assert "[[Guide/Feedback|Feedback]]" in bare.text("Home.md")
    before = snapshot(bare.root)
    bare.setup()
    assert snapshot(bare.root) == before


def test_pages_that_people_changed_or_threw_away_stay_so(stage: Stage) -> None:
    stage.write("Home.md", "mine now")
    (stage.root / "Guide/Feedback.md").unlink()
    assert stage.open().survey() == []
    stage.setup()
    assert stage.text("Home.md") == "mine now"
    assert not (stage.root / "Guide/Feedback.md").exists()


def test_files_that_were_there_are_kept(bare: Stage) -> None:
    bare.write("Home.md", "my home")
    bare.write("Guide/Feedback.md", "my guide")
    kept = [step.what for step in bare.open().survey() if step.action == "keep"]
    assert len(kept) == 2
    bare.setup()
    assert (bare.text("Home.md"), bare.text("Guide/Feedback.md")) == ("my home", "my guide")
    assert bare.open().survey() == []


def test_setup_that_broke_off_is_taken_up(bare: Stage) -> None:
    bare.setup()
    (bare.root / ".mentorsync/vault.json").unlink()
    (bare.root / "Wins").rmdir()
    assert bare.open().survey()
    bare.setup()
    assert bare.open().survey() == []


def test_a_lost_folder_is_repaired(stage: Stage) -> None:
    (stage.root / "Goals").rmdir()
    (step,) = stage.open().survey()
    assert (step.action, "Goals" in step.what) == ("repair", True)
    stage.setup()
    assert stage.open().survey() == []


def test_a_larger_template_only_adds(bare: Stage) -> None:
    light = replace(bare, template=load_template("light")).setup()
    light.made("goal", {"title": "G"})
    before = snapshot(light.root)
    full = replace(light, template=load_template("structured"))
    assert {step.action for step in full.open().survey()} == {"make"}
    full.setup()
    after = snapshot(full.root)
    assert {name: after[name] for name in before if "vault.json" not in name} == {
        n: t for n, t in before.items() if "vault.json" not in n
    }
    assert (full.root / "Promises").is_dir()
    assert full.open().survey() == []


@pytest.fixture
def lived_in(bare: Stage) -> Stage:
    """A vault that somebody has used for goals before."""
    bare.write(
        "goals/Learn SQL.md", "---\nDeadline: 2026-05-01\nowner: Ada\nname: Learn SQL\nmood: ok\n---\nwords"
    )
    bare.write("goals/Learn Rust.md", "---\nDeadline: 2026-06-01\nprogress: 40%\n---\n")
    bare.write("goals/broken.md", "---\nDeadline: [\n---\n")
    bare.write("Person/Ada.md", "about Ada")
    return bare


def test_existing_notes_are_adopted_with_their_folders_and_keys(lived_in: Stage) -> None:
    before = snapshot(lived_in.root)
    steps = {step.what for step in lived_in.open().survey() if step.action == "adopt"}
    assert any("goals as Goals, with its 3 notes" in step and "“Deadline” is Due" in step for step in steps)
    assert any("Person as People" in step for step in steps)
    lived_in.setup()
    assert lived_in.open().survey() == []
    assert {name: text for name, text in snapshot(lived_in.root).items() if name in before} == before
    assert not (lived_in.root / "People").exists()
    pull = lived_in.pull()
    fields = {item.handle: item.fields for item in pull.items}
    assert [trouble.handle for trouble in pull.troubles] == ["goals/broken.md"]
    assert fields["goals/Learn Rust.md"] == {
        "title": "Learn Rust",
        "due": "2026-06-01",
        "percent": 40,
        "notes": None,
    }
    sql = fields["goals/Learn SQL.md"]
    assert (sql["title"], sql["due"], sql["notes"]) == ("Learn SQL", "2026-05-01", "words")
    assert fields["Person/Ada.md"] == {"name": "Ada", "about": "about Ada"}


def test_new_notes_use_the_words_of_the_vault(lived_in: Stage) -> None:
    lived_in.setup()
    made = lived_in.made("goal", {"title": "New", "due": "2026-07-01"})
    assert made.handle == "goals/New.md"
    assert "Deadline: 2026-07-01\n" in lived_in.text(made.handle)
    lived_in.push(lived_in.update(made, {"due": "2026-08-01"}))
    assert "Deadline: 2026-08-01\n" in lived_in.text(made.handle)
    assert "\ndue:" not in lived_in.text(made.handle)


def test_folders_can_be_named(bare: Stage) -> None:
    stage = replace(bare, folders={"goal": "Team/Goals", "win": "Team/Goals/Wins"}).setup()
    goal, win = stage.made("goal", {"title": "G"}), stage.made("win", {"what": "W"})
    assert (goal.handle, win.handle) == ("Team/Goals/G.md", "Team/Goals/Wins/W.md")
    assert {item.kind: item.handle for item in stage.pull(fresh=True).items} == {
        "goal": goal.handle,
        "win": win.handle,
    }


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"place": "x"}', '{"place": "x", "folders": 3, "keys": {}, "written": []}']
)
def test_a_damaged_mark_stops(stage: Stage, text: str) -> None:
    stage.write(".mentorsync/vault.json", text)
    with pytest.raises(AccessError) as told:
        stage.open().place()
    assert "vault.json" in told.value.where
    assert "setup" in told.value.remedy


def test_a_mark_behind_a_link_is_not_believed(stage: Stage, tmp_path: Path) -> None:
    (stage.root / ".mentorsync").rename(tmp_path / "elsewhere")
    (stage.root / ".mentorsync").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AccessError):
        stage.open().place()


def test_a_file_where_the_vault_should_be(bare: Stage) -> None:
    bare.root.write_text("a file", "utf-8")
    for act in (lambda: bare.open().place(), lambda: bare.open().survey(), bare.setup):
        with pytest.raises(AccessError):
            act()


def test_a_vault_that_cannot_be_written(bare: Stage, nobody: Callable[[], None]) -> None:
    bare.root.mkdir()
    for folder in (bare.root.parent, *bare.root.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    bare.root.chmod(0o555)
    nobody()
    with pytest.raises(AccessError) as told:
        bare.setup()
    assert told.value.remedy


def test_what_a_pair_s_coordinator_sees_has_no_place_for_session_notes(bare: Stage) -> None:
    stage = replace(bare, template=bare.template.seen_by("program")).setup()
    made = stage.made(
        "checkin", {"starts": "2026-03-01T16:00:00Z", "status": "planned"}, title="2026-03-01 17:00 · P"
    )
    assert made.handle == "Check-ins/2026-03-01 17.00 · P.md"
    assert not (stage.root / "Feedback").exists()
    assert "notes" not in stage.pull().holds["checkin"]
