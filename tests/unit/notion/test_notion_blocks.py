"""People's own in the text of a page, whatever it is: an edit made elsewhere leaves it as and where it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncengine.connector import Done, Operation
from syncengine.model.kinds import all_kinds
from syncengine.testing.clock import Clock
from syncengine_notion.bodies import read_body
from syncengine_notion.bodywriting import BodyWriter, read_text, shown_text
from syncengine_notion.client import Wire
from syncengine_notion.memory import Memory
from syncengine_notion.sandbox import ClockTime, People, Sandbox
from syncengine_notion.sandbox.richtext import given as as_stored
from syncengine_notion.sandbox.richtext import run
from syncengine_notion.sandbox.world import Block, Page

from .conftest import Inspector

Json = dict[str, Any]

EQUATION = {"type": "equation", "equation": {"expression": "e=mc^2"}}
DAY = {"type": "mention", "mention": {"type": "date", "date": {"start": "2026-12-24"}}}
IMAGE: Json = {"type": "external", "external": {"url": "https://a.b/c.png"}}


@dataclass
class Desk:
    """A page that a person writes in, and a writer of ours."""

    box: Sandbox
    people: People
    page: Page
    wire: Wire
    writer: BodyWriter

    @property
    def text(self) -> str | None:
        return read_text(read_body(self.wire, self.page.id).text)

    def edited(self, wanted: str | None) -> None:
        """The text becomes another one elsewhere; what the writer says of it is what a read shows."""
        fields, expected = {"notes": wanted}, {"notes": self.text}
        outcome = self.writer.write(
            Operation("update", "goal", "0", self.page.id, fields, expected, {}, "x", {})
        )
        assert isinstance(outcome, Done), outcome
        assert outcome.held == {"notes": self.text}
        assert self.text == shown_text(wanted)

    def living(self) -> list[Block]:
        return self.people.write.blocks(self.page)

    def add(self, above: Page | Block, kind: str, text: str = "", **more: Any) -> Block:
        return self.people.write.add(above, text, kind, **more)


@contextmanager
def desk() -> Iterator[Desk]:
    clock, inspector = Clock(), Inspector()
    with Sandbox(clock) as box:
        box.server.after = inspector
        people = People(box)
        wire = Wire(box.token, box.address, "2025-09-03", 100_000, ClockTime(clock))
        writer = BodyWriter(wire, all_kinds()["goal"], "notes", Memory())
        yield Desk(box, people, people.page("A goal", box.root), wire, writer)
        wire.close()
    assert not inspector.problems, inspector.problems


def words(desk: Desk, block: Block, *items: Any) -> None:
    """What a person types into a block: plain words, and what is none."""
    block.payload["rich_text"] = as_stored([run(one) if isinstance(one, str) else one for one in items], "x")


def own(desk: Desk, above: Page | Block, number: int) -> None:
    """Something that is no text."""
    kind = ("image", "table", "bookmark", "equation", "copy", "child_database")[number % 6]
    if kind == "image":
        desk.add(above, "image", **IMAGE, caption=[run(f"caption {number}")])
    elif kind == "table":
        table = desk.add(above, "table", table_width=2, has_column_header=True, has_row_header=False)
        desk.add(table, "table_row", cells=[[run("left")], [run(f"cell {number}")]])
    elif kind == "bookmark":
        desk.add(above, "bookmark", url="https://a.b/", caption=[run("mine")])
    elif kind == "equation":
        desk.add(above, "equation", expression="a^2")
    elif kind == "copy":
        of = desk.add(desk.box.root, "synced_block", synced_from=None)
        desk.add(of, "paragraph", "shown here too")
        copy = desk.add(above, "synced_block", synced_from={"type": "block_id", "block_id": of.id})
        desk.add(copy, "paragraph", "shown here too")
    else:
        desk.add(above, "child_database", title="their table")


def written(desk: Desk, above: Page | Block, number: int) -> Block:
    """Something with a word of its own."""
    kind = ("paragraph", "heading_2", "bulleted_list_item", "to_do", "quote", "toggle", "callout", "code")[
        number % 8
    ]
    more: Json = (
        {"checked": False} if kind == "to_do" else {"is_toggleable": True} if kind == "heading_2" else {}
    )
    if kind == "code":
        more = {"language": "python", "caption": [run(f"why {number}")]}
    if kind == "callout":
        more = {"icon": {"type": "emoji", "emoji": "💡"}}
    block = desk.add(above, kind, f"word{number} and more", **more)
    if kind in ("paragraph", "quote") and number % 3 == 0:
        words(desk, block, f"word{number} on ", DAY, " is ", EQUATION, run(" in red", {"color": "red"}))
    return block


OPENING = ("bulleted_list_item", "to_do", "toggle", "callout", "quote", "paragraph")


def page_of(desk: Desk, numbers: list[int]) -> None:
    """A page as its numbers say: texts, things that are none, some inside others, columns, a synced original."""
    above: Page | Block = desk.page
    for place, number in enumerate(numbers):
        if number % 5 == 4:
            own(desk, above, number // 5)
            continue
        if number % 7 == 6:
            box = desk.add(desk.page, "synced_block", synced_from=None)
            if number % 2:
                box = desk.add(desk.add(desk.page, "column_list"), "column")
            above = box
        block = written(desk, above, place * 8 + number % 8)
        above = block if block.type in OPENING and number % 3 == 0 else desk.page


EDITS: dict[str, Callable[[list[str], int], list[str]]] = {
    "a word": lambda said, at: [*said[:at], said[at].replace("word", "term"), *said[at + 1 :]],
    "a paragraph more": lambda said, at: [*said[:at], f"new {at}", *said[at:]],
    "one less": lambda said, at: said[:at] + said[at + 1 :],
    "one rewritten": lambda said, at: [*said[:at], "all is different", *said[at + 1 :]],
    "none": lambda said, at: [],
}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 209), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 9)), min_size=1, max_size=3),
)
def test_an_edit_elsewhere_leaves_people_s_own(numbers: list[int], edits: list[tuple[str, int]]) -> None:
    with desk() as at:
        page_of(at, numbers)
        for edit, place in edits:
            before = {block.id: (block, deepcopy(block.payload)) for block in at.living()}
            said = re.split(r"\n\n", at.text) if at.text else []
            if not said:
                return
            at.edited("\n\n".join(EDITS[edit](said, place % len(said))) or None)
            there = {block.id for block in at.living()}
            for id, (block, payload) in before.items():
                theirs = block.type not in ("divider", *TEXTS)
                assert not theirs or (id in there and block.payload == payload), f"{block.type} was touched"
                if payload.get("caption"):
                    assert id in there
                    assert block.payload["caption"] == payload["caption"]
                if edit == "a word" and id in there and "word" not in str(payload):
                    assert block.payload == payload
                if edit == "a paragraph more" and not any(one.startswith(" ") for one in said):
                    # What is in an item of a list may have to be made anew, for it can be in another one then, or in none.
                    assert (id in there, block.payload) == (True, payload)


TEXTS = ("paragraph", "heading_2", "bulleted_list_item", "to_do", "quote", "toggle", "callout", "code")


@pytest.mark.parametrize(
    ("items", "wanted", "kept"),
    [
        (["see ", EQUATION, " for more"], "see e=mc^2 for less", [1]),
        (["see ", EQUATION, " and ", DAY], "now see e=mc^2 and 2026-12-24", [1, 3]),
        ([run("all in red", {"color": "red"})], "all is red", [0]),
        (["a ", run("line", {"underline": True}), " here"], "a line there", [1]),
        (["a ", run("bold", {"bold": True}), " word ", DAY], "a **bold** term 2026-12-24", [1, 3]),
        ([DAY, " only"], "only", []),
    ],
    ids=["equation", "mention", "colour", "underline", "marks", "gone"],
)
def test_what_an_edit_is_not_about_keeps_its_form(items: list[Any], wanted: str, kept: list[int]) -> None:
    with desk() as at:
        block = at.add(at.page, "paragraph")
        words(at, block, *items)
        before = block.payload["rich_text"]
        at.edited(wanted)
        now = block.payload["rich_text"]
        assert not block.in_trash
        for place in kept:
            looks = [(one["type"], one["annotations"]) for one in now]
            assert (before[place]["type"], before[place]["annotations"]) in looks
        assert "".join(one["plain_text"] for one in now) == wanted.replace("**", "")


def test_a_person_who_is_mentioned_is_not_mentioned_anew() -> None:
    """Whether that would tell them again is not known."""
    with desk() as at:
        block = at.add(at.page, "paragraph")
        words(at, block, "ask ", {"mention": {"user": {"id": at.box.world.person}}}, " about it")
        at.edited("ask @someone about that")
        assert [one["type"] for one in block.payload["rich_text"]] == ["text"]


def test_a_form_that_notion_shows_and_does_not_take_is_written_as_words() -> None:
    with desk() as at:
        block = at.add(at.page, "paragraph")
        block.payload["rich_text"] = [run("an odd link", {"color": "blue"}, ""), run(" and more")]
        at.edited("an odd link and less")


def test_a_caption_of_code_is_kept_whatever_becomes_of_the_code() -> None:
    with desk() as at:
        code = at.add(at.page, "code", "x = 1", language="python", caption=[run("the answer")])
        at.edited("```mine\nx = 2\n```".replace("mine", "sql"))
        assert code.payload["language"] == "sql"
        at.edited(None)
        assert not code.in_trash
        assert code.payload["caption"] == [run("the answer")]


def test_a_paragraph_behind_the_words_of_a_fold_stands_before_what_is_in_it() -> None:
    with desk() as at:
        fold = at.add(at.page, "toggle", "open me")
        at.add(fold, "paragraph", "inside")
        at.add(at.page, "paragraph", "below")
        at.edited("open me\n\nfirst\n\ninside\n\nbelow")
        assert len(fold.children) == 2
