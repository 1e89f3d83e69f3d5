"""A run that dies at any of its writes is finished by the next one: nothing lost, nothing twice, and then all agree."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from conftest import Ran, Site

INTERRUPTED = str(Path(__file__).parent / "interrupted")
THOROUGH = settings().max_examples > 1000
COMMAND = [sys.executable, "-c", "from syncengine.cli import main; main()"]
HALF_WAY = 25
HAVE_HALVES = ("os.write", "os.fsync")
MOVED_TO = "T183000"


def interrupted(at: int, by: str = "kill", **more: str) -> dict[str, str]:
    """The environment of a process to which something happens at its `at`-th write."""
    return {"PYTHONPATH": INTERRUPTED, "PYTHONDONTWRITEBYTECODE": "1", "INTERRUPT_AT": str(at), "INTERRUPT_BY": by,
            **{f"INTERRUPT_{key.upper()}": value for key, value in more.items()}}  # fmt: skip


def edit_everything(site: Site) -> None:
    """What people do between two runs: every kind of change, in every tool, and one conflict."""
    site.change_note("Learn SQL", "percent: 10", "percent: 60")
    site.change_note("Speak in public", "First words.", "Second thoughts, at length.")
    site.write_note("Bake bread", 'title: Bake bread\nperson: "[[Grace Lindqvist]]"', "With rye.\n")
    site.note("Read twelve books").unlink()
    site.set_cell("Learn SQL", "Percent", 0.7)
    site.set_cell("Speak in public", "Why it matters", "To be heard")
    site.set_cell("Speak in public", "Goal", "Speak up in public")
    site.add_row({"Goal": "Keep bees", "Person": "Ada Okafor", "Percent": 0.05})
    path = site.folder / "calendar" / "Ada & Grace.ics"
    text = path.read_bytes().decode()
    start = re.search(r"DTSTART;TZID=Europe/Berlin:(\d{8})T170000", text)
    uid = re.search(r"UID:.*", text)
    assert start
    assert uid
    slot = start[1]
    moved = (
        f"BEGIN:VEVENT\r\n{uid[0].strip()}\r\nDTSTAMP:20260101T000000Z\r\n"
        f"RECURRENCE-ID;TZID=Europe/Berlin:{slot}T170000\r\nDTSTART;TZID=Europe/Berlin:{slot}{MOVED_TO}\r\n"
        f"DTEND;TZID=Europe/Berlin:{slot}T193000\r\nSUMMARY:Ada & Grace\r\nEND:VEVENT\r\nEND:VCALENDAR"
    )
    path.write_bytes(text.replace("END:VCALENDAR", moved).encode())


def picture(site: Site) -> dict[str, list[str]]:
    """What people see in all tools, without ids and times of writing; place or row to its lines, in no order."""
    seen: dict[str, str] = {}
    for path in site.notes.rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        seen[str(path.relative_to(site.folder))] = re.sub(r"(?m)^(id|mentorsync_id): .*\n", "", text)
    for sheet, rows in site.sheets(
        "People", "Pairs", "Goals", "Progress", "Check-ins", "Waits for you", "Archive"
    ).items():
        shown = sorted(repr({k: v for k, v in row.items() if "id" not in k}) for row in rows)
        seen |= {f"{sheet} {number}": row.replace(r"\n", "\n") for number, row in enumerate(shown)}
    for path in (site.folder / "calendar").glob("*.ics"):
        text = path.read_bytes().decode().replace("\r\n ", "").replace(r"\n", "\n")
        seen[path.name] = re.sub(
            r"(?m)^(UID|X-MENTORSYNC-\w+|DTSTAMP|LAST-MODIFIED|SEQUENCE|CREATED)[:;].*", "", text
        )
    return {place: sorted(text.split("\n")) for place, text in seen.items()}


def leftovers(site: Site) -> list[str]:
    """Temporary files that nobody cleared away."""
    return [
        name
        for name in site.everything()
        if "tmp" in name or re.search(r"(^|/)\.(?!mentorsync/)[^/]*mentorsync", name)
    ]


@pytest.fixture(scope="module")
def edited_once(made_once: Path, site_at: type[Site], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small program with everybody's edits, not synced."""
    folder = tmp_path_factory.mktemp("edited") / "harbour"
    shutil.copytree(made_once, folder)
    site = site_at(folder)
    entry = 'on: 2026-03-01\ngoal: "[[Speak in public]]"\npercent: 15'
    site.write_note("First talk", entry, "To five people.\n", plural="Progress")
    site.sync()
    edit_everything(site)
    return folder


@pytest.fixture(scope="module")
def configured_once(made_once: Path, site_at: type[Site], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small program, set up, with goals that people have written in two tools and that were never synced."""
    site = site_at(tmp_path_factory.mktemp("configured") / "harbour")
    site.folder.mkdir()
    shutil.copy(made_once / "mentorsync.toml", site.folder)
    assert site.run("setup", "--yes").status == 0
    site.write_note("Learn SQL", 'title: Learn SQL\nperson: "[[Ada Okafor]]"\npercent: 10', "First words.\n")
    site.write_note("Bake bread", 'person: "[[Grace Lindqvist]]"', "With rye.\n")
    site.add_row({"Goal": "Learn SQL", "Person": "Ada Okafor", "Why it matters": "To ask better questions"})
    site.add_row({"Goal": "Keep bees", "Person": "Ada Okafor"})
    return site.folder


@dataclass(frozen=True)
class Undisturbed:
    """What a run that nothing happened to leaves, and its writes in their order."""

    picture: dict[str, list[str]]
    writes: list[str]


@pytest.fixture(scope="module")
def undisturbed(
    edited_once: Path, site_at: type[Site], tmp_path_factory: pytest.TempPathFactory
) -> Undisturbed:
    place = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(edited_once, place / "harbour")
    site, count = site_at(place / "harbour"), place / "count"
    ran = site.process("sync", env=interrupted(0, count=str(count)))
    assert ran.status == 3, ran.said
    assert site.writes() == 0
    return Undisturbed(picture(site), count.read_text().split())


def some(points: Sequence[int], one_in: int) -> list[int]:
    """All of them in a thorough run; else one in so many, the last always among them."""
    return list(points) if THOROUGH else list(points[::-1][::one_in])


def struck(site: Site, at: int, by: str, of: int, *words: str) -> Ran | None:
    """A run that something happened to at its write number `at` of `of`; `None` where this one had fewer writes.

    That a file is as young as the clock's tick, or not, makes the last write or two come or stay away.
    """
    count = site.folder.parent / f"count {by} {at}"
    ran = site.process(*words, env=interrupted(at, by, count=str(count)))
    if len(count.read_text().split()) >= at:
        return ran
    assert at > of - 3, (at, of, ran.said)
    return None


@pytest.fixture
def copy_of(tmp_path: Path, site_at: type[Site]) -> Iterator[Callable[[Path, str], Site]]:
    """A folder's copies, each taken away when the next is made: there are hundreds of them."""
    made: list[Path] = []

    def copy(folder: Path, name: str) -> Site:
        while made:
            shutil.rmtree(made.pop())
        made.append(tmp_path / name)
        shutil.copytree(folder, made[0])
        return site_at(made[0])

    return copy


@pytest.mark.parametrize("by", ["kill", "torn"])
def test_the_next_run_finishes_what_a_killed_one_began(
    edited_once: Path, undisturbed: Undisturbed, copy_of: Callable[[Path, str], Site], by: str
) -> None:
    points = [n for n, write in enumerate(undisturbed.writes, 1) if by == "kill" or write in HAVE_HALVES]
    assert len(points) > (50 if by == "kill" else 15)
    for at in some(points, one_in=7):
        site = copy_of(edited_once, f"{by} {at}")
        killed = struck(site, at, by, len(undisturbed.writes), "sync")
        if killed is None:
            continue
        assert killed.status == -signal.SIGKILL, (at, killed.said)
        site.sync(status=3)
        assert picture(site) == undisturbed.picture, (at, undisturbed.writes[at - 1])
        assert site.writes() == 0, at
        assert leftovers(site) == [], at


def test_a_killed_first_sync_is_finished(
    configured_once: Path, copy_of: Callable[[Path, str], Site], tmp_path: Path
) -> None:
    """Nothing has ids yet in the tools, and the state knows none: what was made by halves must be found again."""
    whole = copy_of(configured_once, "whole")
    assert whole.process("sync", env=interrupted(0, count=str(tmp_path / "count"))).status == 0
    wanted, writes = picture(whole), (tmp_path / "count").read_text().split()
    for at in some(range(1, len(writes) + 1), one_in=12):
        site = copy_of(configured_once, f"first {at}")
        killed = struck(site, at, "kill", len(writes), "sync")
        if killed is None:
            continue
        assert killed.status == -signal.SIGKILL, (at, killed.said)
        site.sync()
        assert picture(site) == wanted, (at, writes[at - 1])
        assert site.writes() == 0, at
        assert leftovers(site) == [], at


def test_a_killed_setup_is_finished(
    configured: Callable[[], Site], copy_of: Callable[[Path, str], Site], tmp_path: Path
) -> None:
    fresh = configured().folder
    whole = copy_of(fresh, "whole")
    ran = whole.process("setup", "--yes", env=interrupted(0, count=str(tmp_path / "count")))
    assert ran.status == 0, ran.said
    whole.sync()
    wanted, writes = picture(whole), (tmp_path / "count").read_text().split()
    written = len(writes) - 2  # the calendar is, and nobody has noted it: what it shows of a blank is no edit
    for at in {*some(range(1, len(writes) + 1), one_in=25), written}:
        site = copy_of(fresh, f"setup {at}")
        killed = struck(site, at, "kill", len(writes), "setup", "--yes")
        if killed is None:
            continue
        assert killed.status == -signal.SIGKILL, (at, killed.said)
        again = site.run("setup", "--yes")
        assert again.status == 0, (at, again.said)
        site.sync()
        assert picture(site) == wanted, (at, writes[at - 1])
        assert site.writes() == 0, at
        assert leftovers(site) == [], at


def test_a_disk_that_is_full_half_way(
    edited_once: Path, undisturbed: Undisturbed, copy_of: Callable[[Path, str], Site]
) -> None:
    """From any write on there is no room: it is said, nobody's words are gone, and with room again the next run goes on."""
    for at in some(range(1, len(undisturbed.writes) + 1), one_in=10):
        site = copy_of(edited_once, f"full {at}")
        full = site.process("sync", env=interrupted(at, "full"))
        write = undisturbed.writes[at - 1]
        if full.status == 3:  # only what may be left for later was not written
            assert at > len(undisturbed.writes) - 3, (at, write, full.said)
        else:
            assert full.status == 1, (at, write, full.said)
            assert "full" in full.err, (at, write)
            assert "Make room" in full.err, (at, write)
            assert "Traceback" not in full.err, (at, write)
        site.sync(status=3)
        assert picture(site) == undisturbed.picture, (at, write)
        assert site.writes() == 0, at
        assert leftovers(site) == [], at


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_real_full_disk(
    edited_once: Path, undisturbed: Undisturbed, small_disk: Path, site_at: type[Site]
) -> None:
    shutil.copytree(edited_once, small_disk / "harbour")
    site, filler = site_at(small_disk / "harbour"), small_disk / "filler"
    rooms = (0, 8, 40, 80) if not THOROUGH else range(0, 160, 8)
    for kilobytes in rooms:
        free = shutil.disk_usage(small_disk).free
        filler.write_bytes(b"x" * max(0, free - kilobytes * 1024))
        full = site.process("sync")
        assert "Traceback" not in full.err, kilobytes
        if full.status != 3:
            assert full.status == 1, (kilobytes, full.said)
            assert "Make room" in full.err, (kilobytes, full.said)
        filler.unlink()
    site.sync(status=3)
    assert picture(site) == undisturbed.picture
    assert site.writes() == 0
    assert leftovers(site) == []


def test_ctrl_c_is_answered_and_the_next_run_goes_on(
    edited_once: Path, undisturbed: Undisturbed, copy_of: Callable[[Path, str], Site]
) -> None:
    for at in some(range(1, len(undisturbed.writes) + 1), one_in=12):
        site = copy_of(edited_once, f"ctrl-c {at}")
        stopped = struck(site, at, "ctrl-c", len(undisturbed.writes), "sync")
        if stopped is None:
            continue
        assert "Traceback" not in stopped.err, at
        assert stopped.status == 1, (at, undisturbed.writes[at - 1], stopped.said)
        assert "interrupted. Nothing is lost; the next run goes on from here." in stopped.err
        site.sync(status=3)
        assert picture(site) == undisturbed.picture, at
        assert site.writes() == 0, at


@pytest.fixture
def held(
    edited_once: Path, copy_of: Callable[[Path, str], Site], tmp_path: Path
) -> Iterator[tuple[Site, Callable[[], int]]]:
    """A program that a run holds half-way in its writing; the function lets it go on, and waits for its exit status."""
    site, gate = copy_of(edited_once, "held"), tmp_path / "gate"
    os.mkfifo(gate)
    first = subprocess.Popen(
        [*COMMAND, "sync"], cwd=site.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **interrupted(HALF_WAY, "wait", gate=str(gate))},
    )  # fmt: skip
    gate.open("rb").close()  # it has come there

    def go_on() -> int:
        gate.open("wb").close()
        first.communicate(timeout=60)
        return first.returncode

    yield site, go_on
    if first.poll() is None:
        first.kill()
        first.communicate()


def test_two_runs_at_once(held: tuple[Site, Callable[[], int]], undisturbed: Undisturbed) -> None:
    site, go_on = held
    before = site.everything()
    for words in (
        ["sync"],
        ["sync", "--dry-run"],
        ["setup", "--yes"],
        ["resolve", "1", "keep"],
        ["undo", "1"],
    ):
        second = site.process(*words)
        assert second.status == 75, (words, second.said)
        assert "another" in second.err, words
        assert "Wait until it has finished" in second.err, words
    told = site.process("sync", "--json")
    assert told.status == 75
    report = json.loads(told.out)
    assert report["status"] == "failed"
    assert "another" in report["warnings"][0]
    looked = site.process("status")
    assert looked.status == 0, looked.said
    assert "goals" in looked.out
    assert site.everything() == before, "the others touched nothing"
    assert go_on() == 3
    assert picture(site) == undisturbed.picture
    assert site.writes() == 0
