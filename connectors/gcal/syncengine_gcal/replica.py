"""The replica: one Google calendar. Handles are `<pair id>` and `<pair id>/<check-in id>/<slot>`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncengine.connector import Check, Item, Mailing, Opening, Operation, Outcome, Pull, Step
from syncengine.errors import MentorsyncError
from syncengine.model.cadence import cadence_of
from syncengine.model.kind import Kind
from syncengine.model.moments import instant, moment
from syncengine.model.series import told_by_event
from syncengine.model.values import Fields, Value
from syncengine_gcal import place, pushing
from syncengine_gcal.client import SCOPES, Client, TokenExpired
from syncengine_gcal.marks import invited
from syncengine_gcal.reading import HOLDS, Reader, handle_of, read_handle
from syncengine_gcal.state import Changes, State, pages
from syncengine_gcal.work import Desk
from syncengine_google.credentials import Identity, identity


class CalendarReplica:
    """See `syncengine.connector.Replica` and `Mailer` for what each method promises."""

    def __init__(self, opening: Opening, sleep: Callable[[float], None]) -> None:
        self._opening, self._sleep = opening, sleep
        said = opening.settings
        self._said: str | None = said.get("calendar")
        self._name, self._share = str(said["title"]), tuple(said["share"])
        self._invites = str(said["invites"])
        self.kinds: Mapping[str, Kind] = {n: k for n, k in opening.template.kinds.items() if n in HOLDS}
        self._now = opening.now or datetime.now(UTC)
        self._reader = Reader(self.kinds, opening.locale, self._now)
        self._client_made: Client | None = None
        self._identity: Identity | None = None
        self._id: str | None = None
        self._state: State | None = None
        self._announced: Counter[tuple[str, str]] | None = None
        self._read: tuple[bytes | None, Mapping[str, Any], Changes, bool] | None = None
        """What the last listing said: since which cursor, its head, what it brought, and whether it was a full one."""

    @property
    def calls(self) -> int:
        return self._client_made.calls if self._client_made else 0

    @property
    def _client(self) -> Client:
        if self._client_made is None:
            said = self._opening.settings
            self._identity = identity(said["sign_in"], SCOPES, said["base"])
            where = f"replica {self._opening.name!r}"
            self._client_made = Client(
                self._identity, said["api_endpoint"], where, self._invites, self._sleep
            )
        return self._client_made

    def _find(self) -> str | None:
        if self._id is None:
            known = State.load(self._opening.cursor)
            if self._said is None and known is not None and self._opening.bound is not None:
                self._id = known.calendar
            else:
                self._id = place.find(self._client, self._said, self._name, self._opening.bound)
        return self._id

    def place(self) -> str | None:
        """The id in the calendar's description, from the listing that `pull` uses."""
        if self._find() is None:
            return None
        head = self._list(self._opening.cursor)
        return place.stamp_in(head.get("description"))

    def survey(self) -> Sequence[Step]:
        """The calendar, its mark, and whom it is shared with."""
        found = self.place()
        if self._id is not None:
            self._check_rights()
        return place.survey(self._client, self._id, self._name, self._share, found)

    def provision(self, place_id: str) -> None:
        """Make, mark and share the calendar. Events that are there are not touched, and nobody is mailed."""
        zone = self._opening.locale.zone.key
        self._id = place.provision(self._client, self._find(), self._name, zone, self._share, place_id)
        self._read = None

    def checks(self) -> Sequence[Check]:
        """The sign-in, the calendar, and the right to change its events: each tried by reading."""
        try:
            id = self._find()
        except MentorsyncError as error:
            return [Check("the sign-in is accepted", error.reason, error.remedy)]
        if id is None:
            return [Check("the sign-in is accepted")]
        try:
            self._list(self._opening.cursor)
        except MentorsyncError as error:
            return [Check(f"the calendar {id} can be read", error.reason, error.remedy)]
        fine = [Check("the sign-in is accepted"), Check(f"the calendar {id} can be read")]
        try:
            self._check_rights()
        except MentorsyncError as error:
            return [*fine, Check("its events may be changed", error.reason, error.remedy)]
        return [*fine, Check("its events may be changed")]

    def _check_rights(self) -> None:
        assert self._read is not None
        who = self._identity.who if self._identity else ""
        place.may_write(str(self._read[1].get("accessRole", "owner")), f"calendar {self._id}", who)

    # -- reading

    def _list(self, cursor: bytes | None) -> Mapping[str, Any]:
        """One listing since the cursor, taken into the state; the answer's head. Not asked twice for one cursor."""
        if self._read is not None and self._read[0] == cursor:
            return self._read[1]
        id = self._find()
        assert id is not None
        before = State.load(cursor)
        if before is None or before.calendar not in ("", id):
            before = State(id)
        full = before.token is None
        try:
            answers = list(self._client.changes(id, before.token))
        except TokenExpired:
            full, answers = True, list(self._client.changes(id, None))
        state = before.emptied() if full else before
        known = State.load(cursor) or State.load(self._opening.cursor)
        changes = state.apply(pages(answers), adopt=bool(self._opening.settings["adopt"]), before=known)
        if full:
            changes.gone |= state.lost_since(State.load(cursor) or State(id))
        state.calendar, state.token = id, answers[-1].get("nextSyncToken")
        self._state, self._read = state, (cursor, answers[-1], changes, full)
        return answers[-1]

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """What changed, by sync token; a token that ran out is a full listing compared with what was known."""
        if self._find() is None:
            return Pull([], False, self.holds())
        self._list(cursor)
        assert self._read is not None
        assert self._state is not None
        _, _, changes, full = self._read
        self._check_rights()
        state = self._state
        for pair, checkin, slot in map(read_handle, again):
            series = state.of(pair)
            if checkin and slot and checkin not in series.own and series.segment_of(slot) is not None:
                series.known.setdefault(slot, checkin)
        wanted = set(state.series) if full and cursor is None else {*changes.touched}
        wanted |= {read_handle(handle)[0] for handle in again} | self._ended(state)
        wanted |= {pair for pair, series in state.series.items() if series.retell}
        for series in state.series.values():
            series.retell = False
        self._await_rooms(state, wanted)
        items = [
            item
            for pair in sorted(wanted)
            if pair in state.series
            for item in self._reader.items(state.series[pair])
        ]
        for item in items:
            pair, checkin, slot = read_handle(item.handle)
            if checkin and slot and checkin not in state.of(pair).own:
                state.of(pair).known[slot] = checkin  # it has a record from now on
        items += self._strangers(state)
        told = {item.handle for item in items}
        gone = sorted(self._handle(state, *one) for one in changes.gone)
        complete = cursor is None and all(handle in told for handle in again)
        state.since = instant(self._now, self._opening.locale.zone)
        return Pull(items, complete, self.holds(), [] if complete else [h for h in gone if h not in told],
                    present=sum(len(one.segments[-1:]) + len(one.known) + len(one.own) for one in state.series.values()))  # fmt: skip

    def _handle(self, state: State, pair: str, checkin: str) -> str:
        slot = next((s for s, id in state.of(pair).known.items() if id == checkin), None)
        return handle_of(pair, checkin, slot)

    def _ended(self, state: State) -> set[str]:
        """The pairs with a meeting that ended since the last read and guests who answered: they may propose something."""
        since = moment(state.since) if state.since else None
        found = set()
        for pair, series in state.series.items():
            if since is None or not any(invited(segment.master) for segment in series.segments):
                continue
            for item in self._reader.items(series):
                at = item.fields.get("starts")
                if item.kind == "checkin" and isinstance(at, str) and since <= moment(at) <= self._now:
                    found.add(pair)
        return found

    def _await_rooms(self, state: State, wanted: set[str]) -> None:
        """A video room that was asked for and is still pending is looked for again."""
        for pair, series in state.series.items():
            segment = series.current
            made = (segment.master.get("conferenceData") or {}).get("createRequest", {}) if segment else {}
            if segment is not None and made.get("status", {}).get("statusCode") == "pending":
                from syncengine_gcal.calls import Call
                from syncengine_gcal.state import trimmed

                [reply] = self._client.carry(state.calendar, [Call("get", segment.id)])
                if reply.event is not None:
                    segment.master = trimmed(reply.event)
                    wanted.add(pair)

    def _strangers(self, state: State) -> list[Item]:
        """Series that people made, offered as pairs where the config says so: matched by name, else new."""
        from syncengine_gcal.series import Segment, Series

        found = []
        for id, event in sorted(state.strangers.items()):
            fields = self._reader.pair_fields(Series("", [Segment(event)]))
            found.append(Item("pair", None, f"~{id}", fields, str(event.get("summary", ""))))
        return found

    def holds(self) -> dict[str, frozenset[str]]:
        """What a calendar can say of a pair and of a check-in, as far as the template has it."""
        return {name: HOLDS[name] & kind.fields.keys() for name, kind in self.kinds.items()}

    # -- writing

    def takes(self, kind: str, fields: Fields) -> bool:
        """A pair that meets, and a check-in that says when and whose it is."""
        if kind == "pair":
            return cadence_of(fields, self._opening.locale.zone.key) is not None
        return kind == "checkin" and bool(fields.get("pair")) and bool(fields.get("starts"))

    def shown(self, kind: str, fields: Fields) -> Mapping[str, Value]:
        """See `syncengine.connector.Showing`."""
        return told_by_event(kind, fields, self._opening.locale.zone.key)

    def _desk(self) -> Desk:
        said = self._opening.settings
        organizer = self._id or ""
        zone = self._opening.locale.zone.key
        return Desk(
            self._reader, self.kinds, self._now, zone, self._invites, said["video"] == "meet", organizer
        )

    def mails(self, operations: Sequence[Operation]) -> Sequence[Mailing]:
        """Who would be mailed: nobody, unless the config says `invites`."""
        if self._invites == "none" or self._state is None:
            return []
        found = pushing.tried_out(self._desk(), self._state, operations)
        self._announced = Counter((mail.to, mail.why) for mail in found)
        return found

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Pairs side by side, in batches; the steps of one pair one after the other, each conditional on the last."""
        if self._state is None:
            self._list(None)
        state = self._state
        assert state is not None
        self._adopt(state, operations)
        desk = self._desk()
        desk.announced = self._announced if self._announced is not None else Counter()
        yield from pushing.push(
            desk, state, operations, lambda calls: self._client.carry(state.calendar, calls)
        )

    def _adopt(self, state: State, operations: Sequence[Operation]) -> None:
        """A stranger's series that the engine gave an id is that pair's from now on."""
        from syncengine_gcal.series import Segment

        for operation in operations:
            event = state.strangers.pop((operation.handle or "").removeprefix("~"), None)
            if event is not None:
                state.of(operation.id).add(Segment(event))

    def cursor(self) -> bytes | None:
        """The sync token, and what the calendar is known to hold."""
        return self._state.dump() if self._state is not None else None

    def close(self) -> None:
        """Let go of the connections."""
        if self._client_made is not None:
            self._client_made.close()
