"""Lives on every tool at once, from fixed seeds. More of them: `python -m tests.simulation.together --seeds 0-999`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from syncengine.testing import witness
from syncengine.testing.life import Life
from syncengine.testing.people import Word
from syncengine.testing.script import Script, play
from syncengine_gcal.sandbox.outbox import Mail
from tests.simulation import oracle
from tests.simulation.acts import Together
from tests.simulation.stage import TOOLS
from tests.simulation.together import ONCE_WRONG, WORLD, begin, script

HOURS = 5


@pytest.mark.parametrize("seed", range(100_000, 100_005))
def test_nothing_is_lost_between_all_tools(seed: int) -> None:
    assert play(script(seed, HOURS), world=WORLD) == []


@pytest.mark.parametrize("steps", ONCE_WRONG)
def test_what_once_went_wrong_does_not_again(steps: Script) -> None:
    assert play(steps, world=WORLD) == []


def test_over_real_http_as_well() -> None:
    with tempfile.TemporaryDirectory() as folder, begin(folder, script(7, 1), print, sockets=True) as life:
        for step in script(7, 1).steps:
            life.act(step)
        assert life.end() == []


@contextmanager
def agreed() -> Iterator[tuple[Together, dict[str, str]]]:
    """A life that is over, in which everything is right; and the id of everybody."""
    with tempfile.TemporaryDirectory() as folder, begin(folder, Script(TOOLS, "own", ()), _quiet) as life:
        assert isinstance(life, Together)
        life.team.add("Own", "reflection", what="word 900", pair="Duo")
        assert life.end() == []
        rows = life.team.tools["sheets"].rows.items()
        yield (
            life,
            {str(row.fields["name"]): handle for handle, row in rows if row.kind in ("person", "pair")},
        )


def _quiet(_line: str) -> None:
    """Nobody listens."""


def test_the_witness_sees_what_is_wrong() -> None:
    """The check of the check: each kind of harm, done to a life in which everything is right, is told."""
    with agreed() as (life, ids):
        team, stage = life.team, life.stage
        seen = {
            "another value": lambda: team.tools["workbook"].edit(ids["Ada Ason"], offers="not so"),
            "a double": lambda: team.tools["notion"].copy(_page(life, ids["Bob Bson"])),
            "a lost row": lambda: team.tools["markdown"].remove(ids["Eve Eson"]),
            "another name in a calendar": lambda: team.tools["ical"].edit(ids["Duo"], name="not so"),
        }
        for what, harm in seen.items():
            before = set(witness.disagreements(team))
            harm()
            assert set(witness.disagreements(team)) - before, what
        assert not [*oracle.surprises(team, stage), *oracle.leaks(team), *oracle.meetings(team)]
        stage.gcal.outbox.mails.append(Mail("ada@example.org", "update", "e", "s", 7))
        stage.gcal.outbox.mails += [Mail("eve@example.org", "update", "e", "s", 8)] * 9
        assert list(oracle.surprises(team, stage))
        team.tools["sheets"].edit(ids["Dan Dson"], offers="Bob told me word 900")
        assert any("word 900" in one for one in oracle.leaks(team))
        slot = team.tools["gcal"].slots(ids["Duo"], team.clock.now, team.clock.now.replace(month=5))[0]
        team.tools["gcal"].skip(ids["Duo"], slot)
        assert list(oracle.meetings(team))
        team.read.add(
            Word("sheets", ids["Dan Dson"], "person", "offers", "word 901, which nobody has taken up")
        )
        assert witness.lost_words(team)


def _page(life: Life, id: str) -> str:
    return next(handle for handle, row in life.team.tools["notion"].rows.items() if row.id == id)
