"""Old states become this version's, whole and at once; newer ones are left alone.

`states/v1.sql` is the dump of a state that a run of version 1 wrote (`sqlite3 state.sqlite3 .dump`). For each later
version one is added, and none is ever changed: people have such files.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from syncengine.errors import MentorsyncError
from syncengine.store import Store, engine, migrations, open_store, schema

OpenStore = Callable[[], Store]
STATES = sorted(Path(__file__).with_name("states").glob("v*.sql"))


@contextmanager
def looking(url: str) -> Iterator[Engine]:
    found = create_engine(url, poolclass=NullPool)
    try:
        yield found
    finally:
        found.dispose()


def tables(url: str) -> dict[str, Any]:
    """Everything about the tables that a run relies on."""
    with looking(url) as found:
        inspector = inspect(found)
        return {
            name: {
                "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)},
                "key": inspector.get_pk_constraint(name)["constrained_columns"],
                "indexes": {i["name"]: (i["column_names"], _words(i)) for i in inspector.get_indexes(name)},
            }
            for name in sorted(inspector.get_table_names())
        }  # fmt: skip


def _words(index: Any) -> dict[str, str]:
    return {name: str(value) for name, value in index.get("dialect_options", {}).items()}


def version(url: str) -> str:
    with looking(url) as found, found.connect() as connection:
        return str(connection.execute(text("SELECT value FROM meta WHERE key = 'schema'")).scalar_one())


def test_there_is_a_step_and_an_old_state_for_every_version() -> None:
    assert set(migrations.STEPS) == set(range(1, schema.VERSION))
    assert [path.stem for path in STATES] == [f"v{number}" for number in range(1, schema.VERSION + 1)]


@pytest.mark.parametrize("dump", STATES, ids=lambda path: path.stem)
def test_every_state_there_ever_was_becomes_this_versions(tmp_path: Path, dump: Path) -> None:
    old, new = (f"sqlite:///{tmp_path / name}" for name in ("old.sqlite3", "new.sqlite3"))
    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as connection:
        connection.executescript(dump.read_text("utf-8"))
    with closing(open_store(old)) as store, closing(open_store(new)):
        assert store.counts() == {"person": 1, "pair": 1, "goal": 1, "question": 1}
        (goal,) = store.all_records("goal")
        assert (goal.fields["title"], goal.fields["notes"]) == ("Learn SQL well", "One.\n\nTwo.")
        ((titled, title),) = store.titles("person")
        assert title == "Ada Okafor"
        assert goal.id in store.mentioning([titled])
        assert [gone.fields["name"] for gone in store.all_records("person", deleted=True)] == [
            "Grace Lindqvist"
        ]
        assert store.shadows("B")[goal.id].unread["percent"]["text"] == "ca. 50 %"
        assert store.shadows("A")[goal.id].named["person"] == "Ada Okafor"
        ((conflict,),) = (store.conflicts(),)
        assert (conflict.record, conflict.field) == (goal.id, "why")
        assert len(store.runs()) == 5
        assert len(store.history(record=goal.id)) > 3
        assert [(replica, trouble.value) for replica, trouble in store.troubles()] == [("B", "ca. 50 %")]
        assert store.replicas().keys() == {"A", "B"}
    assert tables(old) == tables(new)
    assert version(old) == version(new) == str(schema.VERSION)


def test_a_new_state_has_every_table_of_the_schema(url: str, store: Store) -> None:
    made = tables(url)
    assert made.keys() == schema.metadata.tables.keys()
    for name, table in schema.metadata.tables.items():
        assert made[name]["columns"].keys() == set(table.columns.keys())
        assert made[name]["key"] == [column.name for column in table.primary_key]
        assert made[name]["indexes"].keys() == {index.name for index in table.indexes}
    assert version(url) == str(schema.VERSION)


def test_opening_again_changes_nothing(url: str, open_it: OpenStore) -> None:
    with open_it().transaction():
        pass
    before = tables(url)
    store = open_it()
    with store.transaction():
        store.put_note("day", "1")
    assert open_it().note("day") == "1"
    assert tables(url) == before


def next_version(monkeypatch: pytest.MonkeyPatch, step: Callable[[Connection], None]) -> None:
    """As if this were the next mentorsync, with one step more."""
    for module in (schema, engine):
        monkeypatch.setattr(module, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "STEPS", {**migrations.STEPS, schema.VERSION - 1: step})


def test_the_next_version_migrates_what_this_one_wrote(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    taken = []
    with closing(open_store(url)) as store, store.transaction():
        store.put_note("day", "1")
        number = store.start_run("2026-03-02T09:00:00Z", "sync")

    def step(connection: Connection) -> None:
        taken.append(connection.dialect.name)
        connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN host VARCHAR")
        connection.exec_driver_sql("UPDATE runs SET host = 'here'")

    next_version(monkeypatch, step)
    for _ in range(2):
        with closing(open_store(url)) as again:
            assert again.note("day") == "1"
            assert [run.id for run in again.runs()] == [number]
    assert len(taken) == 1
    assert "host" in tables(url)["runs"]["columns"]
    assert version(url) == str(schema.VERSION)
    with looking(url) as found, found.connect() as connection:
        assert connection.execute(text("SELECT host FROM runs")).scalar_one() == "here"


def test_a_step_that_fails_leaves_the_state_as_it_was(
    monkeypatch: pytest.MonkeyPatch, url: str, open_it: OpenStore
) -> None:
    with closing(open_store(url)) as store, store.transaction():
        store.put_note("day", "1")
    before, old = tables(url), version(url)

    def step(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN host VARCHAR")
        connection.exec_driver_sql("DELETE FROM meta WHERE key = 'day'")
        connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN host VARCHAR")

    next_version(monkeypatch, step)
    with pytest.raises(MentorsyncError):
        open_store(url)
    assert (tables(url), version(url)) == (before, old)
    monkeypatch.undo()
    assert open_it().note("day") == "1"


def test_a_newer_state_is_left_as_it_is(url: str) -> None:
    with closing(open_store(url)) as store, store.transaction():
        store.put_note("schema", "99")
        store.put_note("day", "1")
    with pytest.raises(
        MentorsyncError, match=rf"newer mentorsync \(state version 99, this one knows {schema.VERSION}\)"
    ) as caught:
        open_store(url)
    assert caught.value.remedy == "Upgrade: pip install --upgrade mentorsync"
    assert caught.value.where
    assert version(url) == "99"


def test_a_shared_server_keeps_the_tables_of_others(empty_postgresql: str) -> None:
    with looking(empty_postgresql) as found:
        with found.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE jobs (id int)")
        with closing(open_store(empty_postgresql)) as store:
            assert store.counts() == {}
        assert "jobs" in inspect(found).get_table_names()


def test_a_shared_server_with_a_table_of_our_name_is_refused(empty_postgresql: str) -> None:
    with looking(empty_postgresql) as found:
        with found.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE records (id int)")
        with pytest.raises(MentorsyncError, match="another program"):
            open_store(empty_postgresql)
        assert inspect(found).get_table_names() == ["records"]
