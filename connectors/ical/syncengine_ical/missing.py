"""What a read of the folder says of what it does not show. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from syncengine_ical.cursor import Cursor, Entry, Part
from syncengine_ical.place import Notes
from syncengine_ical.reading import Found


def complete(found: Found, notes: Notes) -> bool:
    """Whether the read shows all there is: only then does what is missing count as gone (rule 4)."""
    parts = {pair for entry in found.cursor.files.values() for pair in entry.parts}
    series = {
        pair for entry in found.cursor.files.values() for pair, part in entry.parts.items() if part.series
    }
    lost = any(pair not in series for pair in notes.files)  # a pair that no longer meets is not gone
    lost = lost or any(slots and pair not in parts for pair, slots in notes.slots.items())
    return found.whole and not found.broken and not lost and (notes.trusted or not parts)


def gone(before: Cursor | None, found: Found, notes: Notes) -> list[str]:
    """Handles of series and of events that were there and are not now; what cannot be read is not gone."""
    now: dict[str, list[Part]] = {}
    for entry in found.cursor.files.values():
        for pair, part in entry.parts.items():
            now.setdefault(pair, []).append(part)
    was = before.files.values() if before else ()
    parts = [(pair, part) for entry in was for pair, part in entry.parts.items()]
    if before is None:
        there = masters(found.cursor.files.values()) | notes.ended
        known = [pair for pair, name in notes.files.items() if name and pair not in there]
        parts = [(pair, Part(series=True)) for pair in known]
    held = {trouble.handle for trouble in found.troubles}
    shown = {item.handle for items in found.items.values() for item in items}
    lost = []
    for pair, part in parts:
        here = now.get(pair, [])
        if pair in found.broken:
            continue
        if part.series and not any(one.series for one in here):
            lost.append(pair)
        left = {id for one in here for id in one.own}
        lost.extend(f"{pair}/{id}" for id in part.own if here and id not in left)
    return [handle for handle in lost if handle not in held and handle not in shown]


def present(cursor: Cursor) -> int:
    """How many items the folder holds."""
    parts = [part for entry in cursor.files.values() for part in entry.parts.values()]
    return sum(part.series + len(part.own) + len(part.slots) for part in parts)


def masters(files: Iterable[Entry]) -> set[str]:
    """The pairs whose series is in one of these files; one that we cancelled for a deleted pair is, too."""
    parts = [item for entry in files for item in entry.parts.items()]
    return {pair for pair, part in parts if part.series or pair in part.asleep}
