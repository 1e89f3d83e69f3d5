"""A template made real in every replica, idempotently: plan, then apply, then bind the place (rules 17, 19)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncengine.config import PairSection, PersonSection, Program
from syncengine.connector import Step
from syncengine.core import guard
from syncengine.errors import MentorsyncError
from syncengine.model.ids import IdSource, new_id
from syncengine.model.values import Fields, Locale, Named, Unreadable, Value
from syncengine.run.live import Live, opened
from syncengine.run.lock import locked
from syncengine.run.work import Wish
from syncengine.store import Store, open_store


@dataclass
class SetupPlan:
    """What `setup` would do, replica by replica."""

    steps: dict[str, list[Step]] = field(default_factory=dict)
    problems: dict[str, MentorsyncError] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not any(self.steps.values())


@contextmanager
def _lives(program: Program) -> Iterator[tuple[Store, list[Live]]]:
    with locked(program.lock_path):
        store = open_store(program.state_url)
        try:
            with store.reading():
                rows, pairs = store.replicas(), store.titles("pair")
            with opened(program, rows, pairs) as lives:
                yield store, lives
        finally:
            store.close()


def plan_setup(program: Program) -> SetupPlan:
    """What is missing in each replica. Writes nothing in any tool. Raises `ConfigError`, `RunInProgress`."""
    plan = SetupPlan()
    with _lives(program) as (_, lives):
        for live in lives:
            try:
                if live.problem:
                    raise live.problem
                plan.steps[live.name] = list(live.replica.survey())
            except MentorsyncError as error:
                plan.problems[live.name] = error
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
    with _lives(program) as (store, lives):
        for live in lives:
            try:
                if live.problem:
                    raise live.problem
                plan.steps[live.name] = _provision(store, live, frozenset(allow), ids(moment))
            except MentorsyncError as error:
                plan.problems[live.name] = error
        known = {live.name for live in lives}
        with store.transaction():
            for name in set(store.replicas()) - known:
                store.drop_replica(name)
    return plan


def _provision(store: Store, live: Live, allow: frozenset[str], fresh: str) -> list[Step]:
    found, bound = live.replica.place(), live.row.place
    twin = next(
        (row.name for row in store.replicas().values() if row.place == found and row.name != live.name), None
    )
    if found is not None and twin is not None:
        raise guard.same_place(live.name, twin)
    if bound is not None and found != bound:
        if "place" not in allow:
            guard.check_place(live.name, bound, found, f"replica {live.name!r}")
        with store.transaction():
            store.drop_shadows(live.name)
        live.row.mapping = live.row.cursor = None
    steps = list(live.replica.survey())
    live.row.place = found or fresh
    if steps and found is not None and live.row.mapping:
        _forget_lost(store, live)
    if steps or found is None:
        live.replica.provision(live.row.place)
    with store.transaction():
        store.put_replica(live.row)
    return steps


def _forget_lost(store: Store, live: Live) -> None:
    """What stood in a table or folder that is made anew was lost, not deleted: the next sync writes it there again."""
    lost = {
        kind
        for kind in (live.row.mapping or {}).get("holds", {})
        if kind not in live.replica.pull(None, ()).holds
    }
    gone = (
        [shadow.record for shadow in store.shadows(live.name).values() if shadow.kind in lost] if lost else []
    )
    with store.transaction():
        store.drop_shadows(live.name, gone)
    live.row.mapping = {**(live.row.mapping or {}), "catch_up": True}
    live.row.cursor = None


def starting_people(
    program: Program,
    titles: Callable[[str], Sequence[tuple[str, str]]],
    now: datetime,
    ids: IdSource = new_id,
) -> list[Wish]:
    """Wishes for the people and pairs of the config that the program does not have yet, matched by name.

    Raises `ConfigError` through `Program.people`; values that are not understood are left out with the field.
    """
    known = {title.casefold(): id for id, title in titles("person")}
    wishes: list[Wish] = []
    kinds = program.template.kinds
    for person in program.people():
        if person.name.casefold() not in known:
            known[person.name.casefold()] = id = ids(now)
            wishes.append(
                Wish(
                    id, _read(program, "person", _said(person), known), "mentorsync", "config", kind="person"
                )
            )
    pairs = {title.casefold() for _, title in titles("pair")}
    for pair in program.pairs():
        said = _said(pair) | {"name": pair.name or " & ".join(name.split()[0] for name in pair.members)}
        if str(said["name"]).casefold() in pairs or "pair" not in kinds:
            continue
        said = {**_defaults(program), **said}
        wishes.append(
            Wish(ids(now), _read(program, "pair", said, known), "mentorsync", "config", kind="pair")
        )
    return wishes


def _said(section: PersonSection | PairSection) -> dict[str, object]:
    return {key: value for key, value in section.model_dump().items() if value is not None}


def _defaults(program: Program) -> dict[str, object]:
    preset = program.template.preset
    return {key: preset[key] for key in ("every", "minutes") if key in preset} | {"status": "active"}


def _read(program: Program, kind: str, said: dict[str, object], people: dict[str, str]) -> Fields:
    fields: Fields = {}
    locale: Locale = program.locale
    for name, raw in said.items():
        declared = program.template.kinds[kind].fields.get(name)
        if declared is None:
            continue
        if declared.ref and isinstance(raw, list):
            value: Value = sorted(people[one.casefold()] for one in raw if one.casefold() in people)
        else:
            read = declared.type.read(raw, locale)
            value = None if isinstance(read, Named | Unreadable) else read
        fields[name] = value
    return fields
