"""A task for the Windows Task Scheduler, as the XML that `schtasks /Create /XML` takes."""

from __future__ import annotations

import ntpath
import os
import re
import subprocess
from datetime import datetime
from xml.etree import ElementTree as ET

from syncengine.schedule.job import Job

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAY = 24 * 60


def task(job: Job, today: datetime) -> bytes:
    """The task, in UTF-16 as the Task Scheduler itself writes it; it is due from `today` on.

    The order of elements is that of the schema ([MS-TSCH] 2.5). `StartWhenAvailable` catches up a missed run, once.
    """
    ET.register_namespace("", NAMESPACE)
    root = ET.Element(_name("Task"), version="1.2")
    _add(root, {"RegistrationInfo": {"Description": f"mentorsync: {job.program}, every {job.every}"}})
    hour, minute = divmod(job.base, 60)
    start = today.replace(hour=hour, minute=minute, second=0)
    trigger: dict[str, object] = {"Enabled": "true", "StartBoundary": start.strftime("%Y-%m-%dT%H:%M:%S")}
    if job.every.minutes < _DAY:
        # Repeated for one day at a time: an endless repetition drifts from the clock when that is changed.
        trigger["Repetition"] = {
            "Interval": f"PT{job.every.minutes}M",
            "Duration": "P1D",
            "StopAtDurationEnd": "false",
        }
    if job.spread:
        trigger["RandomDelay"] = f"PT{job.spread}S"
    trigger["ScheduleByDay"] = {"DaysInterval": "1"}
    _add(root, {"Triggers": {"CalendarTrigger": trigger}})
    _add(root, {"Principals": {"Principal": {"LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"}}})
    principal = root.find(f".//{_name('Principal')}")
    assert principal is not None
    principal.set("id", "Author")
    settings = {
        "MultipleInstancesPolicy": "IgnoreNew",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "StartWhenAvailable": "true",
        "Hidden": "true",
        "ExecutionTimeLimit": "PT6H",
    }
    _add(root, {"Settings": settings})
    program, *words = job.command()
    _add(root, {"Actions": {"Exec": {"Command": _windowless(program), "Arguments": subprocess.list2cmdline(words),
                                     "WorkingDirectory": ntpath.dirname(job.config) or os.path.dirname(job.config)}}})  # fmt: skip
    actions = root.find(_name("Actions"))
    assert actions is not None
    actions.set("Context", "Author")
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-16", xml_declaration=True)
    return made


def _name(word: str) -> str:
    return f"{{{NAMESPACE}}}{word}"


def _add(to: ET.Element, said: dict[str, object]) -> None:
    for word, value in said.items():
        child = ET.SubElement(to, _name(word))
        if isinstance(value, dict):
            _add(child, value)
        else:
            child.text = str(value)


def _windowless(program: str) -> str:
    """The interpreter that opens no console each time."""
    quiet = os.path.join(os.path.dirname(program), "pythonw.exe")
    return quiet if os.path.exists(quiet) else program


def place(config: str) -> str:
    """Where the file is written; the Task Scheduler keeps a copy of its own."""
    return os.path.join(os.path.dirname(config), ".mentorsync", "task.xml")


def steps(id: str, path: str) -> list[str]:
    """What a person types to have it run."""
    return [f'schtasks /Create /F /TN "mentorsync\\{id}" /XML "{path}"']


def farewell(id: str) -> str:
    """What a person types to have it run no more."""
    return f'schtasks /Delete /F /TN "mentorsync\\{id}"'


def installed(config: str) -> str | None:
    """How often the task runs, from the file that it was made from; `None`: there is none, or a broken one."""
    try:
        with open(place(config), "rb") as handle:
            found = re.search(r", every (\w+)</Description>", handle.read().decode("utf-16"))
    except (OSError, UnicodeDecodeError):
        return None
    return found[1] if found else None
