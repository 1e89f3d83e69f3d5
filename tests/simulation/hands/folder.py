"""People at a calendar program that keeps a folder of iCalendar files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import recurring_ical_events

from syncengine.testing.tool import Row
from tests.simulation.hands.calendars import Calendar, Meetings
from tests.simulation.hands.values import canonical


class FolderHands(Calendar):
    """A calendar program that reads and writes files with the icalendar library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _files(self) -> dict[str, tuple[Path, icalendar.Calendar, icalendar.Event]]:
        found = {}
        for path in sorted(self.folder.glob("*.ics")):
            calendar = icalendar.Calendar.from_ical(path.read_bytes())
            for event in calendar.events:
                if "RRULE" in event and event.get("STATUS") != "CANCELLED":
                    found[_pair(event)] = path, calendar, event
        return found

    def _save(self, path: Path, calendar: icalendar.Calendar) -> None:
        path.write_bytes(calendar.to_ical(sorted=False))

    @property
    def rows(self) -> Mapping[str, Row]:
        return {
            pair: Row(
                "pair",
                pair,
                {"name": str(event.get("SUMMARY", "")), "link": str(event.get("LOCATION", "")) or None},
            )
            for pair, (_, _, event) in self._files().items()
        }

    def edit(self, handle: str, **fields: Any) -> None:
        path, calendar, event = self._files()[handle]
        for name, value in fields.items():
            event[{"name": "SUMMARY", "link": "LOCATION"}[name]] = icalendar.vText(value or "")
        if fields:
            self._save(path, calendar)

    def remove(self, handle: str) -> None:
        self._files()[handle][0].unlink()

    def texts(self) -> Iterable[str]:
        for path in self.folder.rglob("*"):
            if path.is_file():
                yield path.read_bytes().replace(b"\r\n ", b"").decode("utf-8", "replace")

    def meetings(self, begin: datetime, end: datetime) -> Meetings:
        found: dict[str, set[str]] = {}
        for path in sorted(self.folder.glob("*.ics")):
            calendar = icalendar.Calendar.from_ical(path.read_bytes())
            pair = next((_pair(e) for e in calendar.events if "RRULE" in e), "")
            for event in recurring_ical_events.of(calendar).between(begin - timedelta(days=1), end):
                starts = event["DTSTART"].dt.astimezone(UTC)
                if event.get("STATUS") != "CANCELLED" and begin <= starts < end:
                    found.setdefault(pair, set()).add(canonical(starts))
        return found

    def slots(self, handle: str, begin: datetime, end: datetime) -> list[str]:
        series = icalendar.Calendar()
        series.add_component(self._files()[handle][2])
        found = recurring_ical_events.of(series).between(begin, end)
        return sorted(canonical(event["DTSTART"].dt) for event in found)

    def reschedule(self, handle: str, slot: str, starts: str) -> None:
        self._except(handle, slot, starts, "CONFIRMED")

    def skip(self, handle: str, slot: str) -> None:
        self._except(handle, slot, slot, "CANCELLED")

    def _except(self, handle: str, slot: str, starts: str, status: str) -> None:
        """One occurrence as a program writes it that was changed: a copy of the series' own event."""
        path, calendar, event = self._files()[handle]
        zone, long = event["DTSTART"].dt.tzinfo, event["DTEND"].dt - event["DTSTART"].dt
        at = datetime.fromisoformat(slot)
        for other in list(calendar.events):
            if "RECURRENCE-ID" in other and other["RECURRENCE-ID"].dt.astimezone(UTC) == at:
                calendar.subcomponents.remove(other)
        made = icalendar.Event.from_ical(event.to_ical())
        for name in ("RRULE", "DTSTART", "DTEND", "EXDATE", "STATUS"):
            with suppress(KeyError):
                del made[name]
        begin = datetime.fromisoformat(starts).astimezone(zone)
        made.add("RECURRENCE-ID", at.astimezone(zone))
        made.add("DTSTART", begin)
        made.add("DTEND", begin + long)
        made.add("STATUS", status)
        calendar.add_component(made)
        self._save(path, calendar)


def _pair(event: icalendar.Event) -> str:
    """Whose series it is; the UID is Google's own where that made the series anew."""
    return str(event.get("X-MENTORSYNC-ID") or str(event["UID"]).partition("@")[0])
