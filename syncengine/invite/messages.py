"""From what was told to what is so: the messages that say the difference (iTIP, RFC 5546). Pure.

Only what a person would want to know is told: a new series, other times, a pause or an end, one meeting moved, cancelled
or taking place after all, and to somebody who joins or leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from syncengine.invite.standing import NEVER, Standing, Told
from syncengine.model.moments import moment
from syncengine.model.series import uid_of


@dataclass(frozen=True)
class Meeting:
    """One VEVENT."""

    uid: str
    sequence: int
    starts: str
    minutes: int
    slot: str | None = None
    """RECURRENCE-ID: which occurrence of the series it is."""
    standing: Standing | None = None
    """For the series itself: its rule and what is left out."""
    cancelled: bool = False


@dataclass(frozen=True)
class Message:
    """What some people are told."""

    method: Literal["REQUEST", "CANCEL"]
    to: tuple[str, ...]
    guests: tuple[tuple[str, str], ...]
    """(address, name) of everybody who is invited."""
    meetings: tuple[Meeting, ...]
    why: str
    """For people: `the new series`."""


def messages(uid: str, before: Told | None, now: Standing, at: datetime) -> tuple[list[Message], Told]:
    """What to tell, and what will have been told then. `uid`: of the series, if it is a new one."""
    found = _Difference(uid, before or Told(Standing(None), NEVER), now, at)
    told = list(found.all())
    return told, found.after


class _Difference:
    def __init__(self, uid: str, before: Told, now: Standing, at: datetime) -> None:
        self.was, self.now, self.at = before.standing, now, at
        self.uid = before.uid if self.was.series is not None and before.uid else uid
        self.new = before.sequence == NEVER
        self.after = Told(now, max(before.sequence, 0), self.uid, dict(before.single), list(before.reached))

    def all(self) -> Iterator[Message]:
        if self.now.series is None:
            yield from self._end()
            return
        if self.was.series is None:
            self.after.sequence += not self.new
            yield from self._whole("the new series" if self.new else "the series goes on", self._everybody())
            yield from self._extra()
            return
        left = tuple(sorted(set(self.was.guests) - set(self.now.guests)))
        if left:
            yield self._cancelled_series(left, "you are no longer a member", self.after.sequence)
        if (self.was.series, self.was.zone) != (self.now.series, self.now.zone):
            self.after.sequence += 1
            yield from self._whole("its meetings are at other times", self._everybody())
        else:
            joined = tuple(sorted(set(self.now.guests) - set(self.was.guests)))
            yield from self._whole("you are invited", joined)
            yield from self._single(tuple(sorted(set(self.now.guests) & set(self.was.guests))))
        yield from self._extra()

    def _everybody(self) -> tuple[str, ...]:
        return tuple(sorted(self.now.guests))

    def _message(
        self, method: Literal["REQUEST", "CANCEL"], to: tuple[str, ...], meetings: list[Meeting], why: str
    ) -> Iterator[Message]:
        if to:
            yield Message(method, to, tuple(sorted(self.now.guests.items())), tuple(meetings), why)

    def _end(self) -> Iterator[Message]:
        if self.was.series is None:
            return
        self.after.sequence += 1
        to = tuple(sorted(self.was.guests))
        if to:
            yield self._cancelled_series(to, "the series does not go on", self.after.sequence)
        for id, (starts, minutes) in sorted(self.was.extra.items()):
            if moment(starts) > self.at:
                meeting = Meeting(uid_of(id), self._next(id), starts, minutes, cancelled=True)
                yield from self._message("CANCEL", to, [meeting], "the meeting is cancelled")

    def _cancelled_series(self, to: tuple[str, ...], why: str, sequence: int) -> Message:
        cadence = self.was.cadence
        master = replace(self._master(self.was, sequence), cancelled=True)
        assert cadence.minutes
        return Message(
            "CANCEL", to, tuple((address, self.was.guests[address]) for address in to), (master,), why
        )

    def _master(self, standing: Standing, sequence: int) -> Meeting:
        from zoneinfo import ZoneInfo

        from syncengine.model.moments import instant

        cadence = standing.cadence
        starts = instant(cadence.start, ZoneInfo(cadence.zone))
        return Meeting(self.uid, sequence, starts, cadence.minutes, standing=standing)

    def _whole(self, why: str, to: tuple[str, ...]) -> Iterator[Message]:
        sequence = self.after.sequence
        meetings = [self._master(self.now, sequence)]
        for slot, (starts, minutes) in sorted(self.now.moved.items()):
            number = max(sequence, self.after.single.get(slot, sequence))
            self.after.single[slot] = number
            meetings.append(Meeting(self.uid, number, starts, minutes, slot))
        yield from self._message("REQUEST", to, meetings, why)

    def _next(self, key: str) -> int:
        number = max(self.after.sequence, self.after.single.get(key, -1)) + 1
        self.after.single[key] = number
        return number

    def _single(self, to: tuple[str, ...]) -> Iterator[Message]:
        """Single occurrences that are another now than they were told; what is past is told to nobody."""
        slots = {*self.was.moved, *self.was.skipped, *self.now.moved, *self.now.skipped}
        for slot in sorted(slots):
            was, now = self._state(self.was, slot), self._state(self.now, slot)
            if (
                was == now
                or (now is not None and moment(now[0]) <= self.at)
                or (now is None and moment(slot) <= self.at)
            ):
                continue
            if now is None:
                starts, minutes = was or (slot, self.now.cadence.minutes)
                gone = Meeting(self.uid, self._next(slot), starts, minutes, slot, cancelled=True)
                yield from self._message("CANCEL", to, [gone], "one meeting is cancelled")
            else:
                why = "one meeting takes place after all" if was is None else "one meeting is moved"
                there = Meeting(self.uid, self._next(slot), *now, slot)
                yield from self._message("REQUEST", to, [there], why)

    def _state(self, standing: Standing, slot: str) -> tuple[str, int] | None:
        if slot in standing.skipped:
            return None
        return standing.moved.get(slot, (slot, standing.cadence.minutes))

    def _extra(self) -> Iterator[Message]:
        to = self._everybody()
        for id in sorted({*self.was.extra, *self.now.extra}):
            was, now = self.was.extra.get(id), self.now.extra.get(id)
            if now is None and was is not None and moment(was[0]) > self.at:
                gone = Meeting(uid_of(id), self._next(id), *was, cancelled=True)
                yield from self._message("CANCEL", to, [gone], "the meeting is cancelled")
            elif now is not None and now != was:
                number = 0 if was is None and id not in self.after.single else self._next(id)
                self.after.single[id] = number
                why = "a new meeting" if was is None else "the meeting is moved"
                yield from self._message("REQUEST", to, [Meeting(uid_of(id), number, *now)], why)
