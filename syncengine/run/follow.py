"""What follows from what people wrote: a goal's pair, the check-ins of each series, the next agenda."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from syncengine.connector import Connector
from syncengine.core import agenda, checkins
from syncengine.core.audience import PROGRAM
from syncengine.core.canon import ENGINE
from syncengine.model.kind import Record
from syncengine.model.values import Value
from syncengine.run.links import Links
from syncengine.run.reach import reached
from syncengine.run.work import Work


def engine_made(work: Work, day: datetime, *, all_pairs: bool) -> None:
    """Check-ins of each pair's series and the next agenda, for the pairs that changed (or all: a new day)."""
    _fill_pairs(work)
    work.reached = reached(work)
    pairs = sorted(_pairs(work, all_pairs=all_pairs))
    addresses = _Addresses(work, pairs)
    for id in pairs:
        pair = work.canon.get(id)
        if pair is None or pair.deleted or pair.kind != "pair":
            continue
        taken_back, in_break = partial(_taken_back, work), partial(_in_break, work)
        own = _own(work, id)
        checkins.keep_series(work.canon, pair, own, day, *work.window, taken_back, work.breaks, in_break)
        if "agenda" in work.canon.kinds["pair"].fields:
            value: Value = agenda.agenda(work.canon, pair, _own(work, id), day, addresses.of(pair))
            work.canon.write(pair, {"agenda": value}, ENGINE, "agenda")


def _pairs(work: Work, *, all_pairs: bool) -> set[str]:
    """The pairs whose series or agenda may be another now: what they have, had, and mention changed."""
    if all_pairs:
        work.canon.adopt(work.store.all_records("pair"))
        return {id for id, _ in work.store.titles("pair")} | work.canon.changed_pairs.keys()
    touched = {*work.canon.changed, *work.reached}
    now = {work.canon.pair_of(record) for id in touched if (record := work.canon.get(id)) is not None}
    return {pair for pair in (*now, *work.store.pairs(touched).values()) if pair is not None}


def _taken_back(work: Work, id: str) -> bool:
    """Whether it was the engine that deleted the record, because a series no longer had it."""
    burials = [h for h in work.store.history(record=id) if "deleted" in h.changes]
    return bool(burials) and burials[-1].rule == checkins.TAKEN_BACK


def _in_break(work: Work, id: str) -> bool:
    """Whether it was the engine that skipped the meeting, for a break."""
    said = [h.rule for h in work.store.history(record=id) if "status" in h.changes]
    return bool(said) and said[-1] == checkins.BREAK


def _fill_pairs(work: Work) -> None:
    """Nobody has to say which pair a goal belongs to when its person is in one only (docs/model.md)."""
    members: set[str] = set()
    for record in work.canon.changed.values():
        found = record.fields.get("members")
        if record.kind == "pair" and isinstance(found, list):
            members.update(found)
    work.canon.ensure(work.store.mentioning(sorted(members)))
    about = [
        r
        for r in work.canon.known()
        if not r.deleted and (r.id in work.canon.changed or _mentions(r, members))
    ]
    for record in about:
        kind = work.canon.kinds.get(record.kind)
        if kind is None or "pair" not in kind.owner or "pair" not in kind.fields or record.fields.get("pair"):
            continue
        pair = work.canon.pair_of(record)
        if pair is not None:
            work.canon.write(record, {"pair": pair}, ENGINE, "default")


def _mentions(record: Record, people: set[str]) -> bool:
    return any(isinstance(value, str) and value in people for value in record.fields.values())


def _own(work: Work, pair: str) -> list[Record]:
    """The pair's records as they are now, in order of their ids."""
    stored = work.store.of_pair(pair)
    work.canon.adopt(stored)
    ids = {*(record.id for record in stored), *work.canon.changed, *work.reached}
    found = [
        record for id in sorted(ids) if (record := work.canon.get(id)) is not None and not record.deleted
    ]
    return [record for record in found if work.canon.pair_of(record) == pair]


def _leads_there(connector: Connector) -> bool:
    return connector.capabilities.free_rows and connector.capabilities.remote


class _Addresses:
    """Where the pairs can be opened: in the program's tools for writing in; a file of one machine leads nobody there."""

    def __init__(self, work: Work, pairs: list[str]) -> None:
        # A file is not even asked: to find every pair's row in a large workbook takes long.
        lives = [live for live in work.lives if live.audience == PROGRAM and _leads_there(live.connector)]
        links = Links.among(lives, work.store)
        self._now = links.to(pairs)
        self._silent = [live.name for live in lives if not live.usable or live.name in links.problems]

    def of(self, pair: Record) -> Mapping[str, str]:
        """Replica to address; what a replica that can't be asked now said before holds on."""
        before = agenda.addresses(str(pair.fields.get("agenda") or ""))
        kept = {name: before[name] for name in self._silent if name in before}
        now = {name: link for name, link in self._now[pair.id].items() if link.startswith("https://")}
        return kept | now
