"""The canonical records during a run: every change is noted with its reason, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.canon import Canon, Change
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.testing.clock import START
from syncengine.testing.values import record

CanonOf = Callable[..., Canon]
KINDS = all_kinds()
ADA, PAIR, GOAL, ENTRY = (derived_id(START, name) for name in ("ada", "pair", "goal", "entry"))


def goal(**fields: Any) -> Record:
    return Record(GOAL, "goal", {"title": "Learn SQL", **fields})


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_every_change_is_noted_with_what_was_there_before(
    canon_of: CanonOf, kind: str, data: st.DataObject
) -> None:
    one, other = data.draw(record(KINDS[kind], GOAL)), data.draw(record(KINDS[kind], GOAL))
    before = dict(one.fields)
    canon = canon_of([one])
    changed = {name for name in before if before[name] != other.fields[name]}
    assert canon.write(one, other.fields, "notes", "edited", "Ada", "2026-03-02T08:00:00Z") == bool(changed)
    assert one.fields == other.fields
    assert canon.changes == ([Change(GOAL, "notes", "edited", {name: [before[name], other.fields[name]] for name in changed},
                                     "Ada", "2026-03-02T08:00:00Z")] if changed else [])  # fmt: skip
    assert (GOAL in canon.changed) == bool(changed)
    assert not canon.write(one, other.fields, "notes", "edited")


def test_what_one_source_did_by_one_rule_is_one_line(canon_of: CanonOf) -> None:
    one = goal()
    canon = canon_of([one])
    canon.write(one, {"percent": 10}, "notes", "edited", "Ada")
    canon.write(one, {"due": "2026-05-01"}, "notes", "edited", "Ada")
    assert [change.changes for change in canon.changes] == [
        {"percent": [None, 10], "due": [None, "2026-05-01"]}
    ]
    canon.write(
        one, {"percent": 20}, "notes", "edited", "Ada"
    )  # again the same field: a line of its own, in order
    canon.write(one, {"why": "x"}, "notes", "edited", "Grace")
    canon.write(one, {"success": "y"}, "workbook", "edited", "Grace")
    canon.write(one, {"unit": "z"}, "workbook", "merged", "Grace")
    assert [(c.source, c.rule, c.who, sorted(c.changes)) for c in canon.changes[1:]] == [
        ("notes", "edited", "Ada", ["percent"]), ("notes", "edited", "Grace", ["why"]),
        ("workbook", "edited", "Grace", ["success"]), ("workbook", "merged", "Grace", ["unit"]),
    ]  # fmt: skip


def test_a_record_is_asked_for_once(canon_of: CanonOf) -> None:
    asked: list[list[str]] = []
    canon = canon_of()
    canon._load = lambda ids: asked.append(list(ids)) or {GOAL: goal()}  # type: ignore[func-returns-value]
    canon.ensure([GOAL, ADA])
    assert canon.get(GOAL) is canon.get(GOAL)
    assert canon.get(ADA) is None
    assert asked == [[GOAL, ADA]]
    assert canon.known() == [canon.get(GOAL)]


def test_what_the_caller_loaded_never_replaces_what_was_changed(canon_of: CanonOf) -> None:
    one = goal()
    canon = canon_of([one])
    canon.write(one, {"percent": 10}, "notes", "edited")
    canon.adopt([goal(percent=0), Record(ADA, "person", {"name": "Ada"})])
    assert canon.get(GOAL) is one
    assert canon.get(ADA) is not None


def test_a_tombstone_is_kept_whole_and_comes_back_whole(canon_of: CanonOf) -> None:
    one = goal(percent=40, notes="words")
    canon = canon_of([one])
    canon.bury(one, "notes", "deleted", "Ada", "2026-03-02T08:00:00Z")
    assert one == Record(GOAL, "goal", {"title": "Learn SQL", "percent": 40, "notes": "words"}, deleted=True)
    assert canon.directory.find("goal", "Learn SQL") == []
    assert canon.directory.label("goal", GOAL) == "Learn SQL", "what refers to it shows its name"
    canon.revive(one, "workbook", "delete lost to edit")
    assert one == goal(percent=40, notes="words")
    assert canon.directory.find("goal", "Learn SQL") == [GOAL]
    assert [(c.source, c.rule, c.changes, c.who) for c in canon.changes] == [
        ("notes", "deleted", {"deleted": [False, True]}, "Ada"),
        ("workbook", "delete lost to edit", {"deleted": [True, False]}, None),
    ]


def test_a_renamed_record_is_told_to_the_directory_and_to_who_shows_it(canon_of: CanonOf) -> None:
    one = goal()
    canon = canon_of([one])
    canon.write(one, {"percent": 10}, "notes", "edited")
    assert canon.retitled == set()
    canon.write(one, {"title": "Learn SQL well"}, "notes", "edited")
    assert canon.retitled == {GOAL}
    assert canon.directory.find_exact("goal", "learn sql well") == [GOAL]


def test_a_new_record_has_a_name_once_somebody_gave_it_one(canon_of: CanonOf) -> None:
    canon = canon_of()
    one = canon.add(GOAL, "goal")
    assert canon.title(one) == "Goal"
    canon.write(one, {"title": " Learn \n SQL "}, "notes", "edited")
    assert canon.title(one) == "Learn SQL"
    assert canon.directory.title("goal", GOAL) == "Learn SQL"
    assert canon.changed == {GOAL: one}


def test_changed_pairs_are_known_apart(canon_of: CanonOf) -> None:
    pair, one = Record(PAIR, "pair", {"name": "P", "members": [ADA]}), goal(person=ADA)
    canon = canon_of([pair, one])
    canon.write(one, {"percent": 10}, "notes", "edited")
    assert canon.changed_pairs == {}
    canon.bury(pair, "notes", "deleted")
    assert canon.changed_pairs == {PAIR: pair}


def test_titles_are_made_of_what_people_see(canon_of: CanonOf) -> None:
    entry = Record(ENTRY, "progress", {"on": "2026-03-01", "goal": GOAL})
    meeting = Record(derived_id(START, "m"), "checkin", {"starts": "2026-03-03T16:00:00Z", "pair": PAIR})
    canon = canon_of([goal(), entry, meeting, Record(PAIR, "pair", {"name": "Ada & Grace"})])
    assert canon.title(entry) == "2026-03-01 · Learn SQL"
    assert canon.title(meeting) == "2026-03-03 17:00 · Ada & Grace"
    assert canon.title(Record(ENTRY, "progress", {})) == "Progress entry"
    assert canon.title(Record(ENTRY, "of another version", {})) == "of another version"


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_a_title_is_one_line_whatever_the_record_holds(
    canon_of: CanonOf, kind: str, data: st.DataObject
) -> None:
    one = data.draw(record(KINDS[kind], ENTRY))
    title = canon_of([one]).title(one)
    assert title
    assert title == " ".join(title.split())


def test_lists_of_people_are_shown_by_name_in_order(canon_of: CanonOf) -> None:
    ids = [derived_id(START, name) for name in ("z", "y")]
    canon = canon_of([Record(ids[0], "person", {"name": "Ada"}), Record(ids[1], "person", {"name": "Grace"})])
    kind = KINDS["pair"]
    assert canon.shown(kind, "members", [ids[1], ids[0]]) == "Ada; Grace"
    assert canon.shown(kind, "members", None) == ""
    assert canon.shown(kind, "a field of another version", "x") == ""
    assert canon.shown(kind, "first_meeting", "2026-03-03") == "2026-03-03"


def test_the_pair_of_a_record_follows_from_its_person(canon_of: CanonOf) -> None:
    pair, one = Record(PAIR, "pair", {"name": "P", "members": [ADA]}), goal(person=ADA)
    assert canon_of([pair, one]).pair_of(one) == PAIR
