"""Written notes put in their places: a batch is written beside its targets, made durable, then moved there."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncengine.connector import Operation, Reading
from syncengine_markdown.clock import settled, wait_beyond
from syncengine_markdown.files import (
    Settler,
    Temporary,
    flush_folders,
    put_new,
    remove,
    write_temporary,
)
from syncengine_markdown.links import stem_of
from syncengine_markdown.listing import inode_of
from syncengine_markdown.names import folded, free_stem
from syncengine_markdown.pulling import digest_of
from syncengine_markdown.shelf import UNSETTLED, File
from syncengine_markdown.vault import Vault

CHANGED = "was changed while mentorsync was syncing"
NEXT = "Nothing to do: the next run takes it up."
TRASH = ".trash"
"""Where Obsidian puts what people delete in it."""


class Refused(Exception):
    """A note can't be written now: the reason, the remedy, and where."""

    def __init__(self, reason: str, remedy: str, where: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.where = reason, remedy, where


@dataclass(slots=True)
class Write:
    """One file about to be written."""

    operation: Operation
    path: str
    """Where it goes; afterwards, where it is."""
    data: bytes
    held: Mapping[str, Reading] | None = None
    was: os.stat_result | None = None
    """The file that was read and will be replaced; `None`: there is none, and may be none."""
    temporary: Temporary | None = None
    refused: Refused | None = None


@dataclass(slots=True)
class Placer:
    """Writes notes, batch by batch, and keeps the vault's knowledge of them right."""

    vault: Vault
    calls: int = 0
    _settler: Settler = field(default_factory=Settler)

    def place(self, writes: Sequence[Write]) -> OSError | None:
        """Carry out `writes`; each has `refused` set where it could not be. Returns a failure of the disk after that."""
        for write in writes:
            try:
                self._write(write)
            except OSError as problem:
                write.refused = refusal(problem, write.path)
        written = [write for write in writes if write.temporary]
        temporaries = [write.temporary for write in written if write.temporary]
        failed = self._settler.settle(temporaries)
        wait_beyond(max((one.stat.st_mtime_ns for one in temporaries if one.ticks), default=0))
        for write in written:
            assert write.temporary
            try:
                if write.temporary.path in failed:
                    raise failed[write.temporary.path]
                self._put(write)
            except Refused as no:
                write.refused = no
            except OSError as problem:
                write.refused = refusal(problem, write.path)
            if write.refused:
                remove(write.temporary.path)
        try:
            flush_folders({self._folder(write.path) for write in written if not write.refused})
        except OSError as failure:
            return failure
        return None

    def _folder(self, handle: str) -> str:
        return os.path.dirname(self.vault.absolute(handle))

    def _write(self, write: Write) -> None:
        if not self.vault.inside(write.path):
            raise OSError(errno.ELOOP, "its folder is a link now")
        self.calls += 1
        mode = write.was.st_mode if write.was else None
        write.temporary = write_temporary(self._folder(write.path), write.data, mode)

    def _put(self, write: Write) -> None:
        """Move the written file to its place, unless somebody has been there since. Raises `Refused`, `OSError`."""
        assert write.temporary
        target = self.vault.absolute(write.path)
        now = write.temporary.now()
        if write.was is None:
            try:
                put_new(write.temporary.path, target)
            except FileExistsError:
                raise Refused(
                    "another file has just got the name that this note was to have", NEXT, write.path
                ) from None
        elif not same_file(write.was, target):
            raise Refused(f"the note {CHANGED}", NEXT, write.path)
        else:
            os.replace(write.temporary.path, target)
        self.vault.put(write.path, written_file(write.temporary, write.data, write.operation.id, now))

    def throw(self, path: str, was: os.stat_result) -> None:
        """Move a note into the vault's trash, under a name that is free there. Raises `Refused`."""
        source, trash = self.vault.absolute(path), self.vault.absolute(TRASH)
        try:
            if not same_file(was, source):
                raise Refused(f"the note {CHANGED}", NEXT, path)
            os.makedirs(trash, exist_ok=True)
            if os.path.islink(trash):
                raise Refused(
                    "the vault's trash is a link, and links are not followed",
                    "Replace it by a real folder.",
                    TRASH,
                )
            self.calls += 1
            _move_to(source, trash, stem_of(path))
            flush_folders([os.path.dirname(source), trash])
        except OSError as problem:
            raise refusal(problem, path) from problem
        self.vault.drop(path)


def _move_to(source: str, folder: str, stem: str) -> None:
    if _linked(source, folder, stem):  # a run died between the two names that `put_new` gives a file
        os.unlink(source)
        return
    taken = {folded(name) for name in os.listdir(folder)}
    while True:
        target = os.path.join(folder, f"{free_stem(stem, taken)}.md")
        try:
            put_new(source, target)
        except FileExistsError:
            taken.add(folded(os.path.basename(target)))
            continue
        if os.path.lexists(source):  # linked there, but it may not be removed here
            remove(target)
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        return


def _linked(source: str, folder: str, stem: str) -> bool:
    """Whether the folder has the very file already, under the stem or one with a number behind it."""
    if os.lstat(source).st_nlink < 2:
        return False
    with os.scandir(folder) as entries:
        alike = [entry.path for entry in entries if folded(entry.name).startswith(folded(stem))]
    return any(os.path.samestat(os.lstat(source), os.lstat(path)) for path in alike)


def same_file(was: os.stat_result, path: str) -> bool:
    """Whether the file at `path` is the one that was read, and unchanged as far as its stat tells."""
    try:
        now = os.lstat(path)
    except OSError:
        return False
    return (was.st_mtime_ns, was.st_size, was.st_ino) == (now.st_mtime_ns, now.st_size, now.st_ino)


def written_file(temporary: Temporary, data: bytes, id: str | None, now: int) -> File:
    """What is remembered of a file that was just written; `now` (ns) is from before it got its name."""
    found = temporary.stat
    mtime = found.st_mtime_ns if settled(found.st_mtime_ns, now, ticks=temporary.ticks) else UNSETTLED
    return File(mtime, len(data), inode_of(found), digest_of(data), id)


def refusal(problem: OSError, path: str) -> Refused:
    """What to say about a failed write."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Refused(
            f"the disk is full ({problem.strerror})", "Make room on it; the next run goes on.", path
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        reason = f"the file can't be written: {problem.strerror}"
        return Refused(reason, "Give yourself the right to write in this folder.", path)
    return Refused(
        f"the file can't be written: {problem.strerror or problem}",
        "Look at the folder, then run it again.",
        path,
    )
