"""The stand-in against recorded traffic: each recorded action is done here, and the answer compared key for key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from syncengine_gcal.sandbox import CalendarSandbox, errors

PAGE = "compass.fixtures__recurring__"
VARYING = {"etag", "updated", "created", "htmlLink", "reminders", "organizer", "creator"}
"""Differ by moment and by account; that they are there is compared."""

Recording = Callable[[str], Any]


def before(item: dict[str, Any], **other: Any) -> dict[str, Any]:
    """A recorded event as it was sent before the recorded action."""
    keys = ("id", "summary", "description", "start", "end", "recurrence", "sequence")
    return {key: item[key] for key in keys if key in item} | other


class Stage:
    """A calendar with the recorded one's zone, and one listing after another."""

    def __init__(self, sandbox: CalendarSandbox) -> None:
        self.id = sandbox.add_calendar("someone@example.com", "America/Chicago", "")
        self.events, self.people = sandbox.events(self.id), sandbox.people(self.id)
        self.url = f"{sandbox.address}/calendar/v3/calendars/{self.id}/events"
        self.token = ""

    def start(self, *bodies: dict[str, Any]) -> None:
        for body in bodies:
            self.events.insert(body)
        self.token = self.get()["nextSyncToken"]

    def get(self) -> Any:
        query = {"syncToken": self.token} if self.token else {}
        answer = requests.get(self.url, params=query, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def same(self, recorded: Any) -> None:
        page = self.get()
        assert set(page) == set(recorded)
        mine = {item["id"]: item for item in page["items"]}
        theirs = {item["id"]: item for item in recorded["items"]}
        assert set(mine) == set(theirs)
        for id, item in theirs.items():
            assert set(mine[id]) - {"reminders"} == set(item) - {"reminders"}
            for key in set(item) - VARYING:
                assert mine[id][key] == item[key], (id, key)
        assert len({item["etag"] for item in mine.values()}) == len(
            {item["etag"] for item in theirs.values()}
        )


@pytest.fixture
def stage(sandbox: CalendarSandbox) -> Stage:
    return Stage(sandbox)


def items(recorded: Any) -> list[dict[str, Any]]:
    return list(recorded["items"])


def utc(when: dict[str, Any]) -> str:
    return datetime.fromisoformat(when["dateTime"]).astimezone(UTC).isoformat().replace("+00:00", "Z")


def page_of(recording: Recording, name: str) -> Any:
    found = recording(PAGE + name)
    return found[0] if isinstance(found, list) else found


def test_a_new_series(stage: Stage, recording: Recording) -> None:
    recorded = page_of(recording, "create__create")
    stage.start()
    stage.events.insert(before(items(recorded)[0]))
    stage.same(recorded)


@pytest.mark.parametrize("name", ["all__all-1", "all__all-2"])
def test_a_deleted_series(stage: Stage, recording: Recording, name: str) -> None:
    recorded = page_of(recording, f"delete__{name}")
    id = items(recorded)[0]["id"]
    start = {"dateTime": "2025-03-24T07:30:00", "timeZone": "America/Chicago"}
    stage.start({"id": id, "start": start, "end": start, "recurrence": ["RRULE:FREQ=DAILY"], "summary": "x"})
    stage.people.delete(id)
    stage.same(recorded)


@pytest.mark.parametrize("name", ["single__delete.single", "single__delete.single-2"])
def test_a_deleted_occurrence(stage: Stage, recording: Recording, name: str) -> None:
    recorded = page_of(recording, f"delete__{name}")
    master, instance = items(recorded)
    stage.start(before(master))
    stage.people.cancel(master["id"], utc(instance["originalStartTime"]))
    stage.same(recorded)


def test_a_series_cut_off(stage: Stage, recording: Recording) -> None:
    """What was cancelled beyond the cut is left behind without its series."""
    recorded = page_of(recording, "delete__this-and-following__delete.this-and-following-2")
    master, instance = items(recorded)
    stage.start(before(master, recurrence=["RRULE:FREQ=DAILY"]))
    stage.people.cancel(master["id"], "2025-03-28T15:00:00Z")
    stage.people.trim(master["id"], datetime(2025, 3, 26, 15, tzinfo=UTC))
    assert instance["id"].endswith("_20250328T150000Z")
    stage.same(recorded)


def test_a_series_cut_off_after_what_was_cancelled(stage: Stage, recording: Recording) -> None:
    recorded = page_of(recording, "delete__this-and-following__delete.this-and-following")
    master, _ = items(recorded)
    stage.start(before(master, recurrence=["RRULE:FREQ=DAILY;UNTIL=20250401T045959Z"]))
    stage.people.cancel(master["id"], "2025-03-25T13:00:00Z")
    stage.people.trim(master["id"], datetime(2025, 3, 27, 13, tzinfo=UTC))
    stage.same(recorded)


def test_one_occurrence_edited(stage: Stage, recording: Recording) -> None:
    recorded = page_of(recording, "edit__single__single.instance-2")
    master, instance = items(recorded)
    stage.start(before(master))
    slot = utc(instance["originalStartTime"])
    stage.people.move(master["id"], slot, utc(instance["start"]))
    stage.people.edit_one(
        master["id"], slot, summary=instance["summary"], description=instance["description"]
    )
    stage.same(recorded)


@pytest.mark.parametrize(
    "name", ["this-and-following__this-and-following-1", "this-and-following-v2__this-and-following-1"]
)
def test_this_and_following_at_the_same_time(stage: Stage, recording: Recording, name: str) -> None:
    recorded = page_of(recording, f"edit__{name}")
    old, new = items(recorded)
    stage.start(before(old, recurrence=["RRULE:FREQ=DAILY"]))
    words = {key: new[key] for key in ("summary", "description")}
    assert stage.people.split(old["id"], utc(new["start"]), **words) == new["id"]
    stage.same(recorded)


def test_this_and_following_keeps_earlier_exceptions(stage: Stage, recording: Recording) -> None:
    recorded = page_of(recording, "edit__this-and-following__this-and-following-2")
    old, first, second, new = items(recorded)
    stage.start(before(old, recurrence=["RRULE:FREQ=DAILY"]))
    for moved in (first, second):
        stage.people.move(old["id"], utc(moved["originalStartTime"]), utc(moved["start"]))
    stage.people.split(old["id"], utc(new["start"]), summary=new["summary"])
    stage.same(recorded)


def test_this_and_following_at_another_time(stage: Stage, recording: Recording) -> None:
    """The new series has an id of its own, the old `created`, and a higher `sequence`."""
    recorded = page_of(recording, "edit__this-and-following-v2__this-and-following-0")
    old, new = items(recorded)
    stage.start(before(old, recurrence=["RRULE:FREQ=DAILY"]))
    words = {key: new[key] for key in ("summary", "description")}
    stage.people.events._fresh = lambda: new["id"]
    stage.people.split(old["id"], "2025-04-01T13:00:00Z", shift=-timedelta(hours=1), **words)
    stage.same(recorded)
    created = {item["created"] for item in stage.get()["items"]}
    assert len(created) == 1


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("northworld.403_rate_limit", errors.rate_limited()),
        ("northworld.403_calendar_rate_limit", errors.usage_limited()),
        ("northworld.404", errors.not_found()),
        ("northworld.409", errors.duplicate()),
        ("northworld.410", errors.deleted()),
        ("compass.errors__error.invalidSyncToken", errors.full_sync_required()),
        ("compass.errors__error.google.invalidValue", errors.invalid()),
    ],
)
def test_refusals_read_as_recorded(recording: Recording, name: str, made: errors.Refusal) -> None:
    recorded = recording(name)
    body = recorded["response"]["body"] if "response" in recorded else recorded
    assert made.answer.body == body
    assert made.answer.status == body["error"]["code"]
