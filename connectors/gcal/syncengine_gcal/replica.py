"""The replica: one Google calendar. Handles are `<pair id>` and `<pair id>/<check-in id>/<slot>`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from syncengine.connector import Check, Estimate, Mailing, Opening, Operation, Outcome, Pull, Step
from syncengine.errors import MentorsyncError
from syncengine.model.cadence import cadence_of
from syncengine.model.kind import Kind
from syncengine.model.series import told_by_event
from syncengine.model.values import Fields, Value
from syncengine.model.words import Words
from syncengine_gcal import addresses, erasing, place, pushing
from syncengine_gcal.client import SCOPES, Client
from syncengine_gcal.desk import Desk
from syncengine_gcal.marks import invited
from syncengine_gcal.pulling import Listing, Teller, listing, rooms
from syncengine_gcal.reading import HOLDS, Reader
from syncengine_gcal.series import Segment
from syncengine_gcal.state import State
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
        self._read: Listing | None = None

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
        return place.stamp_in(self._list(self._opening.cursor).head.get("description"))

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
        place.may_write(str(self._read.head.get("accessRole", "owner")), f"calendar {self._id}", who)

    # -- reading

    def _list(self, cursor: bytes | None) -> Listing:
        """What changed since the cursor. Not asked twice for one cursor."""
        if self._read is None or self._read.cursor != cursor:
            id = self._find()
            assert id is not None
            adopt = bool(self._opening.settings["adopt"])
            self._read = listing(self._client, id, cursor, self._opening.cursor, adopt=adopt)
            self._state = self._read.state
        return self._read

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """What changed, by sync token; a token that ran out is a full listing compared with what was known."""
        if self._find() is None:
            return Pull([], False, self.holds())
        found = self._list(cursor)
        self._check_rights()
        come = rooms(self._client, found.state)
        return Teller(found, self._reader, self._opening.locale, self._now).tell(again, come, self.holds())

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

    def estimate(self, operations: Sequence[Operation]) -> Estimate:
        """The same steps as `push`, counted; the calls of different pairs share a request."""
        if self._state is None or not operations:
            return Estimate(0, 0.0)
        return pushing.estimate(self._desk(), self._state, operations)

    def mails(self, operations: Sequence[Operation]) -> Sequence[Mailing]:
        """Who would be mailed: nobody, unless the config says `invites`."""
        if self._invites == "none" or self._state is None:
            return []
        found = pushing.tried_out(self._desk(), self._state, operations)
        self._announced = Counter((mail.to, mail.why) for mail in found)
        return found

    def readdressed(self, operation: Operation) -> frozenset[str]:
        """A pair whose members are guests under other addresses than they have now."""
        series = self._state.series.get(operation.id) if self._state is not None else None
        if self._invites == "none" or operation.kind != "pair" or series is None or series.current is None:
            return frozenset()
        there = invited(series.current.master)
        moved = any(operation.emails.get(person, address) != address for person, address in there.items())
        return frozenset({"members"} if moved else ())

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
        for operation in operations:
            event = state.strangers.pop((operation.handle or "").removeprefix("~"), None)
            if event is not None:
                state.of(operation.id).add(Segment(event))

    def link(self, handle: str) -> str | None:
        """The event's page in Calendar: a series', an occurrence's, or a meeting's own."""
        state = self._state or State.load(self._opening.cursor)
        return addresses.link(state, handle) if state else None

    def linked(self, link: str) -> Sequence[str]:
        """By the `eid` in an event's address; of an occurrence without a record, its series."""
        state = self._state or State.load(self._opening.cursor)
        return addresses.linked(state, link) if state else []

    def identities(self) -> Mapping[str, str]:
        """Each event's `iCalUID`; of a series that was removed, what the next one's will be."""
        return self._state.identities() if self._state is not None else {}

    # -- forgetting

    def uninvite(self, person: str, words: Words) -> None:
        """See `syncengine.connector.Uninviting`; also where `invites` is none now: it may have been another."""
        if (id := self._find()) is not None:
            erasing.uninvite(self._client, id, person, words)

    def erase(self, ids: Collection[str], words: Words) -> None:
        """See `syncengine.connector.Erasing`."""
        if (id := self._find()) is not None:
            erasing.erase(self._client, id, ids, words)

    def everything(self) -> Iterator[tuple[str, str]]:
        """Every event."""
        id = self._find()
        return erasing.everything(self._client, id) if id is not None else iter(())

    def keeps(self) -> Sequence[str]:
        """What Google keeps."""
        return erasing.KEEPS

    def cursor(self) -> bytes | None:
        """The sync token, and what the calendar is known to hold."""
        return self._state.dump() if self._state is not None else None

    def close(self) -> None:
        """Let go of the connections."""
        if self._client_made is not None:
            self._client_made.close()
