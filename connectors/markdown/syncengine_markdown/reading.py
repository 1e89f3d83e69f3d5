"""From the bytes of a file to an item."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncengine.connector import Item, Reading
from syncengine.model.ids import is_id
from syncengine.model.kind import Field
from syncengine.model.values import Named, Unreadable
from syncengine_markdown.dialect import ID, OTHER_ID, Dialect
from syncengine_markdown.files import MOST_BYTES
from syncengine_markdown.frontmatter import BrokenNote, Note, Odd, Raw, take_apart
from syncengine_markdown.links import Atlas, stem_of
from syncengine_markdown.mapping import read_refs
from syncengine_markdown.regions import find_regions, joined, outside, unescaped

BOM = "\ufeff"


@dataclass(slots=True)
class Draft:
    """An item whose references are still text: they are looked up when all notes are known."""

    item: Item
    dialect: Dialect
    links: list[tuple[Field, Raw | Odd, int]] = field(default_factory=list)
    """Field, what stands there, and on which line of the file."""

    def finish(self, atlas: Atlas) -> Item:
        """The item, with its references looked up in `atlas`."""
        for declared, raw, line in self.links:
            value = read_refs(raw, declared, atlas, self.dialect.locale)
            self.item.fields[declared.name] = value
            _place(self.item, declared.name, value, line)
        return self.item


def text_of(data: bytes) -> str:
    """The text of a file, without a byte order mark. Raises `BrokenNote` for what isn't UTF-8 or too long."""
    if len(data) > MOST_BYTES:
        raise too_long(len(data))
    try:
        text = data.decode()
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise BrokenNote(line, "the file is not UTF-8 text", "Save it again with the encoding UTF-8.",
                         data[problem.start : problem.start + 1].hex()) from None  # fmt: skip
    return text.removeprefix(BOM)


def too_long(size: int) -> BrokenNote:
    """What is said about a file that no person wrote by hand."""
    megabytes = f"{size / 1_000_000:.0f} MB"
    return BrokenNote(
        0, f"the note is too long ({megabytes})", "Divide it, or move it out of this folder.", megabytes
    )


def id_key(note: Note) -> str | None:
    """The key with the record's id; `None` where the note has none of ours."""
    for key in (OTHER_ID, ID):
        value = note.values.get(key)
        if isinstance(value, str) and is_id(value):
            return key
    return None


def id_of(note: Note) -> str | None:
    """The record id in the note's front matter, if it has one."""
    key = id_key(note)
    return str(note.values[key]) if key else None


def not_an_id(note: Note) -> str | None:
    """What stands where the id should, and is none; `None` where nothing does."""
    said = next((note.values[key] for key in (OTHER_ID, ID) if note.values.get(key) is not None), None)
    return str(said) if isinstance(said, str | int | float) and not is_id(str(said)) else None


def read_note(dialect: Dialect, path: str, note: Note, mtime: int = 0) -> Draft:
    """All that the note tells. `mtime` in nanoseconds; 0: unknown. Raises `BrokenNote` for a broken region."""
    id = id_of(note)
    fields: dict[str, Reading] = {}
    draft = Draft(
        Item(dialect.kind.name, id, path, fields, path, edited_at(mtime) if mtime else None), dialect
    )
    readers = dialect.readers
    for name, key in dialect.find(note).items():
        raw = note.values[key]
        if raw is None:
            fields[name] = None
        elif name in readers:
            value = fields[name] = readers[name](raw)
            if value.__class__ is Unreadable:
                _place(draft.item, name, value, _line(note, key))
        else:
            draft.links.append((dialect.kind.fields[name], raw, _line(note, key)))
    if dialect.title and fields.get(dialect.title) is None and (id is None or dialect.title not in fields):
        fields[dialect.title] = dialect.kind.fields[dialect.title].type.read(stem_of(path), dialect.locale)
    if dialect.body or dialect.regions:
        _read_prose(dialect, note, fields)
    return draft


def _line(note: Note, key: str) -> int:
    """The line of the file, from 1, on which `key` stands."""
    at = note.text.find(f"\n{key}:", note.front - 1, note.close) + 1
    return note.text.count("\n", 0, at) + 1 if at else note.entries[key].start + 2


def _place(item: Item, name: str, value: Reading, line: int) -> None:
    if isinstance(value, Named | Unreadable):
        item.places = {**item.places, name: f"{item.handle}, line {line}"}


def _read_prose(dialect: Dialect, note: Note, fields: dict[str, Reading]) -> None:
    prose = note.text[note.body :]
    if dialect.regions:
        try:
            regions = find_regions(prose, dialect.regions)
        except BrokenNote as problem:
            problem.line += note.text.count("\n", 0, note.body)
            raise
        for region in regions:
            inner = unescaped(prose[region.inner : region.stop])
            fields[region.name] = dialect.kind.fields[region.name].type.read(inner, dialect.locale)
        prose = unescaped(joined(outside(prose, regions)))
    if dialect.body:
        fields[dialect.body.name] = dialect.body.type.read(prose, dialect.locale)


_moments: dict[int, str | None] = {}


def edited_at(mtime: int) -> str | None:
    """A file time as a canonical instant; `None` for one that no calendar has."""
    second = mtime // 1_000_000_000
    if second not in _moments:
        if len(_moments) > 10_000:
            _moments.clear()
        try:
            _moments[second] = datetime.fromtimestamp(second, UTC).replace(tzinfo=None).isoformat() + "Z"
        except (OverflowError, ValueError, OSError):
            _moments[second] = None
    return _moments[second]


def read_bytes(dialect: Dialect, path: str, data: bytes, mtime: int) -> Draft:
    """The note in `data`. Raises `BrokenNote`."""
    return read_note(dialect, path, take_apart(text_of(data)), mtime)
