"""Check-ins of a series: made once, led in turn, moved and kept by people, taken back only where nobody touched them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.canon import ENGINE, Canon
from syncengine.core.checkins import TAKEN_BACK, keep_series, settle_status
from syncengine.model.ids import derived_id
from syncengine.model.kind import Record
from syncengine.model.moments import moment
from syncengine.testing.clock import START

CanonOf = Callable[..., Canon]
ADA, GRACE = sorted([derived_id(START, "ada"), derived_id(START, "grace")])
PAIR = derived_id(START, "pair")
BACK, AHEAD = timedelta(days=7), timedelta(days=28)


def pair(**fields: Any) -> Record:
    said = {
        "name": "Ada & Grace",
        "members": [ADA, GRACE],
        "every": "week",
        "first_meeting": "2026-03-03",
        "minutes": 45,
    }
    return Record(PAIR, "pair", {**said, **fields})


def kept(
    canon: Canon, now: datetime = START, taken_back: Callable[[str], bool] = lambda _: False
) -> list[Record]:
    """The pair's living check-ins after the series was looked after."""
    ours = canon.get(PAIR)
    assert ours is not None
    keep_series(canon, ours, meetings(canon), now, BACK, AHEAD, taken_back)
    return [record for record in meetings(canon) if not record.deleted]


def meetings(canon: Canon) -> list[Record]:
    return sorted((r for r in canon.known() if r.kind == "checkin"), key=lambda r: str(r.fields["slot"]))


def slots(records: list[Record]) -> list[str]:
    return [str(record.fields["slot"]) for record in records]


def test_the_meetings_of_the_window_are_made_whole(canon_of: CanonOf) -> None:
    made = kept(canon_of([pair()]))
    assert slots(made) == [
        "2026-03-03T16:00:00Z",
        "2026-03-10T16:00:00Z",
        "2026-03-17T16:00:00Z",
        "2026-03-24T16:00:00Z",
    ]
    for record in made:
        assert record.fields["starts"] == record.fields["slot"]
        assert (record.fields["pair"], record.fields["status"], record.fields["minutes"]) == (
            PAIR,
            "planned",
            45,
        )
    assert [record.fields["lead"] for record in made] == [ADA, GRACE, ADA, GRACE], "the lead alternates"


@pytest.mark.parametrize("every", ["week", "2 weeks", "3 weeks", "4 weeks", "month"])
def test_the_lead_alternates_however_often_they_meet_and_over_clock_changes(
    canon_of: CanonOf, every: str
) -> None:
    canon = canon_of([pair(every=every)])
    ours = canon.get(PAIR)
    assert ours is not None
    keep_series(canon, ours, [], START, BACK, timedelta(days=366), lambda _: False)
    leads = [record.fields["lead"] for record in meetings(canon)]
    assert len(leads) > 11
    assert leads == [(ADA, GRACE)[turn % 2] for turn in range(len(leads))]


@given(every=st.sampled_from(["week", "2 weeks", "month"]), days=st.integers(0, 60),
       first=st.dates(datetime(2026, 1, 1).date(), datetime(2026, 6, 1).date()),
       status=st.sampled_from(["active", "starting"]))  # fmt: skip
def test_looking_after_a_series_again_changes_nothing(
    canon_of: CanonOf, every: str, days: int, first: Any, status: str
) -> None:
    canon = canon_of([pair(every=every, first_meeting=first.isoformat(), status=status)])
    now = START + timedelta(days=days)
    before = slots(kept(canon, now))
    canon.changes.clear()
    assert slots(kept(canon, now)) == before
    assert canon.changes == []
    for slot in before:
        assert now - BACK <= moment(slot) < now + AHEAD
        assert moment(slot) >= START - timedelta(days=1), "no history is invented"


def test_another_machine_makes_the_same_records(canon_of: CanonOf) -> None:
    one, two = kept(canon_of([pair()])), kept(canon_of([pair()]))
    assert [record.id for record in one] == [record.id for record in two]
    assert one == two


TOUCHED: list[dict[str, Any]] = [
    {"starts": "2026-03-11T16:00:00Z"}, {"status": "held"}, {"status": "skipped"}, {"attended": [ADA]},
    {"format": "walk"}, {"notes": "We will walk."},
]  # fmt: skip


@pytest.mark.parametrize("touch", TOUCHED, ids=lambda touch: next(iter(touch)))
def test_what_somebody_touched_stays_when_the_series_changes(
    canon_of: CanonOf, touch: dict[str, Any]
) -> None:
    canon = canon_of([pair()])
    made = kept(canon)
    made[1].fields.update(touch)
    canon.write(canon.get(PAIR) or made[0], {"first_meeting": "2026-03-05"}, "notes", "edited")
    after = kept(canon)
    assert slots(after) == [
        "2026-03-05T16:00:00Z",
        "2026-03-10T16:00:00Z",
        "2026-03-12T16:00:00Z",
        "2026-03-19T16:00:00Z",
        "2026-03-26T16:00:00Z",
    ]
    assert made[1] in after
    assert touch.items() <= made[1].fields.items()


@pytest.mark.parametrize(
    "change", [{"status": "paused"}, {"status": "closed"}, {"every": None}, {"until": "2026-03-02"}]
)
def test_a_series_that_ends_takes_back_what_nobody_touched(canon_of: CanonOf, change: dict[str, Any]) -> None:
    canon = canon_of([pair()])
    kept(canon)
    canon.write(canon.get(PAIR) or pair(), change, "notes", "edited")
    assert kept(canon) == []
    assert {c.rule for c in canon.changes if "deleted" in c.changes} == {TAKEN_BACK}


def test_a_meeting_that_a_person_deleted_is_not_made_again(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    made = kept(canon)
    canon.bury(made[0], "notes", "deleted")
    assert made[0] not in kept(canon)


def test_what_the_engine_took_back_returns_with_the_series(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    before = slots(kept(canon))
    canon.write(canon.get(PAIR) or pair(), {"status": "paused"}, "notes", "edited")
    assert kept(canon) == []
    canon.write(canon.get(PAIR) or pair(), {"status": "active"}, "notes", "edited")
    assert slots(kept(canon, taken_back=lambda _: True)) == before


def test_past_meetings_stay_whatever_becomes_of_the_series(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    made = kept(canon)
    canon.write(canon.get(PAIR) or pair(), {"status": "closed"}, "notes", "edited")
    assert kept(canon, START + timedelta(days=9)) == made[:2]


def test_another_length_reaches_the_meetings_that_had_the_old_one(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    made = kept(canon)
    made[0].fields["minutes"] = 90
    canon.write(canon.get(PAIR) or pair(), {"minutes": 30}, "notes", "edited")
    assert [record.fields["minutes"] for record in kept(canon)] == [90, 30, 30, 30]


def test_a_rhythm_that_is_not_understood_makes_nothing(canon_of: CanonOf) -> None:
    assert kept(canon_of([pair(time="five-ish")])) == []


def test_a_pair_without_members_meets_without_a_lead(canon_of: CanonOf) -> None:
    assert all("lead" not in record.fields for record in kept(canon_of([pair(members=None)])))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"starts": "2026-03-11T16:00:00Z", "status": "planned"}, "moved"),
        ({"status": "moved"}, "planned"),
        ({"starts": "2026-03-11T16:00:00Z", "status": "held"}, "held"),
        ({"starts": "2026-03-11T16:00:00Z", "status": "skipped"}, "skipped"),
        ({"status": "planned"}, "planned"),
        ({"slot": None, "status": "moved"}, "moved"),
        ({"starts": None, "status": "planned"}, "planned"),
    ],
)  # fmt: skip
def test_nobody_has_to_say_twice_that_a_meeting_was_moved(
    canon_of: CanonOf, fields: dict[str, Any], status: str
) -> None:
    slot = "2026-03-10T16:00:00Z"
    record = Record(derived_id(START, "x"), "checkin", {"slot": slot, "starts": slot, **fields})
    canon = canon_of([record])
    settle_status(canon, record)
    assert record.fields["status"] == status
    assert all(change.source == ENGINE for change in canon.changes)
