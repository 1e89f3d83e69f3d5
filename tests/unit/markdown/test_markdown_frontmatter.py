"""Front matter in every form that people and programs write."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from syncengine_markdown.frontmatter import BrokenNote, Odd, simple_entries, simple_values, take_apart
from syncengine_markdown.yamlevents import yaml_entries


def values(front: str) -> dict[str, object]:
    return dict(take_apart(f"---\n{front}---\nbody").values)


SIMPLE = {
    "a: plain text\n": {"a": "plain text"},
    'a: "quoted: # text"\n': {"a": "quoted: # text"},
    'a: "esc \\" \\n \\u00e9 \\ud83d\\ude00"\n': {"a": 'esc " \n é 😀'},
    "a:\n": {"a": None},
    "a: ~\nb: null\nc: Null\nd: ''\n": {"a": None, "b": None, "c": "Null", "d": ""},
    "a: no\nb: 007\nc: 1:30\nd: TRUE\ne: 1e5\nf: 2026-03-01\ng: NaN\n": {
        "a": "no", "b": "007", "c": "1:30", "d": "TRUE", "e": "1e5", "f": "2026-03-01", "g": "NaN"},
    "a:\n  - x\n  - \"y: z\"\n  - ~\n": {"a": ["x", "y: z", None]},
    "a:\n- x\n- y\nb: 1\n": {"a": ["x", "y"], "b": "1"},
    "two words: x\nGröße: y\n2nd: z\n": {"two words": "x", "Größe": "y", "2nd": "z"},
    "": {},
}  # fmt: skip

PERSONS = {
    "a: 'it''s'\n": {"a": "it's"},
    "a: x # a comment\n# another\nb: y\n": {"a": "x", "b": "y"},
    "a: C# and F#\n": {"a": "C# and F#"},
    "a: [x, 'y', z]\n": {"a": ["x", "y", "z"]},
    "a: [[Ada]]\nb: [[[Ada]], [[Bob|B]]]\nc:\n  - [[Ada]]\n": {
        "a": "[[Ada]]", "b": ["[[Ada]]", "[[Bob|B]]"], "c": ["[[Ada]]"]},
    "a: |\n  one\n  two\nb: >-\n  folded\n  text\nc: 1\n": {"a": "one\ntwo\n", "b": "folded text", "c": "1"},
    "a: plain\n  goes on\nb: 1\n": {"a": "plain goes on", "b": "1"},
    '"a": 1\n\'b c\': 2\n': {"a": "1", "b c": "2"},
    "a: &x one\nb: *x\n": {"a": "one", "b": "one"},
    "a: {b: 1}\nc: [[1, 2], [3]]\n": {"a": Odd("{b: 1}"), "c": Odd("[[1, 2], [3]]")},
    "a: -5\nb: - 5\n".replace("b: - 5\n", ""): {"a": "-5"},
    "# only a comment\n": {},
    "\n\na: 1\n\n": {"a": "1"},
    "a: 🦊 fox\n": {"a": "🦊 fox"},
    "a: one\u2028two\nb: '\x85'\n": {"a": "one\u2028two", "b": "\x85"},
}  # fmt: skip


@pytest.mark.parametrize("front", SIMPLE)
def test_what_we_write_is_read_without_yaml(front: str) -> None:
    if "''" not in front:
        assert simple_values(front) == SIMPLE[front]
    assert values(front) == SIMPLE[front]


@pytest.mark.parametrize("front", PERSONS)
def test_what_people_write_is_read_by_yaml(front: str) -> None:
    assert simple_values(front) is None
    assert values(front) == PERSONS[front]


TOKENS = st.sampled_from(
    ["a", "key", "b c", "é", ":", ": ", "- ", "  - ", "\n", "\n", " ", '"', "'", "#", " #", "[", "]", "{", "~", "null", "1", "-1",
     "\\", "|", ">", "&a", "*a", "!t", "%", "@", "`", "?", "? ", ",", "--", "...", "<<: ", "=", "x: y\n", "x:\n", "  - z\n", "😀"]
)  # fmt: skip


@given(st.lists(TOKENS, max_size=14).map("".join))
def test_the_quick_reader_never_disagrees_with_yaml(text: str) -> None:
    front = text + "\n"
    try:
        quick = simple_values(front)
    except BrokenNote:
        with pytest.raises(BrokenNote):
            yaml_entries(front)
        return
    if quick is None:
        return
    slow = yaml_entries(front)
    assert quick == {key: entry.value for key, entry in slow.items()}
    spans = {key: (entry.start, entry.end) for key, entry in simple_entries(front, quick).items()}
    assert spans == {key: (entry.start, entry.end) for key, entry in slow.items()}


@given(st.lists(TOKENS, max_size=14).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        note = take_apart(f"---\n{text}\n---\n")
    except BrokenNote:
        return
    else:
        assert note.entries.keys() == note.values.keys()


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("---\na: 1\nb: 2\na: 3\n---\n", 4, "twice"),
        ("---\na: 1\n# c\n'a': 3\n---\n", 4, "twice"),
        ("---\na: 1\nno end", 1, "never closed"),
        ("---", 1, "never closed"),
        ("---\ntitle: x\npercent: [4\ndue:\n---\n", 4, "YAML"),
        ("---\nmembers: [[Ada]], [[Bob]]\n---\n", 2, "YAML"),
        ("---\njust words\n---\n", 2, "key: value"),
        ("---\n{a: 1, b: 2}\n---\n", 2, "key: value"),
        ("---\n- a\n- b\n---\n", 2, "key: value"),
        ("---\na: " + "[" * 5000 + "\n---\n", 2, "deeply"),
        ("---\n" + "- " * 5000 + "\n---\n", 2, "key: value"),
        ("---\n" + "? " * 5000 + "\n---\n", 2, "deeply"),
        ("---\na: 1\n--- !x\nb: 2\n---\n", 2, "documents"),
        ("---\na: 1\n... \nb: 2\n---\n", 4, "YAML"),
        ("---\na: 'x\x07'\n---\n", 0, "YAML"),
        ("---\n" + "a: b\n" * 120_000 + "---\n", 1, "long"),
    ],
)
def test_bad_front_matter_says_what_and_where(text: str, line: int, word: str) -> None:
    with pytest.raises(BrokenNote) as told:
        take_apart(text)
    assert word in told.value.reason
    assert told.value.line == line
    assert told.value.remedy


def test_a_billion_laughs_stay_a_few_lines() -> None:
    front = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    front += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    note = take_apart(f"---\n{front}---\n")
    assert note.values["a0"] == ["x"] * 10
    assert isinstance(note.values["a11"], Odd)
    assert len(str(note.values["a11"])) < 1000


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_prose_begins_below(end: str) -> None:
    text = end.join(["---", "a: 1", "---", "", "body", "---", "more"])
    note = take_apart(text)
    assert note.text[note.body :] == end.join(["", "body", "---", "more"])
    assert note.values == {"a": "1"}


@pytest.mark.parametrize(
    "text", ["", "no front matter", "--- not one\n", "----\n", "\n---\na: 1\n---\n", " ---\n"]
)
def test_a_note_without_front_matter_is_all_prose(text: str) -> None:
    note = take_apart(text)
    assert note.front == -1
    assert note.values == {}
    assert note.body == 0


def test_comments_are_told_with_their_key() -> None:
    front = "a: 1 # one\nb: # two\n  - x # three\n  # four\n  - y\n# five\nc: 'a # b' # six\nd: |\n  # text\n# seven\n"
    entries = yaml_entries(front)
    assert entries["a"].comments == ("# one",)
    assert entries["b"].comments == ("# two", "# three", "# four")
    assert (entries["b"].start, entries["b"].end) == (1, 5)
    assert entries["c"].comments == ("# six",)
    assert (entries["d"].value, entries["d"].end) == ("# text\n", 9)
    assert yaml.load(front, Loader=yaml.BaseLoader).keys() == entries.keys()
