"""A conflict as a question where people work, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core import questions
from syncengine.core.canon import Canon
from syncengine.core.merge import Candidate, Conflict
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Unreadable, Value
from syncengine.testing.clock import START
from syncengine.testing.values import filled

CanonOf = Callable[..., Canon]
KINDS = all_kinds()
ADA, GRACE, PAIR, GOAL = (derived_id(START, name) for name in ("ada", "grace", "pair", "goal"))
PEOPLE = [Record(ADA, "person", {"name": "Ada"}), Record(GRACE, "person", {"name": "Grace"})]


def goal(**fields: Any) -> Record:
    return Record(GOAL, "goal", {"title": "Learn SQL", "person": ADA, "pair": PAIR, **fields})


def said(kept: Value, *lost: Value) -> dict[str, Any]:
    def one(value: Value, number: int) -> Candidate:
        return Candidate(
            value,
            f"place {number}",
            number,
            f"2026-03-02T0{number}:00:00Z",
            timedelta(seconds=1),
            f"person {number}",
        )

    return questions.detail(
        Conflict("title", "old", one(kept, 0), tuple(one(v, n) for n, v in enumerate(lost, start=1)))
    )


def answered(canon_of: CanonOf, field: str, text: str, kept: Value, *lost: Value) -> object:
    record = goal()
    canon = canon_of([*PEOPLE, record])
    return questions.answer(canon, record, KINDS["goal"].fields[field], said(kept, *lost), text)


def test_the_state_keeps_who_where_and_when() -> None:
    assert said("a", "b") == {
        "base": "old",
        "kept": {"value": "a", "replica": "place 0", "when": "2026-03-02T00:00:00Z", "who": "person 0"},
        "lost": [{"value": "b", "replica": "place 1", "when": "2026-03-02T01:00:00Z", "who": "person 1"}],
    }


def test_a_question_shows_all_values_as_people_read_them(canon_of: CanonOf) -> None:
    record = goal()
    asked = questions.question(
        canon_of([*PEOPLE, record]), record, KINDS["goal"].fields["person"], said(ADA, GRACE)
    )
    assert asked == {
        "about": "Goal: Learn SQL",
        "field": "Person",
        "base": "old",
        "kept": "Ada",
        "others": "1. Grace (in place 1, by person 1, 2026-03-02 02:00)",
        "pair": PAIR,
        "private": None,
    }


def test_whoever_is_not_known_wrote_elsewhere(canon_of: CanonOf) -> None:
    record = goal()
    detail = {
        "base": None,
        "kept": {"value": "a"},
        "lost": [{"value": "b", "replica": "", "when": None, "who": None}],
    }
    asked = questions.question(canon_of([record]), record, KINDS["goal"].fields["title"], detail)
    assert asked["others"] == "1. b (elsewhere)"


@pytest.mark.parametrize(
    ("kind", "field", "private"),
    [
        ("checkin", "notes", True),
        ("checkin", "format", None),
        ("reflection", "what", True),
        ("goal", "notes", None),
    ],
)
def test_a_question_about_the_pairs_own_is_the_pairs_own(
    canon_of: CanonOf, kind: str, field: str, private: bool | None
) -> None:
    record = Record(GOAL, kind, {})
    asked = questions.question(canon_of([record]), record, KINDS[kind].fields[field], said("a", "b"))
    assert asked["private"] is private


def test_a_question_about_a_private_question_stays_private(canon_of: CanonOf) -> None:
    record = Record(GOAL, "question", {"private": True})
    assert (
        questions.question(canon_of([record]), record, KINDS["question"].fields["answer"], said("a", "b"))[
            "private"
        ]
        is True
    )


@pytest.mark.parametrize("text", ["keep", "Keep", " KEEP. ", "ok", "keep it!", "as it is", "kept"])
def test_keep_keeps(canon_of: CanonOf, text: str) -> None:
    assert answered(canon_of, "title", text, "a", "b") == (False, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "b"),
        ("2", "c"),
        ("2.", "c"),
        (" 1. ", "b"),
        ("c", "c"),
        ("a", "a"),
        ("3", "3"),
        ("0", "0"),
        ("a new one", "a new one"),
    ],
)
def test_a_number_picks_from_the_list_and_words_are_a_value(canon_of: CanonOf, text: str, value: str) -> None:
    assert answered(canon_of, "title", text, "a", "b", "c") == (True, value)


@given(st.sampled_from(sorted(KINDS["goal"].fields)), st.data())
def test_every_value_of_the_question_can_be_picked_and_written_out(
    canon_of: CanonOf, name: str, data: st.DataObject
) -> None:
    field = KINDS["goal"].fields[name]
    if field.ref:
        return  # they are written by name, see below
    kept, first, second = (data.draw(filled(field)) for _ in range(3))
    for number, value in enumerate((first, second), start=1):
        assert answered(canon_of, name, f"{number}.", kept, first, second) == (True, value)
    canon = canon_of([goal()])
    shown = canon.shown(KINDS["goal"], name, first)
    found = answered(canon_of, name, f" {shown} ", kept, first, second)
    same = [
        value
        for value in (kept, first, second)
        if canon.shown(KINDS["goal"], name, value).strip() == shown.strip()
    ]
    if (
        shown.strip().removesuffix(".") not in ("1", "2")
        and shown.strip().casefold().rstrip(".!") not in questions.KEEP
    ):
        assert isinstance(found, tuple)
        assert found[1] in same


@pytest.mark.parametrize(("kept", "lost"), [(1, (5,)), (3, (5,)), (3, (5, 1))])
def test_a_digit_that_may_be_a_value_or_a_number_of_the_list_is_asked_about(
    canon_of: CanonOf, kept: Value, lost: tuple[Value, ...]
) -> None:
    """Confidence is from 1 to 10: whoever answers 1 means a value as likely as the first of the list."""
    read = answered(canon_of, "confidence_now", "1", kept, *lost)
    assert isinstance(read, Unreadable)
    assert "“1.”" in read.remedy
    assert answered(canon_of, "confidence_now", "1.", kept, *lost) == (True, 5)


def test_a_digit_that_means_the_same_either_way_is_clear(canon_of: CanonOf) -> None:
    assert answered(canon_of, "confidence_now", "1", 3, 1) == (True, 1)
    assert answered(canon_of, "confidence_now", "7", 3, 1) == (True, 7), "the list has no seventh"


def test_a_title_that_is_a_digit_is_asked_about_too(canon_of: CanonOf) -> None:
    assert isinstance(answered(canon_of, "title", "2", "a", "2", "c"), Unreadable)
    assert answered(canon_of, "title", "2.", "a", "2", "c") == (True, "c")


def test_people_are_answered_by_name(canon_of: CanonOf) -> None:
    assert answered(canon_of, "person", "grace", ADA, GRACE) == (True, GRACE)
    assert answered(canon_of, "person", "1", ADA, GRACE) == (True, GRACE)


@pytest.mark.parametrize(
    ("field", "text"), [("person", "Eve"), ("percent", "ca. 50 %"), ("due", "soon"), ("status", "someday")]
)
def test_what_is_not_understood_says_what_to_write(canon_of: CanonOf, field: str, text: str) -> None:
    read = answered(canon_of, field, text, None, None)
    assert isinstance(read, Unreadable)
    assert read.text == text
    assert read.remedy.startswith("Write: keep, a number of the list, or a value. ")


def test_a_value_of_ones_own_is_never_a_number_of_the_list(canon_of: CanonOf) -> None:
    record = goal()
    canon = canon_of([*PEOPLE, record])
    fields = KINDS["goal"].fields
    assert questions.value(canon, record, fields["confidence_now"], said(3, 5), "1") == 1
    assert questions.value(canon, record, fields["title"], said("a", "b"), "1") == "1"
    assert questions.value(canon, record, fields["title"], said("a", "b"), "keep") == "keep"
    assert questions.value(canon, record, fields["person"], said(ADA, GRACE), "Ada") == ADA
    assert isinstance(questions.value(canon, record, fields["due"], said("2026-03-01"), "soon"), Unreadable)
