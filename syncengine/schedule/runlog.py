"""What the schedule did, a JSON object a line, in `.mentorsync/schedule.jsonl`: counts and names of replicas, never
anybody's words, never a secret. Two files of at most half a megabyte each, readable by their owner alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_FILE = "schedule.jsonl"
_LONG = 500_000
WRITES = ("created", "updated", "deleted", "rejected")


@dataclass
class Entry:
    """One scheduled run."""

    at: str
    """When it began, as a canonical instant."""
    seconds: float
    status: str
    """`agreed`, `attention`, `failed`, `stopped` or `busy` (another run was going on)."""
    by: str = "schedule"
    """`schedule` or `watch`."""
    run: int | None = None
    """The run's number; `None` where a glance was enough, or it did not get that far."""
    tools: dict[str, dict[str, int]] = field(default_factory=dict)
    """Replica to what it was told: created, updated, deleted, rejected; only those that were told something."""
    waits: dict[str, int] = field(default_factory=dict)
    """How many conflicts, troubles and tools wait for a person."""
    error: str | None = None
    """The type of what went wrong."""
    told: str | None = None
    """`trouble` or `well`, where people were told so."""
    undelivered: list[str] = field(default_factory=list)
    """The ways on which they could not be reached, and the type of what went wrong."""
    ping: str | None = None
    """`ok`, or the type of what went wrong."""

    def as_json(self) -> dict[str, Any]:
        """Without what says nothing."""
        whole = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in whole.items() if value not in (None, [], {})}


def told_tools(replicas: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """What each replica was told, from a report's counts."""
    some = {
        name: {word: n for word in WRITES if (n := counts.get(word, 0))} for name, counts in replicas.items()
    }
    return {name: counts for name, counts in some.items() if counts}


def append(folder: str, entry: Entry) -> None:
    """Add a line to the log in `folder` (the state's). A log that can't be written is no reason not to sync."""
    import contextlib

    import orjson

    path = os.path.join(folder, _FILE)
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(
                descriptor, orjson.dumps(entry.as_json()) + b"\n"
            )  # one write: two runs never share a line
            long = os.fstat(descriptor).st_size >= _LONG
        finally:
            os.close(descriptor)
        if long:
            os.replace(path, f"{path}.1")


def entries(folder: str) -> list[Entry]:
    """The log, oldest first; a line that is damaged is left out."""
    return [entry for name in (f"{_FILE}.1", _FILE) for entry in _read(os.path.join(folder, name))]


def done_since(folder: str, when: datetime) -> bool:
    """Whether a run has come to its end since then; one that failed has not, and is to be tried again."""
    from syncengine.model.moments import moment

    return any(
        entry.status in ("agreed", "attention") and moment(entry.at) >= when for entry in entries(folder)
    )


def _read(path: str) -> Iterator[Entry]:
    import orjson

    try:
        with open(path, "rb") as handle:
            lines = handle.read().splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            said = orjson.loads(line)
            known = {name: said[name] for name in Entry.__dataclass_fields__ if name in said}
            yield Entry(**known)
        except (ValueError, TypeError):  # half a line, from a full disk
            continue
