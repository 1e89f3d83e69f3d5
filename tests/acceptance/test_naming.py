"""A record by its title, a part of it, its id, or a link from any tool; the same in every command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Site

GOAL = "Learn SQL"


def test_every_way_to_name_a_record_means_the_same(site: Site) -> None:
    shown = site.run("history", GOAL).out
    id = re.search(r"\(([0-9a-v]{26})\)", shown)
    assert id is not None
    row = next(n for n, one in enumerate(site.rows(), start=2) if one["Goal"] == GOAL)
    ways = [
        "learn sql", "Goal: Learn SQL", "learn", "SQL", id[1], f"…{id[1][-6:]}", "Goals/Learn SQL.md", "[[Goals/Learn SQL]]",
        site.note(GOAL).as_uri(), str(site.note(GOAL)), f"{site.book.as_uri()}#Goals!B{row}", f"{site.book}#'Goals'!A{row}",
        "obsidian://open?vault=notes&file=Goals%2FLearn%20SQL",
    ]  # fmt: skip
    for way in ways:
        ran = site.run("history", way)
        assert (ran.status, ran.out) == (0, shown), (way, ran.err)
        assert site.run("why", f"{way}.percent").out.startswith(f"Goal: {GOAL}, Percent: 10\n"), way
    pair = site.run("history", (site.folder / "calendar" / "Ada & Grace.ics").as_uri())
    assert pair.out.startswith("Pair: Ada & Grace")


def test_the_addresses_of_a_record_are_told_and_lead_back(site: Site) -> None:
    ran = site.run("history", GOAL, "--links")
    links = dict(re.findall(r"^  open in (\w+): (\S+)$", ran.out, re.MULTILINE))
    assert links.keys() == {"notes", "workbook"}
    for link in links.values():
        assert site.run("history", link, "--links").out == ran.out


def test_several_records_that_fit_are_listed_to_choose_from(site: Site) -> None:
    site.write_note("Learn SQL 2", 'title: Learn SQL\nperson: "[[Grace Lindqvist]]"\n')
    site.sync()
    ran = site.run("history", GOAL)
    assert ran.status == 2
    lines = re.findall(r"^  Goal: Learn SQL \(Ada & Grace\)  …([0-9a-v]{6,})$", ran.err, re.MULTILINE)
    assert len(lines) == 2, ran.err
    assert "Say the whole title, or the end of the id" in ran.err
    for end in lines:
        assert site.run("history", f"…{end}").status == 0
    assert site.run("history", "Goals/Learn SQL 2.md").status == 0, "a link tells them apart"


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ("https://example.org/x", "no tool knows the address “https://example.org/x”"),
        ("Goals/Nothing.md", "no tool knows the address “Goals/Nothing.md”"),
        ("Nothing", "there is no record called “Nothing”"),
        ("", "no record is named"),
    ],
)
def test_what_means_nothing_is_said(site: Site, said: str, says: str) -> None:
    ran = site.run("history", said)
    assert ran.status == 2
    assert says in ran.err


def test_a_tool_that_cannot_be_asked_is_told_only_where_it_matters(site: Site) -> None:
    config = site.folder / "mentorsync.toml"
    more = '\n[[replica]]\nname = "wiki"\nconnector = "notion"\npage = "0123456789abcdef0123456789abcdef"\ntoken = "env:NO_SUCH_TOKEN"\n'
    config.write_text(config.read_text("utf-8") + more, encoding="utf-8")
    assert site.run("history", "Goals/Learn SQL.md").status == 0
    ran = site.run("history", "https://www.notion.so/0123456789abcdef0123456789abcdef")
    assert ran.status == 2
    assert "replica 'wiki' could not be asked" in ran.err


def test_a_conflict_by_its_record_its_field_or_its_question(site: Site) -> None:
    for percent, how in ((60, GOAL), (61, f"{GOAL}.percent"), (62, "#3"), (63, "question")):
        site.change_note(GOAL, f"percent: {site.front(GOAL)['percent']}", f"percent: {percent}")
        site.set_cell(GOAL, "Percent", 0.7)
        site.sync(status=3)
        (question,) = (site.notes / "Waits for you").glob("*.md")
        ran = site.run("resolve", question.as_uri() if how == "question" else how, "keep")
        assert ran.status == 0, ran.said
        assert (site.front(GOAL)["percent"], site.run("conflicts").out) == (percent, "No conflicts.\n")
    ran = site.run("resolve", GOAL, "keep")
    assert ran.status == 2
    assert f"there is no open conflict about “{GOAL}”" in ran.err
