"""Bad input is told with its file, its row or line, the value and what to do; everything else syncs, and nothing is lost."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Site

BROKEN = "Learn SQL"
"""The goal that something is wrong with in each test; another one is edited rightly at the same time."""


def edit_another(site: Site, tool: str) -> None:
    """Somebody changes another goal, in a tool that is not broken, while something is wrong with `BROKEN`."""
    if tool == "workbook":
        site.set_cell("Speak in public", "Why it matters", "To be heard")
    else:
        site.change_note("Speak in public", "percent: 20", "percent: 20\nwhy: To be heard")


def another_arrived(site: Site) -> None:
    assert site.front("Speak in public")["why"] == "To be heard"
    assert site.row("Speak in public")["Why it matters"] == "To be heard"


def told(site: Site, *words: str, status: int = 3) -> str:
    """What a sync says; it names all of `words`, and what to do."""
    ran = site.sync(status=status)
    said = next((line for line in ran.said.split("  ! ") if all(word in line for word in words)), None)
    assert said is not None, (words, ran.said)
    assert "→" in said
    assert "Traceback" not in ran.said
    return said


FIELDS = {"Status": "status: not started", "Percent": "percent: 10", "Person": 'person: "[[Ada Okafor]]"'}
"""A column's heading to the line of the note."""


@pytest.mark.parametrize("tool", ["notes", "workbook"])
@pytest.mark.parametrize(
    ("heading", "key", "wrong", "says", "right", "value"),
    [
        ("Status", "status", "almost", "is not one of the choices → Choose one of: not started, in progress", "achieved", "achieved"),
        ("Percent", "percent", "150", "is not between 0 and 100 → Write a number", "15", 15),
        ("Percent", "percent", "ca. 50 %", "is not a percentage → Write a number between 0 and 100", "50 %", 50),
        ("Due", "due", "3/4/2026", "could be two different dates → Write it as year-month-day", "2026-04-03", "2026-04-03"),
        ("Due", "due", "4. März 2026", "is not a date → Write it as year-month-day", "2026-03-04", "2026-03-04"),
        ("Due", "due", "next Friday", "is not a date → Write it as year-month-day", "2026-03-06", "2026-03-06"),
        ("Person", "person", "Alan Turing", "is nobody's name: no person is called that → Write the name as it is in the list",
         "Grace Lindqvist", "[[Grace Lindqvist]]"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_understood(
    site: Site, tool: str, heading: str, key: str, wrong: str, says: str, right: str, value: object
) -> None:
    """It stays as it stands, where it stands; put right, it arrives."""
    edit_another(site, tool)
    before = site.front(BROKEN).get(key), site.row(BROKEN)[heading]
    if tool == "notes":
        line = FIELDS.get(heading, "percent: 10")
        fresh = f"{key}: {wrong}" if heading in FIELDS else f"{line}\n{key}: {wrong}"
        site.change_note(BROKEN, line, fresh)
        kept = site.note(BROKEN).read_bytes()
        number = kept.decode().split("\n").index(f"{key}: {wrong}") + 1
        place = f"notes: Goals/{BROKEN}.md, line {number}: "
    else:
        site.set_cell(BROKEN, heading, wrong)
        place = "workbook: Goals!"
    said = told(site, place, f"{heading} “{wrong}” {says}")
    another_arrived(site)
    if tool == "notes":
        assert site.note(BROKEN).read_bytes() == kept
        assert site.row(BROKEN)[heading] == before[1], "nothing was made of it elsewhere"
    else:
        assert said.startswith(place + _cell(site, heading))
        assert site.row(BROKEN)[heading] == wrong
        assert site.front(BROKEN).get(key) == before[0]
    assert wrong in told(site, place), "it is told until it is mended"
    assert site.writes() == 0
    assert wrong in site.run("status").out
    assert wrong in site.run("why", f"{BROKEN}.{heading}").out
    if tool == "notes":
        site.change_note(BROKEN, f"{key}: {wrong}", f"{key}: {right}")
    else:
        site.set_cell(BROKEN, heading, right)
    site.sync()
    assert str(site.front(BROKEN)[key]) in (str(value), right)
    site.agrees()


def _cell(site: Site, heading: str) -> str:
    """The address of the cell of `BROKEN` under `heading`."""
    with site.excel() as book:
        tab = book["Goals"]
        number = next(row[0].row for row in tab.iter_rows() if row[0].value == BROKEN)
        column = [cell.value for cell in tab[1]].index(heading) + 1
        return str(tab.cell(number, column).coordinate)


def test_a_reference_to_two_people_of_one_name(site: Site) -> None:
    site.add_row({"Name": "Ada Okafor", "E-mail": "the-other-ada@example.org"}, sheet="People")
    site.sync()
    site.add_row({"Goal": "Keep bees", "Person": "Ada Okafor"})
    edit_another(site, "notes")
    said = told(
        site,
        "workbook: Goals!B5: ",
        "Person “Ada Okafor” could be any of 2: Ada Okafor (",
        "Write the full name",
    )
    another_arrived(site)
    assert site.front("Keep bees")["person"] is None, "nobody was chosen"
    one = said.split("of 2: ")[1].split(",")[0]
    site.set_cell("Keep bees", "Person", one)
    site.sync()
    assert "Ada Okafor" in site.front("Keep bees")["person"]
    site.agrees("Keep bees", "Learn SQL", "Read twelve books", "Speak in public")
    assert site.front(BROKEN)["person"] == "[[Ada Okafor]]", "who was meant before is still meant"


def test_broken_front_matter(site: Site) -> None:
    """The note is left as it is, byte for byte, whatever is changed elsewhere; mended, both sides' edits meet."""
    site.change_note(BROKEN, "percent: 10", "percent: [60")
    site.set_cell(BROKEN, "Why it matters", "To ask better questions")
    edit_another(site, "workbook")
    broken = site.note(BROKEN).read_bytes()
    told(site, f"notes: Goals/{BROKEN}.md, line ", "the front matter is not valid YAML", "→ Mend that line")
    another_arrived(site)
    assert site.note(BROKEN).read_bytes() == broken
    assert site.row(BROKEN)["Goal"] == BROKEN, "a note that can't be read is not a deleted one"
    site.change_note(BROKEN, "percent: [60", "percent: 60")
    site.sync()
    assert (site.front(BROKEN)["percent"], site.row(BROKEN)["Percent"]) == (60, pytest.approx(0.6))
    assert site.front(BROKEN)["why"] == "To ask better questions"
    site.agrees()


def _bomb(path: Path) -> None:
    """The same workbook, with a part that unpacks to 60 MB."""
    data = io.BytesIO()
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            after.writestr(part, before.read(part))
        after.writestr("xl/media/image1.png", bytes(60 * 1024 * 1024))
    path.write_bytes(data.getvalue())


@pytest.mark.parametrize(
    ("break_it", "says", "status"),
    [
        (lambda path: path.write_bytes(b"Goal;Percent\nLearn SQL;60\n"), "is not an Excel workbook but plain text", 1),
        (lambda path: path.write_bytes(b"%PDF-1.7 and so on"), "is not an Excel workbook but a PDF", 1),
        (lambda path: path.write_bytes(path.read_bytes()[:-2000]), "is incomplete", 3),
        (lambda path: path.write_bytes(b""), "is incomplete", 3),
        (_bomb, "would unpack to far more than a workbook of this kind holds, like a zip bomb", 1),
        (lambda path: (path.parent / "~$program.xlsx").write_bytes(b"Ada"), "is open in Excel", 3),
    ],
    ids=["text", "pdf", "half", "nothing", "bomb", "open"],
)  # fmt: skip
def test_a_workbook_that_is_not_one(
    site: Site, break_it: Callable[[Path], Any], says: str, status: int
) -> None:
    whole = site.book.read_bytes()
    break_it(site.book)
    broken = site.book.read_bytes()
    edit_another(site, "notes")
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    said = told(site, "replica 'workbook'", str(site.book), says, status=status)
    assert "→" in said
    assert site.book.read_bytes() == broken
    assert "Speak in public" in site.run("history", "Speak in public").out, "the others' edits are taken up"
    assert site.titles_in_notes() == ["Learn SQL", "Read twelve books", "Speak in public"]
    site.book.write_bytes(whole)
    (site.folder / "~$program.xlsx").unlink(missing_ok=True)
    site.sync()
    another_arrived(site)
    assert site.row(BROKEN)["Percent"] == pytest.approx(0.6)
    site.agrees()


def _copy_row(site: Site) -> str:
    with site.excel() as book:
        tab = book["Goals"]
        number = next(r for r in range(2, tab.max_row + 2) if all(c.value is None for c in tab[r]))
        source = next(row for row in tab.iter_rows() if row[0].value == BROKEN)
        for cell in source:
            tab.cell(number, cell.column).value = cell.value
    return f"workbook: program.xlsx, sheet Goals, row {number}: "


def _copy_note(site: Site) -> str:
    shutil.copy(site.note(BROKEN), site.note("Copied"))
    return "notes: Goals/Copied.md: "


@pytest.mark.parametrize("copy", [_copy_row, _copy_note], ids=["row", "note"])
def test_a_copy_becomes_a_record_of_its_own(site: Site, copy: Callable[[Site], str]) -> None:
    id = site.row(BROKEN)["mentorsync id"]
    edit_another(site, "notes")
    place = copy(site)
    told(site, place, f"has the id of “{BROKEN}” ({id}), as a copy has", "else delete it")
    another_arrived(site)
    rows = [row for row in site.rows() if row["Goal"] == BROKEN]
    assert len({row["mentorsync id"] for row in rows}) == 2
    assert id in [row["mentorsync id"] for row in rows]
    site.agrees(BROKEN, BROKEN, "Read twelve books", "Speak in public")
    assert site.run("sync").status == 0, "it is told once"


@pytest.mark.parametrize("tool", ["notes", "workbook"])
@pytest.mark.parametrize("what", ["another id", "no id"])
def test_an_edited_id_is_put_back(site: Site, tool: str, what: str) -> None:
    id = site.row(BROKEN)["mentorsync id"]
    wrong = id[:-1] + ("0" if id[-1] != "0" else "1") if what == "another id" else "hello"
    edit_another(site, "notes")
    if tool == "notes":
        site.change_note(BROKEN, f"id: {id}", f"id: {wrong}")
    else:
        site.set_cell(BROKEN, "mentorsync id", wrong)
    place = f"notes: Goals/{BROKEN}.md" if tool == "notes" else "workbook: program.xlsx, sheet Goals, row"
    told(site, place, f"its id was changed to “{wrong}”; it gets its own back", "Leave ids as they are")
    if (tool, what) == (
        "notes",
        "no id",
    ):  # a key `id` that holds no id of ours may be people's own: it stays
        assert site.front(BROKEN)["id"] == "hello"
        assert site.front(BROKEN)["mentorsync-id"] == id
    another_arrived(site)
    assert id in site.front(BROKEN).values()
    assert site.row(BROKEN)["mentorsync id"] == id
    site.agrees()


def test_names_that_differ_by_case_only(site: Site) -> None:
    """Three goals that some file systems would give one file are three notes, here too."""
    site.add_row({"Goal": "LEARN SQL", "Person": "Grace Lindqvist"})
    site.add_row({"Goal": "learn sql", "Person": "Grace Lindqvist"})
    site.sync()
    names = [path.stem for path in (site.notes / "Goals").glob("*.md")]
    assert len({name.casefold() for name in names}) == len(names) == 5
    site.agrees("LEARN SQL", BROKEN, "Read twelve books", "Speak in public", "learn sql")


@pytest.mark.parametrize(
    "title",
    ["../../../outside", "/etc/outside", "..", "C:\\outside\\x", "a/../../../outside", "con", "~/outside", ".hidden", "x" * 5_000],
)  # fmt: skip
def test_a_name_can_not_leave_the_folder(site: Site, title: str) -> None:
    outside = set(site.folder.parent.iterdir())
    site.add_row({"Goal": title, "Person": "Ada Okafor"})
    site.sync()
    assert site.titles_in_notes() == sorted([*("Learn SQL", "Read twelve books", "Speak in public"), title])
    assert set(site.folder.parent.iterdir()) == outside
    (note,) = [path for path in (site.notes / "Goals").iterdir() if site.front(path.stem)["title"] == title]
    assert note.suffix == ".md"
    assert len(note.name.encode()) <= 255
    assert site.writes() == 0


def test_a_link_that_leads_out_of_the_folder(site: Site, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\ntitle: Secret\n---\nKastanienallee\n")
    site.note("Linked").symlink_to(secret)
    site.run("sync")
    assert "Kastanienallee" not in "".join(str(row) for row in site.rows())
    assert secret.read_text() == "---\ntitle: Secret\n---\nKastanienallee\n"


WITHOUT_ROOTS_RIGHTS = [
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
]
"""Makes file modes hold for root too."""


def _as_people_are(site: Site, *words: str) -> tuple[int, str]:
    """`mentorsync WORDS` by somebody for whom file modes hold."""
    before = []
    if os.name == "posix" and os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and setpriv is not here to give that up")
        before = WITHOUT_ROOTS_RIGHTS
    ran = site.process(*words, before=before)
    return ran.status, ran.said


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize(
    ("place", "mode", "status", "says"),
    [
        ("notes/Goals", 0o555, 3, "could not update “Speak in public”: the file can't be written: Permission denied (Goals/Speak"),
        ("program.xlsx", 0o444, 1, "program.xlsx: is read-only"),
        ("calendar", 0o555, 3, "could not update “Ada & Grace”: Ada & Grace.ics can't be written: Permission denied"),
        (".", 0o555, 1, "program.xlsx: cannot be written: Permission denied"),
        ("notes", 0, 1, "can't be read: Permission denied"),
        ("notes/Goals", 0, 1, "notes/Goals: the folder can't be read: Permission denied"),
        ("notes/Goals/Learn SQL.md", 0, 3, "Goals/Learn SQL.md: the file can't be read: Permission denied"),
        ("program.xlsx", 0, 1, "program.xlsx: cannot be read: Permission denied"),
        ("calendar", 0, 1, "calendar.json: the marker of this calendar folder can't be read: Permission denied"),
        (".mentorsync", 0o555, 1, "the state can't be written"),
        (".mentorsync/state.sqlite3", 0, 1, "state.sqlite3: the state can't be opened: Permission denied"),
        ("mentorsync.toml", 0, 2, "mentorsync.toml: can't be read"),
    ],
)  # fmt: skip
def test_a_place_without_the_rights_to_it(site: Site, place: str, mode: int, status: int, says: str) -> None:
    site.set_cell("Speak in public", "Why it matters", "To be heard")
    site.set_cell("Ada & Grace", "Video link", "https://meet.example.org/ada-grace", sheet="Pairs")
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    path = site.folder / place
    usual = path.stat().st_mode
    path.chmod(mode)
    try:
        ended, said = _as_people_are(site, "sync")
    finally:
        path.chmod(usual)
    assert (ended, says in said, "→" in said, "Traceback" in said) == (status, True, True, False), said
    site.sync()
    another_arrived(site)
    assert site.row(BROKEN)["Percent"] == pytest.approx(0.6)
    assert "meet.example.org" in site.calendar()
    site.agrees()


@pytest.mark.parametrize("place", ["notes", "program.xlsx", "calendar"])
def test_a_place_that_is_gone(site: Site, tmp_path: Path, place: str) -> None:
    """Nothing is taken for deleted, nothing is made anew unasked; brought back, or asked for, all is there again."""
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    wanted = site.row("Speak in public")
    (site.folder / place).rename(tmp_path / "moved")
    before = site.everything()
    ran = site.sync(status=4)
    assert str(site.folder / place) in ran.err
    assert "no longer carries the mark" in ran.err
    assert "Put the original back, or run: mentorsync setup --allow place" in ran.err
    assert site.everything() == before, "nothing was written anywhere"
    assert site.report()["status"] == "stopped"
    assert site.run("setup", "--yes").status == 4
    assert site.everything() == before
    if place == "notes":  # they come back
        (tmp_path / "moved").rename(site.folder / place)
        site.sync()
        assert site.row(BROKEN)["Percent"] == pytest.approx(0.6)
    else:  # they are made anew
        assert site.run("setup", "--yes", "--allow", "place").status == 0
        site.sync()
        assert site.row("Speak in public")["mentorsync id"] == wanted["mentorsync id"]
        assert "RRULE" in site.calendar()
    site.agrees()


def test_a_replica_taken_out_of_the_config(site: Site) -> None:
    config = site.folder / "mentorsync.toml"
    text = config.read_text()
    config.write_text(
        text.replace('[[replica]]\nname = "workbook"\nconnector = "workbook"\npath = "program.xlsx"\n', "")
    )
    book = site.book.read_bytes()
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    site.sync()
    doctor = site.run("doctor")
    assert doctor.status == 3
    assert (
        "workbook: is no longer in the configuration → Run setup to let go of it (nothing in it is touched)"
        in doctor.out
    )
    setup = site.run("setup", "--yes")
    assert setup.status == 0
    assert "workbook: is no longer in the configuration; let go of" in setup.out
    assert "workbook" not in site.run("setup", "--yes").out
    assert site.run("doctor").status == 0
    site.sync()
    assert site.book.read_bytes() == book
    config.write_text(text)  # and it comes back: matched by the ids in it, with what is newer
    assert site.run("setup", "--yes").status == 0
    site.run("sync")
    assert (site.front(BROKEN)["percent"], site.row(BROKEN)["Percent"]) == (60, pytest.approx(0.6))
    assert sorted(row["Goal"] for row in site.rows()) == site.titles_in_notes()


def test_an_unknown_connector(site: Site) -> None:
    """Before anything is opened: no other tool is touched."""
    config = site.folder / "mentorsync.toml"
    config.write_text(config.read_text().replace('connector = "ical"', 'connector = "icall"'))
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    before = site.everything()
    ran = site.sync(status=2)
    assert "mentorsync.toml, line" in ran.err
    assert "there is no connector called 'icall'" in ran.err
    assert "ical, " in ran.err
    assert site.everything() == before
    config.write_text(config.read_text().replace('"icall"', '"ical"'))
    site.sync()
    site.agrees()


def test_what_a_tool_can_not_hold_does_not_keep_the_rest_from_it(site: Site) -> None:
    """A text longer than a cell: the row gets everything else, once, and the text is whole in the note."""
    words = "word " * 8_000
    site.change_note(BROKEN, "First words.", words)
    site.change_note(BROKEN, "percent: 10", "percent: 60")
    said = told(
        site, f"workbook: could not update “{BROKEN}”", "characters, and a cell holds 32,767", "Shorten it"
    )
    assert "The rest of the row was written." in said
    assert (site.row(BROKEN)["Percent"], site.row(BROKEN)["Notes"]) == (pytest.approx(0.6), "First words.")
    before = site.everything()
    report = site.report()
    assert report["replicas"]["workbook"] | {"read": 0, "calls": 0} == {
        "read": 0, "created": 0, "updated": 0, "deleted": 0, "rejected": 1, "calls": 0,
    }  # fmt: skip
    assert site.everything() == before, "nothing is written again and again"
    site.set_cell(BROKEN, "Percent", 0.7)
    site.sync(status=3)
    assert site.front(BROKEN)["percent"] == 70
    assert words.strip() in site.note(BROKEN).read_text()
    assert "workbook" not in "".join(line for line in site.run("why", f"{BROKEN}.notes").out.splitlines())
    site.change_note(BROKEN, words, "Shorter words.")
    site.sync()
    assert site.row(BROKEN)["Notes"] == "Shorter words."
    site.agrees()


def test_a_new_record_that_a_tool_can_hold_in_part(site: Site) -> None:
    site.write_note("Keep bees", 'title: Keep bees\nperson: "[[Ada Okafor]]"\npercent: 5', "word " * 8_000)
    said = told(site, "workbook: could not create “Keep bees”", "a cell holds 32,767")
    assert "The rest of the row was written." in said
    assert (site.row("Keep bees")["Percent"], site.row("Keep bees")["Notes"]) == (pytest.approx(0.05), None)
    told(site, "workbook: could not update “Keep bees”", "a cell holds 32,767")
    assert len([row for row in site.rows() if row["Goal"] == "Keep bees"]) == 1
    assert "word word" in site.note("Keep bees").read_text(), (
        "what is not in the workbook is no deletion there"
    )
    site.set_cell("Keep bees", "Notes", "In short: bees.")  # whoever writes there answers with a value
    site.run("sync")
    kept = site.note("Keep bees").read_text()
    assert "In short: bees." in kept or "word word" in kept
    assert "word word" in site.run("history", "Keep bees").out


def test_a_calendar_file_that_somebody_deletes(site: Site) -> None:
    """The pair no longer meets; it stays, with all that is written about its meetings. Put back, the file is right again."""
    path = site.folder / "calendar" / "Ada & Grace.ics"
    whole = path.read_bytes()
    first = min(row["Starts"] for row in site.rows("Check-ins"))
    with site.excel() as book:
        tab = book["Check-ins"]
        number = next(row[0].row for row in tab.iter_rows(min_row=2) if row[1].value == first)
        tab.cell(number, [cell.value for cell in tab[1]].index("Format") + 1).value = "walk"
    site.sync()
    path.unlink()
    site.sync()
    (pair,) = site.rows("Pairs")
    assert (pair["Name"], pair["Meets every"]) == ("Ada & Grace", None)
    assert [(row["Starts"], row["Format"]) for row in site.rows("Check-ins")] == [(first, "walk")], (
        "somebody wrote in it"
    )
    assert "Meets every: week → (empty)" in site.run("history", "Ada & Grace").out
    assert site.writes() == 0
    path.write_bytes(whole)
    site.sync()
    (pair,) = site.rows("Pairs")
    assert pair["Meets every"] == "week"
    assert len(site.rows("Check-ins")) > 1
    site.agrees()


def test_all_records_of_a_kind_gone_at_once(site: Site) -> None:
    """However many others there are: an emptied folder is no wish to delete everything in it."""
    for number in range(5):
        site.add_row({"Goal": f"Goal {number}", "Person": "Ada Okafor"})
    for number in range(12):
        site.add_row({"Promise": f"Promise {number}", "Who": "Ada Okafor"}, sheet="Promises")
    site.sync()
    kept = {path: path.read_bytes() for path in (site.notes / "Goals").glob("*.md")}
    for path in kept:
        path.unlink()
    before = site.everything()
    ran = site.sync(status=4)
    assert (
        "replica 'notes' lacks all of its 8 goals, and they would be deleted in every other tool; nothing was"
        in ran.err
    )
    assert "--allow mass-deletion" in ran.err
    assert site.everything() == before
    for path, words in kept.items():
        path.write_bytes(words)
    site.sync()
    assert len(site.rows()) == 8
    for path in kept:
        path.unlink()
    site.sync("--allow", "mass-deletion")
    assert site.rows() == []
    assert len(site.rows("Promises")) == 12
