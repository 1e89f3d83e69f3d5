"""How every life on all tools begins: the template made real everywhere, and the people and pairs that a program starts with.

That takes seconds, so it is done once in a process; every life begins with a copy of what came of it.
"""

from __future__ import annotations

import pickle
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from syncengine.model.ids import seeded_ids
from syncengine.testing.clock import Clock
from syncengine.testing.people import Team
from tests.simulation.stage import Stage, opened

PEOPLE = ("Ada Ason", "Bob Bson", "Eve Eson", "Dan Dson")
PAIRS = {
    "Duo": ("Ada Ason; Bob Bson", "2 weeks", "2026-03-03"),
    "Trio": ("Eve Eson; Dan Dson; Ada Ason", "week", "2026-03-05"),
}
_REMEMBERED = (
    "breaks", "made_of", "words", "read", "_unread", "deletions", "overwrote", "copies", "announced", "lacking",
)  # fmt: skip
"""What a team knows of what was done so far."""


@dataclass(frozen=True)
class Beginning:
    """What a life begins with."""

    folder: tempfile.TemporaryDirectory[str]
    """Goes when the process does."""
    held: bytes
    """By the online tools."""
    done: bytes
    """By the people, and when."""
    own: str | None
    """The pair that has a vault of its own."""


@contextmanager
def begun(
    folder: str, tools: tuple[str, ...], *, own: bool, sockets: bool = False
) -> Iterator[tuple[Stage, Team]]:
    """A team at the tools, in an empty folder. `own`: one pair has a vault; `sockets`: over real HTTP from here on."""
    first, clock = _first(tools, own), Clock()
    with opened(folder, clock, sockets=sockets) as stage:
        shutil.copytree(first.folder.name, folder, dirs_exist_ok=True)
        stage.become(first.held)
        desks = [stage.desk(name) for name in tools]
        desks += [stage.own(first.own)] if first.own else []
        team = Team(folder, desks, clock=clock, ready=True)
        clock.now, done = pickle.loads(first.done)
        vars(team).update(done)
        team.ids = seeded_ids(2)  # others than those that are there
        yield stage, team


@cache
def _first(tools: tuple[str, ...], own: bool) -> Beginning:
    kept, clock = tempfile.TemporaryDirectory(prefix="together-"), Clock()
    with opened(kept.name, clock) as stage:
        team = Team(kept.name, [stage.desk(name) for name in tools], clock=clock, ready=True)
        team.setup()
        pair = _people_and_pairs(team, stage, own=own)
        done = {name: getattr(team, name) for name in _REMEMBERED}
        return Beginning(kept, stage.holds(), pickle.dumps((clock.now, done)), pair)


def _people_and_pairs(team: Team, stage: Stage, *, own: bool) -> str | None:
    """Add them where there is a table; returns the pair that was given a vault."""
    table = next((name for name in team.tools if name not in ("gcal", "ical")), None)
    if table is None:
        return None
    for name in PEOPLE:
        team.add(table, "person", name=name, email=f"{name[:3].lower()}@example.org")
    team.sync()  # a Notion relation needs the page that it leads to
    for name, (members, every, first) in PAIRS.items():
        team.add(table, "pair", name=name, members=members, every=every, first_meeting=first, time="17:00")
    team.sync()
    if not own:
        return None
    duo = next(str(row.id) for row in team.tools[table].rows.values() if row.fields.get("name") == "Duo")
    team.join(stage.own(duo))
    return duo
