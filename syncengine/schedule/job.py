"""What a timer is to run, and when: the same for every kind of timer."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from syncengine.schedule.every import Every

_MORNING = 5 * 60
"""A daily run is over before people begin their day."""


@dataclass(frozen=True)
class Job:
    """One program's scheduled run."""

    id: str
    """Of letters, digits and `-`; the same for the same `mentorsync.toml`, another for any other."""
    program: str
    """What people call it."""
    config: str
    """The absolute path of its `mentorsync.toml`."""
    every: Every
    offset: int
    """Minutes after the start of a period at which it runs."""
    delay: int
    """Seconds more, where the timer only knows minutes."""
    jitter: bool
    env_file: str | None = None

    def command(self, *, delay: bool = False, more: Sequence[str] = ()) -> list[str]:
        """What to run: absolute, for a timer's PATH is bare. `-P`: no module of the working folder comes in between."""
        words = [sys.executable, "-P", "-m", "syncengine", "-c", self.config, "schedule", "run", *more]
        if delay and self.delay:
            words += ["--delay", str(self.delay)]
        return words + (["--env-file", self.env_file] if self.env_file else [])

    @property
    def spread(self) -> int:
        """Seconds by which a timer that can do so may put a run off: a quarter of the rhythm, at most ten minutes."""
        return min(self.every.minutes * 15, 600) if self.jitter else 0

    @property
    def base(self) -> int:
        """The offset without jitter."""
        return base_of(self.every)


def base_of(every: Every) -> int:
    """Minutes after the start of a period at which a run is due where nothing is put off."""
    return _MORNING if every.minutes == 24 * 60 else 0


def id_of(config: str) -> str:
    """The id of the job for the `mentorsync.toml` at this absolute path."""
    folder = os.path.basename(os.path.dirname(config))
    slug = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:30] or "program"
    return f"{slug}-{blake2b(os.fsencode(config), digest_size=4).hexdigest()}"


def job(config: str, program: str, every: Every, *, jitter: bool, env_file: str | None = None) -> Job:
    """The job of the program at `config`. Its jitter rests on where it is and on whose machine, not on chance: a rhythm stays even."""
    number = int.from_bytes(blake2b(os.fsencode(config) + _machine(), digest_size=8).digest())
    minute, second = divmod(number % (min(every.minutes, 60) * 60), 60) if jitter else (0, 0)
    return Job(id_of(config), program, config, every, base_of(every) + minute, second, jitter, env_file)


def _machine() -> bytes:
    """Something that another machine has not, so that a program on many machines does not call on a tool all at once."""
    import socket

    return socket.gethostname().encode()
