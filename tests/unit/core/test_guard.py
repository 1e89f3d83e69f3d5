"""Guards: what stops a run before it writes, and what is only a person tidying up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.guard import PLENTY, check_gone, check_place, check_template, same_place
from syncengine.errors import GuardStop

NOTHING: frozenset[str] = frozenset()
MARKS = st.none() | st.sampled_from(["mark 1", "mark 2"])


@given(st.integers(0, 40), st.data())
def test_most_of_a_replicas_records_gone_stops_the_run(known: int, data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, known))
    present = data.draw(st.integers(0, 40))
    most = known >= PLENTY and gone > known / 2
    emptied = known >= 2 and gone == known and present == 0
    if not (most or emptied):
        check_gone("notes", known, gone, present, ["A"], NOTHING)
        return
    with pytest.raises(
        GuardStop, match=r"replica 'notes' .* \(among them: A\); nothing was changed"
    ) as stopped:
        check_gone("notes", known, gone, present, ["A"], NOTHING)
    assert stopped.value.guard == "mass-deletion"
    assert "--allow mass-deletion" in stopped.value.remedy
    assert stopped.value.exit_status == 4
    check_gone("notes", known, gone, present, ["A"], frozenset(["mass-deletion"]))


def test_the_stop_counts_and_names_three_at_most() -> None:
    with pytest.raises(GuardStop, match=r"lacks 6 of 10 records \(among them: A, B, C\)"):
        check_gone("notes", 10, 6, 4, ["D", "C", "B", "A"], NOTHING)
    with pytest.raises(GuardStop, match="is empty"):
        check_gone("notes", 10, 10, 0, ["A"], NOTHING)


@given(MARKS, MARKS)
def test_only_the_place_it_was_set_up_with_is_used(bound: str | None, found: str | None) -> None:
    if found is not None and bound in (found, None):  # None: the state was lost, and the place is bound anew
        check_place("notes", bound, found, "here")
    else:
        with pytest.raises(GuardStop) as stopped:
            check_place("notes", bound, found, "here")
        assert (stopped.value.guard, stopped.value.where) == ("place", "here")
        assert "mentorsync setup" in stopped.value.remedy


@pytest.mark.parametrize(
    ("bound", "found", "reason"),
    [(None, None, "is not set up yet"), ("mark 1", None, "no longer carries the mark"), ("mark 1", "mark 2", "is another place")],
)  # fmt: skip
def test_a_lost_a_copied_and_a_new_place_are_told_apart(
    bound: str | None, found: str | None, reason: str
) -> None:
    with pytest.raises(GuardStop, match=reason):
        check_place("notes", bound, found, "here")


def test_two_replicas_of_one_place_are_told_with_both_names() -> None:
    stop = same_place("notes", "vault")
    assert stop.guard == "place"
    assert "'vault'" in str(stop)
    assert "'notes'" in str(stop)


def test_a_lost_table_is_no_hundred_deletions() -> None:
    before = {"goal": ["title"], "win": ["what"], "person": []}
    check_template("notes", before, {"goal": frozenset(["title"]), "win": frozenset()}, NOTHING)
    check_template("notes", before, {}, frozenset(["template"]))
    with pytest.raises(GuardStop, match="has lost its place for: goal, win; nothing was changed") as stopped:
        check_template("notes", before, {}, NOTHING)
    assert stopped.value.guard == "template"
    assert "mentorsync setup" in stopped.value.remedy


def test_a_kind_that_had_no_fields_there_is_not_missed() -> None:
    check_template("notes", {"person": []}, {}, NOTHING)


def test_a_stop_says_how_to_go_on_by_name() -> None:
    assert GuardStop("place", "moved").remedy == "If this is meant, run again with --allow place."
