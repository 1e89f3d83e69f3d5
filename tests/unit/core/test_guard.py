"""Guards: what stops a run before it writes, and what is only a person tidying up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.guard import (
    Firing,
    Gate,
    Limits,
    check_gone,
    check_kind_gone,
    check_place,
    check_template,
    same_place,
)
from syncengine.errors import GuardStop

MARKS = st.none() | st.sampled_from(["mark 1", "mark 2"])


LIMITS = Limits()


def ids(number: int) -> list[str]:
    return [f"record {n:02}" for n in range(number)]


@given(st.integers(0, 40), st.integers(1, 100), st.integers(2, 12), st.data())
def test_most_of_a_replicas_records_gone_fires(
    known: int, percent: int, least: int, data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, known))
    present = data.draw(st.integers(0, 40))
    most = known >= least and gone / known > percent / 100 if known else False
    emptied = known >= 2 and gone == known and present == 0
    limits = Limits(gone_percent=percent, gone_from=least)
    firing = check_gone("notes", known, ids(gone), present, ["A"], limits)
    assert (firing is not None) == (most or emptied)
    if firing is not None:
        assert (firing.guard, firing.replica, firing.records) == ("mass-deletion", "notes", tuple(ids(gone)))
        assert "(among them: A), and they would be deleted in every other tool" in firing.about


@pytest.mark.parametrize(
    ("known", "gone", "fires"),
    [(10, 5, False), (10, 6, True), (5, 3, True), (4, 3, False), (2, 1, False), (1, 1, False)],
)
def test_the_share_at_its_threshold_on_both_sides(known: int, gone: int, fires: bool) -> None:
    assert (check_gone("notes", known, ids(gone), known - gone, ["A"], LIMITS) is not None) is fires


@pytest.mark.parametrize(("percent", "gone", "fires"), [(80, 8, False), (80, 9, True), (100, 10, False)])
def test_the_share_is_the_config_s(percent: int, gone: int, fires: bool) -> None:
    limits = Limits(gone_percent=percent)
    assert (check_gone("notes", 10, ids(gone), 1, ["A"], limits) is not None) is fires


@pytest.mark.parametrize(
    ("known", "gone", "fires"), [(3, 3, False), (4, 4, True), (4, 3, False), (9, 8, False), (9, 9, True)]
)
def test_a_whole_kind_at_its_threshold_on_both_sides(known: int, gone: int, fires: bool) -> None:
    firing = check_kind_gone("notes", "Goals", known, ids(gone), LIMITS)
    assert (firing is not None) is fires
    assert (check_kind_gone("notes", "Goals", known, ids(gone), Limits(kind_from=3)) is not None) is (
        gone == known
    )
    if firing is not None:
        assert f"lacks all of its {known} goals" in firing.about


def test_the_firing_counts_and_names_three_at_most() -> None:
    lacks = check_gone("notes", 10, ids(6), 4, ["D", "C", "B", "A"], LIMITS)
    assert lacks is not None
    assert "lacks 6 of 10 records (among them: A, B, C)" in lacks.about
    empty = check_gone("notes", 10, ids(10), 0, ["A"], LIMITS)
    assert empty is not None
    assert "is empty" in empty.about


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
    assert check_template("notes", before, {"goal": frozenset(["title"]), "win": frozenset()}) is None
    firing = check_template("notes", before, {})
    assert firing is not None
    assert (firing.guard, firing.records) == ("template", ("goal", "win"))
    assert "has lost its place for: goal, win" in firing.about
    assert "mentorsync setup" in str(firing.stop())


def test_a_kind_that_had_no_fields_there_is_not_missed() -> None:
    assert check_template("notes", {"person": []}, {}) is None


FIVE = Firing(
    "mass-deletion", "notes", "replica 'notes' lacks 5 of 8 records", tuple(ids(5)), "restore the place."
)


def test_a_gate_stops_unless_the_guard_is_allowed_by_name() -> None:
    with pytest.raises(GuardStop, match="lacks 5 of 8 records; nothing was changed") as stopped:
        Gate().meet(FIVE)
    assert stopped.value.exit_status == 4
    for words in ("--allow mass-deletion", "sync --dry-run --out plan.json", "else restore the place."):
        assert words in stopped.value.remedy
    with pytest.raises(GuardStop):
        Gate(frozenset(["template"])).meet(FIVE)
    gate = Gate(frozenset(["mass-deletion"]))
    gate.meet(FIVE)
    gate.meet(None)
    assert gate.fired == [replace(FIVE, allowed=True)]


def test_a_look_goes_on_and_notes_what_would_stop() -> None:
    gate = Gate(look=True)
    gate.meet(FIVE)
    assert gate.fired == [FIVE]


@pytest.mark.parametrize("allowed_by", ["plan", "command"])
def test_with_a_plan_only_what_it_has_passes(allowed_by: str) -> None:
    planned = [replace(FIVE, allowed=allowed_by == "plan")]
    allow = frozenset(["mass-deletion"] if allowed_by == "command" else [])
    Gate(allow, planned).meet(FIVE)
    Gate(allow, planned).meet(replace(FIVE, records=tuple(ids(4))))
    for more in (
        replace(FIVE, records=tuple(ids(6))),
        replace(FIVE, replica="book"),
        replace(FIVE, guard="template"),
    ):
        with pytest.raises(GuardStop, match="which is more than the plan says; nothing was changed"):
            Gate(frozenset(["mass-deletion", "template"]), planned).meet(more)


def test_a_planned_guard_that_nobody_allowed_stops() -> None:
    with pytest.raises(GuardStop, match=r"8 records; nothing was changed"):
        Gate(planned=[FIVE]).meet(FIVE)
    with pytest.raises(GuardStop):
        Gate(frozenset(["mass-deletion"]), []).meet(FIVE)


def test_a_stop_says_how_to_go_on_by_name() -> None:
    assert GuardStop("place", "moved").remedy == "If this is meant, run again with --allow place."
