"""The cursor: the sync token, and all that the calendar is known to hold of ours; kept by the engine as bytes.

A listing of changes is applied to it, so that one request tells everything; after a 410 the full listing is compared
with it, so that nothing is made twice (gcal.md, 8 and 12.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from syncengine_gcal.marks import PAIR, PAUSED, Event, mark_of, properties
from syncengine_gcal.series import Segment, Series, cancelled, carried, slot_of

_VERSION = 1
_KEPT = ("id", "etag", "status", "summary", "description", "location", "start", "end", "recurrence", "recurringEventId",
         "originalStartTime", "attendees", "attendeesOmitted", "created", "conferenceData", "hangoutLink", "iCalUID")  # fmt: skip


def trimmed(event: Event) -> Event:
    """Only what is used of an event."""
    kept = {name: event[name] for name in _KEPT if name in event}
    said = properties(event)
    return {**kept, "extendedProperties": {"private": dict(said)}} if said else kept


@dataclass
class Changes:
    """What a listing brought: pairs to tell about anew, and handles that are certainly gone."""

    touched: set[str] = field(default_factory=set)
    gone: set[tuple[str, str]] = field(default_factory=set)
    """(pair, check-in or "")."""


@dataclass
class State:
    """See the module."""

    calendar: str = ""
    token: str | None = None
    since: str = ""
    """When it was last read: whose meetings ended since then is told again."""
    series: dict[str, Series] = field(default_factory=dict)
    strangers: dict[str, Event] = field(default_factory=dict)
    """Other people's recurring events by id; kept only where they are to be adopted."""

    @classmethod
    def load(cls, data: bytes | None) -> State | None:
        """What `dump` wrote; `None` for anything else, which means to read everything."""
        try:
            raw = orjson.loads(data or b"")
            if raw["v"] != _VERSION:
                return None
            series = {pair: _series(pair, said) for pair, said in raw["series"].items()}
            return cls(raw["calendar"], raw["token"], raw["since"], series, raw["strangers"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def dump(self) -> bytes:
        """As bytes, for the engine to keep."""
        series = {
            pair: {
                "segments": [[s.master, s.exceptions] for s in one.segments],
                "own": one.own,
                "known": one.known,
                "ghost": one.ghost,
                "retell": one.retell,
            }
            for pair, one in self.series.items()
        }
        return orjson.dumps({"v": _VERSION, "calendar": self.calendar, "token": self.token, "since": self.since,
                             "series": series, "strangers": self.strangers}, option=orjson.OPT_SORT_KEYS)  # fmt: skip

    def of(self, pair: str) -> Series:
        """The pair's series, made empty if need be."""
        return self.series.setdefault(pair, Series(pair))

    def emptied(self) -> State:
        """The same place before a full listing: what has a record is remembered, what the calendar holds is not."""
        series = {
            pair: Series(pair, known=dict(one.known), ghost=one.ghost) for pair, one in self.series.items()
        }
        return State(self.calendar, None, self.since, series)

    def apply(self, items: Iterable[Event], *, adopt: bool, before: State | None = None) -> Changes:
        """Take a listing in, in any order. `adopt`: remember strangers' series. `before`: what was known of cancelled ones."""
        work = _Listing(self, adopt, before or self)
        masters: list[Event] = []
        instances: list[Event] = []
        for item in items:
            (instances if "recurringEventId" in item else masters).append(item)
        for item in masters:
            work.event(item)
        work.continuations()
        for item in instances:
            work.instance(item)
        return work.changes

    def lost_since(self, before: State) -> set[tuple[str, str]]:
        """(pair, check-in) of what was there before a full listing and is not now; a paused series is not lost."""
        gone = set()
        for pair, was in before.series.items():
            now = self.of(pair)
            if was.segments and not now.segments:
                if was.paused:
                    now.ghost = was.segments[-1].master
                else:
                    gone.add((pair, ""))
            gone |= {(pair, id) for id in was.own if id not in now.own}
        return gone


class _Listing:
    """One listing being taken in."""

    def __init__(self, state: State, adopt: bool, before: State) -> None:
        self.state, self.adopt = state, adopt
        segments = [segment for series in before.series.values() for segment in series.segments]
        self.before = {event["id"]: event for segment in segments for event in segment.exceptions.values()}
        self.changes = Changes()
        self.unknown: list[Event] = []

    def _segment(self, id: str) -> tuple[Series, Segment] | None:
        return self._index.get(id)

    @property
    def _index(self) -> Mapping[str, tuple[Series, Segment]]:
        return {s.id: (series, s) for series in self.state.series.values() for s in series.segments}

    def _own(self, id: str) -> tuple[Series, str] | None:
        for series in self.state.series.values():
            for checkin, event in series.own.items():
                if event["id"] == id:
                    return series, checkin
        return None

    def event(self, item: Event) -> None:
        if cancelled(item):
            self._deleted(item)
            return
        marked, known = mark_of(item), self._segment(item["id"])
        if known is not None:
            series, segment = known
            segment.master = trimmed(item)
            series.sort()
            self.changes.touched.add(series.pair)
        elif marked is not None and marked[0] == "pair" and item.get("recurrence"):
            series = self.state.of(marked[1])
            series.add(Segment(trimmed(item)))
            series.ghost = None
            self.changes.touched.add(series.pair)
        elif marked is not None and marked[0] == "checkin" and properties(item).get(PAIR):
            series = self.state.of(properties(item)[PAIR])
            series.own[marked[1]] = trimmed(item)
            self.changes.touched.add(series.pair)
        elif item.get("recurrence"):
            self.unknown.append(item)

    def continuations(self) -> None:
        """Series that grew out of ours by "this and following"; again for each that was found, as one may follow another."""
        waiting = self.unknown
        while waiting:
            left = [item for item in waiting if not self._continue(item)]
            if len(left) == len(waiting):
                break
            waiting = left
        for item in waiting:
            if self.adopt:
                self.state.strangers[item["id"]] = trimmed(item)

    def _continue(self, item: Event) -> bool:
        series = self._whose(item)
        if series is None:
            return False
        series.add(Segment(trimmed(item)))
        self.changes.touched.add(series.pair)
        return True

    def _whose(self, item: Event) -> Series | None:
        """The series that it continues; where several may be meant, the one it resembles; in doubt none."""
        found = [(one.continued_by(item), one) for one in self.state.series.values()]
        sure = [one for how, one in found if how == "surely"]
        if sure:
            return sure[0] if len(sure) == 1 else None
        perhaps = [one for how, one in found if how == "perhaps"]
        if len(perhaps) > 1:
            perhaps = [one for one in perhaps if one.resembles(item)]
        return perhaps[0] if len(perhaps) == 1 else None

    def instance(self, item: Event) -> None:
        known = self._segment(item["recurringEventId"])
        if known is not None:
            series, segment = known
            segment.exceptions[slot_of(item)] = carried(trimmed(item), self.before.get(item["id"]))
            self.changes.touched.add(series.pair)

    def _deleted(self, item: Event) -> None:
        self.state.strangers.pop(item["id"], None)
        known, own = self._segment(item["id"]), self._own(item["id"])
        if known is not None:
            series, segment = known
            series.segments.remove(segment)
            self.changes.touched.add(series.pair)
            if PAUSED in properties(segment.master):
                series.ghost = segment.master
            elif not series.segments:
                self.changes.gone.add((series.pair, ""))
        elif own is not None:
            series, checkin = own
            del series.own[checkin]
            self.changes.touched.add(series.pair)
            self.changes.gone.add((series.pair, checkin))
        else:
            self._left_behind(item["id"])

    def _left_behind(self, id: str) -> None:
        """An exception whose slot is gone comes bare, without its series (recorded)."""
        for series, segment in self._index.values():
            for slot in [slot for slot, event in segment.exceptions.items() if event["id"] == id]:
                del segment.exceptions[slot]
                self.changes.touched.add(series.pair)


def _series(pair: str, raw: Mapping[str, Any]) -> Series:
    segments = [Segment(master, dict(exceptions)) for master, exceptions in raw["segments"]]
    return Series(pair, segments, raw["own"], raw["known"], raw["retell"], raw["ghost"])


def pages(answers: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """The items of all pages."""
    for answer in answers:
        yield from answer.get("items", ())
