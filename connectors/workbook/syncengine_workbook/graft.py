"""Sheets drawn in one workbook, put into another: its own parts stay as they are, byte for byte.

The drawn sheets come with everything they link to (tables, notes, charts) under new names, and their formats are
added to the other book's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from syncengine_workbook.book import WORKBOOK, Book, Sheet, relations, relations_part
from syncengine_workbook.package import Package
from syncengine_workbook.splice import attribute, into, root_prefix, with_attribute

_TYPES = "[Content_Types].xml"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STYLED = re.compile(rb"(<(?:c|row)\b[^>]*?\ss=\"|<col\b[^>]*?\sstyle=\")(\d+)(\")")
_RULED = re.compile(rb"(<cfRule\b[^>]*?\sdxfId=\")(\d+)(\")")
_AFTER = {
    b"numFmts": ("fonts", "fills", "borders", "cellStyleXfs", "cellXfs"), b"fonts": ("fills",), b"fills": ("borders",),
    b"borders": ("cellStyleXfs", "cellXfs"), b"dxfs": ("tableStyles", "colors", "extLst"),
}  # fmt: skip
_OWN_FORMATS = 164


def graft(book: Book, drawn: Package, titles: Iterable[str]) -> None:
    """Add the sheets of these titles to the end of `book`. Their titles and table names must be free there."""
    source = Book(drawn)
    mapping = _merge_styles(book, drawn)
    for title in titles:
        sheet = source.sheet(title)
        assert sheet is not None
        part = _copy(book.package, drawn, sheet.part, {}, mapping)
        _list_sheet(book, title, part)


def table_ids(package: Package) -> set[int]:
    """The ids of all tables; each has its own in a workbook."""
    found = set()
    for name in package.names():
        if re.fullmatch(r"xl/tables/[^/]+\.xml", name, re.IGNORECASE):
            tag = re.search(rb"<(?:\w+:)?table\b[^>]*>", package.read(name))
            found.add(int(attribute(tag[0], "id") or 0) if tag else 0)
    return found


class _Formats:
    """What numbers of the drawn book's formats are called in the other."""

    def __init__(self, styles: int, rules: int) -> None:
        self._styles, self._rules = styles, rules

    def applied(self, data: bytes) -> bytes:
        """Sheet XML with the other book's numbers. Format 0 of a drawn sheet is the default, which every book has."""
        moved = _STYLED.sub(lambda m: m[1] + str(int(m[2]) + self._styles).encode() + m[3], data)
        return _RULED.sub(lambda m: m[1] + str(int(m[2]) + self._rules).encode() + m[3], moved)


def _free_name(package: Package, part: str) -> str:
    stem, _, ending = part.rpartition(".")
    stem = stem.rstrip("0123456789")
    number = 1
    while package.has(f"{stem}{number}.{ending}"):
        number += 1
    return f"{stem}{number}.{ending}"


def _copy(target: Package, drawn: Package, part: str, done: dict[str, str], mapping: _Formats) -> str:
    """Copy a part with all it links to; its new name."""
    if part in done:
        return done[part]
    new = done[part] = _free_name(target, part)
    data = drawn.read(part)
    if "/worksheets/" in part:
        data = mapping.applied(data)
        data = data.replace(b' tabSelected="1"', b"")
    elif "/tables/" in part:
        data = with_attribute_of_root(data, b"table", "id", str(max(table_ids(target), default=0) + 1))
    target.write(new, data)
    _declare_type(target, drawn, part, new)
    linked = [
        (relation, _copy(target, drawn, relation.part, done, mapping)) for relation in relations(drawn, part)
    ]
    if linked:
        made = "".join(f'<Relationship Id={quoteattr(relation.id)} Type="{_RELATIONS}/{relation.type}" Target="/{path}"/>'
                       for relation, path in linked)  # fmt: skip
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Relationships xmlns="{_PACKAGE_RELATIONS}">{made}</Relationships>'
        target.write(relations_part(new), text.encode())
    return new


def with_attribute_of_root(data: bytes, root: bytes, name: str, value: str) -> bytes:
    """The part with an attribute of its root set."""
    return re.sub(
        rb"<(?:\w+:)?" + root + rb"\b[^>]*>",
        lambda found: with_attribute(found[0], name, value),
        data,
        count=1,
    )


def _declare_type(target: Package, drawn: Package, part: str, new: str) -> None:
    types = drawn.read(_TYPES)
    found = re.search(rb"<Override\b[^>]*PartName=\"/" + re.escape(part.encode()) + rb"\"[^>]*>", types)
    data = target.read(_TYPES)
    p = root_prefix(data, b"Types")
    if found:
        kind = attribute(found[0], "ContentType") or ""
        what = b"<" + p + f'Override PartName="/{new}" ContentType="{kind}"/>'.encode()
        place = data.rindex(b"</" + p + b"Types")
    else:
        ending = part.rpartition(".")[2]
        if re.search(
            rb"<(?:\w+:)?Default\b[^>]*Extension=\"" + ending.encode() + rb"\"", data, re.IGNORECASE
        ):
            return
        default = re.search(rb"<Default\b[^>]*Extension=\"" + ending.encode() + rb"\"[^>]*>", types)
        kind = (attribute(default[0], "ContentType") if default else None) or "application/xml"
        what = b"<" + p + f'Default Extension="{ending}" ContentType="{kind}"/>'.encode()
        place = re.search(rb"<(?:\w+:)?Types\b[^>]*>", data).end()  # type: ignore[union-attr]  # every package has it
    target.write(_TYPES, data[:place] + what + data[place:])


def _list_sheet(book: Book, title: str, part: str) -> None:
    package = book.package
    rels = package.read(relations_part(WORKBOOK))
    taken = set(re.findall(rb"\sId=[\"']([^\"']+)[\"']", rels))
    number = next(n for n in range(1, len(taken) + 2) if f"rId{n}".encode() not in taken)
    p = root_prefix(rels, b"Relationships")
    entry = (
        b"<" + p + f'Relationship Id="rId{number}" Type="{_RELATIONS}/worksheet" Target="/{part}"/>'.encode()
    )
    place = rels.rindex(b"</" + p + b"Relationships")
    package.write(relations_part(WORKBOOK), rels[:place] + entry + rels[place:])
    data = package.read(WORKBOOK)
    used = [int(n) for n in re.findall(rb"\ssheetId=[\"'](\d+)[\"']", data)]
    own = max(used, default=0) + 1
    p = root_prefix(data, b"workbook")
    listed = (b"<" + p + b"sheet name=" + quoteattr(title).encode()
              + f' sheetId="{own}" xmlns:r="{_RELATIONS}" r:id="rId{number}"/>'.encode())  # fmt: skip
    package.write(WORKBOOK, into(data, p, b"workbook", b"sheets", listed, ()))
    book.sheets.append(Sheet(title, part, own))
    book.taken.add(title.casefold())


def _merge_styles(book: Book, drawn: Package) -> _Formats:
    """Append the drawn book's formats to the other's styles part; existing ones keep their numbers."""
    book.keep_styles()
    root = ElementTree.fromstring(drawn.read("xl/styles.xml"))  # noqa: S314 - our own
    data = book.package.read(book.styles_part)
    p = root_prefix(data, b"styleSheet")
    offsets = {
        name: _children(data, p, name) for name in (b"fonts", b"fills", b"borders", b"cellXfs", b"dxfs")
    }
    formats = _merge_codes(root, data)
    for element in root.iter(f"{_MAIN}xf"):
        for name, kind in (("fontId", b"fonts"), ("fillId", b"fills"), ("borderId", b"borders")):
            element.set(name, str(int(element.get(name, 0)) + offsets[kind]))
        number = int(element.get("numFmtId", 0))
        element.set("numFmtId", str(formats.get(number, (number, ""))[0]))
        element.set("xfId", "0")
        for name in ("Font", "Fill", "Border", "NumberFormat", "Alignment"):
            element.set(f"apply{name}", "1")
    codes = b"".join(
        b"<" + p + f'numFmt numFmtId="{number}" formatCode={quoteattr(code)}/>'.encode()
        for number, code in formats.values()
    )
    data = into(data, p, b"styleSheet", b"numFmts", codes, _AFTER[b"numFmts"])
    for part in (b"fonts", b"fills", b"borders", b"dxfs"):
        data = into(data, p, b"styleSheet", part, _inside(root, part.decode(), p), _AFTER[part])
    data = into(data, p, b"styleSheet", b"cellXfs", _inside(root, "cellXfs", p), ("cellStyles", "dxfs"))
    book.package.write(book.styles_part, data)
    book.forget_styles()
    return _Formats(offsets[b"cellXfs"], offsets[b"dxfs"])


def _merge_codes(root: ElementTree.Element, data: bytes) -> dict[int, tuple[int, str]]:
    """Number formats of the drawn book: old number to (new number, code)."""
    taken = [int(n) for n in re.findall(rb"numFmtId=[\"'](\d+)[\"']", data)]
    following = max([_OWN_FORMATS - 1, *taken]) + 1
    found: dict[int, tuple[int, str]] = {}
    for element in root.iter(f"{_MAIN}numFmt"):
        number = int(element.get("numFmtId", 0))
        if number >= _OWN_FORMATS and element.get("formatCode"):
            found[number] = (following + len(found), element.get("formatCode", ""))
    return found


def _children(data: bytes, p: bytes, name: bytes) -> int:
    """How many formats of a kind the part has."""
    found = re.search(rb"<" + p + name + rb"\b[^>]*?(?:/>|>.*?</" + p + name + rb">)", data, re.DOTALL)
    if not found:
        return 0
    declared = b" ".join(set(re.findall(rb"xmlns(?::\w+)?=(?:\"[^\"]*\"|'[^']*')", data)))
    return len(ElementTree.fromstring(b"<" + p + b"x " + declared + b">" + found[0] + b"</" + p + b"x>")[0])  # noqa: S314 - vetted


def _inside(root: ElementTree.Element, name: str, p: bytes) -> bytes:
    """The children of a part of the drawn styles, with the other part's prefix."""
    element = root.find(_MAIN + name)
    made = b""
    for child in element if element is not None else ():
        text = ElementTree.tostring(child, encoding="unicode").replace(f' xmlns:ns0="{_MAIN[1:-1]}"', "")
        made += re.sub(r"<(/?)ns0:", lambda found: f"<{found[1]}{p.decode()}", text).encode()
    return made
