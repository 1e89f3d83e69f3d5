"""What the store promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncengine.connector import Trouble
from syncengine.core.shadow import Shadow
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.store import ConflictRow, HistoryRow, ReplicaRow, Store
from syncengine.testing.clock import START
from syncengine.testing.values import record

OpenStore = Callable[[], Store]
one_database = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def id_of(name: object) -> str:
    return derived_id(START, str(name))


ADA, GRACE, PAIR = id_of("ada"), id_of("grace"), id_of("pair")


def goal(number: int, **fields: Any) -> Record:
    return Record(id_of(number), "goal", {"title": f"Goal {number}", **fields})


def put(store: Store, *records: Record, pair: str | None = None) -> None:
    with store.transaction():
        store.put_records((one, str(one.fields.get("title") or one.kind), pair) for one in records)


# Records


@one_database
@given(st.sampled_from(sorted(all_kinds())), st.data())
def test_a_record_comes_back_as_it_was(store: Store, kind: str, data: st.DataObject) -> None:
    one = replace(data.draw(record(all_kinds()[kind])), deleted=data.draw(st.booleans()))
    put(store, one)
    assert store.records([one.id]) == {one.id: one}
    put(store, replace(one, fields={}, deleted=False))
    assert store.records([one.id]) == {one.id: Record(one.id, kind)}


def test_of_many_ids_those_that_exist(store: Store) -> None:
    """More than a database takes as parameters of one statement."""
    put(store, *(goal(number) for number in range(5)))
    ids = [id_of(number) for number in range(70_000)]
    assert store.records(ids).keys() == set(ids[:5])
    assert store.records([]) == {}
    assert store.pairs(ids) == dict.fromkeys(ids[:5])


def test_many_records_at_once(store: Store) -> None:
    put(store, *(goal(number, person=ADA) for number in range(4_100)))
    assert store.counts() == {"goal": 4_100}
    assert len(store.mentioning([ADA])) == 4_100


def test_living_records_and_tombstones_are_told_apart(store: Store) -> None:
    living, gone = goal(1), replace(goal(2), deleted=True)
    person = Record(ADA, "person", {"name": "Ada"})
    put(store, gone, living, person)
    assert list(store.all_records()) == sorted([living, person], key=lambda one: one.id)
    assert list(store.all_records("goal")) == [living]
    assert list(store.all_records(deleted=True)) == [gone]
    assert store.titles("goal") == [(living.id, "Goal 1")]
    assert store.titles("goal", deleted=True) == [(gone.id, "Goal 2")]
    assert store.counts() == {"goal": 1, "person": 1}
    assert store.records([gone.id]) == {gone.id: gone}


def test_names_are_looked_up_without_regard_to_capitals_and_blanks(store: Store) -> None:
    put(
        store,
        goal(1, title="Straße  nach SQL"),
        goal(2, title="other"),
        replace(goal(3, title="STRASSE NACH SQL"), deleted=True),
    )
    assert [one.id for one in store.by_title("goal", " strasse nach sql ")] == [id_of(1)]
    assert store.by_title("win", "other") == []


def test_the_records_of_a_pair_in_order(store: Store) -> None:
    put(store, goal(2), goal(1), replace(goal(3), deleted=True), pair=PAIR)
    put(store, goal(4), pair=id_of("another"))
    assert [one.id for one in store.of_pair(PAIR)] == sorted([id_of(1), id_of(2)])
    assert store.pairs([id_of(1), id_of(3), id_of(9)]) == {id_of(1): PAIR, id_of(3): PAIR}


def test_who_mentions_whom_follows_the_fields(store: Store) -> None:
    pair = Record(PAIR, "pair", {"members": [ADA, GRACE], "name": ADA[:-1]})
    own = goal(1, person=ADA, pair=PAIR)
    put(
        store,
        pair,
        own,
        goal(2, title=f"{ADA} is a word among others", person=GRACE),
        replace(goal(3, person=ADA), deleted=True),
    )
    assert store.mentioning([ADA]) == sorted([PAIR, own.id])
    assert store.mentioning([PAIR, GRACE]) == sorted([PAIR, own.id, id_of(2)])
    put(store, replace(own, fields={"person": GRACE}))
    assert store.mentioning([ADA]) == [PAIR]
    assert store.mentioning([]) == []
    itself = Record(GRACE, "person", {"name": GRACE})
    put(store, itself)
    assert GRACE not in store.mentioning([GRACE])


# Shadows


CHANGES = st.tuples(
    st.sampled_from(["Learn", "Teach"]),
    st.sampled_from([None, PAIR]),
    st.booleans(),
    st.sampled_from([None, ADA, GRACE]),
)


@given(st.lists(CHANGES, min_size=1, max_size=6))
@settings(one_database, max_examples=20)
def test_a_record_is_found_by_what_it_says_now(store: Store, changes: list[Any]) -> None:
    """Whatever of it changed since it was last written, by every way that there is to look it up."""
    for title, pair, deleted, person in changes:
        one = replace(goal(1, title=title, person=person), deleted=deleted)
        with store.transaction():
            store.put_records([(one, title, pair)])
        found = {name: [r.id for r in store.by_title("goal", name)] for name in ("Learn", "Teach")}
        assert found == {name: [one.id] if name == title and not deleted else [] for name in found}
        assert [r.id for r in store.of_pair(PAIR)] == ([one.id] if pair and not deleted else [])
        assert store.pairs([one.id]) == {one.id: pair}
        for who in (ADA, GRACE):
            assert store.mentioning([who]) == ([one.id] if who == person and not deleted else [])
        assert store.records([one.id]) == {one.id: one}


def shadow(number: int, replica: str = "notes", **parts: Any) -> Shadow:
    return Shadow(
        replica, id_of(number), **{"kind": "goal", "handle": f"row {number}", "state": "agreed", **parts}
    )


def put_shadows(store: Store, *shadows: Shadow) -> None:
    with store.transaction():
        store.put_shadows(shadows)


@one_database
@given(
    record(all_kinds()["goal"]),
    st.dictionaries(
        st.text(max_size=5).map(lambda s: s.replace("\x00", "").encode(errors="ignore").decode()),
        st.none() | st.text(max_size=5).map(lambda s: s.encode(errors="ignore").decode()),
        max_size=3,
    ),
)
def test_a_shadow_comes_back_as_it_was(store: Store, one: Record, extra: dict[str, Any]) -> None:
    made = Shadow("notes", one.id, "goal", "row 1", one.fields, "creating", extra, dict.fromkeys(extra, "x"),
                  {n: {"text": "y"} for n in extra},
                  {n: [v] for n, v in extra.items()}, "2026-03-02T09:00:00Z" if extra else None, bool(extra))  # fmt: skip
    put_shadows(store, made)
    assert store.shadows("notes", [one.id]) == {one.id: made}
    plain = Shadow("notes", one.id, "goal")
    put_shadows(store, plain)
    assert store.shadows("notes", [one.id]) == {one.id: plain}


def test_each_replica_has_shadows_of_its_own(store: Store) -> None:
    put_shadows(store, shadow(1), shadow(2), shadow(1, "workbook", handle="A2"))
    assert store.shadows("notes") == {id_of(1): shadow(1), id_of(2): shadow(2)}
    assert store.shadows("notes", [id_of(2), id_of(9)]) == {id_of(2): shadow(2)}
    assert store.shadows("notes", []) == {}
    assert store.shadows("nobody") == {}
    assert store.shadows_at("workbook", ["A2", "A3"]) == {"A2": shadow(1, "workbook", handle="A2")}
    assert store.shadows_at("notes", ["A2"]) == {}
    assert store.holders([id_of(1), id_of(2), id_of(3)]) == {
        id_of(1): {"notes", "workbook"},
        id_of(2): {"notes"},
    }


STATES = ("agreed", "behind", "creating", "held", "stale", "released", "leaving")


def test_the_plan_looks_at_what_is_open(store: Store) -> None:
    put_shadows(store, *(shadow(number, state=state) for number, state in enumerate(STATES)))
    assert [one.record for one in store.open_shadows("notes")] == sorted(
        id_of(number) for number in (1, 2, 3, 4)
    )
    assert store.open_shadows("workbook") == []
    assert store.states("notes", [id_of(number) for number in range(9)]) == {
        id_of(n): state for n, state in enumerate(STATES)
    }
    assert store.shadow_counts("notes") == {"goal": 6}, "what is only intended is not there"


def test_a_read_looks_again_at_what_was_in_doubt(store: Store) -> None:
    put_shadows(store, *(shadow(number, state=state) for number, state in enumerate(STATES)))
    with store.transaction():
        store.put_troubles(
            1,
            "notes",
            [Trouble("note 9", "is broken", "Mend it.", handle="row 9"), Trouble("all", "is odd", "Look.")],
            None,
        )
        store.put_troubles(1, "workbook", [Trouble("A7", "is broken", "Mend it.", handle="A7")], None)
    assert store.doubtful("notes") == ["row 4", "row 6", "row 9"]


def test_a_change_of_a_record_concerns_every_replica_that_agreed(store: Store) -> None:
    put_shadows(store, *(shadow(1, f"r {state}", state=state) for state in STATES), shadow(2, "r agreed"))
    with store.transaction():
        store.mark_behind([id_of(1), id_of(9)])
    states = {state: store.states(f"r {state}", [id_of(1)])[id_of(1)] for state in STATES}
    assert states == {**{state: state for state in STATES}, "agreed": "behind", "released": "behind"}
    assert store.shadows("r agreed")[id_of(2)].state == "agreed"


def test_marking_leaves_the_rest_of_a_shadow_as_it_was(store: Store) -> None:
    put_shadows(store, shadow(1, held={"title": "x"}, sent={"title": "xy"}), shadow(2), shadow(1, "workbook"))
    with store.transaction():
        store.mark("notes", "stale", [id_of(1)])
    assert store.shadows("notes") == {
        id_of(1): shadow(1, state="stale", held={"title": "x"}, sent={"title": "xy"}),
        id_of(2): shadow(2),
    }
    assert store.shadows("workbook") == {id_of(1): shadow(1, "workbook")}


def test_shadows_are_dropped_by_name_or_all_of_a_replica(store: Store) -> None:
    put_shadows(store, shadow(1), shadow(2), shadow(3), shadow(1, "workbook"))
    with store.transaction():
        store.drop_shadows("notes", [id_of(1)])
        store.drop_shadows("notes", [])
    assert store.shadows("notes").keys() == {id_of(2), id_of(3)}
    with store.transaction():
        store.drop_shadows("notes")
    assert store.shadows("notes") == {}
    assert store.shadows("workbook").keys() == {id_of(1)}


# Replicas, runs, notes


def test_replicas_and_their_cursors(store: Store) -> None:
    plain = ReplicaRow("notes", "markdown")
    whole = ReplicaRow(
        "book", "workbook", "mark", {"holds": {"goal": ["title"]}, "catch_up": True}, bytes(range(256))
    )
    with store.transaction():
        store.put_replica(plain)
        store.put_replica(whole)
    assert store.replicas() == {"notes": plain, "book": whole}
    with store.transaction():
        store.put_cursor("notes", b"\x00next")
        store.put_cursor("book", None)
        store.put_replica(replace(plain, place="mark 2", cursor=b"\x00next"))
    assert store.replicas() == {
        "notes": ReplicaRow("notes", "markdown", "mark 2", None, b"\x00next"),
        "book": replace(whole, cursor=None),
    }


def test_a_replica_let_go_of_takes_only_its_own_with_it(store: Store) -> None:
    put(store, goal(1))
    put_shadows(store, shadow(1), shadow(1, "workbook"))
    with store.transaction():
        for name in ("notes", "workbook"):
            store.put_replica(ReplicaRow(name, "memory"))
            store.put_troubles(1, name, [Trouble("here", "is odd", "Look.")], None)
        store.drop_replica("notes")
    assert store.replicas().keys() == {"workbook"}
    assert [replica for replica, _ in store.troubles()] == ["workbook"]
    assert (store.shadows("notes"), store.shadows("workbook").keys()) == ({}, {id_of(1)})
    assert store.records([id_of(1)]).keys() == {id_of(1)}, "the records are the program's"


def test_runs_are_numbered_and_told_newest_first(store: Store) -> None:
    with store.transaction():
        first = store.start_run("2026-03-02T09:00:00Z", "sync")
        second = store.start_run("2026-03-02T10:00:00Z", "undo of run 1")
        store.end_run(first, "2026-03-02T09:00:01Z", "agreed", {"status": "agreed", "seconds": 0.5})
    assert second > first
    newest, oldest = store.runs()
    assert (newest.id, newest.started, newest.ended, newest.status, newest.reason, newest.summary) == (
        second, "2026-03-02T10:00:00Z", None, "running", "undo of run 1", None)  # fmt: skip
    assert (oldest.id, oldest.ended, oldest.status, oldest.summary) == (
        first,
        "2026-03-02T09:00:01Z",
        "agreed",
        {"status": "agreed", "seconds": 0.5},
    )
    assert [run.id for run in store.runs(1)] == [second]


def test_notes_to_self(store: Store) -> None:
    assert store.note("day") is None
    with store.transaction():
        store.put_note("day", "2026-03-02")
        store.put_note("day", "2026-03-03")
    assert store.note("day") == "2026-03-03"


# History, conflicts, troubles


def test_history_is_told_in_order_by_record_and_by_run(store: Store) -> None:
    rows = [HistoryRow(run, id_of(number), "notes", "edited", {"title": [None, f"{run}.{number}"], "percent": [1, 2.5]}, "Ada",
                       "2026-03-02T08:00:00Z")
            for run in (1, 2) for number in (1, 2)]  # fmt: skip
    with store.transaction():
        store.add_history(iter(rows))
        store.add_history([HistoryRow(3, id_of(1), "mentorsync", "deleted", {"deleted": [False, True]})])

    def told(**which: Any) -> list[tuple[int, str]]:
        return [(row.run, row.record) for row in store.history(**which)]

    assert [replace(row, id=0) for row in store.history()][:4] == rows
    assert told(record=id_of(1)) == [(1, id_of(1)), (2, id_of(1)), (3, id_of(1))]
    assert told(run=2) == [(2, id_of(1)), (2, id_of(2))]
    assert told(record=id_of(2), run=1) == [(1, id_of(2))]
    assert told(record=id_of(9)) == []
    assert [row.id for row in store.history()] == sorted({row.id for row in store.history()})


def test_conflicts_are_open_until_they_are_answered(store: Store) -> None:
    detail = {"base": "a", "kept": {"value": "b"}, "lost": [{"value": ["c", None]}]}
    with store.transaction():
        store.add_conflicts(
            ConflictRow(1, id_of(number), "title", detail, id_of(f"q{number}")) for number in (1, 2, 3)
        )
    first, second, third = store.conflicts()
    assert (first.detail, first.question, first.state) == (detail, id_of("q1"), "open")
    assert [row.record for row in store.conflicts(records=[id_of(3), id_of(1)])] == [id_of(1), id_of(3)]
    with store.transaction():
        store.answer_conflicts([first.id, third.id])
        store.answer_conflicts([])
    assert store.conflicts() == [second]
    assert [row.id for row in store.conflicts(state="answered")] == [first.id, third.id]
    assert [row.id for row in store.conflicts(state=None)] == [first.id, second.id, third.id]


def trouble(handle: str, reason: str = "is odd") -> Trouble:
    return Trouble(f"{handle}, line 3", reason, "Mend it.", "value", "goal", handle, "title")


def test_what_was_read_anew_replaces_what_was_known_of_it(store: Store) -> None:
    with store.transaction():
        store.put_troubles(1, "notes", [trouble("a"), trouble("b"), trouble("")], None)
        store.put_troubles(1, "workbook", [trouble("a")], None)
        store.put_troubles(2, "notes", [trouble("b", "is still odd"), trouble("c")], ["b", "c"])
    assert store.troubles() == [
        ("notes", trouble("a")),
        ("workbook", trouble("a")),
        ("notes", trouble("b", "is still odd")),
        ("notes", trouble("c")),
    ]
    with store.transaction():
        store.put_troubles(3, "notes", [], None)
    assert store.troubles() == [("workbook", trouble("a"))]


# Transactions (rule 6)


def everything(store: Store) -> list[object]:
    return [list(store.all_records()), list(store.all_records(deleted=True)), store.shadows("notes"), store.replicas(), store.runs(),
            store.note("day"),
            store.history(), store.conflicts(state=None), store.troubles(), store.mentioning([ADA])]  # fmt: skip


def write_everything(store: Store, number: int) -> None:
    store.put_records([(goal(number, person=ADA), "x", None), (replace(goal(0), deleted=True), "y", PAIR)])
    store.put_shadows([shadow(number)])
    store.mark("notes", "held", [id_of(1)])
    store.mark_behind([id_of(number)])
    store.put_replica(ReplicaRow(f"replica {number}", "memory"))
    store.put_cursor("replica 1", f"{number}".encode())
    run = store.start_run("2026-03-02T09:00:00Z", "sync")
    store.end_run(run, "2026-03-02T09:00:01Z", "agreed", {})
    store.put_note("day", str(number))
    store.add_history([HistoryRow(run, id_of(number), "notes", "edited", {})])
    store.answer_conflicts([row.id for row in store.conflicts()])
    store.add_conflicts([ConflictRow(run, id_of(number), "title", {})])
    store.put_troubles(run, "notes", [trouble(str(number))], [])


class Halt(Exception):
    """Something went wrong half-way."""


def test_a_transaction_is_whole_or_nothing(store: Store, open_it: OpenStore) -> None:
    with store.transaction():
        write_everything(store, 1)
    before = everything(store)
    with pytest.raises(Halt), store.transaction():  # noqa: PT012 - what was written before it has to go
        write_everything(store, 2)
        store.drop_shadows("notes")
        store.drop_replica("replica 1")
        raise Halt
    assert everything(store) == before
    assert everything(open_it()) == before
    with store.transaction():
        write_everything(store, 2)
    assert everything(store) != before
    assert everything(open_it()) == everything(store)


def test_a_dry_run_sees_its_own_changes_and_keeps_none(store: Store) -> None:
    with store.transaction():
        write_everything(store, 1)
    before = everything(store)
    with store.transaction(keep=False):
        write_everything(store, 2)
        assert store.note("day") == "2"
    assert everything(store) == before


def test_others_see_a_transaction_when_it_is_done(store: Store, open_it: OpenStore) -> None:
    other = open_it()
    with store.transaction():
        write_everything(store, 1)
        with other.reading():
            assert other.note("day") is None
    with other.reading():
        assert other.note("day") == "1"
    assert everything(other) == everything(store)


def test_what_is_read_together_is_of_one_moment(store: Store, open_it: OpenStore) -> None:
    other = open_it()
    with store.transaction():
        store.put_note("day", "1")
    with store.reading():
        assert store.note("day") == "1"
        with other.transaction():
            other.put_note("day", "2")
            other.put_note("night", "2")
        assert (store.note("day"), store.note("night")) == ("1", None)
    with store.reading():
        assert (store.note("day"), store.note("night")) == ("2", "2")


def test_reading_within_a_transaction_is_part_of_it(store: Store) -> None:
    with store.transaction():
        store.put_note("day", "1")
        with store.reading():
            assert store.note("day") == "1"
    assert store.note("day") == "1"
