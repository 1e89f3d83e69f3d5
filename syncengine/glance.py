"""Proving with a glance that nothing changed, so that a scheduled sync costs next to nothing.

After a run that left all tools in agreement, a note is kept beside the state: what the config, the state and each
place looked like. As long as all of them still look so, and it is the same day, there is nothing to sync. The note
is only a shortcut: without it, or in any doubt, the run is a full one. It holds no secret and no text of anybody,
and is not kept for programs with a tool that is reached over a network.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.run.report import Report

from syncengine import __version__

_FILE = "glance.json"
_SECRETS = ("env:", "file:", "keyring:")


def unchanged(config: str | None) -> dict[str, object] | None:
    """The report of a sync with nothing to do, or `None` when a real run has to look."""
    import orjson

    begun = time.perf_counter()
    path = config_path(config)
    folder = os.path.join(os.path.dirname(path), ".mentorsync") if path else ""
    try:
        with open(os.path.join(folder, _FILE), "rb") as handle:
            note = orjson.loads(handle.read())
        same = (
            note["version"] == __version__
            and note["looks"][0][0]
            == path  # else the folder is a copy, and the note tells of the one it was copied from
            and note["looks"] == [_look(p) for p, *_ in note["looks"]]
            and time.time() < note["until"]
            and all(_same_place(folder, number, place) for number, place in enumerate(note["places"]))
        )
        report: dict[str, object] = {**note["report"]}
        whole = report["status"] == "agreed" and isinstance(report["replicas"], dict)
    except Exception:  # no note, half a note, a plug-in that is gone: the full run finds out, and says so
        return None
    if not (path and same and whole):
        return None
    if _locked(os.path.join(folder, "run.lock")):
        return None  # the full run says so
    os.utime(os.path.join(folder, _FILE))  # when all was last seen to agree: `status` tells it
    return {**report, "seconds": round(time.perf_counter() - begun, 3)}


def sentence(report: dict[str, Any]) -> str:
    """The report for people."""
    read = ", ".join(f"{name}: {counts['read']}" for name, counts in report["replicas"].items())
    return f"All tools agree; nothing has changed since the last sync ({read}). ({report['seconds']:.1f} s)"


def remember(program: Program, report: Report) -> None:
    """Keep the note after a run, or take away an old one that no longer holds."""
    from syncengine import config, registry

    if not program.recalled and _local(program):
        config.keep(program, registry.places_of(replica.connector for replica in program.replicas))
    folder = os.path.dirname(program.lock_path)
    path = os.path.join(folder, _FILE)
    with contextlib.suppress(OSError):  # without the note the next run is a full one
        note = _note(program, report, folder) if report.status == "agreed" and not report.waiting else None
        if note is not None:
            _put(path, note)
        elif os.path.exists(path):
            os.unlink(path)


def _put(path: str, note: dict[str, object]) -> None:
    import orjson

    temporary = f"{path}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(orjson.dumps(note))
    os.replace(temporary, path)


def _note(program: Program, report: Report, folder: str) -> dict[str, object] | None:
    from datetime import UTC, datetime, timedelta

    from syncengine.registry import places_of
    from syncengine.run.live import places

    if not _local(program):
        return None
    kept = []
    for number, place in enumerate(places(program)):
        cursor = report.cursors.get(place.name)
        if cursor is None:
            return None
        with open(os.path.join(folder, f"glance-{number}.cursor"), "wb", opener=_private) as handle:
            handle.write(cursor)
        at = program.connectors.get(place.connector.name) or places_of([place.connector.name]).get(
            place.connector.name
        )
        kept.append({"connector": place.connector.name, "at": at, "settings": dict(place.settings)})
    looked_at = [program.path, program.state_url.removeprefix("sqlite:///")]
    if program.file.program.people:
        looked_at.append(os.path.join(program.folder, program.file.program.people))
    local = datetime.now(UTC).astimezone(program.locale.zone)
    midnight = (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    quiet = {
        name: {**dict.fromkeys(counts, 0), "read": counts["read"]} for name, counts in report.replicas.items()
    }
    return {"version": __version__, "until": midnight.timestamp(), "looks": [_look(p) for p in looked_at], "places": kept,
            "report": {**report.as_json(), "replicas": quiet}}  # fmt: skip


def _local(program: Program) -> bool:
    """Whether everything of the program is on this machine, and so no secret in its config."""
    from syncengine.run.live import places

    return (
        program.state_url.startswith("sqlite:///")
        and not _may_be_secret({"state": program.file.program.state})
        and not any(_may_be_secret(replica.settings) for replica in program.replicas)
        and not any(place.connector.capabilities.remote for place in places(program))
    )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _may_be_secret(settings: dict[str, Any]) -> bool:
    return any(isinstance(value, str) and value.startswith(_SECRETS) for value in settings.values())


def _look(path: str) -> list[object]:
    seen = os.stat(path)
    wal = f"{path}-wal"
    pending = os.stat(wal).st_size if os.path.exists(wal) else 0
    return [path, seen.st_mtime_ns, seen.st_size, seen.st_ino, pending]


def _same_place(folder: str, number: int, place: dict[str, Any]) -> bool:
    from syncengine.registry import load_connector

    with open(os.path.join(folder, f"glance-{number}.cursor"), "rb") as handle:
        cursor = handle.read()
    return load_connector(place["connector"], place=place.get("at")).unchanged(place["settings"], cursor)


def config_path(config: str | None) -> str | None:
    """As `config.find`, without its imports; `None` lets the full run explain."""
    here = os.path.abspath(config or os.getcwd())
    if os.path.isfile(here):
        return here
    while True:
        candidate = os.path.join(here, "mentorsync.toml")
        if os.path.isfile(candidate):
            return candidate
        above = os.path.dirname(here)
        if above == here:
            return None
        here = above


def _locked(path: str) -> bool:
    """Whether a run holds the program's lock now (it is an flock on POSIX; elsewhere the full run finds out)."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        with open(path, "rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
