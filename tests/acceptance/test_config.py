"""A wrong configuration is told with its file, its line and what to write instead; secrets stay secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site

START = '[program]\nname = "Tide"\n'
NOTES = '[[replica]]\nname = "notes"\nconnector = "markdown"\npath = "notes"\n'
EVERYWHERE = ("sync", "setup", "status", "doctor")


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("[program\n", 1, "is not valid TOML"),
        (START + "name = 1\n", 3, "is not valid TOML"),
        ("[[replica]]\n", 1, "program: is missing"),
        ("[program]\nzone = 'UTC'\n", 1, "program.name: is missing"),
        (START + "colour = 'red'\n", 3, "colour: this key is not known here; there are name, template"),
        (START + "tempate = 'light'\n", 3, "did you mean template?"),
        (START + "template = 'grand'\n", 3, "there is no template 'grand'; use one of: light, structured"),
        (
            START + "preset = 'mars'\n",
            3,
            "there is no preset 'mars'; use one of: community-circle, early-career",
        ),
        (START + "zone = 'Mars/Base'\n", 3, "'Mars/Base' is not a time zone; write one like Europe/Berlin"),
        (START + "dates = 'any'\n", 3, "'iso', 'day-first' or 'month-first'"),
        (START + "days_back = -1\n", 3, "days_back"),
        (START + "days_ahead = 'many'\n", 3, "days_ahead"),
        (START + "[programm]\n", 3, "programm: this key is not known here"),
        (
            START + NOTES.replace('"notes"\nc', '"a/b"\nc'),
            4,
            "replica 1, name: 'a/b' can't be a replica's name; use letters",
        ),
        (START + NOTES.replace('connector = "markdown"\n', ""), 3, "connector: is missing"),
        (START + NOTES.replace("markdown", "markdwon"), 5, "there is no connector called 'markdwon'"),
        (
            START + NOTES + NOTES.replace('path = "notes"', 'path = "more"'),
            8,
            "two replicas are called 'notes'",
        ),
        (START + NOTES.replace('path = "notes"', ""), 3, "name the folder of notes"),
        (START + NOTES + "colour = 'red'\n", 7, "colour: a markdown replica has no such key"),
        (START + NOTES + 'audience = "Ada & Bob"\n', 7, "there is no pair called 'Ada & Bob'"),
        (START + NOTES.replace("markdown", "workbook"), 6, "does not end in .xlsx"),
        (START + NOTES.replace("markdown", "ical") + "path = 3\n", 7, "is not valid TOML"),
        (START + NOTES.replace('"notes"\n', "3\n", 2), 4, "name"),
        (START + "[[person]]\nemail = 'a@example.org'\n", 3, "name: is missing"),
        (START + "[[person]]\nname = 'Ada'\nmentor = true\n", 5, "mentor: this key is not known here"),
        (START + "[[pair]]\nmembers = ['Ada']\n", 4, "pair “Ada” has one person"),
        (
            START + "[[pair]]\nmembers = ['Ada', 'Bob']\nevery = 'fortnight'\n",
            5,
            "week, 2 weeks, 3 weeks, 4 weeks, month",
        ),
        (START + "[[pair]]\nmembers = ['Ada', 'Bob']\nfirst_meeting = 'soon'\n", 5, "soon"),
        (START + "[[pair]]\nmembers = ['Ada', 'Bob']\ntime = 'noonish'\n", 5, "noonish"),
        (START + "[[pair]]\nmembers = ['Ada', 'Bob']\nminutes = 2\n", 5, "minutes"),
    ],
)
def test_a_wrong_key_is_told_with_its_line(
    configured: Callable[..., Site], text: str, line: int, told: str
) -> None:
    ran = configured(text).run("setup", "--yes")
    assert ran.status == 2, ran.said
    assert "mentorsync.toml" in ran.err
    assert f"line {line}" in ran.err
    assert told in ran.err
    assert "→" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", EVERYWHERE)
def test_every_command_tells_it(configured: Callable[..., Site], command: str) -> None:
    ran = configured(START + "tempate = 'light'\n").run(command)
    assert ran.status == 2
    assert "line 3" in ran.said


def test_every_wrong_key_is_told_at_once(configured: Callable[..., Site]) -> None:
    ran = configured("[program]\nname = ''\nzone = 'Mars'\ncolour = 1\n").run("status")
    assert ran.status == 2
    assert all(f"line {number}:" in ran.err for number in (2, 3, 4)), ran.err


def test_an_unknown_connector_lists_the_known_ones(configured: Callable[..., Site]) -> None:
    ran = configured(START + NOTES.replace("markdown", "blackboard")).run("sync")
    assert ran.status == 2
    assert all(name in ran.err for name in ("ical", "markdown", "workbook"))


def test_a_file_that_is_not_text(configured: Callable[..., Site]) -> None:
    site = configured()
    (site.folder / "mentorsync.toml").write_bytes(b"\xff\xfe[\x00p\x00")
    ran = site.run("status")
    assert ran.status == 2
    assert "save the file as UTF-8" in ran.err


def test_a_named_file_that_is_not_there(empty: Site) -> None:
    ran = empty.run("-c", "other.toml", "status")
    assert ran.status == 2
    assert "other.toml" in ran.err


def test_two_replicas_of_one_place(configured: Callable[..., Site]) -> None:
    ran = configured(START + NOTES + NOTES.replace('"notes"\nc', '"more"\nc')).run("setup", "--yes")
    assert ran.status in (2, 4), ran.said
    assert "more" in ran.err
    assert "notes" in ran.err


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("env:HARBOUR_NOTES", "the environment has no variable HARBOUR_NOTES"),
        ("file:nowhere.txt", "the secret can't be read"),
    ],
)
def test_a_missing_secret_is_told_with_its_line(
    configured: Callable[..., Site], said: str, told: str
) -> None:
    ran = configured(START + NOTES.replace('path = "notes"', f'path = "{said}"')).run("setup", "--yes")
    assert ran.status == 2
    assert "mentorsync.toml, line 6" in ran.err
    assert told in ran.err


def test_a_secret_is_used_and_never_told(configured: Callable[..., Site], config_text: str) -> None:
    """A name of the environment is in the config; its value is where the notes are, and nowhere else."""
    site = configured(config_text.replace('path = "notes"', 'path = "env:HARBOUR_NOTES"'))
    env, secret = {"HARBOUR_NOTES": "hunter2-notes"}, b"hunter2"
    said = ""
    for words in (["setup", "--yes"], ["sync"], ["sync"], ["sync", "--json"], ["status"], ["doctor"]):
        ran = site.run(*words, env=env)
        assert ran.status == 0, ran.said
        said += ran.said
    assert (site.folder / "hunter2-notes" / "Home.md").exists()
    _break(site.folder / "hunter2-notes")
    for words in (["sync"], ["sync", "--json"], ["sync", "--dry-run"], ["status"], ["doctor"]):
        said += site.run(*words, env=env).said
    assert "hunter2" not in said
    kept = [path for path in (site.folder / ".mentorsync").rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"state.sqlite3", "log.jsonl"}
    assert [path.name for path in kept if secret in path.read_bytes()] == []


def _break(vault: Path) -> None:
    (vault / "Goals" / "Broken.md").write_text("---\ntitle: [\n---\n")


def test_the_state_may_be_a_secret_too(configured: Callable[..., Site], config_text: str) -> None:
    site = configured(
        config_text.replace('zone = "Europe/Berlin"', 'zone = "Europe/Berlin"\nstate = "env:HARBOUR_STATE"')
    )
    env = {"HARBOUR_STATE": "kept/state.sqlite3"}
    assert site.run("setup", "--yes", env=env).status == 0
    assert site.run("sync", env=env).status == 0
    assert (site.folder / "kept" / "state.sqlite3").exists()
    ran = site.run("sync")
    assert ran.status == 2
    assert "HARBOUR_STATE" in ran.err


def test_the_state_is_for_its_owner_alone(site: Site) -> None:
    for path in (site.folder / ".mentorsync").iterdir():
        if path.name.startswith(("state", "log", "glance")):
            assert path.stat().st_mode & 0o077 == 0, path.name


def test_the_log_holds_no_words_of_anybody(site: Site) -> None:
    site.change_note("Learn SQL", "First words.", "Only I know: Kastanienallee.")
    site.set_cell("Speak in public", "Percent", "ca. Kastanien")
    site.run("sync")
    log = (site.folder / ".mentorsync" / "log.jsonl").read_text()
    assert "run ended" in log
    for words in ("Kastanien", "Learn SQL", "Ada", str(site.folder)):
        assert words not in log
