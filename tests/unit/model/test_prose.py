"""Three-way merge of prose: what two people did to different places of one text both stays."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from syncengine.model.fieldtypes import RichText
from syncengine.model.values import Locale, Value

RICH, PLAIN = RichText(), Locale()
LINES = st.lists(
    st.sampled_from(["alpha", "beta", "gamma", "delta", "", "  ", "- one", "- one  ", "> é"]), max_size=8
)


def text(lines: list[str]) -> str:
    read = RICH.read("\n".join(lines), PLAIN)
    return read if isinstance(read, str) else ""


def held(value: Value) -> str | None:
    return str(value) if value else None


@given(LINES, LINES, LINES)
@example(["a", "", "b", "", "c"], ["b", "", "c"], ["a", "", "c"])
@example(["a  ", "b"], ["a  ", "b", "c"], ["x", "a  ", "b"])
def test_a_merge_is_in_canonical_form_and_does_not_depend_on_whose_is_first(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    fits, merged = RICH.merge(text(base) or None, text(ours) or None, text(theirs) or None)
    assert (fits, merged if fits else None) == _turned(base, ours, theirs)
    if fits:
        assert RICH.read(merged, PLAIN) == merged


def _turned(base: list[str], ours: list[str], theirs: list[str]) -> tuple[bool, Value]:
    fits, merged = RICH.merge(text(base) or None, text(theirs) or None, text(ours) or None)
    return fits, merged if fits else None


@given(LINES, LINES, LINES)
def test_every_line_that_somebody_added_is_in_the_merge(
    base: list[str], ours: list[str], theirs: list[str]
) -> None:
    fits, merged = RICH.merge(text(base), text(ours), text(theirs))
    if fits:
        there = str(merged or "").split("\n")
        for side in (text(ours), text(theirs)):
            added = [line for line in side.split("\n") if line.strip() and line not in text(base).split("\n")]
            assert {line.rstrip() for line in added} <= {line.rstrip() for line in there}


@given(LINES, LINES)
def test_a_line_that_nobody_touched_stays(before: list[str], after: list[str]) -> None:
    base = text([*before, "The line between.", *after])
    fits, merged = RICH.merge(base, f"First of all:\n{base}", f"{base}\nLast of all.")
    assert fits
    assert merged == f"First of all:\n{base}\nLast of all."


def test_two_rewritings_of_one_line_are_for_a_person_to_choose_from() -> None:
    assert RICH.merge("We met.", "We met on Monday.", "We met at noon.") == (False, "We met on Monday.")


def test_a_deleted_text_and_a_rewritten_one_do_not_fit() -> None:
    assert RICH.merge("We met.", None, "We met at noon.")[0] is False


def test_a_paragraph_added_at_the_end_is_no_change_of_the_last_one() -> None:
    assert RICH.merge("One.\n\nTwo.", "One!\n\nTwo.", "One.\n\nTwo.\n\nThree.") == (
        True,
        "One!\n\nTwo.\n\nThree.",
    )


def test_the_same_new_text_twice_is_there_once() -> None:
    assert RICH.merge(None, "We met.", "We met.") == (True, "We met.")
