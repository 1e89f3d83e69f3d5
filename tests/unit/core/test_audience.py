"""Nothing beyond a replica's audience is ever handed out: neither a kind, nor a field, nor another pair's record."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.audience import View, pair_of, sees, sight
from syncengine.core.canon import Canon
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.model.template import load_template, names
from syncengine.testing.clock import START
from syncengine.testing.people import Desk, Team
from syncengine.testing.values import record

CanonOf = Callable[..., Canon]
KINDS = all_kinds()
P1, P2, ADA, GRACE, EVE = (derived_id(START, name) for name in ("p1", "p2", "ada", "grace", "eve"))


def views() -> st.SearchStrategy[View]:
    templates = st.sampled_from(names()).map(load_template)
    program = st.builds(lambda template: View("all", template.seen_by("program")), templates)
    own = st.builds(
        lambda template, pair: View("own", template.seen_by("pair"), pair),
        templates,
        st.sampled_from([P1, P2]),
    )
    return program | own


@given(views(), st.sampled_from(sorted(KINDS)), st.data())
def test_a_replica_is_handed_its_part_and_nothing_else(view: View, name: str, data: st.DataObject) -> None:
    one = data.draw(record(KINDS[name]))
    pair = data.draw(st.sampled_from([P1, P2, None]))
    members = frozenset(data.draw(st.sets(st.sampled_from([one.id, ADA]))))
    kind = view.kind(one)
    seen = sees(view, one, pair, members)
    private = KINDS[name].audience == "pair" or bool(
        KINDS[name].private_if and one.fields.get(KINDS[name].private_if or "")
    )
    if view.pair is None and private:
        assert kind is None
    if kind is None:
        assert not seen
        return
    handed = view.fields(kind, one)
    assert handed.keys() <= KINDS[name].fields.keys()
    for field, value in handed.items():
        assert value == one.fields[field]
        assert view.pair is not None or KINDS[name].fields[field].audience == "program"
    assert seen == (view.pair is None or pair == view.pair or one.id == view.pair or one.id in members)


@given(views(), st.sampled_from(sorted(KINDS)), st.data())
def test_what_privacy_prints_is_what_is_enforced(view: View, name: str, data: st.DataObject) -> None:
    one = data.draw(record(KINDS[name]))
    pair = data.draw(st.sampled_from([P1, P2, None]))
    kind = view.kind(one)
    seen = sees(view, one, pair, frozenset())
    handed = view.fields(kind, one) if kind is not None and seen else {}
    between = bool(KINDS[name].private_if and one.fields.get(KINDS[name].private_if or ""))
    its = pair == view.pair or one.id == view.pair
    for field in KINDS[name].fields:
        said = sight(view, name, field)
        assert (field in handed) == {"all": True, "open": not between, "own": its, "no": False}[said], (
            field,
            said,
        )


def test_a_record_outside_the_template_is_nobodys() -> None:
    light = View("all", load_template("light").seen_by("program"))
    assert light.kind(Record(P1, "resource", {"title": "x"})) is None
    assert not sees(light, Record(P1, "resource", {"title": "x"}), None, frozenset())


# Which pair a record belongs to


def belonging(one: Record, *others: Record, pairs: dict[str, list[str]] | None = None) -> str | None:
    known = {other.id: other for other in others}
    return pair_of(one, KINDS, known.get, lambda person: (pairs or {}).get(person, []))


def test_a_record_belongs_to_the_pair_it_names_before_all() -> None:
    goal = Record("g", "goal", {"pair": P1, "person": ADA})
    assert belonging(goal, pairs={ADA: [P2]}) == P1
    assert belonging(Record(P1, "pair", {})) == P1


def test_else_to_the_one_pair_of_its_person() -> None:
    goal = Record("g", "goal", {"person": ADA})
    assert belonging(goal, pairs={ADA: [P1]}) == P1
    assert belonging(goal, pairs={ADA: [P1, P2]}) is None, "nobody guesses"
    assert belonging(goal) is None


def test_else_to_that_of_its_goal() -> None:
    goal = Record(derived_id(START, "g"), "goal", {"person": ADA})
    entry = Record("e", "progress", {"goal": goal.id, "by": GRACE})
    assert belonging(entry, goal, pairs={ADA: [P1], GRACE: [P2]}) == P1
    assert belonging(entry, pairs={ADA: [P1]}) is None, "a goal that nobody knows"


def test_people_belong_to_nobody() -> None:
    assert belonging(Record(ADA, "person", {"name": "Ada"}), pairs={ADA: [P1]}) is None


@given(
    st.lists(st.sampled_from(["progress", "win", "resource", "goal", "commitment"]), min_size=1, max_size=5),
    st.data(),
)
def test_references_in_a_circle_come_to_an_end(kinds: list[str], data: st.DataObject) -> None:
    ids = [derived_id(START, str(number)) for number in range(len(kinds))]
    records = [Record(id, kind, {name: data.draw(st.sampled_from(ids)) for name in KINDS[kind].owner
                            if KINDS[kind].fields[name].ref == "goal"})
               for id, kind in zip(ids, kinds, strict=True)]  # fmt: skip
    for one in records:
        assert belonging(one, *records) is None


# Through a whole program: every text that anybody writes carries the sign of who may see it.


def everything(team: Team, desk: str) -> str:
    tool = team.tools[desk]
    rows = [*tool.rows.values(), *tool.archive]
    return json.dumps([[row.kind, row.fields] for row in rows], ensure_ascii=False, default=str)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(str(tmp_path), [Desk("all"), Desk("all too", weaknesses={"names": True})])
    for name in ("Ada", "Grace", "Eve", "Joan"):
        team.add("all", "person", name=name)
    team.add("all", "pair", name="P1", members="Ada; Grace")
    team.add("all", "pair", name="P2", members="Eve; Joan")
    team.sync()
    for pair in ("P1", "P2"):
        team.join(Desk(f"own {pair}", audience=pair))
    team.sync()
    return team


def written(team: Team, desk: str, sign: str, pair: str, person: str) -> None:
    """One record of each kind, with the sign in every text."""
    for kind in team.program.template.kinds.values():
        if kind.name in ("person", "pair", "question") or kind.name not in team.tools[desk].columns:
            continue
        said: dict[str, Any] = {}
        for field in kind.fields.values():
            if field.type.name in ("text", "rich text", "url"):
                whose = f"{sign}-own" if "pair" in (kind.audience, field.audience) else sign
                said[field.name] = f"{whose} {kind.name}.{field.name}"
            elif field.ref in ("pair", "person") and not field.type.many:
                said[field.name] = pair if field.ref == "pair" else person
        team.add(desk, kind.name, **said)


def test_no_tool_ever_shows_a_word_beyond_its_audience(team: Team) -> None:
    written(team, "own P1", "ONE", "P1", "Ada")
    written(team, "own P2", "TWO", "P2", "Eve")
    team.sync()
    (notes,) = (
        h
        for h, row in team.tools["own P1"].rows.items()
        if row.kind == "checkin" and "ONE-own" in str(row.fields.get("notes"))
    )
    team.edit("own P1", notes, notes="ONE-own rewritten", lead="Grace")
    for _ in range(3):
        team.sync()
        assert "ONE-own" in everything(team, "own P1")
        assert "TWO-own" in everything(team, "own P2")
        for desk in ("all", "all too"):
            shown = everything(team, desk)
            assert "-own" not in shown
            assert "ONE goal.title" in shown
            assert "TWO goal.title" in shown
        assert "TWO" not in everything(team, "own P1")
        assert "ONE" not in everything(team, "own P2")


def test_a_conflict_between_the_pair_is_asked_about_between_the_pair(team: Team) -> None:
    team.join(Desk("own P1 too", audience="P1"))
    row = team.add("own P1", "checkin", pair="P1", starts="2026-03-20 17:00", notes="first words-own")
    team.sync()
    (other,) = (
        h for h, one in team.tools["own P1 too"].rows.items() if one.fields.get("notes") == "first words-own"
    )
    team.edit("own P1", row, notes="other words-own")
    team.edit("own P1 too", other, notes="yet other words-own")
    report = team.sync()
    assert len(report.conflicts) == 1
    team.sync()
    asked = [one for one in team.tools["own P1"].rows.values() if one.kind == "question"]
    assert len(asked) == 1
    for desk in ("all", "all too", "own P2"):
        assert "words-own" not in everything(team, desk)
        assert not any(one.kind == "question" for one in team.tools[desk].rows.values())
