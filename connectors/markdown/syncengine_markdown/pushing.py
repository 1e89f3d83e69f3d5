"""Operations carried out on files: a batch is written beside its targets, made durable, and put in place."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from syncengine.connector import Done, InDoubt, Operation, Outcome, Reading, Rejected
from syncengine.model.values import Fields
from syncengine_markdown.files import (
    Settler,
    Temporary,
    flush_folders,
    move,
    put_new,
    read_whole,
    remove,
    write_temporary,
)  # fmt: skip
from syncengine_markdown.frontmatter import BrokenNote, Note, take_apart
from syncengine_markdown.links import stem_of
from syncengine_markdown.listing import UNSETTLED, File, settled
from syncengine_markdown.names import file_stem, folded, free_stem
from syncengine_markdown.pulling import digest_of
from syncengine_markdown.reading import BOM, id_of, text_of
from syncengine_markdown.vault import Vault
from syncengine_markdown.writing import (
    Writer,
    differing,
    exactly,
    held_after,
    new_stem_for,
    stranger,
    title_before,
)

BATCH = 512
_CHANGED = "was changed while mentorsync was syncing"
_NEXT = "Nothing to do: the next run takes it up."


class Refused(Exception):
    """This operation can't be carried out now: reason, remedy, where."""

    def __init__(self, reason: str, remedy: str, where: str) -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.where = reason, remedy, where


@dataclass(slots=True)
class Write:
    """One file about to be written."""

    operation: Operation
    path: str
    """Where it goes."""
    data: bytes
    held: Mapping[str, Reading] | None = None
    was: os.stat_result | None = None
    """The file that was read and will be replaced; `None`: there is none, and may be none."""
    rename: str | None = None
    """The path it gets afterwards, since its record is called differently now."""
    old_title: str = ""
    temporary: Temporary | None = None


@dataclass(slots=True)
class Retitled:
    """A note that sync has renamed: links in other notes are to follow."""

    id: str
    old_path: str
    old_title: str
    new_title: str


@dataclass(slots=True)
class Pusher:
    """Carries out the operations of one push."""

    vault: Vault
    calls: int = 0
    retitled: list[Retitled] = field(default_factory=list)
    _planned: dict[str, str] = field(default_factory=dict)
    _taken: dict[str, set[str]] = field(default_factory=dict)
    _settler: Settler = field(default_factory=Settler)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """One outcome for each operation, batch by batch."""
        self._plan(operations)
        for start in range(0, len(operations), BATCH):
            yield from self._batch(operations[start : start + BATCH])

    def _plan(self, operations: Sequence[Operation]) -> None:
        """Choose the names of all new notes first, so that links to them can be written at once."""
        atlas = self.vault.atlas
        for operation in operations:
            dialect = self.vault.dialects.get(operation.kind)
            if operation.action != "create" or dialect is None or operation.id in atlas.paths:
                continue
            if self.vault.shelves.get(dialect.folder) is None:
                continue
            stem = file_stem(operation.title, dialect.kind.label)
            path = self._reserve(dialect.folder, stem)
            self._planned[operation.id] = path
            atlas.put(path, operation.kind, operation.id)

    def _reserve(self, place: str, stem: str) -> str:
        if place not in self._taken:
            try:
                names = os.listdir(self.vault.absolute(place))
            except OSError:
                names = []
            self._taken[place] = {folded(name) for name in names}
        stem = free_stem(stem, self._taken[place])
        self._taken[place].add(folded(f"{stem}.md"))
        return f"{place}/{stem}.md"

    def _batch(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        outcomes: list[Outcome] = []
        writes: list[Write] = []
        deletes: list[Operation] = []
        for operation in operations:
            if operation.action == "delete":
                deletes.append(operation)
                continue
            try:
                made = self._prepare(operation)
            except Refused as no:
                outcomes.append(self._rejected(operation, no))
                continue
            if isinstance(made, Done):
                outcomes.append(made)
            else:
                writes.append(made)
        outcomes += self._carry_out(writes)
        yield from outcomes
        for operation in deletes:
            try:
                yield self._delete(operation)
            except Refused as no:
                yield self._rejected(operation, no)

    def _rejected(self, operation: Operation, no: Refused) -> Rejected:
        planned = self._planned.pop(operation.id, None)
        if planned and self.vault.file(planned) is None:
            self.vault.atlas.drop(planned)
        return Rejected(operation, no.reason, no.remedy, no.where)

    # --- what to write ---------------------------------------------------------------------------------------

    def _prepare(self, operation: Operation) -> Write | Done:
        dialect = self.vault.dialects.get(operation.kind)
        if dialect is None or self.vault.shelves.get(dialect.folder) is None:
            raise Refused(
                f"the vault has no folder for a {operation.kind}", "Run `mentorsync setup`.", self.vault.root
            )
        writer = Writer(dialect, self.vault.atlas, operation.labels)
        path = self._planned.get(operation.id)
        if operation.action == "create" and path is not None:
            text = writer.new(operation.id, operation.fields)
            held = None if exactly(writer, operation.fields) else held_after(writer, path, text, operation)
            return Write(operation, path, text.encode(errors="replace"), held)
        return self._change(operation, writer, self._where(operation))

    def _where(self, operation: Operation) -> str:
        """The path of the operation's note now."""
        if operation.handle and self.vault.file(operation.handle):
            return operation.handle
        moved = self.vault.atlas.paths.get(operation.id)
        if moved is None and operation.handle and os.path.lexists(self.vault.absolute(operation.handle)):
            moved = operation.handle
        if moved is None:
            raise Refused("the note is not there any more", _NEXT, operation.handle or operation.title)
        return moved

    def _change(self, operation: Operation, writer: Writer, path: str) -> Write | Done:
        data, was, note = self._read(path)
        self._check(operation, writer, path, note, data)
        fields = dict(operation.fields)
        dialect = writer.dialect
        if operation.stamp and dialect.title and dialect.title not in fields:
            key = dialect.find(note).get(dialect.title)
            if key and note.values[key] is None:
                fields[dialect.title] = stem_of(path)  # what it was called so far, before it had an id
        stamp = operation.id if operation.stamp or id_of(note) is None else None
        try:
            text = writer.changed(note, stamp, fields)
            held = held_after(writer, path, text, operation)
        except BrokenNote as problem:
            raise Refused(problem.reason, problem.remedy, path) from None
        rename = self._rename(operation, writer, path, note, fields)
        fresh = (BOM if data.startswith(BOM.encode()) else "").encode() + text.encode(errors="replace")
        if fresh == data and rename is None:
            return Done(operation, path, held)
        old = title_before(writer, path, note) if rename else ""
        return Write(operation, path, fresh, held, was, rename, old or "")

    def _read(self, path: str) -> tuple[bytes, os.stat_result, Note]:
        if not self.vault.inside(path):
            raise Refused("its path leads out of the vault", "Replace the link in it by a real folder.", path)
        self.calls += 1
        try:
            data, was = read_whole(self.vault.absolute(path), 4096)
            return data, was, take_apart(text_of(data))
        except FileNotFoundError:
            raise Refused("the note is not there any more", _NEXT, path) from None
        except OSError as problem:
            raise Refused(
                f"the note can't be read: {problem.strerror}", "Give yourself the right to.", path
            ) from None
        except BrokenNote as problem:
            raise Refused(problem.reason, problem.remedy, f"{path}, line {problem.line}") from None

    def _check(self, operation: Operation, writer: Writer, path: str, note: Note, data: bytes) -> None:
        """Raises `Refused` where the note is not what was last read (rule 11)."""
        known = self.vault.file(path)
        if known and known.digest is not None and known.digest != digest_of(data):
            raise Refused(f"the note {_CHANGED}", _NEXT, path)
        other = stranger(note, operation)
        if other and not (operation.action == "create" and other == "none"):
            said = "has lost its id" if other == "none" else f"has the id of another record now ({other})"
            raise Refused(f"the note {said}", _NEXT, path)
        if operation.action == "create":
            return
        try:
            name = differing(writer, path, note, operation, known is not None and known.digest is not None)
        except BrokenNote as problem:
            raise Refused(problem.reason, problem.remedy, path) from None
        if name:
            label = writer.dialect.kind.fields[name].label
            raise Refused(f"“{label}” {_CHANGED}", _NEXT, path)

    def _rename(
        self, operation: Operation, writer: Writer, path: str, note: Note, fields: Fields
    ) -> str | None:
        dialect = writer.dialect
        if not fields.keys() & set(dialect.kind.title):
            return None
        stem = new_stem_for(path, title_before(writer, path, note), operation.title, dialect.kind.label)
        if stem is None:
            return None
        place = path.rpartition("/")[0]
        if folded(stem) == folded(stem_of(path)):
            return f"{place}/{stem}.md"
        return self._reserve(place, stem)

    # --- writing it ------------------------------------------------------------------------------------------

    def _carry_out(self, writes: Sequence[Write]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        written: list[Write] = []
        for write in writes:
            try:
                self._write(write)
                written.append(write)
            except OSError as problem:
                outcomes.append(self._rejected(write.operation, _refusal(problem, write.path)))
        failed = self._settler.settle([write.temporary for write in written if write.temporary])
        done: list[Done] = []
        for write in written:
            error = failed.get(write.temporary.path) if write.temporary else None
            outcome = self._put(write) if error is None else self._lost(write, error)
            if isinstance(outcome, Done):
                done.append(outcome)
            else:
                outcomes.append(outcome)
        return [*self._flushed(done), *outcomes]

    def _write(self, write: Write) -> None:
        if not self.vault.inside(write.path):
            raise OSError(errno.ELOOP, "its folder is a link now")
        place = write.path.rpartition("/")[0]
        self.calls += 1
        write.temporary = write_temporary(
            self.vault.absolute(place), write.data, write.was.st_mode if write.was else None
        )

    def _lost(self, write: Write, problem: OSError) -> Rejected:
        assert write.temporary
        remove(write.temporary.path)
        return self._rejected(write.operation, _refusal(problem, write.path))

    def _put(self, write: Write) -> Done | Rejected:
        """Move the written file to its place, unless somebody has been there since."""
        assert write.temporary
        target = self.vault.absolute(write.path)
        now = time.time_ns()
        try:
            if write.was is None:
                put_new(write.temporary.path, target)
            elif not same_file(write.was, target):
                raise Refused(f"the note {_CHANGED}", _NEXT, write.path)
            else:
                os.replace(write.temporary.path, target)
        except FileExistsError:
            no = Refused("another file has just got the name that this note was to have", _NEXT, write.path)
        except OSError as problem:
            no = _refusal(problem, write.path)
        except Refused as refused:
            no = refused
        else:
            return self._placed(write, now)
        remove(write.temporary.path)
        return self._rejected(write.operation, no)

    def _placed(self, write: Write, now: int) -> Done:
        assert write.temporary
        stat, operation = write.temporary.stat, write.operation
        mtime = stat.st_mtime_ns if settled(stat.st_mtime_ns, now) else UNSETTLED
        file = File(
            mtime, len(write.data), stat.st_ino & ((1 << 63) - 1), digest_of(write.data), operation.id
        )
        self.vault.put(write.path, file)
        path = write.path
        if write.rename:
            try:
                move(self.vault.absolute(path), self.vault.absolute(write.rename))
            except OSError:
                return Done(operation, path, write.held)  # it is written; only its file keeps the old name
            self.vault.drop(path)
            self.vault.put(write.rename, file)
            self.vault.renamed(path, operation.id)
            self.retitled.append(Retitled(operation.id, path, write.old_title, operation.title))
            path = write.rename
        return Done(operation, path, write.held)

    def _flushed(self, done: list[Done]) -> list[Outcome]:
        """The same outcomes, once the names are durable as well."""
        try:
            flush_folders({self.vault.absolute(one.handle.rpartition("/")[0]) for one in done})
        except OSError as problem:
            return [InDoubt(one.operation, f"the disk reports an error: {problem.strerror}") for one in done]
        return list(done)

    # --- deleting --------------------------------------------------------------------------------------------

    def _delete(self, operation: Operation) -> Outcome:
        """Into the vault's own trash, as Obsidian does, under a name that is free there."""
        path = operation.handle or ""
        dialect = self.vault.dialects.get(operation.kind)
        if not path or dialect is None or not os.path.lexists(self.vault.absolute(path)):
            path = self.vault.atlas.paths.get(operation.id, path)  # renamed since
        if dialect is None or not path or not os.path.lexists(self.vault.absolute(path)):
            if path and self.vault.file(path):
                self.vault.drop(path)
            return Done(operation, path or operation.handle or "")
        data, was, note = self._read(path)
        self._check(operation, Writer(dialect, self.vault.atlas, operation.labels), path, note, data)
        trash = self.vault.absolute(".trash")
        try:
            if not same_file(was, self.vault.absolute(path)):
                raise Refused(f"the note {_CHANGED}", _NEXT, path)
            os.makedirs(trash, exist_ok=True)
            if os.path.islink(trash):
                raise Refused("the vault's trash (.trash) is a link, and links are not followed",
                              "Replace it by a real folder.", ".trash")  # fmt: skip
            self._throw(path, trash)
            flush_folders([os.path.dirname(self.vault.absolute(path)), trash])
        except OSError as problem:
            raise _refusal(problem, path) from problem
        self.vault.drop(path)
        return Done(operation, path)

    def _throw(self, path: str, trash: str) -> None:
        taken = {folded(name) for name in os.listdir(trash)}
        while True:
            name = f"{free_stem(stem_of(path), taken)}.md"
            try:
                put_new(self.vault.absolute(path), os.path.join(trash, name))
            except FileExistsError:
                taken.add(folded(name))
                continue
            if os.path.lexists(self.vault.absolute(path)):  # linked, but not to be removed here
                remove(os.path.join(trash, name))
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            return


def same_file(was: os.stat_result, path: str) -> bool:
    """Whether the file at `path` is the one that was read, and unchanged as far as its stat tells."""
    try:
        now = os.lstat(path)
    except OSError:
        return False
    return (was.st_mtime_ns, was.st_size, was.st_ino) == (now.st_mtime_ns, now.st_size, now.st_ino)


def _refusal(problem: OSError, path: str) -> Refused:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Refused(
            f"the disk is full ({problem.strerror})", "Make room on it; the next run goes on.", path
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Refused(f"the file can't be written: {problem.strerror}",
                       "Give yourself the right to write in this folder.", path)  # fmt: skip
    return Refused(
        f"the file can't be written: {problem.strerror or problem}",
        "Look at the folder, then run again.",
        path,
    )
