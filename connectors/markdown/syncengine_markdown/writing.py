"""From operations to the text of notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from syncengine.connector import Operation, Reading
from syncengine.model.kind import Field
from syncengine.model.values import Fields, Named, Unreadable, Value
from syncengine_markdown.dialect import ID, OTHER_ID, Dialect
from syncengine_markdown.editing import line_ending, with_front, with_prose, with_region
from syncengine_markdown.frontmatter import BrokenNote, Note, take_apart
from syncengine_markdown.links import Atlas, stem_of
from syncengine_markdown.mapping import read_refs, render
from syncengine_markdown.names import file_stem, made_from
from syncengine_markdown.reading import id_key, id_of, read_note


class Writer(NamedTuple):
    """What is needed to write a note of one kind."""

    dialect: Dialect
    atlas: Atlas
    labels: Mapping[str, str]

    def rendered(self, name: str, value: Value) -> str:
        """What goes behind the key of field `name`."""
        return render(
            value, self.dialect.kind.fields[name], self.dialect.locale.zone, self.atlas, self.labels
        )

    def new(self, id: str, fields: Fields) -> str:
        """A whole new note: every key, empty ones too, so that people can fill them in."""
        lines = [f"---\n{ID}: {id}\n"]
        for field in self.dialect.fields:
            lines.append(
                f"{self.dialect.keys[field.name]}:{self.rendered(field.name, fields.get(field.name))}\n"
            )
        lines.append("---\n")
        text = "".join(lines)
        names = self.dialect.regions
        body = fields.get(self.dialect.body.name) if self.dialect.body else None
        prose = with_prose("", str(body), names, "\n") if body else ""
        for name in names:
            if fields.get(name):
                prose = with_region(prose, name, str(fields[name]), names, "\n")
        return f"{text}\n{prose}" if prose and not prose.startswith("\n") else text + prose

    def changed(self, note: Note, id: str | None, fields: Fields) -> Note:
        """The note with `fields` (and `id`, unless it is `None`) written into it.

        Raises `BrokenNote` where that can't be done without touching what is not ours.
        """
        front = {} if id is None else {_id_key(note): f" {id}"}
        found = self.dialect.find(note)
        for field in self.dialect.fields:
            if field.name in fields and (fields[field.name] is not None or field.name in found):
                key = found.get(field.name, self.dialect.keys[field.name])
                front[key] = self.rendered(field.name, fields[field.name])
        after = take_apart(with_front(note, front, self.dialect.order)) if front else note
        _nothing_else_changed(note, after, front)
        prose = self._prose(after, fields)
        same = after.text[after.body :] == prose
        return after if same else take_apart(after.text[: after.body] + prose)

    def _prose(self, note: Note, fields: Fields) -> str:
        end = line_ending(note.text)
        names = self.dialect.regions
        prose = note.text[note.body :]
        changes = [name for name in (self.dialect.kind.body, *names) if name and name in fields]
        if changes and note.front >= 0 and not note.text[: note.body].endswith("\n"):
            prose = end + prose
        for name in changes:
            value = fields[name]
            text = None if value is None else str(value)
            prose = (
                with_region(prose, name, text, names, end)
                if name in names
                else with_prose(prose, text, names, end)
            )
        return prose


def _id_key(note: Note) -> str:
    """The key under which the id goes: never one that holds something of the person's."""
    return id_key(note) or (ID if note.values.get(ID) is None else OTHER_ID)


def _nothing_else_changed(before: Note, after: Note, keys: Mapping[str, str]) -> None:
    """A last look, for forms of YAML where keys depend on each other (anchors, merge keys)."""
    old = {key: value for key, value in before.values.items() if key not in keys}
    new = {key: value for key, value in after.values.items() if key not in keys}
    if old != new or before.text[before.body :] != after.text[after.body :]:
        raise BrokenNote(2, "its front matter can't be changed without changing other keys",
                         "Write it as simple lines “key: value”, without & and * names.")  # fmt: skip


def held_after(writer: Writer, path: str, note: Note, operation: Operation) -> dict[str, Reading] | None:
    """The written fields as `note` now shows them; `None` where that is exactly what was sent."""
    now = read_note(writer.dialect, path, note).finish(writer.atlas).fields
    held = {name: now.get(name) for name in operation.fields}
    return None if held == operation.fields else held


def exactly(writer: Writer, fields: Fields) -> bool:
    """Whether a new note shows `fields` just as they are; without reading it back."""
    dialect = writer.dialect
    for name, value in fields.items():
        declared = dialect.kind.fields[name]
        if declared.ref:
            ids = value if isinstance(value, list) else [value]
            if not all(one is None or one in writer.atlas.paths for one in ids):
                return False
        elif (
            isinstance(value, str)
            and declared.type.name in _WORDS
            and not _survives(value, declared, dialect)
        ):
            return False
    return True


_WORDS = frozenset(("text", "rich text", "url"))


def _survives(text: str, declared: Field, dialect: Dialect) -> bool:
    if text.isprintable() and text == text.strip():
        return True
    return declared.type.read(text, dialect.locale) == text


def differing(writer: Writer, path: str, note: Note, operation: Operation, known: bool) -> str | None:
    """The name of a field that is not what the operation expects; `None` where all are.

    `known`: the file is byte for byte what was last read, so what its links and odd values mean is known already.
    """
    now = read_note(writer.dialect, path, note).finish(writer.atlas).fields
    names = operation.fields if operation.action == "update" else operation.expected
    for name in names:
        declared = writer.dialect.kind.fields.get(name)
        if declared is None or (name not in operation.expected and known):
            continue
        here, there = now.get(name), operation.expected.get(name)
        if name not in now or here == there or here == operation.fields.get(name, there):
            continue
        if known and (declared.ref or isinstance(here, Unreadable) or isinstance(there, Named | Unreadable)):
            continue
        if isinstance(here, Named | Unreadable) or isinstance(there, Named | Unreadable):
            return name
        if not declared.type.equal(here, there):
            return name
    return None


def stranger(note: Note, operation: Operation) -> str | None:
    """The id of another record that the note carries by now; `None` where the operation may write it.

    A note without any id is still the one that was last read, and gets its id back.
    """
    id = id_of(note)
    return None if operation.stamp or id == operation.id else id


def title_before(writer: Writer, path: str, note: Note) -> str | None:
    """What the note's record was called when it was last written, as well as the note can tell."""
    dialect = writer.dialect
    found = dialect.find(note)
    parts: list[str] = []
    for name in dialect.kind.title:
        declared = dialect.kind.fields.get(name)
        if declared is None:
            continue
        raw = note.values[found[name]] if name in found else None
        if declared.ref:
            shown = _label(read_refs(raw, declared, Atlas((), {}), dialect.locale))
        else:
            value = read_note(dialect, path, note).item.fields.get(name)
            shown = "" if isinstance(value, Named | Unreadable) else declared.type.show(value, dialect.locale)
        parts.append(shown)
    return " · ".join(part for part in parts if part) or None


def _label(value: Reading) -> str:
    return value.text if isinstance(value, Named) else ""


def new_stem_for(path: str, old_title: str | None, new_title: str, otherwise: str) -> str | None:
    """The title after which the file is to be named anew; `None` where it keeps its name."""
    if old_title is None or not made_from(stem_of(path), old_title, otherwise):
        return None
    return None if made_from(stem_of(path), new_title, otherwise) else file_stem(new_title, otherwise)
