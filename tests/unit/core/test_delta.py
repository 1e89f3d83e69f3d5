"""What changed is what differs from the shadow: missing is not empty, held is not sent, a stale read is no edit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.connector import Item
from syncengine.core.delta import Delta, Source, by_field, compare
from syncengine.core.shadow import MISSING, Shadow, differing
from syncengine.model.ids import derived_id
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Named, Unreadable, Value
from syncengine.testing.clock import START
from syncengine.testing.values import canonical

GOAL = all_kinds()["goal"]
HOLDS = frozenset(GOAL.fields)
SOURCE = Source("notes", 1, timedelta(minutes=1))
LAGGING = Source("notes", 1, read_lag=timedelta(minutes=3))
ID = derived_id(START, "goal")
ADA = derived_id(START, "ada")


def shadow(**held: Value) -> Shadow:
    return Shadow("notes", ID, "goal", "row 1", dict(held), "agreed")


def item(**fields: Any) -> Item:
    return Item("goal", ID, "row 1", fields, "row 1", "2026-03-02T08:00:00Z", "Ada", {"due": "cell D1"})


def compared(old: Shadow, now: Item, source: Source = SOURCE, at: datetime = START, **named: str) -> Delta:
    return compare(GOAL, old, now, source, at, named)


@st.composite
def held_fields(draw: st.DrawFn) -> dict[str, Value]:
    names = draw(st.sets(st.sampled_from(sorted(GOAL.fields))))
    return {name: draw(canonical(GOAL.fields[name])) for name in sorted(names)}


@given(held_fields())
def test_what_is_as_it_was_is_no_edit(fields: dict[str, Value]) -> None:
    delta = compared(shadow(**fields), item(**fields))
    assert delta.edits == []
    assert delta.shadow == shadow(**fields)


@given(held_fields(), held_fields())
def test_every_field_that_differs_is_one_edit_and_no_other(
    before: dict[str, Value], after: dict[str, Value]
) -> None:
    delta = compared(shadow(**before), item(**after))
    equal = {name: GOAL.fields[name].type.equal for name in after}
    expected = {
        name
        for name, value in after.items()
        if (name in before and not equal[name](before[name], value))
        or (name not in before and value is not None)
    }
    assert {edit.field for edit in delta.edits} == expected
    assert set(by_field(delta.edits)) == expected
    for edit in delta.edits:
        assert edit.after == after[edit.field]
        assert edit.before == before.get(edit.field, MISSING)
        assert (edit.replica, edit.rank, edit.precision) == ("notes", 1, timedelta(minutes=1))
        assert (edit.when, edit.who) == ("2026-03-02T08:00:00Z", "Ada")
        assert edit.where == ("cell D1" if edit.field == "due" else "row 1")


@given(held_fields(), st.data())
def test_missing_is_not_empty(before: dict[str, Value], data: st.DataObject) -> None:
    """A field that the item does not tell clears nothing, and is written again wherever it has a place."""
    told = {name: value for name, value in before.items() if data.draw(st.booleans(), label=name)}
    delta = compared(shadow(**before), item(**told))
    assert delta.edits == []
    unknown = before.keys() - told.keys()
    assert all(delta.shadow.base(name) is MISSING for name in unknown)
    again = differing(GOAL, delta.shadow, {**dict.fromkeys(GOAL.fields), **before}, HOLDS, {})
    assert set(again) == {name for name in unknown if before[name] is not None}


@given(held_fields(), held_fields())
def test_comparing_twice_finds_nothing_new(before: dict[str, Value], after: dict[str, Value]) -> None:
    first = compared(shadow(**before), item(**after))
    second = compared(first.shadow, item(**after))
    assert second.edits == []
    assert second.shadow == first.shadow


def test_an_emptied_field_is_an_edit() -> None:
    (edit,) = compared(shadow(title="Learn SQL", due="2026-05-01"), item(title="Learn SQL", due=None)).edits
    assert (edit.field, edit.before, edit.after) == ("due", "2026-05-01", None)


def test_a_blank_that_nobody_ever_filled_says_nothing() -> None:
    assert compared(shadow(), item(title=None)).edits == []


def test_what_is_not_of_this_kind_is_left_alone() -> None:
    assert compared(shadow(), item(colour="red")).edits == []


# Held and sent (rule 8)


def sent(held: Value, sent: Value) -> Shadow:
    old = shadow(title=held)
    old.sent = {"title": sent}
    return old


def test_a_tool_that_trims_does_not_look_like_a_person() -> None:
    old = sent("Learn S", "Learn SQL")
    delta = compared(old, item(title="Learn S"))
    assert delta.edits == []
    assert delta.shadow == old
    assert differing(GOAL, delta.shadow, {"title": "Learn SQL"}, HOLDS, {}) == []


def test_an_edit_of_what_was_trimmed_starts_from_what_was_sent() -> None:
    delta = compared(sent("Learn S", "Learn SQL"), item(title="Learn Spanish"))
    assert [(edit.before, edit.after) for edit in delta.edits] == [("Learn SQL", "Learn Spanish")]
    assert delta.shadow.base("title") == "Learn Spanish"


def test_another_value_in_the_records_is_written_whatever_was_trimmed_before() -> None:
    assert differing(GOAL, sent("Learn S", "Learn SQL"), {"title": "Learn S"}, HOLDS, {}) == ["title"]


# What is not understood


def test_what_is_not_understood_changes_nothing_and_remembers_what_was_known() -> None:
    odd = Unreadable("ca. 50 %", "is not a percentage")
    delta = compared(shadow(percent=40), item(percent=odd))
    assert delta.edits == []
    assert delta.unreadable == {"percent": odd}
    assert delta.shadow.base("percent") == 40
    assert differing(GOAL, delta.shadow, {"percent": 70}, HOLDS, {}) == [], "it stays as it stands"
    mended = compared(delta.shadow, item(percent=50))
    assert [(edit.before, edit.after) for edit in mended.edits] == [(40, 50)]
    back = compared(delta.shadow, item(percent=40))
    assert back.edits == []
    assert back.shadow.unread == {}


def test_what_was_never_understood_has_no_base() -> None:
    delta = compared(shadow(), item(percent=Unreadable("half", "is not a percentage")))
    assert delta.shadow.base("percent") is MISSING


# Names (rule 15)


def test_the_same_words_mean_the_same_record() -> None:
    old = shadow(person=ADA)
    old.named = {"person": "Ada"}
    delta = compared(old, item(person=Named("Ada")))
    assert delta.edits == []
    assert delta.shadow == old


def test_a_resolved_name_keeps_its_words() -> None:
    delta = compared(shadow(), item(person=ADA), person="ada")
    assert [(edit.before, edit.after) for edit in delta.edits] == [(MISSING, ADA)]
    assert delta.shadow.named == {"person": "ada"}


def test_a_renamed_person_is_written_anew() -> None:
    old = shadow(person=ADA)
    old.named = {"person": "Ada"}
    assert differing(GOAL, old, {"person": ADA}, HOLDS, {"person": "Ada"}) == []
    assert differing(GOAL, old, {"person": ADA}, HOLDS, {"person": "Ada L."}) == ["person"]
    assert differing(GOAL, old, {"person": ADA}, HOLDS - {"person"}, {"person": "Ada L."}) == [], (
        "has no place now"
    )


# Stale reads (rule 10)


def written(now: Value, *before: Value) -> Shadow:
    old = shadow(percent=now)
    old.before, old.written = {"percent": list(before)}, "2026-03-02T09:00:00Z"
    return old


@pytest.mark.parametrize("shown", [40, None])
def test_a_read_that_shows_what_our_write_replaced_is_no_edit(shown: Value) -> None:
    old = written(70, 40, None)
    delta = compared(old, item(percent=shown), LAGGING)
    assert (delta.edits, delta.stale) == ([], ["percent"])
    assert delta.shadow == old


def test_once_the_tool_has_caught_up_the_old_value_is_an_edit() -> None:
    delta = compared(written(70, 40), item(percent=40), LAGGING, START + timedelta(minutes=4))
    assert [(edit.before, edit.after) for edit in delta.edits] == [(70, 40)]
    assert delta.shadow.before == {}


def test_a_third_value_is_an_edit_however_fresh_our_write() -> None:
    delta = compared(written(70, 40), item(percent=55), LAGGING)
    assert [(edit.before, edit.after) for edit in delta.edits] == [(70, 55)]
    assert delta.shadow.before == {}, "what comes back after it is a person's"


def test_what_the_tool_holds_now_is_never_stale() -> None:
    delta = compared(written(70, 70, 40), item(percent=70), LAGGING)
    assert (delta.edits, delta.stale) == ([], [])


def test_a_tool_without_lag_has_no_stale_reads() -> None:
    delta = compared(written(70, 40), item(percent=40), SOURCE)
    assert [(edit.before, edit.after) for edit in delta.edits] == [(70, 40)]
