"""How the notes of one kind are written in one vault: their folder, and which key says what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from syncengine.model.kind import Kind
from syncengine.model.values import Locale
from syncengine_markdown.frontmatter import Note
from syncengine_markdown.mapping import Reader, reader

ID, OTHER_ID = "id", "mentorsync-id"
"""The key of the record's id; the second one where a person uses the first for something of theirs."""


def folded_key(key: str) -> str:
    """How keys are compared: capitals, blanks, hyphens and underscores don't count."""
    return re.sub(r"[\s_-]+", " ", key).strip().casefold()


class Dialect:
    """A kind, as this vault writes it."""

    def __init__(self, kind: Kind, folder: str, keys: Mapping[str, str], locale: Locale) -> None:
        """`keys`: field to the key that people here use for it (the field's own name otherwise)."""
        self.kind, self.folder, self.locale = kind, folder, locale
        self.body = kind.fields[kind.body] if kind.body else None
        self.regions = tuple(name for name in kind.fields if is_region(kind, name))
        self.fields = [
            kind.fields[name] for name in kind.fields if name != kind.body and name not in self.regions
        ]
        self.keys = {field.name: keys.get(field.name, field.name) for field in self.fields}
        self.order = [ID, OTHER_ID, *self.keys.values()]
        self.readers: dict[str, Reader] = {f.name: reader(f, locale) for f in self.fields if not f.ref}
        self.title = _title(kind, self.keys)
        self._preferred = set(self.keys.values())
        self._folded = {folded_key(field.label): field.name for field in reversed(self.fields)}
        self._folded.update({folded_key(name): name for name in self.keys})
        self._folded.update({folded_key(key): name for name, key in self.keys.items()})
        self._named: dict[str, str | None] = {key: name for name, key in self.keys.items()}

    def name(self, key: str) -> str | None:
        """The field that a key of the front matter stands for; `None`: the key is the person's own."""
        try:
            return self._named[key]
        except KeyError:
            name = self._folded.get(folded_key(key))
            if len(self._named) < 10_000:
                self._named[key] = name
            return name

    def find(self, note: Note) -> dict[str, str]:
        """Field name to key, for the fields that `note` has.

        Where two keys mean one field, it is the one that people here use, else the first.
        """
        found: dict[str, str] = {}
        for key in note.values:
            name = self.name(key)
            if name is not None and (name not in found or key in self._preferred):
                found[name] = key
        return found


def is_region(kind: Kind, name: str) -> bool:
    """Whether the field is prose that the engine makes, and so goes into a generated region."""
    field = kind.fields[name]
    return field.computed and field.type.name == "rich text" and name != kind.body


def _title(kind: Kind, keys: Mapping[str, str]) -> str | None:
    """The field that the file's name stands in for: the title, where it is a single text."""
    if len(kind.title) != 1 or kind.title[0] not in keys:
        return None
    return kind.title[0] if kind.fields[kind.title[0]].type.name == "text" else None


def keys_of(kind: Kind, used: Iterable[str]) -> dict[str, str]:
    """Which of the keys `used` in existing notes stand for which field, by name, label and alias.

    Only those that differ from the field's name are returned. A key stands for one field at most: names win over
    labels, labels over aliases, and among these the earlier field of the template.
    """
    there = {folded_key(key): key for key in used}
    fields = [
        field for field in kind.fields.values() if field.name != kind.body and not is_region(kind, field.name)
    ]
    found: dict[str, str] = {}
    for candidates in (lambda f: (f.name,), lambda f: (f.label,), lambda f: f.aliases):
        for field in fields:
            for candidate in candidates(field):
                if field.name not in found and folded_key(candidate) in there:
                    found[field.name] = there.pop(folded_key(candidate))
    return {name: key for name, key in found.items() if key != name}
