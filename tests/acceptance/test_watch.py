"""`mentorsync watch`: a person edits, and the other tools have it a moment later; Ctrl-C cuts nothing off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import nullcontext
from pathlib import Path

import pytest

from syncengine.cli import watch as command
from syncengine.schedule import turn
from tests.acceptance.conftest import COMMAND, Site


def test_an_edit_is_everywhere_a_moment_later_and_ctrl_c_ends_it(site: Site) -> None:
    words = [*COMMAND, "watch", "--fastest", "1", "--slowest", "60"]
    with subprocess.Popen(
        words, cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("Watching Harbour.")
            site.change_note("Learn SQL", "percent: 10", "percent: 64")
            assert "workbook ~" in process.stdout.readline()
            site.change_note("Learn SQL", "percent: 64", "percent: 65")
            assert "workbook ~" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "Ended; nothing was cut off.\n"
            process.wait(60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert site.row("Learn SQL")["Percent"] == 0.65
    assert {entry["by"] for entry in json.loads(site.run("schedule", "run-log", "--json").out)} == {"watch"}


def test_ctrl_c_waits_for_the_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressed in the midst of a run, which goes on to its end; no other begins."""
    from syncengine import run

    site.change_note("Learn SQL", "percent: 10", "percent: 64")
    real = run.push_all

    def pressed(*words: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        real(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "push_all", pressed)
    ran = site.run("watch", "--fastest", "1")
    assert ran.status == 0, ran.said
    assert "workbook ~" in ran.out
    assert "nothing was cut off" in ran.out
    monkeypatch.undo()
    assert site.writes() == 0
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_ends_the_run_itself_and_the_next_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncengine import run

    site.change_note("Learn SQL", "percent: 10", "percent: 64")

    def pressed(*words: object) -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(run, "push_all", pressed)
    ran = site.run("watch", "--fastest", "1")
    assert ran.status == 1
    assert "interrupted" in ran.err
    monkeypatch.undo()
    site.sync()
    assert site.row("Learn SQL")["Percent"] == 0.64


def test_one_message_for_what_needs_a_person_and_the_next_run_is_put_off(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = site.folder / "mentorsync.toml"
    asked: list[float] = []

    class Ended:
        """Nobody waits: the fourth time somebody wants it to end."""

        def wait(self, seconds: float) -> bool:
            asked.append(seconds)
            return len(asked) > 3

    monkeypatch.setattr(command, "_ending", lambda: nullcontext(Ended()))
    seen: list[int] = []
    real = turn.turn

    def breaking(path: str, **words: object) -> turn.Turn:
        config.write_text(config.read_text() + "\nwrong = 1\n")
        done = real(path, **words)  # type: ignore[arg-type]
        seen.append(done.exit_status)
        return done

    monkeypatch.setattr(turn, "turn", breaking)
    ran = site.run("watch", "--fastest", "1", "--slowest", "3")
    assert ran.status == 0
    assert set(seen) == {2}
    assert ran.err.count("one thing needs a person") == 1
    assert "failed (ConfigError)" in ran.out


def test_what_can_not_be_watched(empty: Site, site: Site, tmp_path: Path) -> None:
    assert empty.run("watch").status == 2
    ran = site.run("watch", "--fastest", "60", "--slowest", "5")
    assert ran.status == 2
    assert "less than" in ran.err
