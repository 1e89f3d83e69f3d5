"""Check-ins: silent in their slot, an exception when moved or skipped, an event of their own beside the series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncengine.connector import Done, Item, Rejected
from syncengine.model.cadence import checkin_id

if TYPE_CHECKING:
    from conftest import Desk

PAIR = {
    "name": "Ada & Ben",
    "status": "active",
    "every": "2 weeks",
    "first_meeting": "2026-03-03",
    "time": "17:00",
    "zone": "Europe/Berlin",
    "minutes": 45,
    "until": "2026-12-31",
    "link": "https://meet.example.org/x",
    "agenda": None,
}
FIRST, SECOND, THIRD = "2026-03-03T16:00:00Z", "2026-03-17T16:00:00Z", "2026-03-31T15:00:00Z"


def checkins(desk: Desk, *, fresh: bool = False) -> dict[str | None, Item]:
    return {item.id: item for item in desk.pull(fresh=fresh).items if item.kind == "checkin"}


def one(desk: Desk, id: str, *, fresh: bool = False) -> dict[str, object]:
    return checkins(desk, fresh=fresh)[id].fields


def exception(pair: str, slot: str, *more: str) -> str:
    return "\n".join(
        [
            f"UID:{pair}@google.com",
            "DTSTAMP:20260101T000000Z",
            f"RECURRENCE-ID;TZID=Europe/Berlin:{slot}",
            *more,
        ]
    )


# From the record to the file


@pytest.mark.parametrize("status", ["planned", "held", "moved"])
def test_a_meeting_in_its_slot_needs_no_lines(desk: Desk, status: str) -> None:
    pair = desk.pair()
    before = desk.file().read_bytes()
    id, _ = desk.checkin(pair, FIRST, status=status)
    assert desk.file().read_bytes() == before
    assert desk.held[id] == {
        "pair": pair,
        "starts": FIRST,
        "minutes": None,
        "status": "planned",
        "slot": FIRST,
    }
    assert one(desk, id, fresh=True) == desk.held[id]
    assert desk.pull(fresh=True).complete


def test_a_moved_meeting_is_an_exception(desk: Desk) -> None:
    pair = desk.pair()
    id, record = desk.checkin(pair, SECOND, starts="2026-03-18T10:00:00Z", status="planned")
    text = desk.text()
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20260317T170000\r\n" in text
    assert "DTSTART;TZID=Europe/Berlin:20260318T110000\r\n" in text
    assert "DTEND;TZID=Europe/Berlin:20260318T114500\r\n" in text
    assert desk.held[id]["status"] == "moved"
    assert one(desk, id, fresh=True)["starts"] == "2026-03-18T10:00:00Z"
    desk.done(desk.update("checkin", id, record, starts=SECOND))
    assert one(desk, id, fresh=True) == {
        "pair": pair,
        "starts": SECOND,
        "minutes": None,
        "status": "planned",
        "slot": SECOND,
    }
    assert desk.text().count("BEGIN:VEVENT") == 2, (
        "the exception stays, with what people may have written into it"
    )
    assert desk.text().count("SEQUENCE:1") == 1


def test_a_skipped_meeting_is_cancelled_and_comes_back(desk: Desk) -> None:
    pair = desk.pair()
    id, record = desk.checkin(pair, SECOND)
    desk.done(desk.update("checkin", id, record, status="skipped"))
    assert "STATUS:CANCELLED" in desk.text()
    assert one(desk, id, fresh=True)["status"] == "skipped"
    desk.done(desk.update("checkin", id, record, status="planned"))
    assert "STATUS:CANCELLED" not in desk.text()
    assert one(desk, id, fresh=True)["status"] == "planned"


def test_another_length_is_an_exception(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SECOND, minutes=90)
    assert "DTEND;TZID=Europe/Berlin:20260317T183000\r\n" in desk.text()
    assert desk.held[id]["minutes"] == 90
    assert one(desk, id, fresh=True)["minutes"] == 90


def test_a_meeting_outside_the_series_is_an_event_of_its_own(desk: Desk) -> None:
    pair = desk.pair()
    id, record = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z", minutes=30)
    assert f"UID:{id}@google.com" in desk.text()
    assert one(desk, id, fresh=True) == {
        "pair": pair,
        "starts": "2026-03-10T10:00:00Z",
        "minutes": 30,
        "status": "planned",
        "slot": None,
    }
    desk.done(desk.update("checkin", id, record, starts="2026-03-11T10:00:00Z", status="skipped"))
    assert one(desk, id, fresh=True)["status"] == "skipped"
    assert desk.text().count(f"UID:{id}") == 1


def test_a_meeting_of_a_pair_without_a_series(desk: Desk) -> None:
    pair = desk.new_id()
    id, _ = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z")
    (path,) = desk.path.glob("*.ics")
    assert path.name == "Ada & Ben.ics"
    assert one(desk, id, fresh=True)["pair"] == pair
    desk.done(desk.create("pair", pair, PAIR))  # type: ignore[arg-type]
    assert len(list(desk.path.glob("*.ics"))) == 1


@pytest.mark.parametrize(
    "starts",
    [
        "2026-03-29T00:30:00Z",
        "2026-03-29T01:30:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:30:00Z",
        "1950-06-01T12:00:00Z",
        "1900-01-01T00:00:00Z",
        "2100-12-31T22:59:59Z",
    ],
)
def test_instants_survive_gaps_folds_and_far_years(desk: Desk, starts: str) -> None:
    pair = desk.pair()
    moved, _ = desk.checkin(pair, SECOND, starts=starts)
    extra, _ = desk.checkin(pair, None, starts=starts)
    found = checkins(desk, fresh=True)
    assert found[moved].fields["starts"] == starts
    assert found[extra].fields["starts"] == starts


def test_a_slot_in_the_gap_is_named_as_the_series_has_it(desk: Desk) -> None:
    pair = desk.pair(time="02:30", first_meeting="2026-03-01", every="week")
    id, _ = desk.checkin(pair, "2026-03-29T01:30:00Z", starts="2026-03-30T10:00:00Z")
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20260329T023000\r\n" in desk.text()
    assert one(desk, id, fresh=True)["slot"] == "2026-03-29T01:30:00Z"


def test_two_records_in_one_slot_show_twice(desk: Desk) -> None:
    pair = desk.pair()
    first, _ = desk.checkin(pair, FIRST)
    other = desk.new_id()
    desk.done(
        desk.create(
            "checkin",
            other,
            {"pair": pair, "starts": FIRST, "minutes": 45, "status": "planned", "slot": FIRST},
        )
    )
    found = checkins(desk, fresh=True)
    assert found.keys() == {first, other}
    assert f"UID:{other}@google.com" in desk.text()


def test_deleting_a_meeting_cancels_it_for_good(desk: Desk) -> None:
    pair = desk.pair()
    ids = [
        desk.checkin(pair, FIRST)[0],
        desk.checkin(pair, SECOND, starts="2026-03-18T10:00:00Z")[0],
        desk.checkin(pair, None, starts=THIRD)[0],
    ]
    desk.done(*(desk.delete("checkin", id) for id in ids))
    assert desk.text().count("STATUS:CANCELLED") == 3
    assert checkins(desk) == {}
    assert checkins(desk, fresh=True) == {}
    desk.done(
        desk.create(
            "checkin",
            ids[0],
            {"pair": pair, "starts": FIRST, "minutes": 45, "status": "planned", "slot": FIRST},
        )
    )
    assert one(desk, ids[0], fresh=True)["status"] == "planned"
    assert desk.text().count("STATUS:CANCELLED") == 2


def test_a_changed_cadence_keeps_the_meetings_that_were(desk: Desk) -> None:
    """Held and moved meetings of the old rhythm stay in the calendar; what is deleted in the same run leaves no trace."""
    pair = desk.pair()
    held, _ = desk.checkin(pair, FIRST)
    moved, _ = desk.checkin(pair, SECOND, starts="2026-03-18T10:00:00Z", status="moved")
    coming, _ = desk.checkin(pair, THIRD)
    before = {id: desk.held[id] for id in (held, moved)}
    desk.done(desk.update("pair", pair, PAIR, time="09:00", minutes=60), desk.delete("checkin", coming))
    assert desk.pull().items == []
    found = checkins(desk, fresh=True)
    assert {id: item.fields for id, item in found.items()} == before
    assert desk.text().count("BEGIN:VEVENT") == 3
    assert desk.text().count("RECURRENCE-ID") == 0
    assert desk.text().count("STATUS:CANCELLED") == 0


def test_another_length_of_the_series_is_no_edit_of_its_meetings(desk: Desk) -> None:
    pair = desk.pair()
    plain, _ = desk.checkin(pair, FIRST)
    moved, _ = desk.checkin(pair, SECOND, starts="2026-03-18T10:00:00Z", status="moved")
    long, _ = desk.checkin(pair, THIRD, minutes=90)
    before = {id: dict(desk.held[id]) for id in (plain, moved, long)}
    desk.done(desk.update("pair", pair, PAIR, minutes=60))
    assert {id: item.fields for id, item in checkins(desk, fresh=True).items()} == before
    assert "DTEND;TZID=Europe/Berlin:20260318T120000" in desk.text()
    desk.done(
        desk.update(
            "checkin", plain, {"pair": pair, "starts": FIRST, "minutes": 45, "slot": FIRST}, status="held"
        )
    )
    assert desk.text().count("BEGIN:VEVENT") == 3, (
        "an old length that is not part of the operation makes no exception"
    )


# From the file to the record


def test_a_person_moves_an_occurrence(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SECOND)
    desk.add_event(
        exception(
            pair,
            "20260317T170000",
            "DTSTART;TZID=Europe/Berlin:20260318T090000",
            "DTEND;TZID=Europe/Berlin:20260318T094500",
            f"X-MENTORSYNC-ID:{pair}",
            "X-MENTORSYNC-KIND:pair",
            "SUMMARY:Ada & Ben",
        )
    )
    assert one(desk, id) == {
        "pair": pair,
        "starts": "2026-03-18T08:00:00Z",
        "minutes": None,
        "status": "moved",
        "slot": SECOND,
    }


@pytest.mark.parametrize(
    "form",
    [
        ";TZID=Europe/Berlin:20260317T170000",
        ":20260317T160000Z",
        ";TZID=America/New_York:20260317T120000",
        ";VALUE=DATE:20260317",
        ":20260317T170000",
    ],
)
def test_slots_in_the_forms_of_other_programs(desk: Desk, form: str) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SECOND)
    desk.edit("SUMMARY:", f"EXDATE{form}\r\nSUMMARY:")
    assert one(desk, id)["status"] == "skipped"


def test_a_moved_occurrence_nobody_has_a_record_for(desk: Desk) -> None:
    pair = desk.pair()
    desk.add_event(exception(pair, "20261110T170000", "DTSTART:20261111T160000Z", "DURATION:PT30M"))
    id = checkin_id(pair, "2026-11-10T16:00:00Z")
    assert one(desk, id) == {
        "pair": pair,
        "starts": "2026-11-11T16:00:00Z",
        "minutes": 30,
        "status": "moved",
        "slot": "2026-11-10T16:00:00Z",
    }
    text = desk.text()
    desk.file().write_bytes(text[: text.rindex("BEGIN:VEVENT")].encode() + b"END:VCALENDAR\r\n")
    assert one(desk, id)["starts"] == "2026-11-10T16:00:00Z", "removed again, it is back in its slot"


def test_a_person_removes_our_exception(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SECOND, starts="2026-03-18T10:00:00Z", status="moved")
    text = desk.text()
    desk.file().write_bytes(text[: text.rindex("BEGIN:VEVENT")].encode() + b"END:VCALENDAR\r\n")
    pull = desk.pull()
    assert pull.gone == []
    (fields,) = [item.fields for item in pull.items if item.id == id]
    assert (fields["starts"], fields["status"]) == (SECOND, "planned")


def test_skipping_by_exdate_and_back(desk: Desk) -> None:
    pair = desk.pair()
    id, record = desk.checkin(pair, SECOND)
    desk.checkin(pair, THIRD)
    desk.edit("SUMMARY:", "EXDATE;TZID=Europe/Berlin:20260317T170000,20260331T170000\r\nSUMMARY:")
    assert one(desk, id)["status"] == "skipped"
    before = desk.file().read_bytes()
    desk.done(desk.update("checkin", id, record, status="skipped"))
    assert desk.file().read_bytes() == before
    desk.done(desk.update("checkin", id, record, status="planned"))
    assert "EXDATE;TZID=Europe/Berlin:20260331T170000\r\n" in desk.text()
    found = checkins(desk, fresh=True)
    assert (found[id].fields["status"], found[checkin_id(pair, THIRD)].fields["status"]) == (
        "planned",
        "skipped",
    )
    desk.done(desk.delete("checkin", checkin_id(pair, THIRD)))
    assert checkins(desk, fresh=True).keys() == {id}


def test_an_uncancelled_meeting_is_planned_again(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SECOND, status="skipped")
    desk.edit("STATUS:CANCELLED", "STATUS:CONFIRMED")
    assert one(desk, id)["status"] == "planned"


def test_a_person_deletes_an_extra_meeting(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z")
    text = desk.text()
    desk.file().write_bytes(text[: text.rindex("BEGIN:VEVENT")].encode() + b"END:VCALENDAR\r\n")
    pull = desk.pull()
    assert pull.gone == [f"{pair}/{id}"]
    assert not pull.complete


def test_a_rhythm_changed_by_a_person(desk: Desk) -> None:
    """Where a recorded meeting of the old rhythm went is not in the file: unknown, neither gone nor planned."""
    pair = desk.pair()
    id, record = desk.checkin(pair, SECOND)
    desk.edit("INTERVAL=2", "INTERVAL=4")
    pull = desk.pull()
    assert pull.gone == []
    assert [item.fields for item in pull.items if item.id == id] == [{"pair": pair, "slot": SECOND}]
    desk.done(desk.update("checkin", id, record, starts=SECOND, status="held"))
    assert f"UID:{id}@google.com" in desk.text()
    assert one(desk, id, fresh=True)["starts"] == SECOND


def test_this_and_all_later_ones_is_told_and_nothing_is_guessed(desk: Desk) -> None:
    pair = desk.pair()
    desk.checkin(pair, SECOND)
    event = exception(pair, "20260317T170000", "DTSTART;TZID=Europe/Berlin:20260318T090000")
    desk.add_event(event.replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"))
    pull = desk.pull()
    assert [item.kind for item in pull.items] == ["pair"]
    assert pull.gone == []
    assert "all later ones" in pull.troubles[0].reason


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        (("RECURRENCE-ID:garbage", "DTSTART:20260318T090000Z"), "all"),
        (("RECURRENCE-ID;TZID=Europe/Berlin:20260317T170000", "DTSTART:soon"), "one"),
        (("RECURRENCE-ID;TZID=Europe/Berlin:20260317T170000",), "one"),
    ],
)
def test_a_broken_exception_hides_no_more_than_it_must(
    desk: Desk, lines: tuple[str, ...], hidden: str
) -> None:
    pair = desk.pair()
    first, _ = desk.checkin(pair, FIRST)
    second, record = desk.checkin(pair, SECOND)
    desk.add_event("\n".join([f"UID:{pair}@google.com", *lines]))
    pull = desk.pull()
    assert pull.gone == []
    ids = {item.id for item in pull.items}
    assert ids == ({pair} if hidden == "all" else {pair, first})
    (trouble,) = pull.troubles
    assert trouble.where.startswith("Ada & Ben.ics, line ")
    if hidden == "one":
        assert trouble.handle == f"{pair}/{second}"
        (outcome,) = desk.push(desk.update("checkin", second, record, status="skipped"))
        assert isinstance(outcome, Rejected)
        desk.done(desk.update("pair", pair, PAIR, minutes=60))


def test_another_pair_takes_over_a_meeting(desk: Desk) -> None:
    pair, other = desk.pair(), desk.pair(name="Cleo & Dan")
    id, record = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z")
    (outcome,) = desk.push(desk.update("checkin", id, {**record, "pair": other}, pair=other))
    assert isinstance(outcome, Done)
    assert outcome.handle == f"{other}/{id}"
    found = checkins(desk, fresh=True)
    assert found[id].fields["pair"] == other
