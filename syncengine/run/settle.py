"""Second step of a run: from what was read to what people changed (identity, references, deltas, deletions)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import cast

from syncengine.connector import Item, Trouble
from syncengine.core import guard, match
from syncengine.core.delta import Delta, compare
from syncengine.core.refs import resolve
from syncengine.core.shadow import Shadow
from syncengine.model.values import Fields, Named
from syncengine.run.arrivals import Arrivals
from syncengine.run.live import Live
from syncengine.run.shown import as_shown
from syncengine.run.work import Work


def settle(work: Work) -> None:
    """Fill in the work's edits, shadows, deletions and troubles from all pulls. Raises `GuardStop`."""
    arrivals = [Arrivals(work, live) for live in work.lives if live.usable and live.pull is not None]
    fresh: dict[tuple[str, str], list[tuple[str, Fields, str]]] = defaultdict(list)
    work.canon.ensure(link.record for arrival in arrivals for link in arrival.links if link.record)
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
            _resolve(work, arrival, link.item)
    rest = [item for item in arrival.rest if item.kind == kind]
    if not rest:
        return
    for item in rest:
        _resolve(work, arrival, item)
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

    lost = {**arrival.displaced, **arrival.gone}
    kinds = arrival.live.view.template.kinds
    for link in match.match(rest, kinds, lost, arrival.elsewhere, known, candidates):
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
        link.record = work.id_for("item", arrival.live.name, item.kind, item.handle)
    guessed = arrival.shadow_of(item)
    if guessed is not None and guessed.record != link.record:
        # Its words mean what they say now, not what they meant in the record that it was taken for.
        _resolve_by(work, arrival, item, arrival.before(link))
    record = work.canon.get(link.record)
    if record is None:
        if link.record == item.id:
            work.refound.add(link.record)
        record = work.canon.add(link.record, item.kind)
        kind = work.canon.kinds[item.kind]
        said = item.fields
        key = match.natural_key(kind, said)
        if key is not None:
            fresh[item.kind, key[0] or ""].append(
                (link.record, cast("Fields", item.fields), arrival.live.name)
            )
        for title_field in kind.title[:1]:  # others of this run may refer to it by name
            if isinstance(said.get(title_field), str) and not kind.fields[title_field].ref:
                work.canon.directory.put(item.kind, link.record, str(said[title_field]))
    arrival.links.append(link)


def _resolve(work: Work, arrival: Arrivals, item: Item) -> None:
    _resolve_by(work, arrival, item, arrival.shadow_of(item))


def _resolve_by(work: Work, arrival: Arrivals, item: Item, shadow: Shadow | None) -> None:
    """Names become ids; what `shadow` says of them holds where the same words still stand there."""
    if not any(isinstance(reading, Named) for reading in item.fields.values()):
        return
    kind = arrival.live.view.template.kinds[item.kind]
    fresh = shadow is not None and arrival.fresh(shadow)
    record = work.canon.get(shadow.record) if shadow is not None else None
    fields = record.fields if record is not None else None
    found = resolve(item, kind, shadow, work.canon.directory, fresh=fresh, fields=fields)
    arrival.named[id(item)] = {**arrival.named.get(id(item), {}), **found}


def _compare(work: Work, arrival: Arrivals) -> None:
    live = arrival.live
    work.canon.ensure(link.record for link in arrival.links if link.record)
    for link in arrival.links:
        assert link.record is not None
        old = arrival.before(link)
        if old.state == "leaving" and arrival.fresh(old):
            continue  # rule 10: we deleted it, the tool has not caught up
        if old.state == "leaving":  # we deleted it, and somebody brought it back
            old, link.first = Shadow(live.name, link.record, link.item.kind), True
        kind = live.view.template.kinds[link.item.kind]
        old = as_shown(work, live, link.item, old)
        delta = compare(kind, old, link.item, live.source, work.now, arrival.named.get(id(link.item)))
        if link.stamp and not old.stamp and arrival.fresh(old):
            link.stamp = False  # rule 10: we wrote the id, the tool has not caught up
            delta.stale.append("id")
        if link.stamp:
            _tell_stamp(work, arrival, link)
        _tell(work, live, link.item, delta)
        _follow(work, link, old, delta, beyond=_beyond(work, live, link.record))
        if delta.edits or link.first:
            known = work.edits.get(link.record)
            work.edits[link.record] = [*known, *delta.edits] if known else delta.edits


def _beyond(work: Work, live: Live, id: str) -> bool:
    """Whether the item is of a record that this replica may not hold (any more): read, but not written (rule 18)."""
    record = work.canon.get(id)
    return record is not None and bool(record.fields) and not work.within(live, record)


def _tell(work: Work, live: Live, item: Item, delta: Delta) -> None:
    """A trouble for each value that is not understood."""
    kind = live.view.template.kinds[item.kind]
    for name, unreadable in delta.unreadable.items():
        text = f"{kind.fields[name].label} “{_short(unreadable.text)}” {unreadable.reason}"
        work.troubles.setdefault(live.name, []).append(Trouble(
            item.places.get(name, item.where), text, unreadable.remedy, unreadable.text, kind.name, item.handle, name))  # fmt: skip


def _tell_stamp(work: Work, arrival: Arrivals, link: match.Link) -> None:
    """A warning, once, for an item that came with the id of another record, or of none."""
    said, where = arrival.stamps.get(id(link.item)), f"{arrival.live.name}: {link.item.where}"
    if said in (None, link.record):
        return
    other = work.canon.get(said) if said else None
    if other is None:
        work.warnings.append(f"{where}: its id was changed to “{_short(str(said))}”; it gets its own back → "
                             "Leave ids as they are.")  # fmt: skip
    else:
        work.warnings.append(f"{where}: has the id of “{work.canon.title(other)}” ({said}), as a copy has; it is a record "
                             "of its own now → Nothing to do if that is meant; else delete it.")  # fmt: skip


def _follow(work: Work, link: match.Link, old: Shadow, delta: Delta, *, beyond: bool) -> None:
    """The shadow that follows from the read, where it is another than before.

    What is beyond the audience still gets its id, so that it is known again wherever it is moved to.
    """
    after = replace(old) if delta.shadow is old else delta.shadow
    after.stamp = after.stamp or link.stamp
    if beyond:
        after.state = "behind" if after.stamp else "released"
    elif delta.stale and old.state == "creating":
        return  # it shows what we deleted before we decided to make it again
    elif delta.stale:
        after.state = "stale"
    elif after.state in ("held", "stale", "creating", "released") or after != old:
        after.state = "behind"
    if after != old:
        work.shadows[old.replica, old.record] = after


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "…"


def _check_gone(work: Work, arrival: Arrivals) -> None:
    if not arrival.gone:
        return
    counts = work.store.shadow_counts(arrival.live.name)
    known = sum(counts.values())
    titles = [work.canon.title(record) for id in list(arrival.gone)[:3] if (record := work.canon.get(id))]
    present = (
        len(arrival.pull.items)
        if arrival.pull.complete
        else max(arrival.pull.present, known - len(arrival.gone))
    )
    limits, name = work.limits, arrival.live.name
    work.gate.meet(guard.check_gone(name, known, arrival.gone, present, titles, limits))
    shown = {link.item.kind for link in arrival.links if link.first}
    of_kind: dict[str, list[str]] = defaultdict(list)
    for id, shadow in arrival.gone.items():
        of_kind[shadow.kind].append(id)
    for kind, ids in of_kind.items():
        if kind not in shown:  # others have come in their place
            plural = arrival.live.view.template.kinds[kind].plural
            work.gate.meet(guard.check_kind_gone(name, plural, counts.get(kind, 0), ids, limits))
