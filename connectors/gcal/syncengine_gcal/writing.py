"""The bodies that operations make: what an event says now, made to say what the record says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncengine.connector import Operation
from syncengine.model.cadence import Cadence, rrule, slots
from syncengine.model.moments import instant, moment, wall_clock
from syncengine.model.recurrence import Said, read_rule
from syncengine.model.series import START, TIMING
from syncengine.model.values import Fields
from syncengine_gcal.marks import ENDED, MEMBER, MEMBERS, Event, invited, marks, properties
from syncengine_gcal.reading import link_of
from syncengine_gcal.series import Segment, minutes, starts

Body = dict[str, Any]


class Refused(Exception):
    """The operation cannot be carried out, with the reason and the remedy; nothing was changed."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


def when(at: str, zone: str) -> dict[str, str]:
    """A start or end: with its offset, so that a fold is unambiguous, and with its zone, which a series needs."""
    return {"dateTime": moment(at).astimezone(ZoneInfo(zone)).isoformat(), "timeZone": zone}


def span(at: str, long: float, zone: str) -> Body:
    """`start` and `end`."""
    ends = instant(moment(at) + timedelta(minutes=long), ZoneInfo("UTC"))
    return {"start": when(at, zone), "end": when(ends, zone)}


def first_start(cadence: Cadence) -> str:
    """The first meeting's instant. Raises `Refused` for a time that the clocks leave out on that day."""
    zone = ZoneInfo(cadence.zone)
    at = instant(cadence.start, zone)
    if wall_clock(at, zone) != cadence.start:
        raise Refused(
            f"there is no {cadence.time:%H:%M} on {cadence.first} in {cadence.zone}: the clocks go forward",
            "Choose another time, or another day for the first meeting.",
        )
    return at


def new_series(operation: Operation, cadence: Cadence, id: str, invites: str, description: str) -> Body:
    """The event of a pair that has none."""
    record = operation.record
    addresses = _addresses(operation) if invites != "none" else {}
    body: Body = {
        "id": id,
        "summary": record.get("name"),
        "recurrence": [f"RRULE:{rrule(cadence)}"],
        "extendedProperties": {"private": marks("pair", operation.id, id, **_members(record, addresses))},
        **span(first_start(cadence), cadence.minutes, cadence.zone),
    }
    optional = {"location": record.get("link"), "description": description}
    body |= {name: value for name, value in optional.items() if value}
    if addresses:
        body["attendees"] = [{"email": address} for address in sorted(set(addresses.values()))]
    return body


def _addresses(operation: Operation) -> dict[str, str]:
    members = operation.record.get("members")
    known = operation.emails
    return {id: known[id] for id in members if id in known} if isinstance(members, list) else {}


def _members(record: Fields, addresses: Mapping[str, str]) -> dict[str, str]:
    members = record.get("members")
    said = {MEMBERS: ",".join(members) if isinstance(members, list) else ""}
    return said | {f"{MEMBER}{id}": address for id, address in addresses.items()}


def guests(event: Event, operation: Operation, invites: str) -> Body:
    """The change of members: the answers of those who stay are kept, people's own guests stay (gcal.md, 6)."""
    before = invited(event)
    addresses = _addresses(operation) if invites != "none" else before
    members = operation.record.get("members")
    kept = set(members) if isinstance(members, list) else set()
    addresses = {id: address for id, address in addresses.items() if id in kept}
    private: dict[str, str | None] = {f"{MEMBER}{id}": None for id in before if id not in addresses}
    private |= _members(operation.record, addresses)
    now = properties(event)
    changed = {name: value for name, value in private.items() if now.get(name) != value}
    body: Body = {"extendedProperties": {"private": changed}} if changed else {}
    if invites == "none":
        return body
    if event.get("attendeesOmitted"):
        raise Refused("Calendar does not show all guests of this event", "Change its guests in the calendar.")
    wanted = {address.casefold() for address in addresses.values()}
    leaving = {address.casefold() for address in before.values()} - wanted
    there = event.get("attendees", [])
    after = [guest for guest in there if guest["email"].casefold() not in leaving]
    has = {guest["email"].casefold() for guest in after}
    after += [
        {"email": address} for address in sorted(set(addresses.values())) if address.casefold() not in has
    ]
    return body if after == there else {**body, "attendees": after}


def texts(event: Event, fields: Fields) -> Body:
    """Name and place."""
    body: Body = {}
    if "name" in fields and event.get("summary") != fields["name"]:
        body["summary"] = fields["name"] or ""
    if "link" in fields and link_of(event) != fields["link"]:
        body["location"] = fields["link"] or ""
    return body


def replanned(segment: Segment, cadence: Cadence, changed: set[str], now: datetime, *, paused: bool) -> Body:
    """Start, length and recurrence as the cadence has them. Raises `Refused` where the calendar says it in its own way."""
    _check(segment, changed)
    own_way = segment.said is None
    body: Body = {}
    moves = bool(changed & (START if own_way else TIMING))
    at = first_start(cadence) if moves else starts(segment.master)
    long = cadence.minutes if "minutes" in changed else minutes(segment.master)
    zone = cadence.zone if moves else segment.zone
    if (at, long, zone) != (starts(segment.master), minutes(segment.master), segment.zone):
        body |= span(at, long, zone)
    kept = [line for line in segment.master.get("recurrence", ()) if line.startswith("EXDATE")]
    wanted = [f"RRULE:{_rule(segment, cadence, changed, now, paused=paused)}", *kept]
    if wanted != segment.master.get("recurrence") and not _means_the_same(segment, wanted[0], cadence):
        body["recurrence"] = wanted
    return body


def _check(segment: Segment, changed: set[str]) -> None:
    if segment.said is None and "every" in changed:
        raise Refused(
            f"the calendar repeats it in its own way ({segment.rule})",
            "Change the repetition in the calendar.",
        )
    if segment.whole_day and changed & {*TIMING, "minutes"}:
        raise Refused("the calendar has it as a whole day", "Give the series a time in the calendar.")


def _rule(segment: Segment, cadence: Cadence, changed: set[str], now: datetime, *, paused: bool) -> str:
    if segment.said is None and segment.rule:  # people's own: only its end is ours to set
        parts = [p for p in segment.rule.split(";") if p.partition("=")[0].upper() not in ("UNTIL", "COUNT")]
        ends = [part for part in rrule(cadence).split(";") if part.startswith("UNTIL=")]
        rule = ";".join([*parts, *ends]) if changed & {"until", "zone"} else segment.rule
    else:
        rule = rrule(cadence)
    return cut(rule, cadence, now) if paused else rule


def cut(rule: str, cadence: Cadence, now: datetime) -> str:
    """The rule ended before the next meeting, as Calendar's page does it: 23:59:59 of the day before."""
    day = now.astimezone(ZoneInfo(cadence.zone)).date()
    coming = slots(cadence, now, now + timedelta(days=1))
    today = [slot for slot in coming if wall_clock(slot, ZoneInfo(cadence.zone)).date() == day]
    last = day - timedelta(days=1) if today else day
    if cadence.until is not None and cadence.until < last:
        return rule
    end = instant(datetime.combine(last, datetime.max.time().replace(microsecond=0)), ZoneInfo(cadence.zone))
    parts = [part for part in rule.split(";") if part.partition("=")[0] not in ("UNTIL", "COUNT")]
    return ";".join([*parts, "UNTIL=" + end.replace("-", "").replace(":", "")])


def has_past(cadence: Cadence, now: datetime) -> bool:
    """Whether the series has begun by now."""
    return moment(instant(cadence.start, ZoneInfo(cadence.zone))) < now


def _means_the_same(segment: Segment, line: str, cadence: Cadence) -> bool:
    """A rule that people's programs write in other words is left as it is."""
    there = segment.said
    wanted: Said | None = read_rule(line.removeprefix("RRULE:"), cadence.start, ZoneInfo(cadence.zone))
    same_start = (segment.start, segment.zone) == (cadence.start, cadence.zone)
    return there is not None and there == wanted and same_start


def paused_note(record: Fields) -> str:
    """What `PAUSED` says, see there. (What the series itself shows as its end is the beginning of the pause.)"""
    until = str(record.get("until") or "-")
    return until if is_paused(record) else ENDED + until


def with_property(body: Body, name: str, value: str | None) -> Body:
    """The body with one more private property set (`None`: taken away)."""
    private = {**body.get("extendedProperties", {}).get("private", {}), name: value}
    return {**body, "extendedProperties": {"private": private}}


def is_paused(record: Fields) -> bool:
    """Whether the pair does not meet for now."""
    return record.get("status") in ("paused", "closed")
