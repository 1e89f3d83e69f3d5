"""What people do on the six tools between two runs, in the tools' own ways."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from syncengine_gcal.sandbox.people import People as CalendarPeople
from syncengine_notion.sandbox import People as NotionPeople
from tests.simulation.faults.workplace import Workplace
from tests.unit.sheets.people import SheetsPeople


class People:
    """Everybody's hands."""

    def __init__(self, place: Workplace) -> None:
        self.place = place

    # -- files

    def note(self, title: str, plural: str = "Goals") -> Path:
        return self.place.folder / "notes" / plural / f"{title}.md"

    def write_note(self, title: str, head: str, body: str = "", plural: str = "Goals") -> None:
        self.note(title, plural).write_text(f"---\n{head}\n---\n{body}", encoding="utf-8")

    def change_note(self, title: str, before: str, after: str, plural: str = "Goals") -> None:
        path = self.note(title, plural)
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, (before, text)
        path.write_text(text.replace(before, after), encoding="utf-8")

    @contextmanager
    def excel(self) -> Iterator[openpyxl.Workbook]:
        path = self.place.folder / "program.xlsx"
        book = openpyxl.load_workbook(path)
        yield book
        book.save(path)

    def set_cell(
        self, book: openpyxl.Workbook, title: str, heading: str, value: Any, tab: str = "Goals"
    ) -> None:
        sheet = book[tab]
        row = next(row[0].row for row in sheet.iter_rows() if row[0].value == title)
        sheet.cell(row, [cell.value for cell in sheet[1]].index(heading) + 1).value = value

    def add_row(self, book: openpyxl.Workbook, values: Mapping[str, Any], tab: str = "Goals") -> None:
        sheet = book[tab]
        row = next(r for r in range(2, sheet.max_row + 2) if all(c.value is None for c in sheet[r]))
        for heading, value in values.items():
            sheet.cell(row, [cell.value for cell in sheet[1]].index(heading) + 1).value = value

    def move_in_file(self, pair: str, slot: str, to: str) -> None:
        """Drag one meeting of the calendar folder to another hour of its day (`20260311T170000`, `20260311T190000`)."""
        path = self.place.folder / "calendar" / f"{pair}.ics"
        text = path.read_bytes().decode()
        uid = re.search(r"UID:.*", text)
        assert uid
        moved = (
            f"BEGIN:VEVENT\r\n{uid[0].strip()}\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;TZID=Europe/Berlin:{slot}\r\n"
            f"DTSTART;TZID=Europe/Berlin:{to}\r\nDURATION:PT45M\r\nSUMMARY:{pair}\r\nEND:VEVENT\r\nEND:VCALENDAR"
        )
        path.write_bytes(text.replace("END:VCALENDAR", moved).encode())

    # -- services

    @property
    def notion(self) -> NotionPeople:
        return NotionPeople(self.place.notion)

    @property
    def sheet(self) -> SheetsPeople:
        [file] = self.place.sheets.files.values()
        return SheetsPeople(self.place.sheets, file)

    @property
    def gcal(self) -> CalendarPeople:
        return self.place.calendar.people("Check-ins")


def goals_everywhere(people: People, many: int) -> None:
    """`many` goals, written as notes: G00, G01 …"""
    for n in range(many):
        people.write_note(
            f"G{n:02}",
            f'title: G{n:02}\nperson: "[[Ada Okafor]]"\npercent: {n % 10 * 10}\nstatus: in progress',
            f"First words of {n}.\n",
        )


def busy_day(people: People, size: int) -> None:
    """`size` times each: edits, additions and deletions in every tool; one conflict, and two meetings moved.

    Needs `9 * size` goals of `goals_everywhere`.
    """
    numbers = iter(range(9 * size))

    def some() -> list[str]:
        return [f"G{next(numbers):02}" for _ in range(size)]

    for title in some():
        people.change_note(title, "status: in progress", "status: achieved")
    for n, title in enumerate(some()):
        people.change_note(title, "First words of", f"Second thoughts {n} on")
    with people.excel() as book:
        for n, title in enumerate(some()):
            people.set_cell(book, title, "Percent", 0.71 + n / 100)
        for n in range(size):
            people.add_row(book, {"Goal": f"From the workbook {n}", "Person": "Ada Okafor", "Percent": 0.05})
    for n, title in enumerate(some()):
        people.notion.edit("Goals", title, **{"Why it matters": f"to be heard {n}"})
        people.notion.add("Goals", Goal=f"From Notion {n}", Person="Ben Lind")
    for n, title in enumerate(some()):
        people.sheet.edit("goal", title, "why", f"because {n}")
        people.sheet.add("goal", {"title": f"From the sheet {n}", "person": "Cleo Marsh", "percent": 30})
    for n in range(size):
        people.write_note(
            f"From a note {n}", f'title: From a note {n}\nperson: "[[Dov Katz]]"', "With rye.\n"
        )
    for title in some():
        people.note(title).unlink()
    for title in some():
        people.notion.trash("Goals", title)
    for title in some():
        people.sheet.remove("goal", title)
    [torn] = some()[:1]
    people.change_note(torn, "status: in progress", "status: achieved")
    people.notion.edit("Goals", torn, Status="on hold")
    first = people.place.first
    second = f"{first + timedelta(days=7):%Y%m%d}"
    people.move_in_file("Ada & Ben", f"{second}T170000", f"{second}T190000")
    event = str(people.gcal.find("Cleo & Dov").body["id"])
    slot = datetime.combine(first + timedelta(days=1), time(9, 30), ZoneInfo("Europe/Berlin")).astimezone(UTC)
    people.gcal.move(event, f"{slot:%FT%TZ}", f"{slot + timedelta(hours=4, minutes=30):%FT%TZ}")
    people.gcal.edit(
        str(people.gcal.find("Ada & Ben").body["id"]), location="https://meet.example.org/harbour"
    )
