"""Answers to invitations, as files with METHOD:REPLY: who comes to which meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from syncengine.model.moments import instant
from syncengine.model.series import record_of

_WORDS = {"ACCEPTED": "yes", "DECLINED": "no", "TENTATIVE": "maybe"}


@dataclass(frozen=True)
class Reply:
    """One answer of one person."""

    event: str
    """The pair's id, or that of a check-in with an event of its own."""
    slot: str | None
    """Which occurrence; `None`: the whole series."""
    address: str
    answer: str
    """`yes`, `no` or `maybe`."""
    stamp: str
    """When it was given, to tell the newest of two."""


def read_replies(data: bytes, adopted: Mapping[str, str] | None = None) -> list[Reply]:
    """The answers in a file; [] for one that is no reply. Raises `ValueError` for what is no calendar.

    `adopted`: UIDs that are not made of a record's id, each with its record.
    """
    import icalendar

    try:
        calendars = icalendar.Calendar.from_ical(data, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError("is not an iCalendar file") from error
    found = []
    for calendar in calendars:
        if str(calendar.get("METHOD", "")).upper() == "REPLY":
            for event in calendar.walk("VEVENT"):
                found += _of_event(event, adopted or {})
    return found


def _of_event(event: Any, adopted: Mapping[str, str]) -> list[Reply]:
    uid = str(event.get("UID", ""))
    id = adopted.get(uid) or record_of(uid)
    if id is None:
        return []
    slot = _instant(event.get("RECURRENCE-ID"))
    stamp = _instant(event.get("DTSTAMP")) or ""
    said = event.get("ATTENDEE")
    guests = said if isinstance(said, list) else [said] if said is not None else []
    replies = []
    for guest in guests:
        answer = _WORDS.get(str(guest.params.get("PARTSTAT", "")).upper())
        address = str(guest).lower().removeprefix("mailto:")
        if answer:
            replies.append(Reply(id, slot, address, answer, stamp))
    return replies


def _instant(value: object) -> str | None:
    when = getattr(value, "dt", None)
    return instant(when, ZoneInfo("UTC")) if isinstance(when, datetime) else None


def answer_key(reply: Reply) -> str:
    """Under which an answer is kept."""
    return f"{reply.event} {reply.slot or ''}"


def came(
    answers: Mapping[str, Mapping[str, Sequence[str]]],
    event: str,
    slot: str | None,
    people: Mapping[str, str],
) -> list[str] | None:
    """The people who said they come to a meeting; `None` where too few answers tell anything.

    `answers`: as kept, key to address to (answer, stamp). What was said of one meeting goes before what was said of
    the series. `people`: address to person. All who answered no, and nobody else: [].
    """
    said: dict[str, str] = {}
    for key in (f"{event} ", *([f"{event} {slot}"] if slot else [])):
        said.update({address: answer for address, (answer, _) in answers.get(key, {}).items()})
    known = {people[address]: answer for address, answer in said.items() if address in people}
    yes = sorted(person for person, answer in known.items() if answer == "yes")
    if len(yes) >= 2:
        return yes
    return [] if known and len(known) == len(people) and set(known.values()) == {"no"} else None
