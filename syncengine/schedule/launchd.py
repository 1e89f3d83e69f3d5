"""A launchd agent for macOS, as a property list."""

from __future__ import annotations

import os
import plistlib

from syncengine.schedule.every import Every
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


def place(id: str) -> str:
    """Where the list of a job belongs."""
    return os.path.join(os.path.expanduser("~"), "Library", "LaunchAgents", f"{label(id)}.plist")


def steps(path: str) -> list[str]:
    """What a person types to have it run."""
    return [f'launchctl bootstrap {_domain()} "{path}"']


def farewell(id: str) -> str:
    """What a person types to have it run no more."""
    return f"launchctl bootout {_domain()}/{label(id)}"


def _domain() -> str:
    return f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/$(id -u)"


def installed(id: str) -> str | None:
    """How often the agent runs, from its list; `None`: there is none, or a broken one."""
    try:
        with open(place(id), "rb") as handle:
            times = plistlib.load(handle)["StartCalendarInterval"]
        return str(Every(24 * 60 // len(times) if "Hour" in times[0] else 60 // len(times)))
    except (
        OSError,
        plistlib.InvalidFileException,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        ZeroDivisionError,
    ):
        return None
