"""Two machines, one state: their lock files do not see each other, so the database says who is the only run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from syncengine.cli import main
from syncengine.config import Program, load
from syncengine.errors import AccessError, RunInProgress
from syncengine.provision import plan_setup, setup
from syncengine.run import sync
from syncengine.store.claim import claimed

HOLDS = """
import sys
from syncengine.store.claim import claimed
with claimed(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def machines(empty_postgresql: str, tmp_path: Path) -> tuple[Program, Program]:
    """The same program on two machines: each has its own config and lock file, they share the state and a folder of notes."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mentorsync.toml").write_text(
            f'[program]\nname = "Shared"\nstate = "{empty_postgresql}"\n\n'
            f'[[replica]]\nname = "notes"\nconnector = "markdown"\npath = "{tmp_path / "notes"}"\n',
            encoding="utf-8",
        )
    one, two = (load(str(tmp_path / name / "mentorsync.toml")) for name in ("one", "two"))
    assert not setup(one).problems
    note = tmp_path / "notes" / "Goals" / "Bake.md"
    note.write_text("---\ntitle: Bake\n---\nWith rye.\n", encoding="utf-8")
    return one, two


def test_the_second_of_two_machines_is_told_to_wait(
    machines: tuple[Program, Program], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the midst of a run on one machine, whatever would write or plan on the other ends at once."""
    one, two = machines
    refused: list[RunInProgress] = []

    def meanwhile(_replica: str, _done: int, _all: int) -> None:
        for attempt in (
            lambda: sync(two),
            lambda: sync(two, dry_run=True),
            lambda: setup(two),
            lambda: plan_setup(two),
        ):
            with pytest.raises(RunInProgress, match="perhaps on another machine") as caught:
                attempt()
            refused.append(caught.value)
        monkeypatch.setattr(sys, "argv", ["mentorsync", "--config", two.path, "sync"])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 75

    report = sync(one, progress=meanwhile)
    assert report.status == "agreed", report.warnings
    assert len(refused) >= 4
    assert all(one.remedy and one.exit_status == 75 for one in refused)
    assert "Wait until it has finished" in capsys.readouterr().err
    assert sync(two).writes == 0


def test_a_killed_process_holds_nothing(empty_postgresql: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, empty_postgresql],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RunInProgress), claimed(empty_postgresql):
            pytest.fail("two runs at once")
        other.kill()
    _until_let_go(empty_postgresql)


def _until_let_go(url: str) -> None:
    """The server sees a closed connection when it sees it."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as look:
        for _ in range(1_000):
            if not look.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchone():
                break
            look.execute("SELECT pg_sleep(0.01)")
    with claimed(url):
        pass


def test_programs_in_schemas_of_their_own_do_not_wait_for_each_other(empty_postgresql: str) -> None:
    import psycopg

    with psycopg.connect(empty_postgresql.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS other CASCADE")
        connection.execute("CREATE SCHEMA other")
    with claimed(empty_postgresql), claimed(f"{empty_postgresql}&options=-csearch_path%3Dother"):
        pass


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    with (
        pytest.raises(AccessError, match="the state can't be opened") as caught,
        claimed(f"postgresql+psycopg://test@/postgres?host={tmp_path}"),
    ):
        pytest.fail("there is no server")
    assert caught.value.remedy


def test_a_file_needs_none(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.sqlite3'}"
    with claimed(url), claimed(url):
        assert not (tmp_path / "state.sqlite3").exists()
