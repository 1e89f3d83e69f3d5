"""Writing a vault: created, changed, renamed and thrown away, and never a word of anybody's lost."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from syncengine.connector import Done, Operation, Outcome, Rejected
from syncengine.model.values import Named
from syncengine.testing.conformance import NASTY
from syncengine_markdown import connector

if TYPE_CHECKING:
    from conftest import Stage
else:
    Stage = Any

GOAL = {"title": "Learn SQL", "percent": 40, "status": "in progress", "notes": "first\n\nsecond", "due": None}


def done(outcome: Outcome) -> Done:
    assert isinstance(outcome, Done), outcome
    return outcome


def rejected(outcome: Outcome, *words: str) -> Rejected:
    assert isinstance(outcome, Rejected), outcome
    assert outcome.remedy
    assert outcome.where
    for word in words:
        assert word in outcome.reason, outcome
    return outcome


def files(stage: Stage) -> list[str]:
    """Everything in the vault but what setup made."""
    skipped = (".mentorsync", "Guide", "Home.md")
    found = [str(path.relative_to(stage.root)) for path in stage.root.rglob("*") if path.is_file()]
    return sorted(name for name in found if not name.startswith(skipped))


def test_a_new_note(stage: Stage) -> None:
    ada = stage.made("person", {"name": "Ada Lovelace"})
    made = stage.made("goal", {**GOAL, "person": ada.operation.id, "why": "no: really"})
    assert made.handle == "Goals/Learn SQL.md"
    assert made.held is None
    text = stage.text(made.handle)
    assert text.startswith(
        f'---\nid: {made.operation.id}\ntitle: Learn SQL\nperson: "[[Ada Lovelace]]"\npair:\nstatus: in progress\npercent: 40\ndue:\n'
    )
    assert 'why: "no: really"\n' in text
    assert text.endswith("needs_expert:\n---\n\nfirst\n\nsecond\n")


def test_what_was_written_is_not_read_as_an_edit(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    pull = stage.pull()
    assert pull.items == []
    item = stage.item(made.handle)
    assert {name: value for name, value in item.fields.items() if value is not None} == {
        k: v for k, v in GOAL.items() if v is not None
    }
    assert item.id == made.operation.id


@pytest.mark.parametrize("what", NASTY)
def test_nasty_words_survive_everywhere(stage: Stage, what: str) -> None:
    text = NASTY[what]
    made = stage.made("goal", {"title": text, "why": text, "notes": text})
    item = stage.item(made.handle)
    assert (item.fields["title"], item.fields["why"], item.fields["notes"]) == (text, text, text)
    assert made.held is None
    again = done(stage.push(stage.update(made, {"why": "x", "notes": "x"}))[0])
    done(stage.push(stage.update(again, {"why": text, "notes": text}))[0])
    assert stage.item(again.handle).fields["notes"] == text


def test_references_among_new_notes_are_links_from_the_start(stage: Stage) -> None:
    goal = stage.create("goal", {"title": "G"})
    people = [stage.create("person", {"name": name}) for name in ("Zoe", "G")]
    pair = stage.create("pair", {"name": "P", "members": sorted(one.id for one in people)})
    goal.fields["person"] = people[1].id
    outcomes = [done(one) for one in stage.push(goal, pair, *people)]
    assert all(one.held is None for one in outcomes)
    assert 'person: "[[People/G|G]]"' in stage.text("Goals/G.md")
    assert stage.item("Goals/G.md").fields["person"] == people[1].id
    assert stage.item("Pairs/P.md").fields["members"] == sorted(one.id for one in people)


def test_a_reference_to_nobody_here_is_held_by_name(stage: Stage) -> None:
    stranger = stage.id()
    stage.labels[stranger] = "Somebody Else"
    made = stage.made("goal", {"title": "G", "person": stranger})
    assert made.held is not None
    assert made.held["person"] == Named("Somebody Else")
    assert made.held["title"] == "G"


def test_names_never_collide_and_never_leave_the_folder(stage: Stage) -> None:
    stage.write("Goals/LEARN sql.md", "mine")
    stage.write("Goals/learn SQL 2.MD", "mine too")
    operations = [
        stage.create("goal", {"title": title})
        for title in ("Learn SQL", "learn sql", "../../x", "..", "a/b", "CON")
    ]
    handles = [done(one).handle for one in stage.push(*operations)]
    assert handles == [
        "Goals/Learn SQL 3.md",
        "Goals/learn sql 4.md",
        "Goals/-..-x.md",
        "Goals/Goal.md",
        "Goals/a-b.md",
        "Goals/CON_.md",
    ]
    assert stage.text("Goals/LEARN sql.md") == "mine"
    assert not list(stage.root.parent.glob("*.md"))


def test_a_changed_key_leaves_the_rest_byte_for_byte(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    own = (
        stage.text(made.handle)
        .replace("percent: 40", "percent: 40   # guess")
        .replace("---\nid", "---\n# mine\nmood: 'so so'\nid")
    )
    own = "\ufeff" + own.replace("\n", "\r\n").rstrip("\r\n")
    stage.write(made.handle, own)
    (outcome,) = stage.push(stage.update(made, {"percent": 50, "notes": "first\n\nthird"}))
    assert done(outcome).held is None
    assert stage.text(made.handle) == own.replace("percent: 40   # guess", "percent: 50 # guess").replace(
        "second", "third"
    )
    os.utime(stage.root / made.handle)
    assert stage.pull().items == []


def test_the_file_s_rights_stay(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    (stage.root / made.handle).chmod(0o640)
    done(stage.push(stage.update(made, {"percent": 50}))[0])
    assert (stage.root / made.handle).stat().st_mode & 0o777 == 0o640


def test_an_update_that_changes_nothing_writes_nothing(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    before = (stage.root / made.handle).stat()
    done(stage.push(stage.update(made, {"percent": 40, "due": None}))[0])
    after = (stage.root / made.handle).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_an_adopted_note_gets_its_id_and_nothing_else(stage: Stage) -> None:
    stage.write("Goals/Mine.md", "---\nmood: ok\ntitle:\n---\nwords")
    stage.write("Goals/Bare.md", "words\r\nonly")
    stage.write("Goals/Other id.md", "---\nid: 202401011200\n---\n")
    ids = {}
    for handle in ("Goals/Mine.md", "Goals/Bare.md", "Goals/Other id.md"):
        ids[handle] = stage.id()
        operation = Operation("update", "goal", ids[handle], handle, {}, {}, {}, handle[6:-3], {}, stamp=True)
        assert done(stage.push(operation)[0]).handle == handle
    assert (
        stage.text("Goals/Mine.md") == f"---\nid: {ids['Goals/Mine.md']}\nmood: ok\ntitle: Mine\n---\nwords"
    )
    assert stage.text("Goals/Bare.md") == f"---\r\nid: {ids['Goals/Bare.md']}\r\n---\r\nwords\r\nonly"
    assert (
        stage.text("Goals/Other id.md")
        == f"---\nid: 202401011200\nmentorsync-id: {ids['Goals/Other id.md']}\n---\n"
    )
    assert {item.handle: item.id for item in stage.pull(fresh=True).items} == ids


def test_a_copy_gets_an_id_of_its_own(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    stage.write("Goals/Copy.md", stage.text(made.handle))
    fresh = stage.id()
    operation = Operation("update", "goal", fresh, "Goals/Copy.md", {}, {}, {}, "Copy", {}, stamp=True)
    done(stage.push(operation)[0])
    assert {item.handle: item.id for item in stage.pull(fresh=True).items} == {
        made.handle: made.operation.id,
        "Goals/Copy.md": fresh,
    }


def test_a_create_that_is_there_already_is_an_update_of_it(stage: Stage) -> None:
    operation = stage.create("goal", GOAL)
    first = done(stage.push(operation)[0])
    stage.write(first.handle, stage.text(first.handle).replace("percent: 40", "percent: 10"))
    again = done(stage.push(operation)[0])
    assert again.handle == first.handle
    assert files(stage) == ["Goals/Learn SQL.md"]
    assert "percent: 40" in stage.text(first.handle)


def test_an_agenda_is_filled_in_without_touching_the_words_around_it(stage: Stage) -> None:
    made = stage.made("pair", {"name": "P", "notes": "our notes", "agenda": "1. Arrive\n2. Wins"})
    assert made.held is None
    text = stage.text(made.handle)
    assert (
        "our notes\n\n%% mentorsync agenda: filled by sync, write outside of it %%\n1. Arrive\n2. Wins\n%% /mentorsync agenda %%\n"
        in text
    )
    stage.write(made.handle, text + "\n  more of ours \n")
    pull = stage.pull()
    assert pull.items[0].fields["notes"] == "our notes\n\n  more of ours"
    assert pull.items[0].fields["agenda"] == "1. Arrive\n2. Wins"
    done(stage.push(stage.update(made, {"agenda": "1. New"}))[0])
    assert stage.text(made.handle) == text.replace("1. Arrive\n2. Wins", "1. New") + "\n  more of ours \n"
    done(stage.push(stage.update(made, {"agenda": None}, expected={"agenda": "1. New"}))[0])
    assert stage.item(made.handle).fields["agenda"] is None


# -- renaming


def test_a_new_title_is_a_new_file_name_and_links_follow(stage: Stage) -> None:
    ada = stage.made("person", {"name": "Ada"})
    made = stage.made("goal", {"title": "G", "person": ada.operation.id})
    custom = stage.made("goal", {"title": "H", "person": ada.operation.id})
    pair = stage.made("pair", {"name": "P", "members": [ada.operation.id]})
    stage.write(
        custom.handle,
        stage.text(custom.handle).replace("[[Ada]]", "[[Ada|my peer]]").replace("\n", "\r\n") + "see [[Ada]]",
    )
    stage.pull()
    stage.labels[ada.operation.id] = "Ada Lovelace"
    renamed = done(stage.push(stage.update(ada, {"name": "Ada Lovelace"}, title="Ada Lovelace"))[0])
    assert renamed.handle == "People/Ada Lovelace.md"
    assert not (stage.root / "People/Ada.md").exists()
    assert 'person: "[[Ada Lovelace]]"\n' in stage.text(made.handle)
    assert 'members:\n  - "[[Ada Lovelace]]"\n' in stage.text(pair.handle)
    assert 'person: "[[Ada Lovelace|my peer]]"\r\n' in stage.text(custom.handle)
    assert stage.text(custom.handle).endswith("see [[Ada]]")
    assert stage.pull().items == [], "what we wrote ourselves is not an edit"
    assert stage.item(made.handle).fields["person"] == ada.operation.id


def test_a_file_that_a_person_named_keeps_its_name(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    (stage.root / made.handle).rename(stage.root / "Goals/mine.md")
    (outcome,) = stage.push(stage.update(made, {"title": "Learn Rust"}, title="Learn Rust"))
    assert done(outcome).handle == "Goals/mine.md"
    assert "title: Learn Rust" in stage.text("Goals/mine.md")


def test_a_new_title_never_takes_another_note_s_place(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    stage.write("Goals/Learn Rust.md", "mine")
    (outcome,) = stage.push(stage.update(made, {"title": "Learn Rust"}, title="Learn Rust"))
    assert done(outcome).handle == "Goals/Learn Rust 2.md"
    assert stage.text("Goals/Learn Rust.md") == "mine"


def test_a_title_in_other_capitals(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    (outcome,) = stage.push(stage.update(made, {"title": "LEARN SQL"}, title="LEARN SQL"))
    assert done(outcome).handle == "Goals/LEARN SQL.md"
    assert files(stage) == ["Goals/LEARN SQL.md"]


def test_titles_made_of_several_fields(stage: Stage) -> None:
    goal = stage.made("goal", GOAL)
    entry = stage.made(
        "progress", {"goal": goal.operation.id, "on": "2026-03-01"}, title="2026-03-01 · Learn SQL"
    )
    assert entry.handle == "Progress/2026-03-01 · Learn SQL.md"
    (outcome,) = stage.push(stage.update(entry, {"on": "2026-03-02"}, title="2026-03-02 · Learn SQL"))
    assert done(outcome).handle == "Progress/2026-03-02 · Learn SQL.md"


# -- what a person did meanwhile


def test_a_note_changed_since_the_read_is_not_overwritten(stage: Stage) -> None:
    made, other = stage.made("goal", GOAL), stage.made("goal", {"title": "Other", "percent": 1})
    replica = stage.open()
    replica.pull(stage.cursor, ())
    mine = stage.text(made.handle).replace("second", "rewritten")
    stage.write(made.handle, mine)
    operations = [stage.update(made, {"percent": 50}), stage.update(other, {"percent": 2})]
    outcomes = {outcome.operation.id: outcome for outcome in replica.push(operations)}
    assert "next run" in rejected(outcomes[made.operation.id], "changed while").remedy
    done(outcomes[other.operation.id])
    assert stage.text(made.handle) == mine
    stage.cursor = replica.cursor()
    assert [item.fields["notes"] for item in stage.pull().items] == ["first\n\nrewritten"]


def test_a_value_that_is_not_what_was_expected_is_not_overwritten(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    (outcome,) = stage.push(stage.update(made, {"percent": 50}, expected={"percent": 30}))
    rejected(outcome, "Percent")
    (outcome,) = stage.open().push([stage.update(made, {"percent": 50}, expected={"percent": 30})])
    rejected(outcome, "Percent")
    assert "percent: 40" in stage.text(made.handle)


def test_a_note_deleted_or_exchanged_meanwhile(stage: Stage) -> None:
    made, other = stage.made("goal", GOAL), stage.made("goal", {"title": "Other"})
    replica = stage.open()
    replica.pull(stage.cursor, ())
    (stage.root / made.handle).unlink()
    (stage.root / other.handle).rename(stage.root / made.handle)
    (outcome,) = replica.push([stage.update(made, {"percent": 50})])
    rejected(outcome)
    (stage.root / made.handle).unlink()
    (outcome,) = replica.push([stage.update(made, {"percent": 50})])
    rejected(outcome, "not there")
    assert files(stage) == []


def test_a_name_taken_at_the_last_moment_is_respected(stage: Stage) -> None:
    replica = stage.open()
    replica.pull(None, ())
    operations = [stage.create("goal", {"title": f"G{number}"}) for number in range(600)]
    outcomes = replica.push(operations)
    first = next(outcomes)
    stage.write("Goals/G599.md", "mine")
    rest = list(outcomes)
    done(first)
    rejected(rest[-1], "just got the name")
    assert stage.text("Goals/G599.md") == "mine"
    assert len(files(stage)) == 600


def test_a_folder_exchanged_for_a_link_is_not_followed(stage: Stage, tmp_path: Path) -> None:
    stage.write("Goals/sub/A.md", f"---\nid: {stage.id()}\ntitle: A\n---\n")
    replica = stage.open()
    (item,) = replica.pull(None, ()).items
    (stage.root / "Goals/sub").rename(tmp_path / "away")
    (stage.root / "Goals/sub").symlink_to(tmp_path / "away")
    operation = Operation(
        "update", "goal", str(item.id), item.handle, {"percent": 1}, {"percent": None}, {}, "A", {}
    )
    (outcome,) = replica.push([operation])
    rejected(outcome, "out of the vault")
    delete = Operation("delete", "goal", str(item.id), item.handle, {}, {}, {}, "A", {})
    (outcome,) = replica.push([delete])
    rejected(outcome, "out of the vault")
    assert "percent" not in (tmp_path / "away/A.md").read_text("utf-8")


@pytest.mark.parametrize(
    "handle", ["../outside.md", "/etc/hostname", "Goals/../../outside.md", "Goals//x.md", "."]
)
def test_handles_that_lead_elsewhere_are_refused(stage: Stage, handle: str) -> None:
    outside = stage.root.parent / "outside.md"
    outside.write_text("---\ntitle: x\n---\n", "utf-8")
    for action in ("update", "delete"):
        operation = Operation(
            action, "goal", stage.id(), handle, {"percent": 1} if action == "update" else {}, {}, {}, "x", {}
        )  # type: ignore[arg-type]
        outcome = stage.push(operation)[0]
        assert action == "delete" or isinstance(outcome, Rejected)  # what is not there is as good as deleted
    assert outside.read_text("utf-8") == "---\ntitle: x\n---\n"


def test_a_note_whose_keys_depend_on_each_other_is_left_alone(stage: Stage) -> None:
    id = stage.id()
    text = f"---\nid: {id}\ndue: &day 2026-01-01\nreview_on: *day\n---\n"
    stage.write("Goals/A.md", text)
    operation = Operation(
        "update", "goal", id, "Goals/A.md", {"due": "2027-01-01"}, {"due": "2026-01-01"}, {}, "A", {}
    )
    rejected(stage.push(operation)[0])
    assert stage.text("Goals/A.md") == text


# -- deleting


def test_a_deleted_note_goes_to_the_vault_s_trash(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    text = stage.text(made.handle)
    stage.write(".trash/learn sql.md", "thrown away before")
    done(stage.push(stage.delete(made))[0])
    assert files(stage) == [".trash/Learn SQL 2.md", ".trash/learn sql.md"]
    assert stage.text(".trash/Learn SQL 2.md") == text
    assert stage.text(".trash/learn sql.md") == "thrown away before"
    done(stage.push(stage.delete(made))[0])
    assert stage.pull().gone == []


def test_a_note_that_a_killed_run_left_in_both_places_is_thrown_away_once(stage: Stage) -> None:
    """The trash has had the file linked into it, and the run died before it took the name in the folder away."""
    made = stage.made("goal", GOAL)
    (stage.root / ".trash").mkdir()
    os.link(stage.root / made.handle, stage.root / ".trash/Learn SQL.md")
    done(stage.push(stage.delete(made))[0])
    assert files(stage) == [".trash/Learn SQL.md"]


def test_a_note_that_was_just_edited_is_not_thrown_away(stage: Stage) -> None:
    made = stage.made("goal", GOAL)
    replica = stage.open()
    replica.pull(stage.cursor, ())
    stage.write(made.handle, stage.text(made.handle) + "one more thought\n")
    (outcome,) = replica.push([stage.delete(made)])
    rejected(outcome, "changed while")
    (outcome,) = stage.open().push([stage.delete(made)])
    rejected(outcome)
    assert files(stage) == [made.handle]


def test_a_trash_that_is_a_link_is_not_followed(stage: Stage, tmp_path: Path) -> None:
    made = stage.made("goal", GOAL)
    (stage.root / ".trash").symlink_to(tmp_path)
    rejected(stage.push(stage.delete(made))[0], "link")
    assert (stage.root / made.handle).exists()


# -- when the machine says no


def open_to_all(stage: Stage) -> None:
    for folder in (stage.root.parent, *stage.root.parent.parents):
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)


def test_a_read_only_folder(stage: Stage, nobody: Callable[[], None]) -> None:
    made, person = stage.made("goal", GOAL), stage.create("person", {"name": "Ada"})
    open_to_all(stage)
    (stage.root / "People").chmod(0o777)
    for folder in ("Goals", ""):
        (stage.root / folder).chmod(0o555)
    nobody()
    outcomes = {
        o.operation.id: o
        for o in stage.push(
            stage.create("goal", {"title": "New"}), person, stage.update(made, {"percent": 1})
        )
    }
    assert isinstance(outcomes.pop(person.id), Done), "the others are written"
    for outcome in outcomes.values():
        assert "right" in rejected(outcome, "can't be written").remedy
    rejected(stage.push(stage.delete(made))[0], "can't be written")
    assert stage.text(made.handle).count("percent: 40") == 1


def test_a_disk_that_is_full_half_way(stage: Stage) -> None:
    made = stage.made("goal", {**GOAL, "notes": "long words" * 50})
    before = stage.text(made.handle)
    operations = [
        stage.create("person", {"name": "Small"}), stage.create("goal", {"title": "Big", "notes": "x" * 5000}),
        stage.update(made, {"notes": "y" * 5000}), stage.create("person", {"name": "Another"}),
    ]  # fmt: skip
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (2000, limits[1])
    )  # the system refuses to write more, as a full disk does
    try:
        outcomes = [type(outcome).__name__ for outcome in stage.push(*operations)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(outcomes) == ["Done", "Done", "Rejected", "Rejected"]
    assert stage.text(made.handle) == before
    assert files(stage) == ["Goals/Learn SQL.md", "People/Another.md", "People/Small.md"], (
        "no half-written file is left"
    )
    assert all(isinstance(outcome, Done) for outcome in stage.push(*operations[1:3]))


def test_what_a_dead_run_left_behind_is_cleared_away(stage: Stage) -> None:
    stage.write("Goals/.mentorsync-1234-5.tmp", "half a no")
    stage.write("Goals/.mentorsync-mine.md", "a person's")
    assert stage.pull().items == []
    stage.made("goal", GOAL)
    assert files(stage) == ["Goals/.mentorsync-mine.md", "Goals/Learn SQL.md"]


def test_many_notes_are_written_in_batches_with_an_outcome_each(stage: Stage) -> None:
    operations = [
        stage.create("goal", {"title": f"Goal {number}", "percent": number % 100}) for number in range(1100)
    ]
    outcomes = stage.push(*operations)
    assert [one.operation.id for one in outcomes] == [one.id for one in operations]
    assert len(stage.pull(fresh=True).items) == 1100
    assert stage.pull().items == []
    changed = stage.push(*(stage.update(done(one), {"percent": 100}) for one in outcomes))
    assert all(isinstance(one, Done) for one in changed)
    assert {item.fields["percent"] for item in stage.pull(fresh=True).items} == {100}


def test_a_kind_without_a_folder_is_refused(stage: Stage) -> None:
    (stage.root / "Goals").rmdir()
    assert "setup" in rejected(stage.push(stage.create("goal", GOAL))[0]).remedy


def test_after_a_push_a_glance_is_enough(stage: Stage) -> None:
    stage.made("goal", GOAL)
    for _ in range(1000):  # until its time is old enough to be trusted
        if connector.unchanged(stage.settings, stage.cursor or b""):
            return
        assert stage.pull().items == []
    pytest.fail("it never settles")
