"""The file: open elsewhere, half-written, no workbook, a trap, or not to be written; and what a failed write leaves."""

from __future__ import annotations

import os
import resource
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import pytest

from syncengine.errors import AccessError, MentorsyncError, Unavailable
from tests.unit.workbook.conftest import Bench


def zipped(parts: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_WORKBOOKS: dict[str, tuple[bytes, type[MentorsyncError], str]] = {
    "an old .xls": (OLE + b"Workbook", AccessError, "old .xls"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le"), AccessError, "password"),
    "a CSV": (b"Goal,Due\nLearn,2026-05-01\n", AccessError, "plain text"), "a PDF": (b"%PDF-1.7", AccessError, "a PDF"),
    "a web page": (b"<html></html>", AccessError, "a web page"), "noise": (b"\x01\xff\xfe\x80" * 9, AccessError, "another kind of file"),
    "a zip": (zipped({"notes.txt": b"x"}), AccessError, "a zip archive"), "a Word document": (zipped({"word/document.xml": b"x"}),
    AccessError, "Word"),
    "an .ods": (zipped({"content.xml": b"x"}), AccessError, "OpenDocument"), "an .xlsb": (zipped({"xl/workbook.bin": b"x"}),
    AccessError, "binary workbook"),
    "nothing": (b"", Unavailable, "incomplete"), "zeros": (b"\0" * 4096, Unavailable, "incomplete"),
    "a bomb": (zipped({"xl/workbook.xml": b"x", "xl/worksheets/sheet1.xml": b"0" * 20_000_000}), AccessError, "zip bomb"),
    "a signed workbook": (zipped({"xl/workbook.xml": b"x", "_xmlsignatures/sig1.xml": b"x"}), AccessError, "signed"),
    "no XML at all": (zipped({"xl/workbook.xml": b"x"}), AccessError, "cannot be read"),
    "an entity bomb": (zipped({"xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>'}),
    AccessError, "could do harm"),
    "an outside file": (zipped({"xl/workbook.xml": b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'}), AccessError, "could do harm"),
    "a hidden entity bomb": (zipped({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "a">]><workbook/>'.encode("utf-16")}),
    AccessError, "could do harm"),
    "Strict Open XML": (zipped({"xl/workbook.xml": b'<workbook xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"/>'}),
    AccessError, "Strict"),
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_WORKBOOKS)
def test_what_is_no_workbook_is_named_and_left_alone(bench: Bench, what: str) -> None:
    data, error, words = NOT_WORKBOOKS[what]
    bench.path.write_bytes(data)
    for act in (lambda: bench.open().pull(None, ()), lambda: bench.open().place(), lambda: bench.open().provision("x"),
                lambda: bench.push(bench.creating("goal", title="x"))):  # fmt: skip
        with pytest.raises(error, match=words) as caught:
            act()
        assert str(bench.path) in str(caught.value)
        assert caught.value.remedy
    assert bench.path.read_bytes() == data


def test_a_bomb_of_many_parts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    import syncengine_workbook.vetting as vetting

    monkeypatch.setattr(vetting, "MOST_BYTES", 10_000)
    with pytest.raises(AccessError, match="zip bomb"):
        bench.pull()


@pytest.mark.parametrize("cut", [30, 2_000, -200, -1])
def test_half_a_file_waits(bench: Bench, cut: int) -> None:
    bench.path.write_bytes(bench.path.read_bytes()[:cut])
    with pytest.raises((Unavailable, AccessError)) as caught:
        bench.pull()
    assert isinstance(caught.value, Unavailable)


def test_a_damaged_part_waits(bench: Bench) -> None:
    data = bytearray(bench.path.read_bytes())
    with zipfile.ZipFile(bench.path) as package:
        at = package.getinfo("xl/worksheets/sheet5.xml").header_offset
    data[at + 100 : at + 140] = b"\xff" * 40
    bench.path.write_bytes(bytes(data))
    with pytest.raises(Unavailable, match="damaged"):
        bench.pull()


@pytest.mark.parametrize(
    "broken",
    [
        (b"</row>", b"</rows>"),
        (b"<row ", b"<raw "),
        (b"</sheetData>", b"<stray/></sheetData>"),
        (b"</row>", b"</row><stray/>"),
        (b"</row>", b""),
    ],
)
def test_a_damaged_sheet_is_never_read_as_an_empty_one(bench: Bench, broken: tuple[bytes, bytes]) -> None:
    from syncengine_workbook.book import Book
    from syncengine_workbook.package import Package

    package = Package.load(bench.path)
    sheet = Book(package).sheet("Goals")
    assert sheet is not None
    package.write(sheet.part, package.read(sheet.part).replace(*broken, 1))
    package.save()
    with pytest.raises(AccessError, match="damaged"):
        bench.pull()


@pytest.mark.parametrize(
    ("lock", "program"), [("~$mentorship.xlsx", "Excel"), (".~lock.mentorship.xlsx#", "LibreOffice")]
)
def test_a_workbook_that_is_open_waits(bench: Bench, lock: str, program: str) -> None:
    from syncengine_workbook import connector

    before = bench.path.read_bytes()
    bench.path.with_name(lock).write_text("Ada")
    for act in (bench.pull, lambda: bench.push(bench.creating("goal", title="x")), bench.provision):
        with pytest.raises(Unavailable, match=f"is open in {program}") as caught:
            act()
        assert lock in caught.value.remedy
    assert bench.cursor is not None
    assert not connector.unchanged(bench.settings, bench.cursor)
    assert bench.path.read_bytes() == before
    bench.path.with_name(lock).unlink()
    bench.done(bench.creating("goal", title="x"))


def test_a_missing_file_has_no_place_and_cannot_be_read(bench: Bench) -> None:
    bench.path.unlink()
    assert bench.open().place() is None
    with pytest.raises(Unavailable, match="is not there"):
        bench.pull()


def test_a_link_or_a_folder_is_no_workbook(bench: Bench) -> None:
    other = bench.path.with_name("other.xlsx")
    bench.path.rename(other)
    bench.path.symlink_to(other)
    with pytest.raises(AccessError, match="a link"):
        bench.open()
    bench.path.unlink()
    bench.path.mkdir()
    with pytest.raises(AccessError, match="not a file"):
        bench.open()


def test_a_read_only_file_is_not_replaced(bench: Bench) -> None:
    bench.path.chmod(0o444)
    before = bench.path.read_bytes()
    with pytest.raises(AccessError, match="read-only"):
        bench.push(bench.creating("goal", title="x"))
    assert bench.path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(bare: Callable[..., Bench]) -> None:
    bench = bare(path="nowhere/mentorship.xlsx")
    with pytest.raises(AccessError, match="cannot be written") as caught:
        bench.provision()
    assert "Make the folder" in caught.value.remedy


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file may grow beyond `room` bytes, as on a disk that runs full half-way through."""
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, old)


def test_a_full_disk_changes_nothing_and_leaves_nothing_behind(bench: Bench) -> None:
    before = bench.path.read_bytes()
    with full_disk(8_192), pytest.raises(AccessError, match="cannot be written") as caught:
        bench.push(bench.creating("goal", title="x"))
    assert "Free some space" in caught.value.remedy
    assert bench.path.read_bytes() == before
    assert os.listdir(bench.path.parent) == [bench.path.name]
    bench.done(bench.creating("goal", title="x"))


def test_a_write_replaces_the_file_at_once_and_keeps_its_rights(bench: Bench) -> None:
    bench.path.chmod(0o640)
    bench.path.with_name(".mentorship.xlsx.mentorsync").write_bytes(b"left by a run that died")
    inode = bench.path.stat().st_ino
    bench.done(bench.creating("goal", title="x"))
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o640
    assert bench.path.stat().st_ino != inode, "written beside it, then renamed"
    assert os.listdir(bench.path.parent) == [bench.path.name]


def test_a_workbook_with_macros_is_used_but_not_made(bare: Callable[..., Bench], as_set_up: bytes) -> None:
    bench = bare(path="mine.xlsm")
    with pytest.raises(AccessError, match="a new workbook is made"):
        bench.provision()
    bench.path.write_bytes(as_set_up)
    bench.pull()
    bench.done(bench.creating("goal", title="x"))
