"""Addresses of events: made here as Calendar makes them, and taken as people paste them, without a request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from syncengine.config import load
from syncengine.run.links import linking
from syncengine.store import open_store
from syncengine_gcal import connector
from syncengine_gcal.addresses import ending, link, linked
from syncengine_gcal.state import State
from syncengine_gcal.taking import take_in
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import SHARED, TOKEN


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


def _recorded() -> list[dict[str, Any]]:
    folder = SHARED / "recordings" / "gcal"
    if not folder.exists():
        pytest.skip("the recorded traffic is not at hand (../shared)")
    bodies = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("compass.*.json"))]
    items = [item for body in bodies if isinstance(body, dict) for item in body.get("items", [body])]
    return [item for item in items if "htmlLink" in item]


def test_every_recorded_address_is_made_letter_for_letter() -> None:
    events = _recorded()
    assert len(events) > 20
    for event in events:
        state = State("", strangers={event["id"]: event}, ending=ending([event]))
        assert link(state, f"~{event['id']}") == event["htmlLink"] + "#series"
        assert linked(state, event["htmlLink"]) == [f"~{event['id']}"]


def _addresses(made: Stage, kind: str) -> dict[str, str]:
    """Title to address, as the engine finds them from the state alone."""
    program = load(str(made.path))
    store = open_store(program.state_url)
    try:
        with store.reading(), linking(program, store) as links:
            titles = dict(store.titles(kind))
            found = {
                id: said["calendar"] for id, said in links.to(list(titles)).items() if "calendar" in said
            }
            assert {id: links.meant(said) for id, said in found.items()} == {id: [id] for id in found}
            assert not links.problems
            return {titles[id]: said for id, said in found.items()}
    finally:
        store.close()


def test_series_occurrences_and_moved_meetings_have_calendars_own_addresses(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        made.add_pair()
        made.settled()
        made.edit_checkin("2026-03-31T15:00:00Z", starts="2026-04-01T15:00:00Z")
        made.settled()
        before = len(made.sandbox.log)
        pairs, checkins = _addresses(made, "pair"), _addresses(made, "checkin")
        assert len(made.sandbox.log) == before, "the cursor says enough"
        events = made.people.events
        stored = events.calendar.events[made.event()]
        assert pairs["Ada & Ben"] == events.show(stored)["htmlLink"] + "#series"
        shown = {events.show_instance(stored, slot)["htmlLink"] for slot in stored.exceptions}
        assert shown
        assert shown <= set(checkins.values())
        assert len(set(checkins.values())) == len(checkins) >= 3


def test_the_editor_s_address_and_an_occurrence_without_a_record_mean_the_series() -> None:
    state = State("c@group.calendar.google.com")
    take_in(state, [_series()], adopt=False)
    eid = str(link(state, PAIR)).partition("eid=")[2]
    assert linked(state, f"https://calendar.google.com/calendar/u/0/r/eventedit/{eid}?sf=true") == [PAIR]
    state.series[PAIR].known["2026-03-03T16:00:00Z"] = CHECKIN
    handle = f"{PAIR}/{CHECKIN}/2026-03-03T16:00:00Z"
    assert linked(state, str(link(state, handle))) == [handle]
    del state.series[PAIR].known["2026-03-03T16:00:00Z"]
    assert linked(state, str(link(state, handle))) == [PAIR]
    other = State("d@group.calendar.google.com", series=state.series)
    assert linked(other, str(link(state, PAIR))) == []
    for odd in (
        "https://calendar.google.com/calendar/event?eid=%%%",
        "https://calendar.google.com/calendar/event?eid=AAAA",
    ):
        assert linked(state, odd) == []


PAIR, CHECKIN = "06f0000000000000000000000a", "06f0000000000000000000000b"


def _series() -> dict[str, Any]:
    at = {"timeZone": "Europe/Berlin"}
    return {
        "id": PAIR, "status": "confirmed", "recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=2"],
        "start": {"dateTime": "2026-03-03T17:00:00+01:00", **at}, "end": {"dateTime": "2026-03-03T17:45:00+01:00", **at},
        "extendedProperties": {"private": {"mentorsync": f"pair:{PAIR}", "mentorsync.event": PAIR}},
    }  # fmt: skip
