"""What the events of a series say, as canonical fields. Pure; how they are written is in `writing.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from syncengine.connector import Reading
from syncengine.model.cadence import checkin_id
from syncengine.model.description import agenda_in
from syncengine.model.ids import is_id
from syncengine.model.kind import Kind
from syncengine.model.series import timing
from syncengine.model.values import Locale, Unreadable
from syncengine_ical.document import Component
from syncengine_ical.series import (
    ENDED,
    FOLLOWS,
    ID,
    Series,
    is_cancelled,
    is_removed,
    noted_slot,
    times,
)


@dataclass(frozen=True)
class Meeting:
    """A check-in as a file has it."""

    id: str
    fields: dict[str, Reading]
    slot: str | None
    """The occurrence of the series that it is; `None` for an event of its own."""


def words(event: Component, name: str) -> str | None:
    """A text property's words; `None` where it is absent."""
    line = event.first(name)
    return None if line is None else line.words


def link_of(event: Component) -> str | None:
    """Where they meet: LOCATION, which every program shows; else the URL or CONFERENCE that a program wrote."""
    return next((text for name in ("LOCATION", "URL", "CONFERENCE") if (text := words(event, name))), None)


def pair_fields(series: Series, kind: Kind, locale: Locale) -> dict[str, Reading]:
    """What the series tells of its pair: only what it can tell, and only fields of `kind`."""
    master = series.master
    assert master is not None
    ended = master.first(ENDED) if is_cancelled(master) else None
    raw: dict[str, object] = {
        "name": words(master, "SUMMARY"),
        "status": ended.value.strip() if ended else "paused" if is_cancelled(master) else "active",
        "link": link_of(master),
        "agenda": agenda_in(words(master, "DESCRIPTION") or ""),
    }
    found = {
        name: kind.fields[name].type.read(value, locale) for name, value in raw.items() if name in kind.fields
    }
    found.update(
        (name, value) for name, value in _timing(series, kind, locale).items() if name in kind.fields
    )
    if ended:
        found["every"] = None
    return found


def _timing(series: Series, kind: Kind, locale: Locale) -> dict[str, Reading]:
    start = series.start
    assert start is not None
    zone: str | Unreadable | None = start.zone
    if zone is None and start.tz is not series.default:
        zone = Unreadable(
            "(a zone of the file's own)", "is not a zone that is known", "Choose one like Europe/Berlin."
        )
    found: dict[str, Reading] = {
        **timing(start.local, series.said, series.rule, zone, whole_day=start.whole_day)
    }
    if not start.whole_day and series.minutes is not None and "minutes" in kind.fields:
        found["minutes"] = kind.fields["minutes"].type.read(series.minutes, locale)
    return found


def meetings(series: Series, kind: Kind, locale: Locale, known: Mapping[str, str]) -> Iterator[Meeting]:
    """Every check-in that the file shows: events, skipped slots, and the slots in `known` (slot to check-in id).

    A known slot that the series no longer has tells only whose it was: where it went is not in the calendar.
    """
    seen = set(series.unread)
    for id, event in series.own.items():
        if id not in series.unread and not is_removed(event):
            yield Meeting(id, _of_event(series, event, noted_slot(event), kind, locale), None)
    for slot, event in series.exceptions.items():
        seen.add(slot)
        if slot not in series.unread and not is_removed(event):
            id = exception_id(series, slot, event, known)
            yield Meeting(id, _of_event(series, event, slot, kind, locale, in_series=True), slot)
    for slot in series.skipped.keys() - seen:
        seen.add(slot)
        id = known.get(slot) or checkin_id(series.pair, slot)
        yield Meeting(
            id,
            _only(
                kind,
                {"pair": series.pair, "starts": slot, "minutes": None, "status": "skipped", "slot": slot},
            ),
            slot,
        )
    if series.doubtful:
        return
    silent = {slot: id for slot, id in known.items() if slot not in seen and id not in series.own}
    there = series.occurring(silent)
    for slot, id in silent.items():
        fields: dict[str, Reading] = {"pair": series.pair, "slot": slot}
        if slot in there:
            fields |= {"starts": slot, "minutes": None, "status": "planned"}
        yield Meeting(id, _only(kind, fields), slot)


def exception_id(series: Series, slot: str, event: Component, known: Mapping[str, str]) -> str:
    """The check-in that an exception is; one that a program copied from the series still bears the pair's id."""
    stamped = event.value(ID)
    return known.get(slot) or (
        stamped if is_id(stamped) and stamped != series.pair else checkin_id(series.pair, slot)
    )


def _of_event(
    series: Series, event: Component, slot: str | None, kind: Kind, locale: Locale, *, in_series: bool = False
) -> dict[str, Reading]:
    if event.first("DTSTART") is None and slot is not None:
        starts, minutes = slot, None
    else:
        start, minutes = times(series, event)
        starts = start.instant
    usual = series.minutes if in_series else _follows(event)
    moved = slot is not None and starts != slot
    return _only(kind, {
        "pair": series.pair,
        "starts": starts,
        "minutes": None if minutes is None or minutes == usual else kind.fields["minutes"].type.read(minutes, locale),
        "status": "skipped" if is_cancelled(event) else "moved" if moved else "planned",
        "slot": slot,
    })  # fmt: skip


def _follows(event: Component) -> float | None:
    """How long the series took when this meeting was split from it: then its length says nothing of its own."""
    text = event.value(FOLLOWS)
    return int(text) if text.isascii() and text.isdigit() else None


def _only(kind: Kind, fields: dict[str, Reading]) -> dict[str, Reading]:
    return {name: value for name, value in fields.items() if name in kind.fields}
