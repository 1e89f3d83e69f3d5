"""The vault as one opened replica knows it: its folders, its files, and where each record lies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Set
from functools import partial

from syncengine_markdown.dialect import Dialect
from syncengine_markdown.links import Atlas
from syncengine_markdown.shelf import File, Shelf


class Vault:
    """Handles are paths relative to `root`, with `/`."""

    def __init__(self, root: str, dialects: Mapping[str, Dialect]) -> None:
        self.root = root
        self.dialects = dialects
        self.shelves: dict[str, Shelf | None] = {}
        self.former: dict[str, str] = {}
        self._tops = {dialect.folder: dialect for dialect in dialects.values()}
        self._atlas: Atlas | None = None
        self._safe: set[str] = set()
        self._foretold: set[str] = set()

    def absolute(self, handle: str) -> str:
        """Where the file is."""
        return f"{self.root}/{handle}"

    def dialect_of(self, place: str) -> Dialect | None:
        """The dialect of the folder `place`: that of the nearest kind's folder above it."""
        while place:
            if place in self._tops:
                return self._tops[place]
            place = place.rpartition("/")[0]
        return None

    def file(self, handle: str) -> File | None:
        """The file as it was last read or written."""
        place, _, name = handle.rpartition("/")
        shelf = self.shelves.get(place)
        return shelf.get(name) if shelf else None

    def put(self, handle: str, file: File) -> None:
        """The file was read or written."""
        place, _, name = handle.rpartition("/")
        shelf = self.shelves.get(place)
        if shelf is None:
            shelf = self.shelves[place] = Shelf([])
        shelf.put(name, file)
        dialect = self.dialect_of(place)
        if self._atlas and dialect and handle not in self._foretold:
            self._atlas.put(handle, dialect.kind.name, file.id)

    def foretell(self, handle: str, to: str) -> None:
        """Links are to lead to `to` from now on: the note at `handle` gets that name next (`moved`, or `stays`)."""
        self._lead(handle, to)
        self._foretold.add(handle)

    def moved(self, handle: str, to: str) -> None:
        """The note at `handle` has got the name that was foretold."""
        self._foretold.discard(handle)
        place, _, name = handle.rpartition("/")
        file, shelf = self.file(handle), self.shelves[place]
        assert file is not None
        assert shelf is not None
        shelf.drop(name)
        self.put(to, file)
        if file.id is not None:
            self.former[handle] = file.id

    def stays(self, handle: str, to: str) -> None:
        """The note at `handle` could not get the name that was foretold."""
        self._foretold.discard(handle)
        self._lead(to, handle)

    def _lead(self, before: str, now: str) -> None:
        dialect = self.dialect_of(before.rpartition("/")[0])
        assert dialect is not None
        id = self.atlas.lead(before, now, dialect.kind.name)
        if id is not None:
            self.atlas.renamed(before, id)

    def drop(self, handle: str) -> None:
        """The file is gone from its place."""
        place, _, name = handle.rpartition("/")
        shelf = self.shelves.get(place)
        if shelf and shelf.drop(name) and self._atlas:
            self._atlas.drop(handle)

    @property
    def atlas(self) -> Atlas:
        """Where every record lies; filled kind by kind when it is asked for, kept right by `put` and `drop`."""
        if self._atlas is None:
            kinds = {d.kind.name: partial(self._notes, d) for d in self.dialects.values()}
            self._atlas = Atlas((), self.former, kinds)
        return self._atlas

    def unsettled(self) -> list[str]:
        """The handles of the notes that were too young to trust their times."""
        return [
            f"{place}/{name}"
            for place, shelf in self.shelves.items()
            for name in sorted(shelf.unsettled if shelf else ())
        ]

    def has_twins(self, ids: Set[str]) -> bool:
        """Whether several notes carry one of `ids`."""
        shelves = [shelf for shelf in self.shelves.values() if shelf]
        carried = [id for shelf in shelves for id in shelf.columns()[-1] if id in ids]
        return len(set(carried)) < len(carried)

    def renamed(self, handle: str, id: str) -> None:
        """The note of `id` was at `handle` before."""
        self.former[handle] = id
        if self._atlas:
            self._atlas.renamed(handle, id)

    def forget_atlas(self) -> None:
        """The shelves were replaced, or nobody follows links for now."""
        self._atlas = None

    def _notes(self, dialect: Dialect) -> Iterator[tuple[str, str | None]]:
        """Path and id of each note of a kind."""
        for place, shelf in self.shelves.items():
            if shelf and self.dialect_of(place) is dialect:
                ids = shelf.ids()
                for name in sorted(ids):
                    yield f"{place}/{name}", ids[name]

    def inside(self, handle: str) -> bool:
        """Whether `handle` names something within the vault that no link leads out of."""
        place = handle.rpartition("/")[0]
        if place not in self._safe:
            parts = handle.split("/")
            if (
                any(part in ("", ".", "..") or ("\\" in part and os.sep == "\\") for part in parts)
                or ":" in parts[0]
            ):
                return False
            root = os.path.realpath(self.root)
            if os.path.realpath(os.path.join(root, place)) != os.path.normpath(os.path.join(root, place)):
                return False
            self._safe.add(place)
        return handle.rpartition("/")[2] not in ("", ".", "..")
