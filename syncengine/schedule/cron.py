"""The crontab: our lines stand between two marks, one pair for each program, and no other byte is touched."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass

from syncengine.errors import AccessError, ConfigError
from syncengine.schedule.every import Every, read_every
from syncengine.schedule.job import Job, base_of

_LONGEST = 990
"""Vixie cron and those made from it read lines of 1000 bytes at most."""


def line(job: Job) -> str:
    """The line for the crontab. Raises `ConfigError` for a command that cron can't be told."""
    # cron forgets what it missed: where a rhythm is longer than an hour it asks every hour, and the command knows.
    seldom = job.every.minutes > 60
    command = shlex.join(job.command(delay=True, more=("--due", str(job.every)) if seldom else ()))
    fields = Every(60).cron(job.offset % 60) if seldom else job.every.cron(job.offset)
    if "\n" in command or "\r" in command:
        raise ConfigError("a path with a line break can't be in a crontab", where=job.config,
                          remedy="Rename the folder, or use another kind of timer (--as).")  # fmt: skip
    # crontab(5): an unescaped % ends the command; the backslash is taken away before the shell sees the word.
    if "%" in command and _busybox():
        raise ConfigError("busybox's cron can't be told a path with a percent sign", where=job.config,
                          remedy="Rename the folder, or use another kind of timer (--as).")  # fmt: skip
    said = f"{fields} {command.replace('%', chr(92) + '%')}"
    if len(os.fsencode(said)) > _LONGEST:
        raise ConfigError("the command is too long for a crontab", where=job.config,
                          remedy="Use shorter paths, or another kind of timer (--as).")  # fmt: skip
    return said


def block(job: Job) -> bytes:
    """The line between its marks."""
    return b"".join(
        os.fsencode(text) + b"\n"
        for text in (
            f"{_mark(job.id, 'begin')} (every {job.every}; change it with: mentorsync schedule install)",
            line(job),
            _mark(job.id, "end"),
        )
    )


def _mark(id: str, what: str) -> str:
    return f"# mentorsync schedule {id}: {what}"


def _found(crontab: bytes, id: str) -> tuple[int, int] | None:
    """Where the block of a job begins and ends; raises `AccessError` for one that is no longer whole."""
    begin = re.findall(rb"(?m)^" + re.escape(_mark(id, "begin").encode()) + rb"(?= |$)", crontab)
    whole = list(
        re.finditer(
            rb"(?m)^" + re.escape(_mark(id, "begin").encode()) + rb"(?: .*)?\n(?:(?!# mentorsync schedule ).*\n)*?"
            + re.escape(_mark(id, "end").encode()) + rb"\r?(?:\n|\Z)", crontab
        )
    )  # fmt: skip
    end = crontab.count(_mark(id, "end").encode())
    if len(begin) == len(whole) == end <= 1:
        return whole[0].span() if whole else None
    raise AccessError("mentorsync's lines in the crontab are no longer whole", where=_mark(id, "begin"),
                      remedy="Take them out, marks and all, with: crontab -e; then run this again.")  # fmt: skip


def with_job(crontab: bytes, job: Job) -> bytes:
    """The crontab with the job's block in it, where it was or at the end; all else as it is."""
    at = _found(crontab, job.id)
    if at is not None:
        return crontab[: at[0]] + block(job) + crontab[at[1] :]
    newline = b"" if crontab.endswith(b"\n") or not crontab else b"\n"
    return crontab + newline + block(job)


def without_job(crontab: bytes, id: str) -> bytes:
    """The crontab without the job's block; all else as it is."""
    at = _found(crontab, id)
    return crontab if at is None else crontab[: at[0]] + crontab[at[1] :]


@dataclass(frozen=True)
class Entry:
    """A job as the crontab has it."""

    every: str
    line: str


def entry(crontab: bytes, id: str) -> Entry | None:
    """What the crontab says of a job; `None`: nothing. Raises `AccessError` for a broken block."""
    at = _found(crontab, id)
    if at is None:
        return None
    head, *lines = os.fsdecode(crontab[at[0] : at[1]]).splitlines()
    every = re.search(r"\(every (\w+);", head)
    return Entry(every[1] if every else "", next((one for one in lines if not one.startswith("#")), ""))


def offset(entry: Entry) -> int:
    """Minutes after the start of a period at which an entry runs; that of the rhythm where somebody changed it."""
    minute = re.match(r"\d+", entry.line)
    return base_of(read_every(entry.every)) + (int(minute[0]) if minute else 0)


def there() -> bool:
    """Whether this machine has a crontab."""
    return shutil.which("crontab") is not None


def read() -> bytes:
    """This user's crontab, empty where there is none yet. Raises `AccessError`."""
    done = _crontab("-l")
    # What Vixie's, cronie's and macOS's, and busybox's say where there is none.
    if done.returncode and not re.search(rb"no crontab for|No such file", done.stderr):
        raise AccessError(
            f"the crontab can't be read: {_said(done)}", remedy="See: man crontab (cron.allow)."
        )
    return b"" if done.returncode else done.stdout


def write(crontab: bytes) -> None:
    """Put this in place of the user's crontab, and look whether it is there. Raises `AccessError`."""
    done = _crontab("-", given=crontab) if crontab else _crontab("-r")
    if done.returncode:
        raise AccessError(
            f"the crontab can't be written: {_said(done)}", remedy="See: man crontab (cron.allow)."
        )
    if read() != crontab:
        raise AccessError(
            "the crontab does not hold what was written into it", remedy="Look at it with: crontab -l"
        )


def _crontab(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("crontab")
    if program is None:
        raise ConfigError("this machine has no crontab",
                          remedy="Install cron (or use another kind of timer: --as systemd|launchd|windows|github).")  # fmt: skip
    return subprocess.run(  # noqa: S603 - the words are ours
        [program, *words], input=given, capture_output=True, env={**os.environ, "LC_ALL": "C"}, check=False
    )


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (
        " ".join(done.stderr.decode(errors="replace").split())[:200]
        or f"crontab ended with {done.returncode}"
    )


def _busybox() -> bool:
    """Its cron hands a line to the shell as it is, backslashes and all."""
    program = shutil.which("crontab")
    return bool(program) and os.path.basename(os.path.realpath(str(program))) == "busybox"


def daemon_runs() -> bool | None:
    """Whether a cron daemon is at work on this machine; `None`: it can't be told (there is no /proc)."""
    try:
        processes = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return None
    return any(_name(process) in ("cron", "crond", "fcron", "busybox") for process in processes)


def _name(process: str) -> str:
    try:
        with open(f"/proc/{process}/comm", encoding="utf-8", errors="replace") as handle:
            return handle.read().strip()
    except OSError:
        return ""
