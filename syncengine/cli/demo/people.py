"""What people do in the demo, each in the tool they like, without any of our code: editors, Excel, a calendar program."""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta
from typing import Any

import icalendar
import openpyxl


def _note(folder: str, plural: str, title: str) -> str:
    return os.path.join(folder, plural, f"{title}.md")


def rewrite_note(vault: str, title: str, prose: str) -> None:
    """Somebody rewrites the text of a goal's note and leaves its properties alone."""
    path = _note(vault, "Goals", title)
    with open(path, encoding="utf-8", newline="") as handle:
        head, _, _ = handle.read().partition("\n---\n")
    with open(path, "w", encoding="utf-8", newline="") as handle:
        handle.write(f"{head}\n---\n\n{prose}\n")


def set_property(vault: str, title: str, key: str, value: str) -> None:
    """Somebody changes one property of a goal's note."""
    path = _note(vault, "Goals", title)
    with open(path, encoding="utf-8", newline="") as handle:
        text = handle.read()
    with open(path, "w", encoding="utf-8", newline="") as handle:
        handle.write(re.sub(rf"(?m)^{re.escape(key)}:.*$", f"{key}: {value}", text, count=1))


def delete_note(vault: str, plural: str, title: str) -> None:
    """Somebody deletes a note."""
    os.unlink(_note(vault, plural, title))


def set_cell(path: str, sheet: str, title: str, heading: str, value: Any) -> None:
    """Somebody types into one cell of the workbook and saves."""
    book = openpyxl.load_workbook(path)
    tab = book[sheet]
    headings = [cell.value for cell in tab[1]]
    column = headings.index(heading) + 1
    row = next(r for r in range(2, tab.max_row + 1) if title in [cell.value for cell in tab[r]])
    tab.cell(row, column, value)
    book.save(path)


def add_row(path: str, sheet: str, values: dict[str, Any]) -> None:
    """Somebody writes a new line below the others, without an id, and saves."""
    book = openpyxl.load_workbook(path)
    tab = book[sheet]
    headings = [cell.value for cell in tab[1]]
    row = next(r for r in range(2, tab.max_row + 2) if all(cell.value is None for cell in tab[r]))
    for heading, value in values.items():
        tab.cell(row, headings.index(heading) + 1, value)
    book.save(path)


def move_meeting(folder: str, name: str, slot: datetime, by: timedelta) -> datetime:
    """Somebody drags one meeting of a series in a calendar program, which writes an exception; returns its new start."""
    path = os.path.join(folder, f"{name}.ics")
    with open(path, "rb") as handle:
        calendar = icalendar.Calendar.from_ical(handle.read())
    master: Any = next(event for event in calendar.walk("VEVENT") if "RRULE" in event)
    zone = master["DTSTART"].dt.tzinfo
    local = slot.astimezone(zone)
    moved = icalendar.Event()
    moved.add("UID", master["UID"])
    moved.add("SUMMARY", master["SUMMARY"])
    moved.add("DTSTAMP", datetime(2026, 1, 1, tzinfo=slot.tzinfo))
    moved.add("RECURRENCE-ID", local)
    moved.add("DTSTART", local + by)
    moved.add("DTEND", local + by + timedelta(minutes=45))
    calendar.add_component(moved)
    with open(path, "wb") as handle:
        handle.write(calendar.to_ical())
    return local + by
