"""Properties of an event as an operation sets them: a line that says it already is not touched."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from syncengine.model.moments import moment, wall_clock
from syncengine.model.values import Value
from syncengine_ical.document import Component
from syncengine_ical.library import duration, escaped, read_value
from syncengine_ical.mapping import link_of
from syncengine_ical.series import REMOVED
from syncengine_ical.times import later, when_line


def set_words(event: Component, name: str, value: Value) -> None:
    """Set a text property, or take it away. Its parameters stay, but for a second form of the same text."""
    line = event.first(name)
    text = "" if value is None else str(value)
    if (line.words if line else "") == text:
        return
    head = name
    if line is not None:
        head = line.text[: len(line.text) - len(line.value) - 1]
        if "ALTREP" in line.params:  # shown in place of the text: it would hide the new one
            head = f"{name};LANGUAGE={line.params['LANGUAGE']}" if "LANGUAGE" in line.params else name
    event.set(name, [f"{head}:{escaped(text)}"] if text else [])


def set_link(event: Component, link: Value) -> None:
    """Set where they meet; a URL or CONFERENCE with the old link goes, one with something else is people's."""
    before = link_of(event)
    for name in ("URL", "CONFERENCE"):
        event.set(name, [line.text for line in event.all(name) if line.words != before])
    set_words(event, "LOCATION", link)


def set_end(event: Component, starts: str, minutes: float, zone: str) -> None:
    """The end, by the means that the event uses already; DTEND where it has none.

    Where clocks change during the meeting, its local times do not tell its length: then DURATION does.
    """
    ends = later(starts, minutes)
    length = moment(ends) - moment(starts)
    line = event.first("DTSTART")
    local = read_value(line.value) if line else None
    if (
        isinstance(local, datetime)
        and local.tzinfo is None
        and wall_clock(ends, ZoneInfo(zone)) - local != length
    ):
        event.set("DTEND", [])
    elif event.first("DURATION") is None:
        event.set("DTEND", [when_line("DTEND", ends, zone)])
        return
    event.set("DURATION", [f"DURATION:{duration(length)}"])


def set_status(event: Component, *, takes_place: bool) -> None:
    """Whether the event takes place; TENTATIVE does."""
    wrong = (event.value("STATUS").upper() == "CANCELLED") == takes_place
    if wrong or event.first("STATUS") is None:
        event.set("STATUS", [f"STATUS:{'CONFIRMED' if takes_place else 'CANCELLED'}"])


def remove(event: Component) -> None:
    """The gentlest removal: the event stays in the file, cancelled, and marked as deleted by us."""
    set_status(event, takes_place=False)
    event.set(REMOVED, [f"{REMOVED}:TRUE"])
