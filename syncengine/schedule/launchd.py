"""A launchd agent for macOS, as a property list."""

from __future__ import annotations

import os
import plistlib

from syncengine.schedule.job import Job


def label(id: str) -> str:
    """The agent's name, and that of its file."""
    return f"mentorsync.{id}"


def plist(job: Job) -> bytes:
    """The property list, see launchd.plist(5).

    Of all its triggers only `StartCalendarInterval` is caught up after a sleep, once; `RunAtLoad` catches up after a start.
    """
    hourly = job.every.minutes <= 60
    times = (
        sorted({minute for _, minute in job.every.times(job.offset)})
        if hourly
        else job.every.times(job.offset)
    )
    at = [{"Minute": one} if isinstance(one, int) else {"Hour": one[0], "Minute": one[1]} for one in times]
    return plistlib.dumps(
        {
            "Label": label(job.id),
            "ProgramArguments": job.command(delay=True),
            "StartCalendarInterval": at,
            "RunAtLoad": True,
            "ProcessType": "Background",
            "Umask": 0o077,  # of what launchd makes for the next key too
            "StandardErrorPath": os.path.join(os.path.dirname(job.config), ".mentorsync", "schedule.err"),
        },
        sort_keys=False,
    )


def place(job: Job) -> str:
    """Where the list belongs."""
    return os.path.join(os.path.expanduser("~"), "Library", "LaunchAgents", f"{label(job.id)}.plist")


def steps(job: Job, path: str) -> list[str]:
    """What a person types to have it run, and to have it run no more."""
    domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/$(id -u)"
    return [
        f'launchctl bootstrap {domain} "{path}"',
        f"launchctl bootout {domain}/{label(job.id)}    # to end it",
    ]
