"""The files of timers, read by those who know their formats: systemd itself, plistlib, an XML and a YAML parser."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from syncengine.errors import ConfigError
from syncengine.schedule import github, launchd, systemd, windows
from syncengine.schedule.every import EXACT, Every
from syncengine.schedule.job import job

NASTY = '/srv/it\'s 100 % $HOME "ä" \\x/mentorsync.toml'
ONE = job(NASTY, "A %n & <B>\nC", Every(15), jitter=True, env_file="/srv/%h/secrets")

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here (apt-get install systemd)"
)


# -- systemd


@needs_systemd
@pytest.mark.parametrize("minutes", [1, 15, 360, 1440])
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path, minutes: int) -> None:
    for name, text in systemd.units(replace(ONE, every=Every(minutes))).items():
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *map(str, tmp_path.glob("*.timer"))], capture_output=True, text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_systemd_takes_offence_at_a_broken_unit(tmp_path: Path) -> None:
    """So that the test above says something."""
    for name, text in systemd.units(ONE).items():
        (tmp_path / name).write_text(text.replace("OnCalendar=*-*-*", "OnCalendar=sometimes"))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *map(str, tmp_path.glob("*.timer"))], capture_output=True, text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert "sometimes" in done.stderr


def unquoted(text: str) -> list[str]:
    """The words of an `ExecStart=` as systemd.service(5) has it: quotes and backslashes, then `%%`, then `$$`."""
    words, rest = [], text
    while rest:
        assert rest[0] == '"'
        word, at = "", 1
        while rest[at] != '"':
            at += rest[at] == "\\"
            word += rest[at]
            at += 1
        words.append(word)
        rest = rest[at + 1 :].lstrip(" ")
    assert all("%" not in word.replace("%%", "") for word in words)
    assert all("$" not in word.replace("$$", "") for word in words[1:])
    plain = [word.replace("%%", "%") for word in words]
    return [plain[0], *(word.replace("$$", "$") for word in plain[1:])]


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1))
def test_any_path_is_quoted_for_systemd(name: str) -> None:
    made = replace(ONE, config=f"/srv/{name}/mentorsync.toml")
    text = systemd.units(made)[f"{systemd.unit(made.id)}.service"]
    (line,) = [one for one in text.split("\n") if one.startswith("ExecStart=")]
    assert unquoted(line.removeprefix("ExecStart=")) == made.command()


def test_a_line_break_can_be_in_no_unit() -> None:
    with pytest.raises(ConfigError, match="line break"):
        systemd.units(replace(ONE, config="/a\nExecStart=evil/mentorsync.toml"))
    timer = systemd.units(ONE)[f"{systemd.unit(ONE.id)}.timer"]
    assert "Description=mentorsync: A %%n & <B> C, every 15m\n" in timer
    assert "Persistent=true" in timer
    assert "RandomizedDelaySec=225" in timer


# -- launchd


@given(st.sampled_from(EXACT))
def test_a_property_list(minutes: int) -> None:
    made = job(NASTY, "A", Every(minutes), jitter=True)
    said = plistlib.loads(launchd.plist(made))
    assert said["ProgramArguments"] == made.command(delay=True)
    assert said["Label"] == launchd.label(made.id)
    every_hour = minutes <= 60
    times = {(one.get("Hour"), one["Minute"]) for one in said["StartCalendarInterval"]}
    meant = {(None if every_hour else hour, minute) for hour, minute in made.every.times(made.offset)}
    assert times == meant
    assert said["RunAtLoad"] is True
    assert said["Umask"] == 0o077


# -- Windows

ORDER = {  # [MS-TSCH] 2.5: xs:sequence where the order counts
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "CalendarTrigger": [
        "Enabled",
        "StartBoundary",
        "EndBoundary",
        "Repetition",
        "ExecutionTimeLimit",
        "RandomDelay",
        "ScheduleByDay",
    ],
    "Exec": ["Command", "Arguments", "WorkingDirectory"],
}


@given(st.sampled_from(EXACT), st.booleans())
def test_a_task_of_windows(minutes: int, jitter: bool) -> None:
    made = job(NASTY, "A & <B>", Every(minutes), jitter=jitter)
    data = windows.task(made, datetime(2026, 3, 2, 17, 5))
    assert data.startswith((b"\xff\xfe", b"\xfe\xff")), "UTF-16 with its mark, as schtasks wants it"
    root = ET.fromstring(data)
    for element in root.iter():
        assert element.tag.startswith(f"{{{windows.NAMESPACE}}}")
        name = element.tag.partition("}")[2]
        if name in ORDER:
            places = [ORDER[name].index(child.tag.partition("}")[2]) for child in element]
            assert places == sorted(places)
    said = {element.tag.partition("}")[2]: element.text for element in root.iter()}
    assert said["MultipleInstancesPolicy"] == "IgnoreNew"
    assert said["StartWhenAvailable"] == "true"
    assert ("Interval" in said) == (minutes < 1440)
    assert said.get("Interval", f"PT{minutes}M") == f"PT{minutes}M"
    assert ("RandomDelay" in said) == jitter
    assert said["StartBoundary"] == ("2026-03-02T05:00:00" if minutes == 1440 else "2026-03-02T00:00:00")
    assert said["Arguments"] == subprocess.list2cmdline(made.command()[1:])
    assert said["Description"].startswith("mentorsync: A & <B>")


# -- GitHub


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "our program").mkdir()
    return tmp_path / "our program" / "mentorsync.toml"


def test_a_workflow(repository: Path) -> None:
    made = job(str(repository), "A", Every(15), jitter=True)
    text = github.workflow(made, "mentorsync[postgres]==1.2", ["STATE_URL", "TOKEN"])
    said = yaml.safe_load(text)
    assert said["on"]["schedule"] == [{"cron": made.every.cron(made.offset)}]
    assert said["permissions"] == {"contents": "read"}
    assert said["concurrency"]["cancel-in-progress"] is False
    (sync,) = [step for step in said["jobs"]["sync"]["steps"] if step.get("name") == "mentorsync"]
    assert sync["env"] == {"CONFIG": "our program/mentorsync.toml", "STATE_URL": "${{ secrets.STATE_URL }}",
                           "TOKEN": "${{ secrets.TOKEN }}"}  # fmt: skip
    assert "--fail-once" in sync["run"]
    runs = [step["run"] for step in said["jobs"]["sync"]["steps"] if "run" in step]
    assert not any("${{" in one for one in runs), "nothing is pasted into a shell"
    assert github.place(made.config) == str(
        repository.parents[1] / ".github" / "workflows" / f"mentorsync-{made.id}.yml"
    )


def test_what_github_cannot_do_is_refused(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="every 5 minutes"):
        github.workflow(job(str(repository), "A", Every(1), jitter=False), "x", [])
    (tmp_path / ".git").rmdir()
    with pytest.raises(ConfigError, match="no git repository"):
        github.root(str(repository))
