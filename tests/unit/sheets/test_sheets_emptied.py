"""A cleared row is damage and is filled again; a row taken out is a deletion. Told apart whatever else people do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.errors import GuardStop
from syncengine.model.ids import seeded_ids
from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Request
from syncengine_sheets.sandbox import Hands, Sandbox
from syncengine_sheets.standing import Standing, emptied, print_of_id
from tests.unit.sheets.stage import Stage

TITLES = ("Learn SQL", "Give a talk", "Write a book", "Run far", "Sleep", "Cook")


@pytest.fixture
def stage(tmp_path: Path, sandbox: Sandbox) -> Stage:
    stage = Stage(tmp_path / "program", sandbox)
    for title in TITLES:
        stage.other.add("goal", title=title, why=f"why of {title}", percent=40)
    stage.settled()
    return stage


def goals(stage: Stage) -> Hands:
    return stage.people.hands("goal")


def row(stage: Stage, title: str) -> int:
    found = stage.people.row("goal", title)
    assert found is not None
    return found


def titles(stage: Stage) -> set[str]:
    return {str(record.fields["title"]) for record in stage.records("goal").values()}


def check(stage: Stage, expected: set[str], *, told: int = 0) -> None:
    """After one sync everything is as it should be, here and elsewhere, and the next one has nothing to do."""
    before = {id: record.fields for id, record in stage.records("goal").items()}
    report = stage.sync()
    assert sum("was emptied, not deleted" in warning for warning in report.warnings) == told, report.warnings
    assert titles(stage) == expected
    for id, record in stage.records("goal").items():
        assert id not in before or record.fields == before[id], "emptying a row clears nothing"
        seen = stage.people.read("goal", str(record.fields["title"]))
        assert seen is not None
        assert seen["why"] == (record.fields.get("why") or "")
    assert stage.people.count("goal") == len(expected)
    again = stage.sync()
    assert (again.writes, again.warnings) == (0, [])


def test_a_cleared_row_is_filled_again_where_it_was(stage: Stage) -> None:
    at = row(stage, "Write a book")
    id = goals(stage).see(at, goals(stage).column("mentorsync id"))
    goals(stage).clear_row(at)
    check(stage, set(TITLES), told=1)
    assert row(stage, "Write a book") == at
    assert goals(stage).see(at, goals(stage).column("mentorsync id")) == id


def test_a_row_cleared_but_for_its_hidden_id_is_filled_again(stage: Stage) -> None:
    at, hands = row(stage, "Write a book"), goals(stage)
    for column in range(hands.column("mentorsync id")):
        hands.type(at, column, "")
    check(stage, set(TITLES), told=1)
    assert row(stage, "Write a book") == at


def test_a_row_taken_out_is_deleted(stage: Stage) -> None:
    goals(stage).delete_row(row(stage, "Write a book"))
    check(stage, set(TITLES) - {"Write a book"})


def test_the_last_row_cleared_and_the_last_row_taken_out(stage: Stage) -> None:
    goals(stage).clear_row(row(stage, TITLES[-1]))
    check(stage, set(TITLES), told=1)
    goals(stage).delete_row(row(stage, TITLES[-1]))
    check(stage, set(TITLES[:-1]))


def insert_above(stage: Stage) -> None:
    goals(stage).insert_rows(1, 2)


def add_rows_below(stage: Stage) -> None:
    hands = goals(stage)
    hands.insert_rows(hands.tab.row_count, 100)


def add_a_record(stage: Stage) -> None:
    stage.people.add("goal", {"title": "Typed", "why": "by hand"})


def copy_another(stage: Stage) -> None:
    goals(stage).copy_row(1, goals(stage).below())


def edit_another(stage: Stage) -> None:
    goals(stage).type(1, stage.people.column("goal", "percent"), "60%")


def new_column(stage: Stage) -> None:
    goals(stage).insert_column(1)


MEANWHILE: dict[str, Callable[[Stage], None]] = {
    one.__name__: one
    for one in (insert_above, add_rows_below, add_a_record, copy_another, edit_another, new_column)
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_both_in_one_tab_while_more_happens(stage: Stage, what: str) -> None:
    hands = goals(stage)
    cleared, taken = hands.see(2, 0), hands.see(4, 0)
    hands.clear_row(2)
    hands.delete_row(4)
    MEANWHILE[what](stage)
    report = stage.sync()
    assert sum("was emptied, not deleted" in warning for warning in report.warnings) == 1, report.warnings
    stage.settled()
    new = {"add_a_record": {"Typed"}}.get(what, set())
    assert titles(stage) == set(TITLES) - {taken} | new
    assert stage.people.read("goal", cleared)["why"] == f"why of {cleared}"  # type: ignore[index]


def test_of_neighbours_one_cleared_and_one_taken_out_both_stay(stage: Stage) -> None:
    """Which of the two it was that somebody took out, nothing tells."""
    goals(stage).clear_row(2)
    goals(stage).delete_row(3)
    check(stage, set(TITLES), told=2)


def test_sorted_afterwards_the_size_of_the_grid_tells(stage: Stage) -> None:
    goals(stage).clear_row(row(stage, "Give a talk"))
    stage.people.shuffle("goal")
    check(stage, set(TITLES), told=1)
    goals(stage).delete_row(row(stage, "Run far"))
    goals(stage).sort(0)
    check(stage, set(TITLES) - {"Run far"})


def test_in_doubt_the_record_stays_and_is_deleted_once_more(stage: Stage) -> None:
    """One row taken out, another put in at the very place: nothing tells that from a cleared row."""
    at = row(stage, "Run far")
    goals(stage).delete_row(at)
    goals(stage).insert_rows(at)
    check(stage, set(TITLES), told=1)
    goals(stage).delete_row(row(stage, "Run far"))
    check(stage, set(TITLES) - {"Run far"})


def test_a_cleared_row_in_which_something_else_was_typed_keeps_both(stage: Stage) -> None:
    at = row(stage, "Run far")
    goals(stage).clear_row(at)
    stage.people.hands("goal").type(at, stage.people.column("goal", "title"), "Swim far")
    stage.sync()
    stage.settled()
    assert titles(stage) == {*TITLES, "Swim far"}
    assert row(stage, "Swim far") == at
    assert stage.people.read("goal", "Run far")["why"] == "why of Run far"  # type: ignore[index]


def test_ids_alone_cleared_are_written_again(stage: Stage) -> None:
    hands = goals(stage)
    column = hands.column("mentorsync id")
    before = set(stage.records("goal"))
    for title in ("Run far", "Sleep"):
        hands.type(row(stage, title), column, "")
    stage.sync()
    stage.settled()
    assert set(stage.records("goal")) == before
    assert stage.people.count("goal") == len(TITLES)


def test_a_row_pasted_over_another_takes_nothing_away(stage: Stage) -> None:
    goals(stage).copy_row(row(stage, "Sleep"), row(stage, "Run far"))
    stage.sync()
    stage.settled()
    assert set(TITLES) <= titles(stage)


def test_all_rows_cleared_stop_the_run(stage: Stage) -> None:
    for title in TITLES:
        goals(stage).clear_row(row(stage, title))
    with pytest.raises(GuardStop, match="nothing was changed"):
        stage.sync()
    assert titles(stage) == set(TITLES)


def test_a_record_deleted_elsewhere_while_its_row_was_cleared_is_gone(stage: Stage) -> None:
    goals(stage).clear_row(row(stage, "Run far"))
    stage.other.remove(stage.other.find("goal", title="Run far"))
    stage.sync()
    stage.settled()
    assert titles(stage) == set(TITLES) - {"Run far"}


def test_an_edit_elsewhere_is_in_the_row_that_is_filled_again(stage: Stage) -> None:
    goals(stage).clear_row(row(stage, "Run far"))
    stage.other.edit(stage.other.find("goal", title="Run far"), why="new words")
    stage.sync()
    stage.settled()
    assert stage.people.read("goal", "Run far")["why"] == "new words"  # type: ignore[index]


def sort(stage: Stage) -> None:
    stage.people.shuffle("goal")


def type_into_it(stage: Stage) -> None:
    hands = goals(stage)
    blank = next(n for n in range(1, 9) if hands.see(n, 0) == "")
    hands.type(blank, 0, "typed just then")


def insert_row(stage: Stage) -> None:
    goals(stage).insert_rows(1)


@pytest.mark.parametrize("step", [2, 3])
@pytest.mark.parametrize("act", [sort, type_into_it, insert_row], ids=lambda act: act.__name__)
@pytest.mark.parametrize("keeps_id", [False, True])
def test_what_people_do_while_it_is_filled_again_stays(
    stage: Stage, step: int, act: Callable[[Stage], None], *, keeps_id: bool
) -> None:
    hands, first, done = goals(stage), len(stage.sandbox.log), list[int]()
    at = row(stage, "Run far")
    if keeps_id:
        for column in range(hands.column("mentorsync id")):
            hands.type(at, column, "")
    else:
        hands.clear_row(at)

    def before(_request: Request) -> None:
        if len(stage.sandbox.log) - first + 1 == step and not done:
            done.append(step)
            act(stage)

    stage.sandbox.before = before
    stage.sync()
    assert done
    stage.settled()
    expected = set(TITLES)
    if act is type_into_it:
        # With its id in the row, what is typed there is the goal's new title; else it is a new goal.
        expected = {"typed just then", *(expected - {"Run far"} if keeps_id else expected)}
    assert titles(stage) == expected
    assert stage.people.count("goal") == len(expected)
    for title in set(TITLES) & expected:
        assert stage.people.read("goal", title)["why"] == f"why of {title}"  # type: ignore[index]


# -- the judgement alone


def grid(size: int, filled: list[int]) -> Standing:
    """A tab of so many rows, with records in some."""
    clock, ids = Clock(), seeded_ids(5)
    made = [ids(clock()) for _ in range(size)]
    found = Standing(1, 1, size, size + 1)
    for at in range(size):
        found.put(at + 1, made[at] if at in filled else None, f"name {at}" if at in filled else "")
    return found


def after(before: Standing, acts: list[tuple[str, int]]) -> tuple[Standing, set[int], set[int]]:
    """The tab after people emptied rows, took rows out and put rows in; and which records they did that to."""
    rows = list(zip(before.ids, before.names, strict=True))
    cleared, taken = set[int](), set[int]()
    for act, number in acts:
        at = number % len(rows)
        if act == "clear":
            cleared.add(rows[at][0])
            rows[at] = (0, 0)
        elif act == "take" and len(rows) > 1:
            taken.add(rows[at][0])
            del rows[at]
        elif act == "insert":
            rows.insert(at, (0, 0))
    now = Standing(1, 1, len(rows), len(rows) + 1)
    for id, name in rows:
        now.ids.append(id)
        now.names.append(name)
        now.contents.append(id)
    return now, cleared - {0}, taken - {0}


ACTS = st.lists(st.tuples(st.sampled_from(("clear", "take", "insert")), st.integers(0, 30)), max_size=6)


@given(filled=st.sets(st.integers(0, 11)), acts=ACTS)
def test_nothing_that_was_emptied_counts_as_taken_out(filled: set[int], acts: list[tuple[str, int]]) -> None:
    """As long as nobody takes out blank rows as well; and what nobody touched is never thought to be emptied."""
    before = grid(12, sorted(filled))
    now, cleared, taken = after(before, acts)
    found = emptied(before, now)
    assert found.keys() <= cleared | taken
    blank_taken = sum(act == "take" for act, _ in acts) > len(taken)
    if not blank_taken:
        assert found.keys() >= cleared
    if not any(act == "insert" for act, _ in acts) and not cleared:
        assert not found.keys() & taken, "what was merely taken out is deleted"


@given(filled=st.sets(st.integers(0, 11)))
def test_a_standing_survives_the_cursor(filled: set[int]) -> None:
    before = grid(12, sorted(filled))
    assert Standing.from_json(before.to_json()) == before


def test_a_print_is_never_nothing() -> None:
    assert print_of_id("") != 0
