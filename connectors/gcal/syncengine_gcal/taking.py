"""A listing taken into the state, in any order: whose event each one is, and what it means that one is gone. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from syncengine_gcal.marks import MARK, PAIR, PAUSED, Event, mark_of, properties
from syncengine_gcal.series import Segment, Series, cancelled, carried, slot_of
from syncengine_gcal.state import Changes, State, burn, trimmed


def take_in(state: State, items: Iterable[Event], *, adopt: bool, before: State | None = None) -> Changes:
    """Take a listing in. `adopt`: remember strangers' series. `before`: what was known of cancelled ones."""
    work = _Listing(state, adopt, before or state)
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
        burn(self.state.burnt, item["id"])
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
