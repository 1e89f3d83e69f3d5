"""What `sync` answers to people and to scripts: exit statuses, one JSON object, silence when asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Ran, Site

COUNTS = {"read", "created", "updated", "deleted", "rejected", "calls"}


def _object(ran: Ran) -> dict[str, Any]:
    """The one JSON object that was printed, with the documented keys and nothing beside it."""
    assert ran.out.endswith("}\n")
    assert ran.out.count("\n") == 1
    assert ran.err == ""
    found: dict[str, Any] = json.loads(ran.out)
    assert set(found) == {"status", "replicas", "conflicts", "warnings", "seconds"}
    assert all(set(counts) == COUNTS for counts in found["replicas"].values())
    assert all(isinstance(number, int) for counts in found["replicas"].values() for number in counts.values())
    assert all(isinstance(one, str) for one in found["warnings"])
    assert found["seconds"] >= 0
    return found


def _conflict(site: Site) -> None:
    """Two people write different things into one field."""
    site.change_note("Learn SQL", "status: not started", "status: in progress")
    site.set_cell("Learn SQL", "Status", "on hold")


def test_agreed(site: Site) -> None:
    for words in ([], [], ["--fresh"], ["--dry-run"]):
        ran = site.run("sync", "--json", *words)
        found = _object(ran)
        assert (ran.status, found["status"], found["warnings"], found["conflicts"]) == (0, "agreed", [], [])
        assert set(found["replicas"]) == {"notes", "workbook", "calendar"}


def test_agreed_after_a_change_counts_it(site: Site) -> None:
    site.change_note("Learn SQL", "percent: 10", "percent: 35")
    ran = site.run("sync", "--json")
    found = _object(ran)
    assert ran.status == 0
    assert found["replicas"]["workbook"]["updated"] == 1
    assert found["replicas"]["notes"]["read"] == 8


def test_attention_for_a_conflict(site: Site) -> None:
    _conflict(site)
    ran = site.run("sync", "--json")
    found = _object(ran)
    assert (ran.status, found["status"]) == (3, "attention")
    (conflict,) = found["conflicts"]
    assert set(conflict) == {"record", "kind", "title", "field", "kept", "others"}
    assert (conflict["kind"], conflict["title"], conflict["field"], conflict["kept"]) == (
        "goal",
        "Learn SQL",
        "status",
        "in progress",
    )
    (other,) = conflict["others"]
    assert set(other) == {"value", "replica", "when", "who"}
    assert (other["value"], other["replica"]) == ("on hold", "workbook")
    again = site.run("sync", "--json")
    assert (again.status, _object(again)["conflicts"]) == (3, found["conflicts"]), (
        "it waits until it is decided"
    )


def test_attention_for_a_value_that_is_not_understood(site: Site) -> None:
    site.set_cell("Learn SQL", "Percent", "ca. 50 %")
    ran = site.run("sync", "--json")
    found = _object(ran)
    assert (ran.status, found["status"], len(found["warnings"])) == (3, "attention", 1)


def test_stopped_by_a_guard(site: Site) -> None:
    (site.folder / "notes").rename(site.folder / "elsewhere")
    before = site.everything()
    ran = site.run("sync", "--json")
    found = _object(ran)
    assert (ran.status, found["status"]) == (4, "stopped")
    assert "notes" in found["warnings"][0]
    assert site.everything() == before


def test_failed(site: Site) -> None:
    """A folder where the workbook should be."""
    site.book.unlink()
    site.book.mkdir()
    ran = site.run("sync", "--json")
    found = _object(ran)
    assert (ran.status, found["status"]) == (1, "failed")
    assert "program.xlsx" in found["warnings"][0]


@pytest.mark.parametrize(
    "text",
    [
        "[program",
        "[program]\nname = 'x'\ncolour = 1\n",
        "[program]\nname = 'x'\n[[replica]]\nname='n'\nconnector='mars'\n",
    ],
)
def test_a_wrong_config(configured: Callable[..., Site], text: str) -> None:
    ran = configured(text).run("sync", "--json")
    found = _object(ran)
    assert (ran.status, found["status"]) == (2, "failed")
    assert "line" in found["warnings"][0]


def test_no_config(empty: Site) -> None:
    ran = empty.run("sync", "--json")
    assert (ran.status, _object(ran)["status"]) == (2, "failed")


def test_wrong_usage(site: Site) -> None:
    ran = site.run("sync", "--colour")
    assert (ran.status, ran.out) == (2, "")
    assert "--colour" in ran.err


_HOLD = """
import sys
from syncengine.run.lock import locked
with locked(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_run_holds_the_lock(site: Site) -> None:
    """A second process finds the first one at work, whatever it was asked for, and goes away."""
    site.change_note("Learn SQL", "percent: 10", "percent: 35")
    before = site.everything()
    lock = str(site.folder / ".mentorsync" / "run.lock")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        plain, as_json = site.process("sync"), site.process("sync", "--json")
        inside = [site.run(*words) for words in (["sync"], ["setup", "--yes"], ["undo", "1"])]
        looking = site.run("status")
        first.communicate()
    assert plain.status == 75
    assert plain.out == ""
    assert "another sync of this program is running" in plain.err
    assert "→" in plain.err
    assert (as_json.status, _object(as_json)["status"]) == (75, "failed")
    assert [ran.status for ran in inside] == [75, 75, 75]
    assert looking.status == 0
    assert site.everything() == before
    site.sync()
    assert site.row("Learn SQL")["Percent"] == pytest.approx(0.35)


def test_a_lock_file_that_a_dead_process_left_does_not_matter(site: Site) -> None:
    lock = site.folder / ".mentorsync" / "run.lock"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        first.kill()
    lock.touch()
    site.change_note("Learn SQL", "percent: 10", "percent: 35")
    site.sync()
    assert site.row("Learn SQL")["Percent"] == pytest.approx(0.35)


def test_quiet_says_nothing_when_all_is_well(site: Site) -> None:
    site.change_note("Learn SQL", "percent: 10", "percent: 35")
    assert (site.sync("--quiet").said, site.sync("-q").said) == ("", "")


def test_quiet_still_tells_what_waits_and_what_fails(site: Site) -> None:
    _conflict(site)
    assert "also written: on hold" in site.sync("--quiet", status=3).out
    (site.folder / "notes").rename(site.folder / "elsewhere")
    assert "notes" in site.sync("--quiet", status=4).err


def test_a_dry_run_tells_every_change_and_makes_none(site: Site) -> None:
    site.change_note("Learn SQL", "percent: 10", "percent: 35")
    site.add_row({"Goal": "Sail alone", "Person": "Grace Lindqvist"})
    before = site.everything()
    for _ in range(2):
        ran = site.sync("--dry-run")
        assert "update goal “Learn SQL”" in ran.out
        assert "Percent: 35" in ran.out
        assert "create goal “Sail alone”" in ran.out
        assert "Nothing was written" in ran.out
    assert site.everything() == before
    site.sync()
    assert site.row("Learn SQL")["Percent"] == pytest.approx(0.35)
    site.agrees("Learn SQL", "Read twelve books", "Sail alone", "Speak in public")


def test_a_terminal_that_knows_no_unicode_still_syncs(site: Site) -> None:
    site.set_cell("Learn SQL", "Status", "soon…")
    ran = site.process("sync", env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert ran.status == 3, ran.said
    assert "soon…" in ran.out


def test_help_and_version_need_no_program(empty: Site) -> None:
    assert "Exit status" in empty.run("--help").out
    assert empty.run("--version").out.startswith("mentorsync, version ")
    assert empty.run().status in (0, 2)


def test_a_pipe_that_closes_early_is_no_crash(site: Site) -> None:
    command = f"{sys.executable} -c 'from syncengine.cli import main; main()' history 'Learn SQL' | true"
    done = subprocess.run(command, shell=True, cwd=site.folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
