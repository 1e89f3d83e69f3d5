"""The next agenda is filled from the records, and never holds a word that is between the pair."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.agenda import addresses, agenda
from syncengine.core.canon import Canon
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.kinds import all_kinds
from syncengine.testing.clock import START
from syncengine.testing.values import record

CanonOf = Callable[..., Canon]
KINDS = all_kinds()
ADA, GRACE, PAIR = (derived_id(START, name) for name in ("ada", "grace", "pair"))
PEOPLE = [Record(ADA, "person", {"name": "Ada"}), Record(GRACE, "person", {"name": "Grace"})]
OURS = Record(PAIR, "pair", {"name": "Ada & Grace", "members": [ADA, GRACE]})
NEXT = "2026-03-03T16:00:00Z"
count = iter(range(10**6))


def made(kind: str, **fields: Any) -> Record:
    return Record(derived_id(START, str(next(count))), kind, fields)


def meeting(starts: str, status: str = "planned", **fields: Any) -> Record:
    return made("checkin", starts=starts, slot=starts, status=status, pair=PAIR, **fields)


def text(
    canon_of: CanonOf, *own: Record, zone: str = "Europe/Berlin", places: Mapping[str, str] | None = None
) -> str | None:
    return agenda(canon_of([*PEOPLE, OURS, *own], zone), OURS, own, START, places)


def private(one: Record) -> bool:
    kind = KINDS[one.kind]
    return kind.audience == "pair" or bool(kind.private_if and one.fields.get(kind.private_if))


def in_public(one: Record) -> Record:
    """The record as the whole program may know it."""
    fields = KINDS[one.kind].fields
    return Record(
        one.id, one.kind, {n: None if fields[n].audience == "pair" else v for n, v in one.fields.items()}
    )


@given(st.data())
def test_the_pairs_own_has_no_part_in_it_whatever_the_records_hold(
    canon_of: CanonOf, data: st.DataObject
) -> None:
    """The whole program may see an agenda: it says the same whether or not there is anything for the pair alone.

    And to be sure, every text that is for the pair alone carries a sign that the agenda never shows.
    """
    sign = "BETWEEN-US"
    own = [meeting(NEXT, lead=ADA)]
    kinds = data.draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=5), label="kinds")
    for number, kind in enumerate(KINDS[name] for name in kinds):
        one = data.draw(record(kind, derived_id(START, f"{number}")), label=kind.name)
        for field in kind.fields.values():
            if (private(one) or field.audience == "pair") and field.type.name in ("text", "rich text"):
                one.fields[field.name] = f"{sign} {one.fields[field.name]}"
        own.append(one)
    shown = text(canon_of, *own)
    assert shown is not None
    assert sign not in shown
    assert shown == text(canon_of, *(in_public(one) for one in own if not private(one)))


def test_without_a_coming_meeting_there_is_none(canon_of: CanonOf) -> None:
    past, held, skipped = meeting("2026-02-24T16:00:00Z"), meeting(NEXT, "held"), meeting(NEXT, "skipped")
    for own in ([], [past], [held], [skipped], [made("goal", title="Learn SQL")]):
        assert text(canon_of, *own) is None
    gone = meeting(NEXT)
    gone.deleted = True
    assert text(canon_of, gone) is None


def test_it_is_of_the_next_meeting_moved_or_planned(canon_of: CanonOf) -> None:
    shown = text(
        canon_of, meeting("2026-03-10T16:00:00Z"), meeting("2026-03-05T15:00:00Z", "moved", lead=GRACE)
    )
    assert shown is not None
    assert shown.startswith("**2026-03-05 16:00** · led by Grace\n")


def test_it_asks_for_what_the_records_know(canon_of: CanonOf) -> None:
    shown = text(
        canon_of,
        meeting("2026-02-24T16:00:00Z", "held"), meeting(NEXT),
        made("win", what="First query", who=ADA, on="2026-02-25"), made("win", what="Long ago", on="2026-02-01"),
        made("win", what="Undated"),
        made("commitment", what="Send the link", who=GRACE, due="2026-03-02"), made("commitment", what="Kept", who=ADA, done=True),
        made("goal", title="Learn SQL", person=ADA, percent=40, due="2026-05-01", review_on="2026-03-03", needs_expert=True),
        made("goal", title="Later", review_on="2026-03-04"),
        made("goal", title="Over", status="achieved"), made("goal", title="Left", status="dropped"),
    )  # fmt: skip
    assert shown is not None
    lines = shown.split("\n")
    assert "   - Ada: First query" in lines
    assert "   - Undated" in lines
    assert "   - Grace: Send the link (by 2026-03-02)" in lines
    assert "   - Ada: Learn SQL, 40 %, due 2026-05-01 (review it today)" in lines
    assert "   - Later" in lines
    assert "   - Learn SQL needs an expert" in lines
    assert not any(word in shown for word in ("Long ago", "Kept", "Over", "Left"))


@pytest.mark.parametrize(("held", "asked"), [(0, False), (2, False), (3, True), (4, False), (7, True)])
def test_every_fourth_meeting_looks_at_all_goals_and_gives_feedback(
    canon_of: CanonOf, held: int, asked: bool
) -> None:
    before = [meeting(f"2026-01-{day + 1:02}T16:00:00Z", "held") for day in range(held)]
    shown = text(canon_of, *before, meeting(NEXT))
    assert shown is not None
    assert ("fourth check-in" in shown) == asked


def test_days_are_those_of_the_programs_zone(canon_of: CanonOf) -> None:
    """Ten in the evening in New York is already tomorrow in UTC."""
    held, coming = meeting("2026-02-26T03:00:00Z", "held"), meeting("2026-03-05T03:00:00Z")
    win, goal, later = (
        made("win", what="That night", on="2026-02-25"),
        made("goal", title="A", review_on="2026-03-04"),
        made("goal", title="B", review_on="2026-03-05"),
    )
    shown = text(canon_of, held, coming, win, goal, later, zone="America/New_York")
    assert shown is not None
    assert "That night" in shown
    assert "A (review it today)" in shown
    assert "B (review it today)" not in shown


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=30))
def test_a_title_of_several_lines_is_one_point(canon_of: CanonOf, words: str) -> None:
    shown = text(canon_of, meeting(NEXT), made("goal", title=f"a{words}\nb"))
    plain = text(canon_of, meeting(NEXT), made("goal", title="a"))
    assert shown is not None
    assert plain is not None
    assert len(shown.splitlines()) == len(plain.splitlines())


def test_it_says_where_the_pair_can_be_opened(canon_of: CanonOf) -> None:
    places = {
        "sheet": "https://docs.google.com/spreadsheets/d/x/edit#gid=1&range=A2",
        "notion: ours": "https://n/1",
    }
    shown = text(canon_of, meeting(NEXT), places=places)
    assert shown is not None
    assert shown.endswith("\nOpen in notion: ours: https://n/1\nOpen in sheet: " + places["sheet"])
    assert addresses(shown) == places
    assert addresses(text(canon_of, meeting(NEXT)) or "") == {}
