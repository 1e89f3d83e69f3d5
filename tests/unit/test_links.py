"""Addresses at the engine: which record is meant, whatever single tools can't say just now."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncengine.connector import Linking
from syncengine.errors import Unavailable
from syncengine.run.links import Links
from syncengine.store import open_store
from syncengine.testing.memory import MemoryReplica
from syncengine.testing.people import Desk, Team


class Away:
    """A tool that can't be asked."""

    def link(self, handle: str) -> str | None:
        raise Unavailable("is away")

    def linked(self, link: str) -> list[str]:
        raise OSError(5, "Input/output error")


def test_a_tool_that_cannot_be_asked_hinders_no_other(tmp_path: Path) -> None:
    team = Team(str(tmp_path), [Desk("A"), Desk("B")])
    handle = team.add("A", "person", name="Ada")
    team.sync()
    store = open_store(team.program.state_url)
    try:
        with store.reading():
            [(id, _)] = store.titles("person")
            away: Linking = Away()
            here = _replica(team, "A")
            links = Links({"B": away, "A": here}, store)
            found = links.to([id])
            assert found == {id: {"A": here.link(handle)}}
            assert links.problems["B"].reason == "is away"
            assert links.meant(str(here.link(handle))) == [id]
            assert "Input/output" in links.problems["B"].reason
            assert links.meant("memory://elsewhere/row-1") == []
            assert links.to(["0" * 26]) == {"0" * 26: {}}
    finally:
        store.close()


def _replica(team: Team, desk: str) -> MemoryReplica:
    from syncengine.connector import Opening
    from syncengine.testing.memory import MemoryTool

    tool = team.tools[desk]
    assert isinstance(tool, MemoryTool)
    return MemoryReplica(Opening(desk, {}, team.program.template, team.program.locale), tool)


@pytest.mark.parametrize("replica", [Away(), object()])
def test_who_has_addresses_is_known_by_the_methods(replica: object) -> None:
    assert isinstance(replica, Linking) is isinstance(replica, Away)
