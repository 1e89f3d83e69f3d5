"""Links that people can click: set beside the cells they belong to, and only to the web or an e-mail address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from syncengine_workbook.book import Book, Sheet, relations_part
from syncengine_workbook.splice import AFTER_LINKS, attribute, into, root_prefix

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SAFE = re.compile(r"(?:https?://|mailto:)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,1900}")
"""Excel calls a file damaged that links to what is no URI, or to one of more than 2,083 letters."""
_LINK = re.compile(rb"<(?:\w+:)?hyperlink\b[^>]*?(?:/>|>.*?</(?:\w+:)?hyperlink>)", re.DOTALL)
_EMPTY = re.compile(rb"<((?:\w+:)?)hyperlinks\b[^>]*>\s*</\1hyperlinks>")
_MOST = 60_000
"""Excel allows 65,530 in a sheet."""


def set_links(book: Book, sheet: Sheet, data: bytes, links: Mapping[str, str | None]) -> bytes:
    """The sheet's new XML `data` with these cells' links; `None` takes a link away. Others stay as they are."""
    if not links:
        return data
    cut = max(data.rfind(b"</sheetData"), data.rfind(b":sheetData"), data.rfind(b"<sheetData"))
    head, tail = data[:cut], data[cut:]
    rels = _relations(book, sheet)
    gone: set[str] = set()

    def kept(found: re.Match[bytes]) -> bytes:
        if (attribute(found[0], "ref") or "") not in links:
            return found[0]
        gone.add(next((said for name in ("r:id", "id") if (said := attribute(found[0], name))), ""))
        return b""

    tail = _LINK.sub(kept, tail)
    room = _MOST - len(_LINK.findall(tail))
    wanted = [(cell, url) for cell, url in links.items() if url and _SAFE.fullmatch(url)][: max(0, room)]
    p = root_prefix(head, b"worksheet")
    made, entries = b"", ""
    taken = set(re.findall(r"\sId=[\"']([^\"']+)[\"']", rels))
    number = 0
    for cell, url in wanted:
        number = next(n for n in range(number + 1, number + len(taken) + 2) if f"rId{n}" not in taken)
        made += b"<" + p + f'hyperlink xmlns:r="{_RELATIONS}" ref="{cell}" r:id="rId{number}"/>'.encode()
        entries += f'<Relationship Id="rId{number}" Type="{_RELATIONS}/hyperlink" Target={quoteattr(url)} TargetMode="External"/>'
    tail = _EMPTY.sub(b"", into(tail, p, b"worksheet", b"hyperlinks", made, AFTER_LINKS))
    for id in gone - {""}:
        if f'"{id}"'.encode() not in tail:
            rels = re.sub(rf"<(?:\w+:)?Relationship\b[^>]*\sId=[\"']{re.escape(id)}[\"'][^>]*/>", "", rels)
    prefix = root_prefix(rels.encode(), b"Relationships").decode()
    rels = rels.replace(
        f"</{prefix}Relationships>", entries.replace("<Rel", f"<{prefix}Rel") + f"</{prefix}Relationships>"
    )
    if entries or gone:
        book.package.write(relations_part(sheet.part), rels.encode())
    return head + tail


def _relations(book: Book, sheet: Sheet) -> str:
    part = relations_part(sheet.part)
    if book.package.has(part):
        text = book.package.read(part).decode()
        return re.sub(r"<((?:\w+:)?)Relationships\b([^>]*)/>", r"<\1Relationships\2></\1Relationships>", text)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>')  # fmt: skip
