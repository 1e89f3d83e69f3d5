"""Start, end and recurrence as Calendar takes and shows them, and the expansion of a series.

The expansion is python-dateutil's over local time, made instants by zoneinfo: independent of `model.cadence`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule as dateutil_rrule  # type: ignore[import-untyped] # ships no types

from syncengine_gcal.sandbox.errors import invalid, required

_LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)[;:]")


def stored(when: Mapping[str, Any] | None, other: Mapping[str, Any] | None, zone: str, *, recurring: bool) -> dict[str, Any]:  # fmt: skip
    """One of `start` and `end` checked and as it is shown: with an offset, in the calendar's zone (gcal.md, 4)."""
    said = {key: value for key, value in (when or {}).items() if value is not None}
    if ("dateTime" in said) == ("date" in said) or ("date" in said) != bool((other or {}).get("date")):
        raise invalid("Start and end times must either both be date or both be dateTime.")
    if "date" in said:
        date.fromisoformat(said["date"])
        return {"date": said["date"]}
    if recurring and "timeZone" not in said:
        raise required("Missing time zone definition for start time.")
    try:
        local = datetime.fromisoformat(said["dateTime"])
        own = ZoneInfo(said.get("timeZone") or zone)
    except (ValueError, LookupError, OSError):
        raise invalid() from None
    if local.tzinfo is None and "timeZone" not in said:
        raise required("Missing time zone definition for start time.")
    aware = local if local.tzinfo else local.replace(tzinfo=own)
    shown = aware.astimezone(UTC).astimezone(ZoneInfo(zone)).isoformat()
    return {"dateTime": shown.replace("+00:00", "Z"), "timeZone": own.key}


def instant(when: Mapping[str, Any]) -> datetime:
    """The UTC instant of a shown start or end; midnight UTC for a whole day."""
    if "date" in when:
        return datetime.combine(date.fromisoformat(when["date"]), datetime.min.time(), UTC)
    return datetime.fromisoformat(when["dateTime"]).astimezone(UTC)


def shown(at: datetime, like: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """An instant in the form of another start, in the calendar's zone."""
    if "date" in like:
        return {"date": at.date().isoformat()}
    text = at.astimezone(ZoneInfo(zone)).isoformat().replace("+00:00", "Z")
    return {"dateTime": text, "timeZone": like["timeZone"]}


def check_recurrence(lines: list[str]) -> None:
    """Refuse what Calendar has no room for: DTSTART, DTEND, an unknown line, a rule that makes no sense."""
    for line in lines:
        if not _LINE.match(line):
            raise invalid("Invalid recurrence rule.")
        if line.startswith("RRULE"):
            parts = dict(part.partition("=")[::2] for part in line.partition(":")[2].split(";"))
            if "FREQ" not in parts or ("UNTIL" in parts and "COUNT" in parts):
                raise invalid("Invalid recurrence rule.")
            if "UNTIL" in parts and not re.fullmatch(r"\d{8}T\d{6}Z|\d{8}", parts["UNTIL"]):
                raise invalid("Invalid recurrence rule.")


def occurrences(master: Mapping[str, Any], until: datetime) -> Iterator[datetime]:
    """The UTC instants of a series up to `until`, in order."""
    start = master["start"]
    zone = ZoneInfo(start.get("timeZone") or "UTC")
    first = instant(start) if "date" in start else instant(start).astimezone(zone)
    naive = first.replace(tzinfo=None, fold=0)
    rules = dateutil_rrule.rruleset()
    for line in master["recurrence"]:
        head, _, value = line.partition(":")
        if head == "RRULE":
            rules.rrule(dateutil_rrule.rrulestr(_local_until(value, zone), dtstart=naive))
        elif head.startswith("EXDATE"):
            for text in value.split(","):
                rules.exdate(_local(text, head, zone))
        elif head.startswith("RDATE"):
            for text in value.split(","):
                rules.rdate(_local(text, head, zone))
    for local in rules:
        at = local.replace(tzinfo=zone).astimezone(UTC) if "date" not in start else local.replace(tzinfo=UTC)
        if at > until:
            return
        yield at


def _local_until(rule: str, zone: ZoneInfo) -> str:
    def local(found: re.Match[str]) -> str:
        end = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(zone)
        return f"UNTIL={end:%Y%m%dT%H%M%S}"

    return re.sub(r"UNTIL=(\d{8}T\d{6}Z)", local, rule)


def _local(text: str, head: str, zone: ZoneInfo) -> datetime:
    if text.endswith("Z"):
        at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return at.astimezone(zone).replace(tzinfo=None)
    if "T" not in text:
        return datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - local, as dateutil has it
    named = re.search(r"TZID=([^;:]+)", head)
    local = datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - its zone is set next
    if named and named[1] != zone.key:
        return local.replace(tzinfo=ZoneInfo(named[1])).astimezone(zone).replace(tzinfo=None)
    return local


def stamp(at: datetime, like: Mapping[str, Any]) -> str:
    """The part of an instance's id that names its slot (recorded: `…_20250328T150000Z`)."""
    return f"{at:%Y%m%d}" if "date" in like else f"{at:%Y%m%dT%H%M%SZ}"


def unstamp(text: str) -> datetime | None:
    """The slot that a stamp names, or `None`."""
    for form in ("%Y%m%dT%H%M%SZ", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def length(event: Mapping[str, Any]) -> timedelta:
    """How long an event takes."""
    return instant(event["end"]) - instant(event["start"])
