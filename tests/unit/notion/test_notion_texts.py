"""Prose as the text of pages: both ways, block by block, with people's own blocks where they are, and no run that dies seen."""

from __future__ import annotations

import orjson
import pytest

from syncengine.store import open_store
from syncengine.testing.loopback import Fault, Request
from syncengine_notion import client
from syncengine_notion.sandbox.richtext import run as a_run
from syncengine_notion.sandbox.world import Block, Page

from .conftest import Stage
from .test_notion_faults import FAULTS

TEXT = "# Plan\n\nread **a book**\n\n- find it\n- read it\n  - slowly\n\n> to learn\n\n```sql\nselect 1\n```"


def page(stage: Stage, title: str = "A") -> Page:
    return stage.people.row("Goals", title)


def blocks(stage: Stage, title: str = "A") -> list[Block]:
    return stage.people.write.blocks(page(stage, title))


def words(stage: Stage, title: str = "A") -> list[str]:
    return stage.people.write.text(page(stage, title)).split("\n\n")


def notes(stage: Stage, title: str = "A") -> object:
    return stage.other.rows[stage.goal(title)].fields.get("notes")


def written(stage: Stage) -> list[tuple[str, str]]:
    """The requests of one sync that change something."""
    return [call for call in stage.counted() if call[0] != "GET" and "query" not in call[1]]


@pytest.fixture
def ready(stage: Stage) -> Stage:
    stage.ready().goals("A", notes=TEXT)
    stage.settled()
    return stage


def test_a_text_becomes_blocks_of_a_page_that_people_know(ready: Stage) -> None:
    assert [block.type for block in blocks(ready)] == [
        "heading_1", "paragraph", *["bulleted_list_item"] * 3, "quote", "code",
    ]  # fmt: skip
    assert notes(ready) == TEXT
    assert ready.sync(fresh=True).writes == 0
    assert notes(ready) == TEXT


def test_what_somebody_writes_in_the_page_is_the_text(ready: Stage) -> None:
    write = ready.people.write
    write.change(blocks(ready)[1], "read a letter")
    inner = blocks(ready)[3]
    write.add(inner, "with a friend", "to_do", checked=True)
    ready.settled()
    assert notes(ready) == TEXT.replace("read **a book**", "read a letter").replace(
        "- read it\n", "- read it\n  - [x] with a friend\n"
    ).replace("  - [x] with a friend\n  - slowly", "  - slowly\n  - [x] with a friend")


def test_a_row_of_which_only_the_page_has_words_is_a_record(ready: Stage) -> None:
    row = ready.people.add("Goals")
    ready.people.write.add(row, "an idea without a name yet")
    ready.settled()
    assert any(row.fields.get("notes") == "an idea without a name yet" for row in ready.other.of("goal"))


def test_an_edit_of_one_paragraph_elsewhere_touches_that_block_alone(ready: Stage) -> None:
    before = {block.id: block.payload for block in blocks(ready)}
    ready.other.edit(ready.goal("A"), notes=TEXT.replace("a book", "two books"))
    assert written(ready) == [("PATCH", "blocks/ID")]
    assert sum(before[block.id] != block.payload for block in blocks(ready)) == 1
    assert {block.id for block in blocks(ready)} == before.keys(), "comments on blocks stay where they are"
    assert ready.sync().writes == 0


def test_edits_of_two_places_on_both_sides_both_stay(ready: Stage) -> None:
    ready.people.write.change(blocks(ready)[0], "My plan")
    ready.other.edit(ready.goal("A"), notes=TEXT + "\n\nand then rest")
    ready.settled()
    assert notes(ready) == TEXT.replace("Plan", "My plan") + "\n\nand then rest"
    assert words(ready)[0] == "My plan"
    assert words(ready)[-1] == "and then rest"


def test_people_s_own_blocks_stay_and_where_they_are(ready: Stage) -> None:
    write = ready.people.write
    ready.other.edit(ready.goal("A"), notes="one\n\ntwo\n\nthree")
    ready.settled()
    own = [
        write.add(
            page(ready),
            kind="image",
            at=1,
            external={"url": "https://a.b/c.png"},
            caption=[],
            type="external",
        )
    ]
    own.append(write.add(page(ready), kind="bookmark", url="https://a.b/", caption=[]))
    ready.settled()
    assert notes(ready) == "one\n\ntwo\n\nthree", "what has no words changes no text"
    ready.other.edit(ready.goal("A"), notes="zero\n\none\n\n2\n\nfour\n\nfive")
    ready.settled()
    living = [
        block.type if block in own else block.payload["rich_text"][0]["plain_text"] for block in blocks(ready)
    ]
    assert living == ["zero", "one", "image", "2", "four", "five", "bookmark"]
    ready.other.edit(ready.goal("A"), notes=None)
    ready.settled()
    assert [block.type for block in blocks(ready)] == ["image", "bookmark"]


def test_a_block_that_holds_something_of_people_is_emptied_and_not_deleted(ready: Stage) -> None:
    write = ready.people.write
    fold = write.add(page(ready), "under the fold", "toggle")
    image = write.add(fold, kind="image", external={"url": "https://a.b/c.png"}, caption=[], type="external")
    kept = write.add(fold, "words in it")
    ready.settled()
    assert notes(ready) == TEXT + "\n\nunder the fold\n\nwords in it"
    ready.other.edit(ready.goal("A"), notes="words in it")
    ready.settled()
    assert not image.in_trash
    assert not kept.in_trash
    assert not fold.in_trash
    assert words(ready) == ["words in it"]


def test_words_in_columns_and_callouts_are_words_of_the_text(ready: Stage) -> None:
    write = ready.people.write
    columns = write.add(page(ready), kind="column_list")
    for word in ("left", "right"):
        write.add(write.add(columns, kind="column"), word)
    write.add(page(ready), "mind the gap", "callout")
    ready.settled()
    assert notes(ready) == TEXT + "\n\nleft\n\nright\n\nmind the gap"
    ready.other.edit(ready.goal("A"), notes=TEXT + "\n\nleft\n\nright side\n\nmind the gap!")
    assert written(ready) == [("PATCH", "blocks/ID")] * 2
    assert words(ready)[-2:] == ["right side", "mind the gap!"]


def test_a_long_text_is_made_in_several_requests_and_cut_nowhere(stage: Stage) -> None:
    long = "\n\n".join(f"paragraph {n} " + "🦊" * 1500 for n in range(230))
    stage.ready().goals("A", notes=long)
    stage.settled()
    assert len(blocks(stage)) == 230
    assert notes(stage) == long
    assert stage.sync(fresh=True).writes == 0
    stage.other.edit(stage.goal("A"), notes=long + "\n\nthe end")
    assert written(stage) == [("PATCH", "blocks/ID/children")]


def test_a_text_that_notion_shows_otherwise_is_no_edit(stage: Stage) -> None:
    text = "# Title\ntext at once\n* a star\n\n\n\nfar below\n1. one\n1. one again"
    stage.ready().goals("A", notes=text)
    stage.settled()
    stage.people.edit("Goals", "A", Percent=0.5)
    stage.settled()
    assert stage.sync(fresh=True).writes == 0
    assert notes(stage) == text


def test_an_edit_of_a_text_that_notion_shows_otherwise_leaves_the_other_lines_as_they_were_written(
    stage: Stage,
) -> None:
    stage.ready().goals("A", notes="# Title\nat once\n* a star\n* another\n\n\n\nthe end")
    stage.settled()
    [block] = [one for one in blocks(stage) if one.payload["rich_text"][0]["plain_text"] == "the end"]
    stage.people.write.change(block, "the beginning")
    stage.settled()
    assert notes(stage) == "# Title\nat once\n* a star\n* another\n\nthe beginning"
    stage.people.write.change(block, "mine")
    stage.other.edit(stage.goal("A"), notes="# Another title\nat once\n* a star\n* another\n\nthe beginning")
    report = stage.settled()
    assert report.conflicts == []
    assert notes(stage) == "# Another title\nat once\n* a star\n* another\n\nmine"
    assert words(stage) == ["Another title", "at once", "a star", "another", "mine"]


@pytest.mark.parametrize("moves", [False, True])
def test_whether_our_edits_of_blocks_move_the_time_of_the_page_makes_no_difference(
    ready: Stage, moves: bool
) -> None:
    ready.box.world.api_edits_move_time = moves
    for text in ("first", "first\n\nsecond", None, "third"):
        ready.other.edit(ready.goal("A"), notes=text)
        ready.settled()
        assert notes(ready) == text
        assert len(ready.counted()) == 7
    ready.people.write.change(blocks(ready)[0], "theirs")
    ready.settled()
    assert notes(ready) == "theirs"


def test_what_somebody_writes_while_we_write_the_text_is_not_overwritten(ready: Stage) -> None:
    """The last look before a write of a text is at the very moment of the write."""

    def meanwhile(request: Request) -> None:
        if request.method == "GET" and request.path.endswith("/children"):
            ready.box.server.before = lambda _request: None
            ready.people.write.change(blocks(ready)[0], "Their plan")

    ready.other.edit(ready.goal("A"), notes=TEXT + "\n\nmore")
    ready.box.server.before = meanwhile
    report = ready.sync()
    assert report.replicas["notion"]["rejected"] == 1
    ready.settled()
    assert notes(ready) == TEXT.replace("Plan", "Their plan") + "\n\nmore"


def test_an_edit_that_hides_behind_our_own_is_found_by_the_complete_read(ready: Stage) -> None:
    """Somebody writes in the page between our read of the table and our write of its properties."""

    def meanwhile(request: Request) -> None:
        if request.method == "PATCH":
            ready.box.server.before = lambda _request: None
            ready.people.write.change(blocks(ready)[0], "Hidden plan")

    ready.other.edit(ready.goal("A"), percent=50)
    ready.box.server.before = meanwhile
    ready.sync()
    ready.clock.tick(minutes=61)
    ready.settled()
    assert notes(ready) == TEXT.replace("Plan", "Hidden plan")
    ready.clock.tick(minutes=61)
    before = len(ready.box.server.log)
    ready.sync()
    asked = [exchange.request.path for exchange in ready.box.server.log[before:]]
    assert f"/v1/blocks/{page(ready).id}/children" not in asked, "it is looked at once"


def test_a_copy_of_a_page_brings_its_text(ready: Stage) -> None:
    ready.people.duplicate("Goals", "A")
    ready.settled()
    assert [row.fields.get("notes") for row in ready.other.of("goal")] == [TEXT, TEXT]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", range(1, 6))
@pytest.mark.parametrize("touched", [False, True])
def test_a_run_that_dies_in_the_middle_of_a_text_is_finished_and_is_nobody_s_edit(
    ready: Stage, after: int, touched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = "# Plan\n\nbuy *a book*\n\n- find it\n- keep it\n  - slowly\n\nso\n\nand\n\n> to forget"
    ready.other.edit(ready.goal("A"), notes=wanted)
    send, count = client.Wire._send, 0

    def dying(self: client.Wire, method: str, path: str, *rest: object) -> object:
        nonlocal count
        answer = send(self, method, path, *rest)  # type: ignore[arg-type]
        count += method != "GET" and path.startswith("blocks/")
        if count == after:
            raise Killed
        return answer

    monkeypatch.setattr(client.Wire, "_send", dying)
    try:
        ready.sync()
    except Killed:
        pass
    else:
        pytest.skip(f"the text is written in fewer than {after} requests")
    monkeypatch.setattr(client.Wire, "_send", send)
    if touched:
        ready.people.edit("Goals", "A", Percent=0.5)
    report = ready.settled()
    assert (report.conflicts, notes(ready)) == ([], wanted)
    assert ready.sync(fresh=True).writes == 0
    assert len(blocks(ready)) == 8


def test_a_page_that_was_made_with_half_of_its_text_gets_the_rest(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "\n\n".join(f"paragraph {n}" for n in range(250))
    stage.ready()
    stage.goals("A", notes=long)
    send = client.Wire._send

    def dying(self: client.Wire, method: str, path: str, *rest: object) -> object:
        answer = send(self, method, path, *rest)  # type: ignore[arg-type]
        if method == "PATCH":
            raise Killed
        return answer

    monkeypatch.setattr(client.Wire, "_send", dying)
    with pytest.raises(Killed):
        stage.sync()
    monkeypatch.setattr(client.Wire, "_send", send)
    assert 0 < len(blocks(stage)) < 250
    stage.clock.tick(minutes=5)
    stage.settled()
    assert [len(blocks(stage)), notes(stage), len(stage.people.rows("Goals"))] == [250, long, 1]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_a_request_of_a_text_loses_nothing(
    ready: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "no answer in time":
        monkeypatch.setattr(client, "_TIMEOUT_MS", 250)
    for number, method in enumerate(("PATCH", "DELETE")):
        wanted = (
            f"# Plan {number}\n\none\n\ntwo" if number else TEXT.replace("a book", "two books") + "\n\nmore"
        )
        ready.other.edit(ready.goal("A"), notes=wanted)
        struck: list[Request] = []

        def strike(request: Request, method: str = method, struck: list[Request] = struck) -> Fault | None:
            if struck or request.method != method or "/blocks/" not in request.path:
                return None
            struck.append(request)
            return FAULTS[name]

        ready.box.server.fault = strike
        ready.sync()
        assert struck
        ready.box.server.fault = lambda _request: None
        ready.clock.tick(minutes=5)
        report = ready.settled()
        assert (report.conflicts, notes(ready)) == ([], wanted)
        assert ready.sync(fresh=True).writes == 0


def test_prose_that_is_a_property_stays_one_until_the_property_is_deleted(stage: Stage) -> None:
    """Workspaces of before: the words stay where they are. Who deletes the property and sets up again has them in the pages."""
    stage.ready()
    old_way(stage)
    stage.goals("A", notes=TEXT)
    stage.settled()
    assert stage.people.shows("Goals", "A")["Notes"] != ""
    assert blocks(stage) == []
    mine = stage.people.write.add(page(stage), "my own words in the page")
    stage.settled()
    assert notes(stage) == TEXT
    assert stage.setup().steps["notion"] == []
    stage.people.delete_property("Goals", "Notes")
    assert ["Notes" in step.what for step in stage.setup().steps["notion"]] == [True]
    stage.settled()
    assert not mine.in_trash
    told = f"{notes(stage)} {stage.sync().conflicts} {words(stage)}"
    for word in ("my own words in the page", "slowly", "to learn"):
        assert word in told


def old_way(stage: Stage) -> None:
    """The workspace as earlier versions made it: the table of goals has a property for notes."""
    home = next(p for p in stage.box.world.pages.values() if p.parent == ("page_id", stage.box.root.id))
    [mark] = [b for id in home.children if (b := stage.box.world.blocks.get(id)) and b.type == "code"]
    stage.people.add_property("Goals", "Notes", {"rich_text": {}})
    property = next(one.id for one in stage.people.source("Goals").properties.values() if one.name == "Notes")
    [run, *more] = mark.payload["rich_text"]
    text = "".join(one["plain_text"] for one in (run, *more))
    said = orjson.loads(text)
    said["tables"]["goal"]["properties"]["notes"] = property
    del said["tables"]["goal"]["body"]
    mark.payload["rich_text"] = [a_run(orjson.dumps(said).decode())]
    store = open_store(stage.program.state_url)
    with store.transaction():
        row = store.replicas()["notion"]
        row.cursor = None
        store.put_replica(row)
    store.close()
