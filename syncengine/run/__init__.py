"""One sync run, as a straight line: pull, compare with the shadow, merge, plan, commit, push, remember."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from syncengine import journal
from syncengine.config import Program
from syncengine.core.canon import Canon
from syncengine.core.guard import Gate, Limits
from syncengine.core.refs import Directory
from syncengine.errors import AccessError, Bug
from syncengine.model.cadence import read_break
from syncengine.model.ids import IdSource, new_id
from syncengine.model.kind import Record
from syncengine.model.moments import instant
from syncengine.run import identities, restored
from syncengine.run.agree import agree
from syncengine.run.follow import engine_made
from syncengine.run.forgotten import set_aside
from syncengine.run.live import Live, opened
from syncengine.run.lock import alone
from syncengine.run.plan import commit, plan
from syncengine.run.push import Progress, end, push_all
from syncengine.run.read import problem_text, read_all
from syncengine.run.report import Report
from syncengine.run.settle import settle
from syncengine.run.work import Wish, Work
from syncengine.store import Store, open_store

if TYPE_CHECKING:  # plans are loaded when one is made or carried out
    from syncengine.core.judging import Verdict
    from syncengine.core.planned import Asked, Plan

__all__ = ["Report", "Wish", "sync"]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _quiet(_replica: str, _done: int, _all: int) -> None:
    """No progress is shown."""


def sync(
    program: Program,
    *,
    dry_run: bool = False,
    fresh: bool = False,
    allow: Iterable[str] = (),
    wishes: Iterable[Wish] = (),
    planned: Plan | None = None,
    reason: str = "sync",
    now: Callable[[], datetime] = _utc_now,
    ids: IdSource = new_id,
    progress: Progress = _quiet,
) -> Report:
    """Make all replicas of the program agree; with `dry_run` only say what that would take.

    `fresh` reads everything anew. `allow` names guards that may be passed. `wishes` are changes asked of the engine
    (resolve, undo). `planned`: carry out exactly this plan; its wishes, its ids and its guards are those of the run.
    Raises `ConfigError`, `GuardStop` (nothing was written), `RunInProgress`.
    """
    begun = time.perf_counter()
    folder = os.path.dirname(program.lock_path)
    moment = now()
    gate = Gate(frozenset(allow), planned.guards if planned else None, dry_run)
    with (
        alone(program),
        journal.kept(folder),
        closing(open_store(program.state_url)) as store,
        _opened(program, store, moment) as lives,
    ):
        if planned is not None:
            from syncengine.run.planned import check

            check(program, store, planned)
        read_all(lives, store, gate, fresh=fresh)
        set_aside(lives, store)
        work = _work(program, store, lives, moment, ids, gate)
        work.names = planned.names if planned is not None else {}
        with store.transaction(keep=not dry_run):
            run = store.start_run(instant(moment, program.locale.zone), reason)
            told, verdict = _derive(program, work, run, wishes, planned)
            if dry_run:
                from syncengine.run.planned import plan_of

                report = _report(work, run, verdict)
                report.plan = plan_of(program, work, reason, told, report.conflicts, report.warnings)
                report.settle(bool(report.plan.stops))
        _journal_plan(work, run, dry_run)
        if not dry_run:
            work.canon.forget()
            push_all(work, now, progress)
            report = _report(work, run, verdict)
        report.seconds = time.perf_counter() - begun
        report.mails = work.mails
        if dry_run:
            report.planned = work.operations
        else:
            end(work, run, instant(now(), program.locale.zone), report.status, report.as_json())
        journal.event(
            "run ended",
            run=run,
            status=report.status,
            conflicts=len(report.conflicts),
            seconds=round(report.seconds, 3),
        )
        return report


def _derive(
    program: Program, work: Work, run: int, wishes: Iterable[Wish], planned: Plan | None
) -> tuple[list[Asked], Verdict | None]:
    """From what was read to what is to be written: settle, agree, commit, plan. Returns the wishes with what they found,
    for a dry run, and what of `planned` still holds."""
    settle(work)
    restored.look(work)
    work.forget_items()
    told: list[Asked] = []
    if planned is not None or work.gate.look:
        from syncengine.run.planned import asked, still_asked

        wishes = [*still_asked(work, planned)] if planned is not None else wishes
        told = [*asked(work, wishes)] if work.gate.look else []
    agree(work, wishes)
    day = _day(program, work.now)
    engine_made(work, work.now, all_pairs=work.store.note("day") != day)
    work.store.put_note("day", day)
    commit(work, run)
    identities.note(work)
    plan(work)
    if planned is None:
        return told, None
    from syncengine.run.planned import hold_to

    return told, hold_to(work, planned)


def _journal_plan(work: Work, run: int, dry_run: bool) -> None:
    journal.event(
        "run planned",
        run=run,
        dry_run=dry_run,
        changed=work.changed,
        conflicts=len(work.conflicts),
    )
    for live in work.lives:
        if live.problem is not None:
            journal.event("replica left out", run=run, replica=live.name, error=type(live.problem).__name__)
        elif live.pull is not None:
            planned = len(work.operations.get(live.name, ()))
            journal.event("replica read", run=run, replica=live.name, items=live.items, complete=live.pull.complete,
                          troubles=len(live.pull.troubles), planned=planned)  # fmt: skip


def _work(
    program: Program, store: Store, lives: list[Live], now: datetime, ids: IdSource, gate: Gate
) -> Work:
    directory = Directory(store.titles, lambda kind: store.titles(kind, deleted=True))
    canon = Canon(
        program.template.kinds, store.records, directory, lambda person: pairs(person), program.locale
    )
    pairs = _pairs_of_person(store, canon)
    said = program.file.program
    window = timedelta(days=said.days_back), timedelta(days=said.days_ahead)
    breaks = tuple(read_break(text) for text in said.breaks or ())
    stands = program.file.guards
    limits = Limits(
        stands.mass_deletion_percent, stands.mass_deletion_from, stands.whole_kind_from, stands.restored_from
    )
    return Work(store, canon, lives, now, ids, gate, limits, window, breaks)


def _pairs_of_person(store: Store, canon: Canon) -> Callable[[str], list[str]]:
    """Person to the pairs they are in, those of this run included."""

    @cache
    def stored() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for record in store.all_records("pair"):
            for member in _members(record):
                found.setdefault(member, set()).add(record.id)
        return found

    def pairs(person: str) -> list[str]:
        found = stored().get(person, set()) - canon.changed_pairs.keys()
        found |= {r.id for r in canon.changed_pairs.values() if person in _members(r) and not r.deleted}
        return sorted(found)

    return pairs


def _members(pair: Record) -> list[str]:
    members = pair.fields.get("members")
    return members if isinstance(members, list) else []


def _day(program: Program, now: datetime) -> str:
    """What every pair's series and agenda rest on besides the records: when it is another, all are looked at again."""
    said, zone = program.file.program, program.locale.zone
    rests_on = [now.astimezone(zone).date(), zone, said.days_back, said.days_ahead, *(said.breaks or ())]
    return " ".join(map(str, rests_on))


@contextmanager
def _opened(program: Program, store: Store, now: datetime) -> Iterator[list[Live]]:
    with store.reading():
        rows, pairs = store.replicas(), store.titles("pair")
    with opened(program, rows, pairs, now) as lives:
        yield lives


def _report(work: Work, run: int, verdict: Verdict | None) -> Report:
    report = Report(run=run)
    if verdict is not None:
        report.refused, report.waiting = verdict.refused, len(verdict.waiting)
    for live in work.lives:
        read = max(live.pull.present, live.items) if live.pull else 0
        report.replicas[live.name] = {"read": read, **live.counts, "calls": live.replica.calls}
        if live.usable:
            report.cursors[live.name] = live.row.cursor
    with work.store.reading():
        report.conflicts = [
            _conflict(work, row.record, row.field, row.detail) for row in work.store.conflicts()
        ]
        report.troubles = work.store.troubles()
    report.problems = {live.name: live.problem for live in work.lives if live.problem}
    report.remarks = list(work.warnings)
    report.warnings += [problem_text(live) for live in work.lives if live.problem]
    report.warnings += [
        f"{replica}: {t.where}: {t.reason}{f' → {t.remedy}' if t.remedy else ''}"
        for replica, t in report.troubles
    ]
    report.warnings += report.remarks
    report.failed = any(isinstance(live.problem, AccessError | Bug) for live in work.lives)
    report.settle()
    return report


def _conflict(work: Work, id: str, field: str, detail: dict[str, Any]) -> dict[str, Any]:
    record = work.canon.get(id)
    if record is None:
        return {"record": id, "title": id, "field": field, "kept": None, "others": []}
    kind = work.canon.kinds[record.kind]
    return {
        "record": id,
        "kind": record.kind,
        "title": work.canon.title(record),
        "field": field,
        "kept": work.canon.shown(kind, field, detail["kept"]["value"]),
        "others": [{"value": work.canon.shown(kind, field, one["value"]), "replica": one["replica"], "when": one["when"], "who": one["who"]}
                   for one in detail["lost"]],
    }  # fmt: skip
