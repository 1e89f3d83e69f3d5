"""Fourth step of a run: what each replica still lacks, derived from state (rule 5), and the commit of it all (rule 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import cast

from syncengine.connector import Mailer, Operation, Pull, Reading, names_of
from syncengine.core.canon import Change
from syncengine.core.shadow import Shadow, State, differing
from syncengine.model.kind import Kind, Record
from syncengine.model.values import Fields, Named, Unreadable
from syncengine.run.live import Live
from syncengine.run.work import Work
from syncengine.store import ConflictRow, HistoryRow

_SOME = 1_000
_NOTHING: Mapping[str, Reading] = {}  # what each create expects; one for all of them


def commit(work: Work, run: int) -> None:
    """Write records, shadows, history, conflicts and troubles; the caller's transaction makes it all or nothing.

    What is written is let go of at once: it is in the state now, and a first sync has much of it.
    """
    store, canon = work.store, work.canon
    concerned, work.changed = _concerned(work), len(canon.changed)
    store.put_records((record, canon.title(record), canon.pair_of(record)) for record in concerned)
    for live in work.lives:
        lost = [record for replica, record in work.gone if replica == live.name]
        store.drop_shadows(live.name, lost)
    store.put_shadows(work.shadows.pop(key) for key in list(work.shadows))
    store.mark_behind([record.id for record in concerned])
    canon.changes.reverse()
    store.add_history(_history(run, canon.changes.pop()) for _ in range(len(canon.changes)))
    store.answer_conflicts(work.answered)
    store.add_conflicts(ConflictRow(run, c.record, c.field, c.detail, c.question) for c in work.conflicts)
    for replica, handles in work.read.items():
        store.put_troubles(run, replica, work.troubles.get(replica, ()), handles)


def _history(run: int, change: Change) -> HistoryRow:
    return HistoryRow(run, change.record, change.source, change.rule, change.changes, change.who, change.at)


def _concerned(work: Work) -> list[Record]:
    """Every record that changed, or that the change of another concerns."""
    reached = [
        record
        for id in sorted(work.reached - work.canon.changed.keys())
        if (record := work.canon.get(id)) is not None
    ]
    return [*work.canon.changed.values(), *reached]


def plan(work: Work) -> None:
    """Fill in `operations`; creates are noted as intended before they are tried, so that a doubt is looked up (rule 7)."""
    for live in work.lives:
        if live.pull is None:  # left out of this run: it has to catch up on everything when it is back
            live.row.mapping = {**(live.row.mapping or {}), "catch_up": True}
            work.store.put_replica(live.row)
            continue
        rebased = _rebase(work, live, live.pull)
        meant = _intend(work, live, _everything(work) if rebased else _concerned(work))
        work.operations[live.name] = [
            replace(o, tried=True) if o.action == "create" and o.id not in meant else o
            for o in _operations(work, live)
        ]
        if live.connector.capabilities.mails:
            work.mails[live.name] = list(cast(Mailer, live.replica).mails(work.operations[live.name]))


def _everything(work: Work) -> list[Record]:
    ids = sorted(id for kind in work.canon.kinds for id, _ in work.store.titles(kind))
    work.canon.ensure(ids)
    return [record for id in ids if (record := work.canon.get(id)) is not None]


def _rebase(work: Work, live: Live, pull: Pull) -> bool:
    """A replica whose mapping changed forgets what it can't hold now and is compared as a whole (rule 18)."""
    if live.row.mapping == live.mapping():
        return False
    before, now = live.row.mapping or {}, live.mapping()
    if "holds" in before and any(before.get(key) != now[key] for key in ("holds", "audience")):
        shadows = [s for s in work.store.shadows(live.name).values() if s.state != "creating"]
        for shadow in shadows:
            holds = live.holds(shadow.kind)
            shadow.held = {n: v for n, v in shadow.held.items() if n in holds}
            shadow.sent = {n: v for n, v in shadow.sent.items() if n in holds}
            shadow.state = "behind" if shadow.state == "agreed" else shadow.state
        work.store.put_shadows(s for s in shadows if s.kind in pull.holds)
        # A kind's place that vanished took nothing with it: what was there is written anew once the place is back.
        work.store.drop_shadows(live.name, [s.record for s in shadows if s.kind not in pull.holds])
    live.row.mapping = now
    work.store.put_replica(live.row)
    return True


def _intend(work: Work, live: Live, records: Iterable[Record]) -> set[str]:
    """Note what is to be created; returns the records that no run meant to create before."""
    wanted = [r for r in records if not r.deleted and r.kind in (live.pull.holds if live.pull else ())]
    states = work.store.states(live.name, [r.id for r in wanted])
    leaving = work.store.shadows(live.name, [id for id, state in states.items() if state == "leaving"])
    new: set[str] = set()

    def intended() -> Iterator[Shadow]:
        for record in wanted:
            kind = live.view.kind(record)
            there = states.get(record.id, "leaving") != "leaving"
            if there or kind is None or not work.within(live, record):
                continue
            fields = live.view.fields(kind, record)
            if live.replica.takes(record.kind, fields):
                new.add(record.id)
                yield _new(live, kind, record, fields, leaving.get(record.id))

    work.store.put_shadows(intended())
    return new


def _new(live: Live, kind: Kind, record: Record, fields: Fields, old: Shadow | None) -> Shadow:
    """The intention to create; `old` is what we deleted there a moment ago and a read may still show (rule 10)."""
    shadow = Shadow(live.name, record.id, record.kind, "", _intended(live, kind, fields), "creating")
    if old is not None:
        shadow.written = old.written
        shadow.before = {name: [*old.before.get(name, ()), value] for name, value in old.held.items()}
    return shadow


def _intended(live: Live, kind: Kind, fields: Fields) -> Fields:
    holds = live.holds(kind.name)
    return fields if fields.keys() <= holds else {n: v for n, v in fields.items() if n in holds}


def _operations(work: Work, live: Live) -> Iterable[Operation]:
    """Creates and updates first, deletes last (rule 20)."""
    settled: dict[State, list[str]] = {"agreed": [], "released": []}
    dropped: list[str] = []
    deletes: list[Operation] = []
    intents: list[Shadow] = []
    for shadow in _open(work, live):
        record = work.canon.get(shadow.record)
        if record is None or shadow.state in ("held", "stale"):
            continue
        kind = live.view.kind(record)
        if (
            shadow.state == "creating"
            and not shadow.handle
            and (record.deleted or not work.within(live, record))
        ):
            dropped.append(record.id)
            continue
        if kind is None or not work.within(live, record):  # let go of, never deleted (rule 18)
            if shadow.stamp and shadow.handle:
                yield _stamp(work, shadow, record)
            else:
                settled["released"].append(record.id)
            continue
        if record.deleted:
            deletes.append(_delete(work, shadow, record))
            continue
        if shadow.kind not in (live.pull.holds if live.pull else ()):
            continue
        operation = _operation(work, live, kind, shadow, record)
        if live.connector.capabilities.mails:
            operation = _addressed(work, live, kind, shadow, record, operation)
        if operation is None:
            settled["agreed"].append(record.id)
            continue
        if operation.action == "create" and shadow.held != operation.fields:
            shadow.held = dict(operation.fields)
            intents.append(shadow)
        yield operation
    for state, records in settled.items():
        work.store.mark(live.name, state, records)
    work.store.put_shadows(intents)
    work.store.drop_shadows(live.name, dropped)
    yield from deletes


def _open(work: Work, live: Live) -> Iterable[Shadow]:
    """The shadows to look at, with their records loaded, some at a time; the last replica is done with them for good."""
    shadows = work.store.each_open(live.name)
    while some := list(islice(shadows, _SOME)):
        work.canon.ensure(s.record for s in some)
        yield from some
        if live is work.lives[-1]:
            work.canon.release(s.record for s in some)


def _operation(work: Work, live: Live, kind: Kind, shadow: Shadow, record: Record) -> Operation | None:
    wanted = live.view.fields(kind, record)
    if shadow.state == "creating":
        return Operation(
            "create",
            kind.name,
            record.id,
            None,
            _intended(live, kind, wanted),
            _NOTHING,
            wanted,
            work.canon.title(record),
            _labels(work, kind, wanted),
        )
    labels = _labels(work, kind, wanted) if shadow.named else {}
    names = {n: names_of(wanted[n], labels) for n in shadow.named if n in wanted}
    changed = differing(kind, shadow, wanted, live.holds(kind.name), names)
    if not changed and not shadow.stamp:
        return None
    return _update(work, kind, shadow, record, wanted, changed)


def _update(
    work: Work, kind: Kind, shadow: Shadow, record: Record, wanted: Fields, changed: Iterable[str] = ()
) -> Operation:
    return Operation("update", kind.name, record.id, shadow.handle, {n: wanted[n] for n in changed}, _expected(shadow), wanted,
                     work.canon.title(record), _labels(work, kind, wanted), stamp=shadow.stamp)  # fmt: skip


def _stamp(work: Work, shadow: Shadow, record: Record) -> Operation:
    """Somebody added an item that is not for this replica: all it gets is the id, and it keeps what stands in it."""
    return Operation(
        "update", record.kind, record.id, shadow.handle, {}, _expected(shadow), dict(shadow.held), work.canon.title(record), {}, stamp=True
    )  # fmt: skip


def _delete(work: Work, shadow: Shadow, record: Record) -> Operation:
    return Operation(
        "delete",
        record.kind,
        record.id,
        shadow.handle,
        {},
        _expected(shadow),
        {},
        work.canon.title(record),
        {},
        stamp=shadow.stamp,
    )


def _expected(shadow: Shadow) -> dict[str, Reading]:
    unread: dict[str, Reading] = {name: Unreadable(said["text"], "") for name, said in shadow.unread.items()}
    return {**shadow.held, **{name: Named(text) for name, text in shadow.named.items()}, **unread}


def _labels(work: Work, kind: Kind, fields: Fields) -> Mapping[str, str]:
    """The names of all records that `fields` refer to. Many a record refers to the same ones: these share them."""
    named: list[tuple[str, str]] = []
    for name, declared in kind.fields.items():
        target, value = declared.ref, fields.get(name)
        if target and value is not None:
            named += [(target, id) for id in (value if isinstance(value, list) else [str(value)])]
    known = work.labels.get(tuple(named))
    if known is None:
        known = {id: work.canon.directory.label(target, id) for target, id in named}
        work.labels[tuple(named)] = known
    return known


def _addressed(
    work: Work, live: Live, kind: Kind, shadow: Shadow, record: Record, operation: Operation | None
) -> Operation | None:
    """The operation with the addresses of its people; one of its own where nothing changed but those."""
    said = operation or _update(work, kind, shadow, record, live.view.fields(kind, record))
    said = replace(said, emails=_emails(work, live, said))
    if operation is not None:
        return said
    again = cast(Mailer, live.replica).readdressed(said) if shadow.handle else ()
    return replace(said, fields={name: said.record.get(name) for name in sorted(again)}) if again else None


def _emails(work: Work, live: Live, operation: Operation) -> dict[str, str]:
    """The addresses of the people whom the record names, as far as this replica may hold them."""
    kind = live.view.template.kinds[operation.kind]
    values = [operation.record.get(name) for name, field in kind.fields.items() if field.ref == "person"]
    people = {id for value in values for id in (value if isinstance(value, list) else [value])}
    found: dict[str, str] = {}
    work.canon.ensure(id for id in people if isinstance(id, str))
    for id in sorted(id for id in people if isinstance(id, str)):
        record = work.canon.get(id)
        declared = live.view.kind(record) if record is not None else None
        email = live.view.fields(declared, record).get("email") if record is not None and declared else None
        if isinstance(email, str):
            found[id] = email
    return found
