"""`mentorsync schedule install`, for each kind of timer."""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from syncengine.errors import ConfigError
from syncengine.schedule import cron, github, launchd, rehearsal, systemd, windows

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.schedule.job import Job


def usual() -> str:
    """The kind of timer where nothing is said: systemd where this user has one that runs, else cron. Raises `ConfigError`."""
    if systemd.there():
        return "systemd"
    if cron.there():
        return "cron"
    kind = {"win32": "windows", "darwin": "launchd"}.get(sys.platform)
    raise ConfigError("this machine has neither systemd for its users nor a crontab",
                      remedy=f"Say which kind of timer you have: --as {kind or 'launchd|windows|github'}")  # fmt: skip


def texts(program: Program, job: Job, kind: str, package: str | None) -> dict[str, bytes]:
    """What is written, by path (`crontab` for the lines there). Raises `ConfigError`."""
    if kind == "systemd":
        return {
            os.path.join(systemd.folder(), name): os.fsencode(text)
            for name, text in systemd.units(job).items()
        }
    if kind == "cron":
        return {"crontab": cron.block(job)}
    if kind == "launchd":
        return {launchd.place(job.id): launchd.plist(job)}
    if kind == "windows":
        return {windows.place(job.config): windows.task(job, datetime.now().astimezone())}
    text = github.workflow(job, github.package(package), rehearsal.variables(program))
    return {github.place(job.config): text.encode()}


def show(program: Program, job: Job, kind: str, package: str | None) -> None:
    """Print what would be written, and where."""
    for path, text in texts(program, job, kind, package).items():
        click.echo(f"# {path}")
        click.echo(
            text.decode("utf-16" if kind == "windows" else "utf-8", errors="surrogateescape").rstrip("\n")
        )


def check(program: Program, job: Job, kind: str, *, anyway: bool) -> None:
    """Try the command as the timer would run it; raises `ConfigError` where it could not work, unless `anyway`."""
    problem = _problem(program, job, kind)
    if problem is None:
        return
    if not anyway:
        raise ConfigError(f"the scheduled run could not work:\n{problem}",
                          remedy=f"{_remedy(kind)} To install it all the same: --anyway")  # fmt: skip
    click.echo(f"! The scheduled run can't work yet:\n{problem}", err=True)


def _problem(program: Program, job: Job, kind: str) -> str | None:
    if kind == "github":
        foreign = [one for one in rehearsal.secrets(program) if not one.startswith("env:")]
        unfit = [
            *github.unfit(program),
            *(f"GitHub can't look up {one} → Write it as env:NAME." for one in foreign),
        ]
        return "\n".join(f"  - {one}" for one in unfit) or None
    if kind == "windows" and os.name != "nt":
        return None  # its variables are known to that machine only
    return rehearsal.rehearse(job, systemd.environment() if kind == "systemd" else rehearsal.bare())


def _remedy(kind: str) -> str:
    if kind == "github":
        return "See docs/schedule.md."
    return ("A timer has none of this terminal's variables. Give it a secret as file:PATH or keyring:NAME in the config, or put "
            "lines NAME=VALUE into a file only you may read, and add --env-file PATH.")  # fmt: skip


def install(program: Program, job: Job, kind: str, package: str | None) -> None:
    """Install the timer, or write its file and say what is left to do. Raises `AccessError`, `ConfigError`."""
    from syncengine.schedule import timers

    if kind == "systemd":
        for path in systemd.place(job):
            click.echo(f"wrote {path}")
        _remove_cron(job)
        _say_lingering()
    elif kind == "cron":
        before = cron.read()
        after = cron.with_job(before, job)
        if after != before:
            cron.write(after)
        if systemd.remove(job.id):
            click.echo("The timer of systemd that ran it until now was removed.")
        if cron.daemon_runs() is False:
            click.echo(
                "! No cron daemon runs on this machine now. Start it, or nothing will happen.", err=True
            )
    else:
        _write(program, job, kind, package)
        return
    click.echo("\n".join(timers.sentences(timers.of(job.config), program.locale.zone)))


def _remove_cron(job: Job) -> None:
    """Only one timer is to run a program."""
    if not cron.there():
        return
    before = cron.read()
    after = cron.without_job(before, job.id)
    if after != before:
        cron.write(after)
        click.echo("The lines in the crontab that ran it until now were removed.")


def _say_lingering() -> None:
    if systemd.lingers() is False:
        click.echo("It runs while you are signed in. To have it run always: loginctl enable-linger")


def _write(program: Program, job: Job, kind: str, package: str | None) -> None:
    ((path, text),) = texts(program, job, kind, package).items()
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(f"{path}.new", "wb") as handle:
        handle.write(text)
    os.replace(f"{path}.new", path)
    click.echo(f"wrote {path}")
    steps = {
        "launchd": lambda: launchd.steps(path),
        "windows": lambda: windows.steps(job.id, path),
        "github": lambda: github.steps(job, path, rehearsal.variables(program)),
    }[kind]()
    click.echo("Now type:")
    for step in steps:
        click.echo(f"  {step}")
    from syncengine.schedule import timers

    others = [one.kind for one in timers.of(job.config).found if one.kind != kind]
    for other in others:
        click.echo(f"Then take the other timer away: mentorsync schedule remove --as {other}")
