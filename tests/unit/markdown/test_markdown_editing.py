"""One key changed, and not a character more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine_markdown.editing import with_front, with_prose, with_region
from syncengine_markdown.frontmatter import BrokenNote, take_apart
from syncengine_markdown.regions import closing, escaped, find_regions, joined, opening, outside, unescaped

ORDER = ["id", "title", "person", "due", "percent"]
AGENDA = ("agenda",)


def changed(text: str, **changes: str) -> str:
    return with_front(take_apart(text), {key: value and f" {value}" for key, value in changes.items()}, ORDER)


def test_a_changed_key_keeps_its_place_and_all_others_their_form() -> None:
    before = (
        "---\n# my goals\nmood:   'so so'   # today\nid: x\n\n\"due\" : 2026-01-01   # ask Bob\n"
        "person: >-\n  Ada\n  Lovelace\ntags: [a,   b]\n---\n\nbody  \n"
    )
    after = before.replace('"due" : 2026-01-01   # ask Bob', '"due": 2027-01-01 # ask Bob')
    assert changed(before, due="2027-01-01") == after
    assert changed(before, person="[[X]]") == before.replace("person: >-\n  Ada\n  Lovelace", "person: [[X]]")


def test_comments_among_the_lines_of_a_value_stay() -> None:
    before = "---\nperson: # who\n  - Ada # or Grace?\n  # not sure\n  - Bob\n# next\ndue: x\n---\n"
    assert changed(before, person="Eve") == (
        "---\nperson: Eve\n# who\n# or Grace?\n# not sure\n# next\ndue: x\n---\n"
    )
    assert changed(before, person="") == "---\nperson:\n# who\n# or Grace?\n# not sure\n# next\ndue: x\n---\n"


def test_new_keys_go_where_the_template_has_them() -> None:
    before = "---\nmine: 1\ntitle: T\nmood: 2\npercent: 3\n---\n"
    assert changed(before, id="i", person="p", due="d") == (
        "---\nid: i\nmine: 1\ntitle: T\nperson: p\ndue: d\nmood: 2\npercent: 3\n---\n"
    )
    assert changed("just words\n", id="i") == "---\nid: i\n---\njust words\n"
    assert changed("---\n---\nwords", id="i") == "---\nid: i\n---\nwords"


@pytest.mark.parametrize(
    "text", ["---\r\nid: x\r\ndue: y\r\n---\r\nbody\r\n", "---\r\ndue: y\r\n---", "---\r\ndue: # c\r\n---\n"]
)
def test_line_endings_stay(text: str) -> None:
    after = changed(text, due="z", person="p")
    assert after.replace("person: p\r\n", "").replace("z", "y", 1).replace("due: y #", "due: #") == text


def test_lists_become_lines() -> None:
    text = "---\nperson: [a, b] # who\ndue: x\n---\n"
    after = with_front(take_apart(text), {"person": "\n  - c\n  - d"}, ORDER)
    assert after == "---\nperson:\n  - c\n  - d\n# who\ndue: x\n---\n"


PROSE = st.text(st.sampled_from("ab%\\ \n\té😀-#"), max_size=40).map(lambda text: text.strip("\n").rstrip())


@given(
    PROSE,
    PROSE,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n"]),
    st.sampled_from(["", "\n", "  \n\n"]),
)
def test_prose_is_replaced_between_its_blank_lines(
    old: str, new: str, end: str, above: str, below: str
) -> None:
    text = (above + old + below).replace("\n", end)
    after = with_prose(text, new, (), end)
    assert after.replace("\r\n", "\n").strip("\n").rstrip() == new
    if old.strip() and new.strip():
        assert after.startswith(above.replace("\n", end))
        assert after.endswith(below.replace("\n", end))


MARKS = st.sampled_from(
    [opening("agenda"), closing("agenda"), "\\" + opening("agenda"), "%% mine %%", "words", "", "  indented"]
)
TEXT = st.lists(MARKS, max_size=5).map(lambda lines: "\n".join(lines).strip("\n").rstrip())


def parts(text: str) -> tuple[str, str | None]:
    regions = find_regions(text, AGENDA)
    body = unescaped(joined(outside(text, regions))).strip("\n").rstrip()
    inner = unescaped(text[regions[0].inner : regions[0].stop]).strip("\n").rstrip() if regions else None
    return body, inner


@given(TEXT, TEXT, TEXT, TEXT, st.booleans())
def test_what_people_wrote_and_what_sync_fills_never_mix(
    body: str, agenda: str, new: str, other: str, first: bool
) -> None:
    text = with_prose("", body, AGENDA, "\n")
    text = with_region(text, "agenda", agenda, AGENDA, "\n")
    assert parts(text) == (body, agenda or None)
    if first:
        text = with_prose(text, new, AGENDA, "\n")
        assert parts(text) == (new, agenda or None)
    else:
        text = with_region(text, "agenda", other, AGENDA, "\n")
        assert parts(text) == (body, (other if agenda else other or None))


def test_the_words_around_a_region_stay_byte_for_byte() -> None:
    text = f"\r\nabove \r\n\r\n{opening('agenda')}\r\nold\r\n{closing('agenda')}\r\nbelow\t\r\n\r\n"
    after = with_region(text, "agenda", "new\nlines", AGENDA, "\r\n")
    assert after == text.replace("old", "new\r\nlines")
    assert parts(text.replace("\r\n", "\n"))[0] == "above\n\nbelow"


def test_an_edit_of_the_words_leaves_the_region_where_it_was() -> None:
    region = f"{opening('agenda')}\nA\n{closing('agenda')}"
    text = f"\nabove\n\n{region}\n\nbelow\n"
    assert (
        with_prose(text, "above\n\nbelow, and more", AGENDA, "\n")
        == f"\nabove\n\n{region}\n\nbelow, and more\n"
    )
    assert with_prose(text, "far above\n\nbelow", AGENDA, "\n") == f"\nfar above\n\n{region}\n\nbelow\n"
    replaced = with_prose(text, "all new", AGENDA, "\n")
    assert parts(replaced) == ("all new", "A")
    below = f"\n{region}\n\nbelow\n"
    assert with_prose(below, "under", AGENDA, "\n") == f"\n{region}\n\nunder\n"
    assert parts(with_prose(below, None, AGENDA, "\n")) == ("", "A")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (f"a\n{opening('agenda')}\nb", 2, "missing"),
        (f"a\nb\n{closing('agenda')}", 3, "one after the other"),
        (f"{opening('agenda')}\n{opening('agenda')}\n{closing('agenda')}", 2, "one after the other"),
        (f"{opening('agenda')}\n{closing('agenda')}\n" * 2, 3, "twice"),
    ],
)
def test_a_damaged_region_is_told(text: str, line: int, word: str) -> None:
    with pytest.raises(BrokenNote) as told:
        find_regions(text, AGENDA)
    assert (told.value.line, word in told.value.reason) == (line, True)
    assert closing("agenda") in told.value.remedy


@given(TEXT)
def test_no_text_is_taken_for_a_marker(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert find_regions(escaped(text), AGENDA) == []
