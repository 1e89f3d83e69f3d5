"""What people have been told, kept beside the state in `schedule.json`; lost, they are told again.

Where that can't be written (the folder is gone, the disk is not mounted), it is kept in the user's own state folder.
"""

from __future__ import annotations

import contextlib
import os

from syncengine.schedule.news import Memory, as_json, from_json

_FILE = "schedule.json"


def there(folder: str) -> bool:
    """Whether there is anything to remember; without it a run that finds nothing new need not load this."""
    return os.path.exists(os.path.join(folder, _FILE))


def spare(id: str) -> str:
    """The file for a job whose own folder can't be written."""
    import platformdirs

    return os.path.join(platformdirs.user_state_dir("mentorsync"), f"schedule-{id}.json")


def load(folder: str, spare: str) -> Memory:
    """What is remembered; nothing where there is none, or half of one."""
    import orjson

    for path in (os.path.join(folder, _FILE), spare):
        with (
            contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError),
            open(path, "rb") as handle,
        ):
            return from_json(orjson.loads(handle.read()))
    return Memory()


def save(folder: str, spare: str, memory: Memory) -> None:
    """Remember this from now on. Where it can't be written at all, people are told again."""
    path = os.path.join(folder, _FILE)
    try:
        if memory.blank:
            _remove(path)
        else:
            _put(path, memory)
        _remove(spare)
    except OSError:
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(spare), mode=0o700, exist_ok=True)
            _put(spare, memory)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def _put(path: str, memory: Memory) -> None:
    import orjson

    descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(orjson.dumps(as_json(memory)))
    os.replace(f"{path}.new", path)
