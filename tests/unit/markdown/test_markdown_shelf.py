"""What a shelf remembers is what a dictionary of files would, and what a scan finds is what differs from it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine_markdown.clock import ROOMY, settled, ticking, wait_beyond
from syncengine_markdown.files import write_temporary
from syncengine_markdown.listing import Differs, Past, inode_of, pack, scan, unpack
from syncengine_markdown.shelf import UNSETTLED, File, Folder, Shelf

NAMES = st.sampled_from([f"{letter}.md" for letter in "abcdefg"])
FILES = st.builds(
    File, st.sampled_from([UNSETTLED, 1, 2, 3]), st.integers(0, 2), st.integers(0, 2), st.none() | st.integers(0, 2),
    st.none() | st.sampled_from(["one", "two"]),
)  # fmt: skip
STEPS = st.lists(st.tuples(NAMES, st.none() | FILES), max_size=12)


def packed(shelf: Shelf) -> Shelf:
    """The shelf as the next run finds it in its cursor."""
    past = unpack(pack(Past({}, None, {}, {"Goals": shelf})))
    assert past is not None
    found = past.shelves["Goals"]
    assert found is not None
    return found


def played(shelf: Shelf, model: dict[str, File], steps: list[tuple[str, File | None]]) -> None:
    for name, file in steps:
        if file is None:
            assert shelf.drop(name) == (model.pop(name, None) is not None)
        else:
            shelf.put(name, file)
            model[name] = file


def agree(shelf: Shelf, model: dict[str, File]) -> None:
    assert {name: shelf.get(name) for name in shelf.names()} == model
    assert all((name in shelf) == (name in model) for name in "abcdefg")
    assert shelf.unsettled == {name for name, file in model.items() if file.mtime == UNSETTLED}


@given(
    STEPS, STEPS, st.dictionaries(NAMES, st.tuples(st.just(9), st.just(9), st.just(9))), st.sets(NAMES), STEPS
)
def test_a_shelf_is_a_dictionary_of_files(
    first: list[tuple[str, File | None]],
    second: list[tuple[str, File | None]],
    changed: dict[str, tuple[int, int, int]],
    missing: set[str],
    third: list[tuple[str, File | None]],
) -> None:
    shelf, model = Shelf([]), dict[str, File]()
    for steps in (first, second):  # in a new folder, and on what the cursor kept of it
        played(shelf, model, steps)
        agree(shelf, model)
        shelf = packed(shelf)
        agree(shelf, model)
        assert shelf.ids() == {name: model[name].id for name in sorted(model)}
    lost = (missing & model.keys()) - changed.keys()
    now, left = shelf.kept(Folder([], changed, sorted(lost))), {**model}
    for name in (*changed, *lost):
        left.pop(name, None)
    agree(now, left)
    played(now, left, third)
    agree(now, left)
    assert sorted(shelf.lost(now)) == sorted(model.keys() - left.keys())
    agree(packed(now), left)
    agree(shelf, model)  # it still says what was


def test_columns_of_different_lengths_are_no_cursor() -> None:
    torn = pack(Past({}, None, {}, {"Goals": Shelf([])})).replace(b"[[],[],", b'[[],["a.md"],')
    assert unpack(torn) is None


def test_a_scan_tells_what_differs_and_a_glance_ends_there(tmp_path: Path) -> None:
    goals = tmp_path / "Goals"
    goals.mkdir()
    for name in ("same.md", "changed.md", "gone.md", "other.txt"):
        (goals / name).write_text(name)
    shelf = Shelf([])
    found = scan(str(tmp_path), ["Goals"], {})["Goals"]
    assert found is not None
    assert found.count == 3
    for name, seen in found.changed.items():
        shelf.put(name, File(*seen, digest=1, id=None))
    known = packed(shelf)
    assert known.same(scan(str(tmp_path), ["Goals"], {"Goals": known}, glance=True)["Goals"] or Folder())

    (goals / "gone.md").unlink()
    without = scan(str(tmp_path), ["Goals"], {"Goals": known}, glance=True)[
        "Goals"
    ]  # no note of it differs …
    assert without is not None
    assert without.missing == ["gone.md"]
    assert not known.same(without)  # … but one is missing

    (goals / "changed.md").write_text("longer than before")
    (goals / "new.md").write_text("new")
    after = scan(str(tmp_path), ["Goals"], {"Goals": known})["Goals"]
    assert after is not None
    assert (sorted(after.changed), after.missing, after.count) == (["changed.md", "new.md"], ["gone.md"], 3)
    with pytest.raises(Differs):
        scan(str(tmp_path), ["Goals"], {"Goals": known}, glance=True)


def test_a_note_that_became_a_link_is_missing(tmp_path: Path) -> None:
    (tmp_path / "Goals").mkdir()
    note = tmp_path / "Goals" / "a.md"
    note.write_text("a")
    seen = note.stat()
    shelf = Shelf([])
    shelf.put("a.md", File(seen.st_mtime_ns, seen.st_size, inode_of(seen), 1, None))
    note.rename(tmp_path / "elsewhere.md")
    note.symlink_to(tmp_path / "elsewhere.md")
    found = scan(str(tmp_path), ["Goals"], {"Goals": shelf})["Goals"]
    assert found is not None
    assert (found.changed, found.missing, found.count) == ({}, ["a.md"], 0)


def test_a_young_time_tells_nothing_and_a_whole_second_less() -> None:
    second = 1_000_000_000
    assert settled(second + 1, second + 2 + ROOMY)
    assert not settled(second + 1, second + 1 + ROOMY)
    assert not settled(second, second + 1 + ROOMY)  # as FAT keeps them
    assert settled(second, 3 * second + 1)
    assert settled(second + 1, second + 2, ticks=True)
    assert not settled(second + 1, second + 1, ticks=True)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no clock for files that can be asked")
def test_what_is_written_after_the_tick_that_was_waited_for_shows_another_time(tmp_path: Path) -> None:
    one = write_temporary(str(tmp_path), b"one")
    os.close(one.handle)
    if not one.ticks:
        pytest.skip("this file system stamps files with a clock of its own")
    wait_beyond(one.stat.st_mtime_ns)
    assert ticking() > one.stat.st_mtime_ns
    Path(one.path).write_bytes(b"two")
    assert os.stat(one.path).st_mtime_ns > one.stat.st_mtime_ns


def test_a_clock_that_was_set_back_is_not_waited_for() -> None:
    wait_beyond(ticking() + 3_600_000_000_000)  # returns: a test that hangs fails
