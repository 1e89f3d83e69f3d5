"""One series, one UID: a folder of calendar files says what Google's `iCalUID` is, whatever became of the series there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import icalendar
import pytest

from syncengine.config import load
from syncengine.provision import setup
from syncengine_gcal import connector
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import TOKEN

SLOT = "2026-03-17T16:00:00Z"


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


class Both(Stage):
    """A stage with a folder of calendar files beside Google's calendar."""

    folder: Path

    def add_folder(self, folder: Path, *, first: bool = False) -> None:
        self.folder = folder
        said = f'[[replica]]\nname = "files"\nconnector = "ical"\npath = \'{folder}\'\n'
        text = self.path.read_text("utf-8")
        at = text.index("[[replica]]") if first else len(text)
        self.path.write_text(f"{text[:at]}{said}\n{text[at:]}", "utf-8")
        setup(load(str(self.path)), now=self.clock(), ids=self.ids)

    def files(self) -> list[icalendar.Event]:
        texts = [path.read_bytes() for path in sorted(self.folder.glob("*.ics"))]
        return [event for text in texts for event in icalendar.Calendar.from_ical(text).events]

    def in_files(self) -> set[str]:
        """UIDs of what takes place."""
        return {str(event["UID"]) for event in self.files() if event.get("STATUS") != "CANCELLED"}

    def in_google(self) -> set[str]:
        return {s.body["iCalUID"] for s in self.people.events.calendar.events.values() if not s.cancelled}

    def agree(self) -> str:
        """Both have the one series under one UID, and nothing is left to write."""
        self.settled()
        assert self.in_files() == self.in_google()
        [uid] = self.in_files()
        assert self.sync(fresh=True).writes == 0
        assert self.in_files() == {uid}
        return uid


@pytest.fixture(params=[False, True], ids=["google first", "files first"])
def made(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Both]:
    with stage(tmp_path) as found:
        found.__class__ = Both
        assert isinstance(found, Both)
        found.add_folder(tmp_path / "files", first=request.param)
        found.add_pair()
        yield found


def test_a_new_series_has_one_uid(made: Both) -> None:
    assert made.agree() == f"{made.event()}@google.com"


def test_a_series_that_was_deleted_in_google_and_meets_again_is_another_one_everywhere(made: Both) -> None:
    before = made.agree()
    made.people.delete(made.event())
    made.settled()
    assert made.in_files() == set()
    assert {str(event["UID"]) for event in made.files()} == {before}, "whoever has it is told that it ended"
    made.edit_pair(every="week")
    assert made.agree() == f"{made.event()}@google.com" != before


def test_a_pair_that_was_removed_and_brought_back_has_one_uid(made: Both) -> None:
    before = made.agree()
    row = made.other.find("pair", name="Ada & Ben")
    kept = made.other.rows[row]
    made.other.remove(row)
    made.sync(allow={"mass-deletion"})
    assert made.in_files() == made.in_google() == set()
    made.other.rows[row] = kept
    made.other.edit(row, time="18:00")
    assert made.agree() != before


def test_this_and_following_is_another_series_in_files_too(made: Both) -> None:
    made.agree()
    old = made.event()
    new = made.people.split(old, "2026-03-31T15:00:00Z")
    made.settled()
    assert f"{new}@google.com" in made.in_files()
    assert f"{old}@google.com" not in made.in_files()
    assert made.sync(fresh=True).writes == 0


@pytest.mark.parametrize("dropped", [False, True], ids=["", "properties of ours dropped"])
def test_an_adopted_series_keeps_the_uid_that_it_had(tmp_path: Path, dropped: bool) -> None:
    with stage(tmp_path, adopt=True) as found:
        found.__class__ = Both
        assert isinstance(found, Both)
        found.add_folder(tmp_path / "files")
        found.add_pair()
        at = datetime.fromisoformat("2026-03-03T17:00:00+01:00")
        begin, end = (
            {"dateTime": t.isoformat(), "timeZone": "Europe/Berlin"} for t in (at, at + timedelta(minutes=45))
        )
        theirs = found.people.add(
            summary="Ada & Ben", start=begin, end=end, recurrence=["RRULE:FREQ=WEEKLY;INTERVAL=2"]
        )
        found.sync()
        found.settled()
        uid = found.people.events.calendar.events[theirs].body["iCalUID"]
        assert found.agree() == uid
        [path] = found.folder.glob("*.ics")
        if dropped:
            lines = path.read_bytes().split(b"\r\n")
            path.write_bytes(b"\r\n".join(line for line in lines if not line.startswith(b"X-MENTORSYNC")))
        else:
            (found.folder / ".mentorsync" / "checkins.json").unlink()
        assert found.agree() == uid
        text = path.read_bytes()
        path.write_bytes(
            text.replace(b"END:VEVENT", b"EXDATE;TZID=Europe/Berlin:20260317T170000\r\nEND:VEVENT", 1)
        )
        found.settled()
        assert found.checkin(SLOT)["status"] == "skipped"


def test_an_extra_meeting_that_was_deleted_in_google_and_brought_back_has_one_uid(made: Both) -> None:
    made.settled()
    row = made.other.add("checkin", pair="Ada & Ben", starts="2026-03-10T16:00:00Z", status="planned")
    made.settled()
    extra = made.in_google() - {f"{made.event()}@google.com"}
    assert extra < made.in_files() == made.in_google()
    [uid] = extra
    made.people.delete(uid.removesuffix("@google.com"))
    made.other.edit(row, starts="2026-03-11T16:00:00Z")
    made.settled()
    assert made.in_files() == made.in_google()
    assert uid not in made.in_files()


def test_without_google_a_file_keeps_its_uid_whatever_becomes_of_the_series(tmp_path: Path) -> None:
    with stage(tmp_path) as found:
        found.__class__ = Both
        assert isinstance(found, Both)
        text = found.path.read_text("utf-8")
        found.path.write_text(text[: text.index('[[replica]]\nname = "calendar"')], "utf-8")
        found.add_folder(tmp_path / "files")
        found.add_pair()
        found.settled()
        [uid] = found.in_files()
        for every in (None, "week"):
            found.edit_pair(every=every)
            found.settled()
        assert found.in_files() == {uid}
