"""What a calendar holds, and how each write changes it. No HTTP here.

As recorded (compass.*): every change of a series renews the etag and `updated` of its master and of all its exceptions,
and all of them are listed again; a deleted series is a bare stub; an exception that a cut left behind loses its
`recurringEventId`; moving raises `sequence`, rewording does not.
"""

from __future__ import annotations

import copy
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from syncengine_gcal.sandbox import errors, times

_ID = re.compile(r"[a-v0-9]{5,1024}")
_INSTANCE = re.compile(r"(.+)_(\d{8}(?:T\d{6}Z)?)")
_READ_ONLY = frozenset({"kind", "etag", "id", "created", "updated", "creator", "organizer", "htmlLink", "iCalUID",
                        "recurringEventId", "originalStartTime", "hangoutLink", "eventType"})  # fmt: skip


def _address(id: str, calendar: str) -> str:
    """The event's page, as recorded: its id and the calendar, shortened, in base64."""
    short = calendar.replace("@group.calendar.google.com", "@g").replace("@gmail.com", "@m")
    eid = urlsafe_b64encode(f"{id} {short}".encode()).decode().rstrip("=")
    return f"https://www.google.com/calendar/event?eid={eid}"


@dataclass
class Stored:
    """One event: a single one, or a series with its exceptions."""

    body: dict[str, Any]
    exceptions: dict[datetime, dict[str, Any]] = field(default_factory=dict)
    """By slot: what differs from the series; `{"status": "cancelled"}` for one taken out."""
    left: set[str] = field(default_factory=set)
    """Ids of exceptions that a change of the series left behind."""
    turn: int = 0
    updated: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def series(self) -> bool:
        return bool(self.body.get("recurrence"))

    @property
    def cancelled(self) -> bool:
        return bool(self.body["status"] == "cancelled")


@dataclass
class Calendar:
    """One calendar. `turn` counts its changes; a sync token is a turn and an epoch."""

    id: str
    summary: str
    zone: str
    description: str | None = None
    role: str = "owner"
    acl: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, Stored] = field(default_factory=dict)
    turn: int = 0
    epoch: int = 0
    version: int = 0
    updated: datetime = datetime(2026, 1, 1, tzinfo=UTC)


class Events:
    """The events of one calendar, written to by requests and by people alike."""

    def __init__(
        self, calendar: Calendar, owner: str, now: Callable[[], datetime], fresh: Callable[[], str]
    ) -> None:
        self.calendar, self.owner, self._now, self._fresh = calendar, owner, now, fresh
        self.revivable = False
        """Whether a cancelled event may be confirmed again: reports disagree (gcal.md, 1)."""

    # -- shown

    def show(self, stored: Stored) -> dict[str, Any]:
        """The event as `get` and `list` answer it."""
        body = copy.deepcopy(stored.body)
        if stored.series:  # recorded: a series has its first occurrence's page
            first = times.stamp(times.instant(body["start"]), body["start"])
            body["htmlLink"] = _address(f"{body['id']}_{first}", self.calendar.id)
        return {
            "kind": "calendar#event",
            "etag": self.etag(stored),
            **body,
            "updated": _stamp(stored.updated),
        }

    def stub(self, stored: Stored) -> dict[str, Any]:
        """All that a listing tells of a deleted event (compass.delete__all)."""
        return {
            "kind": "calendar#event",
            "etag": self.etag(stored),
            "id": stored.body["id"],
            "status": "cancelled",
        }

    def show_instance(self, stored: Stored, slot: datetime, *, listed: bool = False) -> dict[str, Any]:
        """An occurrence; `listed`: a cancelled one is bare (compass.delete__single)."""
        master, own = stored.body, stored.exceptions.get(slot, {})
        original = times.shown(slot, master["start"], self.calendar.zone)
        id = f"{master['id']}_{times.stamp(slot, master['start'])}"
        head = {"kind": "calendar#event", "etag": self.etag(stored), "id": id}
        tail = {"recurringEventId": master["id"], "originalStartTime": original}
        if listed and own.get("status") == "cancelled":
            return {**head, "status": "cancelled", **tail}
        rest = {
            k: copy.deepcopy(v) for k, v in master.items() if k not in ("id", "recurrence", "start", "end")
        }
        rest["htmlLink"] = _address(id, self.calendar.id)
        ends = times.shown(slot + times.length(master), master["start"], self.calendar.zone)
        body = {**head, **rest, "start": original, "end": ends, **copy.deepcopy(own), **tail}
        return {**body, "updated": _stamp(stored.updated)}

    def etag(self, stored: Stored) -> str:
        """Recorded: twice the microseconds of `updated`, in quotes."""
        return f'"{int(stored.updated.timestamp() * 1_000_000) * 2}"'

    # -- found

    def find(self, id: str) -> tuple[Stored, datetime | None]:
        """The event with that id, and the slot if it is an occurrence. Raises 404."""
        stored = self.calendar.events.get(id)
        if stored is not None:
            return stored, None
        named = _INSTANCE.fullmatch(id)
        master = self.calendar.events.get(named[1]) if named else None
        slot = times.unstamp(named[2]) if named else None
        if master is None or slot is None or not master.series or master.cancelled:
            raise errors.not_found()
        if slot not in master.exceptions and not self.occurs(master, slot):
            raise errors.not_found()
        return master, slot

    def occurs(self, master: Stored, slot: datetime) -> bool:
        """Whether the series has an occurrence there."""
        return slot in times.occurrences(master.body, slot)

    # -- written

    def insert(self, body: Mapping[str, Any]) -> Stored:
        """A new event. Raises 400, 409."""
        said = {key: value for key, value in body.items() if value is not None}
        id = said.get("id")
        if id is not None and not _ID.fullmatch(id):
            raise errors.invalid("Invalid resource id value.")
        if id in self.calendar.events:
            raise errors.duplicate()
        id = id or self._fresh()
        made = _stamp(self._now())[:-4] + "000Z"
        me = {"email": self.owner, "self": True}
        kept = {key: value for key, value in said.items() if key not in _READ_ONLY}
        full = {
            "id": id,
            "status": "confirmed",
            "htmlLink": _address(id, self.calendar.id),
            "created": made,
            "sequence": 0,
            "reminders": {"useDefault": True},
            **kept,
            "creator": me,
            "organizer": me,
            "iCalUID": said.get("iCalUID") or f"{id}@google.com",
            "eventType": "default",
        }
        stored = Stored(self._checked(full))
        self.calendar.events[id] = stored
        self.touch(stored)
        return stored

    def _checked(self, body: dict[str, Any]) -> dict[str, Any]:
        """Times and recurrence checked and as they are shown; empty fields gone. Raises 400."""
        recurring = bool(body.get("recurrence"))
        if not body.get("start") or not body.get("end"):
            raise errors.required("Missing end time." if body.get("start") else "Missing start time.")
        start, end = body["start"], body["end"]
        body["start"] = times.stored(start, end, self.calendar.zone, recurring=recurring)
        body["end"] = times.stored(end, start, self.calendar.zone, recurring=recurring)
        if times.length(body) < timedelta(0):
            raise errors.Refusal(400, "timeRangeEmpty", "The specified time range is empty.", "calendar")
        times.check_recurrence(body.get("recurrence") or [])
        for attendee in body.get("attendees") or []:
            if not attendee.get("email"):
                raise errors.required("Missing attendee email.")
            attendee.setdefault("responseStatus", "needsAction")
        properties = body.get("extendedProperties") or {}
        for place in properties.values():
            if any(len(k) > 44 or len(v) > 1024 for k, v in place.items()) or len(place) > 300:
                raise errors.invalid("Invalid extended property.")
        return {key: value for key, value in body.items() if value not in (None, [], "")}

    def change(
        self, id: str, body: Mapping[str, Any], *, whole: bool = False
    ) -> tuple[Stored, datetime | None]:
        """`patch`, or with `whole` `update`. Raises 400, 403, 404."""
        stored, slot = self.find(id)
        if slot is not None:
            self._change_instance(stored, slot, body, whole=whole)
        else:
            self._change_event(stored, body, whole=whole)
        return stored, slot

    def _change_event(self, stored: Stored, body: Mapping[str, Any], *, whole: bool) -> None:
        before = stored.body
        if stored.cancelled and not (self.revivable and body.get("status") == "confirmed"):
            raise errors.forbidden()
        if body.get("status") == "cancelled":
            self.delete(before["id"])
            return
        base = (
            {k: v for k, v in before.items() if k in _READ_ONLY or k in ("sequence", "status")}
            if whole
            else before
        )
        after = self._checked(_merged(base, body))
        after["sequence"] = max(after.get("sequence", 0), before.get("sequence", 0))
        if _moved(before, after):
            after["sequence"] += 1
        if after == before:
            return  # writing what is there renews nothing (observed for calendars; taken to hold here)
        stored.body = after
        for slot in [slot for slot in stored.exceptions if _moved(before, after, rule=True)]:
            if not stored.series or not self.occurs(stored, slot):
                del stored.exceptions[slot]
                stored.left.add(f"{after['id']}_{times.stamp(slot, before['start'])}")
        self.touch(stored)

    def _change_instance(
        self, stored: Stored, slot: datetime, body: Mapping[str, Any], *, whole: bool
    ) -> None:
        shown = self.show_instance(stored, slot)
        if "recurrence" in body:
            raise errors.invalid()
        base = {k: v for k, v in shown.items() if k in _READ_ONLY} if whole else shown
        merged = _merged(base, body)
        if merged.get("status") == "cancelled":
            own: dict[str, Any] = {**stored.exceptions.get(slot, {}), "status": "cancelled"}
        else:
            after = self._checked(merged)
            if _moved(shown, after):
                after["sequence"] = after.get("sequence", 0) + 1
            own = {k: v for k, v in after.items() if k not in _READ_ONLY and v != stored.body.get(k)}
            own |= {
                k: None for k in stored.body if k not in after and k not in _READ_ONLY and k != "recurrence"
            }
            own = {"status": "confirmed", **own, "start": after["start"], "end": after["end"]}
        if own == stored.exceptions.get(slot):
            return
        stored.exceptions[slot] = {k: v for k, v in own.items() if v is not None or k in stored.body}
        self.touch(stored)

    def delete(self, id: str) -> tuple[Stored, datetime | None]:
        """Cancel an event, a series, or one occurrence. Raises 404, 410."""
        stored, slot = self.find(id)
        if slot is not None:
            if stored.exceptions.get(slot, {}).get("status") == "cancelled":
                raise errors.deleted()
            stored.exceptions[slot] = {"status": "cancelled"}
        else:
            if stored.cancelled:
                raise errors.deleted()
            stored.body["status"] = "cancelled"
            stored.exceptions.clear()
        self.touch(stored)
        return stored, slot

    def touch(self, stored: Stored) -> None:
        """Renew what tells that something changed; never twice the same moment."""
        at = max(self._now(), self.calendar.updated + timedelta(milliseconds=1))
        self.calendar.updated = stored.updated = at
        self.calendar.turn += 1
        stored.turn = self.calendar.turn


def _merged(before: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Patch semantics: maps by key, arrays whole, `null` unsets (gcal.md, 2)."""
    after = copy.deepcopy(dict(before))
    for key, value in body.items():
        if key in _READ_ONLY or key in ("originalStartTime", "recurringEventId"):
            continue
        if (
            isinstance(value, dict)
            and isinstance(after.get(key), dict)
            and key in ("start", "end", "extendedProperties")
        ):
            after[key] = {k: v for k, v in _deep(after[key], value).items() if v is not None}
        else:
            after[key] = copy.deepcopy(value)
    return after


def _deep(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(before)
    for key, value in after.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = {k: v for k, v in {**merged[key], **value}.items() if v is not None}
        else:
            merged[key] = value
    return merged


def _moved(before: Mapping[str, Any], after: Mapping[str, Any], *, rule: bool = False) -> bool:
    if rule and before.get("recurrence") != after.get("recurrence"):
        return True
    return any(times.instant(before[key]) != times.instant(after[key]) for key in ("start", "end"))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
