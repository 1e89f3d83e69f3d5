"""`mentorsync demo`, as a newcomer meets it: it runs, it is all there, it agrees, it opens in other programs."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import yaml

from syncengine.cli.demo import CONFLICT, DELETED, NEW, PERCENT, PROSE
from syncengine.cli.demo.story import REFLECTIONS

if TYPE_CHECKING:
    from conftest import Site

SECRETS = ("What we said stays here", "I leaned in", *(words for _, *said in REFLECTIONS for words in said))
"""What only a pair may see: session notes, feedback, reflections."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, site_at: type[Site]) -> tuple[Path, str]:
    """The demo, run once: its folder, and what it said."""
    here = site_at(tmp_path_factory.mktemp("demo"))
    ran = here.run("demo")
    assert ran.status == 0, ran.said
    return here.folder / "mentorsync-demo", ran.out


@pytest.fixture
def demo(told: tuple[Path, str], tmp_path: Path, site_at: type[Site]) -> Site:
    """The demo's folder, one's own."""
    shutil.copytree(told[0], tmp_path / "demo")
    return site_at(tmp_path / "demo")


def test_says_what_was_edited_what_happened_and_that_a_second_sync_writes_nothing(
    told: tuple[Path, str],
) -> None:
    said = told[1]
    for title in (PERCENT, PROSE, NEW, CONFLICT, DELETED):
        assert said.count(f"“{title}”") >= 2, f"{title} is both edited and explained"
    assert f"“{PERCENT}”, Percent: 40 → 60  (from workbook)" in said
    assert "0 writes" in said
    assert "\x1b[" not in said, "no colours where nobody watches"


def test_it_is_a_whole_program(demo: Site) -> None:
    assert len(demo.titles_in_notes("People", "name")) == len(demo.rows("People")) == 12
    assert len(demo.titles_in_notes("Pairs", "name")) == len(demo.rows("Pairs")) == 7
    assert len(demo.titles_in_notes()) == len(demo.rows()) == 41
    assert [len(row["Members"].split("; ")) for row in demo.rows("Pairs")].count(3) == 1
    assert len(list((demo.folder / "calendar").glob("*.ics"))) == 7


def test_another_sync_writes_nothing(demo: Site) -> None:
    before = demo.everything()
    ran = demo.sync(status=3)
    assert ran.out.count("nothing to write") == 4
    assert demo.everything() == before


def test_the_edits_are_in_every_tool(demo: Site) -> None:
    assert demo.front(PERCENT)["percent"] == 60
    assert demo.row(PERCENT)["Percent"] == pytest.approx(0.6)
    assert (
        yaml.safe_load(demo.note(PERCENT, vault="ada-and-grace").read_text().split("---\n")[1])["percent"]
        == 60
    )
    assert "in Arabic**" in demo.note(PROSE).read_text()
    assert "in Arabic**" in demo.row(PROSE)["Notes"]
    assert demo.front(NEW)["person"] == "[[Jonas Weber]]"
    assert demo.front(NEW)["id"] == demo.row(NEW)["mentorsync id"]
    assert (demo.front(NEW)["percent"], demo.row(NEW)["Percent"]) == (10, "10 %"), "as Jonas wrote it"
    assert not demo.note(DELETED, "Resources").exists()
    assert DELETED not in [row["Resource"] for row in demo.rows("Resources")]
    assert DELETED in [row["Record"] for row in demo.rows("Archive")], "removed gently: it is in the archive"


def test_the_moved_meeting_is_in_every_tool(demo: Site) -> None:
    (moved,) = [row for row in demo.rows("Check-ins") if row["Status"] == "moved"]
    name = f"{moved['Starts']:%Y-%m-%d %H.%M} · Ada & Grace"
    assert demo.front(name, "Check-ins")["status"] == "moved"
    assert demo.note(name, "Check-ins", vault="ada-and-grace").exists()
    assert f"DTSTART;TZID=Europe/Berlin:{moved['Starts']:%Y%m%dT%H%M%S}" in demo.calendar()


def test_the_conflict_is_a_question_in_every_tool(demo: Site) -> None:
    assert demo.front(CONFLICT)["status"] == demo.row(CONFLICT)["Status"] == "achieved"
    (row,) = demo.rows("Waits for you")
    assert (row["About"], row["Kept"], row["Also written"]) == (
        f"Goal: {CONFLICT}",
        "achieved",
        "1. on hold (in workbook)",
    )
    (note,) = (demo.notes / "Waits for you").glob("*.md")
    assert "on hold (in workbook)" in note.read_text()


def test_what_is_between_a_pair_stays_there(demo: Site) -> None:
    theirs = _bytes(demo.folder / "ada-and-grace")
    for words in SECRETS[:3]:
        assert words.encode() in theirs
    everybodys = b"".join(_bytes(demo.folder / part) for part in ("notes", "calendar", "program.xlsx"))
    assert DELETED.encode() in everybodys, "what is searched is what people can read"
    for words in SECRETS:
        assert words.encode() not in everybodys
    assert not (demo.notes / "Reflections").exists()
    assert not (demo.notes / "Feedback").exists()
    theirs_alone = [p.name for p in (demo.folder / "ada-and-grace" / "People").iterdir()]
    assert sorted(theirs_alone) == ["Ada Okafor.md", "Grace Lindqvist.md"]


def _bytes(place: Path) -> bytes:
    """All that is written in a file or below a folder, unzipped, and unfolded (calendar lines)."""
    found = b""
    for path in [place, *place.rglob("*")] if place.is_dir() else [place]:
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                found += b"".join(book.read(name) for name in book.namelist())
        elif path.is_file():
            found += path.read_bytes().replace(b"\r\n ", b"")
    return found


def test_the_commands_it_recommends_work_there(demo: Site, told: tuple[Path, str]) -> None:
    said = told[1].split("5. Now you")[1]
    commands = re.findall(r"^   mentorsync (.+)$", said, flags=re.MULTILINE)
    assert len(commands) == 5
    status, conflicts, why, history, undo = [
        demo.run(*[one or two for one, two in re.findall(r'"([^"]+)"|(\S+)', line)]) for line in commands
    ]
    assert status.status == 0
    assert "conflict #1" in status.out
    assert "(moved)" in status.out
    assert "12 people" in status.out
    assert conflicts.status == 3
    assert "keep  achieved (in notes)" in conflicts.out
    assert "1. on hold (in workbook)" in conflicts.out
    assert why.status == 0
    assert "Percent: 40 → 60" in why.out
    assert "workbook: somebody changed it there" in why.out
    assert history.status == 0
    assert "notes: it was deleted there" in history.out
    assert undo.status in (0, 3)
    assert "Nothing was written" in undo.out
    assert f"create resource “{DELETED}”" in undo.out
    doctor = demo.run("doctor")
    assert (doctor.status, "All is well." in doctor.out) == (0, True), doctor.out


def test_looking_changes_nothing(demo: Site) -> None:
    before = demo.everything()
    for words in (
        ["status"],
        ["conflicts"],
        ["doctor"],
        ["sync", "--dry-run"],
        ["setup", "--dry-run"],
        ["undo", "3", "--dry-run"],
    ):
        demo.run(*words)
    assert demo.everything() == before


def test_it_never_replaces_what_is_not_a_demo(demo: Site) -> None:
    folder = str(demo.folder)
    again = demo.run("demo", folder)
    assert again.status == 2
    assert "--force" in again.err
    config = demo.folder / "mentorsync.toml"
    config.write_text(config.read_text().replace("(demo)", ""))
    forced = demo.run("demo", folder, "--force")
    assert forced.status == 2
    assert (demo.folder / "notes").exists()


def test_every_note_has_front_matter_that_a_yaml_parser_reads(demo: Site) -> None:
    paths = [p for vault in ("notes", "ada-and-grace") for p in (demo.folder / vault).rglob("*.md")]
    read = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if text.startswith("---\n"):
            head = yaml.safe_load(text.split("---\n")[1])
            assert len(head["id"]) == 26, path
            read += 1
    assert read > 250


def test_the_calendars_are_read_by_a_parser_of_another_house(demo: Site) -> None:
    """By dateutil's rules and the format's own grammar: unfolded lines, balanced components, one series a file."""
    from dateutil.rrule import rrulestr

    for path in (demo.folder / "calendar").glob("*.ics"):
        raw = path.read_bytes()
        assert raw.endswith(b"\r\n")
        assert all(len(line) <= 75 for line in raw.split(b"\r\n"))
        lines = raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]
        open_parts: list[str] = []
        for line in lines:
            name, _, value = line.partition(":")
            if name == "BEGIN":
                open_parts.append(value)
            elif name == "END":
                assert open_parts.pop() == value
            else:
                assert re.fullmatch(r"[A-Z-]+(;[A-Z-]+=[^:;]+)*", name), line
        assert not open_parts
        (rule,) = [line.partition(":")[2] for line in lines if line.startswith("RRULE:")]
        assert rrulestr(rule.replace("Z", ""), ignoretz=True)
        assert len({line for line in lines if line.startswith("UID:")}) == 1


def test_another_program_s_parser_finds_every_meeting(demo: Site) -> None:
    """vobject, which shares no code with what writes them: each file is valid, and its meetings are the workbook's."""
    vobject: Any = pytest.importorskip("vobject", reason="the independent parser vobject is not installed")
    planned = {
        (row["Pair"], row["Starts"])
        for row in demo.rows("Check-ins")
        if row["Status"] in ("planned", "moved")
    }
    seen = set()
    with warnings.catch_warnings(action="ignore"):  # of its own making
        for path in (demo.folder / "calendar").glob("*.ics"):
            calendar = vobject.readOne(path.read_text(encoding="utf-8"))
            calendar.validate()
            series, *others = calendar.vevent_list
            name = series.summary.value
            moved = {one.recurrence_id.value for one in others if hasattr(one, "recurrence_id")}
            for start in series.getrruleset(addRDate=True)[:60]:
                if start not in moved:
                    seen.add((name, start.replace(tzinfo=None)))
            seen |= {(name, one.dtstart.value.replace(tzinfo=None)) for one in others}
    assert len(planned) > 20
    assert planned <= seen


@pytest.mark.parametrize("vault", ["notes", "ada-and-grace"])
def test_every_link_in_a_vault_leads_to_a_note(demo: Site, vault: str) -> None:
    """As Obsidian finds them: by the path from the vault's root, or by a name that one note alone has."""
    root = demo.folder / vault
    notes = [path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.md")]
    names = [note.rpartition("/")[2].casefold() for note in notes]
    links = 0
    for path in root.rglob("*.md"):
        for target in re.findall(r"\[\[([^\]|#^]+)", path.read_text(encoding="utf-8")):
            links += 1
            found = target in notes if "/" in target else names.count(target.casefold()) == 1
            assert found, f"{path.relative_to(root)}: [[{target}]]"
    assert links >= 100


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed here")
def test_libreoffice_opens_the_workbook_and_sees_the_same_values(demo: Site, tmp_path: Path) -> None:
    home = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    to = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out")]
    command = ["soffice", home, "--headless", *to, str(demo.book)]
    done = subprocess.run(command, capture_output=True, timeout=90)
    assert done.returncode == 0, done.stderr
    with warnings.catch_warnings(
        action="ignore"
    ):  # openpyxl tells what it doesn't know of LibreOffice's file
        ours = openpyxl.load_workbook(demo.book, data_only=True)
        theirs = openpyxl.load_workbook(tmp_path / "out" / "program.xlsx", data_only=True)
    assert ours.sheetnames == theirs.sheetnames
    for sheet in ("People", "Pairs", "Goals", "Check-ins", "Waits for you"):
        assert _cells(theirs[sheet]) == _cells(ours[sheet])
    errors = [
        cell.coordinate
        for row in theirs["Dashboard"].iter_rows()
        for cell in row
        if str(cell.value).startswith("#")
    ]
    assert errors == [], "the dashboard's formulas are understood"


def _cells(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[tuple[object, ...]]:
    rows = [tuple(v if v != "" else None for v in row) for row in sheet.iter_rows(values_only=True)]
    width = max(i for row in rows for i, v in enumerate(row) if v is not None) + 1
    return [(*row[:width],) for row in rows if any(v is not None for v in row)]
