"""One pair's part of a file, open for changes; what every change has in common is done here at the end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from syncengine.model.moments import instant
from syncengine_ical.document import Component, Document, new_component
from syncengine_ical.identity import Known, give
from syncengine_ical.library import escaped
from syncengine_ical.recognition import read_series
from syncengine_ical.series import ID, KIND, Series, sequence
from syncengine_ical.times import stamp

PRODID = "-//mentorsync//calendar folder//EN"
_REVISED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS")
"""What raises SEQUENCE when it changes (RFC 5546, 2.1.4)."""


class Refused(Exception):
    """The operation cannot be carried out, with the reason and the remedy; nothing was changed."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def new_document(name: str | None) -> Document:
    """An empty calendar; `name` is what programs call it."""
    texts = ["VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN"]
    if name:
        texts.append(f"X-WR-CALNAME:{escaped(name)}")
    document = Document()
    document.entries.append(new_component("VCALENDAR", texts))
    return document


class Editor:
    """See the module. `series` is what the document says now."""

    def __init__(
        self,
        document: Document,
        pair: str,
        known: Mapping[str, str],
        default: ZoneInfo,
        now: datetime,
        own: Collection[str] = (),
        uids: Mapping[str, str] | None = None,
    ) -> None:
        """`known`: slot to check-in id, of those that have a record; `now`: aware, for the stamps of what changes;
        `own`: check-ins that are known to have an event of their own; `uids`: see `Known.uids`.

        Raises `Refused` when the pair's part cannot be understood.
        """
        self.document, self.pair, self.default = document, pair, default
        self.known = dict(known)
        self._mine = Known({pair, *known.values(), *own}, dict(uids or {}))
        self._now = stamp(instant(now, default))
        self.series = self._read()
        self.minutes_before = self.series.minutes
        self.replanned = False
        """Whether the series was given other times, so that meetings may have lost their slots."""
        self.renamed = False
        """Whether an event got another UID."""
        self.stuck = False
        """Whether the series was to be changed and could not be."""
        self._revisions = {id(event): (event, _revision(event), _bytes(event)) for event in self.events()}

    def _read(self) -> Series:
        series, problems = read_series(self.document, self.default, self._mine)
        if any(problem.pair == self.pair and problem.hides_series for problem in problems):
            raise Refused("the series can't be read as it is", "See what is said about its file.")
        return series.get(self.pair) or Series(self.pair, self.document.calendars[0], self.default, {})

    def refresh(self) -> None:
        """Understand the document anew, after a change."""
        self.series = self._read()

    def events(self) -> list[Component]:
        """All events of the pair."""
        series = self.series
        return [
            e for e in (series.master, *series.exceptions.values(), *series.own.values()) if e is not None
        ]

    def new_event(self, uid: str, id: str, kind: str) -> Component:
        """A new event at the end of the calendar."""
        texts = [f"UID:{uid}", "SEQUENCE:0", f"{ID}:{id}", f"{KIND}:{kind}"]
        event = new_component("VEVENT", texts, self.series.calendar.ending)
        self.series.calendar.entries.append(event)
        return event

    def identify(self, wanted: Mapping[str, str]) -> None:
        """Give the events that take place the UIDs that other calendars have for them."""
        changed = give(self.series, wanted)
        if changed:
            self._mine = Known(self._mine.ids, {**self._mine.uids, **changed})
            self.renamed = True
            self.refresh()

    def finish(self) -> None:
        """Raise the revision of what needs it, and stamp what changed; an unchanged event keeps every byte."""
        for event in self.events():
            known = self._revisions.get(id(event))
            if known is not None and known[2] == _bytes(event):
                continue
            if known is not None and known[1] != _revision(event):
                event.set("SEQUENCE", [f"SEQUENCE:{sequence(event) + 1}"])
            for name in ("DTSTAMP", "LAST-MODIFIED"):
                event.set(name, [f"{name}:{self._now}"])


def _revision(event: Component) -> list[str]:
    return [line.text for name in _REVISED for line in event.all(name)]


def _bytes(event: Component) -> bytes:
    return b"".join(event.chunks())
