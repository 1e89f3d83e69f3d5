"""One read of the vault: stat everything, digest what differs, parse what has changed."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from hashlib import blake2b
from typing import NamedTuple

from syncengine.connector import Pull, Trouble
from syncengine_markdown.clock import settled
from syncengine_markdown.dialect import Dialect
from syncengine_markdown.files import MOST_BYTES, read_whole
from syncengine_markdown.frontmatter import BrokenNote, take_apart
from syncengine_markdown.links import stem_of
from syncengine_markdown.listing import Past, scan
from syncengine_markdown.reading import Draft, not_an_id, read_note, text_of, too_long
from syncengine_markdown.shelf import UNSETTLED, File, Folder, Shelf
from syncengine_markdown.vault import Vault


def digest_of(data: bytes) -> int:
    """What tells two contents apart: 64 bits, since it is only ever compared with the file's own last one."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")


class _Seen(NamedTuple):
    """A file that has to be looked at: its stat from the scan, and what was known of it."""

    dialect: Dialect
    path: str
    mtime: int
    size: int
    inode: int
    before: File | None
    shelf: Shelf


class Puller:
    """Reads a vault once. Afterwards the vault's shelves hold what was found."""

    def __init__(self, vault: Vault, past: Past | None, again: Collection[str]) -> None:
        self.vault, self.past, self.again = vault, past, set(again)
        self.calls = 0
        self.leftovers: list[str] = []
        self._drafts: dict[str, Draft] = {}
        self._troubles: list[Trouble] = []
        self._strays: dict[str, str] = {}
        self._known: set[str] = set()
        self._now = 0

    def pull(self) -> Pull:
        """See `Replica.pull`."""
        self._now = time.time_ns()
        before = self.past.shelves if self.past else {}
        found = scan(self.vault.root, [dialect.folder for dialect in self.vault.dialects.values()], before)
        self.vault.shelves, self.vault.former = {}, dict(self.past.former) if self.past else {}
        self.vault.forget_atlas()
        todo: list[_Seen] = []
        for place, folder in found.items():
            todo.extend(self._shelve(place, folder, before.get(place)))
        for seen in todo:
            self._look(seen, seen.path in self.again)
        gone = self._gone(before, found) if self.past else []
        if self.past and self.again:
            gone += self._asked_and_gone(gone, found)
        self._again()
        self._twins()
        items = [
            draft.finish(self.vault.atlas) if draft.links else draft.item for draft in self._drafts.values()
        ]
        items = [item for item in items if item.handle not in self._strays]
        for shelf in self.vault.shelves.values():
            if shelf:
                shelf.columns()  # in which many notes take half the room
        present = sum(folder.count for folder in found.values() if folder)
        return Pull(items, self.past is None, self._holds(found), gone, self._troubles, present)

    def _shelve(self, place: str, folder: Folder | None, shelf: Shelf | None) -> Iterator[_Seen]:
        """Put the folder among the vault's; yields the files that differ from the last time."""
        dialect = self.vault.dialect_of(place)
        if folder is None or dialect is None:
            self.vault.shelves[place] = None
            return
        self._odd(place, folder, dialect)
        self.leftovers.extend(f"{place}/{name}" for name in folder.leftovers)
        if shelf and shelf.same(folder):
            self.vault.shelves[place] = shelf
            return
        fresh = self.vault.shelves[place] = (shelf or Shelf([])).kept(folder)
        for name in sorted(folder.changed):
            before = shelf.get(name) if shelf else None
            yield _Seen(dialect, f"{place}/{name}", *folder.changed[name], before, fresh)
        for name in folder.odd:
            before = shelf.get(name[1:-7]) if shelf and name.endswith(".icloud") else None
            if before:
                fresh.put(name[1:-7], before._replace(mtime=UNSETTLED))

    def _odd(self, place: str, folder: Folder, dialect: Dialect) -> None:
        for name in folder.odd:
            kind = dialect.kind.name
            if name.endswith(".icloud"):
                handle = f"{place}/{name[1:-7]}"
                self._troubles.append(Trouble(handle, "the note is in iCloud and not on this computer",
                                              "Open it once, or choose to keep the folder downloaded.", "", kind, handle))  # fmt: skip
                continue
            shown = name.encode(errors="surrogateescape").decode(errors="replace")
            self._troubles.append(Trouble(f"{place}/{shown}", "the file's name is not UTF-8 text",
                                          "Rename the file.", shown, kind))  # fmt: skip

    def _look(self, seen: _Seen, wanted: bool) -> None:
        """Read one file; parse it if its content is new (or it is `wanted`)."""
        path, before = seen.path, seen.before
        try:
            if seen.size > MOST_BYTES:
                raise too_long(seen.size)
            self.calls += 1
            data, _ = read_whole(self.vault.absolute(path), seen.size)
            digest = digest_of(data)
            if before and before.digest == digest and not wanted:
                self._put(seen, digest, before.id)
                return
            note = take_apart(text_of(data))
            del data
            draft = read_note(seen.dialect, path, note, seen.mtime)
        except FileNotFoundError:
            return  # removed since the scan: as gone as if it had been a moment earlier
        except OSError as problem:
            self._trouble(seen, BrokenNote(0, f"the file can't be read: {problem.strerror}",
                                           "Give yourself the right to read it."))  # fmt: skip
            return
        except BrokenNote as problem:
            self._trouble(seen, problem)
            return
        self._put(seen, digest, draft.item.id)
        if draft.item.id is None and before and before.id:
            draft.item.id = not_an_id(note)  # somebody wrote over it: the engine tells them
        self._drafts[path] = draft
        if before:
            self._known.add(path)

    def _put(self, seen: _Seen, digest: int, id: str | None) -> None:
        mtime = seen.mtime if settled(seen.mtime, self._now) else UNSETTLED
        self.vault.put(seen.path, File(mtime, seen.size, seen.inode, digest, id))

    def _trouble(self, seen: _Seen, problem: BrokenNote) -> None:
        where = f"{seen.path}, line {problem.line}" if problem.line else seen.path
        kind = seen.dialect.kind.name
        self._troubles.append(Trouble(where, problem.reason, problem.remedy, problem.value, kind, seen.path))
        id = seen.before.id if seen.before else None
        self.vault.put(seen.path, File(UNSETTLED, seen.size, seen.inode, None, id))

    def _gone(self, before: dict[str, Shelf | None], found: dict[str, Folder | None]) -> list[str]:
        """Handles that are certainly gone: not where they were, and their id nowhere else."""
        vanished: list[tuple[str, File]] = []
        for place, shelf in before.items():
            here = self.vault.shelves.get(place)
            if shelf is None or shelf is here:
                continue
            for name in shelf.lost(here):
                file = shelf.get(name)
                vanished += [(f"{place}/{name}", file)] if file else []
        gone = []
        for path, file in sorted(vanished):
            dialect = self.vault.dialect_of(path.rpartition("/")[0])
            if dialect is None or found.get(dialect.folder) is None:
                continue  # a whole kind that is missing is the coordinator's to look at, not a deletion (rule 1)
            if file.id is None and file.digest is None:
                continue  # it was never read
            if not self._moved(path, file, dialect):
                gone.append(path)
        return gone

    def _moved(self, path: str, file: File, dialect: Dialect) -> bool:
        """Whether the note that was at `path` lies somewhere else now; takes note of the old name, for links."""
        now = self.vault.atlas.paths.get(file.id) if file.id else None
        if now is None:
            return False
        there = self.vault.dialect_of(now.rpartition("/")[0])
        if there is not dialect and there is not None:
            self._stray(path, file, now, dialect, there)
        elif stem_of(now) != stem_of(path) and file.id:
            self.vault.renamed(path, file.id)
        return True

    def _stray(self, path: str, file: File, now: str, dialect: Dialect, there: Dialect) -> None:
        """A note in the folder of another kind is held, not made into something else."""
        self._strays[now] = path
        self._troubles.append(Trouble(now, f"this {dialect.kind.label.lower()} lies among {there.kind.plural}",
                                      f"Move it back into {dialect.folder}.", "", dialect.kind.name, path))  # fmt: skip
        place, _, name = path.rpartition("/")
        shelf = self.vault.shelves.get(place) or Shelf([])
        self.vault.shelves[place] = shelf
        shelf.put(name, file._replace(mtime=UNSETTLED, digest=None))  # so that the next read asks again
        moved = self.vault.file(now)
        if moved:
            self.vault.put(now, moved._replace(mtime=UNSETTLED, digest=None, id=None))

    def _again(self) -> None:
        """The handles that the engine asks about, where the scan alone gave no reason to read them."""
        troubled = {trouble.handle for trouble in self._troubles}
        for handle in sorted(self.again - self._drafts.keys() - troubled):
            self._reread(handle)

    def _asked_and_gone(self, gone: list[str], found: dict[str, Folder | None]) -> list[str]:
        """Handles that the engine asks about, that no cursor knows and that are not there."""
        known = {*gone, *(trouble.handle for trouble in self._troubles)}
        missing = []
        for handle in sorted(self.again - known):
            dialect = self.vault.dialect_of(handle.rpartition("/")[0])
            listed = dialect and found.get(dialect.folder) is not None and self.vault.file(handle) is None
            if listed and not any(path == handle for path in self.vault.former):
                missing.append(handle)
        return missing

    def _reread(self, handle: str) -> None:
        file = self.vault.file(handle)
        dialect = self.vault.dialect_of(handle.rpartition("/")[0])
        if file and dialect and handle not in self._strays.values():
            shelf = self.vault.shelves[handle.rpartition("/")[0]]
            assert shelf
            self._look(_Seen(dialect, handle, file.mtime, file.size, file.inode, file, shelf), True)

    def _twins(self) -> None:
        """A copy of a known note: the known one is read as well, and comes first."""
        ids = {draft.item.id for draft in self._drafts.values() if draft.item.id}
        if self.past is not None and ids and self.vault.has_twins(ids):
            twins = self.vault.atlas.twins
            for path in sorted(path for id in ids & twins.keys() for path in twins[id]):
                if path not in self._drafts:
                    self._known.add(path)
                    self._reread(path)
        order = sorted(self._drafts, key=lambda path: (path not in self._known, path[:-3]))
        self._drafts = {path: self._drafts[path] for path in order}

    def _holds(self, found: dict[str, Folder | None]) -> dict[str, frozenset[str]]:
        """Every field of every kind that has its folder; says where one is missing."""
        holds = {}
        for name, dialect in self.vault.dialects.items():
            if found.get(dialect.folder) is not None:
                holds[name] = frozenset(dialect.kind.fields)
                continue
            self._troubles.append(Trouble(f"{dialect.folder}/", f"the folder of {dialect.kind.plural} is missing",
                                          f"Rename it back to “{dialect.folder}”, or name it under `folders` in "
                                          "mentorsync.toml, or run `mentorsync setup` to have it made anew.",
                                          kind=name))  # fmt: skip
        return holds
