"""What people change in a Notion workspace that we rely on: `doctor` tells it, `setup` mends it, and nothing of theirs is touched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncengine_notion.sandbox import People, Sandbox
from syncengine_notion.sandbox.demo import Now

if TYPE_CHECKING:
    from conftest import Site

CONFIG = """\
[program]
name = "Harbour"
template = "light"

[[replica]]
name = "notion"
connector = "notion"
page = "{page}"
token = "env:NOTION_TOKEN"
base_url = "{url}"
requests_per_minute = 100000

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[person]]
name = "Ada"
"""


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox(Now()) as sandbox:
        monkeypatch.setenv("NOTION_TOKEN", sandbox.token)
        yield sandbox


@pytest.fixture
def here(box: Sandbox, tmp_path: Path, site_at: type[Site]) -> Site:
    site = site_at(tmp_path)
    (tmp_path / "mentorsync.toml").write_text(
        CONFIG.format(page=box.root.id, url=box.address), encoding="utf-8"
    )
    assert site.run("setup", "--yes").status == 0
    site.write_note(
        "Learn SQL", 'title: Learn SQL\nperson: "[[Ada]]"\nwhy: to ask\ndue: 2026-12-01', "My notes.\n"
    )
    site.sync()
    return site


def own(people: People) -> None:
    """What people made for themselves."""
    people.add_property("Goals", "Mood", {"rich_text": {}})
    people.edit("Goals", "Learn SQL", Mood="so so")
    image = {"type": "external", "external": {"url": "https://a.b/c.png"}, "caption": []}
    people.write.add(people.row("Goals", "Learn SQL"), kind="image", **image)
    people.rename_view("Goals", "By status", "My board")
    people.page("My page", people.box.root)


def state_of_own(people: People) -> tuple[object, ...]:
    row = people.row("Goals", "Learn SQL")
    return (
        people.shows("Goals", "Learn SQL")["Mood"],
        [block.type for block in people.write.blocks(row)],
        [people.world.views[id].name for id in people.database("Goals").views],
        [page.id for page in people.world.pages.values() if people.title(page) == "My page"],
    )


def test_a_renamed_a_deleted_and_a_retyped_property_are_told_and_mended(here: Site, box: Sandbox) -> None:
    people = People(box)
    own(people)
    here.sync()
    before = state_of_own(people)
    people.rename("Goals", "Status", "How it stands")
    people.delete_property("Goals", "Why it matters")
    people.retype("Goals", "Due", "rich_text")
    told = here.run("doctor")
    assert told.status == 3
    for words in ("property 'Why it matters' of Goals, which is not there", "property 'Due' of Goals: 'Due' has another type now",
                  "Run: mentorsync setup"):  # fmt: skip
        assert words in told.out, told.out
    assert "Status" not in told.out, "a renamed one is found by its id"
    assert here.run("sync").status in (3, 5), "it is said, or stops the run, before anything is written"
    assert here.front("Learn SQL")["why"] == "to ask", "what was lost there clears nothing"
    ran = here.run("setup", "--yes")
    assert ran.status == 0, ran.said
    here.sync()
    shows = people.shows("Goals", "Learn SQL")
    assert (shows["Why it matters"], shows["Due (2)"], shows["How it stands"]) == (
        "to ask",
        "2026-12-01",
        "not started",
    )
    assert state_of_own(people) == before
    assert here.run("doctor").status == 0
    assert here.writes() == 0


def test_a_database_that_is_not_shared_any_more_stops_the_run_until_it_is(here: Site, box: Sandbox) -> None:
    people = People(box)
    database = people.database("Goals")
    database.shared = False
    told = here.run("doctor")
    assert told.status == 3
    assert "the database 'Goals', which can't be seen: share it with the connection again" in told.out
    ran = here.run("sync")
    assert ran.status not in (0, 3), ran.said
    assert here.titles_in_notes() == ["Learn SQL"]
    database.shared = True
    assert here.run("doctor").status == 0
    here.sync()
    assert here.titles_in_notes() == ["Learn SQL"]
    assert len(people.rows("Goals")) == 1


def test_a_database_that_stays_away_is_made_anew_when_that_is_asked_for(here: Site, box: Sandbox) -> None:
    people = People(box)
    database = people.database("Goals")
    database.in_trash = True
    ran = here.run("setup", "--yes")
    assert ran.status == 0, ran.said
    here.sync()
    assert people.shows("Goals", "Learn SQL")["Notes"] == "My notes."
    assert here.writes() == 0


def test_doctor_tells_what_the_connection_may_not_do(here: Site, box: Sandbox) -> None:
    box.capabilities -= {"read comments", "insert comments"}
    told = here.run("doctor")
    assert told.status == 0, told.said
    assert "comments are not written, which is all right" in told.out
    box.capabilities.discard("update")
    told = here.run("doctor")
    assert told.status == 3
    assert "the connection may update: it may not" in told.out
    assert box.token not in told.said
