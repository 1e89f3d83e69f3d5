"""The log: one JSON object a line, in `.mentorsync/log.jsonl`, for whoever has to find out what an unattended run did.

It holds names of replicas and kinds of things, counts, record ids, and the types of errors; never a value of a
field, never a title, never a setting. It is rotated at 1 MB, and readable by its owner alone.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

_LONG = 1_000_000

logger = logging.getLogger("mentorsync")
logger.addHandler(logging.NullHandler())
logger.propagate = False


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, Any] = getattr(record, "said", {})
        return json.dumps({"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **said})


class _OwnersOnly(logging.FileHandler):
    def _open(self) -> Any:
        return open(
            self.baseFilename, "a", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)
        )


def _rotate(path: str) -> None:
    """Begin a new log where this one is long: `log.jsonl.1` is the one before, `log.jsonl.2` the one before that.

    Once a run is often enough for what it notes, and the library's handler costs every run more than it writes.
    """
    if os.path.exists(path) and os.path.getsize(path) >= _LONG:
        if os.path.exists(f"{path}.1"):
            os.replace(f"{path}.1", f"{path}.2")
        os.replace(path, f"{path}.1")


def event(name: str, **said: str | int | float | bool | dict[str, int] | None) -> None:
    """Note that something happened; `said` must be counts, ids and names of ours (see the module)."""
    logger.info(name, extra={"said": said})


@contextmanager
def kept(folder: str) -> Iterator[None]:
    """Write events to the log in `folder` (the one of the lock) for the time of a run.

    A log that can't be written is no reason not to sync.
    """
    try:
        path = os.path.join(folder, "log.jsonl")
        _rotate(path)
        handler = _OwnersOnly(path)
    except OSError:
        yield
        return
    handler.setFormatter(_JsonLines())
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
