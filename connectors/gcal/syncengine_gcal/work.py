"""The operations of one pair, one request after the other; the pairs beside it go on in the same batches.

The steps are a generator: it asks by `Call`, is answered by `Reply`, and yields nothing else. What it may send an e-mail
for is decided here and nowhere else, so that the plan is told by trying the same steps out (design rule 12).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from syncengine.connector import Done, InDoubt, Item, Operation, Outcome, Reading, Rejected
from syncengine.model.kind import Kind
from syncengine.model.values import Fields, Named, Unreadable
from syncengine_gcal.calls import Call, Reply
from syncengine_gcal.desk import Desk, Doubt, Stale
from syncengine_gcal.marks import Event, event_id, mark_of
from syncengine_gcal.reading import agenda_now, handle_of
from syncengine_gcal.series import Segment, Series, cancelled, carried, slot_of
from syncengine_gcal.state import burn, trimmed
from syncengine_gcal.writing import Refused

Asking = Generator[Call, Reply, None]
_AGAIN = "The next run takes it up."
_TRIES = 4
_GENERATIONS = 50


@dataclass
class PairWork:
    """See the module. `series` is what the calendar is known to hold, and is kept up to date."""

    desk: Desk
    series: Series
    operations: Sequence[Operation]
    burnt: dict[str, int]
    """See `State.burnt`; kept up to date."""
    outcomes: list[Outcome] = field(default_factory=list)
    leaving: set[str] = field(default_factory=set)
    """Check-ins that this push takes away."""
    stuck: bool = False
    """Whether the series was to be changed and could not be."""

    def run(self) -> Asking:
        """Carry out everything; fills in `outcomes`."""
        from syncengine_gcal.agenda_work import agenda
        from syncengine_gcal.meeting_work import keep_what_was_moved, put_checkin, remove_checkin
        from syncengine_gcal.pair_work import put_pair, remove_pair

        shown = agenda_now(self.series)
        self.leaving = {o.id for o in self.operations if o.action == "delete" and o.kind == "checkin"}
        ordered = sorted(self.operations, key=lambda o: (o.action == "delete", o.kind != "pair"))
        done: list[Operation] = []
        for operation in ordered:
            step = {
                ("pair", False): put_pair,
                ("pair", True): remove_pair,
                ("checkin", False): put_checkin,
                ("checkin", True): remove_checkin,
            }[operation.kind, operation.action == "delete"]
            yield from self._step(operation, step, done)
            if operation.kind == "pair" and operation in done and operation.action != "delete":
                yield from self._beside(operation, keep_what_was_moved, done)
        told = [o for o in done if o.kind == "pair" and "agenda" in o.fields and o.action != "delete"]
        for operation in told:
            yield from self._beside(operation, agenda, done)
        if not told and shown is not None and agenda_now(self.series) != shown:
            yield from self._rescue(shown)
        self._tell(done)

    def _rescue(self, text: str) -> Asking:
        """The meeting that carried the agenda went: the next one carries it."""
        from syncengine_gcal.agenda_work import place_agenda

        try:
            yield from place_agenda(self, text)
        except (Refused, Doubt, Stale):
            self.series.retell = True

    def _beside(self, operation: Operation, step: object, done: list[Operation]) -> Asking:
        done.remove(operation)
        yield from self._step(operation, step, done)

    def _step(self, operation: Operation, step: object, done: list[Operation]) -> Asking:
        try:
            for attempt in range(_TRIES):
                try:
                    yield from step(self, operation)  # type: ignore[operator] # one of the four above
                    break
                except Stale as stale:
                    yield from self._look(stale.event)
                    if attempt == _TRIES - 1 or self._changed(operation):
                        raise Refused("the calendar changed while mentorsync was syncing", _AGAIN) from None
            done.append(operation)
        except Refused as refused:
            self.stuck = self.stuck or operation.kind == "pair"
            where = str(self.series.current.master.get("summary", "")) if self.series.current else ""
            self.outcomes.append(Rejected(operation, refused.reason, refused.remedy, where))
        except Doubt:
            self.stuck = True
            self.outcomes.append(InDoubt(operation, "the calendar did not say whether it was done"))

    # -- asking

    def ask(self, call: Call) -> Generator[Call, Reply, Reply]:
        """One request that changes something. Raises `Stale`, `Doubt`, `Refused`; 409 and 410 are for the caller."""
        mails = Counter((address, call.why) for address in call.tells)
        if self.desk.announced is not None:
            if mails - self.desk.announced:
                raise Refused("somebody would get an e-mail that was not announced", _AGAIN)
            self.desk.announced -= mails
        reply = yield call
        if reply.code == 0:
            raise Doubt
        if reply.code == 412:
            if self.desk.announced is not None:
                self.desk.announced += mails  # refused: nobody was mailed
            raise Stale(call.event)
        if call.method == "delete" and reply.code in (200, 204, 410):
            burn(self.burnt, call.event)
        if reply.code in (409, 410) and reply.reason in ("duplicate", "deleted"):
            return reply
        if reply.code == 404:
            raise Refused("it is no longer in the calendar", _AGAIN)
        if reply.code >= 300:
            raise Refused(*reply.told)
        if reply.event is not None:
            self.take(reply.event)
        return reply

    def insert(
        self, kind: str, record: str, body: Mapping[str, object], tells: tuple[str, ...], why: str
    ) -> Generator[Call, Reply, Event]:
        """A new event under the first of its ids that is not burnt; one that is there already is taken as it is."""
        for generation in range(first := self.burnt.get(record, 0), first + _GENERATIONS):
            id = event_id(record, generation)
            reply = yield from self.ask(Call("insert", id, _with_id(body, id), None, tells, why))
            if reply.code != 409:
                assert reply.event is not None
                return reply.event
            there = yield Call("get", id)
            if there.code == 0:
                raise Doubt
            event = there.event
            if event is not None and not cancelled(event):
                if mark_of(event) != (kind, record):
                    raise Refused("somebody else's event has its id", "Remove that event from the calendar.")
                self.take(event)
                return event
            burn(self.burnt, id)
        self._give_up()

    def _give_up(self) -> NoReturn:
        raise Refused("it was deleted and brought back too often", "Please report it with this line.")

    def take(self, event: Event) -> None:
        """Remember an event as it is now, and what its etag says of the rest of its series (recorded: they share one)."""
        kept, marked = trimmed(event), mark_of(event)
        if "recurringEventId" in event:
            for segment in self.series.segments:
                if segment.id == event["recurringEventId"]:
                    slot = slot_of(event)
                    segment.exceptions[slot] = carried(kept, segment.exceptions.get(slot))
                    _renew(segment, event["etag"])
            return
        for segment in self.series.segments:
            if segment.id == event["id"]:
                segment.master = kept
                _renew(segment, event["etag"])
                return
        if marked is not None and marked[0] == "checkin":
            self.series.own[marked[1]] = kept
        elif marked is not None:
            self.series.add(Segment(kept))

    def _look(self, event: str) -> Generator[Call, Reply, None]:
        reply = yield Call("get", event)
        if reply.code == 0:
            raise Doubt
        if reply.event is None or (cancelled(reply.event) and "recurringEventId" not in reply.event):
            raise Refused("it was removed from the calendar while mentorsync was syncing", _AGAIN)
        self.take(reply.event)

    # -- what is so now

    def current(self) -> Segment:
        """How they meet now. Raises `Refused` where the series is gone."""
        if self.series.current is None:
            raise Refused("the series is no longer in the calendar", _AGAIN)
        return self.series.current

    def items(self) -> dict[str | None, Item]:
        return {item.id: item for item in self.desk.reader.items(self.series)}

    def _changed(self, operation: Operation) -> bool:
        """Whether the calendar says something else now than the engine knows, and not what it wants either."""
        item = self.items().get(operation.id)
        if item is None or operation.action == "create":
            return False
        kind = self.desk.kinds[operation.kind]
        names = operation.expected if operation.action == "delete" else operation.fields
        return any(
            name in operation.expected
            and name in item.fields
            and not _same(kind, name, operation.expected[name], item.fields[name])
            and not (
                name in operation.fields and _same(kind, name, operation.fields[name], item.fields[name])
            )
            for name in names
        )

    def _tell(self, done: Sequence[Operation]) -> None:
        items = self.items()
        for operation in done:
            item = items.get(operation.id)
            if operation.action == "delete":
                self.outcomes.append(Done(operation, operation.handle or operation.id))
                continue
            held = {n: item.fields[n] for n in operation.fields if n in item.fields} if item else {}
            self.outcomes.append(Done(operation, item.handle if item else _handle(operation), held))


def _handle(operation: Operation) -> str:
    if operation.kind == "pair":
        return operation.id
    slot = operation.record.get("slot")
    return handle_of(str(operation.record.get("pair")), operation.id, slot if isinstance(slot, str) else None)


def _with_id(body: Mapping[str, object], id: str) -> dict[str, object]:
    from syncengine_gcal.marks import EVENT

    properties = body["extendedProperties"]
    assert isinstance(properties, dict)
    return {**body, "id": id, "extendedProperties": {"private": {**properties["private"], EVENT: id}}}


def _renew(segment: Segment, etag: str) -> None:
    for event in (segment.master, *segment.exceptions.values()):
        event["etag"] = etag


def _same(kind: Kind, name: str, a: Reading, b: Reading) -> bool:
    if isinstance(a, Unreadable) or isinstance(b, Unreadable):
        return isinstance(a, Unreadable) and isinstance(b, Unreadable) and a.text == b.text
    if isinstance(a, Named) or isinstance(b, Named):
        return a == b
    return kind.fields[name].type.equal(a, b)


def starts_of(record: Fields) -> str:
    """When a check-in is to take place. Raises `Refused`."""
    at = record.get("starts") or record.get("slot")
    if not isinstance(at, str):
        raise Refused("the check-in has no date and time", "Fill in when it starts.")
    return at
