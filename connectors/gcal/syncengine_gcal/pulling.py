"""One read of the calendar: a listing since the cursor, what it changes in the state, and what to tell the engine of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncengine.connector import Item, Pull
from syncengine.model.moments import instant, moment
from syncengine.model.values import Locale
from syncengine_gcal import addresses
from syncengine_gcal.calls import Call
from syncengine_gcal.client import Client, TokenExpired
from syncengine_gcal.marks import invited
from syncengine_gcal.reading import Reader, handle_of, read_handle
from syncengine_gcal.series import Segment, Series
from syncengine_gcal.state import Changes, State, pages, trimmed
from syncengine_gcal.taking import take_in

_MANY = 4
"""From how many series on nobody removes all of them one by one (the engine's guard counts likewise)."""


@dataclass
class Listing:
    """What a listing said."""

    cursor: bytes | None
    """Since when."""
    full: bool
    head: Mapping[str, Any]
    """The calendar itself, as every listing tells of it."""
    state: State
    changes: Changes


def listing(client: Client, id: str, cursor: bytes | None, last: bytes | None, *, adopt: bool) -> Listing:
    """List what changed since `cursor`, taken into the state; everything where that is `None` or its token ran out.

    `last` is the cursor of the last run: what it remembers, and no full listing tells.
    """
    before = State.load(cursor)
    if before is None or before.calendar not in ("", id):
        before = State(id)
    full = before.token is None
    try:
        answers = list(client.changes(id, before.token))
    except TokenExpired:
        full, answers = True, list(client.changes(id, None))
    state = before.emptied() if full else before
    known = State.load(cursor) or State.load(last) or State(id)
    changes = take_in(state, pages(answers), adopt=adopt, before=known)
    if full:
        state.lost_since(known, changes)
        changes.gone |= state.extras_lost_since(State.load(cursor) or State(id))
    state.calendar, state.token = id, answers[-1].get("nextSyncToken")
    state.ending = addresses.ending(pages(answers)) or known.ending
    return Listing(cursor, full, answers[-1], state, changes)


class Teller:
    """Tells the engine of a listing."""

    def __init__(self, found: Listing, reader: Reader, locale: Locale, now: datetime) -> None:
        self.state, self.changes = found.state, found.changes
        self.everything = found.full and found.cursor is None
        self.reader, self.locale, self.now = reader, locale, now

    def tell(
        self, again: Collection[str], rooms: Collection[str], holds: Mapping[str, frozenset[str]]
    ) -> Pull:
        """The pairs that the listing touched, and those of `again`; `rooms`: pairs whose video room has come."""
        state, changes = self.state, self.changes
        self._know(again)
        gone = changes.gone | self._removed()
        wanted = set(state.series) if self.everything else set(changes.touched)
        wanted |= {read_handle(handle)[0] for handle in again} | self._over() | set(rooms)
        wanted |= {pair for pair, series in state.series.items() if series.retell}
        for series in state.series.values():
            series.retell = False
        items = [
            item
            for pair in sorted(wanted)
            if pair in state.series
            for item in self.reader.items(state.series[pair])
        ]
        for item in items:
            pair, checkin, slot = read_handle(item.handle)
            if checkin and slot and checkin not in state.of(pair).own:
                state.of(pair).known[slot] = checkin  # it has a record from now on
        items += self._strangers()
        told = {item.handle for item in items}
        complete = self.everything and all(handle in told for handle in again)
        lost = [] if complete else [h for h in sorted(map(self._handle, gone)) if h not in told]
        state.since = instant(self.now, self.locale.zone)
        return Pull(items, complete, holds, lost, present=self._present())

    def _know(self, again: Collection[str]) -> None:
        """An occurrence has no event of its own: its handle says which slot has a record."""
        for pair, checkin, slot in map(read_handle, again):
            series = self.state.of(pair)
            if checkin and slot and checkin not in series.own and series.segment_of(slot) is not None:
                series.known.setdefault(slot, checkin)

    def _removed(self) -> set[tuple[str, str]]:
        """Who removes a series says that the pair no longer meets. All of many at once are gone: a guard asks first."""
        ended = self.changes.ended
        if len(ended) >= _MANY and not any(series.segments for series in self.state.series.values()):
            return {(pair, "") for pair in ended}
        for pair, name in ended.items():
            self.state.of(pair).ended = name
            self.changes.touched.add(pair)
        return set()

    def _handle(self, lost: tuple[str, str]) -> str:
        pair, checkin = lost
        slot = next((s for s, id in self.state.of(pair).known.items() if id == checkin), None)
        return handle_of(pair, checkin, slot)

    def _present(self) -> int:
        """How many items the calendar has, for the guards."""
        all_series = self.state.series.values()
        return sum(len(one.segments[-1:]) + len(one.known) + len(one.own) for one in all_series)

    def _over(self) -> set[str]:
        """The pairs with a meeting that ended since the last read and guests who answered: they may propose something."""
        since = moment(self.state.since) if self.state.since else None
        found = set()
        for pair, series in self.state.series.items():
            if since is None or not any(invited(segment.master) for segment in series.segments):
                continue
            for item in self.reader.items(series):
                at = item.fields.get("starts")
                if item.kind == "checkin" and isinstance(at, str) and since <= moment(at) <= self.now:
                    found.add(pair)
        return found

    def _strangers(self) -> list[Item]:
        """Series that people made, offered as pairs where the config says so: matched by name, else new."""
        found = []
        for id, event in sorted(self.state.strangers.items()):
            fields = self.reader.pair_fields(Series("", [Segment(event)]))
            found.append(Item("pair", None, f"~{id}", fields, str(event.get("summary", ""))))
        return found


def rooms(client: Client, state: State) -> set[str]:
    """The pairs whose video room was asked for and pending, and is looked for again (gcal.md: `createRequest`)."""
    found = set()
    for pair, series in state.series.items():
        segment = series.current
        made = (segment.master.get("conferenceData") or {}).get("createRequest", {}) if segment else {}
        if segment is not None and made.get("status", {}).get("statusCode") == "pending":
            [reply] = client.carry(state.calendar, [Call("get", segment.id)])
            if reply.event is not None:
                segment.master = trimmed(reply.event)
                found.add(pair)
    return found
