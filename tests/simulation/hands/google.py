"""People at Google's calendar page, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from syncengine.testing.tool import Impossible, Row
from syncengine_gcal.sandbox import CalendarSandbox, times
from syncengine_gcal.sandbox.listing import events_list
from syncengine_gcal.sandbox.people import People
from tests.simulation.hands.calendars import Calendar, Meetings
from tests.simulation.hands.values import canonical


class GoogleHands(Calendar):
    """Somebody at Google's page. The handle is the pair's id."""

    def __init__(self, box: CalendarSandbox, title: str) -> None:
        self.box, self.title = box, title
        self.continued: dict[str, str] = {}
        """Series that people made by changing "this and following", to the pair that they are of."""
        self.copies: set[str] = set()

    @property
    def page(self) -> People:
        return self.box.people(self.title)

    def _pair(self, id: str) -> str | None:
        """Whose meetings an event has; `None`: people's own, copies included."""
        stored = self.page.events.calendar.events.get(id)
        if stored is None or id in self.copies:
            return None
        private = stored.body.get("extendedProperties", {}).get("private", {})
        mark = private.get("mentorsync", "")
        return private.get("mentorsync.pair") or self.continued.get(id) or mark.partition(":")[2] or None

    def _series(self) -> dict[str, str]:
        """Pair to the id of its last series."""
        found: dict[str, tuple[str, str]] = {}
        for id, stored in self.page.events.calendar.events.items():
            pair = self._pair(id)
            if stored.series and not stored.cancelled and pair:
                found[pair] = max(found.get(pair, ("", "")), (stored.body["start"]["dateTime"], id))
        return {pair: id for pair, (_, id) in found.items()}

    @property
    def rows(self) -> Mapping[str, Row]:
        events = self.page.events.calendar.events
        return {
            pair: Row(
                "pair",
                pair,
                {"name": events[id].body.get("summary"), "link": events[id].body.get("location") or None},
            )
            for pair, id in self._series().items()
        }

    def edit(self, handle: str, **fields: Any) -> None:
        words = {"name": "summary", "link": "location"}
        said = {words[name]: value or "" for name, value in fields.items()}
        if said:
            self.page.edit(self._series()[handle], **said)

    def remove(self, handle: str) -> None:
        self.page.delete(self._series()[handle])

    def texts(self) -> Iterable[str]:
        for calendar in self.box.calendars.values():
            for stored in calendar.events.values():
                yield f"{stored.body} {stored.exceptions}"
        yield from (exchange.request.body.decode("utf-8", "replace") for exchange in self.box.log)

    def _instances(self) -> Iterable[Mapping[str, Any]]:
        listed = events_list(self.page.events, {"singleEvents": "true", "maxResults": "2500"}, self.box.now())
        return [one for one in listed["items"] if one.get("status") != "cancelled"]

    def meetings(self, begin: datetime, end: datetime) -> Meetings:
        found: dict[str, set[str]] = {}
        for one in self._instances():
            pair = self._pair(one.get("recurringEventId") or one["id"])
            if pair is None:
                continue
            starts = datetime.fromisoformat(one["start"]["dateTime"])
            if begin <= starts < end:
                found.setdefault(pair, set()).add(canonical(starts))
        return found

    def slots(self, handle: str, begin: datetime, end: datetime) -> list[str]:
        body = self.page.events.calendar.events[self._series()[handle]].body
        return [canonical(at) for at in times.occurrences(body, end) if begin <= at < end]

    def reschedule(self, handle: str, slot: str, starts: str) -> None:
        self._try("move", handle, slot, starts)

    def skip(self, handle: str, slot: str) -> None:
        self._try("cancel", handle, slot)

    def split(self, handle: str, slot: str, shift: timedelta, *, keeps: bool) -> None:
        """Change "this and following events"."""
        try:
            made = self._try("split", handle, slot, shift=shift, keeps_properties=keeps)
            self.continued[made] = handle
        except ValueError as error:
            raise Impossible(str(error)) from None

    def answer(self, handle: str, slot: str | None, response: str, number: int) -> None:
        """A guest answers for the series or one meeting."""
        guests = self.page.events.calendar.events[self._series()[handle]].body.get("attendees") or []
        if not guests:
            raise Impossible("nobody is invited")
        self._try("answer", handle, guests[number % len(guests)]["email"], response, slot)

    def duplicate(self, handle: str) -> None:
        """Copy the series, private properties and all."""
        self.copies.add(self._try("duplicate", handle))

    def _try(self, what: str, handle: str, *said: Any, **more: Any) -> Any:
        try:
            return getattr(self.page, what)(self._series()[handle], *said, **more)
        except Exception as error:
            if type(error).__name__ != "Refusal":
                raise
            raise Impossible(str(error)) from error

    def heal(self) -> None:
        self.box.fault = lambda _request: None
