"""`mentorsync schedule` as a coordinator uses it: install once, and hear only what needs a person."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from syncengine.run.lock import locked
from syncengine.schedule import ping, runlog, turn
from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Answer, Fault, Loopback, Request
from tests.acceptance.conftest import Site
from tests.acceptance.crontabs import crontab_in, spool_in


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A crontab of one's own, and no systemd of the user's."""
    bin = crontab_in(tmp_path, spool_in(tmp_path))
    (bin / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (bin / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    return bin / "crontab"


def listed(tab: Path) -> str:
    return subprocess.run([tab, "-l"], capture_output=True, text=True, check=False).stdout


def log(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.run("schedule", "run-log", "--json").out)
    return found


def run(site: Site, status: int = 0) -> str:
    """One scheduled run, as a timer sees it: nothing on standard output; what cron would mail."""
    ran = site.run("schedule", "run")
    assert ran.status == status, ran.said
    assert ran.out == ""
    return ran.err


OTHERS = "MAILTO=me\n# mine\n*/5 * * * * backup --to '/x/%d'\n"


# -- install, show, remove


def test_install_show_remove_leave_everybody_elses_lines_alone(site: Site, tab: Path) -> None:
    subprocess.run([tab, "-"], input=OTHERS, text=True, check=True)
    first = site.run("schedule", "install", "--every", "15m")
    assert first.status == 0, first.said
    assert "Every 15 minutes by cron, next " in first.out
    assert listed(tab).startswith(OTHERS)
    assert listed(tab).count("schedule run") == 1
    before = listed(tab)
    assert site.run("schedule", "install", "--every", "15m").status == 0
    assert listed(tab) == before, "the same again changes nothing"
    assert site.run("schedule", "install", "--every", "6h").status == 0
    assert re.search(r"^\d+ \* \* \* \* .* --due 6h", listed(tab).splitlines()[-2])
    assert "Every 6 hours by cron" in site.run("schedule", "show").out
    shown = json.loads(site.run("schedule", "show", "--json").out)
    assert [one["kind"] for one in shown["timers"]] == ["cron"]
    assert site.run("schedule", "remove").out == "Removed: the lines in the crontab.\n"
    assert listed(tab) == OTHERS
    assert site.run("schedule", "remove").out == "There was no timer.\n"
    assert "No timer" in site.run("schedule", "show").out


def test_programs_side_by_side(site: Site, tab: Path, made_once: Path, tmp_path: Path) -> None:
    shutil.copytree(made_once, tmp_path / 'it\'s 100 % "ours"' / "harbour")
    other = Site(tmp_path / 'it\'s 100 % "ours"' / "harbour")
    for one in (site, other):
        assert one.run("schedule", "install", "--every", "1h", "--no-jitter").status == 0
    assert listed(tab).count(": begin") == 2
    (line,) = [one for one in listed(tab).splitlines() if "ours" in one and not one.startswith("#")]
    command = line.split(" ", 5)[5].replace("\\%", "%")  # as cron hands it to the shell
    assert str(other.folder / "mentorsync.toml") in shlex.split(command)
    bare = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=bare, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [entry["status"] for entry in log(other)] == ["agreed"]
    assert site.run("schedule", "remove").status == 0
    assert listed(tab).count(": begin") == 1
    gone = site.run("schedule", "remove", "--id", re.findall(r"schedule (\S+): begin", listed(tab))[0])
    assert gone.status == 0
    assert listed(tab) == ""


@pytest.mark.parametrize(
    ("every", "near"),
    [("7m", "6m or 10m"), ("90m", "1h or 2h"), ("5h", "4h or 6h"), ("2d", "1d"), ("0m", "1m")],
)
def test_what_cron_cannot_say_exactly_is_refused(site: Site, tab: Path, every: str, near: str) -> None:
    ran = site.run("schedule", "install", "--every", every)
    assert ran.status == 2
    assert f"Take {near}." in ran.err
    assert site.run("schedule", "install", "--every", "soon").status == 2
    assert listed(tab) == ""


def test_a_block_that_somebody_broke_is_not_guessed_at(site: Site, tab: Path) -> None:
    site.run("schedule", "install")
    broken = "\n".join(listed(tab).splitlines()[:2]) + "\n"
    subprocess.run([tab, "-"], input=broken, text=True, check=True)
    for words in (("install",), ("remove",)):
        ran = site.run("schedule", *words)
        assert ran.status == 1
        assert "no longer whole" in ran.err
        assert "crontab -e" in ran.err
    assert listed(tab) == broken


def test_a_secret_that_a_timer_would_not_have_is_refused_and_how_to_give_it(
    site: Site, tab: Path, tmp_path: Path
) -> None:
    with (site.folder / "mentorsync.toml").open("a") as handle:
        handle.write('\n[mail]\nsender = "c@example.org"\npassword = "env:HARBOUR_MAIL"\n')
    here = {"HARBOUR_MAIL": "s3cret-pass"}
    ran = site.run("schedule", "install", env=here)
    assert ran.status == 2
    assert "no variable HARBOUR_MAIL" in ran.err
    assert "--env-file" in ran.err
    assert "s3cret" not in ran.said
    assert listed(tab) == ""
    file = tmp_path / "secrets of ours"
    file.write_text("# for mentorsync\nexport HARBOUR_MAIL='s3cret-pass $HOME'\n")
    assert "chmod 600" in site.run("schedule", "install", "--env-file", file).err
    file.chmod(0o600)
    assert site.run("schedule", "install", "--env-file", file).status == 0
    assert "secrets of ours" in listed(tab)
    assert "s3cret" not in listed(tab)
    assert site.run("schedule", "remove").status == 0
    anyway = site.run("schedule", "install", "--anyway")
    assert anyway.status == 0
    assert "can't work yet" in anyway.err


def test_a_program_that_is_not_set_up_is_not_scheduled(configured: Any, tab: Path) -> None:
    ran = configured().run("schedule", "install")
    assert ran.status == 2
    assert "not set up yet" in ran.err
    assert listed(tab) == ""


def test_print_installs_nothing(site: Site, tab: Path) -> None:
    before = site.everything()
    for kind in ("systemd", "cron", "launchd", "windows"):
        ran = site.run("schedule", "install", "--as", kind, "--print")
        assert ran.status == 0, ran.said
        assert "schedule" in ran.out
    assert listed(tab) == ""
    assert site.everything() == before


SYSTEMCTL = """\
#!/bin/sh
# Stands in for a systemd of the user's, which needs a session: notes what it is told, and answers as systemctl(1) does.
echo "$@" >> {log}
case "$2" in
  show-environment) echo "HOME=$HOME"; echo "PATH=/usr/bin:/bin" ;;
  show) case "$3" in *Next*) echo "Mon 2026-03-02 09:15:00 UTC" ;; esac ;;
esac
"""


def test_a_timer_of_systemd_where_there_is_one(site: Site, tab: Path, tmp_path: Path) -> None:
    """The units themselves are shown to the real systemd in `test_timer_files`."""
    calls = tmp_path / "calls"
    assert site.run("schedule", "install", "--as", "cron").status == 0
    (tab.parent / "systemctl").write_text(SYSTEMCTL.format(log=calls))
    ran = site.run("schedule", "install", "--every", "6h")
    assert ran.status == 0, ran.said
    assert "Every 6 hours by systemd, next Mon 2026-03-02 09:15:00 UTC" in ran.out
    assert listed(tab) == "", "only one timer is to run it"
    units = sorted((tmp_path / "xdg" / "systemd" / "user").iterdir())
    assert [path.suffix for path in units] == [".service", ".timer"]
    said = calls.read_text().splitlines()
    assert f"--user enable --now {units[1].name}" in said
    assert said.index("--user daemon-reload") < said.index(f"--user enable --now {units[1].name}")
    assert site.run("schedule", "remove").out == "Removed: the timer of systemd.\n"
    assert f"--user disable --now {units[1].name}" in calls.read_text().splitlines()
    assert not any(path.exists() for path in units)
    assert site.run("schedule", "remove").out == "There was no timer.\n"


def test_a_workflow_of_github_for_programs_that_are_all_online(site: Site, tab: Path) -> None:
    (site.folder / ".git").mkdir()
    ran = site.run("schedule", "install", "--as", "github", "--package", "mentorsync")
    assert ran.status == 2
    assert "its state would be lost" in ran.err
    assert "replica 'notes' is files" in ran.err
    assert not (site.folder / ".github").exists()
    again = site.run("schedule", "install", "--as", "github")
    assert again.status == 2
    anyway = site.run("schedule", "install", "--as", "github", "--package", "mentorsync", "--anyway")
    assert anyway.status == 0, anyway.said
    assert "git add" in anyway.out
    assert len(list((site.folder / ".github" / "workflows").iterdir())) == 1
    assert "Every 15 minutes by github" in site.run("schedule", "show").out
    assert "git commit" in site.run("schedule", "remove").out
    assert not list((site.folder / ".github" / "workflows").iterdir())


def test_files_for_other_machines_timers_say_what_is_left_to_do(
    site: Site, tab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    mac = site.run("schedule", "install", "--as", "launchd")
    assert mac.status == 0, mac.said
    assert "launchctl bootstrap gui/" in mac.out
    assert len(list((tmp_path / "Library" / "LaunchAgents").glob("mentorsync.*.plist"))) == 1
    windows = site.run("schedule", "install", "--as", "windows")
    assert windows.status == 0, windows.said
    assert "schtasks /Create" in windows.out
    assert (site.folder / ".mentorsync" / "task.xml").exists()
    assert site.run("schedule", "install", "--as", "cron", "--every", "1h").status == 0
    shown = json.loads(site.run("schedule", "show", "--json").out)["timers"]
    assert [(one["kind"], one["every"]) for one in shown] == [
        ("cron", "1h"),
        ("launchd", "15m"),
        ("windows", "15m"),
    ]
    again = site.run("schedule", "install", "--as", "launchd", "--every", "6h")
    assert "schedule remove --as cron" in again.out
    assert "Every 6 hours by launchd, if it was told" in site.run("schedule", "show").out
    assert "Removed: the lines in the crontab." in site.run("schedule", "remove", "--as", "cron").out
    gone = site.run("schedule", "remove").out
    assert "launchctl bootout" in gone
    assert "schtasks /Delete" in gone
    assert site.run("schedule", "remove").out == "There was no timer.\n"


def test_fail_once_fails_just_when_there_is_news(site: Site) -> None:
    site.set_cell("Learn SQL", "Percent", "lots")
    assert site.run("schedule", "run", "--fail-once").status == 3
    assert site.run("schedule", "run", "--fail-once").status == 0
    site.set_cell("Learn SQL", "Percent", 0.1)
    assert site.run("schedule", "run", "--fail-once").status == 0


# -- run, and what people hear of it


def test_quiet_when_all_is_well_one_message_when_not_one_when_it_is_well_again(site: Site) -> None:
    assert run(site) == ""
    site.set_cell("Learn SQL", "Percent", "lots")
    said = run(site, 3)
    assert "one thing needs a person" in said
    assert "Goals" in said
    assert run(site, 3) == "", "the same is not told twice"
    site.set_cell("Speak in public", "Percent", "plenty")
    assert "2 things need a person" in run(site, 3)
    assert run(site, 3) == ""
    site.set_cell("Learn SQL", "Percent", 0.1)
    assert run(site, 3) == "", "less is no news"
    site.set_cell("Speak in public", "Percent", 0.2)
    assert "all is well again" in run(site)
    assert run(site) == ""
    told = [entry.get("told") for entry in log(site)]
    assert [one for one in told if one] == ["trouble", "trouble", "well"]
    table = site.run("schedule", "run-log").out
    assert "what to do" in table
    assert "troubles" in table
    assert len(table.splitlines()) == len(told) + 2


def test_the_same_is_told_again_after_a_day(site: Site) -> None:
    site.set_cell("Learn SQL", "Percent", "lots")
    clock, heard = Clock(), []
    for _ in range(4 * 50):  # every 15 minutes for 50 hours
        done = (
            turn.turn(str(site.folder), now=clock, show=heard.append)
            if not heard or clock.now.minute == 0
            else None
        )
        assert done is None or done.exit_status == 3
        clock.tick(minutes=15)
        if len(heard) == 3:
            break
    assert len(heard) == 3
    assert clock.now - Clock().now == timedelta(hours=48, minutes=15)


def test_a_broken_config_is_told_once_and_the_mending_too(site: Site) -> None:
    config = site.folder / "mentorsync.toml"
    good = config.read_text()
    config.write_text(good.replace('zone = "Europe/Berlin"', 'zone = "Europe/Berlim"', 1))
    said = run(site, 2)
    assert "line 4" in said
    assert "Berlim" in said
    assert run(site, 2) == ""
    config.write_text(good)
    assert "all is well again" in run(site)
    assert [entry.get("error") for entry in log(site)] == ["ConfigError", "ConfigError", None]


def test_a_program_whose_folder_is_gone_is_told_once_and_never_mistaken(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its disk is not mounted, or it was moved; the program of a folder above is another one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    inner = site.folder / "inner"
    shutil.copytree(site.folder, inner)
    config = inner / "mentorsync.toml"
    inner.rename(tmp_path / "away")
    before = site.everything()
    said = site.run("-c", config, "schedule", "run")
    assert said.status == 2
    assert "is not there" in said.err
    assert "schedule remove --id inner-" in said.err
    again = site.run("-c", config, "schedule", "run")
    assert (again.status, again.said) == (2, "")
    assert site.everything() == before
    assert not inner.exists(), "nothing is made where it was"
    assert log(site) == []
    (tmp_path / "away").rename(inner)
    (inner / "notes" / "Goals" / "Sail.md").write_text("---\ntitle: Sail\n---\n")
    back = site.run("-c", config, "schedule", "run")
    assert back.status == 0
    assert "all is well again" in back.err
    assert not list((tmp_path / "state").rglob("*.json"))


def test_a_state_that_can_not_be_written_is_told_once(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (site.folder / ".mentorsync").rename(tmp_path / "kept")
    (site.folder / ".mentorsync").write_text("a file, by mistake")
    said = run(site, 1)
    assert "the lock can't be taken" in said
    assert run(site, 1) == ""


def test_a_stop_by_a_guard_is_told_once(site: Site) -> None:
    shutil.rmtree(site.notes / "Goals")
    said = run(site, 4)
    assert "--allow" in said
    assert run(site, 4) == ""
    assert log(site)[-1]["status"] == "stopped"


def test_another_run_is_no_news_until_it_hangs(site: Site) -> None:
    clock, heard = Clock(), []
    site.change_note("Learn SQL", "percent: 10", "percent: 11")
    with locked(str(site.folder / ".mentorsync" / "run.lock")):
        for _ in range(26):
            done = turn.turn(str(site.folder), now=clock, show=heard.append)
            assert done.exit_status == 75
            clock.tick(minutes=15)
    assert len(heard) == 1, "after six hours, once"
    assert "hangs" in heard[0]
    with locked(str(site.folder / ".mentorsync" / "schedule.lock")):
        assert turn.turn(str(site.folder), now=clock, show=heard.append).exit_status == 75
    assert turn.turn(str(site.folder), now=clock, show=heard.append).exit_status == 0
    assert "well again" in heard[1]
    assert len(heard) == 2


def test_what_a_pair_wrote_is_in_no_message(configured: Any, config_text: str) -> None:
    """A coordinator's mail tells that something waits there, not what."""
    site = configured(
        config_text
        + '\n[[replica]]\nname = "ours"\nconnector = "markdown"\npath = "ours"\naudience = "Ada & Grace"\n'
    )
    for words in (("setup", "--yes"), ("sync",), ("setup", "--yes"), ("sync",)):
        site.run(*words)
    (site.folder / "ours" / "Goals").mkdir(parents=True, exist_ok=True)
    (site.folder / "ours" / "Goals" / "Leave my job.md").write_text(
        "---\ntitle: Leave my job\npercent: soonish\n---\n"
    )
    said = run(site, 3)
    assert "ours: something there is not understood" in said
    assert "job" not in said
    assert "soonish" not in said
    assert "soonish" not in (site.folder / ".mentorsync" / "schedule.jsonl").read_text()
    assert "soonish" not in (site.folder / ".mentorsync" / "schedule.json").read_text()


def test_a_run_that_was_missed_is_made_up_for_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As cron has it, every hour: only the first after the missed time does anything, unless that fails."""
    assert site.run("schedule", "run", "--due", "1d").status == 0
    assert len(log(site)) == 1
    assert site.run("schedule", "run", "--due", "1d").status == 0
    assert len(log(site)) == 1, "it is done for today"
    (entry,) = runlog.entries(str(site.folder / ".mentorsync"))
    (site.folder / ".mentorsync" / "schedule.jsonl").unlink()
    yesterday = datetime.fromisoformat(entry.at) - timedelta(days=1, hours=1)
    entry.at = f"{yesterday:%Y-%m-%dT%H:%M:%S}Z"
    runlog.append(str(site.folder / ".mentorsync"), entry)
    shutil.rmtree(site.notes / "Goals")
    for runs in (2, 3):
        assert site.run("schedule", "run", "--due", "1d").status == 4
        assert len(log(site)) == runs, "what failed is tried again in an hour"


def test_two_at_once_are_no_trouble(site: Site) -> None:
    site.change_note("Learn SQL", "percent: 10", "percent: 64")
    command = [sys.executable, "-P", "-m", "syncengine", "-c", str(site.folder), "schedule", "run"]
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [process.communicate(timeout=60) for process in both]
    assert said == [("", "")] * 2
    assert {process.returncode for process in both} <= {0, 75}
    assert site.row("Learn SQL")["Percent"] == 0.64
    assert site.writes() == 0


# -- the log


def test_the_log_is_the_owners_bounded_and_says_nothing_of_anybodys(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write_note("Sail round the world", "title: Sail round the world", "Where the wind is.\n")
    run(site)
    (entry,) = log(site)
    assert entry["tools"]["workbook"] == {"created": 1}
    assert entry["status"] == "agreed"
    assert "workbook +1" in site.run("schedule", "run-log").out
    folder = site.folder / ".mentorsync"
    text = (folder / "schedule.jsonl").read_text()
    assert "Sail" not in text
    assert stat.S_IMODE((folder / "schedule.jsonl").stat().st_mode) == 0o600
    monkeypatch.setattr(runlog, "_LONG", 2000)
    for _ in range(60):
        run(site)
    sizes = [path.stat().st_size for path in folder.glob("schedule.jsonl*")]
    assert len(sizes) == 2
    assert max(sizes) < 2300
    with (folder / "schedule.jsonl").open("a") as handle:
        handle.write('{"at": "half a li')
    assert len(log(site)) == 20


# -- e-mail and commands


class Letterbox:
    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuse = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        import email
        import email.policy

        if self.refuse:
            return "451 later"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    import socket

    box = Letterbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield box, port
    finally:
        server.stop()


def schedule_section(site: Site, text: str) -> None:
    with (site.folder / "mentorsync.toml").open("a") as handle:
        handle.write(text)


def test_messages_go_by_mail_where_that_is_set(site: Site, letterbox: tuple[Letterbox, int]) -> None:
    box, port = letterbox
    schedule_section(site, f'\n[mail]\nsender = "c@example.org"\nsmtp = "127.0.0.1:{port}"\nsecurity = "none"\n'
                           '\n[schedule]\nmail = ["ada@example.org", "bo@example.org"]\n')  # fmt: skip
    assert run(site) == ""
    assert box.letters == []
    site.set_cell("Learn SQL", "Percent", "lots")
    assert run(site, 3) == "", "who is mailed is not told by cron as well"
    assert [letter["To"] for letter in box.letters] == ["ada@example.org", "bo@example.org"]
    assert "one thing needs a person" in box.letters[0]["Subject"]
    assert "Goals" in box.letters[0].get_content()
    run(site, 3)
    assert len(box.letters) == 2
    site.set_cell("Learn SQL", "Percent", 0.1)
    run(site)
    assert "well again" in box.letters[-1]["Subject"]


def test_mail_that_did_not_go_out_is_shown_and_tried_again_in_an_hour(
    site: Site, letterbox: tuple[Letterbox, int]
) -> None:
    box, port = letterbox
    schedule_section(site, f'\n[mail]\nsender = "c@example.org"\nsmtp = "127.0.0.1:{port}"\nsecurity = "none"\n'
                           '\n[schedule]\nmail = "ada@example.org"\n')  # fmt: skip
    site.set_cell("Learn SQL", "Percent", "lots")
    box.refuse = True
    clock, heard = Clock(), []
    turn.turn(str(site.folder), now=clock, show=heard.append)
    assert "could not be sent by mail: NotSent" in heard[0]
    clock.tick(minutes=30)
    turn.turn(str(site.folder), now=clock, show=heard.append)
    box.refuse = False
    assert len(heard) == 1
    clock.tick(minutes=30)
    turn.turn(str(site.folder), now=clock, show=heard.append)
    assert len(heard) == len(box.letters) == 1


def test_messages_go_to_a_command_where_that_is_set(site: Site, tmp_path: Path) -> None:
    script = "import sys, os; open(sys.argv[1], 'a').write(os.environ['MENTORSYNC_NEWS'] + ': ' + sys.stdin.read())"
    heard = tmp_path / "heard"
    schedule_section(
        site, f"\n[schedule]\ncommand = {json.dumps([sys.executable, '-c', script, str(heard)])}\n"
    )
    site.set_cell("Learn SQL", "Percent", "lots")
    assert run(site, 3) == ""
    assert heard.read_text().startswith("trouble: mentorsync, Harbour: one thing")
    run(site, 3)
    assert heard.read_text().count("trouble") == 1


# -- the dead-man's switch


@pytest.fixture
def watcher() -> Iterator[Loopback]:
    def answer(request: Request) -> Answer:
        return Answer(200, b"OK")

    with Loopback(answer) as server:
        yield server


def ping_to(site: Site, watcher: Loopback) -> None:
    secret = site.folder / ".mentorsync" / "ping"
    secret.write_text(f"{watcher.address}/0d338dcc-a054?x=1\n")
    schedule_section(site, '\n[schedule]\nping = "file:.mentorsync/ping"\n')


def test_a_watcher_hears_of_start_success_and_failure(site: Site, watcher: Loopback) -> None:
    ping_to(site, watcher)
    assert run(site) == ""
    assert run(site) == ""
    shutil.rmtree(site.notes / "Goals")
    run(site, 4)
    heard = [(one.request.method, one.request.path, one.request.query) for one in watcher.log]
    ours, query = "/0d338dcc-a054", {"x": ["1"]}
    # The config is new, so the first run is a whole one; nothing changed at the second.
    assert heard == [("POST", f"{ours}{end}", query) for end in ("/start", "", "", "/start", "/fail")]
    assert b"agreed" in watcher.log[1].request.body
    assert {entry["ping"] for entry in log(site)} == {"ok"}
    everything = b"".join(
        path.read_bytes() for path in (site.folder / ".mentorsync").glob("*") if path.name != "ping"
    )
    assert b"0d338dcc" not in everything


def test_a_watcher_that_is_away_fails_no_run(
    site: Site, watcher: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ping, "_PAUSE", 0.0)
    ping_to(site, watcher)
    watcher.fault = lambda request: Fault("reset")
    ran = site.run("schedule", "run")
    assert (ran.status, ran.said) == (0, "")
    assert log(site)[-1]["ping"] == "ConnectionError"
    assert len(watcher.log) == 1 + 3, "the start once, the end with two tries more"
    watcher.fault = lambda request: None
    watcher.log.clear()
    assert run(site) == ""


def test_a_watcher_that_never_answers_is_not_waited_for(
    site: Site, watcher: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ping, "_PAUSE", 0.0)
    monkeypatch.setattr(ping, "_SECONDS", (0.05, 0.05))
    ping_to(site, watcher)
    watcher.fault = lambda request: Fault("stalled")
    assert run(site) == ""
    assert log(site)[-1]["ping"] in ("ReadTimeout", "ConnectionError")


def test_a_watcher_whose_address_is_lost_is_told_and_fails_no_run(site: Site) -> None:
    schedule_section(site, '\n[schedule]\nping = "env:HARBOUR_PING"\n')
    site.change_note("Learn SQL", "percent: 10", "percent: 64")
    assert "no variable HARBOUR_PING" in run(site)
    assert run(site) == ""
    assert site.row("Learn SQL")["Percent"] == 0.64
    assert [entry["status"] for entry in log(site)] == ["agreed", "agreed"]


def test_a_ping_that_is_no_secret_is_refused(site: Site) -> None:
    schedule_section(site, '\n[schedule]\nping = "https://example.org/0d338dcc"\n')
    ran = site.run("sync")
    assert ran.status == 2
    assert "write it as file:PATH" in ran.err


# -- what a quiet run costs


def test_a_run_with_nothing_to_do_loads_hardly_more_than_a_sync_does(site: Site) -> None:
    code = "import sys; from syncengine.cli import main\ntry: main()\nexcept SystemExit: pass\nprint('\\n'.join(sorted(sys.modules)))"

    def loaded(*words: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=site.folder, capture_output=True, text=True, check=True
        )
        return set(done.stdout.splitlines())

    loaded("sync")
    more = loaded("schedule", "run") - loaded("sync", "--quiet")
    assert more <= {"syncengine.cli.schedule", "syncengine.cli.common", "syncengine.schedule", "syncengine.schedule.turn",
                    "syncengine.schedule.notebook", "syncengine.schedule.runlog", "syncengine.schedule.news",
                    "syncengine.schedule.matters", "syncengine.cli.sync"}, more  # fmt: skip
