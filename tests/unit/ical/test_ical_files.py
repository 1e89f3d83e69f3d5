"""The folder: incremental reads, copies, broken files, races, links, names, and what is certainly gone."""

from __future__ import annotations

import os
import random
import shutil
import stat
from typing import TYPE_CHECKING

import pytest

from syncengine.connector import Done, Opening, Rejected, SettingsError
from syncengine.errors import AccessError, Unavailable
from syncengine_ical import connector, folder
from syncengine_ical.cursor import Cursor

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

PAIR = {
    "name": "Ada & Ben",
    "status": "active",
    "every": "2 weeks",
    "first_meeting": "2026-03-03",
    "time": "17:00",
    "zone": "Europe/Berlin",
    "minutes": 45,
    "until": "2026-12-31",
    "link": "https://meet.example.org/x",
    "agenda": None,
}
SLOT = "2026-03-03T16:00:00Z"
STRANGER = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    "BEGIN:VEVENT\r\nUID:dentist\r\nDTSTART:20260303T160000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def age(desk: Desk) -> None:
    """Give every file a time of change long past, as after a quiet while."""
    for number, path in enumerate(sorted(desk.path.glob("*.ics"))):
        os.utime(path, ns=(1_700_000_000_000_000_001, 1_700_000_000_000_000_001 + number))


def glance(desk: Desk) -> bool:
    assert desk.cursor is not None
    return connector.unchanged(desk.settings, desk.cursor)


# Setting up


def test_settings_are_checked(tmp_path: Path) -> None:
    assert connector.validate({"path": "Calendar"}, str(tmp_path)) == {"path": str(tmp_path / "Calendar")}
    for wrong in ({}, {"path": ""}, {"path": 3}, {"path": "x", "colour": "red"}, {"path": "x", "name": 4}):
        with pytest.raises(SettingsError) as raised:
            connector.validate(wrong, "/")
        assert len(raised.value.problems) == 1


def test_setting_up_is_repeatable_and_binds_the_place(desk: Desk) -> None:
    replica = desk.open()
    assert replica.survey() == []
    assert replica.place() == "place-1"
    marker = desk.path / ".mentorsync" / "calendar.json"
    before = marker.stat().st_mtime_ns
    replica.provision("place-1")
    assert marker.stat().st_mtime_ns == before


def test_a_folder_of_people_s_calendars_is_adopted_untouched(desk: Desk, tmp_path: Path) -> None:
    mine = type(desk)(tmp_path)
    (tmp_path / "Own.ics").write_bytes(STRANGER.encode())
    assert [step.action for step in mine.open().survey()] == ["make"]
    mine.open().provision("p")
    assert mine.pull().items == []
    mine.pair()
    assert (tmp_path / "Own.ics").read_bytes() == STRANGER.encode()


def test_a_folder_that_is_not_there_is_never_an_empty_one(desk: Desk) -> None:
    desk.pair()
    shutil.rmtree(desk.path)
    assert desk.open().place() is None
    with pytest.raises(AccessError, match="can't be read"):
        desk.pull()
    assert not glance(desk)


def test_a_damaged_marker_stops_the_run(desk: Desk) -> None:
    (desk.path / ".mentorsync" / "calendar.json").write_bytes(b"{")
    with pytest.raises(AccessError, match="marker"):
        desk.open().place()


def test_the_name_of_the_calendar(desk: Desk) -> None:
    desk.settings = connector.validate({"path": str(desk.path), "title": "Mentors; all"}, "/")
    desk.pair()
    assert "X-WR-CALNAME:Mentors\\; all\r\n" in desk.text()


# Reading what changed


def test_nothing_is_opened_when_nothing_changed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.pair()
    age(desk)
    desk.pull()
    assert glance(desk)
    monkeypatch.setattr(folder, "read", lambda *_: pytest.fail("opened a file"))
    pull = desk.pull()
    assert (pull.items, pull.gone, pull.complete, pull.present) == ([], [], False, 1)


@pytest.mark.parametrize("change", ["touch", "edit", "add", "remove", "replace"])
def test_a_glance_sees_every_change(desk: Desk, change: str) -> None:
    desk.pair()
    age(desk)
    desk.pull()
    assert glance(desk)
    path = desk.file()
    if change == "touch":
        os.utime(path)
    elif change == "edit":
        desk.edit("Ada", "Eve")
    elif change == "add":
        (desk.path / "x.ics").write_text(STRANGER)
    elif change == "remove":
        path.unlink()
    else:  # same size and time, as some programs keep them
        shutil.copy2(path, desk.path / "copy")
        os.replace(desk.path / "copy", path)
    assert not glance(desk)


def test_a_change_within_one_tick_of_the_clock_is_seen(desk: Desk) -> None:
    desk.pair()
    desk.pull()
    seen = desk.file().stat()
    with open(desk.file(), "r+b") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace(b"Ada", b"Eve"))
    os.utime(desk.file(), ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert not glance(desk)
    assert [item.fields["name"] for item in desk.pull().items] == ["Eve & Ben"]


def test_a_touched_file_is_not_news(desk: Desk) -> None:
    desk.pair()
    os.utime(desk.file(), ns=(1, 1))
    assert desk.pull().items == []


def test_an_unknown_cursor_means_everything(desk: Desk) -> None:
    desk.pair()
    for cursor in (b"", b"{}", b'{"v":99,"files":{}}', b"[1]"):
        desk.cursor = cursor
        assert len(desk.pull().items) == 1
    assert Cursor.load(b"nonsense") is None
    assert not connector.unchanged(desk.settings, b"nonsense")


def test_again_is_read_in_any_case(desk: Desk) -> None:
    pair = desk.pair()
    id, _ = desk.checkin(pair, SLOT)
    assert [item.id for item in desk.pull((f"{pair}/{id}",)).items] == [pair, id]


# Gone


def test_a_pair_whose_file_is_removed_no_longer_meets(desk: Desk) -> None:
    """It is not deleted, and neither are its meetings: whether they took place is not the file's to say."""
    pair = desk.pair()
    desk.checkin(pair, SLOT)
    desk.checkin(pair, None, starts=SLOT)
    desk.file().unlink()
    pull = desk.pull()
    (item,) = pull.items
    assert (pull.gone, pull.complete) == ([], False)
    assert (item.id, item.handle, item.fields, item.where) == (
        pair, pair, {"every": None}, "Ada & Ben.ics (removed)",
    )  # fmt: skip


def test_a_removed_file_in_a_complete_read(desk: Desk) -> None:
    pair, other = desk.pair(), desk.pair(name="Cleo & Dan")
    desk.checkin(pair, SLOT)
    desk.file().unlink()
    pull = desk.pull(fresh=True)
    assert {item.id: item.fields.get("every") for item in pull.items} == {other: PAIR["every"], pair: None}
    assert pull.gone == []
    assert not pull.complete, "what became of the meetings is not known"


def test_a_folder_that_has_lost_all_its_files_is_left_alone(desk: Desk) -> None:
    desk.pair()
    desk.pair(name="Cleo & Dan")
    for path in desk.path.glob("*.ics"):
        path.unlink()
    for fresh in (False, True):
        with pytest.raises(Unavailable, match="holds none of its 2 series any more"):
            desk.pull(fresh=fresh)


def test_a_renamed_file_is_the_same_series(desk: Desk) -> None:
    pair = desk.pair()
    id, record = desk.checkin(pair, SLOT)
    os.rename(desk.file(), desk.file("renamed by me.ics"))
    pull = desk.pull()
    assert (pull.gone, [item.id for item in pull.items]) == ([], [pair, id])
    desk.done(
        desk.update("checkin", id, record, status="skipped"), desk.update("pair", pair, PAIR, name="New")
    )
    assert [path.name for path in desk.path.glob("*.ics")] == ["renamed by me.ics"]


def test_without_its_notes_a_complete_read_proves_nothing(desk: Desk) -> None:
    pair = desk.pair()
    desk.checkin(pair, SLOT)
    (desk.path / ".mentorsync" / "checkins.json").unlink()
    pull = desk.pull(fresh=True)
    assert not pull.complete
    assert [item.kind for item in pull.items] == ["pair"]
    (desk.path / ".mentorsync" / "checkins.json").write_text("{broken")
    assert not desk.pull(fresh=True).complete


def test_an_unreadable_folder_deletes_nothing(desk: Desk) -> None:
    desk.pair()
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    os.chmod(desk.path, 0)
    try:
        with pytest.raises(AccessError):
            desk.pull()
    finally:
        os.chmod(desk.path, 0o700)


# Broken files


@pytest.mark.parametrize(
    ("damage", "where", "words"),
    [
        (lambda data: b"", "line 1", "no calendar"),
        (lambda data: data[: len(data) // 2], "line ", "never ends"),
        (lambda data: data.replace(b"Ada", b"\xff\xfe"), "line ", "UTF-8"),
        (lambda data: data.decode().encode("utf-16"), "line ", "UTF-8"),
        (lambda data: data.replace(b"END:VEVENT\r\n", b""), "line ", "not begun"),
        (lambda data: data.replace(b"TZID=Europe/Berlin", b"TZID=Nowhere/Else"), "line ", "Nowhere/Else"),
        (lambda data: data.replace(b":20260303T170000", b":garbage"), "line ", "garbage"),
        (
            lambda data: data.replace(b"DTSTART;TZID=Europe/Berlin:20260303T170000\r\n", b""),
            "line ",
            "no start",
        ),
        (lambda data: data.replace(b"X-MENTORSYNC-ID:01", b"X-MENTORSYNC-ID:02"), "line ", "differs"),
        (
            lambda data: data.replace(b"END:VCALENDAR", b"BEGIN:VEVENT" + data.partition(b"BEGIN:VEVENT")[2]),
            "line ",
            "twice",
        ),
    ],
)
def test_a_broken_file_is_told_and_holds_up_nothing_else(
    desk: Desk, damage: object, where: str, words: str
) -> None:
    pair, other = desk.pair(), desk.pair(name="Cleo & Dan")
    id, record = desk.checkin(pair, SLOT)
    good = desk.file().read_bytes()
    desk.file().write_bytes(damage(good))  # type: ignore[operator]
    for fresh in (False, False, True):
        pull = desk.pull(fresh=fresh)
        (trouble,) = pull.troubles
        assert trouble.where.startswith(f"Ada & Ben.ics, {where}"), trouble
        assert words in trouble.reason
        assert trouble.remedy
        assert trouble.handle == pair
        assert (pull.gone, pull.complete) == ([], False)
        assert [item.id for item in pull.items if item.id != other] == []
    outcomes = desk.push(
        desk.update("pair", pair, PAIR, name="X"),
        desk.update("checkin", id, record, status="skipped"),
        desk.update("pair", other, {**PAIR, "name": "Cleo & Dan"}, minutes=60),
    )
    assert [type(outcome) for outcome in outcomes if outcome.operation.id != other] == [Rejected, Rejected]
    assert any(isinstance(outcome, Done) for outcome in outcomes)
    assert desk.file().read_bytes() == damage(good)  # type: ignore[operator]
    desk.file().write_bytes(good)
    pull = desk.pull()
    assert pull.troubles == []
    assert [item.id for item in pull.items] == [pair, id]


def test_people_s_own_broken_files_are_not_our_business(desk: Desk) -> None:
    (desk.path / "own.ics").write_bytes(b"BEGIN:nonsense\xff")
    desk.pair()
    pull = desk.pull(fresh=True)
    assert (pull.troubles, pull.complete) == ([], True)


def test_a_file_too_large_to_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = desk.pair()
    monkeypatch.setattr(folder, "LARGEST", 100)
    os.utime(desk.file(), ns=(1, 1))
    pull = desk.pull()
    assert (pull.gone, pull.troubles[0].handle) == ([], pair)
    assert "MB" in pull.troubles[0].reason


def test_a_link_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    pair = desk.pair()
    outside = tmp_path / "outside.ics"
    shutil.copy(desk.file(), outside)
    outside.write_bytes(outside.read_bytes().replace(pair.encode(), desk.new_id().encode()))
    os.symlink(outside, desk.file("linked.ics"))
    pull = desk.pull(fresh=True)
    assert [item.id for item in pull.items] == [pair]
    assert "link" in pull.troubles[0].reason


def test_a_copy_of_a_file_is_told_and_left_alone(desk: Desk) -> None:
    pair = desk.pair()
    shutil.copy(desk.file(), desk.file("A copy.ics"))
    before = desk.file("A copy.ics").read_bytes()
    for fresh in (False, True):
        pull = desk.pull(fresh=fresh)
        assert [trouble.where for trouble in pull.troubles] == ["A copy.ics"]
        assert pull.gone == []
    desk.done(desk.update("pair", pair, PAIR, name="New"))
    assert desk.file("A copy.ics").read_bytes() == before
    assert "SUMMARY:New" in desk.text()
    desk.file().unlink()
    pull = desk.pull()
    assert (pull.gone, [item.id for item in pull.items], pull.troubles) == ([], [pair], [])


def test_a_copied_event_with_another_uid_is_people_s_own(desk: Desk) -> None:
    pair = desk.pair()
    text = desk.text().replace(f"UID:{pair}@google.com", "UID:5F2A@other")
    desk.file("duplicate.ics").write_bytes(text.encode())
    pull = desk.pull(fresh=True)
    assert ([item.id for item in pull.items], pull.troubles) == ([pair], [])


def test_several_series_in_one_file(desk: Desk) -> None:
    """As a program that keeps one file for a whole calendar would have it."""
    first, second = desk.pair(), desk.pair(name="Cleo & Dan")
    events = desk.text("Cleo & Dan.ics").partition("BEGIN:VEVENT")[2]
    desk.file().write_bytes(desk.text().replace("END:VCALENDAR\r\n", "BEGIN:VEVENT" + events).encode())
    desk.file("Cleo & Dan.ics").unlink()
    pull = desk.pull()
    assert (pull.gone, {item.id for item in pull.items}, pull.troubles) == ([], {first, second}, [])
    desk.done(
        desk.update("pair", second, {**PAIR, "name": "Cleo & Dan"}, minutes=60),
        desk.update("pair", first, PAIR, minutes=30),
    )
    assert {item.id: item.fields["minutes"] for item in desk.pull(fresh=True).items} == {
        first: 30,
        second: 60,
    }
    assert len(list(desk.path.glob("*.ics"))) == 1


# Writing


def test_a_change_while_syncing_is_not_overwritten(desk: Desk) -> None:
    pair = desk.pair()
    (outcome,) = desk.push(
        desk.update("pair", pair, PAIR, name="Ours"), between=lambda: desk.edit("Ada & Ben", "Theirs")
    )
    assert isinstance(outcome, Rejected)
    assert "while" in outcome.reason
    assert [item.fields["name"] for item in desk.pull().items] == ["Theirs"]


def test_a_change_of_something_else_while_syncing_is_kept_and_read_next(desk: Desk) -> None:
    pair = desk.pair()
    (outcome,) = desk.push(
        desk.update("pair", pair, PAIR, minutes=60), between=lambda: desk.edit("Ada & Ben", "Theirs")
    )
    assert isinstance(outcome, Done)
    assert [(item.fields["name"], item.fields["minutes"]) for item in desk.pull().items] == [("Theirs", 60)]
    assert desk.pull().items == []


def test_delete_loses_to_an_edit_while_syncing(desk: Desk) -> None:
    pair = desk.pair()
    (outcome,) = desk.push(desk.delete("pair", pair), between=lambda: desk.edit("Ada & Ben", "Theirs"))
    assert isinstance(outcome, Rejected)
    assert "STATUS:CONFIRMED" in desk.text()


def test_a_file_removed_while_syncing_is_not_made_again(desk: Desk) -> None:
    pair = desk.pair()
    (outcome,) = desk.push(desk.update("pair", pair, PAIR, name="Ours"), between=lambda: desk.file().unlink())
    assert isinstance(outcome, Rejected)
    assert not desk.file().exists()


def test_one_write_for_all_operations_on_a_file(desk: Desk) -> None:
    pair = desk.new_id()
    replica = desk.open()
    replica.pull(None, ())
    calls = replica.calls
    from syncengine.model.cadence import checkin_id

    slots = [f"2026-03-{day:02}T16:00:00Z" for day in (3, 17)] + ["2026-03-31T15:00:00Z"]
    ops = [
        desk.create(
            "checkin", checkin_id(pair, slot), {"pair": pair, "starts": SLOT, "slot": slot, "minutes": 45}
        )
        for slot in slots
    ]
    outcomes = list(replica.push([*ops, desk.create("pair", pair, PAIR)]))  # type: ignore[list-item]
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert replica.calls == calls + 2  # the file, and the notes
    assert desk.text().count("SEQUENCE:0") == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_rejects_with_the_reason(desk: Desk) -> None:
    pair = desk.pair()
    os.chmod(desk.path, 0o500)
    try:
        (outcome,) = desk.push(desk.update("pair", pair, PAIR, name="New"))
    finally:
        os.chmod(desk.path, 0o700)
    assert isinstance(outcome, Rejected)
    assert "written" in outcome.reason


def test_a_full_disk_half_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.pair(), desk.pair(name="Cleo & Dan")
    real = folder.write

    def full(place: str, name: str, data: bytes, expected: folder.Stat | None) -> folder.Stat:
        if name.startswith("Cleo"):
            raise OSError(28, "No space left on device")
        return real(place, name, data, expected)

    monkeypatch.setattr(folder, "write", full)
    outcomes = desk.push(
        desk.update("pair", first, PAIR, minutes=60), desk.update("pair", second, PAIR, minutes=60)
    )
    assert [type(outcome) for outcome in outcomes] == [Done, Rejected]
    assert "No space left" in outcomes[1].reason  # type: ignore[union-attr]
    monkeypatch.undo()
    desk.done(desk.update("pair", second, {**PAIR, "name": "Cleo & Dan"}, minutes=60))
    assert [path.name for path in sorted(desk.path.iterdir())] == [
        ".mentorsync",
        "Ada & Ben.ics",
        "Cleo & Dan.ics",
    ]


def test_the_rights_of_a_file_stay(desk: Desk) -> None:
    pair = desk.pair()
    os.chmod(desk.file(), 0o640)
    desk.done(desk.update("pair", pair, PAIR, name="New"))
    assert stat.S_IMODE(desk.file().stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Ada & Ben", "Ada & Ben.ics"),
        ("../../etc/passwd", "etc passwd.ics"),
        ("a/b\\c:d", "a b c d.ics"),
        ("...", "Series.ics"),
        ("", "Series.ics"),
        ("con", "Series con.ics"),
        ("a\nb\x00c", "a b c.ics"),
        (".hidden", "hidden.ics"),
        ("x" * 300, "x" * 120 + ".ics"),
        ("🦊", "🦊.ics"),
    ],
)
def test_names_stay_in_the_folder(tmp_path: Path, title: str, name: str) -> None:
    assert folder.free_name(str(tmp_path), title, set()) == name


def test_names_that_differ_by_case_only(desk: Desk) -> None:
    desk.pair(name="ada & ben")
    desk.pair(name="Ada & Ben")
    (desk.path / "cafe\u0301.ics").write_text(STRANGER)
    desk.pair(name="Café")
    assert sorted(path.name for path in desk.path.glob("*.ics")) == [
        "Ada & Ben (2).ics",
        "Café (2).ics",
        "ada & ben.ics",
        "cafe\u0301.ics",
    ]
    assert len([item for item in desk.pull(fresh=True).items if item.kind == "pair"]) == 3


def test_a_replica_that_has_not_read_yet_can_be_written(desk: Desk) -> None:
    pair = desk.pair()
    replica = connector.open(Opening("calendar", desk.settings, desk.template, desk.locale))
    (outcome,) = replica.push([desk.update("pair", pair, PAIR, name="New")])
    assert isinstance(outcome, Done)
    replica.close()
    assert "SUMMARY:New" in desk.text()


def test_loading_the_connector_loads_no_calendar_library() -> None:
    import subprocess
    import sys

    code = "import sys, syncengine_ical; print([m for m in ('icalendar', 'dateutil', 'syncengine_ical.replica') if m in sys.modules])"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )


# Damage of every sort


def test_a_changed_uid_is_told_and_nothing_is_gone(desk: Desk) -> None:
    pair = desk.pair()
    extra, _ = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z")
    good = desk.text()
    for id, handle in ((pair, pair), (extra, f"{pair}/{extra}")):
        desk.file().write_bytes(good.replace(f"UID:{id}@google.com", "UID:5F2A@other").encode())
        for fresh in (False, False, True):
            pull = desk.pull(fresh=fresh)
            assert pull.gone == []
            assert not pull.complete
            assert [trouble.handle for trouble in pull.troubles] == [handle]
            assert f"{id}@google.com" in pull.troubles[0].remedy
        desk.file().write_bytes(good.encode())
        assert desk.pull().troubles == []


def test_a_series_that_lost_its_own_event_is_told(desk: Desk) -> None:
    pair = desk.pair()
    desk.checkin(pair, SLOT, starts="2026-03-04T10:00:00Z", status="moved")
    head, _, rest = desk.text().partition("BEGIN:VEVENT")
    desk.file().write_bytes(f"{head}BEGIN:VEVENT{rest.partition('BEGIN:VEVENT')[2]}".encode())
    for fresh in (False, True):
        pull = desk.pull(fresh=fresh)
        assert (pull.gone, pull.items, pull.complete) == ([], [], False)
        assert "only single meetings" in pull.troubles[0].reason


def test_a_program_that_drops_our_properties_loses_nothing(desk: Desk) -> None:
    pair = desk.pair()
    moved, _ = desk.checkin(pair, SLOT, starts="2026-03-04T10:00:00Z", status="moved")
    extra, _ = desk.checkin(pair, None, starts="2026-03-10T10:00:00Z")
    kept = [line for line in desk.text().split("\r\n") if not line.startswith("X-MENTORSYNC")]
    desk.file().write_bytes("\r\n".join(kept).encode())
    pull = desk.pull()
    assert ([item.id for item in pull.items], pull.gone, pull.troubles) == ([pair, extra, moved], [], [])


_DAMAGE = [
    b"99991231T235959Z",
    b"00010101T000000",
    b"20260303",
    b"PT99999999999999H",
    b"",
    b"garbage",
    b"FREQ=WEEKLY;UNTIL=99991231T235959Z",
    b"FREQ=WEEKLY;UNTIL=00010101T000000Z",
    b"FREQ=MONTHLY;BYDAY=9TU",
    b"FREQ=WEEKLY;COUNT=0",
    b"19000101T000000",
    b"\xe2\x80\xa8",
]


def _damaged(lines: list[bytes], chance: random.Random) -> bytes:
    lines = list(lines)
    for _ in range(chance.choice([1, 1, 2, 3])):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.choice(["value", "value", "drop", "swap", "copy", "byte"])
        if what == "value":
            lines[at] = lines[at].partition(b":")[0] + b":" + chance.choice(_DAMAGE)
        elif what == "drop":
            del lines[at]
        elif what == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif what == "copy":
            lines.insert(at, lines[other])
        elif lines[at]:
            lines[at] = bytes([chance.randrange(256)]) + lines[at][1:]
    return b"\r\n".join(lines)


@pytest.mark.parametrize("seed", range(5))
def test_no_damage_raises_or_deletes(desk: Desk, seed: int) -> None:
    pair = desk.pair(agenda="1. Wins\n2. Goals")
    desk.checkin(pair, SLOT)
    desk.checkin(pair, "2026-03-17T16:00:00Z", starts="2026-03-18T16:00:00Z")
    extra, record = desk.checkin(pair, None, starts="2026-04-01T10:00:00Z")
    lines, chance, cursor = desk.file().read_bytes().split(b"\r\n"), random.Random(seed), desk.cursor
    for _ in range(40):
        desk.file().write_bytes(_damaged(lines, chance))
        desk.cursor = cursor
        assert pair not in desk.pull().gone
        outcomes = desk.push(
            desk.update("pair", pair, PAIR, time="18:00", name="N"),
            desk.update("checkin", extra, record, starts="2026-04-02T10:00:00Z"),
        )
        assert len(outcomes) == 2
        assert pair not in desk.pull(fresh=True).gone
