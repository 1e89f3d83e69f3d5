"""The contract a connector keeps: everything a plug-in author needs, and nothing else.

Words: a **replica** is one configured place (a vault, a workbook, a calendar). An **item** is what it holds for
one record. A **handle** is where the item is in the tool (a path, a row, an event id): the connector's own word,
kept by the engine and handed back. **Held** is what the tool shows, which may be less than what was sent.

A connector is an object found by the entry point group `syncengine.connectors`. Importing its package must be
cheap: it loads its libraries when a replica is opened. It imports `syncengine.connector`, `syncengine.model`
and `syncengine.errors`, and nothing else of the engine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, runtime_checkable

from syncengine.model.values import Fields, Locale, Named, Unreadable, Value

if TYPE_CHECKING:
    from syncengine.model.template import Template  # a glance does without
    from syncengine.model.words import Words  # only `forget` needs it

Reading = Value | Named | Unreadable
Action = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Capabilities:
    """What a tool can do; data that drives the engine and the conformance suite."""

    edit_times: timedelta | None = None
    """How exactly `Item.edited` tells when a person edited that item; `None`: it does not tell."""
    read_lag: timedelta = timedelta(0)
    """How long a read may still show the state before our own write (design rule 10)."""
    remote: bool = False
    """Whether it is reached over a network."""
    free_rows: bool = True
    """Whether people create records by adding an item without an id."""
    lossy: Mapping[str, str] = field(default_factory=dict)
    """Field types (or kind.field) that the tool does not hold exactly, with how it differs, for people."""
    silent: bool = False
    """Whether a read alone does not show all records there are (an occurrence of a series has no event of its own).
    A read from the start is then given every known handle in `again`."""
    mails: bool = False
    """Whether writing can send e-mail: the replica is then given addresses, and is a `Mailer` (design rule 12)."""


@dataclass(frozen=True)
class Opening:
    """What a connector is told when one of its replicas is opened."""

    name: str
    settings: Mapping[str, Any]
    """As `Connector.validate` returned them."""
    template: Template
    """Only the kinds and fields that this replica's audience may hold."""
    locale: Locale
    cursor: bytes | None = None
    """What `Replica.cursor` returned at the end of the last run, also when everything is to be read anew."""
    now: datetime | None = None
    """When the run began, aware; `None`: ask the machine's clock."""
    anew: bool = False
    """Whether it is opened for `setup` or `doctor`, which trust nothing that is remembered of the place."""
    bound: str | None = None
    """The place that this replica is bound to, for tools where the place has to be looked for."""


class Trouble(NamedTuple):
    """Something in the tool that cannot be used: what, where, and what to do (shown to the person)."""

    where: str
    """For people: file and row or line, for example `Goals/Learn SQL.md, line 4` or `Goals!C7`."""
    reason: str
    remedy: str
    value: str = ""
    kind: str = ""
    handle: str = ""
    """The item it is about; "" for the file or tab as a whole. The item is then held: neither gone nor written."""
    field: str = ""


@dataclass(slots=True)
class Item:
    """One record as the tool holds it now."""

    kind: str
    id: str | None
    """The record id stamped on it, whether or not the engine knows it; `None`: a person made it."""
    handle: str
    fields: dict[str, Reading]
    """Only what the item can tell: a column that is missing is not in here (unknown), a blank cell is `None`."""
    where: str
    """For people, see `Trouble.where`."""
    edited: str | None = None
    """When a person last edited it, a canonical instant."""
    editor: str | None = None
    places: Mapping[str, str] = field(default_factory=dict)
    """`where` of single fields, when it differs from the item's (a cell)."""
    untold: frozenset[str] = frozenset()
    """Fields that were not looked at, for nobody changed them since they were last told or written: neither in `fields` nor
    unknown. For what costs a request of its own (the text of a page)."""


@dataclass(slots=True)
class Pull:
    """What one read of a replica found."""

    items: list[Item]
    """Every item (a complete read) or those that may have changed since the cursor."""
    complete: bool
    """Whether `items` and `troubles` are all there is. Only then does what is missing count as gone (rule 4)."""
    holds: Mapping[str, frozenset[str]]
    """Kind to the fields the place can hold now. A kind or a column that is missing is not in here (rule 1)."""
    gone: list[str] = field(default_factory=list)
    """Handles that are certainly gone; for reads that are not complete."""
    troubles: list[Trouble] = field(default_factory=list)
    present: int = 0
    """How many items there are, changed or not, where it is known."""
    whole: frozenset[str] = frozenset()
    """Kinds whose known items that are not listed are asked about one by one, although the read is not complete, or
    although it is; see `Confirming`."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One change that the engine asks a replica to make."""

    action: Action
    kind: str
    id: str
    handle: str | None
    """Where the item is; `None` for a create."""
    fields: Fields
    """create: every field the replica holds; update: only the changed ones, perhaps none (see `stamp`); delete: {}."""
    expected: Mapping[str, Reading]
    """What the tool was last known to hold: if it holds something else now, reject rather than overwrite (rule 11)."""
    record: Fields
    """All fields of the record that this replica may hold, as they are to be."""
    title: str
    """The record's name for people; two records of a kind may share one."""
    labels: Mapping[str, str]
    """For every id in `record`: the name to show for it (rule 15)."""
    stamp: bool = False
    """Write `id` onto the item: a person made it, or its id was lost or copied. A delete: it does not carry `id` yet,
    so what tells it is its handle, together with `expected`."""
    tried: bool = False
    """create: an earlier run meant to make it and did not tell what became of it; it may be there already (rule 7)."""
    emails: Mapping[str, str] = field(default_factory=dict)
    """People in `record` to their e-mail addresses; only where `Capabilities.mails`."""

    def names(self, name: str) -> str:
        """The reference field `name` as people read it: names joined by "; "."""
        return names_of(self.fields.get(name, self.record.get(name)), self.labels)


def names_of(value: Value, labels: Mapping[str, str]) -> str:
    """A reference's value as people read it: names joined by "; ", in the order of the alphabet."""
    ids = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    return "; ".join(sorted(labels.get(one, one) for one in ids))


@dataclass(frozen=True, slots=True)
class Done:
    """The operation took effect."""

    operation: Operation
    handle: str
    held: Mapping[str, Reading] | None = None
    """The written fields as the tool holds them now (rule 8); `None`: exactly as sent."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The operation did not take effect, or not all of it; it is tried again by the next run (rule 21)."""

    operation: Operation
    reason: str
    remedy: str = ""
    where: str = ""
    partly: Done | None = None
    """What of it took effect all the same: the operation without the fields that were refused."""


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody knows whether it took effect; the next read will tell (rule 7)."""

    operation: Operation
    reason: str


Outcome = Done | Rejected | InDoubt


class Step(NamedTuple):
    """One thing that `setup` would do in a place, in words for the person."""

    action: Literal["make", "adopt", "repair", "keep"]
    what: str


class Estimate(NamedTuple):
    """What carrying out some operations takes."""

    calls: int
    """Requests."""
    seconds: float
    """At the pace that the tool allows."""


@runtime_checkable
class Estimating(Protocol):
    """A replica behind a network that can tell how long writing will take; of any other a call an operation is assumed."""

    def estimate(self, operations: Sequence[Operation]) -> Estimate:
        """What `push` of these would take, roughly, after `pull`. Writes nothing, asks nobody. May be repeated."""


class Mailing(NamedTuple):
    """One e-mail that carrying out some operations would send."""

    to: str
    why: str
    """For people: `the new series “Ada & Ben”`."""


class Replica(Protocol):
    """One opened place. Used by one thread; closed in any case."""

    calls: int
    """Requests made (API calls; for files: files read or written)."""

    def place(self) -> str | None:
        """The id stamped into the place (rule 17); `None` where there is none, or no place yet. May be repeated.

        Raises `Unavailable`, `AccessError`.
        """

    def survey(self) -> Sequence[Step]:
        """What `provision` would do; [] when the template is already real here. Writes nothing. May be repeated.

        Existing tables and notes are adopted: their columns and keys are matched to fields by label and alias.
        """

    def provision(self, place: str) -> None:
        """Make the template real and stamp `place`, touching nothing that is not ours. Repeatable at any point."""

    def pull(self, cursor: bytes | None, again: Collection[str]) -> Pull:
        """Read what may have changed since `cursor` (`None`: everything), and the handles in `again` in any case.

        Raises `Unavailable` (try later) or `AccessError`; a single bad item is a `Trouble`. May be repeated.
        """

    def takes(self, kind: str, fields: Fields) -> bool:
        """Whether this tool has a place for such a record at all (a calendar has none for a pair that never meets)."""

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """Carry out the operations (creates and updates first, deletes last), one outcome for each, as they happen.

        An item that is no longer what `expected` says is rejected, not overwritten. A create whose id is already
        in the place is an update of it. Deleting is the gentlest removal the tool has; what is already gone is done.
        """

    def cursor(self) -> bytes | None:
        """Where the next read may start, after everything pulled and pushed so far; `None`: no incremental reads."""

    def close(self) -> None:
        """Let go of files and connections. May be repeated."""


@runtime_checkable
class Confirming(Protocol):
    """A replica whose tool may leave an item out of a list although it is still there (moved, hidden, not indexed yet)."""

    def confirm(self, handles: Sequence[str]) -> Pull:
        """Look at each known item of the kinds in `Pull.whole` that the read did not list, one by one.

        Returns those that are there after all as items, those that are certainly gone in `gone`, and a `Trouble` for
        each that can't be told: it is held, neither gone nor written. May raise what `Replica.pull` may.
        """


class Check(NamedTuple):
    """One thing that has to be right with the access to a tool, and whether it is."""

    what: str
    """For people, as a statement: "the token is accepted"."""
    problem: str = ""
    """What is wrong; "" where nothing is."""
    remedy: str = ""


@runtime_checkable
class Checking(Protocol):
    """A replica that can tell more about its access than whether it works; `doctor` asks it."""

    def checks(self) -> Sequence[Check]:
        """Try token, rights and place without writing, as far as they can be tried. Never raises for what it finds."""


@runtime_checkable
class Remarking(Protocol):
    """A replica that can show people, where they work, what could not be used."""

    def remark(self, troubles: Sequence[Trouble]) -> bool:
        """What of the last read could not be used: to be shown with the next `push`, what no longer holds taken back.

        Returns whether that needs a `push`, be there no operations. Writes nothing. May be repeated.
        """


@runtime_checkable
class Showing(Protocol):
    """A replica whose tool shows some values otherwise than they were written, and that can say how."""

    def shown(self, kind: str, fields: Fields) -> Mapping[str, Value]:
        """What a read tells of a record after `fields` (blank ones are `None`) were written: where it differs from them.

        The engine asks after a run that died between a write and its outcome, so that a default the tool filled in, or
        a coarser word, is not taken for somebody's edit. What depends on more than the fields is left out. Asks nobody.
        """


@runtime_checkable
class Linking(Protocol):
    """A replica whose items have addresses: under which a person opens them, and by which a person names them."""

    def link(self, handle: str) -> str | None:
        """The address of an item: of a page, a row, an event, a file. `None`: it has none, or is not there now.

        Asks nobody where the handle and the cursor say enough, else reads once, writes nothing; before or after `pull`.
        May raise what `Replica.place` may. May be repeated.
        """

    def linked(self, link: str) -> Sequence[str]:
        """The handles that an address may mean, however people copy it from the tool; [] for one of another place.

        Several where the address does not tell them apart; handles of which nothing is known do no harm. Raises as `link`.
        """


@runtime_checkable
class Piecemeal(Protocol):
    """A replica that writes some values by several requests, so that a run which dies leaves them half written."""

    def halfway(self, kind: str, name: str, before: Value, after: Value, now: Reading) -> bool:
        """Whether `now` is what a write of `after` over `before` leaves when it breaks off.

        The engine asks where a run decided on such a write and did not tell its end, so that half of it is finished and
        not taken for somebody's edit. Asks nobody.
        """


@runtime_checkable
class Erasing(Protocol):
    """A replica that can take somebody out of what its place keeps beside the records, and be searched for them."""

    def erase(self, ids: Collection[str], words: Words) -> None:
        """Take the records `ids` and the `words` out of bins, archives, caches and names of files. Nobody is mailed.

        Asked once the records themselves are gone or cleaned, without a pull or push; what is people's own content is
        left. May be repeated, and may raise what `Replica.pull` may.
        """

    def everything(self) -> Iterator[tuple[str, str]]:
        """(where, text) of all that can be read in the place, people's own and what is out of sight included."""

    def keeps(self) -> Sequence[str]:
        """What the tool keeps beyond our reach (its own bin, its history), each with what a person has to click."""


@runtime_checkable
class Uninviting(Protocol):
    """A replica whose tool mails the guests of its events, and that can take somebody off their lists without a mail."""

    def uninvite(self, person: str, words: Words) -> None:
        """Take the guest whose address is among `words`, and what is noted of the person, off every event. Nobody is mailed.

        Asked before the person leaves their pairs, so that nothing is left then that would be told. As `Erasing.erase`.
        """


@runtime_checkable
class Identifying(Protocol):
    """A replica of a service that has the last word on the UIDs by which calendars everywhere know an event again."""

    def identities(self) -> Mapping[str, str]:
        """Record to UID (RFC 5545, 3.8.4.7): of each series as it meets now, and of meetings that are events of their own.

        Of a pair without a series: the one that its next series will have, where that is another than before. Asked after
        `pull`, before and after `push`. Asks nobody.
        """


@runtime_checkable
class Identified(Protocol):
    """A replica whose events have the UIDs that are written to it."""

    def identify(self, uids: Mapping[str, str]) -> bool:
        """The next `push` gives the events of these records these UIDs; all others keep theirs.

        Returns whether that needs a `push`, be there no operations. Asked after `pull`, writes nothing. May be repeated.
        """


class Mailer(Protocol):
    """What a replica can do besides, where `Capabilities.mails` says so."""

    def mails(self, operations: Sequence[Operation]) -> Sequence[Mailing]:
        """Every e-mail that `push` of these would send, after `pull`. Writes nothing, asks nobody. May be repeated."""

    def readdressed(self, operation: Operation) -> frozenset[str]:
        """The fields of an item for whose people others are invited than `operation.emails` says: those to be set again.

        Asked, after `pull`, of an operation that changes nothing else. Writes nothing, asks nobody.
        """


class Connector(Protocol):
    """The code for one tool; the object behind the entry point."""

    name: str
    capabilities: Capabilities

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """The replica's own keys from the config, checked and completed; relative paths are relative to `base`.

        Raises `SettingsError` naming each wrong key.
        """

    def open(self, opening: Opening) -> Replica:
        """Open the place; cheap, and without writing. Raises `Unavailable`, `AccessError`."""

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """Whether a glance (no parsing, no network) proves that nothing changed since `cursor`. False when in doubt."""


class SettingsError(Exception):
    """Keys of a `[[replica]]` that are wrong: key to what is wrong and what to write instead."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {problem}" for key, problem in problems.items()))
        self.problems = problems
