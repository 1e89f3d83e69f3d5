"""The cursor: the sync token, and all that the calendar is known to hold of ours; kept by the engine as bytes.

A listing of changes is applied to it, so that one request tells everything; after a 410 the full listing is compared
with it, so that nothing is made twice (gcal.md, 8 and 12.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from syncengine.model.series import uid_of
from syncengine_gcal.marks import Event, event_id, generation_of, properties
from syncengine_gcal.series import Segment, Series

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
    burnt: dict[str, int] = field(default_factory=dict)
    """Record to the first generation of its event's id that no deletion has burnt, as far as is known."""

    @classmethod
    def load(cls, data: bytes | None) -> State | None:
        """What `dump` wrote; `None` for anything else, which means to read everything."""
        try:
            raw = orjson.loads(data or b"")
            if raw["v"] != _VERSION:
                return None
            series = {pair: _series(pair, said) for pair, said in raw["series"].items()}
            said = {name: raw[name] for name in ("calendar", "token", "since", "strangers")}
            return cls(series=series, ending=raw.get("ending", ""), burnt=raw.get("burnt", {}), **said)
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
        said |= {"series": series, "strangers": self.strangers, "ending": self.ending, "burnt": self.burnt}
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
        return State(self.calendar, None, self.since, series, ending=self.ending, burnt=dict(self.burnt))

    def identities(self) -> dict[str, str]:
        """See `syncengine.connector.Identifying`."""
        found = {record: uid_of(event_id(record, burnt)) for record, burnt in self.burnt.items()}
        for pair, series in self.series.items():
            events = {pair: series.current.master} if series.current else {}
            for record, event in {**events, **series.own}.items():
                found[record] = str(event.get("iCalUID") or uid_of(str(event["id"])))
        return found

    def lost_since(self, before: State, changes: Changes) -> None:
        """Note what was there before a full listing and is not now; a paused series is not lost."""
        for record, generation in before.burnt.items():
            self.burnt[record] = max(generation, self.burnt.get(record, 0))
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


def burn(burnt: dict[str, int], event: str) -> None:
    """Note that an id was deleted: it is never given again (gcal.md, 1)."""
    said = generation_of(event)
    if said is not None:
        burnt[said[0]] = max(said[1] + 1, burnt.get(said[0], 0))


def _series(pair: str, raw: Mapping[str, Any]) -> Series:
    segments = [Segment(master, dict(exceptions)) for master, exceptions in raw["segments"]]
    return Series(pair, segments, raw["own"], raw["known"], raw["retell"], raw["ghost"], raw.get("ended"))


def pages(answers: Iterable[Mapping[str, Any]]) -> Iterator[Event]:
    """The items of all pages."""
    for answer in answers:
        yield from answer.get("items", ())
