"""Settings, and the cursor: an unchanged file is neither parsed nor, where its time can be trusted, read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import orjson
import pytest

from syncengine.connector import SettingsError
from syncengine_workbook import connector
from syncengine_workbook.cursor import read_cursor
from tests.unit.workbook.conftest import Bench

WRONG = (
    ({}, "path"), ({"path": ""}, "path"), ({"path": 7}, "path"), ({"path": "a.csv"}, "path"), ({"path": "a.xlsx", "sheet": "x"}, "sheet"),
    ({"path": "a.xlsx", "columns": "x"}, "columns"), ({"path": "a.xlsx", "columns": {"gaol": {}}}, "columns.gaol"),
    ({"path": "a.xlsx", "columns": {"goal": "x"}}, "columns.goal"), ({"path": "a.xlsx",
    "columns": {"goal": {"Due": "dew"}}}, "columns.goal.Due"),
)  # fmt: skip


@pytest.mark.parametrize(("settings", "key"), WRONG, ids=str)
def test_wrong_settings_are_named(settings: dict[str, object], key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        connector.validate(settings, "/base")
    assert list(caught.value.problems) == [key]
    assert caught.value.problems[key]


def test_a_relative_path_is_relative_to_the_config() -> None:
    assert connector.validate({"path": "b/c.xlsx"}, "/a") == {"path": "/a/b/c.xlsx", "columns": {}}
    assert connector.validate({"path": "/x/c.xlsx"}, "/a")["path"] == "/x/c.xlsx"


def test_importing_the_plug_in_loads_no_library() -> None:
    code = "import sys, syncengine_workbook; print(sorted(m for m in ('openpyxl', 'xml.etree.ElementTree', 'orjson') if m in sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_reading_and_writing_need_no_openpyxl(bench: Bench) -> None:
    """It costs a quarter of a second to load, at each sync of a workbook that changed; only setup needs it."""
    bench.done(bench.creating("goal", title="One", due="2026-05-01", percent=40))
    code = (
        "import sys; sys.path.insert(0, '.'); from zoneinfo import ZoneInfo\n"
        "from syncengine.connector import Opening, Operation; from syncengine.model.template import load_template\n"
        "from syncengine.model.values import Locale; from syncengine_workbook import connector\n"
        f"r = connector.open(Opening('x', {dict(bench.settings)!r}, load_template('structured'), Locale(ZoneInfo('UTC'))))\n"
        "i = r.pull(None, ()).items[0]\n"
        "update = Operation('update', 'goal', i.id, i.handle, {'due': '2026-06-01'}, {}, {}, '', {})\n"
        "print(len(list(r.push([update]))), 'openpyxl' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["1", "False"]


def old(bench: Bench, seconds: int = 3600) -> None:
    """The file's time as if it had been saved a while ago."""
    status = bench.path.stat()
    os.utime(bench.path, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 10**9))


def test_an_old_unchanged_file_is_proven_by_its_stat(bench: Bench) -> None:
    old(bench)
    bench.pull()
    assert bench.cursor is not None
    assert connector.unchanged(bench.settings, bench.cursor)
    pulled = bench.pull(bench.cursor)
    assert (pulled.items, pulled.complete, pulled.gone, bench.replica.calls) == ([], False, [], 0)
    assert pulled.holds == bench.pull().holds


def test_a_file_saved_just_now_is_read_again_but_not_parsed(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    bench.pull()
    assert bench.cursor is not None
    assert connector.unchanged(bench.settings, bench.cursor), "by its digest"
    pulled = bench.pull(bench.cursor)
    assert (pulled.items, pulled.complete, pulled.present) == ([], False, 1)
    assert bench.replica.calls == 1


def test_a_touched_file_of_the_same_content_is_not_parsed(bench: Bench) -> None:
    old(bench)
    bench.pull()
    os.utime(bench.path)
    assert bench.cursor is not None
    assert not connector.unchanged(bench.settings, bench.cursor)
    assert not bench.pull(bench.cursor).complete


def test_a_change_is_read_whole(bench: Bench) -> None:
    old(bench)
    bench.pull()
    cursor = bench.cursor
    assert cursor is not None
    with bench.edit() as sheet:
        sheet["A2"] = "Theirs"
    assert not connector.unchanged(bench.settings, cursor)
    pulled = bench.pull(cursor)
    assert (pulled.complete, pulled.present) == (True, 1)


def test_a_change_of_the_same_size_and_time_is_seen_while_the_time_is_fresh(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    bench.pull()
    status, data = bench.path.stat(), bench.path.read_bytes()
    bench.path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))  # the last byte of the archive's comment length
    os.utime(bench.path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert bench.cursor is not None
    assert not connector.unchanged(bench.settings, bench.cursor)


def test_our_own_write_is_no_change(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"), bench.creating("goal", title="Two"))
    bench.done(bench.deleting(bench.item("One")))
    pulled = bench.pull(bench.cursor)
    assert (pulled.complete, pulled.items) == (False, [])


def test_what_has_to_be_read_again_is(bench: Bench) -> None:
    bench.done(bench.creating("goal", title="One"))
    replica = bench.open()
    assert replica.pull(bench.cursor, ["some handle"]).complete


@pytest.mark.parametrize("cursor", [b"", b"nonsense", b"{}", orjson.dumps({"v": 99})])
def test_an_unknown_cursor_means_everything(bench: Bench, cursor: bytes) -> None:
    assert read_cursor(cursor) is None
    assert bench.pull(cursor).complete
    assert not connector.unchanged(bench.settings, cursor)


def test_another_mapping_means_everything(bench: Bench, bare: Callable[..., Bench]) -> None:
    other = bare(columns={"goal": {"Goal": "title"}})
    assert other.pull(bench.cursor).complete
