"""What people are invited to: a pair's series as the records have it, and as it was last told. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from syncengine.model.cadence import DEFAULT_MINUTES, Cadence, cadence_of, is_slot
from syncengine.model.kind import Record
from syncengine.model.moments import moment

NEVER = -1
"""The SEQUENCE of a pair that was told nothing yet, or not everybody."""


@dataclass(frozen=True)
class Standing:
    """A pair's meetings, as far as they are still to come."""

    series: tuple[str, str, str, int, str | None] | None
    """How often, first day, time of day, minutes, last day; `None`: they don't meet (any more, or for now)."""
    zone: str = "UTC"
    guests: Mapping[str, str] = field(default_factory=dict)
    """Address to name."""
    moved: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Slot to (start, minutes)."""
    skipped: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Check-in to (start, minutes), for those outside the series."""

    @property
    def cadence(self) -> Cadence:
        """The series; only where there is one."""
        from datetime import date, time

        assert self.series is not None
        every, first, at, minutes, until = self.series
        last = date.fromisoformat(until) if until else None
        return Cadence(every, date.fromisoformat(first), time.fromisoformat(at), self.zone, minutes, last)


@dataclass
class Told:
    """What a pair was told last, kept as a note in the state."""

    standing: Standing
    sequence: int = 0
    """SEQUENCE of the series (RFC 5546, 2.1.4)."""
    uid: str = ""
    """UID of the series, as long as it goes on."""
    single: dict[str, int] = field(default_factory=dict)
    """Slot or check-in to the SEQUENCE it was told with."""
    reached: list[str] = field(default_factory=list)
    """`digest of the message, address` of what was already tried: nothing is sent twice."""

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def load(cls, raw: Mapping[str, Any]) -> Told:
        said = raw["standing"]
        pairs = {
            name: {key: (value[0], value[1]) for key, value in said[name].items()}
            for name in ("moved", "extra")
        }
        series = tuple(said["series"]) if said["series"] else None
        standing = Standing(
            series, said["zone"], said["guests"], pairs["moved"], tuple(said["skipped"]), pairs["extra"]
        )
        return cls(standing, raw["sequence"], raw.get("uid", ""), dict(raw["single"]), list(raw["reached"]))


def standing_of(
    pair: Record, checkins: Iterable[Record], guests: Mapping[str, str], zone: str, now: datetime
) -> Standing:
    """What the records say now. `guests`: address to name; `zone`: the program's."""
    cadence = None if pair.deleted else cadence_of(pair.fields, zone)
    if not isinstance(cadence, Cadence):
        return Standing(None, zone, guests)
    until = cadence.until.isoformat() if cadence.until else None
    series = (cadence.every, cadence.first.isoformat(), cadence.time.isoformat(), cadence.minutes, until)
    moved: dict[str, tuple[str, int]] = {}
    extra: dict[str, tuple[str, int]] = {}
    skipped = []
    for record in checkins:
        slot, at, status = (record.fields.get(name) for name in ("slot", "starts", "status"))
        if record.deleted or not isinstance(at, str) or moment(at) <= now:
            continue
        minutes = record.fields.get("minutes")
        long = round(minutes) if isinstance(minutes, int | float) else cadence.minutes or DEFAULT_MINUTES
        if not isinstance(slot, str) or not is_slot(cadence, slot):
            if status != "skipped":
                extra[record.id] = (at, long)
        elif status == "skipped":
            skipped.append(slot)
        elif at != slot or long != cadence.minutes:
            moved[slot] = (at, long)
    return Standing(series, cadence.zone, guests, moved, tuple(sorted(skipped)), extra)
