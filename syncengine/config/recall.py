"""A configuration that was found to be right need not be checked again, as long as not a letter of it changes.

The note lies beside the state and is only a shortcut, like the glance: without it, or in any doubt, the file is checked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson

from syncengine import __version__
from syncengine.config.sections import (
    GuardsSection,
    MailSection,
    PairSection,
    PersonSection,
    ProgramFile,
    ProgramSection,
    ReplicaSection,
    ScheduleSection,
)

if TYPE_CHECKING:
    from syncengine.config.program import Program


def _note(path: str) -> str:
    return os.path.join(os.path.dirname(os.path.abspath(path)), ".mentorsync", "config.json")


def _stamp(text: str) -> list[str]:
    return [__version__, blake2b(text.encode(), digest_size=16).hexdigest()]


def recall(path: str, text: str) -> tuple[ProgramFile, dict[str, str]] | None:
    """What `text`, which stands in the file at `path`, was found to say, and where its connectors were found.

    `None`: nobody knows.
    """
    try:
        with open(_note(path), "rb") as handle:
            note = orjson.loads(handle.read())
        return (_file(note["file"]), note["connectors"]) if note["stamp"] == _stamp(text) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(said: dict[str, Any]) -> ProgramFile:
    return ProgramFile(
        ProgramSection(**said["program"]),
        [ReplicaSection(**one) for one in said["replica"]],
        [PersonSection(**one) for one in said["person"]],
        [PairSection(**one) for one in said["pair"]],
        MailSection(**said["mail"]) if said["mail"] else None,
        ScheduleSection(**said["schedule"]) if said["schedule"] else None,
        GuardsSection(**said["guards"]),
    )


def keep(program: Program, connectors: Mapping[str, str]) -> None:
    """Note what the program's file says, and where its connectors are. The caller knows that there is no secret in it."""
    if program.recalled:
        return
    said = asdict(program.file)
    path, stamp = _note(program.path), _stamp(program.text)
    with contextlib.suppress(OSError, TypeError):  # what JSON can't hold is read from the file each time
        note = orjson.dumps({"stamp": stamp, "file": said, "connectors": connectors})
        if orjson.loads(note)["file"] != said:
            return
        descriptor = os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(note)
        os.replace(f"{path}.new", path)
