"""Check-in records for the occurrences of each pair's series, in a window around today (docs/model.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncengine.core.canon import ENGINE, Canon
from syncengine.model.cadence import Break, Cadence, cadence_of, checkin_id, is_slot, slots
from syncengine.model.ids import made_at
from syncengine.model.kind import Record
from syncengine.model.moments import moment
from syncengine.model.values import Fields, Value

TAKEN_BACK = "series changed"
"""The rule by which the engine deletes a planned check-in that the series no longer has."""


BREAK = "break"
"""The rule by which the engine skips a planned check-in on a day of a break, and plans it again."""


def _nothing(_id: str) -> bool:
    return False


def keep_series(canon: Canon, pair: Record, own: Sequence[Record], now: datetime, back: timedelta, ahead: timedelta,
                taken_back: Callable[[str], bool], breaks: Sequence[Break] = (),
                in_break: Callable[[str], bool] = _nothing) -> None:  # fmt: skip
    """Make the check-ins that the pair's cadence has in the window, and take back planned ones it no longer has.

    A check-in that somebody touched (moved, held, skipped, wrote notes on, or deleted) is never taken back or made
    again; one that was `taken_back` returns when the series has it again. Past occurrences are made only where none
    were when they were still to come, so that no history is invented. On a day of `breaks` a meeting is skipped;
    `in_break`: whether it is skipped for that reason alone.
    """
    if "checkin" not in canon.kinds:
        return
    cadence = cadence_of(pair.fields, canon.locale.zone.key)
    since = _since(canon, pair, own, now, back)
    wanted = slots(cadence, since, now + ahead) if isinstance(cadence, Cadence) else []
    made = {checkin_id(pair.id, slot): slot for slot in wanted}
    canon.ensure(made)
    for id, slot in made.items():
        known = canon.get(id)
        if known is None and isinstance(cadence, Cadence):
            _make(canon, pair, cadence, id, slot, breaks)
        elif known is not None and known.deleted and taken_back(id):
            canon.revive(known, ENGINE, "cadence")
    for record in own:
        if record.kind != "checkin" or record.deleted:
            continue
        skipped = _only_skipped(record, now) and in_break(record.id)
        if not skipped and not _untouched(record, now):
            continue
        if not isinstance(cadence, Cadence) or not _stays(record, cadence, own, now):
            canon.bury(record, ENGINE, TAKEN_BACK)
            continue
        if record.fields.get("minutes") == _minutes_before(pair, canon):
            canon.write(record, {"minutes": cadence.minutes}, ENGINE, "cadence")
        free = any(one.has(str(record.fields["slot"]), cadence.zone) for one in breaks)
        if free != skipped:
            canon.write(record, {"status": "skipped" if free else "planned"}, ENGINE, BREAK)


def _since(canon: Canon, pair: Record, own: Sequence[Record], now: datetime, back: timedelta) -> datetime:
    """From when on occurrences are made. What is past is made up for only after a time in which nobody synced."""
    known_on = max(now - back, min(now, made_at(pair.id)) - timedelta(days=1))
    before = [c.changes["status"][0] for c in canon.changes if c.record == pair.id and "status" in c.changes]
    if before and before[0] in ("paused", "closed"):  # in the time of the pause they did not meet
        return max(known_on, now)
    last = max(
        (moment(str(r.fields["slot"])) for r in own if r.kind == "checkin" and r.fields.get("slot")),
        default=None,
    )
    return known_on if last is None else max(known_on, min(now, last))


def _stays(record: Record, cadence: Cadence, own: Sequence[Record], now: datetime) -> bool:
    """Whether the series has a planned check-in, or had it before the day from which on it is another.

    A pair that has met and now has a later first meeting changes its rhythm from that day on; one that has not
    begins later. What is less than half a rhythm before the first new meeting is replaced by it.
    """
    slot = str(record.fields["slot"])
    if is_slot(cadence, slot):
        return True
    begun = any(
        r.kind == "checkin"
        and not r.deleted
        and r.fields.get("slot")
        and moment(str(r.fields["slot"])) <= now
        for r in own
    )
    starts = datetime.combine(cadence.first, cadence.time, ZoneInfo(cadence.zone))
    return begun and moment(slot) <= starts - _spacing(cadence) / 2


def _minutes_before(pair: Record, canon: Canon) -> Value:
    """How long the pair's meetings were until this run changed it; `None` if it did not."""
    changes = [
        c.changes["minutes"][0] for c in canon.changes if c.record == pair.id and "minutes" in c.changes
    ]
    return changes[0] if changes else None


def _make(canon: Canon, pair: Record, cadence: Cadence, id: str, slot: str, breaks: Sequence[Break]) -> None:
    members = pair.fields.get("members")
    lead = members[_turn(cadence, slot) % len(members)] if isinstance(members, list) and members else None
    values: Fields = {
        "pair": pair.id,
        "starts": slot,
        "minutes": cadence.minutes,
        "status": "skipped" if any(one.has(slot, cadence.zone) for one in breaks) else "planned",
        "slot": slot,
        "lead": lead,
    }
    known = canon.kinds["checkin"].fields
    record = canon.add(id, "checkin")
    canon.write(
        record,
        {name: value for name, value in values.items() if name in known and value is not None},
        ENGINE,
        BREAK if values["status"] == "skipped" else "cadence",
    )


def _turn(cadence: Cadence, slot: str) -> int:
    """How many meetings there were before this one, so that the lead alternates."""
    first = datetime.combine(cadence.first, cadence.time, ZoneInfo(cadence.zone))
    return round((moment(slot) - first) / _spacing(cadence))


def _spacing(cadence: Cadence) -> timedelta:
    weeks = {"week": 1, "2 weeks": 2, "3 weeks": 3, "4 weeks": 4}.get(cadence.every)
    return timedelta(weeks=weeks) if weeks else timedelta(days=30.44)


def _untouched(record: Record, now: datetime) -> bool:
    return record.fields.get("status") == "planned" and _plain(record, now)


def _only_skipped(record: Record, now: datetime) -> bool:
    return record.fields.get("status") == "skipped" and _plain(record, now)


def _plain(record: Record, now: datetime) -> bool:
    """Whether it is still to come, in its slot, and nobody said anything of it."""
    fields = record.fields
    slot = fields.get("slot")
    said = any(fields.get(name) for name in ("attended", "format", "notes"))
    return fields.get("starts") == slot and not said and isinstance(slot, str) and moment(slot) > now


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
