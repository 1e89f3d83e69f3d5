"""The statements in the words of SQLite, which are kept in a file, are those that SQLAlchemy says."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy.dialects.postgresql.psycopg import dialect as postgresql

import syncengine.store
from syncengine.errors import AccessError, MentorsyncError
from syncengine.store import engine, open_store, statements
from syncengine.store.database import SQLITE


def test_the_kept_words_are_those_of_sqlalchemy() -> None:
    kept = Path(syncengine.store.__file__).with_name(SQLITE).read_bytes()
    assert kept == statements.sqlite_words(), "write them anew: python -m syncengine.store.statements"


def test_every_statement_fits_the_tables(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/state.sqlite3").close()
    with sqlite3.connect(tmp_path / "state.sqlite3") as connection:
        for name, words in engine._sqlite_words().items():
            assert connection.execute(f"EXPLAIN {words.sql}", [None] * len(words.names)), name
    connection.close()


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("open shadows", "shadows_unsettled"),
        ("doubtful handles", "shadows_unsettled"),
        ("shadows at handles", "shadows_handle"),
        ("open conflicts", "conflicts_open"),
        ("records of a pair", "records_pair"),
        ("records by title", "records_title"),
        ("history of a record", "history_record"),
    ],
)
def test_what_a_run_asks_each_time_is_found_by_an_index(tmp_path: Path, statement: str, index: str) -> None:
    """Otherwise a run would take longer the more records there are, however few have changed."""
    open_store(f"sqlite:///{tmp_path}/state.sqlite3").close()
    connection = sqlite3.connect(tmp_path / "state.sqlite3")
    words = engine._sqlite_words()[statement]
    plan = [
        row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {words.sql}", [None] * len(words.names))
    ]
    connection.close()
    assert any(index in step for step in plan), plan


def test_a_list_is_one_parameter_in_both_databases() -> None:
    said = statements.worded(postgresql(paramstyle="format"))["records"]
    assert "= ANY (%s" in said.sql or "= ANY(%s" in said.sql
    assert said.names == ["ids"]


def test_a_run_on_sqlite_loads_no_sqlalchemy(tmp_path: Path) -> None:
    """Its import would cost more than all the queries of a run."""
    import subprocess
    import sys

    url = f"sqlite:///{tmp_path}/state.sqlite3"
    open_store(url).close()
    code = f"""
import sys
from syncengine.store import open_store
store = open_store({url!r})
assert list(store.all_records()) == []
store.close()
assert "sqlalchemy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_file_that_is_no_state_is_told(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    path.write_text("not a database, but long enough to be taken for the head of one " * 20)
    with pytest.raises(AccessError, match="can't be opened"):
        open_store(f"sqlite:///{path}")


def test_a_url_of_nothing_known_is_told() -> None:
    with pytest.raises(AccessError, match="can't be opened"):
        open_store("nothing://here")


def test_the_state_of_a_newer_version_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.sqlite3"
    store = open_store(url)
    with store.transaction():
        store.put_note("schema", "999")
    store.close()
    with pytest.raises(MentorsyncError, match="newer mentorsync"):
        open_store(url)
