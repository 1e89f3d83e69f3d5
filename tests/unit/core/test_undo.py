"""The way back from a run: exactly what the run did, unless somebody has changed it again since."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.canon import Canon
from syncengine.core.undo import Undo, undo
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.testing.clock import START

CanonOf = Callable[..., Canon]
IDS = [derived_id(START, str(number)) for number in range(3)]
FIELDS = ("title", "why", "percent")
DERIVED = ("lost", "merged from", "written over generated text", "after it was answered", "agenda")


def goals() -> dict[str, Record]:
    return {
        id: Record(id, "goal", {"title": f"Goal {number}", "why": None, "percent": 0})
        for number, id in enumerate(IDS)
    }


def happen(canon: Canon, data: st.DataObject) -> None:
    """Anything that a run may do to the records."""
    for _ in range(data.draw(st.integers(0, 6), label="changes")):
        record = canon.get(data.draw(st.sampled_from(IDS)))
        assert record is not None
        what = data.draw(st.sampled_from(["edit", "bury", "revive"]))
        if what == "edit":
            name = data.draw(st.sampled_from(FIELDS))
            canon.write(record, {name: data.draw(st.sampled_from([None, "a", "b", 1]))}, "notes", "edited")
        elif what == "bury" and not record.deleted:
            canon.bury(record, "notes", "deleted")
        elif what == "revive" and record.deleted:
            canon.revive(record, "notes", "undone")


def lines(canon: Canon) -> list[tuple[str, str, dict[str, list[Any]]]]:
    return [(change.record, change.rule, change.changes) for change in canon.changes]


def grant(records: dict[str, Record], way_back: Undo) -> None:
    for restore in way_back.restores:
        records[restore.record].fields.update(restore.fields)
        if restore.deleted is not None:
            records[restore.record].deleted = restore.deleted


@given(st.data())
def test_undoing_a_run_puts_every_record_back(canon_of: CanonOf, data: st.DataObject) -> None:
    records = goals()
    canon = canon_of(records.values())
    happen(canon, data)
    way_back = undo(lines(canon), records, set())
    assert way_back.changed_since == []
    grant(records, way_back)
    assert records == goals()


@given(st.data())
def test_what_was_changed_again_since_stays(canon_of: CanonOf, data: st.DataObject) -> None:
    records = goals()
    canon = canon_of(records.values())
    happen(canon, data)
    run = lines(canon)
    touched = {(id, name) for id, _, fields in run for name in fields if name != "deleted"}
    again = data.draw(st.sets(st.sampled_from([(id, name) for id in IDS for name in FIELDS])))
    for id, name in again:
        records[id].fields[name] = "somebody's later word"
    way_back = undo(run, records, set())
    assert set(way_back.changed_since) == again & touched
    grant(records, way_back)
    before = goals()
    for id, record in records.items():
        for name in FIELDS:
            assert record.fields[name] == (
                "somebody's later word" if (id, name) in again else before[id].fields[name]
            )


def test_what_the_run_made_becomes_a_tombstone_with_all_its_words(canon_of: CanonOf) -> None:
    canon = canon_of()
    record = canon.add(IDS[0], "goal")
    canon.write(record, {"title": "New"}, "notes", "edited")
    way_back = undo(lines(canon), {IDS[0]: record}, {IDS[0]})
    grant({IDS[0]: record}, way_back)
    assert record == Record(IDS[0], "goal", {"title": "New"}, deleted=True)


@pytest.mark.parametrize("rule", DERIVED)
def test_what_did_not_become_the_records_is_not_undone(rule: str) -> None:
    assert undo([(IDS[0], rule, {"title": ["a", "Goal 0"]})], goals(), set()) == Undo()


def test_questions_and_strangers_are_left_alone() -> None:
    asked = {IDS[0]: Record(IDS[0], "question", {"about": "x"})}
    assert (
        undo(
            [(IDS[0], "conflict", {"about": [None, "x"]}), (IDS[1], "edited", {"title": [None, "x"]})],
            asked,
            set(),
        )
        == Undo()
    )
