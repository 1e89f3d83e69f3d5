"""Taking somebody out of the vault's trash, and searching all of its files. See `syncengine.connector.Erasing`."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from syncengine.model.words import FORMER, Words
from syncengine_markdown.dialect import ID, OTHER_ID
from syncengine_markdown.files import Settler, read_whole, remove, write_temporary
from syncengine_markdown.names import file_stem, folded, free_stem
from syncengine_markdown.placing import TRASH

_ID = re.compile(rf"^(?:{ID}|{OTHER_ID}):\s*[\"']?([0-7][0-9a-v]{{25}})[\"']?\s*$", re.MULTILINE)
_HEAD = 4_000
"""Characters in which the id of a note is looked for."""
_LARGEST = 64 * 1024 * 1024


def erase(root: str, ids: Collection[str], words: Words) -> int:
    """Take notes with these ids out of the trash, and the words out of our other notes in it; returns how many files.

    A note of ours that is called by the words gets another name, wherever it lies. Notes without an id of ours are
    people's own, and stay. Raises `OSError`.
    """
    done = 0
    trash = os.path.join(root, TRASH)
    if os.path.isdir(trash) and not os.path.islink(trash):
        done += sum(_erase(trash, name, ids, words) for name in sorted(os.listdir(trash)))
    for folder, folders, names in os.walk(root, followlinks=False):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            if words.count(name) and _id_of(os.path.join(folder, name)) is not None:
                _rename(folder, name, words)
                done += 1
    return done


def _id_of(path: str) -> str | None:
    """The id of ours that a note carries; `None` for people's own files, and for links."""
    if not path.endswith(".md") or not os.path.isfile(path) or os.path.islink(path):
        return None
    with open(path, encoding="utf-8", errors="replace") as handle:
        found = _ID.search(handle.read(_HEAD))
    return found[1] if found else None


def _erase(trash: str, name: str, ids: Collection[str], words: Words) -> bool:
    path = os.path.join(trash, name)
    id = _id_of(path)
    if id is None:
        return False
    if id in ids:
        remove(path)
        return True
    data, found = read_whole(path, os.path.getsize(path))
    text = data.decode("utf-8", "surrogateescape")
    if not words.count(text) and not words.count(name):
        return False
    temporary = write_temporary(trash, words.without(text).encode("utf-8", "surrogateescape"), found.st_mode)
    if failed := Settler().settle([temporary]):
        raise failed[temporary.path]
    os.replace(temporary.path, path)
    _rename(trash, name, words)
    return True


def _rename(folder: str, name: str, words: Words) -> None:
    if words.count(name):
        taken = {folded(other) for other in os.listdir(folder)}
        stem = free_stem(file_stem(words.without(name.removesuffix(".md")), FORMER), taken)
        os.rename(os.path.join(folder, name), os.path.join(folder, f"{stem}.md"))


def everything(root: str) -> Iterator[tuple[str, str]]:
    """Every file below the vault, hidden ones included, with its name; links are not followed."""
    for folder, folders, names in os.walk(root, followlinks=False):
        folders.sort()
        for name in sorted([*names, *folders]):
            path = os.path.join(folder, name)
            where = os.path.relpath(path, root)
            yield where, where
            if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) <= _LARGEST:
                with open(path, "rb") as handle:
                    yield where, handle.read().decode("utf-8", "replace")


KEEPS = (
    "Obsidian keeps earlier versions of notes (Settings → Core plugins → File recovery → Clear), and so do cloud drives "
    "and Git in theirs.",
)
