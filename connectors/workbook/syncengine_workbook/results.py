"""Results of formulas after our write: forgotten where the program that opens the book would show the old ones.

Excel computes everything anew when `fullCalcOnLoad` is set (`Book.calculate_on_load`). LibreOffice does not heed it
and computes only what has no result (7.4, checked by a test). So the Dashboard's results are always forgotten, and
people's as well in a book that LibreOffice saved. In our columns a formula keeps its result: it is what we read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from syncengine_workbook.book import WORKBOOK, Book
from syncengine_workbook.layout import DASHBOARD, Tab
from syncengine_workbook.sheet import column_number

_COMPUTED = re.compile(
    rb"(<(?:\w+:)?c\b[^>]*?\sr=\"([A-Z]{1,3})\d+\"[^>]*>\s*"
    rb"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>))\s*<(?:\w+:)?v\b[^>]*>[^<]*</(?:\w+:)?v>"
)
_ELSEWHERE = re.compile(rb"\[\d+\]")


def forget_results(book: Book, tabs: Iterable[Tab]) -> None:
    """Have LibreOffice compute what depends on the tabs. Results from other workbooks stay: they may be the last."""
    at = book.cell_of(DASHBOARD)
    ours = {tab.sheet.part: frozenset(tab.columns.values()) for tab in tabs}
    everywhere = (
        re.search(rb"<(?:\w+:)?fileVersion\b[^>]*appName=\"Calc\"", book.package.read(WORKBOOK)) is not None
    )
    for sheet in book.sheets if everywhere else [at[0]] if at else []:
        xml = book.xml(sheet)
        data = xml.data[xml.start : xml.end]
        kept = _without_results(data, ours.get(sheet.part, frozenset()))
        if kept != data:
            book.set_xml(sheet, xml.data[: xml.start] + kept + xml.data[xml.end :])


def _without_results(data: bytes, ours: frozenset[int]) -> bytes:
    if b"<f" not in data and b":f" not in data:
        return data

    def kept(found: re.Match[bytes]) -> bytes:
        own = column_number(found[2].decode()) in ours
        return found[0] if own or _ELSEWHERE.search(found[3] or b"") else found[1]

    return _COMPUTED.sub(kept, data)
