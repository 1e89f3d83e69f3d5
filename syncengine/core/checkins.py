"""Check-in records for the occurrences of each pair's series, in a window around today (docs/model.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncengine.core.canon import ENGINE, Canon
from syncengine.model.cadence import Cadence, cadence_of, checkin_id, is_slot, slots
from syncengine.model.ids import made_at
from syncengine.model.kind import Record
from syncengine.model.moments import moment
from syncengine.model.values import Fields, Value

TAKEN_BACK = "series changed"
"""The rule by which the engine deletes a planned check-in that the series no longer has."""


def keep_series(canon: Canon, pair: Record, own: Iterable[Record], now: datetime, back: timedelta, ahead: timedelta,
                taken_back: Callable[[str], bool]) -> None:  # fmt: skip
    """Make the check-ins that the pair's cadence has in the window, and take back planned ones it no longer has.

    A check-in that somebody touched (moved, held, skipped, wrote notes on, or deleted) is never taken back or made
    again; one that was `taken_back` returns when the series has it again. Past occurrences are made only from the
    day the pair is known on, so that no history is invented.
    """
    if "checkin" not in canon.kinds:
        return
    cadence = cadence_of(pair.fields, canon.locale.zone.key)
    since = max(now - back, min(now, made_at(pair.id)) - timedelta(days=1))
    wanted = slots(cadence, since, now + ahead) if isinstance(cadence, Cadence) else []
    made = {checkin_id(pair.id, slot): slot for slot in wanted}
    canon.ensure(made)
    for id, slot in made.items():
        known = canon.get(id)
        if known is None and isinstance(cadence, Cadence):
            _make(canon, pair, cadence, id, slot)
        elif known is not None and known.deleted and taken_back(id):
            canon.revive(known, ENGINE, "cadence")
    for record in own:
        if record.kind != "checkin" or record.deleted or not _untouched(record, now):
            continue
        if not isinstance(cadence, Cadence) or not is_slot(cadence, str(record.fields["slot"])):
            canon.bury(record, ENGINE, TAKEN_BACK)
        elif record.fields.get("minutes") == _minutes_before(pair, canon):
            canon.write(record, {"minutes": cadence.minutes}, ENGINE, "cadence")


def _minutes_before(pair: Record, canon: Canon) -> Value:
    """How long the pair's meetings were until this run changed it; `None` if it did not."""
    changes = [
        c.changes["minutes"][0] for c in canon.changes if c.record == pair.id and "minutes" in c.changes
    ]
    return changes[0] if changes else None


def _make(canon: Canon, pair: Record, cadence: Cadence, id: str, slot: str) -> None:
    members = pair.fields.get("members")
    lead = members[_turn(cadence, slot) % len(members)] if isinstance(members, list) and members else None
    values: Fields = {
        "pair": pair.id,
        "starts": slot,
        "minutes": cadence.minutes,
        "status": "planned",
        "slot": slot,
        "lead": lead,
    }
    known = canon.kinds["checkin"].fields
    record = canon.add(id, "checkin")
    canon.write(
        record,
        {name: value for name, value in values.items() if name in known and value is not None},
        ENGINE,
        "cadence",
    )


def _turn(cadence: Cadence, slot: str) -> int:
    """How many meetings there were before this one, so that the lead alternates."""
    first = datetime.combine(cadence.first, cadence.time, ZoneInfo(cadence.zone))
    return round((moment(slot) - first) / _spacing(cadence))


def _spacing(cadence: Cadence) -> timedelta:
    weeks = {"week": 1, "2 weeks": 2, "3 weeks": 3, "4 weeks": 4}.get(cadence.every)
    return timedelta(weeks=weeks) if weeks else timedelta(days=30.44)


def _untouched(record: Record, now: datetime) -> bool:
    fields = record.fields
    slot = fields.get("slot")
    plain = (
        fields.get("status") == "planned"
        and fields.get("starts") == slot
        and not any(fields.get(name) for name in ("attended", "format", "notes"))
    )
    return plain and isinstance(slot, str) and moment(slot) > now


def settle_status(canon: Canon, record: Record) -> None:
    """Moved and planned follow from the times: nobody has to say twice that a meeting was moved."""
    fields = record.fields
    if fields.get("slot") is None or fields.get("starts") is None:
        return
    moved = fields["starts"] != fields["slot"]
    if moved and fields.get("status") == "planned":
        canon.write(record, {"status": "moved"}, ENGINE, "moved")
    elif not moved and fields.get("status") == "moved":
        canon.write(record, {"status": "planned"}, ENGINE, "moved back")
