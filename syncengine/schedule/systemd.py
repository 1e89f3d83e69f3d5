"""A systemd user timer: two small files, and systemctl told of them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from syncengine.errors import AccessError, ConfigError
from syncengine.schedule.job import Job

_SERVICE = """\
# Made by `mentorsync schedule install`; remove it with `mentorsync schedule remove`.
[Unit]
Description=mentorsync: {program}

[Service]
Type=oneshot
ExecStart={command}
# 3: something waits for a person; 75: another run is going on. Both are told elsewhere and are no failure of the unit.
SuccessExitStatus=3 75
UMask=0077
Nice=5
"""
_TIMER = """\
# Made by `mentorsync schedule install`; remove it with `mentorsync schedule remove`.
[Unit]
Description=mentorsync: {program}, every {every}

[Timer]
OnCalendar={calendar}
# A run that was missed while the machine was off is caught up once.
Persistent=true
RandomizedDelaySec={spread}
FixedRandomDelay=true

[Install]
WantedBy=timers.target
"""


def quoted(word: str) -> str:
    """One word of `ExecStart=`: systemd.service(5) unquotes it, then replaces `%` (systemd.unit(5)) and `$`."""
    if re.search(r"[\x00-\x1f\x7f]", word):
        raise ConfigError("a path with a line break or control character can't be in a unit of systemd",
                          where=repr(word), remedy="Rename the folder, or use another kind of timer (--as).")  # fmt: skip
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def units(job: Job) -> dict[str, str]:
    """The two files by name. Raises `ConfigError`."""
    executable, *words = job.command()
    # "$$" is not replaced in the path of the program itself (systemd.service(5)), so it must not be doubled there.
    command = " ".join([quoted(executable).replace("$$", "$"), *map(quoted, words)])
    program = " ".join(job.program.split()).replace("%", "%%")
    return {
        f"{unit(job.id)}.service": _SERVICE.format(program=program, command=command),
        f"{unit(job.id)}.timer": _TIMER.format(program=program, every=job.every,
                                               calendar=job.every.on_calendar(job.base), spread=job.spread),
    }  # fmt: skip


def unit(id: str) -> str:
    """The name of both units, without what they end in."""
    return f"mentorsync-{id}"


def folder() -> str:
    """Where a user's units are (systemd.unit(5))."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.join(os.path.expanduser("~"), ".config")
    return os.path.join(home, "systemd", "user")


def there() -> bool:
    """Whether this user has a systemd that answers."""
    return shutil.which("systemctl") is not None and _systemctl("show", "--property=Version").returncode == 0


def environment() -> dict[str, str]:
    """What units of this user are given; values that systemctl has to quote are left out."""
    lines = _systemctl("show-environment").stdout.splitlines()
    pairs = (line.partition("=") for line in lines)
    return {name: value for name, mark, value in pairs if mark and not value.startswith("$'")}


def place(job: Job) -> list[str]:
    """Write the units and start the timer; what was written. Safe to repeat. Raises `AccessError`."""
    os.makedirs(folder(), exist_ok=True)
    written = []
    for name, text in units(job).items():
        path = os.path.join(folder(), name)
        with open(f"{path}.new", "w", encoding="utf-8", errors="surrogateescape") as handle:
            handle.write(text)
        os.replace(f"{path}.new", path)
        written.append(path)
    _must("daemon-reload")
    _must("enable", "--now", f"{unit(job.id)}.timer")
    _must("restart", f"{unit(job.id)}.timer")  # a timer that was there goes by its new words from now on
    return written


def remove(id: str) -> bool:
    """Stop the timer and take its files away; whether there were any. Raises `AccessError`."""
    paths = [os.path.join(folder(), f"{unit(id)}.{kind}") for kind in ("timer", "service")]
    found = [path for path in paths if os.path.exists(path)]
    if not found:
        return False
    running = there()
    if running:
        _systemctl("disable", "--now", f"{unit(id)}.timer")
    for path in found:
        os.unlink(path)
    if running:
        _must("daemon-reload")
    return True


def installed(id: str) -> str | None:
    """How often the timer runs (as `--every` has it); `None`: there is no timer."""
    try:
        with open(os.path.join(folder(), f"{unit(id)}.timer"), encoding="utf-8") as handle:
            found = re.search(r"^Description=.*, every (\w+)$", handle.read(), re.MULTILINE)
    except OSError:
        return None
    return found[1] if found else ""


def next_run(id: str) -> str | None:
    """When the timer runs next, in systemd's words; `None`: it can't be told, or it does not run."""
    done = _systemctl("show", "--property=NextElapseUSecRealtime", "--value", f"{unit(id)}.timer")
    return done.stdout.strip() or None if done.returncode == 0 else None


def lingers() -> bool | None:
    """Whether this user's timers also run while they are not signed in; `None`: it can't be told."""
    if shutil.which("loginctl") is None:
        return None
    done = _run("loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value")
    return {"yes": True, "no": False}.get(done.stdout.strip())


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return _run("systemctl", "--user", *words)


def _must(*words: str) -> None:
    done = _systemctl(*words)
    if done.returncode:
        said = " ".join(done.stderr.split())[:200]
        raise AccessError(
            f"systemctl --user {words[0]} failed: {said}", remedy="Use the crontab instead: --as cron"
        )


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the words are ours
            words,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=30,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, 1, "", type(error).__name__)
