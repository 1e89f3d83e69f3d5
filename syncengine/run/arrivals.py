"""What one replica's read brought: items of known records, items still to be told, and what is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from syncengine.connector import Item
from syncengine.core import match
from syncengine.core.shadow import Shadow
from syncengine.run.live import Live
from syncengine.run.work import Work


class Arrivals:
    """The items of one replica on their way to their records."""

    def __init__(self, work: Work, live: Live) -> None:
        pull = live.pull
        assert pull is not None
        self.live, self.pull, self._work = live, pull, work
        self._stamps = [item.id for item in pull.items]
        self.shadows = work.store.shadows(
            live.name, None if pull.complete else [i.id for i in pull.items if i.id]
        )
        self._catch_up(pull.items)
        stamped = {item.handle for item in pull.items if item.id in self.shadows}
        self.links, self.rest = match.by_id(
            [i for i in pull.items if i.kind in live.view.template.kinds], self.shadows
        )
        self.displaced: dict[str, Shadow] = {}
        """Record to shadow, where an item with another's id stands at its place: perhaps only its id was written over."""
        self.elsewhere = self._at_known_places(stamped)
        broken = {t.handle for t in pull.troubles if t.handle}
        self.held = list(work.store.shadows_at(live.name, broken).values())
        self.gone = self._lost(broken)
        self.named: dict[int, dict[str, str]] = {}
        """id(item) to the text of each resolved reference."""

    @cached_property
    def stamps(self) -> dict[int, str]:
        """id(item) to the id that it came with; few runs ask."""
        return {id(item): said for item, said in zip(self.pull.items, self._stamps, strict=True) if said}

    def _catch_up(self, items: Sequence[Item]) -> None:
        """Forget the ids that items show only because their own has not been written yet, or not come through (rule 10).

        Where a handle is a position, rows may have been sorted meanwhile: an id that is known to have been here, and
        that only one item claims, is believed.
        """
        if self.pull.complete:
            at = {s.handle: s for s in self.shadows.values() if s.stamp or s.written}
        else:
            at = self._work.store.shadows_at(self.live.name, [item.handle for item in items if item.id])
        claims, there = Counter(item.id for item in items), {item.handle for item in items}
        for item in items:
            shadow, own = at.get(item.handle), self.shadows.get(item.id or "")
            if shadow is not None and shadow.record != item.id:
                believed = own is not None and own.state != "creating" and claims[item.id] == 1
                if self.fresh(shadow) or (shadow.stamp and not believed):
                    item.id = None
            elif own is not None and own.handle != item.handle and own.handle in there and self.fresh(own):
                item.id = None  # a copy: the original may not show yet that the id is its

    def _at_known_places(self, stamped: set[str]) -> dict[str, Shadow]:
        """Handle to the shadow there, of items whose id does not tell their record and whose record is not elsewhere.

        `stamped`: the handles of items that came with a known id. While our own write is fresh, an item may still
        show the id it had before: none, a copied one, a stranger (rule 10).
        """
        seen = {link.record for link in self.links}
        found: dict[str, Shadow] = {}
        at = self._work.store.shadows_at(self.live.name, [item.handle for item in self.rest])
        for item in self.rest:
            shadow = at.get(item.handle)
            if shadow is None or shadow.record in seen:
                continue
            if self.fresh(shadow):
                item.id = None
            elif item.handle in stamped:
                self.displaced[shadow.record] = shadow
                continue
            found[item.handle] = shadow
        return found

    def _lost(self, broken: set[str]) -> dict[str, Shadow]:
        """Record to shadow of what the read no longer found (rule 4)."""
        pull, store = self.pull, self._work.store
        seen = {link.record for link in self.links}
        known = (
            self.shadows.values() if pull.complete else store.shadows_at(self.live.name, pull.gone).values()
        )
        whole = pull.holds.keys() - self._doubted()
        return {
            s.record: s for s in known
            if s.record not in seen and s.state != "creating" and s.handle not in broken and s.kind in whole
            and not (self.fresh(s) and (pull.complete or s.state == "leaving"))
        }  # fmt: skip

    def _doubted(self) -> set[str]:
        """Kinds of which nothing counts as gone: an item that can't be read may be any of them, moved."""
        known = {s.handle for s in self.held} | {item.handle for item in self.pull.items}
        return {t.kind for t in self.pull.troubles if t.handle and t.handle not in known}

    def fresh(self, shadow: Shadow) -> bool:
        """Whether a read may still show what was there before our last write."""
        return shadow.fresh(self._work.now, self.live.source.read_lag)

    def before(self, link: match.Link) -> Shadow:
        """What the replica was known to hold of the record; an empty shadow where that is nothing."""
        assert link.record is not None
        old = self.shadows.get(link.record) or self.elsewhere.get(link.item.handle)
        if old is None or old.record != link.record:
            old = self.gone.get(link.record) or self.displaced.get(link.record)
        return old or Shadow(self.live.name, link.record, link.item.kind)

    def shadow_of(self, item: Item) -> Shadow | None:
        """The shadow whose words the item's references are compared with, before its record is certain."""
        return self.shadows.get(item.id or "") or self.elsewhere.get(item.handle)
