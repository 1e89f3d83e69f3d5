"""One worksheet's XML: its rows as cells, and its frame (everything around the rows).

Rows are found by their tags and parsed a few hundred at a time, so that a large sheet neither needs a tree in
memory nor a call into Python for each tag, and so that every byte outside an edited row can stay as it is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from xml.etree import ElementTree
from xml.parsers import expat

_CHUNK = 256 * 1024
_ATTRIBUTES = rb"(?:[^>\"'/]|/(?!>)|\"[^\"]*\"|'[^']*')*"
_ROOT = re.compile(rb"<(?:(\w[\w.-]*):)?worksheet\b" + _ATTRIBUTES + rb"/?>")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_LETTERS = re.compile(r"([A-Z]{1,3})([0-9]+)")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
MOST_ROWS = 1_048_576


@dataclass(slots=True)
class Cell:
    """A cell as the file has it: nothing is interpreted yet."""

    style: int
    type: str
    """`n` number, `s` shared string, `inlineStr`, `str` a formula's text, `b`, `e` error, `d` ISO date."""
    value: str | None
    formula: str | None = None
    """Its text ("" for a cell that shares another's formula); `None`: no formula."""
    reach: str = ""
    """The area that depends on the formula standing here (shared, array, data table)."""

    @property
    def blank(self) -> bool:
        """Whether nobody wrote anything here."""
        return self.formula is None and (self.value is None or (self.value == "" and self.type != "s"))


@dataclass(slots=True)
class Row:
    """A row that exists in the file; `cells` by column, counted from 1."""

    number: int
    cells: dict[int, Cell]
    hidden: bool = False


@cache
def column_number(letters: str) -> int:
    """A to 1, XFD to 16384."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """1 to A, 16384 to XFD."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def split_address(address: str) -> tuple[int, int]:
    """(row, column) of an address like `C7` or `$C$7`; raises `ValueError` for anything else."""
    found = _LETTERS.fullmatch(address.replace("$", ""))
    if not found:
        raise ValueError(address)
    return int(found[2]), column_number(found[1])


def split_area(area: str) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of an area like `A1:B7` or `A1`; nothing for what is not one."""
    first, _, last = area.partition(":")
    try:
        return (*split_address(first), *split_address(last or first))
    except ValueError:
        return 0, 0, 0, 0


def decode(text: str) -> str:
    """Text as people see it: `_x0041_` stands for a character (ECMA-376, ST_Xstring)."""
    if "_x" not in text:
        return text
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def encode(text: str) -> str:
    """XML text that decodes to `text`, whatever underscores people wrote."""
    return html.escape(_LOOKS_ESCAPED.sub("_x005F_", text), quote=False)


def plain_text(element: ElementTree.Element) -> str:
    """The text of an `is` or `si`, without phonetic hints."""
    parts: list[str] = []
    for child in element:
        name = child.tag.rpartition("}")[2]
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts.extend(t.text or "" for t in child if t.tag.rpartition("}")[2] == "t")
    return decode("".join(parts))


class SheetXml:
    """A worksheet part. Raises `ValueError` where it is not one."""

    def __init__(self, data: bytes) -> None:
        if b"<!--" in data:
            data = _COMMENT.sub(b"", data)
        if b"<![CDATA[" in data:
            data = _CDATA.sub(lambda found: html.escape(found[1].decode(), quote=False).encode(), data)
        root = _ROOT.search(data)
        if not root:
            raise ValueError("no worksheet")
        try:
            expat.ParserCreate().Parse(data, True)  # sound as a whole: its rows are found by their tags
        except expat.ExpatError as error:
            raise ValueError(f"{error}") from error
        self.data = data
        self.prefix = root[1].decode() + ":" if root[1] else ""
        self._root = root
        p = re.escape(self.prefix.encode())
        opened = re.compile(rb"<" + p + rb"sheetData\b" + _ATTRIBUTES + rb"(/?)>").search(data, root.end())
        if not opened:
            raise ValueError("no sheetData")
        self.empty = bool(opened[1])
        self.tag = opened.span()
        self.start = opened.end()
        self.end = self.start if self.empty else data.rindex(b"</" + self.prefix.encode() + b"sheetData")
        self.row_pattern = re.compile(
            rb"<" + p + rb"row\b(" + _ATTRIBUTES + rb")(?:/>|>(.*?)</" + p + rb"row\s*>)", re.DOTALL
        )

    @cached_property
    def frame(self) -> ElementTree.Element:
        """The part without its rows."""
        return ElementTree.fromstring(self.data[: self.start] + self.data[self.end :])  # noqa: S314 - vetted by Package

    def all(self, name: str) -> list[ElementTree.Element]:
        """Elements of the frame by local name, at any depth, as in `mergeCell`."""
        return [element for element in self.frame.iter() if element.tag.rpartition("}")[2] == name]

    def rows(self) -> Iterator[Row]:
        """Every row in the file, top down."""
        number = 0
        for chunk in self._chunks():
            for element in self._parse(chunk):
                row = _row(element, number + 1)
                number = row.number
                yield row

    def parse_row(self, data: bytes, number: int) -> Row:
        """One row's bytes as cells."""
        return _row(self._parse(data)[0], number)

    def _chunks(self) -> Iterator[bytes]:
        start, last = self.start, self.start
        for found in self.row_pattern.finditer(self.data, self.start, self.end):
            if self.data[last : found.start()].strip():
                raise ValueError(f"something other than rows at byte {last}")
            last = found.end()
            if last - start > _CHUNK:
                yield self.data[start:last]
                start = last
        if self.data[last : self.end].strip():
            raise ValueError(f"something other than rows at byte {last}")
        if last > start:
            yield self.data[start:last]

    def _parse(self, rows: bytes) -> ElementTree.Element:
        opened = self._root[0].removesuffix(b">").removesuffix(b"/") + b">"
        return ElementTree.fromstring(opened + rows + b"</" + self.prefix.encode() + b"worksheet>")  # noqa: S314 - vetted


def _row(element: ElementTree.Element, following: int) -> Row:
    number = int(element.get("r", following))
    cells: dict[int, Cell] = {}
    column = 0
    for child in element:
        address = child.get("r")
        column = column + 1 if address is None else column_number(address.rstrip("0123456789"))
        cells[column] = _cell(child)
    return Row(number, cells, element.get("hidden") in ("1", "true"))


def _cell(element: ElementTree.Element) -> Cell:
    get = element.get
    cell = Cell(int(get("s", 0)), get("t", "n"), None)
    for child in element:
        last = child.tag[-2:]  # `}v`, `}f` or `}is`: a namespace ends before the name
        if last == "}v":
            cell.value = child.text
        elif last == "is":
            plain = len(child) == 1 and child[0].tag[-2:] == "}t"
            cell.value = decode(child[0].text or "") if plain else plain_text(child)
        elif last == "}f":
            cell.formula = child.text or ""
            cell.reach = child.get("ref", "")
    if cell.formula in ("TRUE()", "FALSE()"):  # LibreOffice saves a plain truth value as this formula
        cell.type, cell.value, cell.formula = "b", "1" if cell.formula == "TRUE()" else "0", None
    return cell
