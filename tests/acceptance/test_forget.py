"""`mentorsync forget`: somebody who leaves is gone from every file, its raw bytes included, and nobody else loses a word."""

from __future__ import annotations

import shutil
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site

NAME, EMAIL = "Grace Lindqvist", "grace.l@example.org"
OWN = "OWNWORDS"
"""In every text that is theirs alone."""
SHARED = "SHAREDWORDS"


def bytes_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file as it is, names included; of packed ones the parts too."""
    for path in sorted(folder.rglob("*")):
        yield str(path), str(path.relative_to(folder)).encode()
        if path.is_file():
            yield str(path), path.read_bytes()
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as package:
                    for name in package.namelist():
                        yield f"{path}!{name}", package.read(name)


def grep(folder: Path, word: str) -> list[str]:
    """Where `word` stands, capitals apart; calendar lines unfolded."""
    wanted = word.lower().encode()
    return [
        where
        for where, data in bytes_below(folder)
        if wanted in data.lower() or wanted in data.replace(b"\r\n ", b"").lower()
    ]


@pytest.fixture(scope="module")
def peopled_once(tmp_path_factory: pytest.TempPathFactory, site_at: type[Site], config_text: str) -> Path:
    """A program in which Grace has written everything that one can write, in every tool, and deleted some of it."""
    own = '\n[[replica]]\nname = "own"\nconnector = "markdown"\npath = "own"\naudience = "Ada & Grace"\n'
    site = site_at(tmp_path_factory.mktemp("peopled") / "harbour")
    site.folder.mkdir()
    text = config_text.replace('\n[[person]]\nname = "Ada', own + '\n[[person]]\nname = "Ada', 1)
    (site.folder / "mentorsync.toml").write_text(text, "utf-8")
    assert site.run("setup", "--yes").status == 0
    site.sync()
    person = site.note(NAME, "People")
    lines = (
        person.read_text("utf-8")
        .replace("\nemail:", f"\nemail: {EMAIL}")
        .replace("\nwants:", f"\nwants: {OWN} wants")
    )
    person.write_text(lines, "utf-8")
    site.write_note(
        "Learn SQL", f'title: Learn SQL\nperson: "[[{NAME}]]"\npercent: 10', f"{SHARED} of {NAME}.\n"
    )
    site.write_note(
        "Read", f'title: Read\nperson: "[[Ada Okafor]]"\nwhy: {NAME} told me; mail {EMAIL}', f"{SHARED}\n"
    )
    site.write_note(
        "Lonely", f'what: {SHARED} promise\nwho: "[[{NAME}]]"\npair: "[[Ada & Grace]]"', plural="Promises"
    )
    (site.folder / "own" / "Reflections" / "one.md").write_text(
        f'---\nby: "[[{NAME}]]"\non: 2026-03-01\nwhat: {OWN} what\n---\n{OWN} reflected\n', "utf-8"
    )
    (site.folder / "own" / "Feedback" / "one.md").write_text(
        f'---\ngiver: "[[{NAME}]]"\nreceiver: "[[Ada Okafor]]"\non: 2026-03-01\n---\n{OWN} feedback\n',
        "utf-8",
    )
    (site.folder / "own" / "Feedback" / "two.md").write_text(
        f'---\ngiver: "[[Ada Okafor]]"\nreceiver: "[[{NAME}]]"\non: 2026-03-02\n---\n{SHARED} feedback\n',
        "utf-8",
    )
    (site.folder / "own" / "Reflections" / "old.md").write_text(
        f'---\nby: "[[{NAME}]]"\non: 2026-02-01\n---\n{OWN} deleted long ago\n', "utf-8"
    )
    site.sync()
    site.sync()
    (old,) = [
        p for p in (site.folder / "own" / "Reflections").glob("*.md") if "long ago" in p.read_text("utf-8")
    ]
    old.unlink()
    site.write_note("Gone", f'title: Gone\nperson: "[[{NAME}]]"', f"{SHARED} gone\n")
    site.sync()
    site.note("Gone").unlink()
    site.sync()
    site.set_cell("Learn SQL", "Percent", 0.2)  # a conflict, with Grace on both sides
    site.change_note("Learn SQL", "percent: 10", "percent: 30")
    site.sync(status=3)
    return site.folder


@pytest.fixture
def peopled(peopled_once: Path, tmp_path: Path, site_at: type[Site]) -> Site:
    shutil.copytree(peopled_once, tmp_path / "harbour")
    return site_at(tmp_path / "harbour")


def without_mentions(site: Site) -> None:
    """The person at the keyboard does what the command asks for: takes them out of the configuration."""
    config = site.folder / "mentorsync.toml"
    text = config.read_text("utf-8")
    with sqlite3.connect(site.folder / ".mentorsync" / "state.sqlite3") as state:
        (pair,) = state.execute("SELECT id FROM records WHERE kind = 'pair'").fetchone()
    state.close()
    text = text.replace(f'[[person]]\nname = "{NAME}"\n', "").replace(
        'audience = "Ada & Grace"', f'audience = "{pair}"'
    )
    config.write_text(text[: text.index("[[pair]]")], "utf-8")


def test_nothing_of_them_is_left_anywhere(peopled: Site) -> None:
    site = peopled
    assert grep(site.folder, NAME)
    assert grep(site.folder, OWN)
    without_mentions(site)
    ran = site.run("forget", EMAIL, "--yes")
    assert ran.status == 0, ran.said
    for word in (NAME, EMAIL, OWN):
        assert grep(site.folder, word) == [], (word, ran.said)
    assert "Forgotten." in ran.out
    assert grep(site.folder, f"{SHARED} of former member"), "what is the pair's stays the pair's"
    assert grep(site.folder, "former member told me")
    assert len(grep(site.folder / "own", f"{SHARED} feedback")) == 1, "words of others to them stay"
    assert grep(site.folder / "calendar", "Ada & former member")
    assert site.report()["status"] in ("agreed", "attention")
    assert site.writes() == 0


def test_it_asks_first_and_shows_what_would_go(peopled: Site) -> None:
    before = peopled.everything()
    refused = peopled.run("forget", NAME, "--yes")
    assert refused.status == 2
    for line in (
        "remove this [[person]] section",
        "remove this [[pair]] section",
        'write its id: audience = "',
    ):
        assert line in refused.err, refused.said
    shown = peopled.run("forget", NAME, "--dry-run")
    assert shown.status == 0, shown.said
    assert "Goes, deleted records included: 1 feedback, 1 person, 2 reflections" in shown.out
    assert "own: " in shown.out
    assert "delete reflection" in shown.out
    assert "Nothing was written" in shown.out
    assert OWN not in shown.said
    without_mentions(peopled)
    assert peopled.run("forget", NAME).status == 2, "nobody is here to be asked"
    assert peopled.run("forget", "Grace").status == 2
    after = peopled.everything()
    assert {name: data for name, data in after.items() if name != "mentorsync.toml"} == {
        name: data for name, data in before.items() if name != "mentorsync.toml"
    }


def test_what_is_in_peoples_own_content_is_left_and_told(peopled: Site) -> None:
    without_mentions(peopled)
    (peopled.notes / "Diary.md").write_text(f"Lunch with {NAME}.\n", "utf-8")
    ran = peopled.run("forget", NAME, "--yes")
    assert ran.status == 3
    assert "1  in Diary.md" in ran.out
    assert "change them by hand" in ran.out
    assert (peopled.notes / "Diary.md").read_text("utf-8") == f"Lunch with {NAME}.\n"
