"""Texts in parts: no word is lost on the way, and a script turns one text into another by touching what differs only."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine_notion.blocks import fitting, part_of, to_blocks
from syncengine_notion.parts import Part, parse, rendered
from syncengine_notion.script import Cut, Put, Set, applied, batches, halfway, script

EXACT = (
    "Just a paragraph.", "two\nlines", "# Title\n\ntext", "- a\n- b\n  - c\n    - d\n- e", "1. one\n2. two\n   - under two\n3. three",
    "- [ ] to do\n- [x] done", "> said\n> by\n>\n> somebody", "```sql\nselect 1\n\n  from x\n```", "````\n```\n````", "a\n\n---\n\nb",
    "| a | b |\n|---|---|\n| 1 | 2 |", "1986. A great year", "5) not a list of ours", "[[link]] and ![[image]]", "text\n---\nmore",
    "```\nnever closed", "- item\n\n  its second paragraph\n\n- next", "=1+1\n\n@SUM(A1)\n\n~\n\n-- no list", "#hashtag\n\n#### four",
    "some **bold**, *italic*, `code` and [a link](https://a.b/c?d=e)",
)  # fmt: skip


@pytest.mark.parametrize("text", EXACT)
def test_what_notion_has_a_form_for_and_what_it_has_none_for_stays_letter_for_letter(text: str) -> None:
    parts = parse(text)
    assert rendered(parts) == text
    assert parse(rendered(parts)) == parts


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# Title\ntext\n- a", "# Title\n\ntext\n\n- a"),
        ("* a\n+ b\n\n\n\n- c", "- a\n- b\n- c"),
        ("- a\n\t- b", "- a\n  - b"),
        ("1. a\n1. b", "1. a\n\n1. b"),
    ],
)
def test_what_only_looks_different_is_shown_one_way(text: str, shown: str) -> None:
    assert rendered(parse(text)) == shown


LINES = st.one_of(
    st.sampled_from(["- a", "  - b", "\t- c", "1. x", "2. y", "   1. z", "# H", "> q", ">", "---", "```", "```py", "- [x] u", "* s",
                     "    in", "text", "| a |", "", "", "\\", "-"]),
    st.text(alphabet="ab -*#>`1.[]x\t🦊", max_size=8),
)  # fmt: skip


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_no_word_and_no_number_is_lost(text: str) -> None:
    words = re.compile(r"[a-z0-9🦊]+")
    parts = list(fitting(parse(text)))
    assert words.findall(rendered(parts)) == words.findall(text)


def _nested(parts: list[Part]) -> list[Part]:
    """As a text can have them: nothing lies deeper than in the item before it."""
    found: list[Part] = []
    for part in parts:
        deepest = found[-1].depth + found[-1].listed if found else 0
        found.append(replace(part, depth=min(part.depth, deepest)))
    return found


PARTS = st.lists(
    st.builds(
        Part,
        st.sampled_from(["paragraph", "bulleted_list_item", "to_do", "heading_1"]),
        st.sampled_from("abcd"),
        st.integers(0, 2),
    ),
    max_size=9,
).map(_nested)


@given(PARTS, PARTS)
def test_a_script_ends_where_it_should(have: list[Part], want: list[Part]) -> None:
    line = list(have)
    for step in script(have, want):
        applied(line, step)
    assert line == want


@given(PARTS)
def test_what_is_the_same_needs_no_step(parts: list[Part]) -> None:
    assert list(script(parts, parts)) == []


def test_a_changed_paragraph_is_one_step_however_long_the_text() -> None:
    have = parse("\n\n".join(f"paragraph {n}" for n in range(300)))
    want = [*have[:150], Part("paragraph", "another"), *have[151:]]
    assert list(script(have, want)) == [Set(150, Part("paragraph", "another"))]
    assert list(script(have, have[:10])) == [Cut(n, 1) for n in range(299, 9, -1)]
    assert [len(step.parts) for step in script([], have) if isinstance(step, Put)] == [100, 100, 100]


def test_what_lies_in_an_item_goes_with_it_in_one_step() -> None:
    assert list(script(parse("- a\n  - b\n    - c\n- d"), parse("- d"))) == [Cut(0, 3)]


def test_a_script_that_broke_off_is_recognised_and_an_edit_is_not() -> None:
    before, after = "a\n\nb\n\nc", "a\n\nB\n\nc\n\nd\n\n- e"
    line, states = parse(before), []
    for step in script(parse(before), parse(after)):
        applied(line, step)
        states.append(rendered(line))
    assert len(states) > 1
    assert all(halfway(before, after, state) for state in states)
    for edit in ("a\n\nc", "a\n\nb\n\nc\n\nmine", "", "a\n\nb", "mine\n\na\n\nB\n\nc"):
        assert not halfway(before, after, edit), edit


def test_a_request_holds_what_it_may_and_no_more() -> None:
    parts = _nested([Part("bulleted_list_item", "x" * 50_000, n % 4) for n in range(120)])
    for batch in batches(parts):
        assert sum(len(part.text) for part in batch) <= 400_000
        assert max(part.depth for part in batch) - batch[0].depth <= 2
    wide = [Part("bulleted_list_item", "top"), *[Part("bulleted_list_item", str(n), 1) for n in range(250)]]
    assert [len(batch) for batch in batches(wide)] == [101, 100, 50]
    assert sum(len(batch) for batch in batches(parts)) == 120


def test_a_paragraph_that_no_block_holds_becomes_several_and_keeps_every_letter() -> None:
    text = "🦊" * 150_000
    parts = list(fitting(parse(text)))
    assert "".join(part.text for part in parts) == text
    assert len(parts) == 2
    for block in to_blocks(parts):
        assert len(block["paragraph"]["rich_text"]) <= 100


def test_blocks_are_read_as_they_were_written() -> None:
    text = "# H\n\nsome **bold** words\n\n- [x] done\n\n```weird\nx\n```\n\n```sql\ny\n```\n\n> q"
    shown = []
    for block in to_blocks(parse(text)):
        inner = block[block["type"]]
        for run in [*inner["rich_text"], *inner.get("caption", [])]:
            run["plain_text"] = run["text"]["content"]
        shown.append(part_of({**block, "has_children": False}, 0))
    assert rendered([part for part in shown if part is not None]) == text
