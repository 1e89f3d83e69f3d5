"""What a run has found out so far, shared by its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from syncengine.connector import Mailing, Operation, Trouble
from syncengine.core.audience import sees
from syncengine.core.canon import Canon
from syncengine.core.delta import Edit
from syncengine.core.guard import Gate, Limits
from syncengine.core.shadow import Shadow
from syncengine.model.cadence import Break
from syncengine.model.ids import IdSource
from syncengine.model.kind import Record
from syncengine.model.values import Fields
from syncengine.run.live import Live
from syncengine.store import ConflictRow, Store


class Wish(NamedTuple):
    """Something the program's people asked of the engine itself: a conflict resolved, a run undone, a list imported."""

    record: str
    fields: Fields
    source: str
    rule: str
    deleted: bool | None = None
    kind: str = ""
    """For a record that does not exist yet."""


@dataclass
class Work:
    """See the module. Nothing of it is written before `commit` (rule 6)."""

    store: Store
    canon: Canon
    lives: list[Live]
    now: datetime
    new_id: IdSource
    gate: Gate
    limits: Limits
    window: tuple[timedelta, timedelta]
    """How far back and ahead check-ins are kept."""
    breaks: tuple[Break, ...] = ()
    """The program's: nobody meets then."""
    edits: dict[str, Sequence[Edit]] = field(default_factory=dict)
    """Record to what people changed in it."""
    shadows: dict[tuple[str, str], Shadow] = field(default_factory=dict)
    """(replica, record) to the shadow that follows from this read, where it changed."""
    gone: dict[tuple[str, str], Shadow] = field(default_factory=dict)
    """(replica, record) that a complete read no longer found."""
    refound: set[str] = field(default_factory=set)
    """New records that came with an id of ours: a state that was lost had them. What is blank in them was left blank."""
    caught_up: set[tuple[str, str]] = field(default_factory=set)
    """Those of `gone` that are to be made there again, see `restored`."""
    troubles: dict[str, list[Trouble]] = field(default_factory=dict)
    read: dict[str, list[str] | None] = field(default_factory=dict)
    """Replica to the handles just read (`None`: all), whose troubles are known anew."""
    reached: set[str] = field(default_factory=set)
    """Records that the changes of others concern, see `reach`."""
    conflicts: list[ConflictRow] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    changed: int = 0
    """How many records changed."""
    operations: dict[str, list[Operation]] = field(default_factory=dict)
    """Replica to what the plan has for it."""
    cursors: dict[str, bytes | None] = field(default_factory=dict)
    """Replica to where its next read may start, where that has moved."""
    mails: dict[str, list[Mailing]] = field(default_factory=dict)
    """Replica to the e-mails that carrying out its plan sends (rule 12)."""
    labels: dict[tuple[tuple[str, str], ...], Mapping[str, str]] = field(default_factory=dict)
    """(kind, id) of some records to what they are called, while the plan is made."""
    warnings: list[str] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)
    """Ids that a plan has chosen for what it makes, by where that comes from; see `id_for`."""
    born: dict[str, str] = field(default_factory=dict)
    """The same for what this run makes, where a plan is made or followed."""

    unremarked: set[str] = field(default_factory=set)
    """Replicas that a plan keeps from showing what could not be used: it is something else than the plan says."""

    def id_for(self, *origin: str) -> str:
        """A new record's id: the one that the plan shows, where it is still free, else a fresh one."""
        if not self.names and not self.gate.look:
            return self.new_id(self.now)
        known = self.names.get(" ".join(origin))
        id = known if known and self.canon.get(known) is None else self.new_id(self.now)
        self.born[" ".join(origin)] = id
        return id

    def shadow(self, replica: str, record: str) -> Shadow | None:
        """The newest shadow: of this read, else the stored one."""
        found = self.shadows.get((replica, record))
        return found or self.store.shadows(replica, [record]).get(record)

    def within(self, live: Live, record: Record) -> bool:
        """Whether the record is within the replica's audience."""
        if live.view.pair is None:
            return live.view.kind(record) is not None
        own = self.canon.get(live.view.pair)
        members = own.fields.get("members") if own else None
        return sees(
            live.view,
            record,
            self.canon.pair_of(record),
            frozenset(members) if isinstance(members, list) else frozenset(),
        )

    @cached_property
    def open_conflicts(self) -> dict[str, list[ConflictRow]]:
        """Record to its conflicts that were open when the run began, read once."""
        found: dict[str, list[ConflictRow]] = {}
        for row in self.store.conflicts():
            found.setdefault(row.record, []).append(row)
        return found

    def forget_items(self) -> None:
        """What the items say is in the edits and the shadows now: a large run is spared their weight."""
        for live in self.lives:
            if live.pull is not None:
                live.items = len(live.pull.items)
                live.pull.items = []

    @property
    def by_name(self) -> Mapping[str, Live]:
        return {live.name: live for live in self.lives}
