"""`.mentorsync/vault.json` in the vault: the id that proves it is the same place, and what setup found and made."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field

import orjson

from syncengine.errors import AccessError
from syncengine_markdown.files import write_whole

FOLDER, NAME = ".mentorsync", "vault.json"
VERSION = 1
_REMEDY = (
    "Restore the file from a backup; or delete it and run `mentorsync setup`, which finds the notes again."
)


@dataclass(slots=True)
class Marker:
    """What the file says."""

    place: str
    folders: dict[str, str] = field(default_factory=dict)
    """Kind to folder."""
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    """Kind to field to the key that people here use for it, where that isn't the field's name."""
    written: list[str] = field(default_factory=list)
    """Pages that setup has written, or found there; never written again."""


def marker_path(root: str) -> str:
    """Where the marker of the vault at `root` is."""
    return os.path.join(root, FOLDER, NAME)


def read_marker(root: str) -> Marker | None:
    """The marker; `None` where there is none. Raises `AccessError` for one that can't be used."""
    path = marker_path(root)
    try:
        if stat.S_ISLNK(os.lstat(os.path.dirname(path)).st_mode) or stat.S_ISLNK(os.lstat(path).st_mode):
            raise AccessError(
                "the vault's marker is a link, and links are not followed", where=path, remedy=_REMEDY
            )
        with open(path, "rb") as file:
            data = orjson.loads(file.read())
        return Marker(str(data["place"]), dict(data["folders"]), dict(data["keys"]), list(data["written"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise AccessError(f"the vault's marker can't be read: {problem.strerror}", where=path,
                          remedy="Give yourself the right to read it.") from problem  # fmt: skip
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
        raise AccessError("the vault's marker is damaged", where=path, remedy=_REMEDY) from problem


def write_marker(root: str, marker: Marker) -> None:
    """Put `marker` in its place, whole or not at all. Raises `OSError`."""
    os.makedirs(os.path.join(root, FOLDER), exist_ok=True)
    data = {"version": VERSION, "place": marker.place, "folders": marker.folders, "keys": marker.keys,
            "written": marker.written}  # fmt: skip
    write_whole(marker_path(root), orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
