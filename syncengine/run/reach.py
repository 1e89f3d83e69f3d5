"""How far a run's changes reach beyond the records that it changes (rules 15, 18)."""

from __future__ import annotations

from syncengine.run.work import Work


def reached(work: Work) -> set[str]:
    """Records that nobody changed, and that have to be looked at all the same.

    They show the name of a record that is called something else now; or belong to another pair, because what leads
    them there does; or have come into a pair, or left it, and so are seen elsewhere; or name somebody who is
    invited under another address now.
    """
    canon, store = work.canon, work.store
    pairs = store.pairs(canon.changed)
    moved = [id for id, record in canon.changed.items() if id in pairs and pairs[id] != canon.pair_of(record)]
    readdressed = [change.record for change in canon.changes if "email" in change.changes]
    found = set(store.mentioning([*canon.retitled, *moved, *readdressed]))
    for change in canon.changes:
        if change.record in canon.changed_pairs and "members" in change.changes:
            found.update(id for value in change.changes["members"] if isinstance(value, list) for id in value)
    canon.ensure(found)
    return {id for id in found - canon.changed.keys() if canon.get(id) is not None}
