"""Check-ins follow what the config says of the whole program, at once and not only on the next day."""

from pathlib import Path

import pytest

from syncengine.config import load
from syncengine.testing.memory import MemoryReplica
from syncengine.testing.people import Desk, Team


@pytest.fixture
def team(tmp_path: Path) -> Team:
    team = Team(str(tmp_path), [Desk("A"), Desk("B")])
    team.add("A", "person", name="Ada")
    team.add("A", "person", name="Bob")
    team.add(
        "A", "pair", name="Duo", members="Ada; Bob", every="week", first_meeting="2026-03-03", time="17:00"
    )
    team.sync()
    return team


def planned(team: Team, desk: str) -> list[str]:
    return sorted(row.fields["starts"] for row in team.tools[desk].of("checkin"))


def rewrite(team: Team, before: str, after: str) -> None:
    path = Path(team.folder, "mentorsync.toml")
    said = path.read_text(encoding="utf-8")
    assert before in said
    path.write_text(said.replace(before, after), encoding="utf-8")
    team.program = load(str(path))


def test_another_zone_moves_what_is_planned(team: Team) -> None:
    assert planned(team, "B") == ["2026-03-03T16:00:00Z", "2026-03-10T16:00:00Z"]
    rewrite(team, "Europe/Berlin", "Europe/Lisbon")
    team.sync()
    assert planned(team, "A") == planned(team, "B") == ["2026-03-03T17:00:00Z", "2026-03-10T17:00:00Z"]
    assert team.sync().writes == 0


def test_a_longer_window_plans_further_ahead(team: Team) -> None:
    rewrite(team, "days_ahead = 15", "days_ahead = 23")
    team.sync()
    assert planned(team, "B")[-1] == "2026-03-24T16:00:00Z"
    assert team.sync().writes == 0


def test_no_file_is_searched_for_an_address_that_would_lead_nobody_there(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(MemoryReplica, "link", lambda _replica, handle: asked.append(handle))
    team.clock.tick(days=1)
    team.sync()
    assert planned(team, "B")
    assert asked == []
