"""First step of a run: read every replica, and stop if a read can't be trusted (rules 4, 13, 17)."""

from __future__ import annotations

from collections.abc import Sequence

from syncengine.connector import Confirming
from syncengine.core import guard
from syncengine.errors import GuardStop, MentorsyncError, Unavailable
from syncengine.run.live import Live, failure
from syncengine.store import Store


def read_all(lives: Sequence[Live], store: Store, gate: guard.Gate, *, fresh: bool = False) -> None:
    """Fill in `pull` of each replica that can be read. Raises `GuardStop`.

    Replicas behind a network are read at the same time: they wait for their services. `fresh`: read everything.
    """
    with store.reading():
        again = {live.name: _again(live, store, fresh) for live in lives if live.usable}
    remote = [live for live in lives if live.usable and live.connector.capabilities.remote]
    for live in lives:
        if live.usable and live not in remote:
            _read(live, again[live.name], fresh)
    if remote:
        from concurrent.futures import ThreadPoolExecutor  # nobody else waits

        with ThreadPoolExecutor(len(remote), thread_name_prefix="pull") as pool:
            list(pool.map(lambda live: _read(live, again[live.name], fresh), remote))
    for live in lives:
        if live.problem is None and live.pull is not None:
            _look_again(live, store, again[live.name])
            _confirm(live, store)
    for live in lives:
        if live.problem is None and live.pull is not None:
            before = (live.row.mapping or {}).get("holds", {})
            # Counting reads every shadow: only where a kind is missing does it matter how many there were.
            known = store.shadow_counts(live.name) if before.keys() - live.pull.holds.keys() else {}
            there = {kind: fields for kind, fields in before.items() if known.get(kind)}
            gate.meet(guard.check_template(live.name, there, live.pull.holds))
        elif isinstance(live.problem, GuardStop):
            raise live.problem


def _again(live: Live, store: Store, fresh: bool) -> list[str]:
    """The handles to look at in any case; all of them where a read from the start does not show everything."""
    if live.connector.capabilities.silent and (fresh or live.row.cursor is None):
        return sorted({shadow.handle for shadow in store.shadows(live.name).values() if shadow.handle})
    return store.doubtful(live.name)


def _read(live: Live, again: list[str], fresh: bool) -> None:
    try:
        found = live.replica.place()
        guard.check_place(live.name, live.row.place, found, live.where)
        live.row.place = found  # a lost state is bound anew
        live.pull = live.replica.pull(None if fresh else live.row.cursor, again)
    except Exception as error:
        live.pull = None  # of an earlier look that was not enough
        live.problem = failure(live.name, error)


def _look_again(live: Live, store: Store, again: list[str]) -> None:
    """A read of changes that shows something at a new place has to tell it from what moved: what is at the old place now?

    That is so for a known id, which may be a copy, and for an item without one while another waits for its own: where a
    run died before it could write the id, and rows were moved since, they are one and the same.
    """
    pull = live.pull
    if pull is None or pull.complete:
        return
    told = {item.handle for item in pull.items} | set(pull.gone)
    with store.reading():
        shadows = store.shadows(live.name, [item.id for item in pull.items if item.id])
        anonymous = any(not item.id for item in pull.items)
        waiting = [s.handle for s in store.each_open(live.name) if s.stamp and s.handle] if anonymous else []
    known = {item.id: item.handle for item in pull.items if item.id in shadows}
    left = [shadow.handle for id, shadow in shadows.items() if known[id] != shadow.handle] + waiting
    left = sorted(set(left) - told)
    if left:
        _read(live, [*again, *left], fresh=False)


def _confirm(live: Live, store: Store) -> None:
    """Known items that a list of a whole kind left out are looked at one by one: only then are they gone (rule 4)."""
    pull = live.pull
    if pull is None or not pull.whole or live.problem is not None or not isinstance(live.replica, Confirming):
        return
    told = {item.handle for item in pull.items} | {t.handle for t in pull.troubles} | set(pull.gone)
    with store.reading():
        shadows = store.shadows(live.name).values()
    absent = sorted(
        s.handle
        for s in shadows
        if s.handle and s.kind in pull.whole and s.state != "creating" and s.handle not in told
    )
    if not absent:
        return
    try:
        found = live.replica.confirm(absent)
    except MentorsyncError as error:
        live.problem = error
        return
    pull.items += found.items
    pull.troubles += found.troubles
    pull.gone += found.gone


def problem_text(live: Live) -> str:
    """Why a replica was left out, for people."""
    waits = "waits for the next run" if isinstance(live.problem, Unavailable) else "was left out"
    return f"replica {live.name!r} {waits}: {live.problem}"
