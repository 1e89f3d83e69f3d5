"""A plan made of what a dry run found, and a run held to a plan: what still is as planned goes to the tools, nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from syncengine import __version__
from syncengine.config import Program
from syncengine.connector import Estimate, Estimating, Mailer, Operation, Reading, names_of
from syncengine.core.judging import Refusal, Verdict, beyond, holds, judge
from syncengine.core.planned import Asked, Plan, ToolPlan, Write, written
from syncengine.errors import ConfigError
from syncengine.model.kind import Kind
from syncengine.model.moments import instant
from syncengine.model.values import Fields, Named, Unreadable, Value
from syncengine.run.live import Live
from syncengine.run.work import Wish, Work
from syncengine.store import Store

_CALL = 0.5
"""Seconds that a call takes where a tool does not tell."""


def plan_of(
    program: Program, work: Work, reason: str, wishes: Iterable[Asked], conflicts: list[dict[str, Any]], warnings: list[str]
) -> Plan:  # fmt: skip
    """What the run would do, with everything that a later run has to find the same. Within the run's transaction."""
    return Plan(
        program.name, digest(program), _places(work), __version__, instant(work.now, program.locale.zone), reason,
        [_tool(work, live) for live in work.lives], conflicts, warnings, list(work.gate.fired), list(wishes), dict(work.born),
    )  # fmt: skip


def digest(program: Program) -> str:
    """Changes with any letter of the configuration, and of the list of people that it names."""
    hashed = hashlib.sha256(program.text.encode())
    people = program.file.program.people
    if people:
        path = os.path.join(program.folder, people)
        if os.path.exists(path):
            with open(path, "rb") as handle:
                hashed.update(b"\0" + handle.read())
    return hashed.hexdigest()


def check(program: Program, store: Store, plan: Plan) -> None:
    """Raises `ConfigError` for a plan of another program, configuration or version."""
    again = "Make a new plan: mentorsync sync --dry-run --out plan.json"
    if plan.made_by != __version__:
        raise ConfigError(
            f"the plan was made by mentorsync {plan.made_by}; this is {__version__}", remedy=again
        )
    if plan.program != program.name:
        raise ConfigError(
            f"the plan is of the program {plan.program!r}; this is {program.name!r}", remedy=again
        )
    if plan.config != digest(program):
        where = os.path.basename(program.path)
        raise ConfigError(f"{where} is not what it was when the plan was made", remedy=again)
    now = {name: row.place for name, row in store.replicas().items()}
    if plan.places != {name: now.get(name) for name in plan.places}:
        raise ConfigError(
            "the plan was made for other places than this program's tools have now", remedy=again
        )


def _places(work: Work) -> dict[str, str | None]:
    return {live.name: live.row.place for live in work.lives}


def _tool(work: Work, live: Live) -> ToolPlan:
    if live.pull is None:
        return ToolPlan(live.name, problem=live.problem.reason if live.problem else "was not read")
    operations = work.operations.get(live.name, [])
    took = _estimate(live, operations)
    remote = live.connector.capabilities.remote
    calls = live.replica.calls + took.calls if remote else 0
    return ToolPlan(live.name, list(_writes(work, live)), list(work.mails.get(live.name, ())), _troubles(work, live),
                    calls, took.seconds + live.replica.calls * _CALL if remote else 0.0)  # fmt: skip


def _estimate(live: Live, operations: Sequence[Operation]) -> Estimate:
    if isinstance(live.replica, Estimating):
        return live.replica.estimate(operations)
    return Estimate(len(operations), len(operations) * _CALL)


def _troubles(work: Work, live: Live) -> list[str]:
    return sorted(f"{trouble.where}: {trouble.reason}" for trouble in work.troubles.get(live.name, ()))


def _writes(work: Work, live: Live) -> Iterator[Write]:
    for operation in work.operations.get(live.name, ()):
        kind = work.canon.kinds[operation.kind]

        def show(
            name: str, reading: Reading | None, kind: Kind = kind, operation: Operation = operation
        ) -> str:
            return _shown(work, kind, operation, name, reading)

        yield written(operation, live.name, kind, show)


def _shown(work: Work, kind: Kind, operation: Operation, name: str, reading: Reading | None) -> str:
    """What a tool holds, or is to hold, as people read it."""
    if isinstance(reading, Named | Unreadable):
        return reading.text
    field = kind.fields.get(name)
    if field is None or reading is None:
        return ""
    if field.ref:
        return names_of(reading, operation.labels)
    return field.type.show(reading, work.canon.locale)


def asked(work: Work, wishes: Iterable[Wish]) -> Iterator[Asked]:
    """Wishes with what they find, for the plan."""
    for wish in wishes:
        record = work.canon.get(wish.record)
        before: Fields = {name: record.fields.get(name) for name in wish.fields} if record else {}
        yield Asked(
            wish.record,
            wish.kind,
            wish.fields,
            before,
            wish.source,
            wish.rule,
            wish.deleted,
            record.deleted if record else None,
        )


def still_asked(work: Work, plan: Plan) -> Iterator[Wish]:
    """The plan's wishes as far as what they are about is as it was; what is not is told by what is refused."""
    for one in plan.asked:
        record = work.canon.get(one.record)
        edited = {edit.field for edit in work.edits.get(one.record, ())}
        kept = holds(one, record.fields if record else None, bool(record and record.deleted), edited)
        if kept is not None:
            yield Wish(kept.record, kept.fields, kept.source, kept.rule, kept.deleted, kept.kind)


def hold_to(work: Work, plan: Plan) -> Verdict:
    """Leave only those operations that are as planned; the rest stays to be done, for the next sync derives it anew (rule 5)."""
    tools = {tool.name: tool for tool in plan.tools if not tool.problem}
    here = {live.name for live in work.lives if live.pull is not None}
    now = [write for live in work.lives for write in _writes(work, live)]
    verdict = judge(
        plan.writes, now, tools.keys(), here, lambda replica, record: _values(work, replica, record)
    )
    _leave(work, tools, verdict)
    for live in work.lives:
        if live.connector.capabilities.mails and live.name in tools and live.pull is not None:
            _mail_only(work, live, tools, verdict)
    for live in work.lives:
        if live.name in tools and _troubles(work, live) != sorted(tools[live.name].troubles):
            work.unremarked.add(live.name)
    return verdict


def _leave(work: Work, tools: dict[str, ToolPlan], verdict: Verdict) -> None:
    for name, operations in work.operations.items():
        work.operations[name] = [o for o in operations if name in tools and o.id in verdict.records]


def _values(work: Work, replica: str, record: str) -> Fields | None:
    found = work.canon.get(record)
    if found is None or found.deleted:
        return None
    view = work.by_name[replica].view
    kind = view.kind(found)
    values: dict[str, Value] = view.fields(kind, found) if kind else {}
    return values


def _mail_only(work: Work, live: Live, tools: dict[str, ToolPlan], verdict: Verdict) -> None:
    """Nobody is mailed beyond the plan's list: records that would do so are refused, in every tool.

    A pair's records are looked at together: a series that moves takes its meetings along, which alone would be told of.
    """
    mailer, planned = cast(Mailer, live.replica), tools[live.name].mails
    while more := beyond(mailer.mails(work.operations[live.name]), planned):
        groups = _by_pair(work, work.operations[live.name])
        guilty = [one for one in groups if beyond(mailer.mails(one), planned)]
        for operation in (o for one in guilty or groups for o in one):
            label = work.canon.kinds[operation.kind].label
            told = f"an e-mail to {more[0].to} ({more[0].why})"
            verdict.records.discard(operation.id)
            verdict.refused.append(
                Refusal(operation.id, label, operation.title, live.name, "no such e-mail", told)
            )
        _leave(work, tools, verdict)
    work.mails[live.name] = list(mailer.mails(work.operations[live.name]))


def _by_pair(work: Work, operations: Iterable[Operation]) -> list[list[Operation]]:
    found: dict[str, list[Operation]] = {}
    for operation in operations:
        record = work.canon.get(operation.id)
        pair = work.canon.pair_of(record) if record is not None else None
        found.setdefault(pair or operation.id, []).append(operation)
    return list(found.values())
