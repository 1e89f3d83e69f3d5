"""`mentorsync privacy`: what is printed, for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Site

OWN = '\n[[replica]]\nname = "own"\nconnector = "markdown"\npath = "own"\naudience = "{}"\n'


def with_own(site: Site, pair: str) -> None:
    config = site.folder / "mentorsync.toml"
    config.write_text(
        config.read_text("utf-8").replace("\n[[person]]", f"{OWN.format(pair)}\n[[person]]", 1), "utf-8"
    )


@pytest.fixture
def said(site: Site) -> dict[str, Any]:
    with_own(site, "Ada & Grace")
    found: dict[str, Any] = json.loads(site.run("privacy", "--json").out)
    return found


def test_each_field_says_where_it_is_shown(said: dict[str, Any]) -> None:
    seen = {(one["kind"], one["field"]): one["seen"] for one in said["fields"]}
    assert seen["goal", "title"] == {"notes": "all", "workbook": "all", "calendar": "no", "own": "own"}
    assert seen["pair", "name"]["calendar"] == "all"
    assert seen["question", "kept"]["notes"] == "open"
    for secret in (("checkin", "notes"), ("reflection", "words"), ("feedback", "words")):
        assert seen[secret] == {"notes": "no", "workbook": "no", "calendar": "no", "own": "own"}


def test_it_says_who_sees_a_place(said: dict[str, Any]) -> None:
    who = {one["name"]: one["who"] for one in said["replicas"]}
    assert who["own"].startswith("Ada Okafor, Grace Lindqvist; and")
    assert who["notes"].startswith("everybody who can open it")


def test_for_people_it_is_a_table(site: Site) -> None:
    with_own(site, "Nobody & None")
    ran = site.run("privacy")
    assert ran.status == 0, ran.said
    assert "own (markdown, audience Nobody & None): seen by nobody: there is no such pair" in ran.out
    line = next(one for one in ran.out.splitlines() if one.startswith("Check-in: Session notes"))
    assert line.split()[-4:] == ["pair", "-", "-", "-"]
    assert "Whoever runs mentorsync, or can read its state, sees everything." in ran.out
