"""The connector for a folder of Markdown notes. Light: what it needs is loaded when a vault is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from syncengine.connector import Capabilities, Opening, SettingsError

if TYPE_CHECKING:
    from syncengine_markdown.replica import MarkdownReplica

_KEYS = ("path", "folders")


class MarkdownConnector:
    """Keeps the contract `syncengine.connector.Connector`."""

    name = "markdown"
    capabilities = Capabilities(edit_times=timedelta(seconds=1))

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """`path`: the vault's folder (made absolute). `folders`: kind to folder in it (optional).

        Raises `SettingsError` naming each wrong key.
        """
        problems: dict[str, str] = {}
        for key in settings:
            if key not in _KEYS:
                problems[key] = f"a markdown replica has no such key; it has {' and '.join(_KEYS)}"
        path = settings.get("path")
        if not isinstance(path, str) or not path.strip() or "\0" in path:
            problems["path"] = 'name the folder of notes, like path = "notes"'
        folders = settings.get("folders", {})
        if not isinstance(folders, Mapping):
            problems["folders"] = 'name a folder for a kind, like folders = { goal = "Our goals" }'
        else:
            problems.update(_wrong_folders(folders))
        if problems:
            raise SettingsError(problems)
        absolute = os.path.normpath(os.path.join(base, os.path.expanduser(str(path).strip())))
        return {"path": absolute, "folders": {kind: _tidy(name) for kind, name in folders.items()}}

    def open(self, opening: Opening) -> MarkdownReplica:
        """The vault; nothing is read or written yet."""
        from syncengine_markdown.replica import MarkdownReplica

        return MarkdownReplica(opening)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """Whether stat alone proves that no note has been touched."""
        from syncengine_markdown.listing import hand_on, same_as, unpack

        past = unpack(cursor)
        marker = os.path.join(settings["path"], ".mentorsync", "vault.json")
        if past is None or same_as(past, settings["path"], marker, tuple(settings["folders"].items())):
            return past is not None
        hand_on(cursor, past)
        return False


def _tidy(folder: str) -> str:
    return "/".join(part.strip() for part in folder.split("/") if part.strip())


def _wrong_folders(folders: Mapping[Any, Any]) -> dict[str, str]:
    from syncengine.model.kinds import all_kinds  # only where somebody names folders

    problems: dict[str, str] = {}
    seen: dict[str, str] = {}
    for kind, folder in folders.items():
        key = f"folders.{kind}"
        if kind not in all_kinds():
            problems[key] = f"there is no such kind; there are {', '.join(all_kinds())}"
        elif not isinstance(folder, str) or not _tidy(folder):
            problems[key] = f'write a folder\'s name, like {kind} = "Our goals"'
        elif not _stays_inside(folder):
            problems[key] = (
                f"{folder!r} is not a folder inside the vault; write a plain name without .. : or a dot in front"
            )
        elif _tidy(folder).casefold() in seen:
            problems[key] = (
                f"{folder!r} is the folder of {seen[_tidy(folder).casefold()]} already; give each its own"
            )
        else:
            seen[_tidy(folder).casefold()] = kind
    return problems


def _stays_inside(folder: str) -> bool:
    if folder.startswith(("/", "~")) or re.search(r'[\\:*?"<>|\x00-\x1f]', folder):
        return False
    return all(not part.startswith(".") and not part.endswith(".") for part in _tidy(folder).split("/"))
