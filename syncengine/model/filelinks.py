"""Addresses of files on this machine, as the tools that are files give and take them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit


def file_link(path: str, part: str = "") -> str:
    """The `file:` URI of a file; `part` is where in it, for programs that know such parts (`Goals!A5`)."""
    address = Path(os.path.abspath(path)).as_uri()
    within = quote(part, safe="!':$")
    return f"{address}#{within}" if within else address


def linked_file(link: str) -> tuple[str, str] | None:
    """The path, with links resolved, and the part that a `file:` URI or a plain path names; `None` for another address."""
    if link.startswith("file:"):
        said = urlsplit(link)
        path = unquote(said.path)
        if os.name == "nt":
            path = path.lstrip("/")
        return os.path.realpath(path), unquote(said.fragment)
    if "://" in link or "\0" in link:
        return None
    return os.path.realpath(os.path.expanduser(link)), ""


def inside(path: str, folder: str) -> str | None:
    """`path` (from `linked_file`) relative to a folder, with `/`; `None` where it is not in there."""
    home = os.path.realpath(folder)
    return path[len(home) + 1 :].replace(os.sep, "/") if path.startswith(home + os.sep) else None
