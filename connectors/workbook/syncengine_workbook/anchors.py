"""Things of people's that hang on a row without being in its cells: comments, links, merged cells."""

from __future__ import annotations

import re

from syncengine_workbook.book import Book, Sheet, relations
from syncengine_workbook.sheet import split_address

_REF = re.compile(rb"\sref=[\"']([A-Z$0-9:]+)[\"']")
_KINDS = ("comments", "threadedComment")


def anchored_rows(book: Book, sheet: Sheet) -> set[int]:
    """The rows that something hangs on."""
    refs = [
        element.get("ref", "") for name in ("hyperlink", "mergeCell") for element in book.xml(sheet).all(name)
    ]
    for relation in relations(book.package, sheet.part):
        if relation.type in _KINDS and book.package.has(relation.part):
            refs.extend(ref.decode() for ref in _REF.findall(book.package.read(relation.part)))
    rows: set[int] = set()
    for ref in refs:
        first, _, last = ref.partition(":")
        try:
            top, bottom = split_address(first)[0], split_address(last or first)[0]
        except ValueError:
            continue
        rows.update(range(top, min(bottom, top + 10_000) + 1))
    return rows
