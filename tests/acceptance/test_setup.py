"""From nothing to a first sync, with flags and without a terminal; people and pairs from the config and from a list."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site

FLAGS = ("--name", "Tide", "--template", "light", "--preset", "early-career", "--zone", "Europe/Lisbon")


def test_three_commands_from_nothing_to_agreement(empty: Site) -> None:
    ran = empty.run("init", *FLAGS, "--person", "Ada Okafor", "--person", "Grace Lindqvist")
    assert ran.status == 0, ran.said
    assert "mentorsync setup" in ran.out, "it says what comes next"
    config = tomllib.loads((empty.folder / "mentorsync.toml").read_text())
    assert config["program"] == {
        "name": "Tide",
        "template": "light",
        "preset": "early-career",
        "zone": "Europe/Lisbon",
    }
    assert [one["connector"] for one in config["replica"]] == ["markdown", "workbook", "ical"]
    ran = empty.run("setup")
    assert ran.status == 0, ran.said
    assert "Next: mentorsync sync" in ran.out
    empty.sync()
    assert empty.titles_in_notes("People", "name") == ["Ada Okafor", "Grace Lindqvist"]
    assert [row["Name"] for row in empty.rows("People")] == ["Ada Okafor", "Grace Lindqvist"]
    assert not (empty.notes / "Reflections").exists(), "the light template has none"
    assert empty.writes() == 0


def test_init_with_chosen_tools_in_another_folder(empty: Site) -> None:
    ran = empty.run("init", "club", "--tool", "workbook", "--zone", "UTC")
    assert ran.status == 0, ran.said
    config = tomllib.loads((empty.folder / "club" / "mentorsync.toml").read_text())
    assert [one["connector"] for one in config["replica"]] == ["workbook"]
    assert empty.run("-c", "club", "setup").status == 0
    assert (empty.folder / "club" / "program.xlsx").exists()


def test_init_with_tools_that_take_an_account(empty: Site) -> None:
    ran = empty.run("init", "--tool", "notion", "--tool", "sheets", "--tool", "gcal", "--zone", "UTC")
    assert ran.status == 0, ran.said
    assert "docs/connectors/notion.md, docs/connectors/sheets.md, docs/connectors/gcal.md" in ran.out
    config = tomllib.loads((empty.folder / "mentorsync.toml").read_text())
    assert [one["connector"] for one in config["replica"]] == ["notion", "sheets", "gcal"]
    assert config["replica"][0]["token"] == "env:NOTION_TOKEN"  # where it is, never the secret itself
    ran = empty.run("setup", "--yes")
    assert ran.status == 2
    assert "mentorsync.toml, line" in ran.err, "the page is still to be filled in, and it says where"


def test_init_never_overwrites_unasked(empty: Site) -> None:
    (empty.folder / "mentorsync.toml").write_text("mine")
    ran = empty.run("init", *FLAGS)
    assert ran.status == 2
    assert "mentorsync.toml: is there already" in ran.err
    assert "--force" in ran.err
    assert (empty.folder / "mentorsync.toml").read_text() == "mine"
    assert empty.run("init", *FLAGS, "--force").status == 0


def test_init_with_a_wrong_zone_writes_nothing(empty: Site) -> None:
    ran = empty.run("init", "--zone", "Mars/Base")
    assert ran.status == 2
    assert "'Mars/Base' is not a time zone; write one like Europe/Berlin" in ran.err
    assert not list(empty.folder.iterdir()), "so that the corrected command needs no --force"


def test_init_refuses_what_is_no_choice(empty: Site) -> None:
    ran = empty.run("init", "--template", "grand")
    assert ran.status == 2
    assert "structured" in ran.err


def test_setup_twice_does_nothing(site: Site) -> None:
    before = site.everything()
    ran = site.run("setup")
    assert ran.status == 0
    assert ran.out.count(": is set up\n") == 3
    assert "Added" not in ran.out
    assert site.everything() == before


def test_setup_dry_run_shows_the_plan_and_writes_nothing(configured: Callable[..., Site]) -> None:
    site = configured()
    ran = site.run("setup", "--dry-run")
    assert ran.status == 0, ran.said
    for name in ("notes:", "workbook:", "calendar:"):
        assert name in ran.out
    assert "make" in ran.out
    assert [path.name for path in site.folder.iterdir() if path.name != ".mentorsync"] == ["mentorsync.toml"]
    assert "Nothing was written" in ran.out


def test_sync_before_setup_says_what_to_do(configured: Callable[..., Site]) -> None:
    ran = configured().run("sync")
    assert ran.status == 4, ran.said
    assert "is not set up yet" in ran.err
    assert "mentorsync setup" in ran.err


@pytest.mark.parametrize(
    "command",
    [["status"], ["conflicts"], ["history", "x"], ["why", "x.y"], ["undo", "1"], ["resolve", "1", "keep"]],
)
def test_looking_before_setup_says_what_to_do(configured: Callable[..., Site], command: list[str]) -> None:
    ran = configured().run(*command)
    assert ran.status == 2
    assert "mentorsync setup" in ran.err


def test_doctor_before_setup_says_what_to_do(configured: Callable[..., Site]) -> None:
    ran = configured().run("doctor")
    assert ran.status == 3
    assert "Run: mentorsync setup" in ran.out


@pytest.mark.parametrize("command", ["sync", "setup", "status", "doctor"])
def test_without_a_program_there_is_a_way_on(empty: Site, command: str) -> None:
    ran = empty.run(command)
    assert ran.status == 2
    assert "there is no mentorsync.toml" in ran.said
    assert "mentorsync init" in ran.said


def test_a_folder_inside_the_program_finds_it(site: Site, site_at: type[Site]) -> None:
    inside = site_at(site.folder / "notes" / "Goals")
    assert inside.run("status").status == 0


LIST = """\
[program]
name = "Tide"
people = "people.csv"
[[replica]]
name = "notes"
connector = "markdown"
path = "notes"
"""


def test_people_and_pairs_from_a_list(configured: Callable[..., Site]) -> None:
    site = configured(LIST)
    (site.folder / "people.csv").write_text(
        "\ufeffFull name;E-mail;Shoe size;Can teach;Pair\r\n"  # as Excel saves it where a comma is for decimals
        "Ada Okafor;ada@example.org;38;SQL, questions;Ada & Grace\r\n"
        "Grace Lindqvist;;;;Ada & Grace\r\n"
        ";;;;\r\n"
        "Noor van Dijk;noor@example.org\r\n",
        encoding="utf-8",
    )
    ran = site.run("setup")
    assert ran.status == 0, ran.said
    site.sync()
    assert site.titles_in_notes("People", "name") == ["Ada Okafor", "Grace Lindqvist", "Noor van Dijk"]
    assert site.front("Ada Okafor", "People")["offers"] == "SQL, questions"
    assert site.front("Noor van Dijk", "People")["email"] == "noor@example.org"
    assert sorted(site.front("Ada & Grace", "Pairs")["members"]) == ["[[Ada Okafor]]", "[[Grace Lindqvist]]"]
    before = site.everything()
    assert "Added" not in site.run("setup").out
    assert site.everything() == before


def test_doctor_says_once_that_nothing_is_set_up(configured: Callable[..., Site]) -> None:
    ran = configured().run("doctor")
    assert ran.status == 3
    assert ran.out.count("not set up") == 3, "once for each tool"
    assert "Run: mentorsync setup" in ran.out


@pytest.mark.parametrize("template", ["light", "structured"])
def test_a_list_says_how_many_it_adds(configured: Callable[..., Site], template: str) -> None:
    """A template that asks for less of people takes what it has a place for."""
    site = configured(LIST.replace("people =", f'template = "{template}"\npeople ='))
    (site.folder / "people.csv").write_text(
        "Name,Email,Can teach,Pair\nAda,a@example.org,SQL,One\nGrace,,,One\nNoor,,,\n", encoding="utf-8"
    )
    assert "would add 3 people and 1 pair from the configuration\n" in site.run("setup", "--dry-run").out
    assert not site.notes.exists()
    assert "Added 3 people and 1 pair from the configuration.\n" in site.run("setup", "--yes").out
    assert site.front("Ada", "People")["email"] == "a@example.org"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"Name,Email\nAda,\n,b@example.org\n", "people.csv, line 3: has no name"),
        ("Name\nAdé\n".encode("latin-1"), "people.csv: the list of people can't be read: it is not in UTF-8"),
        (b"Full,Mail\nAda,a@b.c\n", "people.csv, line 1: has no column `name`"),
        (None, "people.csv: the list of people can't be read"),
        (b"Name,Zone\nAda,Mars/Base\n", "people.csv, line 2: zone “Mars/Base” is not a time zone"),
        (b"Name,Email\nAda,not an address\n", "people.csv, line 2: email “not an address”"),
        (b"Name,Pair\nAda,Solo\nGrace,\n", "people.csv, line 2: pair “Solo” has one person"),
    ],
)
def test_a_bad_list_names_its_line(
    configured: Callable[..., Site], content: bytes | None, message: str
) -> None:
    site = configured(LIST)
    if content is not None:
        (site.folder / "people.csv").write_bytes(content)
    ran = site.run("setup", "--yes")
    assert ran.status == 2, ran.said
    assert message in ran.err
    assert "→" in ran.err
    assert not site.notes.exists(), "nothing is made before the list is right"


def test_an_unknown_member_of_a_pair_is_told(configured: Callable[..., Site], config_text: str) -> None:
    site = configured(config_text.replace('members = ["Ada Okafor"', 'members = ["Ada Okafour"'))
    ran = site.run("setup", "--yes")
    assert ran.status == 2, ran.said
    assert "mentorsync.toml, line" in ran.err
    assert "Ada Okafour" in ran.err


def test_two_people_of_one_name_in_the_list_are_told(configured: Callable[..., Site]) -> None:
    site = configured(LIST)
    (site.folder / "people.csv").write_text("Name,Email\nAda,a@example.org\nAda,b@example.org\n")
    ran = site.run("setup", "--yes")
    assert ran.status == 2, ran.said
    assert "people.csv, line 3" in ran.err


def test_a_pair_of_its_own_vault_is_made_in_one_setup(
    configured: Callable[..., Site], config_text: str
) -> None:
    own = '\n[[replica]]\nname = "own"\nconnector = "markdown"\npath = "own"\naudience = "Ada & Grace"\n'
    site = configured(config_text.replace("\n[[person]]", own + "\n[[person]]", 1))
    ran = site.run("setup", "--yes")
    assert ran.status == 0, ran.said
    site.sync()
    assert (site.folder / "own" / "Reflections").exists()
    assert site.writes() == 0
