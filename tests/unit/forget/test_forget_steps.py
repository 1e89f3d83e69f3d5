"""Forgetting that breaks off anywhere is finished by the same call; a tool that is away, undo, and namesakes bring nobody back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncengine.core.undo import undo
from syncengine.errors import ConfigError
from syncengine.forget import find_person, forget
from syncengine.store import open_store
from syncengine.store.erasing import texts
from syncengine.testing.memory import Crash
from syncengine.testing.people import Desk, Team

NAME, EMAIL, OWN = "Grace Lindqvist", "grace.l@example.org", "OWNWORDS"


def made(folder: Path, *desks: Desk) -> tuple[Team, str]:
    """A pair on two tools and one of its own; returns Grace's id as well."""
    team = Team(str(folder), desks or [Desk("A", weaknesses={"names": True}), Desk("B")])
    team.add("A", "person", name=NAME, email=EMAIL, about=f"{OWN} about")
    team.add("A", "person", name="Ada Okafor")
    team.add("A", "pair", name="Ada & Grace", members=f"{NAME}; Ada Okafor")
    team.sync()
    if not desks:
        team.join(Desk("own", audience="Ada & Grace"))
        team.add("own", "reflection", by=NAME, what=f"{OWN} what", words=f"{OWN} words")
        team.add("own", "feedback", giver="Ada Okafor", receiver=NAME, words=f"thanks, {NAME}")
    team.add("B", "goal", title="Learn SQL", person=NAME, why=f"{NAME} asked for it")
    team.add("B", "goal", title="Read", person="Ada Okafor", why="books")
    gone = team.add("B", "goal", title="Old", person=NAME, why=f"{EMAIL} was there")
    team.sync()
    team.remove("B", gone)
    team.sync()
    person = next(row.id for row in team.tools["A"].rows.values() if row.fields.get("name") == NAME)
    assert person is not None
    if not desks:
        pair = next(row.id for row in team.tools["A"].rows.values() if row.kind == "pair")
        config = Path(team.folder) / "mentorsync.toml"
        config.write_text(config.read_text("utf-8").replace("'Ada & Grace'", f"'{pair}'"), "utf-8")
        from syncengine.config import load

        team.program = load(str(config))
    return team, person


def left(team: Team) -> list[str]:
    """Where any of their words still stands."""
    words = (NAME.lower(), EMAIL, OWN.lower())
    found = [
        desk
        for desk, tool in team.tools.items()
        for row in [*tool.rows.values(), *tool.archive]
        if any(word in repr(row.fields).lower() for word in words)
    ]
    found += [
        table for table, text in texts(team.program.state_url) if any(word in text.lower() for word in words)
    ]
    raw = Path(team.program.state_url.removeprefix("sqlite:///"))
    for path in (raw, raw.with_name(f"{raw.name}-wal")):
        data = path.read_bytes().lower() if path.exists() else b""
        found += [path.name for word in words if word.encode() in data]
    return found


def _audience(team: Team) -> str:
    return team.program.replicas[-1].audience


def done_with(team: Team, person: str, **options: Callable[[str], None]) -> None:
    result = forget(team.program, person, now=team.clock, ids=team.ids, **options)  # type: ignore[arg-type]
    assert result.waits == []
    assert not any(one.found or one.problem for one in result.sightings), result.sightings


def test_all_of_them_goes_and_nobody_else_loses_a_word(tmp_path: Path) -> None:
    team, person = made(tmp_path)
    assert left(team)
    done_with(team, person)
    assert left(team) == []
    goals = {row.fields["title"]: row.fields for row in team.tools["A"].of("goal")}
    assert goals["Learn SQL"]["why"] == "former member asked for it"
    assert goals["Read"]["why"] == "books"
    assert [row.fields["words"] for row in team.tools["own"].of("feedback")] == ["thanks, former member"]
    assert team.tools["own"].of("reflection") == []
    assert [row.fields["name"] for row in team.tools["B"].of("person")] == ["Ada Okafor"]
    assert team.sync().writes == 0


@pytest.mark.parametrize("step", [2, 4, 6])
def test_one_that_breaks_off_between_its_steps_is_finished_by_the_same_call(
    tmp_path: Path, step: int
) -> None:
    team, person = made(tmp_path)
    told: list[str] = []

    def die(said: str) -> None:
        told.append(said)
        if len(told) == step:
            raise Crash

    with pytest.raises(Crash):
        forget(team.program, person, now=team.clock, ids=team.ids, told=die)
    done_with(team, person)
    assert left(team) == []
    assert team.sync().writes == 0


@pytest.mark.parametrize("at", [31, 47])
def test_one_that_is_killed_in_the_midst_of_a_tool_is_finished_by_the_same_call(
    tmp_path: Path, at: int
) -> None:
    team, person = made(tmp_path)
    count = 0

    def io(_what: str) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise Crash

    for tool in team.tools.values():
        tool.io = io
    with pytest.raises(Crash):
        forget(team.program, person, now=team.clock, ids=team.ids)
    done_with(team, person)
    assert left(team) == []


def test_one_that_is_killed_before_the_file_is_written_anew_is_finished_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team, person = made(tmp_path)

    def die(_url: str) -> None:
        raise Crash

    with monkeypatch.context() as here:
        here.setattr("syncengine.store.erasing.compact", die)
        with pytest.raises(Crash):
            forget(team.program, person, now=team.clock, ids=team.ids)
    store = open_store(team.program.state_url)
    assert person not in store.records([person])
    assert find_person(store, EMAIL) == person, "who it was is still noted"
    store.close()
    done_with(team, person)
    assert left(team) == []


def test_a_tool_that_is_away_is_waited_for_and_brings_nobody_back(tmp_path: Path) -> None:
    team, person = made(tmp_path)
    team.tools["B"].offline = True
    result = forget(team.program, person, now=team.clock, ids=team.ids)
    assert any(line.startswith("B") for line in result.waits)
    team.sync()
    team.tools["B"].offline = False
    team.sync()
    assert [row.fields["name"] for row in team.tools["A"].of("person")] == ["Ada Okafor"]
    done_with(team, person)
    assert left(team) == []


def test_a_tool_restored_from_a_backup_brings_nobody_back(tmp_path: Path) -> None:
    team, person = made(tmp_path)
    backup = [replace(row) for row in team.tools["B"].rows.values()]
    done_with(team, person)
    there = {row.id for row in team.tools["B"].rows.values()}
    for row in backup:
        if row.id not in there:
            team.tools["B"].put(row)
    report = team.sync()
    assert any("is of somebody who was forgotten" in one for one in report.warnings)
    assert [row.fields["name"] for row in team.tools["A"].of("person")] == ["Ada Okafor"]
    for handle in [h for h, row in team.tools["B"].rows.items() if row.id == person]:
        team.tools["B"].remove(handle)
    assert team.sync().warnings == []


def test_no_undo_brings_them_back(tmp_path: Path) -> None:
    team, person = made(tmp_path)
    done_with(team, person)
    store = open_store(team.program.state_url)
    runs = [run.id for run in store.runs(100)]
    for run in runs:
        rows = store.history(run=run)
        way = undo(
            [(r.record, r.rule, r.changes) for r in rows], store.records(r.record for r in rows), set()
        )
        assert person not in [one.record for one in way.restores]
        assert NAME not in repr(way.restores)
        assert person not in repr(way.restores)
    store.close()


def test_who_is_meant_is_never_guessed(tmp_path: Path) -> None:
    team = Team(str(tmp_path), [Desk("A")])
    team.add("A", "person", name="Sam Lee", email="one@example.org")
    team.add("A", "person", name="Sam Lee", email="two@example.org")
    team.add("A", "goal", title="Praise Sam Lee")
    team.sync()
    store = open_store(team.program.state_url)
    with pytest.raises(ConfigError, match="could be any of these") as caught:
        find_person(store, "sam lee")
    assert "one@example.org" in str(caught.value)
    assert caught.value.exit_status == 2
    with pytest.raises(ConfigError, match="nobody called “Sam”"):
        find_person(store, "Sam")
    person = find_person(store, "ONE@example.org")
    store.close()
    done_with(team, person)
    assert [row.fields["email"] for row in team.tools["A"].of("person")] == ["two@example.org"]
    assert [row.fields["title"] for row in team.tools["A"].of("goal")] == ["Praise Sam Lee"], (
        "it may be the other one"
    )


def test_the_last_of_a_pair_takes_it_along(tmp_path: Path) -> None:
    team, person = made(tmp_path)
    done_with(team, person)
    ada = next(row.id for row in team.tools["A"].of("person"))
    assert ada is not None
    result = forget(team.program, ada, now=team.clock, ids=team.ids)
    assert result.waits == []
    assert [(one.place, one.problem) for one in result.sightings if one.found or one.problem] == [
        ("own (memory)", f"replica 'own': there is no pair called {_audience(team)!r}"),
        ("configuration and files beside it", ""),
    ]
    assert result.sightings[-1].where == ["mentorsync.toml"], (
        "where its replica is still named by the pair's id"
    )
    assert [row for name in ("person", "pair", "goal", "feedback") for row in team.tools["A"].of(name)] == []
