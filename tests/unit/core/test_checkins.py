"""Check-ins of a series: made once, led in turn, moved and kept by people, taken back only where nobody touched them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.core.canon import ENGINE, Canon
from syncengine.core.checkins import BREAK, TAKEN_BACK, keep_series, settle_status
from syncengine.model.cadence import Break, read_break
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
    canon: Canon, now: datetime = START, taken_back: Callable[[str], bool] = lambda _: False, **more: Any
) -> list[Record]:
    """The pair's living check-ins after the series was looked after."""
    ours = canon.get(PAIR)
    assert ours is not None
    keep_series(canon, ours, meetings(canon), now, BACK, AHEAD, taken_back, **more)
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


HOLIDAYS = (Break(date(2026, 3, 10), date(2026, 3, 17)),)


def statuses(records: list[Record]) -> list[str]:
    return [str(record.fields["status"]) for record in records]


def test_on_days_of_a_break_meetings_are_skipped_and_can_take_place_all_the_same(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    made = kept(canon, breaks=HOLIDAYS)
    assert statuses(made) == ["planned", "skipped", "skipped", "planned"]
    canon.write(made[1], {"status": "planned"}, "notes", "edited")
    said = {made[2].id}
    assert statuses(kept(canon, breaks=(), in_break=said.__contains__)) == ["planned"] * 4


def test_a_break_that_is_told_later_skips_what_is_planned_and_nothing_that_people_touched(
    canon_of: CanonOf,
) -> None:
    canon = canon_of([pair()])
    made = kept(canon)
    canon.write(made[1], {"starts": "2026-03-11T16:00:00Z", "status": "moved"}, "notes", "edited")
    assert statuses(kept(canon, breaks=HOLIDAYS)) == ["planned", "moved", "skipped", "planned"]
    assert [c.rule for c in canon.changes if c.changes.get("status") == ["planned", "skipped"]] == [BREAK]


def test_what_is_skipped_for_a_break_is_taken_back_with_its_series(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    made = kept(canon, breaks=HOLIDAYS)
    canon.write(canon.get(PAIR) or pair(), {"status": "paused"}, "notes", "edited")
    skipped = {record.id for record in made if record.fields["status"] == "skipped"}
    assert kept(canon, breaks=HOLIDAYS, in_break=skipped.__contains__) == []


def test_a_pair_that_has_met_changes_its_rhythm_from_its_new_first_meeting_on(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    kept(canon)
    later = START + timedelta(days=3)
    canon.write(
        canon.get(PAIR) or pair(), {"first_meeting": "2026-03-19", "time": "18:00"}, "notes", "edited"
    )
    assert slots(kept(canon, later)) == [
        "2026-03-03T16:00:00Z",
        "2026-03-10T16:00:00Z",
        "2026-03-19T17:00:00Z",
        "2026-03-26T17:00:00Z",
    ]


def test_a_new_rhythm_invents_no_past(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    kept(canon)
    later = START + timedelta(days=5)
    canon.write(canon.get(PAIR) or pair(), {"time": "18:00"}, "notes", "edited")
    assert slots(kept(canon, later))[:2] == ["2026-03-03T16:00:00Z", "2026-03-10T17:00:00Z"]


def test_in_the_time_of_a_pause_they_did_not_meet(canon_of: CanonOf) -> None:
    canon = canon_of([pair(status="paused")])
    assert kept(canon) == []
    later = START + timedelta(days=20)
    canon.write(canon.get(PAIR) or pair(), {"status": "active"}, "notes", "edited")
    assert slots(kept(canon, later))[0] == "2026-03-24T16:00:00Z"
    canon.changes.clear()
    assert slots(kept(canon, later + timedelta(days=1)))[0] == "2026-03-24T16:00:00Z"


def test_what_nobody_synced_is_made_up_for(canon_of: CanonOf) -> None:
    canon = canon_of([pair()])
    kept(canon)
    later = START + timedelta(days=60)
    assert "2026-04-28T15:00:00Z" in slots(kept(canon, later))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-05-01", "2026-05-01", "2026-05-01"),
        ("2026-12-21 to 2027-01-03", "2026-12-21", "2027-01-03"),
        ("2026-12-21..2027-01-03", "2026-12-21", "2027-01-03"),
        (" 2026-12-21 – 2027-01-03 ", "2026-12-21", "2027-01-03"),
    ],
)
def test_breaks_as_people_write_them(text: str, first: str, last: str) -> None:
    assert read_break(text) == Break(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["", "Christmas", "2026-13-01", "2026-05-02 to 2026-05-01", "2026-05-01 to"])
def test_a_break_that_is_none_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a break; write one day|ends before it begins"):
        read_break(text)
