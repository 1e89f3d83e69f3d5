"""A small program on real files, and a person who runs `mentorsync` on it and looks into the tools with other programs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl
import pytest
import yaml

from syncengine.cli import main

COMMAND = [sys.executable, "-c", "from syncengine.cli import main; main()"]
"""`mentorsync` as a process of its own, for what only a process shows."""

CONFIG = """\
[program]
name = "Harbour"
template = "structured"
zone = "Europe/Berlin"
days_back = 0
days_ahead = 15

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[replica]]
name = "workbook"
connector = "workbook"
path = "program.xlsx"

[[replica]]
name = "calendar"
connector = "ical"
path = "calendar"

[[person]]
name = "Ada Okafor"

[[person]]
name = "Grace Lindqvist"

[[pair]]
members = ["Ada Okafor", "Grace Lindqvist"]
every = "week"
first_meeting = {first}
time = "17:00"
"""

ID_COLUMN = "mentorsync id"
"""Hidden; in a row that a deleted record has left, it says that the row is free."""

GOALS = ("Learn SQL", "Speak in public", "Read twelve books")


@dataclass(frozen=True)
class Ran:
    """One command as the person saw it."""

    status: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class Site:
    """A program's folder."""

    folder: Path

    # -- commands

    def run(self, *words: str | Path, env: Mapping[str, str] | None = None) -> Ran:
        """`mentorsync WORDS`, in this process, in the folder, with nobody at the terminal."""
        out, err, status = io.StringIO(), io.StringIO(), 0
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(self.folder))
            stack.enter_context(patch.object(sys, "argv", ["mentorsync", *map(str, words)]))
            stack.enter_context(patch.object(sys, "stdin", io.StringIO()))
            stack.enter_context(patch.dict(os.environ, env or {}))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            try:
                main()
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Ran(status, out.getvalue(), err.getvalue())

    def process(
        self, *words: str, env: Mapping[str, str] | None = None, before: Sequence[str] = (), **options: Any
    ) -> Ran:
        """`mentorsync WORDS` as a process of its own, by way of the command `before`; `options` of `subprocess.run`."""
        options = {
            "cwd": self.folder,
            "stdin": subprocess.DEVNULL,
            "env": {**os.environ, **(env or {})},
            **options,
        }
        done = subprocess.run(
            [*before, *COMMAND, *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            **options,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def sync(self, *words: str, status: int = 0) -> Ran:
        """`mentorsync sync`, which has to end with `status`."""
        ran = self.run("sync", *words)
        assert ran.status == status, ran.said
        return ran

    def report(self, *words: str) -> dict[str, Any]:
        """The object of `mentorsync sync --json`."""
        ran = self.run("sync", "--json", *words)
        found: dict[str, Any] = json.loads(ran.out)
        return found

    def writes(self) -> int:
        """How many items another sync writes."""
        counts = self.report()["replicas"].values()
        return sum(one[key] for one in counts for key in ("created", "updated", "deleted"))

    # -- the notes

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    def note(self, title: str, plural: str = "Goals", vault: str = "notes") -> Path:
        return self.folder / vault / plural / f"{title}.md"

    def write_note(self, name: str, head: str, body: str = "", plural: str = "Goals") -> Path:
        """Somebody makes a note."""
        path = self.note(name, plural)
        path.write_text(f"---\n{head.strip()}\n---\n{body}", encoding="utf-8")
        return path

    def change_note(self, title: str, before: str, after: str, plural: str = "Goals") -> None:
        """Somebody replaces one piece of a note's text."""
        path = self.note(title, plural)
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, text
        path.write_text(text.replace(before, after), encoding="utf-8")

    def front(self, title: str, plural: str = "Goals") -> dict[str, Any]:
        """A note's front matter, by a plain YAML parser."""
        found: dict[str, Any] = yaml.safe_load(
            self.note(title, plural).read_text(encoding="utf-8").split("---\n")[1]
        )
        return found

    def titles_in_notes(self, plural: str = "Goals", key: str = "title") -> list[str]:
        return sorted(self.front(path.stem, plural)[key] for path in (self.notes / plural).glob("*.md"))

    # -- the workbook

    @property
    def book(self) -> Path:
        return self.folder / "program.xlsx"

    def rows(self, sheet: str = "Goals") -> list[dict[str, Any]]:
        """The rows of a sheet as heading to value, without blank ones."""
        return self.sheets(sheet)[sheet]

    def sheets(self, *names: str) -> dict[str, list[dict[str, Any]]]:
        """Those of the named sheets that are there, each as `rows`."""
        book, found = openpyxl.load_workbook(self.book), {}
        for name in names:
            if name in book.sheetnames:
                headings, *lines = book[name].iter_rows(values_only=True)
                rows = [dict(zip(headings, line, strict=True)) for line in lines]
                found[name] = [row for row in rows if any(row[h] is not None for h in row if h != ID_COLUMN)]
        book.close()
        return found

    def row(self, title: str, sheet: str = "Goals") -> dict[str, Any]:
        """The one row with `title` in its first column."""
        (found,) = [row for row in self.rows(sheet) if next(iter(row.values())) == title]
        return found

    @contextlib.contextmanager
    def excel(self) -> Iterator[openpyxl.Workbook]:
        """Somebody opens the workbook, changes something in it, and saves."""
        book = openpyxl.load_workbook(self.book)
        yield book
        book.save(self.book)

    def set_cell(self, title: str, heading: str, value: Any, sheet: str = "Goals") -> None:
        """Somebody types into one cell and saves."""
        with self.excel() as book:
            tab = book[sheet]
            number = next(row[0].row for row in tab.iter_rows() if row[0].value == title)
            tab.cell(number, [cell.value for cell in tab[1]].index(heading) + 1).value = value

    def add_row(self, values: Mapping[str, Any], sheet: str = "Goals") -> None:
        """Somebody writes a line below the others and saves."""
        with self.excel() as book:
            tab = book[sheet]
            number = next(r for r in range(2, tab.max_row + 2) if all(c.value is None for c in tab[r]))
            for heading, value in values.items():
                tab.cell(number, [cell.value for cell in tab[1]].index(heading) + 1).value = value

    # -- the calendar

    def calendar(self, name: str = "Ada & Grace") -> str:
        return (self.folder / "calendar" / f"{name}.ics").read_text(encoding="utf-8")

    # -- all of it

    def everything(self) -> dict[str, bytes]:
        """Every file below the folder, apart from the program's own state."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and self.folder / ".mentorsync" not in path.parents
        }

    def agrees(self, *titles: str) -> None:
        """All tools have exactly these goals, once each, and another sync writes nothing."""
        wanted = sorted(titles or GOALS)
        assert self.titles_in_notes() == wanted
        assert sorted(row["Goal"] for row in self.rows()) == wanted
        assert self.writes() == 0


@pytest.fixture(scope="session")
def first_meeting() -> date:
    """A day far enough ahead that no test runs into its hour."""
    return date.today() + timedelta(days=2)


@pytest.fixture(scope="session")
def config_text(first_meeting: date) -> str:
    return CONFIG.replace("{first}", first_meeting.isoformat())


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory, config_text: str) -> Path:
    """The small program, set up and in agreement: two people, a pair, three goals, two meetings."""
    site = Site(tmp_path_factory.mktemp("made-once") / "harbour")
    site.folder.mkdir()
    (site.folder / "mentorsync.toml").write_text(config_text, encoding="utf-8")
    assert site.run("setup", "--yes").status == 0
    for number, title in enumerate(GOALS):
        site.write_note(
            title, f'title: {title}\nperson: "[[Ada Okafor]]"\npercent: {number * 10 + 10}', "First words.\n"
        )
    site.sync()
    return site.folder


@pytest.fixture
def site(made_once: Path, tmp_path: Path) -> Site:
    """A program of one's own, in agreement."""
    shutil.copytree(made_once, tmp_path / "harbour")
    return Site(tmp_path / "harbour")


@pytest.fixture
def empty(tmp_path: Path) -> Site:
    """A folder without a program."""
    (tmp_path / "empty").mkdir()
    return Site(tmp_path / "empty")


@pytest.fixture
def configured(empty: Site, config_text: str) -> Callable[[str], Site]:
    """A folder with a `mentorsync.toml` of these words (`None`: the small program's), not set up."""

    def make(text: str | None = None) -> Site:
        (empty.folder / "mentorsync.toml").write_text(config_text if text is None else text, encoding="utf-8")
        return empty

    return make


@pytest.fixture(scope="session")
def site_at() -> type[Site]:
    """For a test that looks at a folder of its own."""
    return Site
