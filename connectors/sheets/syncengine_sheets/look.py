"""How our tabs look: one calm palette, one place for widths, formats and drop-downs. As the Sheets API has them."""

from __future__ import annotations

from typing import Any

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
from syncengine.model.palette import DEEP, INK, STEEL

Said = dict[str, Any]

WHITE, GOLD = "FFFFFF", "C9A75D"
FONT = "Roboto"

_PIXELS: tuple[tuple[type[FieldType], int], ...] = (
    (Percent, 80), (Number, 90), (Date, 100), (Instant, 140), (Flag, 80), (Choices, 150), (Choice, 120), (Email, 200),
    (Url, 210), (Ref, 150), (RichText, 340), (Text, 200),
)  # fmt: skip


def colour(code: str) -> Said:
    """`ColorStyle` of a hexadecimal colour."""
    red, green, blue = (round(int(code[n : n + 2], 16) / 255, 4) for n in (0, 2, 4))
    return {"rgbColor": {"red": red, "green": green, "blue": blue}}


def text(size: int = 10, code: str = INK, *, bold: bool = False) -> Said:
    """`TextFormat`."""
    return {"fontFamily": FONT, "fontSize": size, "bold": bold, "foregroundColorStyle": colour(code)}


def heading(*, computed: bool = False) -> Said:
    """The format of a heading cell."""
    return {
        "backgroundColorStyle": colour(STEEL if computed else DEEP), "textFormat": text(10, WHITE, bold=True),
        "verticalAlignment": "MIDDLE", "wrapStrategy": "WRAP", "padding": {"top": 4, "right": 6, "bottom": 4, "left": 6},
    }  # fmt: skip


def pixels(kind: Kind, field: Field) -> int:
    """How wide a field's column is."""
    if kind.title and field.name == kind.title[0] and not isinstance(field.type, Date | Instant):
        return 260 if not isinstance(field.type, Ref) else 180
    if field.type.many:
        return 220
    return next((wide for type_, wide in _PIXELS if isinstance(field.type, type_)), 150)


def column(field: Field) -> Said:
    """The format of a field's column: texts stay as typed (007, 1-2), days and percentages show as such."""
    found: Said = {
        "textFormat": text(),
        "verticalAlignment": "TOP",
        "padding": {"top": 4, "right": 6, "bottom": 4, "left": 6},
    }
    kind = field.type
    if isinstance(kind, Percent):
        found["numberFormat"] = {"type": "PERCENT", "pattern": "0%"}
    elif isinstance(kind, Date):
        found["numberFormat"] = {"type": "DATE", "pattern": "yyyy-mm-dd"}
    elif isinstance(kind, Instant):
        found["numberFormat"] = {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm"}
    elif not isinstance(kind, Number | Flag):
        found["numberFormat"] = {"type": "TEXT", "pattern": "@"}
    if isinstance(kind, Number | Date | Instant | Flag):
        found["horizontalAlignment"] = "CENTER"
    else:
        found["wrapStrategy"] = "WRAP"
    return found


def masks(format: Said) -> str:
    """The field mask of a format."""
    return ",".join(f"userEnteredFormat.{name}" for name in format)


def rule(field: Field, lists: dict[str, str]) -> Said | None:
    """The field's drop-down, checkbox or bounds: a warning, never a lock, since what people type is read anyway.

    `lists`: kind to the range of its titles, like `='People'!$A$2:$A`.
    """
    kind = field.type
    if field.name == "answer":
        words = [{"userEnteredValue": word} for word in ("keep", "1.", "2.", "3.")]
        return _rule(
            "ONE_OF_LIST",
            words,
            "keep: what is under “Kept”. 1.: the first of “Also written”. Or type what it should be.",
        )
    if isinstance(kind, Flag):
        return {"condition": {"type": "BOOLEAN"}, "showCustomUi": True}
    if isinstance(kind, Choice) and not kind.many:
        words = [{"userEnteredValue": option} for option in kind.options]
        return _rule("ONE_OF_LIST", words, f"Usual here: {', '.join(kind.options)}.")
    if field.ref and not kind.many and field.ref in lists:
        return _rule(
            "ONE_OF_RANGE",
            [{"userEnteredValue": lists[field.ref]}],
            "Choose a name, or type one; a first name will do.",
        )
    if isinstance(kind, Number) and kind.least is not None and kind.most is not None:
        scale = 100 if isinstance(kind, Percent) else 1
        bounds = [{"userEnteredValue": f"{bound / scale:g}"} for bound in (kind.least, kind.most)]
        return _rule(
            "NUMBER_BETWEEN",
            bounds,
            f"Usual here: {kind.least:g} to {kind.most:g}{' %' if scale == 100 else ''}.",
        )
    if isinstance(kind, Date):
        return _rule("DATE_IS_VALID", [], "A day, like 2026-03-01.")
    return None


def _rule(type: str, values: list[Said], message: str) -> Said:
    condition: Said = {"type": type, **({"values": values} if values else {})}
    return {"condition": condition, "strict": False, "showCustomUi": True, "inputMessage": message}


def note(kind: Kind, field: Field) -> str:
    """What a heading means, for people who point at it."""
    words = [field.help.rstrip(".") or _means(kind, field)]
    if field.computed:
        words.append("Filled in for you; edits here are not kept")
    elif field.ref:
        words.append("Names, separated by ;" if field.type.many else "A name; the first name will do")
    elif isinstance(field.type, Choices):
        words.append(f"Several of: {', '.join(field.type.options)}")
    elif isinstance(field.type, Instant):
        words.append("In the program's time zone")
    return ". ".join(words) + "."


def _means(kind: Kind, field: Field) -> str:
    return f"{field.label} of the {kind.label.lower()}"
