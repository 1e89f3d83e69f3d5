"""A calendar folder keeps the contract, proven through the real engine: a pair's series and its check-ins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest

from syncengine.model.moments import moment
from syncengine.testing.conformance import Conformance

_WORDS = {"name": "SUMMARY", "link": "LOCATION"}


class CalendarPeople:
    """People at a calendar program, which reads and writes files with the icalendar library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.ics"))

    def _find(self, title: str) -> tuple[Path, icalendar.Calendar, icalendar.Event]:
        for path in self.files():
            calendar = icalendar.Calendar.from_ical(path.read_bytes())
            for event in calendar.events:
                if (
                    str(event.get("SUMMARY")) == title
                    and "RRULE" in event
                    and event.get("STATUS") != "CANCELLED"
                ):
                    return path, calendar, event
        raise LookupError(title)

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        path, calendar, event = self._find(title)
        event[_WORDS[field]] = icalendar.vText(value)
        path.write_bytes(calendar.to_ical(sorted=False))

    def remove(self, kind: str, title: str) -> None:
        self._find(title)[0].unlink()

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        try:
            _, _, event = self._find(title)
        except LookupError:
            return None
        return {field: str(event.get(name, "")) for field, name in _WORDS.items()}

    def count(self, kind: str) -> int:
        return sum(
            b"STATUS:CANCELLED" not in path.read_bytes() for path in self.files() if path.stem != "own"
        )

    def shuffle(self, kind: str) -> None:
        for number, path in enumerate(self.files()):
            path.rename(path.with_name(f"{9 - number} {path.name}"))

    def own_content(self) -> None:
        (self.folder / "own.ics").write_bytes(b"BEGIN:VCALENDAR\nVERSION:2.0\nnot even right\n")
        path = self.files()[0]
        text = path.read_bytes().replace(
            b"END:VEVENT", b'X-MINE;A="b;c":d\\,e\r\nnot a property\r\nEND:VEVENT', 1
        )
        path.write_bytes(text)

    def own_content_is_intact(self) -> bool:
        own = (self.folder / "own.ics").read_bytes() == b"BEGIN:VCALENDAR\nVERSION:2.0\nnot even right\n"
        return own and any(
            b'X-MINE;A="b;c":d\\,e\r\nnot a property\r\n' in path.read_bytes() for path in self.files()
        )

    def break_item(self, kind: str, title: str) -> None:
        path = self._find(title)[0]
        path.write_bytes(path.read_bytes().replace(b"END:VEVENT", b"END:VENT"))

    # What only a calendar has

    def occurrence(self, title: str, slot: str) -> icalendar.Event:
        """The event that a calendar program writes when one occurrence is changed: a copy of the series' own."""
        path, calendar, event = self._find(title)
        zone = event["DTSTART"].dt.tzinfo
        made = icalendar.Event.from_ical(event.to_ical())
        for name in ("RRULE", "DTSTART", "DTEND"):
            made.pop(name, None)
        made.add("RECURRENCE-ID", moment(slot).astimezone(zone))
        self._open = path, calendar, made, zone
        return made

    def save(self, starts: str, minutes: int = 45) -> None:
        path, calendar, made, zone = self._open
        made.add("DTSTART", moment(starts).astimezone(zone))
        made.add("DTEND", (moment(starts) + timedelta(minutes=minutes)).astimezone(zone))
        calendar.add_component(made)
        path.write_bytes(calendar.to_ical(sorted=False))


class TestIcal(Conformance):
    connector = "ical"
    kind, title, field = "pair", "name", "link"
    cannot = {
        "an_item_a_person_adds_becomes_one_record": "events of people's own are theirs; pairs are made in the other tools",
        "a_renamed_field_keeps_working": "a calendar has no columns",
        "a_deleted_field_clears_nothing": "a calendar has no columns",
        "a_copied_item_becomes_a_record_of_its_own": "a copied event or file is people's own",
        "choices_and_references_round_trip": "an event refers to nobody; see the tests of series and check-ins",
        "a_deletion_in_the_tool_arrives_elsewhere": "who removes a file says that the pair no longer meets; see below",
        "delete_loses_to_edit": "see test_a_pair_whose_file_is_removed_no_longer_meets_and_keeps_what_is_written_elsewhere",
        "empty_is_not_missing": "see test_empty_is_told_apart_from_missing",
    }

    def place(self, folder: Path) -> None:
        """Every pair of these tests meets: a calendar has no place for one that does not."""
        add = self.other.add

        def meeting(kind: str, **fields: Any) -> str:
            rhythm = {"every": "week", "first_meeting": "2026-03-04"} if kind == "pair" else {}
            return add(kind, **{**rhythm, **fields})

        self.other.add = meeting  # type: ignore[method-assign]

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {"path": str(folder / "calendar")}

    def people(self, folder: Path) -> CalendarPeople:  # type: ignore[override] # a calendar has no columns
        return CalendarPeople(folder / "calendar")

    def seed(self, **fields: Any) -> str:
        for name in ("Ada Lovelace", "Grace Hopper"):
            if not any(row.fields.get("name") == name for row in self.other.of("person")):
                self.other.add("person", name=name)
        values = {
            "name": "Ada & Grace",
            "members": "Ada Lovelace; Grace Hopper",
            "every": "2 weeks",
            "first_meeting": "2026-03-03",
            "time": "17:00",
            "minutes": 45,
            "link": "to ask my own questions",
        }
        self.other.add("pair", **{**values, **fields})
        self.settled()
        return str(values["name"])

    def checkin(self, slot: str) -> Mapping[str, Any]:
        (found,) = [row.fields for row in self.other.of("checkin") if row.fields.get("slot") == slot]
        return found

    def test_empty_is_told_apart_from_missing(self) -> None:
        title = self.seed()
        self.people(self.folder).edit("pair", title, "link", "")
        self.settled()
        assert self.everywhere(title, "link") is None
        assert self.everywhere(title, "every") == "2 weeks"

    def test_check_ins_of_the_window_need_no_lines(self) -> None:
        self.seed()
        assert len(self.other.of("checkin")) == 5
        (path,) = self.people(self.folder).files()
        assert path.read_bytes().count(b"BEGIN:VEVENT") == 1
        assert self.sync(fresh=True).writes == 0

    def test_an_occurrence_moved_in_the_calendar_moves_the_check_in_and_back(self) -> None:
        title = self.seed()
        people, slot = self.people(self.folder), "2026-03-17T16:00:00Z"
        people.occurrence(title, slot)
        people.save("2026-03-18T09:00:00Z")
        self.settled()
        assert (self.checkin(slot)["starts"], self.checkin(slot)["status"]) == (
            "2026-03-18T09:00:00Z",
            "moved",
        )
        path, calendar, _ = people._find(title)
        calendar.subcomponents.remove(next(event for event in calendar.events if "RECURRENCE-ID" in event))
        path.write_bytes(calendar.to_ical(sorted=False))
        self.settled()
        assert (self.checkin(slot)["starts"], self.checkin(slot)["status"]) == (slot, "planned")
        assert self.sync(fresh=True).writes == 0

    def test_an_occurrence_skipped_in_the_calendar(self) -> None:
        title = self.seed()
        people, slot = self.people(self.folder), "2026-03-17T16:00:00Z"
        people.occurrence(title, slot)["STATUS"] = icalendar.vText("CANCELLED")
        people.save(slot)
        self.settled()
        assert self.checkin(slot)["status"] == "skipped"

    def test_a_check_in_moved_elsewhere_moves_the_occurrence(self) -> None:
        self.seed()
        slot = "2026-03-17T16:00:00Z"
        self.other.edit(self.other.find("checkin", slot=slot), starts="2026-03-19T08:00:00Z")
        self.settled()
        (path,) = self.people(self.folder).files()
        moved = [
            event
            for event in icalendar.Calendar.from_ical(path.read_bytes()).events
            if "RECURRENCE-ID" in event
        ]
        assert [event["DTSTART"].dt.astimezone(UTC).isoformat() for event in moved] == [
            "2026-03-19T08:00:00+00:00"
        ]
        self.other.edit(self.other.find("checkin", slot=slot), status="skipped")
        self.settled()
        assert b"STATUS:CANCELLED" in path.read_bytes()
        assert self.sync(fresh=True).writes == 0

    def test_a_rhythm_changed_in_the_calendar_changes_the_check_ins(self) -> None:
        title = self.seed()
        held = self.other.find("checkin", slot="2026-03-03T16:00:00Z")
        self.other.edit(held, status="held")
        self.settled()
        path, calendar, event = self.people(self.folder)._find(title)
        event["RRULE"] = icalendar.vRecur.from_ical("FREQ=WEEKLY;INTERVAL=3;BYDAY=TU")
        path.write_bytes(calendar.to_ical(sorted=False))
        self.settled()
        assert self.everywhere(title, "every") == "3 weeks"
        assert sorted(row.fields["slot"] for row in self.other.of("checkin")) == [
            "2026-03-03T16:00:00Z",
            "2026-03-24T16:00:00Z",
            "2026-04-14T15:00:00Z",
        ]
        assert self.sync(fresh=True).writes == 0

    def test_a_rhythm_changed_elsewhere_keeps_what_was_held(self) -> None:
        title = self.seed()
        self.other.edit(self.other.find("checkin", slot="2026-03-03T16:00:00Z"), status="held")
        self.settled()
        self.other.edit(self.other.find("pair", name=title), time="18:00", minutes=60)
        self.settled()
        (path,) = self.people(self.folder).files()
        events = icalendar.Calendar.from_ical(path.read_bytes()).events
        assert [event["DTSTART"].dt.hour for event in events] == [18, 17], (
            "the series, and the meeting that was held"
        )
        assert not [event for event in events if event["STATUS"] == "CANCELLED"]
        assert self.sync(fresh=True).writes == 0

    def test_pausing_in_the_calendar_pauses_the_pair_and_back(self) -> None:
        title = self.seed()
        path, calendar, event = self.people(self.folder)._find(title)
        event["STATUS"] = icalendar.vText("CANCELLED")
        path.write_bytes(calendar.to_ical(sorted=False))
        self.settled()
        assert self.everywhere(title, "status") == "paused"
        self.other.edit(self.other.find("pair", name=title), status="active")
        self.settled()
        assert self.people(self.folder).read("pair", title) is not None
        assert self.sync(fresh=True).writes == 0

    def test_a_pair_whose_file_is_removed_no_longer_meets_and_keeps_what_is_written_elsewhere(self) -> None:
        title = self.seed()
        self.people(self.folder).remove("pair", title)
        self.other.edit(self.other.find("pair", name=title), link="https://meet.example.org/still-mine")
        self.settled()
        assert self.everywhere(title, "every") is None
        assert self.everywhere(title, "link") == "https://meet.example.org/still-mine"
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("pair", name=title), every="2 weeks")
        self.settled()
        seen = self.people(self.folder).read("pair", title)
        assert seen is not None
        assert seen["link"] == "https://meet.example.org/still-mine"
        assert self.sync(fresh=True).writes == 0

    def test_a_pair_whose_file_is_removed_stays_where_a_meeting_was_held(self) -> None:
        title = self.seed()
        self.people(self.folder).remove("pair", title)
        self.other.edit(self.other.find("checkin", slot="2026-03-03T16:00:00Z"), status="held")
        self.settled()
        assert len(self.people(self.folder).files()) == 1, "the meeting that was held, without a series"
        assert self.sync(fresh=True).writes == 0
        assert self.everywhere(title, "every") is None

    @pytest.mark.parametrize("lost", [False, True], ids=["", "cursor lost"])
    def test_a_series_deleted_from_a_file_that_keeps_single_meetings_has_ended(self, lost: bool) -> None:
        title = self.seed()
        self.other.add("checkin", pair=title, starts="2026-03-12T09:00:00Z", status="planned")
        self.settled()
        (path,) = self.people(self.folder).files()
        calendar = icalendar.Calendar.from_ical(path.read_bytes())
        calendar.subcomponents = [one for one in calendar.subcomponents if "RRULE" not in one]
        path.write_bytes(calendar.to_ical(sorted=False))
        self.sync(fresh=lost)
        self.settled()
        assert self.everywhere(title, "every") is None
        assert [row.fields["starts"] for row in self.other.of("checkin")] == ["2026-03-12T09:00:00Z"]
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("pair", name=title), every="2 weeks")
        self.settled()
        assert self.sync(fresh=True).writes == 0
        assert self.everywhere(title, "every") == "2 weeks"
