"""What people have been told, kept beside the state in `schedule.json`; lost, they are told again."""

from __future__ import annotations

import contextlib
import os

from syncengine.schedule.news import Memory, as_json, from_json

_FILE = "schedule.json"


def there(folder: str) -> bool:
    """Whether there is anything to remember; without it a run that finds nothing new need not load this."""
    return os.path.exists(os.path.join(folder, _FILE))


def load(folder: str) -> Memory:
    """What is remembered; nothing where there is none, or half of one."""
    import orjson

    try:
        with open(os.path.join(folder, _FILE), "rb") as handle:
            return from_json(orjson.loads(handle.read()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def save(folder: str, memory: Memory) -> None:
    """Remember this from now on. Where it can't be written, people are told again."""
    import orjson

    path = os.path.join(folder, _FILE)
    with contextlib.suppress(OSError):
        if memory.blank:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return
        descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(orjson.dumps(as_json(memory)))
        os.replace(f"{path}.new", path)
