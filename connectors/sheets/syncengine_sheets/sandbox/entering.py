"""What a cell becomes when a person types into it, and how it is shown: by the spreadsheet's locale (sheets.md, 3 and 10)."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a wall-clock time; cells have no zone
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?")

COMMA = frozenset(("de", "fr", "es", "it", "pt", "nl", "pl", "cs", "da", "fi", "nb", "sv", "ru", "tr", "uk"))


@dataclass(frozen=True)
class Entered:
    """A typed cell: its value, or its formula, and the number format that typing it brings along."""

    value: Any
    formula: str | None = None
    number_format: dict[str, str] | None = None


def entered(text: Any, locale: str, kind: str = "") -> Entered:
    """What typing `text` gives. `kind`: the type of the cell's number format (`TEXT`, `PERCENT` …)."""
    if not isinstance(text, str):
        return Entered(text)
    if text.startswith("'"):
        return Entered(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Entered(None, text)
    if kind == "TEXT" or not text.strip():
        return Entered(text or None)
    plain = text.strip()
    if plain.upper() in ("TRUE", "FALSE"):
        return Entered(plain.upper() == "TRUE")
    percent = plain.endswith("%")
    number = _number(plain.rstrip("% ") if percent else plain, locale)
    if number is not None:
        if percent:
            return Entered(number / 100, None, {"type": "PERCENT", "pattern": "0%"})
        return Entered(number / 100 if kind == "PERCENT" else number)
    moment = _moment(plain, locale)
    if moment is None:
        return Entered(text)
    serial = (moment - EPOCH) / timedelta(days=1)
    timed = ":" in plain
    return Entered(
        serial,
        None,
        {"type": "DATE_TIME" if timed else "DATE", "pattern": "yyyy-mm-dd hh:mm" if timed else "yyyy-mm-dd"},
    )


def _number(text: str, locale: str) -> float | None:
    comma = locale.split("_")[0] in COMMA
    point, group = (",", ".") if comma else (".", ",")
    if not re.fullmatch(rf"[+-]?(\d+|\d{{1,3}}(\{group}\d{{3}})+)(\{point}\d+)?(?:[eE][+-]?\d+)?", text):
        return None
    return float(text.replace(group, "").replace(point, "."))


def _moment(text: str, locale: str) -> datetime | None:
    iso, parts = _ISO.fullmatch(text), _PARTS.fullmatch(text)
    try:
        if iso:
            year, month, day, *clock = (int(one or 0) for one in iso.groups())
        elif parts:
            mark = "." if locale.startswith(("de", "pl", "cs", "ru", "nb", "fi", "da", "tr", "uk")) else "/"
            if parts[2] not in (mark, "-"):
                return None
            first, second = int(parts[1]), int(parts[3])
            month, day = (first, second) if locale == "en_US" else (second, first)
            year = int(parts[4])
            clock = [int(one or 0) for one in parts.groups()[4:]]
        else:
            return None
        return datetime(year, month, day, clock[0], clock[1], clock[2])  # noqa: DTZ001 - a wall-clock time
    except ValueError:
        return None


def computed(formula: str) -> Any:
    """What a formula of plain arithmetic shows; `None` for any other, which the sandbox does not calculate."""
    if not re.fullmatch(r"=[0-9.+\-*/() ]+", formula):
        return None
    try:
        return float(_value(ast.parse(formula[1:], mode="eval").body))
    except (SyntaxError, ValueError):
        return None
    except ZeroDivisionError:
        return "#DIV/0!"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add | ast.Sub):
            return left + right if isinstance(node.op, ast.Add) else left - right
        if isinstance(node.op, ast.Mult | ast.Div):
            return left * right if isinstance(node.op, ast.Mult) else left / right
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    raise ValueError(ast.dump(node))


def formatted(value: Any, number_format: dict[str, str] | None, locale: str) -> str:
    """What a person sees in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    kind = (number_format or {}).get("type", "")
    if kind in ("DATE", "DATE_TIME"):
        moment = EPOCH + timedelta(seconds=round(value * 86_400))
        return _shown(
            moment,
            (number_format or {}).get("pattern")
            or ("yyyy-mm-dd hh:mm" if kind == "DATE_TIME" else "yyyy-mm-dd"),
        )
    text = f"{value * 100:.0f}%" if kind == "PERCENT" else f"{value:.10g}"
    return text.replace(".", ",") if locale.split("_")[0] in COMMA else text


def _shown(moment: datetime, pattern: str) -> str:
    names = {"yyyy": "%Y", "mm": "%m", "dd": "%d", "hh": "%H", "ss": "%S"}
    day, _, clock = pattern.partition(" ")
    for word, code in names.items():
        day = day.replace(word, code)
        clock = clock.replace(word, "%M" if word == "mm" else code)
    return moment.strftime(f"{day} {clock}".strip())
