"""The Guide: the template's pages, one below the other, and how to work with the spreadsheet. Written once."""

from __future__ import annotations

import re
from typing import Any

from syncengine.model.template import Template
from syncengine_sheets import look
from syncengine_sheets.canvas import SECTION, TITLE, Canvas
from syncengine_sheets.marks import GUIDE, TITLES, chosen
from syncengine_sheets.tabs import new_sheet, own_mark

_TIPS = (
    "Write, sort, filter, and add columns, tabs, formulas and charts as you like: what is yours stays yours.",
    "A new line in a tab becomes a record with the next sync. To remove one, delete its whole row.",
    "Columns may be moved and renamed. A deleted column clears nothing elsewhere; setup brings it back.",
    "A cell that could not be understood gets a note that says why; everything else is synced all the same.",
    "Where two people wrote different things, both are in “Waits for you”: write the answer there, or edit the field again.",
)

Said = dict[str, Any]


def guide_tab(template: Template, index: int, title: str = TITLES[GUIDE]) -> list[Said]:
    """Requests that make it."""
    pages = [
        *((page.title, _lines(page.text)) for page in template.pages),
        ("This spreadsheet", [f"•  {tip}" for tip in _TIPS]),
    ]
    canvas = Canvas(chosen("tab", GUIDE))
    canvas.put(1, 1, template.title, TITLE)
    body: Said = {"textFormat": look.text(11), "wrapStrategy": "WRAP", "verticalAlignment": "TOP"}
    row = 1
    for heading, lines in pages:
        row += 2
        canvas.put(row, 1, heading, SECTION)
        for text in lines:
            row += 1
            canvas.put(row, 1, text.lstrip("="), body)
    canvas.size("COLUMNS", 0, 1, 24)
    canvas.size("COLUMNS", 1, 2, 720)
    canvas.size("ROWS", 1, 2, 40)
    made = new_sheet(GUIDE, title, index, row + 10, 3, look.GOLD, frozen=(0, 0))
    return [made, *canvas.requests(), own_mark(GUIDE)]


def _lines(text: str) -> list[str]:
    """Markdown as plain lines: paragraphs joined, list marks as people print them, emphasis without its stars."""
    lines: list[str] = []
    for raw in text.strip().splitlines():
        line = re.sub(r"(\*\*|\*|`)(.+?)\1", r"\2", raw.strip())
        if re.match(r"[-*] |\d+\. ", line):
            lines.append(re.sub(r"^[-*] ", "•  ", line))
        elif line and lines and lines[-1]:
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return [line for line in lines if line]
