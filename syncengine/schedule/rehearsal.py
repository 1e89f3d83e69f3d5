"""Trying the scheduled command where a timer would run it: without PATH, without the variables of this terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from syncengine.errors import ConfigError
from syncengine.schedule.job import Job

if TYPE_CHECKING:
    from syncengine.config import Program


def bare() -> dict[str, str]:
    """All that cron tells a command (crontab(5))."""
    kept = {name: os.environ[name] for name in ("HOME", "LOGNAME", "USER") if name in os.environ}
    return {**kept, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}


def rehearse(job: Job, environment: Mapping[str, str]) -> str | None:
    """Why the job's command could not work with only these variables; `None`: it could.

    The command itself is run, as a process, up to the point where it would open the tools.
    """
    done = subprocess.run(  # noqa: S603 - our own command
        [*job.command(), "--check"], env=dict(environment), cwd=_home(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return None
    return done.stderr.strip() or f"the command ended with {done.returncode}"


def _home() -> str:
    home = os.path.expanduser("~")
    return home if os.path.isdir(home) else os.path.abspath(os.sep)


def check(program: Program) -> None:
    """Look up every secret of the config, and see that there is a state. Raises `ConfigError` with all that is missing."""
    problems = [str(error) for error in _missing(program)]
    if problems:
        raise ConfigError("\n".join(problems))


def _missing(program: Program) -> Iterator[ConfigError]:
    lookups: list[Callable[[], object]] = [
        partial(program.settings, number) for number in range(len(program.replicas))
    ]
    if program.file.mail:
        lookups.append(program.mail)
    lookups.append(program.ping)
    for look in lookups:
        try:
            look()
        except ConfigError as error:
            yield error
    try:
        url = program.state_url
    except ConfigError as error:
        yield error
        return
    if url.startswith("sqlite:///") and not os.path.exists(url.removeprefix("sqlite:///")):
        yield ConfigError("is not set up yet", where=program.name, remedy="Run: mentorsync setup")


def variables(program: Program) -> list[str]:
    """Every environment variable that the config asks for, in its order."""
    return [value.partition(":")[2] for value in secrets(program) if value.startswith("env:")]


def secrets(program: Program) -> list[str]:
    """Every `env:NAME`, `file:PATH` and `keyring:NAME` of the config, once each, in its order."""
    from syncengine.secret import SCHEMES

    return [one for one in dict.fromkeys(_texts(asdict(program.file))) if one.partition(":")[0] in SCHEMES]


def _texts(said: object) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        for value in said.values():
            yield from _texts(value)
    elif isinstance(said, list):
        for value in said:
            yield from _texts(value)
