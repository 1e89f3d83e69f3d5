"""References as Obsidian's wiki links: `[[Ada Lovelace]]`, `[[Ada Lovelace 2|Ada Lovelace]]`.

Links are read by where they lead (the note's id), not by what they say, so both may be renamed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from syncengine_markdown.names import file_stem, folded

_LINK = re.compile(r"!?\[\[([^\[\]|\n]*)(?:\|([^\[\]\n]*))?\]\]")


def stem_of(path: str) -> str:
    """The file's name without folder and `.md`."""
    return path[path.rfind("/") + 1 : -3]


class Atlas:
    """Where every record of the vault lies; looked up by id, by file name and by path."""

    def __init__(
        self,
        notes: Iterable[tuple[str, str, str | None]],
        former: Mapping[str, str],
        kinds: Mapping[str, Callable[[], Iterable[tuple[str, str | None]]]] | None = None,
    ) -> None:
        """`notes`: (path, kind, id). `former`: path to id of notes that sync itself has renamed.

        `kinds`: kind to (path, id) of its notes, asked for when they are first needed: a run that changes a few notes
        follows only links to a few kinds.
        """
        self.read: dict[tuple[str, int], tuple[Any]] = {}
        """What links were found to mean (`mapping`); forgotten when anything moves."""
        self._kinds = dict(kinds or {})
        self._paths: dict[str, str] = {}
        self._twins: dict[str, set[str]] = {}
        self._notes: dict[str, tuple[str, str | None]] = {}
        self._stems: dict[str, tuple[str, ...]] = {}
        self._former: dict[str, list[tuple[str, str]]] = {}
        for path, kind, id in notes:
            self.plan(path, kind, id)
        for path, id in former.items():
            self.renamed(path, id)

    def _need(self, kind: str | None = None) -> None:
        """Ask for the notes of a kind, or of all."""
        for one in list(self._kinds) if kind is None else (kind,):
            notes = self._kinds.pop(one, None)
            for path, id in notes() if notes else ():
                self._put(path, one, id)

    @property
    def paths(self) -> Mapping[str, str]:
        """Record id to the path of its note."""
        self._need()
        return self._paths

    @property
    def twins(self) -> Mapping[str, set[str]]:
        """Ids that several notes carry, with their paths."""
        self._need()
        return self._twins

    def renamed(self, path: str, id: str) -> None:
        """The note of `id` was at `path` before: links there still mean it, until another note takes the name."""
        self.read.clear()
        self._former.setdefault(folded(stem_of(path)), []).append((path, id))

    def plan(self, path: str, kind: str, id: str | None) -> None:
        """The note at `path` will be that record's, whether or not it is there already."""
        self._need(kind)
        self.put(path, kind, id)

    def put(self, path: str, kind: str, id: str | None) -> None:
        """The note at `path` is that record's (the first one keeps an id that is there twice)."""
        if kind not in self._kinds and self._notes.get(path) != (kind, id):
            if path in self._notes:
                self.drop(path)
            self.read.clear()
            self._put(path, kind, id)

    def _put(self, path: str, kind: str, id: str | None) -> None:
        self._notes[path] = (kind, id)
        stem = folded(stem_of(path))
        self._stems[stem] = (*self._stems.get(stem, ()), path)
        if id is not None and (first := self._paths.setdefault(id, path)) != path:
            self._twins.setdefault(id, {first}).add(path)

    def lead(self, before: str, now: str, kind: str) -> str | None:
        """The note of `kind` at `before` is to be found at `now`; returns its id."""
        self._need(kind)
        _, id = self._notes[before]
        self.drop(before)
        self.put(now, kind, id)
        return id

    def drop(self, path: str) -> None:
        """There is no note at `path` any more."""
        if path not in self._notes:
            return  # of a kind that nobody has asked for yet
        self.read.clear()
        _, id = self._notes.pop(path)
        stem = folded(stem_of(path))
        self._stems[stem] = tuple(one for one in self._stems[stem] if one != path)
        if id is None:
            return
        others = self._twins.get(id, set()) - {path}
        if self._paths.get(id) == path:
            del self._paths[id]
            if others:
                self._paths[id] = min(others)
        if len(others) > 1:
            self._twins[id] = others
        else:
            self._twins.pop(id, None)

    def target(self, link: str, kind: str) -> str | None:
        """The id of the note of `kind` to which a link's target leads; `None`: to none, or it has no id yet."""
        self._need(kind)
        for target in (link, re.split("[#^]", link, maxsplit=1)[0]):
            path = target.strip().removesuffix(".md").lstrip("/")
            found = self._at(path, kind)
            if found:
                ids = {id for _, id in found}
                return ids.pop() if len(ids) == 1 else None
        return None

    def _at(self, path: str, kind: str) -> list[tuple[str, str | None]]:
        name = folded(path[path.rfind("/") + 1 :])
        here = [
            (one, self._notes[one][1]) for one in self._stems.get(name, ()) if self._notes[one][0] == kind
        ]
        exact = [note for note in here if folded(note[0]) == folded(f"{path}.md")]
        return exact or here or list(self._former.get(name, ()))

    def link(self, id: str, label: str, kind: str) -> str:
        """The link to record `id`: by file name, with the folder where another note is called the same."""
        path = self.paths.get(id)
        if path is None:
            target = file_stem(label, "Untitled")
        else:
            target = stem_of(path)
            if "[" in target or "]" in target or "|" in target:
                return id  # a name that no link can hold
            if len(self._stems[folded(target)]) > 1:
                target = path[:-3]
        shown = label.replace("[", "(").replace("]", ")").replace("|", "/").replace("\n", " ").strip()
        return f"[[{target}]]" if shown == target or not shown else f"[[{target}|{shown}]]"


def links_in(text: str) -> Iterator[tuple[str, str, re.Match[str]]]:
    """The target and the label ("" without one) of each wiki link in `text`."""
    for match in _LINK.finditer(text):
        yield match[1].strip(), (match[2] or "").strip(), match


def name_in(target: str, label: str) -> str:
    """What to call a record whose note isn't there: the label where the target was made from it."""
    stem = target[target.rfind("/") + 1 :].removesuffix(".md")
    return label if label and file_stem(label, "") == stem else stem or label


def only_links(text: str) -> bool:
    """Whether there is nothing but links (and what divides them) in `text`."""
    return not _LINK.sub("", text).strip(" \t\n,;")
