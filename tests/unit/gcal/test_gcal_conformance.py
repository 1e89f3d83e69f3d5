"""A Google calendar keeps the contract, proven through the real engine: a pair's series and its check-ins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from syncengine.errors import GuardStop
from syncengine.model.moments import moment
from syncengine.model.series import PAIR_FIELDS
from syncengine.testing.conformance import Conformance
from syncengine_gcal import connector
from syncengine_gcal.sandbox import CalendarSandbox
from tests.unit.gcal.stage import TOKEN, hold_to_contract

_WORDS = {"name": "summary", "link": "location"}


class CalendarPeople:
    """Somebody at Google's page."""

    def __init__(self, sandbox: CalendarSandbox) -> None:
        self.sandbox = sandbox
        self.own: dict[str, Any] = {}

    @property
    def page(self) -> Any:
        return self.sandbox.people("Check-ins")

    @property
    def calendar(self) -> Any:
        return self.page.events.calendar

    def find(self, title: str) -> Any:
        return self.page.find(title)

    def edit(self, kind: str, title: str, field: str, value: Any) -> None:
        self.page.edit(self.find(title).body["id"], **{_WORDS[field]: value})

    def remove(self, kind: str, title: str) -> None:
        self.page.delete(self.find(title).body["id"])

    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        try:
            body = self.find(title).body
        except LookupError:
            return None
        return {field: body.get(name, "") for field, name in _WORDS.items()}

    def count(self, kind: str) -> int:
        return sum(s.series and not s.cancelled for s in self.calendar.events.values()) - len(self.own)

    def own_content(self) -> None:
        start = {"dateTime": "2026-03-05T10:00:00+01:00", "timeZone": "Europe/Berlin"}
        id = self.page.add(summary="Choir", start=start, end=start, recurrence=["RRULE:FREQ=DAILY;COUNT=9"])
        self.own[id] = dict(self.calendar.events[id].body)

    def own_content_is_intact(self) -> bool:
        return all(self.calendar.events[id].body == body for id, body in self.own.items())

    def break_item(self, kind: str, title: str) -> None:
        self.page.edit(self.find(title).body["id"], recurrence=["RRULE:FREQ=YEARLY"])


class TestGcal(Conformance):
    connector = "gcal"
    kind, title, field = "pair", "name", "link"
    cannot = {
        "an_item_a_person_adds_becomes_one_record": "events of people's own are theirs; pairs are made in the other tools",
        "a_renamed_field_keeps_working": "a calendar has no columns",
        "a_deleted_field_clears_nothing": "a calendar has no columns",
        "sorting_changes_nothing": "a calendar has one order, that of time",
        "a_copied_item_becomes_a_record_of_its_own": "a copied event is people's own",
        "choices_and_references_round_trip": "an event refers to nobody; see the tests of series and check-ins",
        "a_deletion_in_the_tool_arrives_elsewhere": "who deletes a series says that the pair no longer meets; see below",
        "delete_loses_to_edit": "see test_a_pair_whose_series_is_deleted_keeps_what_is_written_elsewhere",
        "empty_is_not_missing": "see test_empty_is_told_apart_from_missing",
    }

    @pytest.fixture(autouse=True)
    def _service(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
        monkeypatch.setattr(connector, "sleep", lambda _seconds: None)
        with hold_to_contract(CalendarSandbox(lambda: self.clock())) as self.sandbox:
            self.sandbox.token = TOKEN
            yield

    @pytest.fixture(autouse=True)
    def _stage(self, _service: None, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        Conformance._stage.__wrapped__(self, tmp_path, request)  # type: ignore[attr-defined]

    def place(self, folder: Path) -> None:
        """Every pair of these tests meets: a calendar has no place for one that does not."""
        add = self.other.add

        def meeting(kind: str, **fields: Any) -> str:
            rhythm = {"every": "week", "first_meeting": "2026-03-04"} if kind == "pair" else {}
            return add(kind, **{**rhythm, **fields})

        self.other.add = meeting  # type: ignore[method-assign]

    def settings(self, folder: Path) -> Mapping[str, Any]:
        return {
            "title": "Check-ins",
            "credentials": "token:env:CALENDAR_TOKEN",
            "api_endpoint": self.sandbox.address,
        }

    def people(self, folder: Path) -> CalendarPeople:  # type: ignore[override] # a calendar has no columns
        if not hasattr(self, "_people"):
            self._people = CalendarPeople(self.sandbox)
        return self._people

    def seed(self, **fields: Any) -> str:
        for name in ("Ada Lovelace", "Grace Hopper"):
            if not any(row.fields.get("name") == name for row in self.other.of("person")):
                self.other.add("person", name=name, email=f"{name.split()[0].lower()}@example.org")
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

    def event(self, title: str) -> str:
        return str(self.people(self.folder).find(title).body["id"])

    def test_empty_is_told_apart_from_missing(self) -> None:
        title = self.seed()
        self.people(self.folder).edit("pair", title, "link", "")
        self.settled()
        assert self.everywhere(title, "link") is None
        assert self.everywhere(title, "every") == "2 weeks"

    def test_check_ins_of_the_window_need_no_events(self) -> None:
        title = self.seed()
        assert len(self.other.of("checkin")) == 5
        assert not self.people(self.folder).find(title).exceptions
        assert self.sync(fresh=True).writes == 0

    def test_an_occurrence_moved_in_the_calendar_moves_the_check_in_and_back(self) -> None:
        title, slot = self.seed(), "2026-03-17T16:00:00Z"
        page, event = self.people(self.folder).page, self.event(title)
        page.move(event, slot, "2026-03-18T09:00:00Z")
        self.settled()
        assert (self.checkin(slot)["starts"], self.checkin(slot)["status"]) == (
            "2026-03-18T09:00:00Z",
            "moved",
        )
        page.move(event, slot, slot)
        self.settled()
        assert (self.checkin(slot)["starts"], self.checkin(slot)["status"]) == (slot, "planned")
        assert self.sync(fresh=True).writes == 0

    def test_an_occurrence_skipped_in_the_calendar_and_taken_back(self) -> None:
        title, slot = self.seed(), "2026-03-17T16:00:00Z"
        page, event = self.people(self.folder).page, self.event(title)
        page.cancel(event, slot)
        self.settled()
        assert self.checkin(slot)["status"] == "skipped"
        assert self.sync(fresh=True).writes == 0
        page.restore(event, slot)
        self.settled()
        assert self.checkin(slot)["status"] == "planned"

    def test_a_check_in_moved_elsewhere_moves_the_occurrence(self) -> None:
        title, slot = self.seed(), "2026-03-17T16:00:00Z"
        self.other.edit(self.other.find("checkin", slot=slot), starts="2026-03-19T08:00:00Z")
        self.settled()
        stored = self.people(self.folder).find(title)
        assert (
            next(own["start"]["dateTime"] for own in stored.exceptions.values())
            == "2026-03-19T09:00:00+01:00"
        )
        self.other.edit(self.other.find("checkin", slot=slot), status="skipped")
        self.settled()
        assert stored.exceptions[moment(slot)]["status"] == "cancelled"
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("checkin", slot=slot), status="planned")
        self.settled()
        assert stored.exceptions[moment(slot)]["status"] == "confirmed"
        assert self.sync(fresh=True).writes == 0

    def test_an_extra_meeting_is_an_event_of_its_own(self) -> None:
        title = self.seed()
        name = self.other.add("checkin", pair=title, starts="2026-03-20T12:00:00Z", minutes=30)
        self.settled()
        calendar = self.people(self.folder).calendar
        (single,) = [s for s in calendar.events.values() if not s.series]
        assert single.body["start"]["dateTime"] == "2026-03-20T13:00:00+01:00"
        assert self.sync(fresh=True).writes == 0
        self.people(self.folder).page.delete(single.body["id"])
        self.settled()
        assert name not in self.other.rows

    def test_a_rhythm_changed_in_the_calendar_changes_the_check_ins(self) -> None:
        title = self.seed()
        held = self.other.find("checkin", slot="2026-03-03T16:00:00Z")
        self.other.edit(held, status="held")
        self.settled()
        page = self.people(self.folder).page
        page.edit(self.event(title), recurrence=["RRULE:FREQ=WEEKLY;INTERVAL=3;BYDAY=TU"])
        self.settled()
        assert self.everywhere(title, "every") == "3 weeks"
        assert sorted(row.fields["slot"] for row in self.other.of("checkin")) == [
            "2026-03-03T16:00:00Z",
            "2026-03-24T16:00:00Z",
            "2026-04-14T15:00:00Z",
        ]
        assert self.sync(fresh=True).writes == 0

    def test_a_rhythm_changed_elsewhere(self) -> None:
        title = self.seed()
        self.other.edit(
            self.other.find("checkin", slot="2026-03-31T15:00:00Z"), starts="2026-04-01T15:00:00Z"
        )
        self.settled()
        self.other.edit(self.other.find("pair", name=title), time="18:00", minutes=60)
        self.settled()
        stored = self.people(self.folder).find(title)
        assert (stored.body["start"]["dateTime"], stored.body["end"]["dateTime"]) == (
            "2026-03-03T18:00:00+01:00",
            "2026-03-03T19:00:00+01:00",
        )
        single = [
            s.body["start"]["dateTime"]
            for s in self.people(self.folder).calendar.events.values()
            if not s.series
        ]
        assert single == ["2026-04-01T17:00:00+02:00"], "a meeting that was moved stays where people put it"
        assert self.checkin("2026-03-31T15:00:00Z")["starts"] == "2026-04-01T15:00:00Z"
        assert self.sync(fresh=True).writes == 0

    def test_this_and_following_in_the_calendar_changes_the_cadence_and_keeps_history(self) -> None:
        from datetime import timedelta

        title = self.seed()
        held = self.other.find("checkin", slot="2026-03-03T16:00:00Z")
        self.other.edit(held, status="held")
        self.clock.tick(days=2)
        self.settled()
        page = self.people(self.folder).page
        page.split(
            self.event(title),
            "2026-03-31T15:00:00Z",
            shift=timedelta(days=1, hours=1),
            keeps_properties=False,
        )
        self.settled()
        pair = self.other.rows[self.other.find("pair", name=title)].fields
        assert (pair["first_meeting"], pair["time"], pair["every"]) == ("2026-04-01", "18:00", "2 weeks")
        assert pair.get("until") is None
        assert sorted((row.fields["slot"], row.fields["status"]) for row in self.other.of("checkin")) == [
            ("2026-03-03T16:00:00Z", "held"),
            ("2026-03-17T16:00:00Z", "planned"),
            ("2026-04-01T16:00:00Z", "planned"),
            ("2026-04-15T16:00:00Z", "planned"),
            ("2026-04-29T16:00:00Z", "planned"),
        ]
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("pair", name=title), time="19:00")
        self.settled()
        assert self.people(self.folder).find(title).body["start"]["dateTime"] == "2026-04-01T19:00:00+02:00"

    def test_pausing_elsewhere_stops_the_series_and_going_on_brings_it_back(self) -> None:
        title = self.seed()
        self.clock.tick(days=8)
        self.other.edit(self.other.find("pair", name=title), status="paused")
        self.settled()
        stored = self.people(self.folder).find(title)
        assert stored.body["recurrence"] == ["RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260310T225959Z"]
        assert self.everywhere(title, "status") == "paused"
        assert self.everywhere(title, "until") is None
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("pair", name=title), status="active")
        self.settled()
        assert stored.body["recurrence"] == ["RRULE:FREQ=WEEKLY;INTERVAL=2"]
        assert self.everywhere(title, "status") == "active"
        assert self.sync(fresh=True).writes == 0

    def test_pausing_before_the_first_meeting(self) -> None:
        title = self.seed()
        self.other.edit(self.other.find("pair", name=title), status="paused")
        self.settled()
        assert self.people(self.folder).count("pair") == 0
        assert self.sync(fresh=True).writes == 0
        assert self.everywhere(title, "status") == "paused"
        self.other.edit(self.other.find("pair", name=title), status="active")
        self.settled()
        assert self.people(self.folder).count("pair") == 1
        assert self.event(title).endswith("g1"), "the first id is burnt"
        assert self.sync(fresh=True).writes == 0

    @pytest.mark.parametrize("how", ["told", "expired", "fresh"])
    def test_a_pair_whose_series_is_deleted_no_longer_meets_until_somebody_says_so_again(
        self, how: str
    ) -> None:
        title = self.seed()
        self.other.edit(self.other.find("checkin", slot="2026-03-03T16:00:00Z"), status="held")
        self.settled()
        self.clock.tick(days=8)
        self.people(self.folder).remove("pair", title)
        if how == "expired":
            self.sandbox.expire_tokens()
        self.sync(fresh=how == "fresh")
        assert self.sync().writes == 0
        assert self.everywhere(title, "every") is None
        assert self.everywhere(title, "first_meeting") is not None, "only the rhythm is gone"
        assert [row.fields["status"] for row in self.other.of("checkin")] == ["held"], "what took place stays"
        assert self.sync(fresh=True).writes == 0
        self.other.edit(self.other.find("pair", name=title), every="2 weeks")
        self.settled()
        assert self.people(self.folder).count("pair") == 1
        assert self.event(title).endswith("g1"), "the first id is burnt"
        assert self.sync(fresh=True).writes == 0

    def test_a_pair_whose_series_is_deleted_keeps_what_is_written_elsewhere(self) -> None:
        title = self.seed()
        self.people(self.folder).remove("pair", title)
        self.other.edit(self.other.find("pair", name=title), link="at the library")
        self.settled()
        assert (self.everywhere(title, "every"), self.everywhere(title, "link")) == (None, "at the library")

    def test_all_series_deleted_at_once_stop_the_run(self) -> None:
        titles = ["Ada & Grace", "Alan & Mary", "Katherine & Dorothy", "Barbara & Hedy"]
        for title in titles:
            self.other.add("pair", name=title, every="2 weeks", first_meeting="2026-03-03")
        self.settled()
        for title in titles:
            self.people(self.folder).remove("pair", title)
        with pytest.raises(GuardStop, match="all of its 4 pairs"):
            self.sync()
        assert {row.fields["every"] for row in self.other.of("pair")} == {"2 weeks"}
        self.sync(allow={"mass-deletion"})
        assert self.sync().writes == 0
        assert not self.other.of("pair")

    def test_an_expired_token_makes_nothing_twice(self) -> None:
        title = self.seed()
        self.people(self.folder).page.move(self.event(title), "2026-03-17T16:00:00Z", "2026-03-18T09:00:00Z")
        self.sandbox.expire_tokens()
        self.settled()
        assert self.people(self.folder).count("pair") == 1
        assert self.checkin("2026-03-17T16:00:00Z")["status"] == "moved"

    def test_a_lost_state_finds_its_calendar_and_its_series(self) -> None:
        title = self.seed()
        for path in self.folder.glob(".mentorsync/state*"):
            path.unlink()
        before = len(self.sandbox.calendars)
        from syncengine.provision import setup

        assert not setup(self.program, now=self.clock(), ids=self.ids).problems
        self.settled()
        assert len(self.sandbox.calendars) == before
        assert self.people(self.folder).count("pair") == 1
        assert len(self.other.of("pair")) == 1
        assert self.event(title)

    def test_nothing_to_do_takes_one_request(self) -> None:
        self.seed()
        before = len(self.sandbox.log)
        assert self.sync().writes == 0
        assert len(self.sandbox.log) == before + 1

    def test_the_fields_it_holds_are_told(self) -> None:
        self.seed()
        assert {"members"} | PAIR_FIELDS >= {"name", "agenda"}
