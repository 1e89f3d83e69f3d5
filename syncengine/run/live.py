"""The program's replicas during one run: opened, read, or set aside with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple, cast

from syncengine.config import Program
from syncengine.connector import Connector, Opening, Piecemeal, Pull, Replica, SettingsError, Showing
from syncengine.core.audience import PROGRAM, View
from syncengine.core.delta import Source
from syncengine.errors import FULL, AccessError, Bug, ConfigError, MentorsyncError, told
from syncengine.model.template import Template
from syncengine.registry import load_connector
from syncengine.store import ReplicaRow


@dataclass
class Live:
    """One replica in this run."""

    name: str
    connector: Connector
    replica: Replica
    view: View
    source: Source
    row: ReplicaRow
    audience: str
    settings: Mapping[str, object]
    pull: Pull | None = None
    items: int = 0
    """How many items the read brought."""
    problem: MentorsyncError | None = None
    """Why it is left out of this run; the others go on (rule 21)."""
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("created", "updated", "deleted", "rejected"), 0)
    )

    @property
    def usable(self) -> bool:
        return self.problem is None

    @property
    def where(self) -> str:
        """Which replica, and where it is, for people."""
        at = self.settings.get("path")
        return f"replica {self.name!r}" + (f" ({at})" if isinstance(at, str) else "")

    @cached_property
    def showing(self) -> Showing | None:
        """The replica, where it tells how it shows values. Asked once: to find out takes long, for each item."""
        return self.replica if isinstance(self.replica, Showing) else None

    @cached_property
    def piecemeal(self) -> Piecemeal | None:
        """The replica, where it writes some values by several requests."""
        return self.replica if isinstance(self.replica, Piecemeal) else None

    def mapping(self) -> dict[str, object]:
        """What this replica is mapped to now; a change of it re-bases the replica (rule 18)."""
        assert self.pull is not None
        return {
            "audience": self.audience,
            "holds": {kind: sorted(fields) for kind, fields in sorted(self.pull.holds.items())},
        }

    def holds(self, kind: str) -> frozenset[str]:
        """The fields of a kind that the place can hold now."""
        return self.pull.holds.get(kind, frozenset()) if self.pull else frozenset()


class Place(NamedTuple):
    """A replica ready to be opened: its connector and its checked settings."""

    name: str
    audience: str
    connector: Connector
    settings: Mapping[str, object]
    where: str


def places(program: Program) -> list[Place]:
    """Every replica of the config with its connector loaded and its settings checked; raises `ConfigError`."""
    return [place_at(program, number) for number in range(len(program.replicas))]


def place_at(program: Program, number: int) -> Place:
    """One of them; raises `ConfigError`."""
    section = program.replicas[number]
    where = program.where("replica", number, "connector")
    connector = load_connector(section.connector, where, program.connectors.get(section.connector))
    try:
        settings = connector.validate(program.settings(number), program.folder)
    except SettingsError as error:
        key, problem = next(iter(error.problems.items()))
        raise ConfigError(f"replica {section.name!r}: {key}: {problem}", where=program.where("replica", number, key),
                          remedy=f"docs/connectors/{section.connector}.md lists every key with an example.") from error  # fmt: skip
    audience = program.where("replica", number, "audience")
    return Place(section.name, section.audience, connector, settings, audience)


def view_of(
    name: str, template: Template, audience: str, pairs: Sequence[tuple[str, str]], where: str
) -> View:
    """What a replica of this audience may hold; `pairs`: (id, title) of every pair. Raises `ConfigError`."""
    if audience == PROGRAM:
        return View(name, template.seen_by("program"))
    found = [id for id, title in pairs if audience in (id, title) or title.casefold() == audience.casefold()]
    if len(found) != 1:
        known = (
            ", ".join(title for _, title in pairs) or "none yet: run setup with a program-wide replica first"
        )
        raise ConfigError(f"replica {name!r}: there is no pair called {audience!r}", where=where,
                          remedy=f'Write audience = "program", or the name of a pair ({known}).')  # fmt: skip
    return View(name, template.seen_by("pair"), found[0])


def _view_or_problem(
    program: Program, place: Place, pairs: Sequence[tuple[str, str]]
) -> tuple[View, ConfigError | None]:
    """A pair's replica can't be used before its pair exists; that stops no other."""
    try:
        return view_of(place.name, program.template, place.audience, pairs, place.where), None
    except ConfigError as error:
        return View(place.name, program.template.seen_by("program"), "nobody"), error


@contextmanager
def opened(
    program: Program,
    rows: Mapping[str, ReplicaRow],
    pairs: Sequence[tuple[str, str]],
    now: datetime,
    *,
    anew: bool = False,
) -> Iterator[list[Live]]:
    """All replicas of the program in its order, closed afterwards; one that can't be opened carries its problem.

    `now`: when the run began, aware. `anew`: see `Opening`.
    """
    lives: list[Live] = []
    try:
        for rank, place in enumerate(places(program)):
            view, problem = _view_or_problem(program, place, pairs)
            can = place.connector.capabilities
            source = Source(place.name, rank, can.edit_times, can.read_lag)
            row = rows.get(place.name) or ReplicaRow(place.name, place.connector.name)
            opening = Opening(
                place.name, place.settings, view.template, program.locale, row.cursor, now, anew, row.place
            )
            live = Live(
                place.name,
                place.connector,
                cast(Replica, _Closed()),
                view,
                source,
                row,
                place.audience,
                place.settings,
                problem=problem,
            )
            lives.append(live)
            if problem is not None:
                continue
            try:
                live.replica = place.connector.open(opening)
            except Exception as error:
                live.problem = failure(place.name, error)
        yield lives
    finally:
        for live in lives:
            live.replica.close()


def failure(name: str, error: Exception) -> MentorsyncError:
    """Why a replica can't be used. A plug-in can fail in any way; it must not take the other tools down."""
    if isinstance(error, MentorsyncError):
        return error
    if not isinstance(error, OSError):
        return Bug.of(error, f"replica {name!r}")
    if error.errno in FULL:
        return told(error)
    return AccessError(
        f"can't be read: {error.strerror or error}",
        where=f"replica {name!r}",
        remedy="Check that the place exists and that you may read and write it.",
    )


class _Closed:
    """Stands where a replica could not be opened; nothing but `close` is ever asked of it."""

    calls = 0

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"{name} asked of a replica that could not be opened")

    def close(self) -> None:
        """Nothing is open."""
