"""A template made real in a folder: kinds' folders, guide pages, a home note, the marker. Nothing that is not ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from syncengine.connector import Step
from syncengine.errors import AccessError
from syncengine.model.template import Template
from syncengine_markdown.adopting import Arrangement
from syncengine_markdown.files import clear, write_once
from syncengine_markdown.marker import FOLDER, Marker, write_marker
from syncengine_markdown.names import file_stem

GUIDE, HOME = "Guide", "Home"


def steps(root: str, template: Template, layout: Arrangement, marker: Marker | None) -> Sequence[Step]:
    """What `provision` would do, in words; [] when it is all done."""
    every = [Step("make", f"the folder {root}")] if not os.path.isdir(root) else []
    every += _folder_steps(root, template, layout, marker)
    for name, path in _pages(template):
        if not marker or name not in marker.written:
            there = os.path.lexists(os.path.join(root, path))
            every.append(
                Step("keep", f"{path}, which is there already") if there else Step("make", f"the page {path}")
            )
    if marker is None:
        every.append(Step("make", "the mark by which this vault is known again (.mentorsync/vault.json)"))
    elif not every and (marker.folders, marker.keys) != _settled(layout, marker):
        every.append(Step("repair", "the note of which folder holds what (.mentorsync/vault.json)"))
    return every


def _folder_steps(
    root: str, template: Template, layout: Arrangement, marker: Marker | None
) -> Iterator[Step]:
    for kind in template.kinds.values():
        folder = layout.folders[kind.name]
        if not os.path.isdir(os.path.join(root, folder)):
            known = marker is not None and kind.name in marker.folders
            yield Step(
                "repair" if known else "make", f"the folder {folder}, a note for each {kind.label.lower()}"
            )
        elif kind.name in layout.adopted:
            notes = layout.adopted[kind.name]
            said = f"the folder {folder} as {kind.plural}" + (f", with its {notes} notes" if notes else "")
            keys = layout.keys.get(kind.name, {})
            pairs = ", ".join(f"“{key}” is {kind.fields[name].label}" for name, key in keys.items())
            yield Step("adopt", said + (f"; {pairs}" if pairs else ""))


def _settled(layout: Arrangement, marker: Marker) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What the marker is to say: other templates' kinds stay known."""
    keys = {kind: keys for kind, keys in layout.keys.items() if keys}
    return {**marker.folders, **layout.folders}, {**marker.keys, **keys}


def _pages(template: Template) -> list[tuple[str, str]]:
    """Name and path of each page, the home note last."""
    pages = [(page.name, f"{GUIDE}/{file_stem(page.title, page.name)}.md") for page in template.pages]
    return [*pages, (HOME, f"{HOME}.md")]


def make(root: str, template: Template, layout: Arrangement, marker: Marker | None, place: str) -> None:
    """Do the `steps` and stamp `place`. May be repeated at any point. Raises `AccessError`."""
    fresh = Marker(place) if marker is None else Marker(place, written=list(marker.written))
    fresh.folders, fresh.keys = _settled(layout, marker or fresh)
    texts = {page.name: f"# {page.title}\n\n{page.text}" for page in template.pages}
    texts[HOME] = home(template, layout)
    try:
        for folder in (*layout.folders.values(), GUIDE):
            os.makedirs(os.path.join(root, folder), exist_ok=True)
        for folder in (GUIDE, FOLDER, "."):
            clear(os.path.join(root, folder))
        for name, path in _pages(template):
            if name not in fresh.written:
                write_once(os.path.join(root, path), texts[name].encode())
                fresh.written.append(name)
        if fresh != marker:
            write_marker(root, fresh)
    except OSError as problem:
        raise AccessError(f"the vault can't be set up: {problem.strerror}", where=str(problem.filename or root),
                          remedy="Make room, or give yourself the right to write there, and run setup again.") from problem  # fmt: skip


def home(template: Template, layout: Arrangement) -> str:
    """The home note: what is where."""
    lines = [f"# {template.title}", "", "## How this works", ""]
    lines += [f"- [[{GUIDE}/{file_stem(page.title, page.name)}|{page.title}]]" for page in template.pages]
    lines += ["", "## What is where", ""]
    lines += [f"- **{layout.folders[kind.name]}**: {kind.help}" for kind in template.kinds.values()]
    lines += [
        "",
        "Each note is one record: its properties are on top, its words below. Fill in and change what you like; a new",
        "note in one of these folders becomes a new record. Notes and properties of your own stay yours.",
        "",
    ]
    return "\n".join(lines)
