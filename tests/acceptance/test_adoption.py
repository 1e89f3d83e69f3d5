"""A group that has a workbook and a vault already: setup shows what it makes of them, and nothing of theirs is touched or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from openpyxl.styles import Font

if TYPE_CHECKING:
    from conftest import Site

NOTES = {
    "Goals/Learn SQL.md": '---\nwho: "[[Ada Okafor]]"\ndeadline: 2026-12-24\nmood: good # today\ntags: [work, data]\n---\nWhy I want it.\n',
    "Goals/Bake bread.md": "---\r\nwho: Grace Lindqvist\r\ndone: 30\r\nmood: ok\r\n---\r\nWith rye.\r\n",
    "People/Ada Okafor.md": "My own words about me.\n",
    "Journal/Monday.md": "Nobody's business.\n",
    "Goals.canvas": "{}",
}
MATCHED = {"Learn SQL", "Speak in public", "Keep bees", "Bake bread"}
PEOPLE = ["Ada Okafor", "Grace Lindqvist", "Noor van Dijk"]


def own_workbook(site: Site) -> None:
    """Their own headings, formats, a formula, a column and a sheet that are nobody else's, dates as text, percents of all sorts."""
    book = openpyxl.Workbook()
    goals = book.active
    assert goals is not None
    goals.title = "Goals"
    for row in (
        ["Mood", "Objective", "Who", "Done", "Deadline", "Budget"],
        ["🙂", "Learn SQL", "Ada Okafor", 0.4, date(2026, 12, 24), "=10*2"],
        ["😐", "Speak in public", "Grace Lindqvist", 0.1, "24.12.2026", 30],
        [None, "Keep bees", "Noor van Dijk", "25 %", None, None],
    ):
        goals.append(row)
    goals["A1"].font = Font(bold=True, color="00FF0000")
    people = book.create_sheet("Participants")
    for person in (
        ["Name", "Mail", "Shoe size"], ["Ada Okafor", "ada@example.org", 38], ["Grace Lindqvist", "grace@example.org", 40],
        ["Noor van Dijk", None, 41],
    ):  # fmt: skip
        people.append(person)
    book.create_sheet("Raffle")["B2"] = "=Goals!F2*2"
    book.save(site.book)


@pytest.fixture
def theirs(configured: Callable[..., Site], config_text: str) -> Site:
    site = configured(config_text.replace("days_back = 0", 'dates = "day-first"\ndays_back = 0'))
    for name, words in NOTES.items():
        path = site.notes / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(words.encode())
    own_workbook(site)
    return site


def test_the_plan_shows_the_mapping_and_touches_nothing(theirs: Site) -> None:
    before = theirs.everything()
    ran = theirs.run("setup", "--dry-run")
    assert ran.status == 0, ran.said
    for line in (
        "adopt  the folder Goals as Goals, with its 2 notes; “who” is Person, “done” is Percent, “deadline” is Due",
        "adopt  the folder People as People, with its 1 notes",
        "adopt  column 'Objective' of sheet 'Goals' is read as Goal",
        "adopt  column 'Who' of sheet 'Goals' is read as Person",
        "adopt  column 'Done' of sheet 'Goals' is read as Percent",
        "adopt  column 'Deadline' of sheet 'Goals' is read as Due",
        "adopt  sheet 'Participants' is read as People",
        "adopt  column 'Mail' of sheet 'Participants' is read as E-mail",
        "make   a hidden column of ids in sheet 'Goals'",
    ):
        assert line in ran.out, line
    for own in ("Mood", "mood", "Budget", "Shoe", "Raffle", "Journal", "tags"):
        assert own not in ran.out
    assert theirs.everything() == before


def _names(site: Site, plural: str) -> list[str]:
    return sorted(path.stem for path in (site.notes / plural).glob("*.md"))


def test_what_is_in_both_is_one_record_and_what_is_in_one_comes_to_the_other(theirs: Site) -> None:
    assert theirs.run("setup", "--yes").status == 0
    theirs.sync()
    assert set(_names(theirs, "Goals")) == MATCHED
    rows = {row["Objective"]: row for row in theirs.rows()}
    assert rows.keys() == MATCHED
    assert len(theirs.rows()) == len(MATCHED)
    assert _names(theirs, "People") == PEOPLE == sorted(row["Name"] for row in theirs.rows("Participants"))
    sql = theirs.front("Learn SQL")
    assert (sql["done"], sql["deadline"], sql["mood"], sql["tags"]) == (
        40,
        date(2026, 12, 24),
        "good",
        ["work", "data"],
    )
    assert rows["Learn SQL"]["Notes"] == "Why I want it."
    assert (rows["Bake bread"]["Done"], rows["Bake bread"]["Who"]) == (pytest.approx(0.3), "Grace Lindqvist")
    speak = theirs.front("Speak in public")
    assert (speak["done"], speak["deadline"]) == (10, date(2026, 12, 24))
    ada = theirs.front("Ada Okafor", "People")
    assert ada["email"] == "ada@example.org"
    assert "My own words about me." in theirs.note("Ada Okafor", "People").read_text()
    assert theirs.writes() == 0


def _own(site: Site) -> dict[str, Any]:
    """What is theirs alone."""
    book = openpyxl.load_workbook(site.book)
    goals, people = book["Goals"], book["Participants"]
    return {
        "sheets": book.sheetnames[:3],
        "headings": [cell.value for cell in goals[1]][:6],
        "moods": [row[0].value for row in goals.iter_rows(min_row=2, max_row=4)],
        "budget": [row[5].value for row in goals.iter_rows(min_row=2, max_row=4)],
        "as typed": [goals["D4"].value, goals["E3"].value],
        "format": goals["A1"].font.color.rgb,
        "shoes": [row[2].value for row in people.iter_rows(min_row=2, max_row=4)],
        "raffle": book["Raffle"]["B2"].value,
        "journal": (site.notes / "Journal" / "Monday.md").read_bytes(),
        "canvas": (site.notes / "Goals.canvas").read_bytes(),
    }


def test_people_s_own_columns_keys_sheets_and_files_stay(theirs: Site) -> None:
    before = _own(theirs)
    assert theirs.run("setup", "--yes").status == 0
    theirs.sync()
    assert _own(theirs) == before
    for name in ("Goals/Learn SQL.md", "Goals/Bake bread.md"):
        was = NOTES[name].splitlines()
        now = (theirs.notes / name).read_bytes().decode().splitlines()
        assert [line for line in now if line in was] == was, "their lines, in their order"
    bread = (theirs.notes / "Goals" / "Bake bread.md").read_bytes()
    assert bread.count(b"\r\n") == bread.count(b"\n"), "their line endings"
    theirs.set_cell("🙂", "Done", 0.9)
    theirs.sync()
    assert theirs.front("Learn SQL")["done"] == 90
    assert _own(theirs) == before


def test_setup_again_finds_nothing_to_do(theirs: Site) -> None:
    assert theirs.run("setup", "--yes").status == 0
    theirs.sync()
    before = theirs.everything()
    again = theirs.run("setup", "--yes")
    assert again.status == 0
    assert again.out.count(": is set up\n") == 3
    theirs.sync()
    assert theirs.everything() == before


def test_a_lost_state_is_rebuilt_from_the_ids_in_the_tools(site: Site) -> None:
    """Whoever deletes `.mentorsync` loses the history, and nothing else: no copies, no deletions, no questions."""
    goals, pairs = site.rows(), site.rows("Pairs")
    notes = {path: path.read_bytes() for path in (site.notes / "Goals").glob("*.md")}
    calendar = site.calendar()
    for path in (site.folder / ".mentorsync").iterdir():
        path.unlink()
    site.sync()
    assert (site.rows(), site.calendar()) == (goals, calendar)
    assert {path: path.read_bytes() for path in (site.notes / "Goals").glob("*.md")} == notes
    (pair,), (before,) = site.rows("Pairs"), pairs
    changed = {heading for heading in pair if pair[heading] != before[heading]}
    assert changed <= {"Minutes"}, "a default may be filled in; what the calendar makes of a blank is no edit"
    assert site.run("setup", "--yes").status == 0
    site.agrees()
