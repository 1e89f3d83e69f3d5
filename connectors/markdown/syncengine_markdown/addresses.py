"""Addresses of notes, as people copy them from a file manager or from Obsidian."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qs, urlsplit

from syncengine.model.filelinks import inside, linked_file

_WIKI = re.compile(r"!?\[\[([^\]|#^]+)[^\]]*\]\]")


def linked_notes(link: str, root: str) -> list[str]:
    """The handles that an address may mean in the vault `root`, whether or not there are such notes."""
    wiki = _WIKI.fullmatch(link.strip())
    if wiki:
        return _with_ending(wiki[1].strip())
    if link.startswith("obsidian:"):
        said = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
        if "path" not in said:
            ours = said.get("vault", "").casefold() == os.path.basename(root).casefold()
            whole = said.get("file", "") if ours else ""
            both = dict.fromkeys((whole, whole.partition("#")[0]))  # a heading, or a part of the name
            return [note for one in both if one for note in _with_ending(one)]
        link = said["path"]
    found = linked_file(link)
    path = inside(found[0], root) if found else None
    if path is not None:
        return _with_ending(path)
    relative = found is not None and not link.startswith(("file:", "/", "~")) and ".." not in link.split("/")
    return _with_ending(link.replace("\\", "/")) if relative else []


def _with_ending(path: str) -> list[str]:
    return [path] if path.lower().endswith(".md") else [f"{path}.md"]
