"""Where each kind has its folder and which keys its notes use: from the config, the marker, or what is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from syncengine.errors import Unavailable
from syncengine.model.kind import Kind
from syncengine.model.template import Template
from syncengine_markdown.dialect import folded_key, keys_of
from syncengine_markdown.files import MOST_BYTES, read_whole
from syncengine_markdown.frontmatter import BrokenNote, take_apart
from syncengine_markdown.listing import scan
from syncengine_markdown.marker import Marker
from syncengine_markdown.names import file_stem, folded
from syncengine_markdown.reading import id_of, text_of


@dataclass(slots=True)
class Arrangement:
    """The vault's layout."""

    folders: dict[str, str] = field(default_factory=dict)
    """Kind to folder, whether or not it is there yet."""
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    adopted: dict[str, int] = field(default_factory=dict)
    """Kinds that setup has not met yet whose folder was there before, with the number of notes without an id."""


def arrange(root: str, template: Template, named: Mapping[str, str], marker: Marker | None) -> Arrangement:
    """The layout for `template`; `named`: the folders that the config names. Reads notes only of new kinds."""
    layout = Arrangement()
    known = marker.folders if marker else {}
    there = _folders(root)
    for kind in template.kinds.values():
        if kind.name in named:
            layout.folders[kind.name] = named[kind.name]
        elif kind.name in known:
            layout.folders[kind.name] = known[kind.name]
    for kind in template.kinds.values():
        if kind.name not in layout.folders:
            layout.folders[kind.name] = _folder_for(kind, there, {*layout.folders.values(), *known.values()})
        folder = layout.folders[kind.name]
        if marker and kind.name in known:
            layout.keys[kind.name] = marker.keys.get(kind.name, {})
        elif os.path.isdir(os.path.join(root, folder)):
            layout.adopted[kind.name], layout.keys[kind.name] = _look_into(root, folder, kind)
    return layout


def _folders(root: str) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(e.name for e in entries if e.name[0] != "." and e.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _folder_for(kind: Kind, there: list[str], taken: set[str]) -> str:
    wanted = [folded_key(name) for name in (kind.plural, kind.label, kind.name)]
    for name in wanted:
        for folder in there:
            if folded_key(folder) == name and folder not in taken:
                return folder
    stem, number = file_stem(kind.plural, kind.name), 1
    found = stem
    while folded(found) in {folded(one) for one in taken}:
        number += 1
        found = f"{stem} {number}"
    return found


def _look_into(root: str, folder: str, kind: Kind) -> tuple[int, dict[str, str]]:
    """How many notes without an id there are, and the keys that their front matter uses for the fields of `kind`."""
    used: dict[str, None] = {}
    strangers = 0
    try:
        found = scan(root, [folder], {})
    except Unavailable:
        return 0, {}
    for place, inside in found.items():
        for name, (_, size, _) in sorted(inside.changed.items()) if inside else ():
            if size > MOST_BYTES:
                continue
            try:
                note = take_apart(text_of(read_whole(os.path.join(root, place, name), size)[0]))
            except (OSError, BrokenNote):
                strangers += 1
                continue
            strangers += id_of(note) is None
            used.update(dict.fromkeys(note.values))
    return strangers, keys_of(kind, used)
