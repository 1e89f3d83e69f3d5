"""A plan compared with what is now, and a plan as a file: pure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.connector import Mailing
from syncengine.core.guard import Firing
from syncengine.core.judging import Verdict, beyond, holds, judge
from syncengine.core.planfile import SCHEMA, from_json, to_json
from syncengine.core.planned import Asked, Part, Plan, ToolPlan, Write, change
from syncengine.core.plantext import lines, pace, refused
from syncengine.model.values import Fields

UPDATE = Write(
    "book", "update", "goal", "Goal", "r1", "Learn SQL", {"percent": Part("Percent", 10, 60, ("10", "60"))}
)
CREATE = Write("book", "create", "goal", "Goal", "r2", "Keep bees", {"title": Part("Goal", None, "Keep bees", ("", "Keep bees")),
                                                                     "why": Part("Why", None, None)})  # fmt: skip
DELETE = Write(
    "book", "delete", "goal", "Goal", "r3", "Read", {"title": Part("Goal", "Read", None, ("Read", ""))}
)
RECORDS: dict[str, Fields | None] = {
    "r1": {"percent": 60, "title": "Learn SQL"},
    "r2": {"title": "Keep bees", "why": None},
    "r3": None,
}


def verdict(
    planned: list[Write],
    now: list[Write],
    here: tuple[str, ...] = ("book", "notes"),
    **records: Fields | None,
) -> Verdict:
    known = {**RECORDS, **records}
    return judge(planned, now, {"book", "notes"}, here, lambda _replica, record: known.get(record))


@pytest.mark.parametrize("write", [UPDATE, CREATE, DELETE])
def test_what_is_as_planned_is_written_and_what_is_done_is_done(write: Write) -> None:
    same = verdict([write], [write])
    assert (same.records, same.refused, same.waiting, same.done) == ({write.record}, [], [], 0)
    done = verdict([write], [])
    assert (done.records, done.refused, done.done) == ({write.record}, [], 1)


def part(write: Write, name: str, **other: object) -> Write:
    return replace(write, parts={**write.parts, name: replace(write.parts[name], **other)})  # type: ignore[arg-type]


BY_NOW = [
    ("another value", UPDATE, part(UPDATE, "percent", after=65, shown=("10", "65")), {"percent": 65}),
    ("the tool holds something else", UPDATE, part(UPDATE, "percent", before=20, shown=("20", "60")), {"percent": 60}),
    ("a field more", UPDATE, replace(UPDATE, parts={**UPDATE.parts, "why": Part("Why", None, "x")}), {"percent": 60}),
    ("its id is to be noted", UPDATE, replace(UPDATE, stamp=True), {"percent": 60}),
    ("deleted by now", UPDATE, replace(DELETE, record="r1"), None),
    ("gone there, to be made anew", UPDATE, replace(CREATE, record="r1"), {"percent": 60}),
    ("put back", UPDATE, None, {"percent": 10}),
    ("deleted everywhere", UPDATE, None, None),
    ("lives again", DELETE, None, {"title": "Read"}),
    ("changed before it is deleted", DELETE, part(DELETE, "title", before="Read more"), None),
    ("another new record", CREATE, part(CREATE, "title", after="Keep ants", shown=("", "Keep ants")), {"title": "Keep ants", "why": None}),
    ("shown under another name", UPDATE, part(UPDATE, "percent", shown=("10", "60 %")), {"percent": 60}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("planned", "now", "values"), [case[1:] for case in BY_NOW], ids=[case[0] for case in BY_NOW]
)
def test_what_has_changed_since_is_refused(planned: Write, now: Write | None, values: Fields | None) -> None:
    found = verdict([planned], [now] if now else [], **{planned.record: values})
    assert (found.records, [one.record for one in found.refused]) == (set(), [planned.record])
    (line,) = refused(found.refused)
    assert line.startswith(f"book: goal “{planned.title}” is not as planned: planned was {planned.action}")


def test_half_of_a_write_that_is_done_already_leaves_the_rest() -> None:
    two = replace(
        UPDATE, parts={**UPDATE.parts, "title": Part("Goal", "Learn", "Learn SQL", ("Learn", "Learn SQL"))}
    )
    assert verdict([two], [UPDATE]).records == {"r1"}
    assert verdict([two], [UPDATE], r1={"percent": 60, "title": "Learn"}).refused, (
        "the other half was put back"
    )


def test_a_create_that_took_effect_unseen_is_an_update_now() -> None:
    found = replace(CREATE, action="update", parts={"why": Part("Why", "x", None, ("x", ""))})
    assert verdict([CREATE], [found]).records == {"r2"}


def test_a_record_is_written_in_every_tool_or_in_none() -> None:
    notes = replace(UPDATE, replica="notes")
    other = part(notes, "percent", before=30)
    found = verdict([UPDATE, notes], [UPDATE, other])
    assert (found.records, [one.replica for one in found.refused]) == (set(), ["notes"])
    assert verdict([UPDATE], [UPDATE, notes]).refused, "a tool more is not as planned"


def test_what_the_plan_does_not_have_waits() -> None:
    elsewhere = replace(UPDATE, replica="wiki")
    found = verdict([UPDATE], [UPDATE, CREATE, elsewhere])
    assert (found.records, found.refused) == ({"r1"}, [])
    assert sorted(one.replica for one in found.waiting) == ["book", "wiki"]


def test_a_tool_that_is_away_is_neither_refused_nor_done() -> None:
    notes = replace(UPDATE, replica="notes")
    found = verdict([UPDATE, notes], [UPDATE], here=("book",))
    assert (found.records, found.refused, found.done) == ({"r1"}, [], 0)


def test_what_follows_from_other_records_waits_instead_of_being_refused() -> None:
    agenda = replace(
        UPDATE, record="r9", parts={"agenda": Part("Agenda", "a", "b", ("a", "b"), computed=True)}
    )
    other = part(agenda, "agenda", after="c", shown=("a", "c"))
    found = verdict([agenda], [other], r9={"agenda": "c"})
    assert (found.records, found.refused, found.waiting) == (set(), [], [other])


WRITES = st.builds(
    Write, st.sampled_from(["book", "notes", "wiki"]), st.sampled_from(["create", "update", "delete"]), st.just("goal"), st.just("Goal"),
    st.sampled_from(["r1", "r2", "r3"]), st.just("T"),
    st.dictionaries(st.sampled_from("ab"), st.builds(Part, st.just("L"), st.integers(0, 1), st.integers(0, 1))), st.booleans(),
)  # fmt: skip
NOW = st.dictionaries(
    st.sampled_from(["r1", "r2", "r3"]), st.fixed_dictionaries(dict.fromkeys("ab", st.integers(0, 1)))
)
PLANS = st.lists(WRITES, max_size=6, unique_by=lambda w: (w.replica, w.record))


@given(PLANS, PLANS, NOW)
def test_nothing_is_written_that_is_not_planned(
    planned: list[Write], now: list[Write], records: dict[str, Fields]
) -> None:
    """Whatever happened since: a record that may be written has only writes of the plan, field by field."""
    found = judge(planned, now, {"book", "notes"}, {"book", "notes"}, lambda _, record: records.get(record))
    meant = {(w.replica, w.record): w for w in planned}
    for write in now:
        if write.record in found.records and write.replica in ("book", "notes"):
            there = meant[write.replica, write.record]
            assert all(there.parts[name].after == one.after for name, one in write.parts.items())
    assert not found.records & {one.record for one in found.refused}
    same = judge(
        planned,
        planned,
        {"book", "notes", "wiki"},
        {"book", "notes", "wiki"},
        lambda _, record: records.get(record),
    )
    assert {w.record for w in planned} >= same.records


A, B = Mailing("ada@example.org", "the new series"), Mailing("ben@example.org", "the new series")


def test_e_mails_are_counted_against_the_plan() -> None:
    assert beyond([A], [A, B]) == []
    assert beyond([A, A], [A, B]) == [A]
    assert beyond([A, B], [A._replace(why="is cancelled")]) == [A, B]


def test_a_wish_is_granted_as_far_as_it_finds_what_it_was_made_for() -> None:
    wish = Asked(
        "r1", "goal", {"percent": 10, "why": "x"}, {"percent": 60, "why": "y"}, "mentorsync undo", "undone"
    )
    assert holds(wish, {"percent": 60, "why": "y"}, False) == wish
    assert holds(wish, {"percent": 10, "why": "x"}, False) == wish, "granted already"
    kept = holds(wish, {"percent": 65, "why": "y"}, False)
    assert kept is not None
    assert kept.fields == {"why": "x"}
    assert holds(wish, {"percent": 60, "why": "y"}, False, {"percent", "why"}) is None
    back = Asked("r3", "", {}, {}, "mentorsync restore", "restored", deleted=False, was_deleted=True)
    assert holds(back, {}, True) == back
    assert holds(replace(back, deleted=True, was_deleted=False), {}, False) is not None


PLAN = Plan(
    "Harbour", "0" * 64, {"book": "p1", "wiki": None}, "0.1.0", "2026-03-01T09:00:00Z", "undo of run 3",
    [ToolPlan("book", [UPDATE, CREATE, DELETE], [A], ["Goals!C7: is no number"], 12, 130.0), ToolPlan("wiki", problem="is away")],
    [{"title": "Learn SQL", "field": "percent", "kept": "60", "others": [{"value": "70", "replica": "", "when": None, "who": None}]}],
    ["replica 'wiki' waits"], [Firing("mass-deletion", "book", "lacks 5 of 8", ("r1", "r2"), "restore it.", True)],
    [Asked("r1", "goal", {"percent": 60}, {"percent": 10}, "mentorsync undo", "undone", None, False)], {"item book goal r": "r2"},
)  # fmt: skip


def test_a_plan_survives_its_file() -> None:
    assert from_json(json.loads(json.dumps(to_json(PLAN)))) == PLAN


def test_a_plan_in_words() -> None:
    text = "\n".join(lines(PLAN))
    assert text.splitlines() == [
        "book: 3 to write (about 12 calls, 2 minutes)",
        "  update goal “Learn SQL”",
        "      Percent: 10 → 60",
        "  create goal “Keep bees”",
        "  delete goal “Read”",
        "  e-mail to ada@example.org: the new series",
        "  ? Learn SQL, percent: kept 60, also written: 70 (elsewhere)",
        "  ! replica 'wiki' waits",
        "  guard mass-deletion: lacks 5 of 8: allowed",
    ]
    assert "      Goal: Keep bees" in "\n".join(lines(PLAN, whole=True))
    assert pace(ToolPlan("book", calls=1, seconds=3)) == " (about 1 call, less than a minute)"


NO_PLANS: list[object] = [
    None, [], {}, {"mentorsync_plan": SCHEMA + 1}, {"mentorsync_plan": SCHEMA}, {**to_json(PLAN), "guards": [{}]},
    {**to_json(PLAN), "tools": 3}, {**to_json(PLAN), "asked": [{"record": "x", "boo": 1}]},
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("", "60", "60"), ("10", "", "10 → (empty)"), ("one\ntwo", "one two", "one two → one two"),
        ("a" * 100, "a" * 100 + "b", f"…{'a' * 12} → …{'a' * 12}b"),
        ("word " * 30 + "old" + " rest" * 30, "word " * 30 + "new", f"…d word word old{' rest' * 8} re… → …d word word new"),
        ("x" * 70, "y" * 70, f"{'x' * 59}… → {'y' * 59}…"),
    ],
)  # fmt: skip
def test_a_change_of_a_long_text_shows_where_it_changes(before: str, after: str, shown: str) -> None:
    assert change(Part("Why", before, after, (before, after))) == shown


@pytest.mark.parametrize("said", NO_PLANS)
def test_what_is_no_plan_is_told(said: object) -> None:
    with pytest.raises(ValueError, match=r"^is "):
        from_json(said)
