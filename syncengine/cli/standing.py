"""How a program stands, gathered from its state, its files' looks and this machine's timers; nothing is written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncengine.cli.waiting import Waiting, waiting
from syncengine.model.moments import instant, moment
from syncengine.schedule import timers
from syncengine.schedule.local import Local
from syncengine.schedule.runlog import WRITES
from syncengine.schedule.timers import Timers

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.canon import Canon
    from syncengine.run.report import Report
    from syncengine.store import Store
    from syncengine.store.rows import RunRow

_RUNS = 500
"""How far back it is looked for what a tool was told last."""
_CHECKINS = 5


@dataclass(frozen=True)
class Told:
    """What a tool was told when it was last told anything."""

    run: int
    at: str
    counts: dict[str, int]


@dataclass
class Next:
    """What the next run has to do with one tool, as far as it can be told."""

    to_write: int
    """Records that differ there from what they are."""
    edited: bool | None
    """Whether its files look other than the last run left them (in doubt they do); `None`: only a look tells."""
    planned: int | None = None
    """After a look: how many operations it would be."""


@dataclass
class Standing:
    """All of it; instants are canonical."""

    last: RunRow | None
    agreed: str | None
    """When all tools were last seen to agree."""
    told: dict[str, Told]
    """Replica to what it was told; those that never were are not in it."""
    waits: list[Waiting]
    next: dict[str, Next]
    timers: Timers
    checkins: list[tuple[str, str, bool]]
    """(start, pair, whether it was moved) of those to come, the next first."""
    records: dict[str, int]
    """Kind to count."""
    held: dict[str, int] = field(default_factory=dict)
    """Replica to how many records it has."""


def standing(program: Program, store: Store, canon: Canon, now: datetime) -> Standing:
    """How things are; `now` is aware."""
    runs = store.runs(_RUNS)
    names = [replica.name for replica in program.replicas]
    return Standing(
        last=runs[0] if runs else None,
        agreed=_agreed(program, runs),
        told={name: found for name in names if (found := _told(name, runs))},
        waits=waiting(program, store, canon),
        next=_next(program, store, names),
        timers=timers.of(program.path),
        checkins=_checkins(store, canon, now),
        records=store.counts(),
        held={name: sum(store.shadow_counts(name).values()) for name in names},
    )


def _agreed(program: Program, runs: list[RunRow]) -> str | None:
    """The start of the last run that left all in agreement, or the last glance that found it so."""
    found = next((run.started for run in runs if run.status == "agreed" and run.ended), None)
    note = os.path.join(os.path.dirname(program.lock_path), "glance.json")
    if not os.path.exists(note):
        return found
    seen = instant(datetime.fromtimestamp(os.stat(note).st_mtime, UTC), program.locale.zone)
    return max(seen, found or seen)


def _told(name: str, runs: list[RunRow]) -> Told | None:
    for run in runs:
        counts = ((run.summary or {}).get("replicas") or {}).get(name) or {}
        some = {word: counts[word] for word in WRITES if counts.get(word)}
        if some:
            return Told(run.id, run.started, some)
    return None


def _next(program: Program, store: Store, names: list[str]) -> dict[str, Next]:
    local = Local(program.path)
    local.renew()
    edited = local.edited()
    return {name: Next(len(store.open_shadows(name)), edited.get(name)) for name in names}


def _checkins(store: Store, canon: Canon, now: datetime) -> list[tuple[str, str, bool]]:
    coming = [
        record
        for record in store.all_records("checkin")
        if record.fields.get("starts")
        and moment(str(record.fields["starts"])) >= now
        and record.fields.get("status") in ("planned", "moved")
    ]
    coming.sort(key=lambda record: str(record.fields["starts"]))
    return [(str(record.fields["starts"]), _pair(canon, record.fields.get("pair")), record.fields["status"] == "moved")
            for record in coming[:_CHECKINS]]  # fmt: skip


def _pair(canon: Canon, id: object) -> str:
    return canon.directory.label("pair", str(id)) if id else "?"


def looked(there: Standing, report: Report) -> None:
    """Take in what a dry run found."""
    for name, one in there.next.items():
        one.planned = len(report.planned.get(name, ()))


def as_json(program: Program, there: Standing) -> dict[str, Any]:
    """The one object of `status --json` (docs/cli.md)."""
    last = there.last
    return {
        "program": program.name,
        "last": {"run": last.id, "started": last.started, "ended": last.ended, "status": last.status, "reason": last.reason}
        if last
        else None,
        "agreed": there.agreed,
        "tools": {name: {"run": one.run, "at": one.at, **one.counts} for name, one in there.told.items()},
        "waits": [{"for": list(one.people), "what": one.what, "text": one.text} for one in there.waits],
        "next": {name: {key: value for key, value in vars(one).items() if key != "planned" or value is not None}
                 for name, one in there.next.items()},
        "schedule": timers.as_json(there.timers),
        "checkins": [{"starts": starts, "pair": pair, "moved": moved} for starts, pair, moved in there.checkins],
        "records": there.records,
    }  # fmt: skip
