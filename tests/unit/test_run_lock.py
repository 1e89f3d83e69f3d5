"""One run at a time per program, by a lock that a dead process does not hold."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncengine.errors import AccessError, RunInProgress
from syncengine.run.lock import locked

HOLDS = """
import sys
from syncengine.run.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def held_elsewhere(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock, until its input ends or it dies."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    return other


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".mentorsync" / "run.lock"


def test_a_second_run_is_told_to_wait(path: Path) -> None:
    with (
        locked(str(path)),
        pytest.raises(RunInProgress, match="another sync of this program is running") as caught,
        locked(str(path)),
    ):
        pytest.fail("two runs at once")
    assert caught.value.exit_status == 75
    assert caught.value.remedy
    with locked(str(path)):
        pass


def test_another_process_holds_it_for_as_long_as_it_lives(path: Path) -> None:
    with held_elsewhere(path) as other:
        with pytest.raises(RunInProgress), locked(str(path)):
            pytest.fail("two runs at once")
        other.communicate("")
    with locked(str(path)):
        pass


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_a_killed_process_holds_nothing(path: Path) -> None:
    with held_elsewhere(path) as other:
        other.kill()
        other.wait()
        with locked(str(path)):
            pass


def test_a_run_that_fails_lets_go_of_it(path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(str(path)):
        raise ZeroDivisionError
    with locked(str(path)):
        pass


def test_programs_do_not_wait_for_each_other(path: Path, tmp_path: Path) -> None:
    with locked(str(path)), locked(str(tmp_path / "other" / "run.lock")):
        pass


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_its_folder_is_its_owners_alone(path: Path) -> None:
    with locked(str(path)):
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_where_no_lock_can_be_the_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    where = str(tmp_path / "file" / "run.lock")
    with pytest.raises(AccessError, match="the lock can't be taken") as caught, locked(where):
        pytest.fail("there is no such folder")
    assert caught.value.where == where
    assert caught.value.remedy
