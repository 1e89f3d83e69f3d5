"""Links that follow: when sync gives a note a new file name, the references of other notes lead there.

Only references in front matter: a link in somebody's prose is their text. Obsidian does the same when a person
renames a note in it. What can't be rewritten now still reads right, since old names are remembered (`Vault.former`).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from syncengine_markdown.dialect import Dialect
from syncengine_markdown.editing import with_front
from syncengine_markdown.files import Settler, Temporary, flush_folders, read_whole, remove, write_temporary
from syncengine_markdown.frontmatter import BrokenNote, Note, take_apart
from syncengine_markdown.links import links_in, stem_of
from syncengine_markdown.listing import paths
from syncengine_markdown.mapping import quoted
from syncengine_markdown.names import folded
from syncengine_markdown.placing import Retitled, same_file, written_file
from syncengine_markdown.pulling import digest_of
from syncengine_markdown.reading import BOM, text_of
from syncengine_markdown.vault import Vault

_TARGET = re.compile(rb"\[\[([^\[\]|\n]*)")


def relink(vault: Vault, retitled: Sequence[Retitled]) -> int:
    """Rewrite the links to the notes in `retitled`; returns how many notes changed. Leaves alone what it can't read."""
    stems = {folded(stem_of(one.old_path)) for one in retitled}
    names = {one.id: one for one in retitled}
    kinds = {dialect.kind.name for dialect in vault.dialects.values() if any(f.ref for f in dialect.fields)}
    written: list[tuple[str, bytes, os.stat_result, Temporary, str | None]] = []
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
                written.append((path, fresh, was, temporary, file.id))
        except (OSError, BrokenNote):
            continue
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
        ours = not label or label == one.old_title
        link = vault.atlas.link(one.id, one.new_title if ours else label, kind)
        text = text[: match.start()] + link + text[match.end() :]
    return text


def _put(vault: Vault, written: Sequence[tuple[str, bytes, os.stat_result, Temporary, str | None]]) -> int:
    failed = Settler().settle([temporary for _, _, _, temporary, _ in written])
    done = []
    for path, data, was, temporary, id in written:
        target = vault.absolute(path)
        now = time.time_ns()
        try:
            if temporary.path in failed or not same_file(was, target):
                raise OSError
            os.replace(temporary.path, target)
        except OSError:
            remove(temporary.path)
            continue
        vault.put(path, written_file(temporary.stat, data, id, now))
        done.append(path)
    flush_folders(_folders(vault, done))
    return len(done)


def _folders(vault: Vault, handles: Iterable[str]) -> Iterator[str]:
    for handle in handles:
        yield os.path.dirname(vault.absolute(handle))
