"""By which UID an event of ours is known again, and how it is given another.

A UID is `<record id>@google.com`, or what Google made of it later (`model.series.record_of`). A series that people had in
Google before has whatever that had: then it is repeated in `X-MENTORSYNC-UID`, so that a copy, which gets a UID of its own,
is told from it. Where a program drops our properties, only the very UID that was noted counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from syncengine.model.ids import is_id
from syncengine.model.series import record_of, uid_of
from syncengine_ical.document import Component
from syncengine_ical.series import ID, KIND, UID, Series, is_cancelled


@dataclass(frozen=True)
class Known:
    """What is remembered of the events of ours in a folder."""

    ids: Collection[str] = ()
    """Pairs and check-ins that have an event."""
    uids: Mapping[str, str] = field(default_factory=dict)
    """Record to its UID, where that is another than its id makes."""

    def uid(self, id: str) -> str:
        """The UID of a record's event."""
        return self.uids.get(id) or uid_of(id)


def ours(calendar: Component, known: Known) -> Iterator[tuple[str, Component]]:
    """The events of a calendar that are ours: (the record that the UID stands for, the event)."""
    events = list(calendar.components("VEVENT"))
    adopted = {uid: id for id, uid in known.uids.items()}
    adopted |= {event.value("UID"): event.value(ID) for event in events if _says_so(event)}
    for event in events:
        uid = event.value("UID")
        id = adopted.get(uid) or record_of(uid)
        if id is not None and (_marked(event) or (id in known.ids and uid == known.uid(id))):
            yield id, event


def _says_so(event: Component) -> bool:
    whole = event.first("RECURRENCE-ID") is None and event.first(UID) is not None
    return whole and is_id(event.value(ID)) and event.value(UID) == event.value("UID")


def _marked(event: Component) -> bool:
    return event.first(ID) is not None or event.first(KIND) is not None


@dataclass(frozen=True)
class Stray:
    """An event that bears a record's id and another UID: a copy, or ours with its UID changed."""

    id: str
    pair: str
    line: int


def strays(calendar: Component, known: Known, pair_property: str) -> Iterator[Stray]:
    """The events of a calendar that would be ours by their `X-MENTORSYNC-ID`, but are not by their UID."""
    for event in calendar.components("VEVENT"):
        id, pair, uid = event.value(ID), event.value(pair_property), event.first("UID")
        if not is_id(id) or event.first("RECURRENCE-ID") is not None or _says_so(event):
            continue
        said = event.value("UID")
        if record_of(said) != id and said != known.uid(id):
            yield Stray(id, pair if is_id(pair) else id, (uid or event.begin).number)


def told(series: Series) -> tuple[dict[str, str], list[str]]:
    """Of a pair's events: the UIDs that are not what the record's id makes, and the records whose event is cancelled."""
    events = {**({series.pair: series.master} if series.master else {}), **series.own}
    uids = {id: uid for id, event in events.items() if (uid := event.value("UID")) != uid_of(id)}
    return uids, [id for id, event in events.items() if is_cancelled(event)]


def give(series: Series, wanted: Mapping[str, str]) -> dict[str, str]:
    """Give the events that take place the wanted UIDs; returns those that changed.

    One that is cancelled keeps the UID under which programs know it, until it takes place again.
    """
    changed = {}
    events = {**({series.pair: series.master} if series.master else {}), **series.own}
    for id, event in events.items():
        uid = wanted.get(id)
        if uid is None or event.value("UID") == uid or is_cancelled(event):
            continue
        for one in (event, *(series.exceptions.values() if id == series.pair else ())):
            one.set("UID", [f"UID:{uid}"])
        if event.first(ID) is None:
            event.set(ID, [f"{ID}:{id}"])
        event.set(UID, [] if record_of(uid) == id else [f"{UID}:{uid}"])
        changed[id] = uid
    return changed
