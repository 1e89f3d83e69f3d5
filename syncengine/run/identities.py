"""One event, one UID: what a calendar service decided on is told to the calendars that can follow it, and noted for invitations.

Google makes an event's UID from its id, and never gives an id again that was deleted; so a series that was removed and made
anew is another one in every calendar (gcal.md, 1).
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from syncengine.connector import Identified, Identifying
from syncengine.model.series import uid_of
from syncengine.run.live import Live
from syncengine.run.work import Work
from syncengine.store import Store

_NOTE = "uids"


def noted(store: Store) -> dict[str, str]:
    """Record to the UID of its event, where that is another than its id makes."""
    note = store.note(_NOTE)
    found: dict[str, str] = orjson.loads(note) if note else {}
    return found


def note(work: Work) -> None:
    """Remember what the services say, for those who have no replica to ask. The caller's transaction."""
    told = _told(work, None)
    if not told:
        return
    before = noted(work.store)
    after = {id: uid for id, uid in {**before, **told}.items() if uid != uid_of(id)}
    if after != before:
        work.store.put_note(_NOTE, orjson.dumps(after, option=orjson.OPT_SORT_KEYS).decode())


def follow(work: Work, live: Live) -> bool:
    """Tell a calendar that can follow; returns whether it has to write for that alone."""
    if not isinstance(live.replica, Identified) or live.pull is None:
        return False
    told = _told(work, live)
    return bool(told) and live.replica.identify(told)


def _told(work: Work, live: Live | None) -> Mapping[str, str]:
    """What all services say; where two do, the one that the same people see, then the first of the program."""
    found: dict[str, str] = {}
    for other in sorted(work.lives, key=lambda one: live is not None and one.audience != live.audience):
        if other.usable and other.pull is not None and isinstance(other.replica, Identifying):
            found = {**other.replica.identities(), **found}
    return found
