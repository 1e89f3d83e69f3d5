"""The timers that run a program's sync. systemd's and cron's are looked up; of the others we know the files that we wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from syncengine.errors import ConfigError, MentorsyncError
from syncengine.schedule import cron, github, launchd, runlog, systemd, windows
from syncengine.schedule.every import read_every
from syncengine.schedule.job import id_of


@dataclass(frozen=True)
class Timer:
    """One timer that is installed."""

    kind: str
    """`systemd`, `cron`, `launchd`, `windows` or `github`."""
    every: str
    next: str | None
    """When it runs next, for people (in this machine's zone); `None`: it can't be told."""


@dataclass(frozen=True)
class Timers:
    """All that is known of a program's schedule."""

    id: str
    found: list[Timer]
    last: runlog.Entry | None
    problem: str = ""
    """Why the crontab could not be looked at."""


def of(config: str) -> Timers:
    """What runs the program at `config`, the absolute path of its `mentorsync.toml`."""
    id = id_of(config)
    found, problem = [], ""
    every = systemd.installed(id)
    if every is not None:
        found.append(Timer("systemd", every, systemd.next_run(id)))
    if cron.there():
        try:
            entry = cron.entry(cron.read(), id)
        except MentorsyncError as error:
            entry, problem = None, str(error)
        if entry is not None:
            found.append(Timer("cron", entry.every, _next(entry)))
    files = {
        "launchd": launchd.installed(id),
        "windows": windows.installed(config),
        "github": github.installed(config),
    }
    found += [Timer(kind, every, None) for kind, every in files.items() if every is not None]
    log = runlog.entries(os.path.join(os.path.dirname(config), ".mentorsync"))
    return Timers(id, found, log[-1] if log else None, problem)


def _next(entry: cron.Entry) -> str | None:
    try:
        every, offset = read_every(entry.every), cron.offset(entry)
    except ConfigError:
        return None
    here = datetime.now(UTC).astimezone()  # cron goes by this machine's clock
    return f"{every.next_after(here, offset):%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Removed:
    """A timer that was taken away."""

    what: str
    step: str = ""
    """What is left to type, for a timer that only its own system can end."""


def remove(id: str, config: str | None, kind: str | None = None) -> list[Removed]:
    """Take the timers of a job away (of one kind, if that is said), and say which there were. Raises `AccessError`.

    `config` is `None` for a program that is gone.
    """
    ways: dict[str, Callable[[], Removed | None]] = {
        "systemd": lambda: Removed("the timer of systemd") if systemd.remove(id) else None,
        "cron": lambda: Removed("the lines in the crontab") if _out_of_crontab(id) else None,
        "launchd": lambda: _file(launchd.place(id), launchd.farewell(id)),
    }
    if config is not None:
        ways["windows"] = lambda: _file(windows.place(config), windows.farewell(id))
        if github.installed(config) is not None:
            ways["github"] = lambda: _file(github.place(config), github.farewell())
    found = [way() for name, way in ways.items() if kind in (None, name)]
    return [one for one in found if one is not None]


def _out_of_crontab(id: str) -> bool:
    if not cron.there():
        return False
    before = cron.read()
    after = cron.without_job(before, id)
    if after != before:
        cron.write(after)
    return after != before


def _file(path: str, step: str) -> Removed | None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return None
    return Removed(path, step)


def sentences(timers: Timers, zone: ZoneInfo) -> Iterator[str]:
    """For people."""
    from syncengine.model.moments import show_instant

    for timer in timers.found:
        when = f", next {timer.next}" if timer.next else ""
        seen = "" if timer.kind in ("systemd", "cron") else ", if it was told as `schedule install` said"
        yield f"Every {_words(timer.every)} by {timer.kind}{when}{seen}  ({timers.id})"
    if not timers.found:
        yield "No timer runs it."
        yield "Install one with: mentorsync schedule install --every 15m"
    if timers.problem:
        yield f"! {timers.problem}"
    if timers.last:
        yield f"Last scheduled run: {show_instant(timers.last.at, zone)}, {timers.last.status}  (mentorsync schedule run-log)"


def _words(every: str) -> str:
    try:
        return read_every(every).words
    except ConfigError:
        return every or "now and then"


def as_json(timers: Timers) -> dict[str, object]:
    """For `--json`."""
    return {
        "id": timers.id,
        "timers": [{"kind": one.kind, "every": one.every, "next": one.next} for one in timers.found],
        "last": timers.last.as_json() if timers.last else None,
    }
