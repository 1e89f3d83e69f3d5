"""The timers of this machine that run a program's sync: systemd's and cron's are looked up, all others can't be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from syncengine.errors import ConfigError, MentorsyncError
from syncengine.schedule import cron, runlog, systemd
from syncengine.schedule.every import read_every
from syncengine.schedule.job import id_of


@dataclass(frozen=True)
class Timer:
    """One timer that is installed."""

    kind: str
    """`systemd` or `cron`."""
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
    log = runlog.entries(os.path.join(os.path.dirname(config), ".mentorsync"))
    return Timers(id, found, log[-1] if log else None, problem)


def _next(entry: cron.Entry) -> str | None:
    try:
        every, offset = read_every(entry.every), cron.offset(entry)
    except ConfigError:
        return None
    here = datetime.now(UTC).astimezone()  # cron goes by this machine's clock
    return f"{every.next_after(here, offset):%Y-%m-%d %H:%M}"


def remove(id: str) -> list[str]:
    """Take every timer of a job away, and say which there were. Raises `AccessError`."""
    removed = []
    if systemd.remove(id):
        removed.append("the timer of systemd")
    if cron.there():
        before = cron.read()
        after = cron.without_job(before, id)
        if after != before:
            cron.write(after)
            removed.append("the lines in the crontab")
    return removed


def sentences(timers: Timers, zone: ZoneInfo) -> Iterator[str]:
    """For people."""
    from syncengine.model.moments import show_instant

    for timer in timers.found:
        when = f", next {timer.next}" if timer.next else ""
        yield f"Every {_words(timer.every)} by {timer.kind}{when}  ({timers.id})"
    if not timers.found:
        yield "No timer of this machine runs it (launchd, Windows and GitHub are not looked at)."
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
