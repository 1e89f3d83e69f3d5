"""Second step of a run: from what was read to what people changed (identity, references, deltas, deletions)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from syncengine.connector import Item, Trouble
from syncengine.core import guard, match
from syncengine.core.delta import Delta, compare
from syncengine.core.refs import resolve
from syncengine.core.shadow import Shadow
from syncengine.model.values import Fields
from syncengine.run.live import Live
from syncengine.run.work import Work


class Arrivals:
    """The items of one replica on their way to their records."""

    def __init__(self, work: Work, live: Live) -> None:
        pull = live.pull
        assert pull is not None
        self.live, self.pull = live, pull
        self.shadows = work.store.shadows(
            live.name, None if pull.complete else [i.id for i in pull.items if i.id]
        )
        self.at = work.store.shadows_at(
            live.name, [i.handle for i in pull.items if i.id is None or i.id not in self.shadows]
        )
        self.links, self.rest = match.by_id(
            [i for i in pull.items if i.kind in live.view.template.kinds], self.shadows
        )
        seen = {link.record for link in self.links}
        broken = {t.handle for t in pull.troubles if t.handle}
        self.held = list(work.store.shadows_at(live.name, broken).values())
        lost = (
            self.shadows.values() if pull.complete else work.store.shadows_at(live.name, pull.gone).values()
        )
        whole = pull.holds.keys() - self._doubted()
        self.gone = {
            s.record: s for s in lost
            if s.record not in seen and s.state != "creating" and s.handle not in broken and s.kind in whole
            and not (pull.complete and s.fresh(work.now, live.source.read_lag))
        }  # fmt: skip
        self.named: dict[int, dict[str, str]] = {}  # id(item) to the text of each resolved reference
        self.elsewhere = {s.handle: s for s in self.at.values() if s.record not in seen}

    def _doubted(self) -> set[str]:
        """Kinds of which nothing counts as gone: an item that can't be read may be any of them, moved (rule 4)."""
        known = {s.handle for s in self.held} | {item.handle for item in self.pull.items}
        return {t.kind for t in self.pull.troubles if t.handle and t.handle not in known}


def settle(work: Work) -> None:
    """Fill in the work's edits, shadows, deletions and troubles from all pulls. Raises `GuardStop`."""
    arrivals = [Arrivals(work, live) for live in work.lives if live.usable and live.pull is not None]
    fresh: dict[tuple[str, str], list[tuple[str, Fields, str]]] = defaultdict(list)
    for kind in work.canon.kinds:
        for arrival in arrivals:
            if kind in arrival.live.view.template.kinds:
                _identify(work, arrival, kind, fresh)
    for arrival in arrivals:
        found = {link.record for link in arrival.links}
        arrival.gone = {id: s for id, s in arrival.gone.items() if id not in found}
        _check_gone(work, arrival)
        work.gone.update(((arrival.live.name, id), s) for id, s in arrival.gone.items())
        _compare(work, arrival)
        for shadow in arrival.held:
            if shadow.state not in ("released", "leaving"):
                shadow.state = "held"
                work.shadows[arrival.live.name, shadow.record] = shadow
        work.troubles.setdefault(arrival.live.name, []).extend(arrival.pull.troubles)
        handles = (
            [i.handle for i in arrival.pull.items]
            + [t.handle for t in arrival.pull.troubles]
            + arrival.pull.gone
        )
        work.read[arrival.live.name] = None if arrival.pull.complete else handles


def _identify(
    work: Work, arrival: Arrivals, kind: str, fresh: dict[tuple[str, str], list[tuple[str, Fields, str]]]
) -> None:
    """Resolve the references of the items of one kind, and link each item that `by_id` left over."""
    declared = arrival.live.view.template.kinds[kind]
    name = arrival.live.name
    for link in arrival.links:
        if link.item.kind == kind:
            _resolve(work, arrival, link.item, arrival.shadows.get(link.record or ""))
    rest = [item for item in arrival.rest if item.kind == kind]
    if not rest:
        return
    for item in rest:
        _resolve(work, arrival, item, arrival.elsewhere.get(item.handle))
    work.canon.ensure(item.id for item in rest if item.id)

    def known(id: str) -> str | None:
        record = work.canon.get(id)
        return record.kind if record else None

    def candidates(_: str, key: str) -> Iterator[tuple[str, Fields]]:
        yield from ((id, fields) for id, fields, where in fresh[kind, key] if where != name)
        for id in _by_first_key(work, kind, key, declared.fields[declared.natural_key[0]].ref):
            record = work.canon.get(id)
            held = id in arrival.shadows if arrival.pull.complete else work.store.shadows(name, [id])
            if record is not None and not record.deleted and not held:
                yield id, record.fields

    for link in match.match(
        rest, arrival.live.view.template.kinds, arrival.gone, arrival.elsewhere, known, candidates
    ):
        _link(work, arrival, link, fresh)


def _by_first_key(work: Work, kind: str, key: str, ref: str | None) -> Iterable[str]:
    if ref is None:
        return work.canon.directory.find_exact(kind, key)
    return [record.id for record in work.store.of_pair(key) if record.kind == kind]


def _link(
    work: Work,
    arrival: Arrivals,
    link: match.Link,
    fresh: dict[tuple[str, str], list[tuple[str, Fields, str]]],
) -> None:
    item = link.item
    if link.record is None:
        link.record = work.new_id(work.now)
    record = work.canon.get(link.record)
    if record is None:
        record = work.canon.add(link.record, item.kind)
        kind = work.canon.kinds[item.kind]
        said: Fields = {n: v for n, v in item.fields.items() if isinstance(v, str | int | float | list)}
        key = match.natural_key(kind, said)
        if key is not None:
            fresh[item.kind, key[0] or ""].append((link.record, said, arrival.live.name))
        for title_field in kind.title[:1]:  # others of this run may refer to it by name
            if isinstance(said.get(title_field), str) and not kind.fields[title_field].ref:
                work.canon.directory.put(item.kind, link.record, str(said[title_field]))
    arrival.links.append(link)


def _resolve(work: Work, arrival: Arrivals, item: Item, shadow: Shadow | None) -> None:
    kind = arrival.live.view.template.kinds[item.kind]
    fresh = shadow is not None and shadow.fresh(work.now, arrival.live.source.read_lag)
    arrival.named[id(item)] = resolve(item, kind, shadow, work.canon.directory, fresh=fresh)


def _compare(work: Work, arrival: Arrivals) -> None:
    live = arrival.live
    work.canon.ensure(link.record for link in arrival.links if link.record)
    for link in arrival.links:
        assert link.record is not None
        old = _before(work, arrival, link)
        if old.state == "leaving" and old.fresh(work.now, live.source.read_lag):
            continue  # rule 10: we deleted it, the tool has not caught up
        if old.state == "leaving":  # we deleted it, and somebody brought it back
            old, link.first = Shadow(live.name, link.record, link.item.kind), True
        if _beyond(work, live, link.record):
            after = replace(old, handle=link.item.handle, state="released", stamp=old.stamp or link.stamp)
            work.shadows[live.name, link.record] = after
            continue
        delta = compare(
            live.view.template.kinds[link.item.kind],
            old,
            link.item,
            live.source,
            work.now,
            arrival.named.get(id(link.item)),
        )
        _tell(work, live, link.item, delta)
        _follow(work, live, link, old, delta)
        if delta.edits:
            work.edits.setdefault(link.record, []).extend(delta.edits)
        elif link.first:
            work.edits.setdefault(link.record, [])


def _before(work: Work, arrival: Arrivals, link: match.Link) -> Shadow:
    """What the replica was known to hold of the record; an empty shadow where that is nothing."""
    assert link.record is not None
    old = arrival.shadows.get(link.record) or arrival.elsewhere.get(link.item.handle)
    if old is None or old.record != link.record:
        old = arrival.gone.get(link.record)
    return old or Shadow(arrival.live.name, link.record, link.item.kind)


def _beyond(work: Work, live: Live, id: str) -> bool:
    """Whether the item is of a record that this replica may not hold (any more): it is left alone (rule 18)."""
    record = work.canon.get(id)
    return record is not None and bool(record.fields) and not work.within(live, record)


def _tell(work: Work, live: Live, item: Item, delta: Delta) -> None:
    """A trouble for each value that is not understood."""
    kind = live.view.template.kinds[item.kind]
    for name, unreadable in delta.unreadable.items():
        text = f"{kind.fields[name].label} “{_short(unreadable.text)}” {unreadable.reason}"
        work.troubles.setdefault(live.name, []).append(Trouble(
            item.places.get(name, item.where), text, unreadable.remedy, unreadable.text, kind.name, item.handle, name))  # fmt: skip


def _follow(work: Work, live: Live, link: match.Link, old: Shadow, delta: Delta) -> None:
    """The shadow that follows from the read, where it is another than before."""
    assert link.record is not None
    after = delta.shadow
    after.stamp = after.stamp or link.stamp
    if delta.stale and old.state == "creating":  # it shows what we deleted before we decided to make it again
        return
    if after.state == "held" or (after.state == "stale" and not delta.stale):
        after.state = "behind"
    if after != old or after.state == "creating":
        after.state = after.state if delta.stale else "behind"
        work.shadows[live.name, link.record] = after


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "…"


def _check_gone(work: Work, arrival: Arrivals) -> None:
    if not arrival.gone:
        return
    known = sum(work.store.shadow_counts(arrival.live.name).values())
    titles = [work.canon.title(record) for id in list(arrival.gone)[:3] if (record := work.canon.get(id))]
    present = (
        len(arrival.pull.items)
        if arrival.pull.complete
        else max(arrival.pull.present, known - len(arrival.gone))
    )
    guard.check_gone(arrival.live.name, known, len(arrival.gone), present, titles, work.allow)
