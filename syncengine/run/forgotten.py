"""Who was forgotten does not come back with a tool that is restored from a backup, or was away until now.

Nothing of them is kept but digests of their records' ids, which are random numbers; an item that carries such an id is
left where it is, and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence

import orjson

from syncengine.connector import Trouble
from syncengine.run.live import Live
from syncengine.store import Store

NOTE = "forgotten"
_REMEDY = "Delete it there. Who takes part again is written down anew, without this id."


def digest(id: str) -> str:
    """What is kept of an id."""
    return hashlib.blake2b(id.encode(), digest_size=8).hexdigest()


def noted(store: Store) -> frozenset[str]:
    """The digests of all records that were forgotten."""
    note = store.note(NOTE)
    return frozenset(orjson.loads(note)) if note else frozenset()


def note(store: Store, ids: Iterable[str]) -> None:
    """Remember that these are forgotten; inside a transaction."""
    store.put_note(NOTE, orjson.dumps(sorted(noted(store) | {digest(id) for id in ids})).decode())


def set_aside(lives: Sequence[Live], store: Store) -> None:
    """Take the items of forgotten records out of what was read, and tell each."""
    with store.reading():
        gone = noted(store)
    if not gone:
        return
    for live in lives:
        if live.pull is not None:
            _set_aside(live, gone)


def _set_aside(live: Live, gone: Collection[str]) -> None:
    assert live.pull is not None
    back = [item for item in live.pull.items if item.id is not None and digest(item.id) in gone]
    if back:
        handles = {item.handle for item in back}
        live.pull.items = [item for item in live.pull.items if item.handle not in handles]
        live.pull.troubles += [
            Trouble(item.where, "is of somebody who was forgotten, and was put back there", _REMEDY, "", item.kind, item.handle)
            for item in back
        ]  # fmt: skip
