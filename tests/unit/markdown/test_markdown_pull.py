"""Reading a vault: what is new, moved, gone, broken; and what is none of our business."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncengine.connector import Done, Trouble
from syncengine.errors import AccessError, Unavailable
from syncengine.model.values import Named, Unreadable
from syncengine_markdown import connector

if TYPE_CHECKING:
    from conftest import Stage
else:
    Stage = Any

GOAL = {"title": "Learn SQL", "percent": 40, "status": "in progress", "notes": "words"}


def only(troubles: list[Trouble]) -> Trouble:
    (one,) = troubles
    return one


def test_a_note_as_people_write_it(stage: Stage) -> None:
    stage.write("People/Ada.md", "---\nid: " + stage.id() + "\n---\n")
    stage.write(
        "Goals/2026/Learn SQL.md",
        "---\nPercent: 40 %\nreview-on: 1.3.2026\nWhy it matters: fun\nperson: '[[Ada]]'\nmood: ok\ndue: \ntags: [a]\n---\nMy *words*.\n",
    )
    item = stage.item("Goals/2026/Learn SQL.md")
    assert (item.kind, item.id, item.where) == ("goal", None, "Goals/2026/Learn SQL.md")
    assert item.edited == "2023-11-14T22:13:22Z"
    ada = stage.item("People/Ada.md").id
    assert item.fields == {
        "title": "Learn SQL", "percent": 40, "review_on": "2026-03-01", "why": "fun", "person": ada, "due": None,
        "notes": "My *words*.",
    }  # fmt: skip


def test_empty_is_not_missing(stage: Stage) -> None:
    stage.write("Goals/A.md", '---\ntitle:\ndue:\nstatus: ~\nwhy: ""\npair: []\n---\n')
    fields = stage.item("Goals/A.md").fields
    assert fields == {"title": "A", "due": None, "status": None, "why": None, "pair": None, "notes": None}


def test_the_file_name_is_the_title_where_no_key_says_it(stage: Stage) -> None:
    known = stage.id()
    stage.write("Goals/By name.md", f"---\nid: {known}\ndue:\n---\n")
    stage.write("Goals/Cleared.md", f"---\nid: {stage.id()}\ntitle:\n---\n")
    stage.write("Goals/No front.md", "words only\n")
    titles = {item.handle: item.fields["title"] for item in stage.pull().items}
    assert titles == {
        "Goals/By name.md": "By name",
        "Goals/Cleared.md": None,
        "Goals/No front.md": "No front",
    }


def test_values_that_are_not_understood_are_told_with_their_line(stage: Stage) -> None:
    stage.write("Goals/A.md", "---\ntitle: A\n\npercent: ca. 50 %\nstatus: soon\nperson: {a: 1}\n---\nwords")
    item = stage.item("Goals/A.md")
    assert isinstance(item.fields["percent"], Unreadable)
    assert isinstance(item.fields["status"], Unreadable)
    assert isinstance(item.fields["person"], Unreadable)
    assert item.places == {
        "percent": "Goals/A.md, line 4",
        "status": "Goals/A.md, line 5",
        "person": "Goals/A.md, line 6",
    }
    assert item.fields["notes"] == "words"


def test_names_are_left_to_the_engine(stage: Stage) -> None:
    stage.write("Goals/A.md", '---\nperson: Ada\npair: "[[Ada & Bob]]"\n---\n')
    assert stage.item("Goals/A.md").fields["person"] == Named("Ada")
    assert stage.item("Goals/A.md").fields["pair"] == Named("Ada & Bob")


def test_what_is_not_ours_is_not_read(stage: Stage, tmp_path: Path) -> None:
    for name in (
        "diary.md",
        "Other/x.md",
        "Goals/.hidden.md",
        "Goals/.obsidian/x.md",
        ".trash/x.md",
        "Goals/x.txt",
        "Goals/x.md.bak",
    ):
        stage.write(name, "---\ntitle: x\n---\n")
    outside = tmp_path / "outside.md"
    outside.write_text("secret", "utf-8")
    (stage.root / "Goals/link.md").symlink_to(outside)
    (stage.root / "Goals/folder").symlink_to(tmp_path)
    (stage.root / "Goals/a folder.md").mkdir()
    stage.write("Goals/a folder.md/in.md", "x")
    pull = stage.pull()
    assert [item.handle for item in pull.items] == ["Goals/a folder.md/in.md"]
    assert (pull.troubles, pull.complete, pull.present) == ([], True, 1)


def test_a_second_read_finds_nothing_and_reads_nothing(stage: Stage) -> None:
    for number in range(5):
        stage.write(f"Goals/{number}.md", "x")
    assert len(stage.pull().items) == 5
    assert stage.cursor
    assert connector.unchanged(stage.settings, stage.cursor)
    replica = stage.open()
    pull = replica.pull(stage.cursor, ())
    assert (pull.items, pull.gone, pull.troubles, pull.complete, pull.present) == ([], [], [], False, 5)
    assert replica.calls == 0


def test_only_changed_content_is_an_item(stage: Stage) -> None:
    stage.write("Goals/A.md", "one")
    stage.write("Goals/B.md", "two")
    stage.pull()
    stage.write("Goals/A.md", "one")  # saved again
    stage.write("Goals/B.md", "three")
    assert not connector.unchanged(stage.settings, stage.cursor or b"")
    assert [item.handle for item in stage.pull().items] == ["Goals/B.md"]
    assert connector.unchanged(stage.settings, stage.cursor or b"")
    assert [item.handle for item in stage.pull("Goals/A.md").items] == ["Goals/A.md"]


def test_a_file_too_young_for_its_time_is_looked_at_again(stage: Stage) -> None:
    path = stage.write("Goals/A.md", "one")
    ahead = 4_000_000_000 * 10**9 + 1
    os.utime(path, ns=(ahead, ahead))
    stage.pull()
    assert not connector.unchanged(stage.settings, stage.cursor or b"")
    path.write_text("two", "utf-8")
    os.utime(path, ns=(ahead, ahead))  # the same size, time and inode
    assert [item.fields["notes"] for item in stage.pull().items] == ["two"]


def test_gone_moved_and_asked_for(stage: Stage) -> None:
    ids = [stage.id() for _ in range(3)]
    for number, id in enumerate(ids):
        stage.write(f"Goals/{number}.md", f"---\nid: {id}\n---\n")
    stage.pull()
    (stage.root / "Goals/0.md").unlink()
    (stage.root / "Goals/done").mkdir()
    (stage.root / "Goals/1.md").rename(stage.root / "Goals/done/eins.md")
    pull = stage.pull("Goals/2.md", "Goals/never.md")
    assert pull.gone == ["Goals/0.md", "Goals/never.md"]
    assert [(item.handle, item.id) for item in pull.items] == [
        ("Goals/2.md", ids[2]),
        ("Goals/done/eins.md", ids[1]),
    ]
    assert stage.pull().gone == []


def test_a_note_moved_out_of_its_folder_is_gone_and_untouched(stage: Stage) -> None:
    stage.write("Goals/A.md", f"---\nid: {stage.id()}\n---\n")
    stage.pull()
    (stage.root / "Archive").mkdir()
    (stage.root / "Goals/A.md").rename(stage.root / "Archive/A.md")
    assert stage.pull().gone == ["Goals/A.md"]


def test_links_to_the_old_name_of_a_moved_note_still_lead_there(stage: Stage) -> None:
    ada = stage.id()
    stage.write("People/Ada.md", f"---\nid: {ada}\n---\n")
    stage.write("Goals/A.md", '---\nperson: "[[Ada]]"\n---\n')
    stage.pull()
    (stage.root / "People/Ada.md").rename(stage.root / "People/Ada Lovelace.md")
    stage.pull()
    stage.write("Goals/A.md", '---\nperson: "[[Ada]]"\ndue: 2026-01-01\n---\n')
    (item,) = stage.pull().items
    assert item.fields["person"] == ada


def test_a_copy_is_told_together_with_the_note_it_was_made_from(stage: Stage) -> None:
    id = stage.id()
    stage.write("Goals/Z.md", f"---\nid: {id}\n---\nold")
    stage.pull()
    stage.write("Goals/A copy.md", f"---\nid: {id}\n---\nold")
    pull = stage.pull()
    assert [(item.handle, item.id) for item in pull.items] == [("Goals/Z.md", id), ("Goals/A copy.md", id)]
    assert pull.gone == []


def test_a_note_among_those_of_another_kind_is_held(stage: Stage) -> None:
    id = stage.id()
    stage.write("Goals/A.md", f"---\nid: {id}\n---\n")
    stage.pull()
    (stage.root / "Goals/A.md").rename(stage.root / "Wins/A.md")
    for _ in range(3):
        pull = stage.pull("Goals/A.md")
        assert (pull.items, pull.gone) == ([], [])
        trouble = only(pull.troubles)
        assert (trouble.kind, trouble.handle, trouble.where) == ("goal", "Goals/A.md", "Wins/A.md")
        assert "Goals" in trouble.remedy
    (stage.root / "Wins/A.md").rename(stage.root / "Goals/A.md")
    pull = stage.pull()
    assert (pull.gone, pull.troubles) == ([], [])


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("---\ntitle: A\npercent: [4\n---\n", ", line 4", "YAML"),
        ("---\ntitle: A\n", ", line 1", "never closed"),
        ("---\ntitle: A\ndue: 1\nDUE: 2\ndue: 3\n---\n", ", line 5", "twice"),
        (b"---\ntitle: A\n---\n\nGr\xfc\xdfe", ", line 5", "UTF-8"),
        ("---\ntitle: A\n---\n".encode("utf-16"), ", line 1", "UTF-8"),
        (b"x" * (5 * 1024 * 1024 + 1), "", "too long"),
    ],
)
def test_a_note_that_cannot_be_read_is_held_until_it_is_mended(
    stage: Stage, text: str | bytes, line: str, word: str
) -> None:
    id = stage.id()
    stage.write("Goals/A.md", f"---\nid: {id}\n---\nfine")
    stage.write("Goals/B.md", "another")
    stage.pull()
    stage.write("Goals/A.md", text)
    for _ in range(2):
        pull = stage.pull()
        assert (pull.items, pull.gone) == ([], [])
        trouble = only(pull.troubles)
        assert trouble.where == f"Goals/A.md{line}"
        assert (trouble.handle, trouble.kind) == ("Goals/A.md", "goal")
        assert word in trouble.reason
        assert trouble.remedy
    stage.write("Goals/A.md", f"---\nid: {id}\n---\nmended")
    assert [item.fields["notes"] for item in stage.pull().items] == ["mended"]
    assert only([*stage.pull().troubles, Trouble("", "", "")]).where == ""


def test_a_link_to_a_broken_note_still_leads_to_its_record(stage: Stage) -> None:
    ada = stage.id()
    stage.write("People/Ada.md", f"---\nid: {ada}\n---\n")
    stage.pull()
    stage.write("People/Ada.md", "---\nid: [")
    stage.write("Goals/A.md", '---\nperson: "[[Ada]]"\n---\n')
    (item,) = stage.pull().items
    assert item.fields["person"] == ada


def test_a_damaged_region_holds_the_note(stage: Stage) -> None:
    stage.write("Pairs/P.md", "---\nname: P\n---\n\nwords\n%% mentorsync agenda: filled by sync %%\nhello")
    trouble = only(stage.pull().troubles)
    assert trouble.where == "Pairs/P.md, line 6"
    assert "agenda" in trouble.reason


def test_a_note_that_icloud_keeps_to_itself_is_not_gone(stage: Stage) -> None:
    stage.write("Goals/A.md", f"---\nid: {stage.id()}\n---\n")
    stage.pull()
    (stage.root / "Goals/A.md").rename(stage.root / "Goals/.A.md.icloud")
    for _ in range(2):
        pull = stage.pull()
        assert pull.gone == []
        assert only(pull.troubles).handle == "Goals/A.md"


def test_a_file_name_that_is_not_text_is_told(stage: Stage) -> None:
    (stage.root / os.fsdecode(b"Goals/\xff.md")).write_text("x", "utf-8")
    trouble = only(stage.pull().troubles)
    assert "name" in trouble.reason
    trouble.where.encode()


def test_a_kind_whose_folder_is_missing_is_not_held_and_nothing_is_gone(stage: Stage) -> None:
    stage.write("Goals/A.md", f"---\nid: {stage.id()}\n---\n")
    assert stage.pull().holds["goal"] == frozenset(stage.template.kinds["goal"].fields)
    (stage.root / "Goals").rename(stage.root / "My goals")
    pull = stage.pull()
    assert "goal" not in pull.holds
    assert pull.gone == []
    assert "Goals" in only(pull.troubles).remedy


def test_a_folder_that_cannot_be_read_stops_the_read(stage: Stage, nobody: Callable[[], None]) -> None:
    stage.write("Goals/sub/A.md", "x")
    stage.pull()
    for folder in (stage.root.parent, *stage.root.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    (stage.root / "Goals/sub").chmod(0)
    cursor = stage.cursor
    nobody()
    with pytest.raises(AccessError) as told:
        stage.pull()
    assert "Goals/sub" in told.value.where
    assert told.value.remedy
    assert not connector.unchanged(stage.settings, cursor or b"")


def test_a_file_that_cannot_be_read_is_held(stage: Stage, nobody: Callable[[], None]) -> None:
    path = stage.write("Goals/A.md", "x")
    stage.write("Goals/B.md", "x")
    for folder in (stage.root.parent, *stage.root.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    path.chmod(0)
    nobody()
    pull = stage.open().pull(None, ())
    assert [item.handle for item in pull.items] == ["Goals/B.md"]
    assert only(pull.troubles).handle == "Goals/A.md"


def test_a_vault_that_is_away_is_unavailable(stage: Stage) -> None:
    stage.pull()
    stage.root.rename(stage.root.with_name("elsewhere"))
    assert stage.open().place() is None
    assert not connector.unchanged(stage.settings, stage.cursor or b"")
    with pytest.raises(Unavailable):
        stage.open().pull(stage.cursor, ())


def test_an_unknown_cursor_is_a_complete_read(stage: Stage) -> None:
    stage.write("Goals/A.md", "x")
    for cursor in (b"", b"{}", b"nonsense", b'{"version": 99, "folders": {}}', b"[1]"):
        pull = stage.open().pull(cursor, ())
        assert pull.complete
        assert len(pull.items) == 1
        assert not connector.unchanged(stage.settings, cursor)


def test_a_changed_marker_or_folder_is_seen_at_a_glance(stage: Stage) -> None:
    stage.write("Goals/A.md", "x")
    stage.pull()
    cursor = stage.cursor or b""
    assert connector.unchanged(stage.settings, cursor)
    (stage.root / "Goals/new").mkdir()
    assert not connector.unchanged(stage.settings, cursor)
    (stage.root / "Goals/new").rmdir()
    assert connector.unchanged(stage.settings, cursor)
    assert not connector.unchanged(
        connector.validate({"path": str(stage.root), "folders": {"goal": "Ziele"}}, "/"), cursor
    )
    (stage.root / ".mentorsync/vault.json").unlink()
    assert not connector.unchanged(stage.settings, cursor)


def test_the_body_belongs_to_the_person_where_the_template_has_no_prose_for_it(stage: Stage) -> None:
    made = stage.made("commitment", {"what": "Call Bob"})
    assert isinstance(made, Done)
    stage.write(made.handle, stage.text(made.handle) + "my own words\n")
    assert "my own words" not in str(stage.item(made.handle).fields)
    stage.pull()
    (outcome,) = stage.push(stage.update(made, {"due": "2026-05-01"}))
    assert isinstance(outcome, Done)
    assert stage.text(made.handle).endswith("my own words\n")
