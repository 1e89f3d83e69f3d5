"""Everything that can go wrong, grouped by what a person does next.

    MentorsyncError
    ├── ConfigError          mend mentorsync.toml (or the flags)            exit 2
    ├── AccessError          sign in again, share the place, fix rights     exit 1
    ├── Unavailable          try later: the tool is busy, open, or away     exit 3
    ├── GuardStop            look first: nothing was written                exit 4
    ├── RunInProgress        another run holds the lock                     exit 75
    └── Bug                  report it                                      exit 1

Each error says what happened, where, and what to do; nothing else is shown to the person.
Records and values that cannot be used never raise: they become a `Trouble` on their record (rule 21).
"""

from __future__ import annotations

import errno
import os


class MentorsyncError(Exception):
    """Something a person has to know, with what to do about it."""

    exit_status = 1

    def __init__(self, reason: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f"\n  → {self.remedy}" if self.remedy else ""
        return f"{place}{self.reason}{remedy}"


class ConfigError(MentorsyncError):
    """The configuration or the command line has to be mended."""

    exit_status = 2


class AccessError(MentorsyncError):
    """A place cannot be read or written with the rights at hand."""


class Unavailable(MentorsyncError):
    """A tool cannot be used just now; the other tools go on and the next run tries again."""

    exit_status = 3


class GuardStop(MentorsyncError):
    """A guard stopped the run before it wrote anything (design rule 13)."""

    exit_status = 4

    def __init__(self, guard: str, reason: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(
            reason, where=where, remedy=remedy or f"If this is meant, run again with --allow {guard}."
        )
        self.guard = guard


class RunInProgress(MentorsyncError):
    """Another run of the same program holds the lock (design rule 14)."""

    exit_status = 75


class Bug(MentorsyncError):
    """A promise inside mentorsync, or inside a plug-in, was broken."""

    @classmethod
    def of(cls, error: Exception, where: str) -> Bug:
        """What to report about an unexpected error: its type and the line of code, nothing that people wrote."""
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        place = (
            f" ({os.path.basename(last.tb_frame.f_code.co_filename)}, line {last.tb_lineno})" if last else ""
        )
        return cls(
            f"an unexpected {type(error).__name__}{place}",
            where=where,
            remedy="Please report it with this line; the other tools go on, and the next run tries again.",
        )


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""What systems say when there is no room left."""


def told(error: Exception) -> MentorsyncError:
    """Any error as one for the person: what the system refused, or a bug to report."""
    if isinstance(error, MentorsyncError):
        return error
    if not isinstance(error, OSError):
        return Bug.of(error, "mentorsync")
    where = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else ""
    if error.errno in FULL:
        return AccessError("the disk is full", where=where, remedy=ROOM)
    return AccessError(
        f"can't be read or written: {error.strerror or error}",
        where=where,
        remedy="Check that it exists, and that you may read and write it; then run again.",
    )


ROOM = "Make room on it, then run again: nothing is lost, and the next run goes on where this one stopped."
