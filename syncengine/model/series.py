"""What a calendar's recurring event says of its pair, in the pair's fields: the same for every calendar."""

from __future__ import annotations

from datetime import datetime

from syncengine.model.cadence import Said
from syncengine.model.values import Fields, Unreadable

PAIR_FIELDS = frozenset(
    {"name", "status", "every", "first_meeting", "time", "zone", "minutes", "until", "link", "agenda"}
)
CHECKIN_FIELDS = frozenset({"pair", "starts", "minutes", "status", "slot"})
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


def minutes_of(fields: Fields) -> float | None:
    """A record's length in minutes; `None` where it says none."""
    value = fields.get("minutes")
    return value if isinstance(value, int | float) else None
