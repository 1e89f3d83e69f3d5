"""A pair's series: written, read back, edited by people in their calendar program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from syncengine.connector import Done, Rejected
from syncengine.model.description import BEGINS, ENDS
from syncengine.model.values import Unreadable

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
NASTY = [
    "🦊👩‍👩‍👧‍👦 𝔐",
    "שלום עולם، مرحبا",
    "=1+1",
    "+49",
    "-- x",
    "@SUM(A1)",
    'say "it\'s"',
    "first\nsecond",
    "word " * 1999 + "ends.",
    "NaN",
    "null",
    "TRUE",
    "007",
    "1e5",
    "yes",
    "~",
    "one, two; three: four",
    "C:\\new\\table",
    "a\nEND:VEVENT\nBEGIN:VEVENT",
    "\\",
    "e\u0301",
    "a\u2028b",
]


def only(desk: Desk, *, fresh: bool = False) -> dict[str, object]:
    (item,) = desk.pull(fresh=fresh).items
    return item.fields


def test_a_series_is_written_and_read_back(desk: Desk) -> None:
    pair = desk.pair()
    text = desk.text()
    for line in (
        f"UID:{pair}@google.com",
        "DTSTART;TZID=Europe/Berlin:20260303T170000",
        "DTEND;TZID=Europe/Berlin:20260303T174500",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231T225959Z",
        "SEQUENCE:0",
        "STATUS:CONFIRMED",
        "VERSION:2.0",
        "TZID:Europe/Berlin",
        f"X-MENTORSYNC-ID:{pair}",
    ):
        assert f"{line}\r\n" in text
    assert "METHOD" not in text
    assert "ATTENDEE" not in text
    assert desk.pull().items == [], "our own write is not news"
    (item,) = desk.pull(fresh=True).items
    assert (item.kind, item.id, item.fields) == ("pair", pair, PAIR)


def test_a_second_sync_writes_nothing(desk: Desk) -> None:
    pair = desk.pair()
    before = desk.file().stat().st_mtime_ns
    desk.done(
        desk.update("pair", pair, PAIR),
        desk.update("pair", pair, PAIR, name="Ada & Ben", minutes=45, time="17:00"),
    )
    desk.done(desk.create("pair", pair, PAIR))
    assert desk.file().stat().st_mtime_ns == before


@pytest.mark.parametrize("value", NASTY)
def test_nasty_names_links_and_agendas(desk: Desk, value: str) -> None:
    pair = desk.pair(name=value, link=value, agenda=f"before\n\n{value}\n\nafter")
    desk.cursor = None
    (item,) = desk.pull().items
    assert item.fields["name"] == value
    assert item.fields["link"] == value
    assert item.fields["agenda"] == f"before\n\n{value}\n\nafter"
    (path,) = desk.path.glob("*.ics")
    assert desk.held[pair]["name"] == value
    assert len(path.name.encode()) < 200


def test_what_is_left_blank_is_shown_as_it_is_meant(desk: Desk) -> None:
    pair = desk.pair(time=None, zone=None, minutes=None, until=None, link=None, status="starting")
    assert {
        name: desk.held[pair][name] for name in ("time", "zone", "minutes", "until", "link", "status")
    } == {
        "time": "17:00",
        "zone": "Europe/Berlin",
        "minutes": 45,
        "until": None,
        "link": None,
        "status": "active",
    }
    assert only(desk, fresh=True) == {k: desk.held[pair][k] for k in PAIR}


def test_a_time_that_nobody_understands_is_rejected(desk: Desk) -> None:
    fields = {**PAIR, "time": "5pm-ish"}
    (outcome,) = desk.push(desk.create("pair", desk.new_id(), fields))  # type: ignore[arg-type]
    assert isinstance(outcome, Rejected)
    assert "5pm-ish" in outcome.reason
    assert "17:00" in outcome.remedy
    assert not list(desk.path.glob("*.ics"))


@pytest.mark.parametrize(
    ("fields", "taken"),
    [
        ({"every": "week", "first_meeting": "2026-03-03"}, True),
        ({"every": "week"}, False),
        ({"first_meeting": "2026-03-03"}, False),
        ({"every": "week", "first_meeting": "2026-03-03", "status": "closed"}, False),
        ({"every": "week", "first_meeting": "2026-03-03", "time": "?"}, True),
    ],
)
def test_only_a_pair_that_meets_has_a_place(desk: Desk, fields: dict[str, str], taken: bool) -> None:
    assert desk.open().takes("pair", dict(fields)) is taken
    assert not desk.open().takes("goal", dict(fields))


# What people change


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("SUMMARY:Ada & Ben", "SUMMARY:The two\\, of us", {"name": "The two, of us"}),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;", "RRULE:FREQ=WEEKLY;BYDAY=TU;", {"every": "week"}),
        ("INTERVAL=2;UNTIL=20261231T225959Z", "INTERVAL=2", {"until": None}),
        ("UNTIL=20261231T225959Z", "COUNT=3", {"until": "2026-03-31"}),
        ("FREQ=WEEKLY;INTERVAL=2;", "FREQ=MONTHLY;BYDAY=1TU;", {"every": "month"}),
        (
            "DTSTART;TZID=Europe/Berlin:20260303T170000",
            "DTSTART;TZID=Europe/Berlin:20260303T160000",
            {"time": "16:00", "minutes": 105},
        ),
        ("DTEND;TZID=Europe/Berlin:20260303T174500", "DURATION:PT1H", {"minutes": 60}),
        ("LOCATION:https://meet.example.org/x", "LOCATION:Room 3", {"link": "Room 3"}),
        ("LOCATION:https://meet.example.org/x\r\n", "", {"link": None}),
        (
            "LOCATION:https://meet.example.org/x",
            "CONFERENCE;VALUE=URI;FEATURE=VIDEO:https://other.example",
            {"link": "https://other.example"},
        ),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED", {"status": "paused"}),
        ("STATUS:CONFIRMED", "STATUS:TENTATIVE", {}),
    ],
)
def test_edits_in_a_calendar_program_arrive(
    desk: Desk, old: str, new: str, changed: dict[str, object]
) -> None:
    desk.pair()
    desk.edit(old, new)
    assert only(desk) == {**PAIR, **changed}


def test_a_series_moved_to_another_day_and_zone(desk: Desk) -> None:
    desk.pair()
    text = desk.text().replace(
        "DTSTART;TZID=Europe/Berlin:20260303T170000", "DTSTART;TZID=America/New_York:20260304T090000"
    )
    desk.file().write_bytes(
        text.replace(
            "DTEND;TZID=Europe/Berlin:20260303T174500", "DTEND;TZID=America/New_York:20260304T094500"
        ).encode()
    )
    assert only(desk) == {**PAIR, "first_meeting": "2026-03-04", "time": "09:00", "zone": "America/New_York"}


@pytest.mark.parametrize(
    "zone", ["W. Europe Standard Time", "/freeassociation.sourceforge.net/Europe/Berlin", '"Europe/Berlin"']
)
def test_zones_in_the_dress_of_other_programs(desk: Desk, zone: str) -> None:
    desk.pair()
    desk.file().write_bytes(desk.text().replace("TZID=Europe/Berlin", f"TZID={zone}").encode())
    assert only(desk) == PAIR


def test_a_zone_of_the_file_s_own_is_understood_but_has_no_name(desk: Desk) -> None:
    pair = desk.pair()
    desk.file().write_bytes(desk.text().replace("Europe/Berlin", "Our Town").encode())
    fields = only(desk)
    assert isinstance(fields["zone"], Unreadable)
    assert fields["time"] == "17:00"
    (outcome,) = desk.push(desk.update("pair", pair, PAIR, time="18:00"))
    assert isinstance(outcome, Rejected)
    assert "zone" in outcome.reason


def test_a_repetition_without_words_stays_as_it_is(desk: Desk) -> None:
    pair = desk.pair()
    desk.edit(
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=20261231T225959Z", "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231T225959Z"
    )
    fields = only(desk)
    assert isinstance(fields["every"], Unreadable)
    assert fields["every"].text == "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231T225959Z"
    (outcome,) = desk.push(desk.update("pair", pair, PAIR, every="week"))
    assert isinstance(outcome, Rejected)
    desk.done(desk.update("pair", pair, PAIR, time="18:00", name="New"))
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231T225959Z" in desk.text()
    assert "DTSTART;TZID=Europe/Berlin:20260303T180000" in desk.text()
    desk.done(desk.update("pair", pair, PAIR, time="18:00", until="2026-06-30"))
    assert "RRULE:FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20260630T215959Z" in desk.text()


def test_a_whole_day_has_no_time(desk: Desk) -> None:
    desk.pair()
    desk.edit("DTSTART;TZID=Europe/Berlin:20260303T170000", "DTSTART;VALUE=DATE:20260303")
    fields = only(desk)
    assert isinstance(fields["time"], Unreadable)
    assert fields["first_meeting"] == "2026-03-03"


def test_a_start_before_the_first_occurrence(desk: Desk) -> None:
    pair = desk.pair()
    desk.edit("FREQ=WEEKLY;INTERVAL=2;", "FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;")
    assert only(desk) == {**PAIR, "first_meeting": "2026-03-04"}
    desk.done(desk.update("pair", pair, {**PAIR, "first_meeting": "2026-03-04"}, until="2026-10-01"))
    assert only(desk, fresh=True) == {**PAIR, "first_meeting": "2026-03-04", "until": "2026-10-01"}


# What we change


def test_sequence_rises_when_it_must_and_only_then(desk: Desk) -> None:
    pair = desk.pair()
    desk.done(desk.update("pair", pair, PAIR, name="New", link=None, agenda="1. Wins"))
    assert "SEQUENCE:0\r\n" in desk.text()
    for number, fields in enumerate(
        ({"time": "18:00"}, {"minutes": 60}, {"until": None}, {"every": "week"}, {"status": "paused"}),
        start=1,
    ):
        desk.done(desk.update("pair", pair, {**PAIR, "time": "18:00"}, **fields))
        assert f"SEQUENCE:{number}\r\n" in desk.text(), fields
    assert desk.text().count("BEGIN:VEVENT") == 1


def test_only_the_lines_concerned_are_written(desk: Desk) -> None:
    pair = desk.pair()
    desk.edit(
        "SUMMARY:",
        'X-PRIORITY;A="b:c":1\\,2\r\nREQUEST-STATUS:2.0;Success\r\nno property at all\r\nSUMMARY;LANGUAGE=de:',
    )
    desk.edit("END:VEVENT", "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT")
    desk.edit("VERSION:2.0", "VERSION:2.0\r\nX-WR-CALNAME:Mine")
    desk.pull()
    before = desk.text().split("\r\n")
    desk.done(desk.update("pair", pair, PAIR, name="Two"))
    after = desk.text().split("\r\n")
    removed = [line.partition(":")[0] for line in before if line not in after]
    assert set(removed) <= {"SUMMARY;LANGUAGE=de", "DTSTAMP", "LAST-MODIFIED"}
    assert "SUMMARY;LANGUAGE=de:Two" in after
    assert after.index("SUMMARY;LANGUAGE=de:Two") == before.index("SUMMARY;LANGUAGE=de:Ada & Ben")


def test_the_agenda_leaves_people_s_words(desk: Desk) -> None:
    pair = desk.pair(agenda="1. Wins")
    text = desk.text().replace("\r\n ", "")
    desk.file().write_bytes(
        text.replace(f"\\n{ENDS}", f"\\n{ENDS}\\nBring the book\\; please.")
        .replace("written by", "written by")
        .encode()
    )
    assert only(desk)["agenda"] == "1. Wins"
    desk.done(desk.update("pair", pair, PAIR, agenda="1. Promises"))
    unfolded = desk.text().replace("\r\n ", "")
    assert "1. Promises" in unfolded
    assert "1. Wins" not in unfolded
    assert "Bring the book\\; please." in unfolded
    assert unfolded.count(BEGINS.replace(",", "\\,")) == 1


def test_pausing_and_resuming(desk: Desk) -> None:
    pair = desk.pair()
    desk.done(desk.update("pair", pair, PAIR, status="closed"))
    assert desk.held[pair]["status"] == "paused"
    assert "STATUS:CANCELLED" in desk.text()
    desk.done(desk.update("pair", pair, PAIR, status="active"))
    assert only(desk, fresh=True) == PAIR


def test_a_pair_that_stops_saying_how_often_keeps_its_series_cancelled(desk: Desk) -> None:
    pair = desk.pair()
    desk.done(desk.update("pair", pair, PAIR, every=None))
    assert "STATUS:CANCELLED" in desk.text()
    assert only(desk, fresh=True) == {**PAIR, "every": None}
    desk.done(desk.update("pair", pair, PAIR, every="week"))
    assert only(desk, fresh=True) == {**PAIR, "every": "week"}
    assert "ENDED" not in desk.text()


def test_a_deleted_pair_is_cancelled_kept_and_can_come_back(desk: Desk) -> None:
    pair = desk.pair()
    desk.done(desk.delete("pair", pair))
    assert "STATUS:CANCELLED" in desk.text()
    assert "SEQUENCE:1" in desk.text()
    assert desk.pull().items == []
    assert desk.pull(fresh=True).items == []
    desk.done(desk.create("pair", pair, PAIR))
    assert only(desk, fresh=True) == PAIR
    assert len(list(desk.path.glob("*.ics"))) == 1


def test_a_person_brings_back_a_deleted_series(desk: Desk) -> None:
    pair = desk.pair()
    desk.done(desk.delete("pair", pair))
    desk.edit("STATUS:CANCELLED", "STATUS:CONFIRMED")
    assert only(desk) == PAIR


def test_deleting_what_is_gone_is_done(desk: Desk) -> None:
    pair = desk.pair()
    operation = desk.delete("pair", pair)
    desk.file().unlink()
    assert all(isinstance(outcome, Done) for outcome in desk.push(operation))
    assert not desk.file().exists()


def test_a_lost_id_is_stamped_again(desk: Desk) -> None:
    from dataclasses import replace

    pair = desk.pair()
    desk.edit(f"X-MENTORSYNC-ID:{pair}\r\n", "")
    assert only(desk) == PAIR
    desk.done(replace(desk.update("pair", pair, PAIR), stamp=True))
    assert f"X-MENTORSYNC-ID:{pair}\r\n" in desk.text()
    assert desk.pull(fresh=True).troubles == []


def test_only_fields_of_the_template_are_held_and_told(desk: Desk) -> None:
    from dataclasses import replace

    desk.pair()
    kinds = dict(desk.template.kinds)
    kinds["pair"] = kinds["pair"].only(("name", "every", "first_meeting"))
    desk.template = replace(desk.template, kinds=kinds)
    assert desk.open().holds()["pair"] == {"name", "every", "first_meeting"}
    assert only(desk, fresh=True) == {"name": "Ada & Ben", "every": "2 weeks", "first_meeting": "2026-03-03"}
