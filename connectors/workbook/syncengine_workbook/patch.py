"""Cells written into a worksheet's XML: only the edited rows are made anew, every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from syncengine_workbook.mapping import Content
from syncengine_workbook.sheet import SheetXml, column_letters, column_number, encode, split_address
from syncengine_workbook.splice import attribute, with_attribute
from syncengine_workbook.styles import DATE, INSTANT, PERCENT, Styles

Edits = Mapping[int, Mapping[int, Content]]
"""Row to column to what is to stand there."""
_RECALCULATED = re.compile(rb"\s(?:spans|ht|dyDescent|x14ac:dyDescent)=\"[^\"]*\"")
_SHAPES = {DATE: ("date", "datetime"), INSTANT: ("datetime",), PERCENT: ("percent",)}


@dataclass(frozen=True)
class Patched:
    """A new worksheet part, and its edited rows by number."""

    data: bytes
    rows: Mapping[int, bytes]


class Formats:
    """Which format a written cell gets: its own, the column's or a neighbour's, changed only where it must be."""

    def __init__(self, sheet: SheetXml, styles: Styles, like: Mapping[int, int]) -> None:
        """`like`: column to the format of the row above, for rows that have none."""
        self._styles = styles
        self._like = like
        self._columns: list[tuple[int, int, int]] = [
            (int(col.get("min", 0)), int(col.get("max", 0)), int(col.get("style", 0)))
            for col in sheet.all("col")
        ]

    def of_column(self, column: int) -> int:
        """The format that a new cell of the column has."""
        own = next((style for least, most, style in self._columns if least <= column <= most), 0)
        return own or self._like.get(column, 0)

    def fit(self, style: int, content: Content) -> int:
        """`style`, or one like it in which people recognise the content."""
        if content.code is not None and self._styles.shape(style) not in _SHAPES[content.code]:
            return self._styles.shown_as(style, content.code)
        if content.literal and self._styles.shape(style) != "text":
            return self._styles.shown_as(style, None, literal=True)
        return style


def patch(sheet: SheetXml, edits: Edits, formats: Formats, fresh: frozenset[int] = frozenset()) -> Patched:
    """The worksheet with these cells. In `fresh` rows our cells lose the format that they had."""
    data, pieces, made = sheet.data, [], {}
    waiting = sorted(edits)
    number, copied = 0, sheet.start
    maker = _RowMaker(sheet.prefix.encode(), formats, _height(sheet))
    for found in sheet.row_pattern.finditer(data, sheet.start, sheet.end):
        number = int(attribute(found[1], "r") or number + 1)
        while waiting and waiting[0] < number:
            pieces.append(data[copied : found.start()])
            copied = found.start()
            row = waiting.pop(0)
            made[row] = maker.new(row, edits[row])
            pieces.append(made[row])
        if waiting and waiting[0] == number:
            waiting.pop(0)
            pieces.append(data[copied : found.start()])
            made[number] = maker.edited(number, found, edits[number], number in fresh)
            pieces.append(made[number])
            copied = found.end()
    pieces.append(data[copied : sheet.end])
    for row in waiting:
        made[row] = maker.new(row, edits[row])
        pieces.append(made[row])
    head, tail = data[: sheet.start], data[sheet.end :]
    if sheet.empty:
        p = sheet.prefix.encode()
        head, tail = data[: sheet.tag[0]] + b"<" + p + b"sheetData>", b"</" + p + b"sheetData>" + tail
    return Patched(_with_dimension(head, edits) + b"".join(pieces) + tail, made)


class _RowMaker:
    def __init__(self, prefix: bytes, formats: Formats, height: bytes) -> None:
        self._p = prefix
        self._formats = formats
        self._height = height
        p = re.escape(prefix)
        self._cells = re.compile(
            rb"<" + p + rb"c\b((?:[^>\"'/]|/(?!>)|\"[^\"]*\"|'[^']*')*)(?:/>|>.*?</" + p + rb"c\s*>)",
            re.DOTALL,
        )

    def new(self, number: int, contents: Mapping[int, Content]) -> bytes:
        cells = b"".join(self._cell(number, column, content, self._formats.of_column(column))
                         for column, content in sorted(contents.items()))  # fmt: skip
        return b'<%srow r="%d"%s>%s</%srow>' % (self._p, number, self._height, cells, self._p)

    def edited(
        self, number: int, found: re.Match[bytes], contents: Mapping[int, Content], fresh: bool
    ) -> bytes:
        attributes = found[1].rstrip()
        if attribute(attributes, "customHeight") not in ("1", "true"):
            attributes = _RECALCULATED.sub(b"", attributes)  # the program fits the height to the new text
        else:
            attributes = re.sub(rb"\sspans=\"[^\"]*\"", b"", attributes)
        row_style = (
            int(attribute(attributes, "s") or 0)
            if attribute(attributes, "customFormat") in ("1", "true")
            else 0
        )
        cells: dict[int, bytes] = {}
        column = 0
        for cell in self._cells.finditer(found[2] or b""):
            address = attribute(cell[1], "r")
            column = column + 1 if address is None else column_number(address.rstrip("0123456789"))
            cells[column] = cell[0]
        for column, content in contents.items():
            style = row_style or self._formats.of_column(column)
            if column in cells and not fresh:
                style = int(attribute(cells[column].split(b">", 1)[0] + b">", "s") or 0)
            cells[column] = self._cell(number, column, content, style)
        body = b"".join(cells[column] for column in sorted(cells))
        return b"<%srow%s>%s</%srow>" % (self._p, attributes, body, self._p)

    def _cell(self, row: int, column: int, content: Content, style: int) -> bytes:
        p, address = self._p, f"{column_letters(column)}{row}".encode()
        style = self._formats.fit(style, content)
        head = b'<%sc r="%s"' % (p, address) + (b' s="%d"' % style if style else b"")
        if not content.type:
            return head + b"/>" if style else b""
        if content.type == "inlineStr":
            text = encode(content.text).encode()
            return head + b' t="inlineStr"><%sis><%st xml:space="preserve">%s</%st></%sis></%sc>' % (
                p,
                p,
                text,
                p,
                p,
                p,
            )
        kind = b"" if content.type == "n" else b' t="%s"' % content.type.encode()
        return head + kind + b"><%sv>%s</%sv></%sc>" % (p, content.text.encode(), p, p)


def _height(sheet: SheetXml) -> bytes:
    """Rows of a sheet with a height of its own get it said: LibreOffice lets long text run over the next row else."""
    said = next(iter(sheet.all("sheetFormatPr")), None)
    if said is None or said.get("customHeight") not in ("1", "true"):
        return b""
    return f' ht="{float(said.get("defaultRowHeight", 15)):g}" customHeight="1"'.encode()


def _with_dimension(head: bytes, edits: Edits) -> bytes:
    """The used range grown over the edits: some readers stop where it ends."""
    found = re.search(rb"<(?:\w+:)?dimension\b[^>]*>", head)
    if not found or not edits:
        return head
    first, _, last = (attribute(found[0], "ref") or "A1").partition(":")
    try:
        (top, left), (bottom, right) = split_address(first), split_address(last or first)
    except ValueError:
        return head
    columns = [column for row in edits.values() for column in row] or [left]
    ref = (f"{column_letters(min(left, *columns))}{min(top, *edits)}:"
           f"{column_letters(max(right, *columns))}{max(bottom, *edits)}")  # fmt: skip
    return head[: found.start()] + with_attribute(found[0], "ref", ref) + head[found.end() :]
