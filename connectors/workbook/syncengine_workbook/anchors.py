"""Things of people's that hang on a row without being in its cells: comments, links, merged cells."""

from __future__ import annotations

import re

from syncengine_workbook.book import Book, Sheet, relations
from syncengine_workbook.sheet import split_area

_REF = re.compile(rb"\sref=[\"']([A-Z$0-9:]+)[\"']")
_KINDS = ("comments", "threadedComment")


def anchored_rows(book: Book, sheet: Sheet, ours: frozenset[str] = frozenset()) -> set[int]:
    """The rows that something hangs on, links of `ours` aside."""
    elements = [element for name in ("hyperlink", "mergeCell") for element in book.xml(sheet).all(name)]
    refs = [ref for element in elements if (ref := element.get("ref", "")) not in ours]
    for relation in relations(book.package, sheet.part):
        if relation.type in _KINDS and book.package.has(relation.part):
            refs.extend(ref.decode() for ref in _REF.findall(book.package.read(relation.part)))
    rows: set[int] = set()
    for ref in refs:
        top, _, bottom, _ = split_area(ref)
        rows.update(range(top, min(bottom, top + 10_000) + 1))
    return rows
