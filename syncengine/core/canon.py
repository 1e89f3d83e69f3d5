"""The canonical records during one run: loaded when asked for, with every change noted and its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from syncengine.core.audience import pair_of
from syncengine.core.refs import Directory
from syncengine.model.kind import Kind, Record
from syncengine.model.values import Fields, Locale, Value

ENGINE = "mentorsync"
"""The source of what nobody wrote: check-ins made from a cadence, agendas, questions."""


@dataclass(slots=True)
class Change:
    """What happened to one record, from one source, by one rule: a row of the history to be."""

    record: str
    source: str
    rule: str
    changes: Mapping[str, list[Value]] = field(default_factory=dict)
    who: str | None = None
    at: str | None = None


class Filled(Mapping[str, list[Value]]):
    """What a new record was filled with, as changes: [nothing, value] of each field.

    A first sync notes as many as there are fields, so each is made only when it is looked at.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Fields) -> None:
        self._values = values

    def __getitem__(self, name: str) -> list[Value]:
        value = self._values[name]
        if value is None:
            raise KeyError(name)
        return [None, value]

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._values.items() if value is not None)

    def __len__(self) -> int:
        return sum(value is not None for value in self._values.values())


class Canon:
    """See the module. `load`: ids to those records that exist, tombstones included."""

    def __init__(self, kinds: Mapping[str, Kind], load: Callable[[Iterable[str]], dict[str, Record]],
                 directory: Directory, members: Callable[[str], list[str]], locale: Locale) -> None:  # fmt: skip
        self.kinds = kinds
        self.directory = directory
        self.locale = locale
        self.changes: list[Change] = []
        self.changed: dict[str, Record] = {}
        self.retitled: set[str] = set()
        self.changed_pairs: dict[str, Record] = {}
        self._load = load
        self._pairs_of_person = members
        self._known: dict[str, Record | None] = {}

    def ensure(self, ids: Iterable[str]) -> None:
        """Load many records at once."""
        missing = [id for id in ids if id not in self._known]
        if missing:
            found = self._load(missing)
            self._known.update((id, found.get(id)) for id in missing)

    def get(self, id: str) -> Record | None:
        """The record, a tombstone perhaps; `None` for a stranger."""
        if id not in self._known:
            self.ensure([id])
        return self._known[id]

    def release(self, ids: Iterable[str]) -> None:
        """Nobody needs these records again in a hurry, and they are in the state."""
        for id in ids:
            self._known.pop(id, None)
            self.changed.pop(id, None)

    def forget(self) -> None:
        """All is in the state: load again what is asked for from now on."""
        self._known.clear()
        self.changed.clear()
        self.changed_pairs.clear()
        self.directory.forget()

    def known(self) -> list[Record]:
        """Every record that has been asked for so far and exists."""
        return [record for record in self._known.values() if record is not None]

    def adopt(self, records: Iterable[Record]) -> None:
        """Records that the caller has loaded itself."""
        for record in records:
            self._known.setdefault(record.id, record)

    def add(self, id: str, kind: str) -> Record:
        """A new, empty record."""
        record = Record(id, kind)
        self._known[id] = record
        self._mark(record)
        return record

    def write(
        self,
        record: Record,
        values: Fields,
        source: str,
        rule: str,
        who: str | None = None,
        at: str | None = None,
    ) -> bool:
        """Set fields; notes each that really changes. Returns whether any did."""
        changes: dict[str, list[Value]] = {}
        for name, value in values.items():
            before = record.fields.get(name)
            if before != value:
                changes[name] = [before, value]
        if changes:
            record.fields = {**record.fields, **{name: values[name] for name in changes}}
            self._note(Change(record.id, source, rule, changes, who, at))
            self._touch(record, changes)
        return bool(changes)

    def fill(
        self, record: Record, values: Fields, source: str, rule: str, who: str | None, at: str | None
    ) -> None:
        """The first fields of a new record. The caller leaves `values` as they are from now on: the record may share them."""
        blank = None in values.values()
        record.fields = {name: v for name, v in values.items() if v is not None} if blank else values
        self.changes.append(Change(record.id, source, rule, Filled(values), who, at))
        self._touch(record, values)

    def _note(self, change: Change) -> None:
        """One line of history for what one source did to one record by one rule, however many fields it touched."""
        last = self.changes[-1] if self.changes else None
        same = last is not None and (last.record, last.source, last.rule, last.who, last.at) == (
            change.record,
            change.source,
            change.rule,
            change.who,
            change.at,
        )
        if last is not None and same and not last.changes.keys() & change.changes.keys():
            last.changes = {**last.changes, **change.changes}
        else:
            self.changes.append(change)

    def bury(
        self, record: Record, source: str, rule: str, who: str | None = None, at: str | None = None
    ) -> None:
        """Make the record a tombstone."""
        record.deleted = True
        self.changes.append(Change(record.id, source, rule, {"deleted": [False, True]}, who, at))
        self._mark(record)
        self.directory.drop(record.kind, record.id)

    def revive(self, record: Record, source: str, rule: str) -> None:
        """Bring a tombstone back, whole."""
        record.deleted = False
        self.changes.append(Change(record.id, source, rule, {"deleted": [True, False]}))
        self._mark(record)
        self.name(record)

    def _mark(self, record: Record) -> None:
        self.changed[record.id] = record
        if record.kind == "pair":
            self.changed_pairs[record.id] = record

    def _touch(self, record: Record, changes: Iterable[str]) -> None:
        self._mark(record)
        kind = self.kinds.get(record.kind)
        if kind is not None and not record.deleted and any(name in kind.title for name in changes):
            self.name(record)

    def name(self, record: Record) -> None:
        """Tell the directory what the record is called now."""
        title = self.title(record)
        if self.directory.title(record.kind, record.id) != title:
            self.directory.put(record.kind, record.id, title)
            self.retitled.add(record.id)

    def title(self, record: Record) -> str:
        """The record's name for people: its title fields as shown, joined by " · "."""
        kind = self.kinds.get(record.kind)
        parts = [self.shown(kind, name, record.fields.get(name)) for name in kind.title] if kind else []
        if len(parts) == 1 and parts[0] and " ".join(parts[0].split()) == parts[0]:
            return parts[0]  # the very text of the field: many are kept
        return " · ".join(" ".join(part.split()) for part in parts if part) or (
            kind.label if kind else record.kind
        )

    def shown(self, kind: Kind, name: str, value: Value) -> str:
        """A field's value as people read it."""
        declared = kind.fields.get(name)
        if declared is None or value is None:
            return ""
        if declared.ref:
            ids = value if isinstance(value, list) else [str(value)]
            return "; ".join(sorted(self.directory.label(declared.ref, id) for id in ids))
        return declared.type.show(value, self.locale)

    def pair_of(self, record: Record) -> str | None:
        """The pair the record belongs to."""
        return pair_of(record, self.kinds, self.get, self._pairs_of_person)
