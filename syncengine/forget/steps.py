"""The steps of forgetting somebody, each safe to repeat: a run that dies is finished by the same command.

    note who → guests taken off quietly → texts emptied in the tools → records removed there → the others' records without
    them → bins and archives → everything read anew → the state and its file → caches → proof

They leave their pair last: their own records are in the pair's tools only as long as they are in the pair.

What has to be done is read from the state each time (design rule 5); the note keeps the words that tell the person,
and is the last that goes.
"""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from syncengine.config import Program
from syncengine.connector import Erasing, Mailing, Uninviting
from syncengine.core import guard
from syncengine.core.forget import Forgetting, emptied
from syncengine.errors import ConfigError, Unavailable
from syncengine.forget.finding import NOTE, remember, way_of
from syncengine.forget.proof import Sighting, prove
from syncengine.model.ids import IdSource, new_id
from syncengine.model.kind import Record
from syncengine.model.words import Words
from syncengine.run import Report, Wish, forgotten, sync
from syncengine.run.live import Live, failure, opened, places
from syncengine.run.lock import alone
from syncengine.store import Store, open_store
from syncengine.store.erasing import erase

SOURCE, RULE, REASON = "mentorsync forget", "forgotten", "forget"

Now = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Forgotten:
    """What came of it."""

    waits: list[str] = field(default_factory=list)
    """Why it is not finished: tools that could not be reached, or would not write. The same command goes on."""
    sightings: list[Sighting] = field(default_factory=list)
    keeps: dict[str, list[str]] = field(default_factory=dict)
    """Replica to what its tool keeps that only a person can remove."""
    mails: dict[str, list[Mailing]] = field(default_factory=dict)


def look(program: Program, person: str, also: Iterable[str] = ()) -> Forgetting:
    """What would go and what would change. Writes nothing."""
    with closing(open_store(program.state_url)) as store, store.reading():
        return way_of(store, person, also)


def planned(program: Program, way: Forgetting, now: Now = _utc_now, ids: IdSource = new_id) -> Report:
    """A dry run of what the tools would be told. Raises what `run.sync` may."""
    wishes = [*_buried(program, way), *_cleaned(program, way)]
    return sync(program, dry_run=True, wishes=wishes, reason=REASON, now=now, ids=ids)


def forget(
    program: Program,
    person: str,
    also: Iterable[str] = (),
    *,
    now: Now = _utc_now,
    ids: IdSource = new_id,
    wait: Callable[[float], None] = time.sleep,
    told: Callable[[str], None] = lambda step: None,
) -> Forgotten:
    """Forget `person`. `wait`: so many seconds.

    Raises what `run.sync` may; what it did until then is not undone, and the same call goes on.
    """
    result = Forgotten()
    told("reading all tools")
    sync(program, reason=REASON, now=now, ids=ids)
    with alone(program), closing(open_store(program.state_url)) as store:
        with store.reading():
            way = way_of(store, person, also)
        with store.transaction():
            remember(store, way)
        told("taking them off lists of guests")

        def uninvite(live: Live) -> None:
            if isinstance(live.replica, Uninviting):
                live.replica.uninvite(person, way.words)

        problems = _in_tools(program, store, now, uninvite, mailing=True)
        if problems:  # if it were back by the next step, leaving their pair would be mailed
            raise Unavailable(
                "\n  ".join(["they can't be taken off lists of guests now:", *problems]),
                remedy="Run it again later.",
            )
    for step, wishes in (
        ("emptying what was theirs", _emptied),
        ("removing it", _buried),
        ("the others' records", _cleaned),
    ):
        told(step)
        way = look(program, person, also)
        report = sync(program, wishes=wishes(program, way), reason=REASON, now=now, ids=ids)
        for name, mails in report.mails.items():
            result.mails.setdefault(name, []).extend(mails)
    told("bins and archives")
    with alone(program), closing(open_store(program.state_url)) as store:

        def empty(live: Live) -> None:
            if isinstance(live.replica, Erasing):
                live.replica.erase(set(way.removed), way.words)
                result.keeps[live.name] = list(live.replica.keeps())

        result.waits += _in_tools(program, store, now, empty)
    lag = max((place.connector.capabilities.read_lag for place in places(program)), default=timedelta(0))
    if lag:  # until then it may still show what was removed, which would come back as somebody's (rule 10)
        told(f"waiting {round(lag.total_seconds() / 60)} minutes, until every tool shows it")
        wait(lag.total_seconds() + 1)
    told("reading everything anew")
    sync(program, reason=REASON, fresh=True, now=now, ids=ids)
    _finish(program, person, also, now, result)
    return result


def _finish(program: Program, person: str, also: Iterable[str], now: Now, result: Forgotten) -> None:
    """The state's own part, once every tool has let go; and the proof in any case."""
    with alone(program), closing(open_store(program.state_url)) as store:
        with store.reading():
            way = way_of(store, person, also)
            holders = store.holders(way.removed)
        with store.transaction():
            remember(store, way)
        for name in sorted({replica for names in holders.values() for replica in names}):
            result.waits.append(
                f"{name} still has records of theirs: it could not be reached, or would not write"
            )
    with alone(program):
        if not result.waits:
            with closing(open_store(program.state_url)) as store, store.transaction():
                forgotten.note(store, way.removed)
            erase(program.state_url, way.removed, way.words, way.changed, NOTE)
            _caches(program, Words({**way.words.instead, **dict.fromkeys(way.removed, "(forgotten)")}))
        with closing(open_store(program.state_url)) as store:
            result.sightings = prove(program, store, way.words, way.removed, now())


def _living(program: Program, ids: Iterable[str]) -> list[Record]:
    with closing(open_store(program.state_url)) as store, store.reading():
        found = store.records(ids).values()
    return sorted(
        (one for one in found if not one.deleted and one.kind in program.template.kinds),
        key=lambda one: one.id,
    )


def _emptied(program: Program, way: Forgetting) -> Iterator[Wish]:
    """Their records without a word: whatever a tool keeps of a removed one says nothing then."""
    for record in _living(program, way.removed):
        yield Wish(record.id, emptied(record, program.template.kinds[record.kind]), SOURCE, RULE)


def _buried(program: Program, way: Forgetting) -> Iterator[Wish]:
    for record in _living(program, way.removed):
        yield Wish(record.id, {}, SOURCE, RULE, True)


def _cleaned(program: Program, way: Forgetting) -> Iterator[Wish]:
    """What others share with them, without them."""
    for record in _living(program, way.changed):
        declared = program.template.kinds[record.kind].fields
        fields = {name: value for name, value in way.changed[record.id].items() if name in declared}
        if fields:
            yield Wish(record.id, fields, SOURCE, RULE)


def _in_tools(
    program: Program, store: Store, now: Now, act: Callable[[Live], None], *, mailing: bool = False
) -> list[str]:
    """Do something in every tool (`mailing`: that sends mail); what went wrong, one line for each tool."""
    problems = []
    with store.reading():
        rows, pairs = store.replicas(), store.titles("pair")
    with opened(program, rows, pairs, now()) as lives:
        for live in lives:
            if mailing and not live.connector.capabilities.mails:
                continue
            if isinstance(live.problem, ConfigError):
                continue  # its pair is gone with them: nothing can be asked of it any more; the proof says so
            try:
                if live.problem is not None:
                    raise live.problem
                guard.check_place(live.name, live.row.place, live.replica.place(), live.where)
                act(live)
            except Exception as error:
                problems.append(f"{live.name}: {failure(live.name, error).reason}")
    return problems


def _caches(program: Program, words: Words) -> None:
    """Notes of ours that a run makes anew, and the lines of the log."""
    folder = os.path.dirname(program.lock_path)
    for pattern in ("glance*.json", "glance-*.cursor", "config.json", "*.new"):
        for path in glob.glob(os.path.join(glob.escape(folder), pattern)):
            os.unlink(path)
    logs = [
        os.path.join(folder, name)
        for name in os.listdir(folder)
        if re.search(r"\.(jsonl|err|out|log)\b", name)
    ]
    for path in sorted(logs):
        with open(path, encoding="utf-8", errors="replace") as handle:
            said = handle.read()
        if words.count(said):
            descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(words.without(said))
            os.replace(f"{path}.new", path)


__all__ = ["Forgotten", "forget", "look", "planned"]
