"""Cell formats: what a number means to people (a date, a percentage), and new formats made from old ones."""

from __future__ import annotations

import re
from typing import Literal
from xml.sax.saxutils import quoteattr

from syncengine_workbook.splice import attribute, with_attribute

Shape = Literal["number", "date", "datetime", "time", "percent", "text"]

DATE, INSTANT, PERCENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "0%"
FLAG = '"TRUE";"TRUE";"FALSE"'
"""Excel shows truth values by itself; LibreOffice would show 1 and 0."""
_XFS = re.compile(rb"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</(?:\w+:)?cellXfs>", re.DOTALL)
_XF = re.compile(rb"<(?:\w+:)?xf\b[^>]*?(?:/>|>.*?</(?:\w+:)?xf>)", re.DOTALL)
_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_DECORATION = re.compile(r'"[^"]*"|[\\_*].|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_FIRST_OWN = 164
# The formats that a file names by number alone (ECMA-376, 18.8.30; 27-36 and 50-58 are East Asian dates).
_BUILT_IN: dict[int, Shape] = {
    **dict.fromkeys((9, 10), "percent"), **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "date"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 46, 47, 55, 56), "time"), 22: "datetime", 49: "text",
}  # fmt: skip


class Styles:
    """The `cellXfs` of a styles part. Formats are only ever added: those that cells use keep their numbers."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        found = _XFS.search(data)
        self._prefix = found[1] if found else b""
        self._xfs: list[bytes] = _XF.findall(found[2]) if found else []
        self._codes: dict[int, str] = {}
        for tag in _FORMAT.findall(data):
            number = attribute(tag, "numFmtId")
            if number is not None:
                self._codes[int(number)] = attribute(tag, "formatCode") or "General"
        self._known, self._known_codes = len(self._xfs), set(self._codes)
        self._shapes: dict[int, Shape] = {}
        self._made: dict[tuple[int, str, bool], int] = {}

    @property
    def changed(self) -> bool:
        """Whether a format was added."""
        return len(self._xfs) > self._known

    def shape(self, style: int) -> Shape:
        """What a number of this format is to the person who looks at it."""
        if style not in self._shapes:
            number = int(attribute(self._xfs[style], "numFmtId") or 0) if 0 <= style < len(self._xfs) else 0
            code = self._codes.get(number)
            self._shapes[style] = _BUILT_IN.get(number, "number") if code is None else _shape(code)
        return self._shapes[style]

    def shown_as(self, style: int, code: str | None, literal: bool = False) -> int:
        """The same format with another number format, and with the mark that what looks like a formula is text."""
        key = (style, code or "", literal)
        if key not in self._made:
            xf = self._xfs[style] if 0 <= style < len(self._xfs) else self._xfs[0]
            if code is not None:
                xf = with_attribute(
                    with_attribute(xf, "numFmtId", str(self._number(code))), "applyNumberFormat", "1"
                )
            if literal:
                xf = with_attribute(xf, "quotePrefix", "1")
            if xf in self._xfs:
                self._made[key] = self._xfs.index(xf)
            else:
                self._xfs.append(xf)
                self._made[key] = len(self._xfs) - 1
        return self._made[key]

    def _number(self, code: str) -> int:
        if code == PERCENT:
            return 9
        for number, known in self._codes.items():
            if known == code:
                return number
        number = max([_FIRST_OWN - 1, *self._codes]) + 1
        self._codes[number] = code
        return number

    def to_bytes(self) -> bytes:
        """The part with the added formats."""
        p, data = self._prefix, self._data
        new = b"".join(b"<" + p + b"numFmt numFmtId=" + quoteattr(str(number)).encode() + b" formatCode=" + quoteattr(code).encode() + b"/>"
                       for number, code in self._codes.items() if number not in self._known_codes)  # fmt: skip
        data = _XFS.sub(lambda _: b"<" + p + b'cellXfs count="%d">' % len(self._xfs) + b"".join(self._xfs) + b"</" + p + b"cellXfs>",
                        data, count=1)  # fmt: skip
        if not new:
            return data
        found = re.search(rb"<" + p + rb"numFmts\b[^>]*?(/?)>", data)
        head = b"<" + p + b'numFmts count="%d">' % len(self._codes)
        if found and not found[1]:
            return data[: found.start()] + head + new + data[found.end() :]
        whole = head + new + b"</" + p + b"numFmts>"
        if found:
            return data[: found.start()] + whole + data[found.end() :]
        root = re.search(rb"<" + p + rb"styleSheet\b[^>]*>", data)
        assert root is not None
        return data[: root.end()] + whole + data[root.end() :]


def _shape(code: str) -> Shape:
    if code == "@":
        return "text"
    shown = _DECORATION.sub("", code.split(";")[0]).lower()
    if "%" in shown:
        return "percent"
    letters = set() if shown == "general" else set(shown) & set("dmyhs")
    if not letters:
        return "number"
    clock = letters & set("hs")
    if letters & set("dy") or not clock:
        return "datetime" if clock else "date"
    return "time"
