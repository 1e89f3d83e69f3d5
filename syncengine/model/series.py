"""What a calendar's recurring event says of its pair, in the pair's fields: the same for every calendar."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from syncengine.model.cadence import DEFAULT_MINUTES, read_time, read_zone
from syncengine.model.ids import is_id
from syncengine.model.recurrence import Said
from syncengine.model.values import Fields, Unreadable, Value

PAIR_FIELDS = frozenset(
    {"name", "status", "every", "first_meeting", "time", "zone", "minutes", "until", "link", "agenda"}
)
CHECKIN_FIELDS = frozenset({"pair", "starts", "minutes", "status", "slot"})
UID_DOMAIN = "@google.com"
"""What follows a record's id in the UID of its event. Google makes just that of an id we choose (recorded), and cannot be
given another beside it (gcal.md, 1); so every calendar, file and invitation says the same, and no meeting shows twice."""
_UID = re.compile(r"([0-9a-v]{26})(?:g[1-9]\d*|_R\w+)?" + re.escape(UID_DOMAIN))

START = frozenset({"first_meeting", "time", "zone"})
TIMING = START | {"every", "until"}
"""What moves the meetings of a series, beside their length."""


def timing(
    start: datetime, said: Said | None, rule: str | None, zone: str | Unreadable | None, *, whole_day: bool
) -> dict[str, str | Unreadable | None]:
    """`first_meeting`, `every`, `until`, `time` and `zone` as an event tells them; a field it cannot tell is left out.

    `start`: the naive local time at which the event starts. `said`: what its one rule means in a pair's words;
    `None`: there are none, and `rule` is the text that stands there. `zone`: `None` where the event has none.
    """
    found: dict[str, str | Unreadable | None] = {
        "first_meeting": (said.first if said else start.date()).isoformat()
    }
    if said is not None:
        found["every"] = said.every
        found["until"] = said.until.isoformat() if said.until else None
    else:
        found["every"] = Unreadable(
            rule or "(no repetition)",
            "is a repetition that a pair has no word for",
            "Make it weekly, every 2, 3 or 4 weeks, or monthly on the same weekday; until then it stays as it is.",
        )
    if whole_day:
        found["time"] = Unreadable(
            "(whole day)", "is not a time of day", "Give the series a time in a calendar program."
        )
        return found
    local = start.time()
    found["time"] = local.isoformat("seconds" if local.second else "minutes")
    if zone is not None:
        found["zone"] = zone
    return found


def uid_of(id: str) -> str:
    """The UID of an event whose id we choose."""
    return f"{id}{UID_DOMAIN}"


def record_of(uid: str) -> str | None:
    """The record whose event has that UID by its form: its first one, one of a later generation (`<id>g1`), or of what
    "this and following" made of it (`<id>_R20260317T170000`, recorded). `None` for strangers'."""
    found = _UID.fullmatch(uid)
    return found[1] if found and is_id(found[1]) else None


def minutes_of(fields: Fields) -> float | None:
    """A record's length in minutes; `None` where it says none."""
    value = fields.get("minutes")
    return value if isinstance(value, int | float) else None


def told_by_event(kind: str, fields: Mapping[str, Value], zone: str) -> dict[str, Value]:
    """What an event tells of a pair or check-in with `fields`, where it differs from them; `zone`: the program's.

    An event has a time, a zone and a length, also where the pair has left them blank; and it takes place or it does not.
    """
    found: dict[str, Value] = {}
    if kind == "pair":
        at, where = read_time(fields.get("time")), read_zone(fields.get("zone") or zone)
        minutes = fields.get("minutes")
        found["minutes"] = max(1, round(minutes)) if isinstance(minutes, int | float) else DEFAULT_MINUTES
        found |= {} if isinstance(at, Unreadable) else {"time": f"{at:%H:%M}"}
        found |= {} if isinstance(where, Unreadable) else {"zone": where}
        if fields.get("status") in (None, "starting"):
            found["status"] = "active"
    elif kind == "checkin" and fields.get("status") != "skipped":
        moved = fields.get("slot") and fields.get("starts") != fields.get("slot")
        found["status"] = "moved" if moved else "planned"
    return {name: value for name, value in found.items() if value != fields.get(name)}
