"""Operations turned into files: what each note is to say, whether it may be written, and what became of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from syncengine.connector import Done, InDoubt, Operation, Outcome, Rejected
from syncengine_markdown.files import read_whole
from syncengine_markdown.frontmatter import BrokenNote, Note, take_apart
from syncengine_markdown.links import stem_of
from syncengine_markdown.names import file_stem, folded, free_stem
from syncengine_markdown.placing import CHANGED, NEXT, Placer, Refused, Write
from syncengine_markdown.pulling import digest_of
from syncengine_markdown.reading import BOM, id_of, text_of
from syncengine_markdown.relinking import Retitled, rename
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
"""Notes written before their outcomes are told: enough to share one flush of the disk."""


@dataclass(slots=True)
class Pusher:
    """Carries out the operations of one push."""

    vault: Vault
    placer: Placer
    calls: int = 0
    _planned: dict[str, str] = field(default_factory=dict)
    """Where the new notes go."""
    _taken: dict[str, set[str]] = field(default_factory=dict)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        """One outcome for each operation, batch by batch."""
        self._plan(operations)
        self._rename(operations)
        self._taken.clear()  # all names are chosen
        for start in range(0, len(operations), BATCH):
            yield from self._batch(operations[start : start + BATCH])

    def _plan(self, operations: Sequence[Operation]) -> None:
        """Choose the names of all new notes first, so that links to them can be written at once."""
        atlas = self.vault.atlas
        for operation in operations:
            if operation.action != "create":
                continue
            dialect = self.vault.dialects.get(operation.kind)
            if dialect is None or operation.id in atlas.paths:
                continue
            if self.vault.shelves.get(dialect.folder) is None:
                continue
            path = self._reserve(dialect.folder, file_stem(operation.title, dialect.kind.label))
            self._planned[operation.id] = path
            atlas.plan(path, operation.kind, operation.id)

    def _reserve(self, place: str, stem: str) -> str:
        if place not in self._taken:
            try:
                names = os.listdir(self.vault.absolute(place))
            except OSError:
                names = []  # what is wrong with the folder is told when a note is written
            self._taken[place] = {folded(name) for name in names}
        stem = free_stem(stem, self._taken[place])
        self._taken[place].add(folded(f"{stem}.md"))
        return f"{place}/{stem}.md"

    def _batch(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        writes: list[Write] = []
        for operation in operations:
            if operation.action == "delete":
                continue
            try:
                made = self._prepare(operation)
            except Refused as no:
                yield self._rejected(operation, no)
                continue
            if isinstance(made, Done):
                yield made
            else:
                writes.append(made)
        failure = self.placer.place(writes)
        for write in writes:
            if write.refused:
                yield self._rejected(write.operation, write.refused)
            elif failure:
                yield InDoubt(write.operation, f"the disk reports an error: {failure.strerror}")
            else:
                yield Done(write.operation, write.path, write.held)
        for operation in operations:
            if operation.action == "delete":
                yield self._delete(operation)

    def _rejected(self, operation: Operation, no: Refused) -> Rejected:
        planned = self._planned.pop(operation.id, None)
        if planned and self.vault.file(planned) is None:
            self.vault.atlas.drop(planned)
        return Rejected(operation, no.reason, no.remedy, no.where)

    def _prepare(self, operation: Operation) -> Write | Done:
        dialect = self.vault.dialects.get(operation.kind)
        if dialect is None or self.vault.shelves.get(dialect.folder) is None:
            where = f"{dialect.folder}/" if dialect else self.vault.root
            raise Refused(f"the vault has no folder for a {operation.kind}", "Run `mentorsync setup`.", where)
        writer = Writer(dialect, self.vault.atlas, operation.labels)
        path = self._planned.get(operation.id)
        if operation.action == "create" and path is not None:
            text = writer.new(operation.id, operation.fields)
            held = (
                None
                if exactly(writer, operation.fields)
                else held_after(writer, path, take_apart(text), operation)
            )
            return Write(operation, path, text.encode(errors="replace"), held)
        return self._change(operation, writer, self._where(operation))

    def _where(self, operation: Operation) -> str:
        """The path of the operation's note now. Raises `Refused`."""
        if operation.handle and self.vault.file(operation.handle):
            return operation.handle
        moved = self.vault.atlas.paths.get(operation.id)
        if moved is None:
            raise Refused("the note is not there any more", NEXT, operation.handle or operation.title)
        return moved

    def _change(self, operation: Operation, writer: Writer, path: str) -> Write | Done:
        data, was, note = self._read(path)
        self._check(operation, writer, path, note, data)
        fields = dict(operation.fields)
        title = writer.dialect.title
        if operation.stamp and title and title not in fields:
            key = writer.dialect.find(note).get(title)
            if key and note.values[key] is None:
                fields[title] = stem_of(path)  # what it was called so far, before it had an id
        stamp = operation.id if operation.stamp or id_of(note) is None else None
        try:
            after = writer.changed(note, stamp, fields)
            held = held_after(writer, path, after, operation)
        except BrokenNote as problem:
            raise Refused(problem.reason, problem.remedy, path) from None
        mark = BOM if data.startswith(BOM.encode()) else ""
        fresh = (mark + after.text).encode(errors="replace")
        return Done(operation, path, held) if fresh == data else Write(operation, path, fresh, held, was)

    def _read(self, path: str) -> tuple[bytes, os.stat_result, Note]:
        if not self.vault.inside(path):
            raise Refused("its path leads out of the vault", "Replace the link in it by a real folder.", path)
        self.calls += 1
        try:
            data, was = read_whole(self.vault.absolute(path), 4096)
            return data, was, take_apart(text_of(data))
        except FileNotFoundError:
            raise Refused("the note is not there any more", NEXT, path) from None
        except OSError as problem:
            raise Refused(
                f"the note can't be read: {problem.strerror}", "Give yourself the right to.", path
            ) from None
        except BrokenNote as problem:
            where = f"{path}, line {problem.line}" if problem.line else path
            raise Refused(problem.reason, problem.remedy, where) from None

    def _check(self, operation: Operation, writer: Writer, path: str, note: Note, data: bytes) -> None:
        """Raises `Refused` where the note is not what was last read (rule 11)."""
        file = self.vault.file(path)
        known = file.digest if file else None
        if known is not None and known != digest_of(data):
            raise Refused(f"the note {CHANGED}", NEXT, path)
        other = stranger(note, operation)
        if other:
            raise Refused(f"the note has the id of another record now ({other})", NEXT, path)
        if operation.action == "create":
            return
        try:
            name = differing(writer, path, note, operation, known is not None)
        except BrokenNote as problem:
            raise Refused(problem.reason, problem.remedy, path) from None
        if name:
            raise Refused(f"“{writer.dialect.kind.fields[name].label}” {CHANGED}", NEXT, path)

    def _rename(self, operations: Sequence[Operation]) -> None:
        """Name the notes anew whose title is about to change; what can't be renamed now keeps its name."""
        retitled: list[Retitled] = []
        for operation in operations:
            dialect = self.vault.dialects.get(operation.kind)
            if operation.action != "update" or dialect is None:
                continue
            if operation.fields.keys() & set(dialect.kind.title):
                with contextlib.suppress(Refused):  # told when it is written
                    retitled += self._retitled(
                        operation, Writer(dialect, self.vault.atlas, operation.labels), self._where(operation)
                    )
        if retitled:
            self.calls += rename(self.vault, retitled)

    def _retitled(self, operation: Operation, writer: Writer, path: str) -> Iterator[Retitled]:
        """The note's new name, where its name so far is still the old title's."""
        data, _, note = self._read(path)
        self._check(operation, writer, path, note, data)
        title, kind = title_before(writer, path, note), writer.dialect.kind
        stem, file = new_stem_for(path, title, operation.title, kind.label), self.vault.file(path)
        if stem is None or file is None or file.id != operation.id:
            return
        place = path.rpartition("/")[0]
        same = folded(stem) == folded(stem_of(path))
        to = f"{place}/{stem}.md" if same else self._reserve(place, stem)
        yield Retitled(operation.id, path, to, title or "", operation.title)

    def _delete(self, operation: Operation) -> Outcome:
        """Into the vault's own trash; what is gone already is done."""
        path = operation.handle or ""
        if not path or not os.path.lexists(self.vault.absolute(path)):
            path = self.vault.atlas.paths.get(operation.id, path)  # renamed since
        dialect = self.vault.dialects.get(operation.kind)
        if dialect is None or not path or not os.path.lexists(self.vault.absolute(path)):
            if path and self.vault.file(path):
                self.vault.drop(path)
            return Done(operation, path)
        try:
            data, was, note = self._read(path)
            self._check(operation, Writer(dialect, self.vault.atlas, operation.labels), path, note, data)
            self.placer.throw(path, was)
        except Refused as no:
            return self._rejected(operation, no)
        return Done(operation, path)
