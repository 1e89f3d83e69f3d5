"""Taking somebody out of what a workbook keeps beside its rows: the Archive, texts that no cell shows any more, results of
formulas, what charts remember, who saved it last. See `syncengine.connector.Erasing`."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from xml.sax.saxutils import escape

from syncengine.model.words import Words
from syncengine_workbook.archive import archive_sheet
from syncengine_workbook.book import Book, Sheet
from syncengine_workbook.mapping import Codec, Content, as_text
from syncengine_workbook.package import Package
from syncengine_workbook.patch import Formats, patch

_SHARED = "xl/sharedStrings.xml"
_STRING = re.compile(rb"<(?:\w+:)?si\b[^>]*?(?:/>|>.*?</(?:\w+:)?si>)", re.DOTALL)
_USES = re.compile(
    rb"<(?:\w+:)?c\b[^>]*\st=\"s\"[^>]*>\s*(?:<(?:\w+:)?f\b.*?)?<(?:\w+:)?v>(\d+)</", re.DOTALL
)
_RESULT = re.compile(
    rb"(<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>))\s*(<(?:\w+:)?v\b[^>]*>[^<]*</(?:\w+:)?v>)"
)
_TEXT = re.compile(rb">([^<>]+)<")
_TAGS = re.compile(r"\sxml:space=\"\w+\"|</?[\w:]+|/?>")
_OURS_TO_CLEAN = ("xl/charts/", "docProps/")
"""Parts that only repeat what stands elsewhere, or tell who saved the book."""


def erase(book: Book, codec: Codec, ids: Collection[str], words: Words) -> bool:
    """Change the book's parts; returns whether there is anything to save. People's own cells are left."""
    package = book.package
    _archive(book, codec, ids, words)
    for sheet in book.sheets:
        data = package.read(sheet.part)
        fresh = _RESULT.sub(lambda found: found[1] if words.count(_plain(found[2])) else found[0], data)
        if fresh != data:
            book.set_xml(sheet, fresh)
    for name in package.names():
        if name.startswith(_OURS_TO_CLEAN) and name.endswith(".xml"):
            _replace(package, name, words)
    _unused_texts(book, words)
    return package.changed


def _archive(book: Book, codec: Codec, ids: Collection[str], words: Words) -> None:
    sheet = archive_sheet(book)
    if sheet is None:
        return
    xml = book.xml(sheet)
    edits: dict[int, dict[int, Content]] = {}
    for row in list(xml.rows())[1:]:
        texts = {column: as_text(codec.raw(cell)) for column, cell in row.cells.items() if not cell.blank}
        if any(text in ids for text in texts.values()):
            edits[row.number] = dict.fromkeys(texts, Content(""))
        elif changed := {c: words.without(text) for c, text in texts.items() if words.count(text)}:
            edits[row.number] = {
                c: Content("inlineStr", text, literal=text[:1] in "=+-@'") for c, text in changed.items()
            }
    if edits:
        book.set_xml(sheet, patch(xml, edits, Formats(xml, book.styles, {})).data)
        book.keep_styles()


def _unused_texts(book: Book, words: Words) -> None:
    """Shared strings stay in the file when their last cell goes: those that hold the words are emptied."""
    package = book.package
    if not package.has(_SHARED):
        return
    used = {int(n) for sheet in book.sheets for n in _USES.findall(package.read(sheet.part))}
    data, number = package.read(_SHARED), -1

    def fresh(found: re.Match[bytes]) -> bytes:
        nonlocal number
        number += 1
        return b"<si><t/></si>" if number not in used and words.count(_plain(found[0])) else found[0]

    prefixed = b"<si" not in data  # with a prefix of its own, which nobody is known to write
    made = data if prefixed else _STRING.sub(fresh, data)
    if made != data:
        package.write(_SHARED, made)
        book.__dict__.pop("strings", None)


def _replace(package: Package, name: str, words: Words) -> None:
    data = package.read(name)

    def fresh(found: re.Match[bytes]) -> bytes:
        text = html.unescape(found[1].decode("utf-8", "replace"))
        return b">" + escape(words.without(text)).encode() + b"<" if words.count(text) else found[0]

    made = _TEXT.sub(fresh, data)
    if made != data:
        package.write(name, made)


def _plain(data: bytes) -> str:
    """What a piece of XML says, attributes included, with what parts its texts taken out."""
    return html.unescape(_TAGS.sub(" ", data.decode("utf-8", "replace")))


def everything(package: Package, sheets: Collection[Sheet]) -> Iterator[tuple[str, str]]:
    """Every part of the file, unpacked; a sheet's by its title."""
    titles = {sheet.part: f"sheet {sheet.title}" for sheet in sheets}
    for name in package.names():
        where = titles.get(name, name)
        yield where, name
        data = package.read(name)
        yield (
            where,
            _plain(data) if name.endswith((".xml", ".rels", ".vml")) else data.decode("utf-8", "replace"),
        )


KEEPS = (
    "Excel, OneDrive and other drives keep earlier versions of the workbook: open its version history and delete them, or save "
    "a copy under another name and delete the old file for good.",
)
