"""The vault as one opened replica knows it: its folders, its files, and where each record lies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from syncengine_markdown.dialect import Dialect
from syncengine_markdown.links import Atlas
from syncengine_markdown.listing import File, Shelf, paths


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
        return shelf.files.get(name) if shelf else None

    def put(self, handle: str, file: File) -> None:
        """The file was read or written."""
        place, _, name = handle.rpartition("/")
        shelf = self.shelves.get(place)
        if shelf is None:
            shelf = self.shelves[place] = Shelf([])
        shelf.files[name] = file
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
        file = self.file(handle)
        assert file is not None
        del self.shelves[place].files[name]  # type: ignore[union-attr]  # the file is in it
        self.put(to, file)
        if file.id is not None:
            self.former[handle] = file.id

    def stays(self, handle: str, to: str) -> None:
        """The note at `handle` could not get the name that was foretold."""
        self._foretold.discard(handle)
        self._lead(to, handle)

    def _lead(self, before: str, now: str) -> None:
        kind, id = self.atlas.drop(before)
        self.atlas.put(now, kind, id)
        if id is not None:
            self.atlas.renamed(before, id)

    def drop(self, handle: str) -> None:
        """The file is gone from its place."""
        place, _, name = handle.rpartition("/")
        shelf = self.shelves.get(place)
        if shelf and shelf.files.pop(name, None) and self._atlas:
            self._atlas.drop(handle)

    @property
    def atlas(self) -> Atlas:
        """Where every record lies; made when first asked for, kept right by `put` and `drop`."""
        if self._atlas is None:
            self._atlas = Atlas(self._notes(), self.former)
        return self._atlas

    def renamed(self, handle: str, id: str) -> None:
        """The note of `id` was at `handle` before."""
        self.former[handle] = id
        if self._atlas:
            self._atlas.renamed(handle, id)

    def forget_atlas(self) -> None:
        """The shelves were replaced."""
        self._atlas = None

    def _notes(self) -> Iterator[tuple[str, str, str | None]]:
        last, dialect = None, None
        for place, path, file in paths(self.shelves):
            if place != last:
                last, dialect = place, self.dialect_of(place)
            if dialect:
                yield path, dialect.kind.name, file.id

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
