"""The cursor: the sync token, and all that the calendar is known to hold of ours; kept by the engine as bytes.

A listing of changes is applied to it, so that one request tells everything; after a 410 the full listing is compared
with it, so that nothing is made twice (gcal.md, 8 and 12.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from syncengine_gcal.marks import MARK, PAIR, PAUSED, Event, mark_of, properties
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
    """(pair, check-in)."""
    ended: dict[str, str] = field(default_factory=dict)
    """Pairs whose series was removed, with its name."""


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
    ending: str = ""
    """What its events' addresses say of the calendar, see `addresses`."""

    @classmethod
    def load(cls, data: bytes | None) -> State | None:
        """What `dump` wrote; `None` for anything else, which means to read everything."""
        try:
            raw = orjson.loads(data or b"")
            if raw["v"] != _VERSION:
                return None
            series = {pair: _series(pair, said) for pair, said in raw["series"].items()}
            return cls(
                raw["calendar"], raw["token"], raw["since"], series, raw["strangers"], raw.get("ending", "")
            )
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
                "ended": one.ended,
            }
            for pair, one in self.series.items()
        }
        said = {"v": _VERSION, "calendar": self.calendar, "token": self.token, "since": self.since}
        said |= {"series": series, "strangers": self.strangers, "ending": self.ending}
        return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)

    def of(self, pair: str) -> Series:
        """The pair's series, made empty if need be."""
        return self.series.setdefault(pair, Series(pair))

    def emptied(self) -> State:
        """The same place before a full listing: what has a record is remembered, what the calendar holds is not."""
        series = {
            pair: Series(pair, known=dict(one.known), ghost=one.ghost, ended=one.ended)
            for pair, one in self.series.items()
        }
        return State(self.calendar, None, self.since, series, ending=self.ending)

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

    def lost_since(self, before: State, changes: Changes) -> None:
        """Note what was there before a full listing and is not now; a paused series is not lost."""
        for pair, was in before.series.items():
            now = self.of(pair)
            if now.segments:
                continue
            now.ghost, now.ended = was.ghost, was.ended
            if was.segments and was.paused:
                now.ghost = was.segments[-1].master
            elif was.segments:
                changes.ended[pair] = str(was.segments[-1].master.get("summary", ""))

    def extras_lost_since(self, before: State) -> set[tuple[str, str]]:
        """(pair, check-in) of the meetings outside a series that a full listing no longer has."""
        return {
            (pair, id) for pair, was in before.series.items() for id in was.own if id not in self.of(pair).own
        }


class _Listing:
    """One listing being taken in."""

    def __init__(self, state: State, adopt: bool, before: State) -> None:
        self.state, self.adopt = state, adopt
        segments = [segment for series in before.series.values() for segment in series.segments]
        self.before = {event["id"]: event for segment in segments for event in segment.exceptions.values()}
        self.changes = Changes()
        self.unknown: list[Event] = []
        self.segments: dict[str, tuple[Series, Segment]] = {}
        self.own: dict[str, tuple[Series, str]] = {}
        self.slots: dict[str, tuple[Series, Segment, str]] = {}
        """Exceptions by id."""
        self.created: dict[str, list[Series]] = {}
        for series in state.series.values():
            self.own |= {event["id"]: (series, checkin) for checkin, event in series.own.items()}
            for segment in series.segments:
                self._index(series, segment)

    def _index(self, series: Series, segment: Segment) -> None:
        self.segments[segment.id] = series, segment
        self.slots |= {event["id"]: (series, segment, slot) for slot, event in segment.exceptions.items()}
        there = self.created.setdefault(segment.master.get("created", ""), [])
        if series not in there:
            there.append(series)

    def _add(self, series: Series, item: Event) -> None:
        segment = Segment(trimmed(item))
        series.add(segment)
        self._index(series, segment)
        self.changes.touched.add(series.pair)

    def event(self, item: Event) -> None:
        if cancelled(item):
            self._deleted(item)
            return
        marked, known = mark_of(item), self.segments.get(item["id"])
        if known is not None:
            series, segment = known
            segment.master = trimmed(item)
            series.sort()
            self.changes.touched.add(series.pair)
        elif marked is not None and marked[0] == "pair" and item.get("recurrence"):
            self._add(self.state.of(marked[1]), item)
        elif marked is not None and marked[0] == "checkin" and properties(item).get(PAIR):
            series = self.state.of(properties(item)[PAIR])
            series.own[marked[1]] = trimmed(item)
            self.own[item["id"]] = series, marked[1]
            self.changes.touched.add(series.pair)
        elif item.get("recurrence"):
            self.unknown.append(item)

    def continuations(self) -> None:
        """Series that grew out of ours by "this and following"; again for each that was found, as one may follow another."""
        waiting = sorted(self.unknown, key=_likeliest_first)
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
        self._add(series, item)
        return True

    def _whose(self, item: Event) -> Series | None:
        """The series that it continues; where several may be meant, the one it resembles; in doubt none."""
        found = [(one.continued_by(item), one) for one in self._near(item)]
        sure = [one for how, one in found if how == "surely"]
        if sure:
            return sure[0] if len(sure) == 1 else None
        perhaps = [one for how, one in found if how == "perhaps"]
        if len(perhaps) > 1:
            perhaps = [one for one in perhaps if one.resembles(item)]
        return perhaps[0] if len(perhaps) == 1 else None

    def _near(self, item: Event) -> list[Series]:
        """The series that have anything in common with an event: an id, a mark, the moment of creation."""
        found = list(self.created.get(item.get("created", ""), ()))
        known = self.segments.get(str(item["id"]).partition("_R")[0])
        marked = self.state.series.get(properties(item).get(MARK, "").partition(":")[2])
        others = (known[0] if known else None, marked)
        return found + [one for one in others if one is not None and one not in found]

    def instance(self, item: Event) -> None:
        known = self.segments.get(item["recurringEventId"])
        if known is not None:
            series, segment = known
            self.slots[item["id"]] = series, segment, slot_of(item)
            segment.exceptions[slot_of(item)] = carried(trimmed(item), self.before.get(item["id"]))
            self.changes.touched.add(series.pair)

    def _deleted(self, item: Event) -> None:
        self.state.strangers.pop(item["id"], None)
        known, own = self.segments.pop(item["id"], None), self.own.pop(item["id"], None)
        if known is not None:
            series, segment = known
            series.segments.remove(segment)
            self.changes.touched.add(series.pair)
            if PAUSED in properties(segment.master):
                series.ghost = segment.master
            elif not series.segments:
                self.changes.ended[series.pair] = str(segment.master.get("summary", ""))
        elif own is not None:
            series, checkin = own
            del series.own[checkin]
            self.changes.touched.add(series.pair)
            self.changes.gone.add((series.pair, checkin))
        else:
            self._left_behind(item["id"])

    def _left_behind(self, id: str) -> None:
        """An exception whose slot is gone comes bare, without its series (recorded)."""
        there = self.slots.pop(id, None)
        if there is not None:
            series, segment, slot = there
            segment.exceptions.pop(slot, None)
            self.changes.touched.add(series.pair)


def _likeliest_first(item: Event) -> tuple[bool, str]:
    """A continuation as Calendar's page names it comes before copies of it, and what was made first before those."""
    return "_R" not in item["id"], item.get("created", "")


def _series(pair: str, raw: Mapping[str, Any]) -> Series:
    segments = [Segment(master, dict(exceptions)) for master, exceptions in raw["segments"]]
    return Series(pair, segments, raw["own"], raw["known"], raw["retell"], raw["ghost"], raw.get("ended"))


def pages(answers: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """The items of all pages."""
    for answer in answers:
        yield from answer.get("items", ())
