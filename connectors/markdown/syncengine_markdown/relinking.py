"""Notes that get a new file name since their record is called something else, and the links that follow.

Links first, then the name, then (in `pushing`) what the note says: a run that dies anywhere in between leaves a note
that is still to be written, so the next run does all of it again.

Only references in front matter: a link in somebody's prose is their text. Obsidian does the same when a person
renames a note in it. What can't be rewritten now still reads right, since old names are remembered (`Vault.former`).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from syncengine.errors import FULL
from syncengine_markdown.dialect import Dialect
from syncengine_markdown.editing import with_front
from syncengine_markdown.files import (
    Settler,
    Temporary,
    flush_folders,
    move,
    read_whole,
    remove,
    write_temporary,
)
from syncengine_markdown.frontmatter import BrokenNote, Note, take_apart
from syncengine_markdown.links import links_in, stem_of
from syncengine_markdown.listing import paths
from syncengine_markdown.mapping import quoted
from syncengine_markdown.names import folded
from syncengine_markdown.placing import same_file, written_file
from syncengine_markdown.pulling import digest_of
from syncengine_markdown.reading import BOM, text_of
from syncengine_markdown.vault import Vault

_TARGET = re.compile(rb"\[\[([^\[\]|\n]*)")


class Retitled(NamedTuple):
    """A note that is to be named anew."""

    id: str
    path: str
    new_path: str
    title: str
    new_title: str

    @property
    def back(self) -> Retitled:
        """The other way round."""
        return Retitled(self.id, self.new_path, self.path, self.new_title, self.title)


def rename(vault: Vault, retitled: Sequence[Retitled]) -> int:
    """Give the notes their new names, and lead links there; returns how many other notes changed for it."""
    for one in retitled:
        vault.foretell(one.path, one.new_path)
    try:
        calls = _relink(vault, retitled)
    except _NoRoom:  # the next run does it, with all that can't be written now
        for one in retitled:
            vault.stays(one.path, one.new_path)
        return 0
    failed = []
    for one in retitled:
        try:
            move(vault.absolute(one.path), vault.absolute(one.new_path))
        except OSError:  # somebody has just taken the name: what the note says is written all the same
            vault.stays(one.path, one.new_path)
            failed.append(one.back)
        else:
            vault.moved(one.path, one.new_path)
    with contextlib.suppress(
        OSError, _NoRoom
    ):  # the names are changed; what says so may be lost, and is found again
        flush_folders(_folders(vault, [one.path for one in retitled]))
        calls += _relink(vault, failed)
    return calls


class _NoRoom(Exception):
    """The disk is full; no link was rewritten."""


def _relink(vault: Vault, retitled: Sequence[Retitled]) -> int:
    """Rewrite the links to the notes in `retitled`; returns how many notes changed. Leaves alone what it can't read.

    Raises `_NoRoom`.
    """
    if not retitled:
        return 0
    stems = {folded(stem_of(one.path)) for one in retitled}
    names = {one.id: one for one in retitled}
    kinds = {dialect.kind.name for dialect in vault.dialects.values() if any(f.ref for f in dialect.fields)}
    written: list[_Written] = []
    for place, path, file in list(paths(vault.shelves)):
        dialect = vault.dialect_of(place)
        if dialect is None or dialect.kind.name not in kinds or not vault.inside(path):
            continue
        try:
            data, was = read_whole(vault.absolute(path), file.size)
            if not _mentions(data, stems) or digest_of(data) != file.digest:
                continue
            fresh = _rewritten(vault, dialect, data, names)
            if fresh is not None:
                temporary = write_temporary(vault.absolute(place), fresh, was.st_mode)
                written.append(_Written(path, fresh, was, temporary, file.id))
        except BrokenNote:
            continue
        except OSError as problem:
            _require_room(problem, written)
    return _put(vault, written)


def _mentions(data: bytes, stems: set[str]) -> bool:
    end = data.find(b"\n---", 3)
    for target in _TARGET.findall(data, 0, end if end > 0 else len(data)):
        name = target.decode(errors="replace").rpartition("/")[2]
        if folded(name.strip().removesuffix(".md")) in stems:
            return True
    return False


def _rewritten(vault: Vault, dialect: Dialect, data: bytes, names: Mapping[str, Retitled]) -> bytes | None:
    note = take_apart(text_of(data))
    changes: dict[str, str] = {}
    for name, key in dialect.find(note).items():
        kind, value = dialect.kind.fields[name].ref, note.values[key]
        if kind is None or not isinstance(value, str | list):
            continue
        parts = value if isinstance(value, list) else [value]
        fresh = [_followed(vault, part or "", kind, names) for part in parts]
        if fresh != parts:
            lines = "".join(f"\n  - {quoted(part)}" for part in fresh)
            changes[key] = lines if isinstance(value, list) else f" {quoted(fresh[0])}"
    if not changes:
        return None
    text = with_front(note, changes, dialect.order)
    _same_prose(note, text)
    mark = BOM if data.startswith(BOM.encode()) else ""
    return (mark + text).encode()


def _same_prose(note: Note, text: str) -> None:
    after = take_apart(text)
    if after.text[after.body :] != note.text[note.body :] or after.values.keys() != note.values.keys():
        raise BrokenNote(0, "its links can't be rewritten safely", "")


def _followed(vault: Vault, text: str, kind: str, names: Mapping[str, Retitled]) -> str:
    """`text` with the links to renamed notes leading to where these are now; a label of the person's own stays."""
    for target, label, match in reversed(list(links_in(text))):
        one = names.get(vault.atlas.target(target, kind) or "")
        if one is None:
            continue
        ours = not label or label == one.title
        link = vault.atlas.link(one.id, one.new_title if ours else label, kind)
        text = text[: match.start()] + link + text[match.end() :]
    return text


class _Written(NamedTuple):
    path: str
    data: bytes
    was: os.stat_result
    temporary: Temporary
    id: str | None


def _require_room(problem: OSError, written: Sequence[_Written]) -> None:
    if problem.errno in FULL:
        for one in written:
            remove(one.temporary.path)
        raise _NoRoom from problem


def _put(vault: Vault, written: Sequence[_Written]) -> int:
    failed = Settler().settle([one.temporary for one in written])
    for problem in failed.values():
        _require_room(problem, written)
    done = []
    for path, data, was, temporary, id in written:
        target = vault.absolute(path)
        now = temporary.now()
        try:
            if temporary.path in failed or not same_file(was, target):
                raise OSError
            os.replace(temporary.path, target)
        except OSError:
            remove(temporary.path)
            continue
        vault.put(path, written_file(temporary, data, id, now))
        done.append(path)
    with contextlib.suppress(OSError):  # as in `rename`
        flush_folders(_folders(vault, done))
    return len(done)


def _folders(vault: Vault, handles: Iterable[str]) -> Iterator[str]:
    for handle in handles:
        yield os.path.dirname(vault.absolute(handle))
