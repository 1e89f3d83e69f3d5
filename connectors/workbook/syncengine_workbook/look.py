"""How our sheets look: one calm palette, one place for widths and formats. For openpyxl."""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from syncengine.model.fieldtypes import (
    Choice,
    Choices,
    Date,
    Email,
    FieldType,
    Flag,
    Instant,
    Number,
    Percent,
    Ref,
    RichText,
    Text,
    Url,
)  # fmt: skip
from syncengine.model.kind import Field, Kind
from syncengine.model.palette import DEEP, INK, LINE, MIST, MUTED, STEEL
from syncengine_workbook.styles import DATE, FLAG, INSTANT, PERCENT

FONT = "Calibri"

HEAD = Font(name=FONT, size=11, bold=True, color="FFFFFF")
HEAD_FILL = PatternFill("solid", fgColor=DEEP)
COMPUTED_FILL = PatternFill("solid", fgColor=STEEL)
BODY = Font(name=FONT, size=11, color=INK)
LINK = Font(name=FONT, size=11, color="2B6CB0", underline="single")
TITLE = Font(name=FONT, size=22, bold=True, color=DEEP)
SECTION = Font(name=FONT, size=14, bold=True, color=DEEP)
SMALL = Font(name=FONT, size=10, color=MUTED)
FIGURE = Font(name=FONT, size=22, bold=True, color=INK)
CARD = PatternFill("solid", fgColor=MIST)
UNDER = Border(bottom=Side("thin", color=LINE))
GAP, NO_BORDER = Border(right=Side("thick", color="FFFFFF")), Border()
MIDDLE = Alignment(horizontal="center", vertical="center")
WRAPPED = Alignment(vertical="top", wrap_text=True)
HEAD_ALIGNED = Alignment(vertical="center", wrap_text=True)

_WIDTHS: tuple[tuple[type[FieldType], float], ...] = (
    (Percent, 10), (Number, 11), (Date, 12.5), (Instant, 17), (Flag, 10), (Choices, 20), (Choice, 15), (Email, 27),
    (Url, 28), (Ref, 20), (RichText, 48), (Text, 26),
)  # fmt: skip


def width(kind: Kind, field: Field) -> float:
    """How wide a field's column is, in characters."""
    if kind.title and field.name == kind.title[0] and not isinstance(field.type, Date | Instant):
        return 34 if not isinstance(field.type, Ref) else 24
    if field.type.many:
        return 28
    return next((chars for type_, chars in _WIDTHS if isinstance(field.type, type_)), 20)


def number_format(field: Field) -> str:
    """The format in which a column's cells show and take what people type: `@` keeps 007 and 1-2 as they are."""
    kind = field.type
    for type_, code in ((Percent, PERCENT), (Date, DATE), (Instant, INSTANT), (Flag, FLAG)):
        if isinstance(kind, type_):
            return code
    return "@" if isinstance(kind, Text) else "General"


def alignment(field: Field) -> Alignment:
    """Words wrap; short values stand in the middle of their column."""
    if isinstance(field.type, Number | Date | Instant | Flag):
        return Alignment(horizontal="center", vertical="top")
    return WRAPPED
