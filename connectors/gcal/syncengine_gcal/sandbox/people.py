"""What people do in Google's web page, as the recordings show it."""

from __future__ import annotations

import copy
import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncengine_gcal.sandbox import times
from syncengine_gcal.sandbox.calendars import Events, Stored


class People:
    """Somebody at the calendar. Slots and times are canonical instants, `2026-03-03T16:00:00Z`."""

    def __init__(self, events: Events) -> None:
        self.events = events

    def find(self, summary: str) -> Stored:
        """The series (else the single event) with that title that begins last and is not cancelled."""
        found = [
            s
            for s in self.events.calendar.events.values()
            if s.body.get("summary") == summary and not s.cancelled
        ]
        if not found:
            raise LookupError(summary)
        return max(found, key=lambda s: (s.series, times.instant(s.body["start"])))

    def move(self, event: str, slot: str, starts: str, minutes: float | None = None) -> None:
        """Drag one occurrence to another time."""
        stored, at, start = self.events.calendar.events[event], _at(slot), _at(starts)
        long = timedelta(minutes=minutes) if minutes else times.length(stored.body)
        zone, like = self.events.calendar.zone, stored.body["start"]
        self.events.change(self._instance(stored, at), {"start": times.shown(start, like, zone),
                                                        "end": times.shown(start + long, like, zone)})  # fmt: skip

    def cancel(self, event: str, slot: str) -> None:
        """Delete one occurrence ("this event")."""
        stored = self.events.calendar.events[event]
        self.events.delete(self._instance(stored, _at(slot)))

    def restore(self, event: str, slot: str) -> None:
        """Undo what was done to one occurrence: it is as the series has it."""
        stored = self.events.calendar.events[event]
        self.events.change(self._instance(stored, _at(slot)), {"status": "confirmed"})

    def delete(self, event: str) -> None:
        """Delete a single event or "all events" of a series."""
        self.events.delete(event)

    def edit(self, event: str, **fields: Any) -> None:
        """Change "all events": the exceptions are reworded as well (compass.edit__all__all-1)."""
        stored = self.events.calendar.events[event]
        self.events.change(event, fields)
        for own in stored.exceptions.values():
            for name in ("summary", "description", "location"):
                if name in fields:
                    own.pop(name, None)
        self.events.touch(stored)

    def edit_one(self, event: str, slot: str, **fields: Any) -> None:
        """Change "this event"."""
        self.events.change(self._instance(self.events.calendar.events[event], _at(slot)), fields)

    def describe(self, event: str, text: str, slot: str | None = None) -> None:
        """Type into the description: the page stores HTML with its own ideas of blanks and links."""
        target = event if slot is None else self._instance(self.events.calendar.events[event], _at(slot))
        self.events.change(target, {"description": as_page_writes(text)})

    def description(self, event: str, slot: str | None = None) -> str:
        """The description as it is stored."""
        stored = self.events.calendar.events[event]
        shown = self.events.show(stored) if slot is None else self.events.show_instance(stored, _at(slot))
        return str(shown.get("description", ""))

    def split(self, event: str, slot: str, *, shift: timedelta = timedelta(0), recurrence: list[str] | None = None,
              keeps_properties: bool = True, **fields: Any) -> str:  # fmt: skip
        """Change "this and following events"; returns the id of the new series.

        Recorded: the old series ends at 23:59:59 of the local day before. Where the time stays, the new id is
        `{stem}_R{slot}`; where it changes, a fresh one with the old `created` and a higher `sequence`.
        """
        old, at = self.events.calendar.events[event], _at(slot)
        if at <= times.instant(old.body["start"]):
            raise ValueError("from the first meeting on the page changes the whole series")
        before = copy.deepcopy(old.body)
        self.trim(event, at)
        zone, like = self.events.calendar.zone, before["start"]
        body = {k: v for k, v in before.items() if k not in ("id", "iCalUID", "recurrence")}
        if not keeps_properties:
            body.pop("extendedProperties", None)
        rules = recurrence or [re.sub(r";(UNTIL|COUNT)=[^;]*", "", line) for line in before["recurrence"]]
        start = at + shift
        long = times.length(before)
        body |= {"start": times.shown(start, like, zone), "end": times.shown(start + long, like, zone),
                 "recurrence": rules, **fields}  # fmt: skip
        new = Stored(body)
        stem = event.partition("_R")[0]
        body["id"] = self.events._fresh() if shift else f"{stem}_R{at:%Y%m%dT%H%M%S}"
        body["iCalUID"] = f"{body['id']}@google.com"
        body["sequence"] = before.get("sequence", 0) + bool(shift)
        self.events.calendar.events[body["id"]] = new
        self.events.touch(new)
        new.updated = old.updated
        return str(body["id"])

    def trim(self, event: str, at: datetime) -> None:
        """Delete "this and following events": an UNTIL just before the local day of `at`."""
        stored = self.events.calendar.events[event]
        zone = ZoneInfo(stored.body["start"].get("timeZone") or "UTC")
        day = at.astimezone(zone).date()
        end = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC) - timedelta(seconds=1)
        rules = [re.sub(r";(UNTIL|COUNT)=[^;]*", "", line) + f";UNTIL={end:%Y%m%dT%H%M%SZ}" if line.startswith("RRULE") else line
                 for line in stored.body["recurrence"]]  # fmt: skip
        self.events.change(event, {"recurrence": rules})

    def answer(self, event: str, who: str, response: str, slot: str | None = None) -> None:
        """A guest says accepted, declined or tentative, to the series or to one meeting."""
        stored = self.events.calendar.events[event]
        shown = self.events.show(stored) if slot is None else self.events.show_instance(stored, _at(slot))
        guests = [
            {**guest, "responseStatus": response} if guest["email"] == who else guest
            for guest in shown["attendees"]
        ]
        target = event if slot is None else self._instance(stored, _at(slot))
        self.events.change(target, {"attendees": guests})

    def invite(self, event: str, who: str) -> None:
        """Add a guest of one's own."""
        stored = self.events.calendar.events[event]
        guests = [*stored.body.get("attendees", ()), {"email": who, "responseStatus": "needsAction"}]
        self.events.change(event, {"attendees": guests})

    def duplicate(self, event: str) -> str:
        """Copy an event, private properties and all (the worst case, gcal.md, 7)."""
        body = copy.deepcopy(self.events.calendar.events[event].body)
        for name in ("id", "iCalUID", "created"):
            del body[name]
        return str(self.events.insert(body).body["id"])

    def add(self, **body: Any) -> str:
        """An event of one's own."""
        return str(self.events.insert(body).body["id"])

    def _instance(self, stored: Stored, slot: datetime) -> str:
        return f"{stored.body['id']}_{times.stamp(slot, stored.body['start'])}"


def as_page_writes(text: str) -> str:
    """Plain text as Google's page stores it: HTML with `<br>`, `&nbsp;` and links made clickable."""
    marked = html.escape(text, quote=False).replace("  ", " &nbsp;")
    marked = re.sub(r"(https?://[^\s<]+)", r'<a href="\1" target="_blank">\1</a>', marked)
    return marked.replace("\n", "<br>")


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant.replace("Z", "+00:00")).astimezone(UTC)
