"""What a read makes of what people did: gone, moved, not to be seen; cut off at 25; cut off at 10,000; blank; their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from syncengine.testing.clock import Clock
from syncengine_notion.client import Wire
from syncengine_notion.pace import RealTime
from syncengine_notion.reading import read_rows
from syncengine_notion.sandbox import Sandbox
from syncengine_notion.sandbox.richtext import PLAIN, run

from .conftest import Stage


@pytest.fixture
def wire(box: Sandbox) -> Iterator[Wire]:
    made = Wire(box.token, box.address, "2025-09-03", 100_000, RealTime())
    yield made
    made.close()


def test_a_page_in_the_trash_is_a_deletion(stage: Stage) -> None:
    stage.ready().goals("A", "B", "C")
    stage.settled()
    stage.people.trash("Goals", "B")
    stage.settled()
    assert stage.titles() == ["A", "C"]


def test_a_page_that_was_moved_away_is_told_and_kept(stage: Stage) -> None:
    stage.ready().goals("A", "B", "C")
    stage.settled()
    page = stage.people.move_out("Goals", "B")
    report = stage.sync()
    assert stage.titles() == ["A", "B", "C"]
    assert any("moved out of its table" in warning for warning in report.warnings)
    assert stage.sync().writes == 0
    page.parent = ("data_source_id", stage.people.source("Goals").id)
    assert stage.sync().status == "agreed"


def test_a_page_that_cannot_be_seen_any_more_is_told_and_kept(stage: Stage) -> None:
    stage.ready().goals("A", "B", "C")
    stage.settled()
    stage.people.unshare(stage.people.row("Goals", "B"))
    report = stage.sync()
    assert stage.titles() == ["A", "B", "C"]
    assert any("lost access" in warning for warning in report.warnings)


def test_a_page_that_is_archived_is_still_there(stage: Stage) -> None:
    stage.ready().goals("A", "B", "C")
    stage.settled()
    stage.people.row("Goals", "B").is_archived = True
    assert stage.sync().writes == 0
    assert stage.titles() == ["A", "B", "C"]


def test_the_same_after_a_fresh_read(stage: Stage) -> None:
    """A read of everything knows no more of what it does not show."""
    stage.ready().goals("A", "B", "C", "D")
    stage.settled()
    stage.people.trash("Goals", "A")
    stage.people.move_out("Goals", "B")
    stage.people.unshare(stage.people.row("Goals", "C"))
    report = stage.sync(fresh=True, allow={"mass-deletion"})
    assert stage.titles() == ["B", "C", "D"]
    assert len(report.warnings) == 2


def test_blank_rows_are_nobody_s(stage: Stage) -> None:
    stage.ready().goals("A")
    stage.settled()
    stage.people.add("Goals")
    assert stage.sync().writes == 0
    assert stage.titles() == ["A"]


def test_new_rows_that_refer_to_each_other_become_records(stage: Stage) -> None:
    """Neither has an id yet, so the one names the other; by the next read both have one."""
    stage.ready()
    stage.people.add("People", Name="Zoe")
    stage.people.add("Goals", Goal="Sing", Person="Zoe")
    stage.settled()
    assert stage.other.find("person", name="Zoe")
    goal = stage.other.rows[stage.goal("Sing")]
    [zoe] = [row.id for row in stage.other.of("person") if row.fields["name"] == "Zoe"]
    assert goal.fields["person"] == zoe


def test_a_relation_edited_from_its_other_side_arrives(stage: Stage) -> None:
    stage.ready().goals("A")
    stage.settled()
    stage.people.edit("People", "Grace", Goals=["A"])
    stage.people.edit("People", "Ada", Goals=[])
    stage.settled()
    [grace] = [row.id for row in stage.other.of("person") if row.fields["name"] == "Grace"]
    assert stage.other.rows[stage.goal("A")].fields["person"] == grace


def test_more_references_than_an_answer_shows_are_read_in_full(stage: Stage) -> None:
    stage.ready()
    names = [f"Person {n:02}" for n in range(40)]
    for name in names:
        stage.other.add("person", name=name)
    stage.other.add("pair", name="Everybody", members="; ".join(names), status="paused")
    stage.settled()
    stage.people.edit("Pairs", "Everybody", Notes="hello")
    stage.settled()
    pair = stage.other.rows[stage.other.find("pair", name="Everybody")].fields
    assert (pair["notes"], pair["members"]) == ("hello", "; ".join(names)), "nobody left"
    stage.other.edit(stage.other.find("pair", name="Everybody"), members="; ".join(names[:39]))
    stage.settled()
    assert len(stage.people.shows("Pairs", "Everybody")["Members"]) == 39


def test_many_mentions_in_a_text_are_read_in_full(stage: Stage) -> None:
    stage.ready().goals("A")
    stage.settled()
    mention: dict[str, Any] = {
        "type": "mention", "mention": {"type": "user", "user": {"object": "user", "id": stage.box.world.person}},
        "annotations": PLAIN, "plain_text": "@Ada", "href": None,
    }  # fmt: skip
    stage.people.edit(
        "Goals", "A", **{"Why it matters": [part for _ in range(30) for part in (mention, run(" "))]}
    )
    stage.settled()
    assert stage.other.rows[stage.goal("A")].fields["why"] == " ".join(["@Ada"] * 30)


def test_a_table_larger_than_a_query_is_read_in_windows(wire: Wire, clock: Clock, stage: Stage) -> None:
    """10,000 results at most, and then an answer that looks complete but for its status; 40 here."""
    stage.setup()
    for number in range(130):
        stage.people.add("Goals", Goal=f"Goal {number}")
        clock.tick(seconds=20)
    stage.box.most_results = 40
    rows = read_rows(wire, "goal", stage.people.source("Goals").id, None)
    assert len(rows.rows) == 130


def test_a_table_that_cannot_be_read_whole_deletes_nothing(stage: Stage) -> None:
    """More rows of one creation minute than a query shows: the replica waits rather than guess."""
    stage.ready().goals("A", "B", "C", "D", "E")
    stage.settled()
    stage.box.most_results = 3
    report = stage.sync()
    assert report.status == "attention"
    assert len(stage.titles()) == 5
    stage.box.most_results = 10_000
    assert stage.settled().status == "agreed"


def test_titles_that_we_make_follow_what_they_are_made_of_until_somebody_writes_another(stage: Stage) -> None:
    stage.ready()
    stage.goals("A")
    entry = stage.other.add("progress", goal="A", on="2026-03-01", note="began")
    stage.settled()
    stage.other.edit(entry, on="2026-03-05")
    stage.settled()
    [row] = stage.people.rows("Progress")
    assert "2026-03-05" in stage.people.title(row)
    stage.people.edit("Progress", stage.people.title(row), Name="The day I began")
    stage.settled()
    stage.other.edit(entry, on="2026-03-07")
    stage.settled()
    assert stage.people.title(row) == "The day I began"
    assert stage.people.shows("Progress", "The day I began")["Date"] == "2026-03-07"


def test_an_option_that_people_renamed_keeps_its_meaning(stage: Stage) -> None:
    stage.ready().goals("A", status="in progress")
    stage.settled()
    stage.people.rename_option("Goals", "Status", "in progress", "doing")
    assert stage.sync().writes == 0
    stage.goals("B", status="in progress")
    stage.settled()
    assert stage.people.shows("Goals", "B")["Status"] == "doing"


def test_an_option_that_people_deleted_is_made_again_when_it_is_needed(stage: Stage) -> None:
    stage.ready().goals("A", status="on hold")
    stage.settled()
    one = stage.people.source("Goals").named("Status")
    assert one is not None
    one.config["options"] = [option for option in one.config["options"] if option["name"] != "achieved"]
    stage.other.edit(stage.goal("A"), status="achieved")
    stage.settled()
    assert stage.people.shows("Goals", "A")["Status"] == "achieved"


def test_a_conflict_about_a_number_is_answered_by_its_place_in_the_list(stage: Stage) -> None:
    stage.ready().goals("A", percent=5)
    stage.settled()
    stage.people.edit("Goals", "A", Percent=0.1)
    stage.other.edit(stage.goal("A"), percent=20)
    stage.sync()
    [row] = stage.people.rows("Waits for you")
    other = stage.people.shows("Waits for you", stage.people.title(row))["Also written"]
    stage.people.edit("Waits for you", stage.people.title(row), Choose="Take 1")
    stage.settled()
    assert other.startswith(f"1. {stage.people.shows('Goals', 'A')['Percent'] * 100:.0f} ")
    assert stage.sync().status == "agreed"


@pytest.mark.parametrize("said", ["Take 1", "Keep"])
def test_a_conflict_waits_in_notion_and_is_answered_there(stage: Stage, said: str) -> None:
    stage.ready().goals("A", why="first")
    stage.settled()
    stage.people.edit("Goals", "A", **{"Why it matters": "theirs"})
    stage.other.edit(stage.goal("A"), why="ours")
    stage.sync()
    [row] = stage.people.rows("Waits for you")
    shows = stage.people.shows("Waits for you", stage.people.title(row))
    assert (shows["About"], shows["Field"], shows["It was"]) == ("Goal: A", "Why it matters", "first")
    kept, other = shows["Kept"], {"theirs": "ours", "ours": "theirs"}[shows["Kept"]]
    assert f"1. {other} (in " in shows["Also written"]
    stage.people.edit("Waits for you", stage.people.title(row), Choose=said)
    stage.settled()
    wanted = kept if said == "Keep" else other
    assert stage.people.shows("Goals", "A")["Why it matters"] == wanted
    assert stage.people.rows("Waits for you") == []
    assert stage.sync().status == "agreed"


@pytest.mark.parametrize(
    ("chosen", "typed"), [("Keep", "1."), ("Take 1", "keep"), ("Take 1", "a third"), ("Take 1", "1.")]
)
def test_two_answers_at_once_one_chosen_in_notion_one_typed_elsewhere(
    stage: Stage, chosen: str, typed: str
) -> None:
    """What is chosen counts as what is typed: alike they settle it, else both are kept and asked about again."""
    stage.ready().goals("A", why="first")
    stage.settled()
    stage.people.edit("Goals", "A", **{"Why it matters": "theirs"})
    stage.other.edit(stage.goal("A"), why="ours")
    stage.sync()
    [row] = stage.people.rows("Waits for you")
    kept = stage.people.shows("Waits for you", stage.people.title(row))["Kept"]
    other = {"theirs": "ours", "ours": "theirs"}[kept]
    means = {"Keep": kept, "keep": kept, "Take 1": other, "1.": other, "a third": "a third"}
    stage.people.edit("Waits for you", stage.people.title(row), Choose=chosen)
    [asked] = [handle for handle, one in stage.other.rows.items() if one.kind == "question"]
    stage.other.edit(asked, answer=typed)
    stage.settled()
    left = stage.people.rows("Waits for you")
    if means[chosen] == means[typed]:
        assert (left, stage.people.shows("Goals", "A")["Why it matters"]) == ([], means[chosen])
        return
    [row] = left
    shows = stage.people.shows("Waits for you", stage.people.title(row))
    both = {shows["Kept"], shows["Also written"].removeprefix("1. ").partition(" (in ")[0]}
    assert both == {means[chosen], means[typed]}
    stage.people.edit("Waits for you", stage.people.title(row), Choose="Take 1")
    stage.settled()
    assert stage.people.shows("Goals", "A")["Why it matters"] in both - {shows["Kept"]}
    assert stage.sync().status == "agreed"


@pytest.mark.parametrize("fresh", [False, True])
def test_nothing_new_is_linked_to_a_page_in_the_trash(stage: Stage, fresh: bool) -> None:
    """A page is trashed while somebody else edits its record, which is made anew for that: it is the one to link to."""
    stage.ready()
    stage.goals("Old")
    stage.settled()
    stage.people.trash("People", "Ada")
    stage.other.edit(stage.other.find("person", name="Ada"), offers="still here")
    stage.settled()
    living = stage.people.row("People", "Ada")
    stage.goals("New")
    stage.settled(fresh=fresh)
    source, row = stage.people.source("Goals"), stage.people.row("Goals", "New")
    [person] = [one for one in source.properties.values() if one.name == "Person"]
    assert row.values[person.id] == [living.id]
    assert stage.sync(fresh=True).writes == 0


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("written", ["not an id", "Ben's"])
def test_who_is_meant_does_not_change_when_somebody_writes_over_an_id(
    stage: Stage, written: str, fresh: bool
) -> None:
    stage.ready()
    stage.other.add("person", name="Ben")
    stage.goals("Old")
    stage.settled()
    ids = {row.fields["name"]: row.id for row in stage.other.of("person")}
    ada = ids["Ada"]
    written = str(ids["Ben"]) if written == "Ben's" else written
    stage.people.edit("People", "Ada", **{"mentorsync id": written})
    stage.people.edit("Goals", "Old", **{"Why it matters": "because"})
    stage.sync(fresh=fresh)
    stage.settled()
    assert stage.other.rows[stage.goal("Old")].fields["person"] == "Ada", (
        "as it was typed there: nobody wrote it anew"
    )
    assert stage.people.shows("People", "Ada")["mentorsync id"] == ada
