"""`events.list`: pages, sync tokens, and what may not be combined with one (gcal.md, 8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from syncengine_gcal.sandbox import errors, times
from syncengine_gcal.sandbox.calendars import Events, Stored

_NOT_WITH_TOKEN = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax",
                   "updatedMin")  # fmt: skip
_LONGEST = timedelta(days=366)
LARGEST_PAGE = 2500


def events_list(events: Events, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """One page. Raises 400, 410."""
    calendar = events.calendar
    since, single = 0, query.get("singleEvents") == "true"
    token = _read_token(query["syncToken"]) if "syncToken" in query else None
    if token is not None:
        if any(name in query for name in _NOT_WITH_TOKEN) or query.get("showDeleted") == "false":
            raise errors.invalid("Sync token cannot be combined with other query restrictions.")
        if token.get("calendar") != calendar.id or token.get("epoch") != calendar.epoch:
            raise errors.full_sync_required()
        since = token["turn"]
    deleted = token is not None or query.get("showDeleted") == "true"
    found = [s for s in calendar.events.values() if s.turn > since]
    found.sort(key=lambda s: s.turn)
    items = [
        item for stored in found for item in _items(events, stored, deleted=deleted, single=single, now=now)
    ]
    items = [item for item in items if _wanted(item, query)]
    page = _read_token(query["pageToken"]) if "pageToken" in query else {"offset": 0, "turn": calendar.turn}
    size = min(int(query.get("maxResults", 250)), LARGEST_PAGE)
    offset = page["offset"]
    answer: dict[str, Any] = {
        "kind": "calendar#events", "etag": f'"p{calendar.turn:015d}"', "summary": calendar.summary,
        "description": calendar.description or "", "updated": times_stamp(calendar.updated), "timeZone": calendar.zone,
        "accessRole": calendar.role, "defaultReminders": [], "items": items[offset : offset + size],
    }  # fmt: skip
    if offset + size < len(items):
        answer["nextPageToken"] = _token({"offset": offset + size, "turn": page["turn"]})
    else:
        answer["nextSyncToken"] = _token(
            {"calendar": calendar.id, "epoch": calendar.epoch, "turn": page["turn"]}
        )
    return answer


def _items(
    events: Events, stored: Stored, *, deleted: bool, single: bool, now: datetime
) -> list[dict[str, Any]]:
    if stored.cancelled:
        return [events.stub(stored)] if deleted else []
    if not stored.series:
        return [events.show(stored)]
    if single:
        slots = [*times.occurrences(stored.body, now + _LONGEST)]
        shown = [
            events.show_instance(stored, slot, listed=True) for slot in sorted({*slots, *stored.exceptions})
        ]
        return [item for item in shown if deleted or item["status"] != "cancelled"]
    # Cancelled occurrences are listed whether or not deleted events are asked for (observed.md).
    instances = [events.show_instance(stored, slot, listed=True) for slot in sorted(stored.exceptions)]
    etag = events.etag(stored)
    left = [
        {"kind": "calendar#event", "etag": etag, "id": id, "status": "cancelled"}
        for id in sorted(stored.left)
    ]
    return [events.show(stored), *instances, *(left if deleted else [])]


def _wanted(item: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    if "iCalUID" in query and item.get("iCalUID") != query["iCalUID"]:
        return False
    if "privateExtendedProperty" in query:
        key, _, value = query["privateExtendedProperty"].partition("=")
        return bool(item.get("extendedProperties", {}).get("private", {}).get(key) == value)
    return True


def _token(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, sort_keys=True).encode()).decode()


def _read_token(text: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(text.encode()))
    except ValueError:
        raise errors.invalid() from None
    if not isinstance(found, dict):
        raise errors.invalid()
    return found


def times_stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
