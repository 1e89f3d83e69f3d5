"""A template made real in every replica, idempotently: plan, then apply, then bind the place (rules 17, 19)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncengine.config import Program
from syncengine.connector import Check, Checking, Step
from syncengine.core import guard
from syncengine.errors import MentorsyncError
from syncengine.model.ids import IdSource, new_id
from syncengine.run.live import Live, failure, opened
from syncengine.run.lock import alone
from syncengine.store import Store, open_store


@dataclass
class SetupPlan:
    """What `setup` would do, replica by replica."""

    steps: dict[str, list[Step]] = field(default_factory=dict)
    problems: dict[str, MentorsyncError] = field(default_factory=dict)
    checks: list[tuple[str, Check]] = field(default_factory=list)
    """Replica and what it told of its access, where it was asked."""
    let_go: list[str] = field(default_factory=list)
    """Replicas that the state knows and the config no longer names."""

    @property
    def empty(self) -> bool:
        return not any(self.steps.values())


@contextmanager
def _lives(program: Program, now: datetime) -> Iterator[tuple[Store, list[Live]]]:
    with alone(program):
        store = open_store(program.state_url)
        try:
            with store.reading():
                rows, pairs = store.replicas(), store.titles("pair")
            with opened(program, rows, pairs, now, anew=True) as lives:
                yield store, lives
        finally:
            store.close()


def plan_setup(program: Program, *, check: bool = False) -> SetupPlan:
    """What is missing in each replica; with `check`, what each says of its access as well.

    Writes nothing in any tool. Raises `ConfigError`, `RunInProgress`.
    """
    plan = SetupPlan()
    with _lives(program, datetime.now(UTC)) as (store, lives):
        plan.let_go = _let_go(store, lives)
        for live in lives:
            try:
                if live.problem:
                    raise live.problem
                if check and isinstance(live.replica, Checking):
                    plan.checks += [(live.name, one) for one in live.replica.checks()]
                plan.steps[live.name] = list(live.replica.survey())
            except Exception as error:
                plan.problems[live.name] = failure(live.name, error)
    return plan


def setup(
    program: Program, allow: Iterable[str] = (), now: datetime | None = None, ids: IdSource = new_id
) -> SetupPlan:
    """Make the template real wherever it is not yet, and bind each replica to its place. Safe to repeat.

    A place that carries another mark than the one this replica is bound to stops with `GuardStop` unless "place" is allowed;
    the two are then matched like strangers, and nothing is deleted.
    """
    plan = SetupPlan()
    moment = now or datetime.now(UTC)
    with _lives(program, moment) as (store, lives):
        for live in lives:
            try:
                if live.problem:
                    raise live.problem
                plan.steps[live.name] = _provision(store, live, frozenset(allow), ids(moment))
            except Exception as error:
                plan.problems[live.name] = failure(live.name, error)
        plan.let_go = _let_go(store, lives)
        with store.transaction():
            for name in plan.let_go:
                store.drop_replica(name)
    return plan


def _let_go(store: Store, lives: Iterable[Live]) -> list[str]:
    return sorted(store.replicas().keys() - {live.name for live in lives})


def _provision(store: Store, live: Live, allow: frozenset[str], fresh: str) -> list[Step]:
    found, bound = live.replica.place(), live.row.place
    twin = next(
        (row.name for row in store.replicas().values() if row.place == found and row.name != live.name), None
    )
    if found is not None and twin is not None:
        raise guard.same_place(live.name, twin)
    if bound is not None and found != bound:
        if "place" not in allow:
            guard.check_place(live.name, bound, found, live.where)
        with store.transaction():
            store.drop_shadows(live.name)
        live.row.mapping = live.row.cursor = None
    steps = list(live.replica.survey())
    live.row.place = found or fresh
    if steps and found is not None and live.row.mapping:
        _forget_lost(store, live)
    if steps or found is None:
        live.replica.provision(live.row.place)
        live.row.cursor = None  # it remembers the place as it was
    with store.transaction():
        store.put_replica(live.row)
    return steps


def _forget_lost(store: Store, live: Live) -> None:
    """What stood in a table, folder or column that is made anew was lost, not cleared: the next sync writes it there again."""
    before: Mapping[str, Iterable[str]] = (live.row.mapping or {}).get("holds", {})
    now = live.replica.pull(None, ()).holds
    gone = {kind: set(fields) - now[kind] for kind, fields in before.items() if kind in now}
    shadows = list(store.shadows(live.name).values())
    poorer = [shadow for shadow in shadows if gone.get(shadow.kind)]
    for shadow in poorer:
        lost = gone[shadow.kind]
        shadow.held = {name: value for name, value in shadow.held.items() if name not in lost}
        shadow.sent = {name: value for name, value in shadow.sent.items() if name not in lost}
        shadow.named = {name: text for name, text in shadow.named.items() if name not in lost}
        shadow.state = "behind" if shadow.state == "agreed" else shadow.state
    with store.transaction():
        store.drop_shadows(live.name, [s.record for s in shadows if s.kind in before and s.kind not in now])
        store.put_shadows(poorer)
    live.row.mapping = {**(live.row.mapping or {}), "catch_up": True}
    live.row.cursor = None
