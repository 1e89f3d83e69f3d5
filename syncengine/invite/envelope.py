"""A message as iCalendar (RFC 5545, 5546) and as e-mail (RFC 6047). icalendar is loaded when one is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from syncengine.invite.messages import Meeting, Message
from syncengine.model.cadence import rrule
from syncengine.model.moments import moment, show_instant
from syncengine.model.vtimezone import observances

if TYPE_CHECKING:
    import icalendar

PRODID = "-//mentorsync//invitations//EN"
_OPEN_ENDED = 25


def calendar_of(message: Message, title: str, link: str | None, sender: str, stamp: datetime) -> bytes:
    """The iCalendar object: METHOD, the zones it uses, one VEVENT for each meeting."""
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("method", message.method)
    for zone, begin, end in _zones(message):
        calendar.add_component(_timezone(zone, begin, end))
    for meeting in message.meetings:
        calendar.add_component(_event(message, meeting, title, link, sender, stamp))
    written: bytes = calendar.to_ical()
    return written


def _zone_of(message: Message) -> str:
    return next((m.standing.zone for m in message.meetings if m.standing), "UTC")


def _zones(message: Message) -> Iterator[tuple[str, int, int]]:
    zone = _zone_of(message)
    if zone != "UTC":
        cadence = next(m.standing.cadence for m in message.meetings if m.standing)
        end = cadence.until.year + 1 if cadence.until else cadence.first.year + _OPEN_ENDED
        yield zone, cadence.first.year - 1, end


def _timezone(zone: str, begin: int, end: int) -> Any:
    import icalendar

    lines = ["BEGIN:VTIMEZONE", f"TZID:{zone}"]
    for name, texts in observances(zone, begin, end):
        lines += [f"BEGIN:{name}", *texts, f"END:{name}"]
    return icalendar.Timezone.from_ical("\r\n".join([*lines, "END:VTIMEZONE", ""]).encode())


def _event(message: Message, meeting: Meeting, title: str, link: str | None, sender: str, stamp: datetime) -> icalendar.Event:  # fmt: skip
    import icalendar

    zone = ZoneInfo(meeting.standing.zone) if meeting.standing else UTC
    event = icalendar.Event()
    event.add("uid", meeting.uid)
    event.add("dtstamp", stamp.astimezone(UTC).replace(microsecond=0))
    event.add("sequence", meeting.sequence)
    event.add("summary", title)
    starts = moment(meeting.starts).astimezone(zone)
    event.add("dtstart", starts)
    event.add("dtend", (moment(meeting.starts) + timedelta(minutes=meeting.minutes)).astimezone(zone))
    if meeting.slot is not None:
        event.add("recurrence-id", moment(meeting.slot))
    if meeting.standing is not None:
        event.add("rrule", icalendar.vRecur.from_ical(rrule(meeting.standing.cadence)))
        for slot in meeting.standing.skipped if not meeting.cancelled else ():
            event.add("exdate", moment(slot).astimezone(zone))
    event.add("status", "CANCELLED" if meeting.cancelled else "CONFIRMED")
    if link:
        event.add("location", link)
    organizer = icalendar.vCalAddress(f"mailto:{sender}")
    event["organizer"] = organizer
    for address, name in message.guests:
        event.add("attendee", _attendee(address, name), encode=False)
    return event


def _attendee(address: str, name: str) -> icalendar.vCalAddress:
    import icalendar

    guest = icalendar.vCalAddress(f"mailto:{address}")
    guest.params["CN"] = icalendar.vText(name)
    for key, value in (("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION"), ("RSVP", "TRUE")):
        guest.params[key] = icalendar.vText(value)
    return guest


def mail_of(
    message: Message, title: str, link: str | None, sender: str, to: str, stamp: datetime
) -> EmailMessage:
    """The e-mail to one person: words for them, and the calendar part for their program."""
    zone = ZoneInfo(_zone_of(message))
    lines = [f"{title}: {message.why}.", ""]
    for meeting in message.meetings:
        at = show_instant(meeting.starts, zone)
        lines.append(
            f"{'Cancelled: ' if meeting.cancelled else ''}{at} ({zone.key}), {meeting.minutes} minutes{_repeats(meeting)}"
        )
    if link:
        lines += ["", f"Where: {link}"]
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = f"{title}: {message.why}"
    mail["Date"] = format_datetime(stamp)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    mail.set_content("\n".join(lines) + "\n")
    text = calendar_of(message, title, link, sender, stamp).decode()
    mail.add_alternative(text, subtype="calendar", params={"method": message.method}, cte="base64")
    return mail


def _repeats(meeting: Meeting) -> str:
    return f", then every {meeting.standing.cadence.every}" if meeting.standing else ""
