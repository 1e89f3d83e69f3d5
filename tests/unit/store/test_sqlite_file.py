"""The state as a file: its owner's alone, on disk before a commit returns, and never taken for what it is not."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from syncengine.errors import AccessError
from syncengine.store import open_store

posix = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@posix
@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_it_is_its_owners_alone_with_all_that_belongs_to_it(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / ".mentorsync" / "state.sqlite3"
    if before is not None:
        path.parent.mkdir()
        path.touch()
        path.chmod(before)
    old = os.umask(0)
    try:
        with closing(open_store(url(path))) as store:
            with store.transaction():
                store.put_note("day", "1")
            modes = {name.name: stat.S_IMODE(name.stat().st_mode) for name in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(("state.sqlite3", "state.sqlite3-wal", "state.sqlite3-shm"), 0o600)
    if before is None:
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_is_in_wal_mode_and_whole_when_closed(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(open_store(url(path))) as store, store.transaction():
        store.put_note("day", "1")
    assert [name.name for name in tmp_path.iterdir()] == ["state.sqlite3"], (
        "a copy of the file is a copy of the state"
    )
    with closing(sqlite3.connect(path)) as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert plain.execute("SELECT value FROM meta WHERE key = 'day'").fetchone() == ("1",)


DIES = """
import os, signal, sys
from syncengine.store import open_store
store = open_store(sys.argv[1])
with store.transaction():
    store.put_note("day", "1")
with store.transaction():
    store.put_note("day", "2")
    store.start_run("2026-03-02T09:00:00Z", "sync")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_a_killed_process_leaves_the_last_commit(tmp_path: Path) -> None:
    where = url(tmp_path / "state.sqlite3")
    done = subprocess.run([sys.executable, "-c", DIES, where], check=False)
    assert done.returncode == -9
    with closing(open_store(where)) as store:
        assert store.note("day") == "1"
        assert store.runs() == []
        with store.transaction():
            store.put_note("day", "3")


def refusal(path: Path) -> AccessError:
    with pytest.raises(AccessError) as caught:
        open_store(url(path))
    assert str(path) in caught.value.where
    assert caught.value.remedy
    return caught.value


def test_a_file_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary, " * 1000, "utf-8")
    assert "can't be opened" in refusal(path).reason
    assert path.read_text("utf-8") == "Dear diary, " * 1000


@pytest.mark.parametrize(
    "table", ["bookmarks (id, title)", "meta (id, name)", "meta (key, value)", "records (id)"]
)
def test_the_tables_of_another_program_are_left_as_they_are(tmp_path: Path, table: str) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as theirs:
        theirs.execute(f"CREATE TABLE {table}")
    found = refusal(path)
    assert "another program" in found.reason
    assert "`state`" in found.remedy
    with closing(sqlite3.connect(path)) as theirs:
        assert theirs.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone() == (1,)


def test_a_folder_is_no_state(tmp_path: Path) -> None:
    assert "Is a directory" in refusal(tmp_path).reason


def test_a_folder_cannot_be_where_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refusal(tmp_path / "file" / "state.sqlite3")


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    with closing(open_store(url(path))):
        pass
    content = bytearray(path.read_bytes())
    content[20:100] = b"\xff" * 80
    path.write_bytes(content)
    assert "move it away: the next sync rebuilds it" in refusal(path).remedy


def test_an_empty_file_is_a_new_state(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    path.touch()
    with closing(open_store(url(path))) as store:
        assert store.counts() == {}


@pytest.mark.parametrize("where", ["oracle://here", "nonsense://x", "postgresql+nothing://x"])
def test_an_unknown_database_says_which_there_are(where: str) -> None:
    with pytest.raises(AccessError, match="can't be opened") as caught:
        open_store(where)
    assert "postgresql+psycopg://" in caught.value.remedy


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'mentorsync[postgres]'")
    with pytest.raises(AccessError) as caught:
        open_store("postgresql+psycopg://ada:open-sesame@127.0.0.1:1/mentors")
    assert "open-sesame" not in str(caught.value)
    assert caught.value.where == "postgresql+psycopg://ada:***@127.0.0.1:1/mentors"
    assert "server runs" in caught.value.remedy
