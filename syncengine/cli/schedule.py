"""`mentorsync schedule`."""

from __future__ import annotations

import os
import sys

import click

from syncengine.cli import common

KINDS = ("systemd", "cron", "launchd", "windows", "github")


@click.group()
def schedule() -> None:
    """Sync by itself: install a timer, see what it did, remove it. See docs/schedule.md."""


@schedule.command()
@click.option("--every", default="15m", show_default=True, metavar="15m|1h|6h|1d", help="How often.")
@click.option(
    "--as",
    "kind",
    type=click.Choice(KINDS),
    help="Which kind of timer. Default: systemd where it runs, else cron.",
)
@click.option("--print", "only_print", is_flag=True, help="Show what would be written, and install nothing.")
@click.option(
    "--env-file", metavar="PATH", help="A file of NAME=VALUE lines, for secrets written as env:NAME."
)
@click.option(
    "--jitter/--no-jitter", default=True, help="Keep away from the full minute, when everybody's timers run."
)
@click.option("--package", metavar="SPEC", help="For github: what pip is to install there.")
@click.option("--anyway", is_flag=True, help="Install it even if a try of the command fails.")
@click.pass_obj
def install(
    config: str | None, every: str, kind: str | None, only_print: bool, env_file: str | None, jitter: bool,
    package: str | None, anyway: bool,
) -> None:  # fmt: skip
    """Have a timer of this machine (or of GitHub) run the sync. Safe to repeat; the last word counts."""
    from syncengine.cli import installing
    from syncengine.schedule.every import read_every
    from syncengine.schedule.job import job

    rhythm = read_every(every)
    program = common.program(config)
    made = job(program.path, program.name, rhythm, jitter=jitter, env_file=_env_file(env_file))
    wanted = kind or installing.usual()
    if wanted == "github" and env_file:
        raise click.UsageError("GitHub has no such file; its secrets are set there (see docs/schedule.md)")
    if only_print:
        installing.show(program, made, wanted, package)
        return
    installing.check(program, made, wanted, anyway=anyway)
    installing.install(program, made, wanted, package)


def _env_file(said: str | None) -> str | None:
    """Its absolute path; raises `ConfigError` for a file that is not there, or that others can read."""
    if said is None:
        return None
    from syncengine.errors import ConfigError

    path = os.path.abspath(said)
    if not os.path.isfile(path):
        raise ConfigError(
            "there is no such file", where=said, remedy="Write one: a line NAME=VALUE for each secret."
        )
    if os.name == "posix" and os.stat(path).st_mode & 0o077:
        raise ConfigError(
            "everybody on this machine may read it", where=said, remedy=f'Run: chmod 600 "{said}"'
        )
    return path


@schedule.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def show(config: str | None, as_json: bool) -> None:
    """Which timer runs the sync of this program, when it last ran, and when it runs next."""
    from syncengine.cli.plain import json_line
    from syncengine.schedule import timers

    program = common.program(config)
    found = timers.of(program.path)
    if as_json:
        click.echo(json_line(timers.as_json(found)))
    else:
        click.echo("\n".join(timers.sentences(found, program.locale.zone)))


@schedule.command()
@click.option(
    "--id", metavar="ID", help="Of a program that is gone: as its line in the crontab or its unit has it."
)
@click.option("--as", "kind", type=click.Choice(KINDS), help="Only this kind of timer.")
@click.pass_obj
def remove(config: str | None, id: str | None, kind: str | None) -> None:
    """Take the timer of this program away; nothing else is touched. Safe to repeat."""
    from syncengine.schedule import timers
    from syncengine.schedule.job import id_of

    path = None if id else common.program(config).path
    removed = timers.remove(id or id_of(str(path)), path, kind)
    click.echo(f"Removed: {' and '.join(one.what for one in removed)}." if removed else "There was no timer.")
    for one in removed:
        if one.step:
            click.echo(f"Now type:\n  {one.step}")


@schedule.command()
@click.option(
    "--delay",
    type=click.IntRange(0, 3600),
    metavar="SECONDS",
    help="Wait so long first (timers only know minutes).",
)
@click.option(
    "--env-file", metavar="PATH", help="A file of NAME=VALUE lines, for secrets written as env:NAME."
)
@click.option("--check", is_flag=True, help="Look up every secret, as a run would, and stop there.")
@click.option(
    "--due",
    metavar="6h|1d",
    help="Do nothing if this rhythm's last run was done: for cron, to make up for missed ones.",
)
@click.option("--fail-once", is_flag=True, help="Fail only when something new is to be told.")
@click.pass_obj
def run(
    config: str | None, delay: int | None, env_file: str | None, check: bool, due: str | None, fail_once: bool
) -> None:
    """What a timer runs: sync, say nothing while all is well, and tell each thing that needs a person once."""
    if due and not _due(config, due):
        return
    if delay:
        import time

        time.sleep(delay)
    if env_file:
        _use(env_file)
    if check:
        from syncengine.schedule.rehearsal import check as rehearse

        rehearse(common.program(config))
        return
    from syncengine.schedule.turn import turn

    done = turn(config)
    if not fail_once or done.entry.told == "trouble":
        sys.exit(done.exit_status)


def _due(config: str | None, rhythm: str) -> bool:
    """Whether no run has come to its end since the last time at which one was to begin, on this machine's clock."""
    from datetime import UTC, datetime

    from syncengine.schedule import runlog
    from syncengine.schedule.every import read_every
    from syncengine.schedule.job import base_of
    from syncengine.schedule.turn import path_of

    every, path = read_every(rhythm), path_of(config)
    last = every.last_before(datetime.now(UTC).astimezone(), base_of(every))
    return path is None or not runlog.done_since(os.path.join(os.path.dirname(path), ".mentorsync"), last)


def _use(path: str) -> None:
    """Take the variables of a file for those of the environment, as they are written: nothing in them is replaced."""
    from dotenv import dotenv_values

    from syncengine.errors import ConfigError

    try:
        with open(path, encoding="utf-8") as handle:
            found = dotenv_values(stream=handle, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't be read: {type(error).__name__}", where=path,
                          remedy="Write it anew, or say where it is: mentorsync schedule install --env-file PATH") from error  # fmt: skip
    os.environ.update({name: value for name, value in found.items() if value is not None})


@schedule.command("run-log")
@click.option("--last", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many runs.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list and nothing else.")
@click.pass_obj
def run_log(config: str | None, last: int, as_json: bool) -> None:
    """What the timer's runs did: when, how long, what each tool was told, what waits for a person."""

    from syncengine.schedule import runlog

    program = common.program(config)
    found = runlog.entries(os.path.dirname(program.lock_path))[-last:]
    if as_json:
        from syncengine.cli.plain import json_line

        click.echo(json_line([entry.as_json() for entry in found]))
    else:
        from syncengine.cli.runtable import table

        click.echo("\n".join(table(found, program.locale.zone)))
