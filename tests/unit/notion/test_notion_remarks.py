"""Comments on pages: once, taken back, and only where the connection may."""

from __future__ import annotations

from syncengine.testing.loopback import Fault, Request

from .conftest import Stage
from .test_notion_faults import FAULTS


def comments(stage: Stage, title: str = "A") -> list[str]:
    page = stage.people.row("Goals", title).id
    return [
        "".join(run["plain_text"] for run in comment.rich_text)
        for comment in stage.box.world.comments.values()
        if comment.parent[1] == page
    ]


def broken(stage: Stage) -> Stage:
    stage.ready().goals("A", "B")
    stage.settled()
    stage.people.edit("Goals", "A", Percent=40.0)
    return stage


def test_a_value_that_is_not_understood_is_told_on_the_page_once(stage: Stage) -> None:
    broken(stage).sync()
    [said] = comments(stage)
    assert "Percent" in said
    for _ in range(3):
        stage.clock.tick(minutes=3)
        stage.sync()
    assert comments(stage) == [said]
    assert comments(stage, "B") == []


def test_it_is_taken_back_when_the_value_is_mended(stage: Stage) -> None:
    broken(stage).sync()
    stage.people.edit("Goals", "A", Percent=0.4)
    stage.settled()
    assert comments(stage) == []
    assert stage.counted().count(("POST", "data_sources/ID/query")) == len(stage.counted())


def test_a_value_written_in_two_ways_is_told_on_the_page_and_no_more_when_it_is_answered(
    stage: Stage,
) -> None:
    stage.ready().goals("A")
    stage.settled()
    stage.people.edit("Goals", "A", **{"Why it matters": "mine"})
    stage.other.edit(stage.goal("A"), why="yours")
    stage.sync()
    [said] = comments(stage)
    assert all(word in said for word in ("Why it matters", "mine", "yours", "Waits for you"))
    stage.settled()
    assert comments(stage) == [said]
    [row] = stage.people.rows("Waits for you")
    stage.people.edit("Waits for you", stage.people.title(row), Choose="Keep")
    stage.settled()
    stage.sync()
    assert comments(stage) == []


def test_a_connection_that_may_not_comment_is_not_asked_again_and_again(stage: Stage) -> None:
    stage.box.capabilities.discard("insert comments")
    report = broken(stage).sync()
    assert any("Percent" in warning for warning in report.warnings), "the run's own report says it"
    before = len(stage.box.server.log)
    for _ in range(3):
        stage.sync()
    assert ("POST", "comments") not in stage.box.calls(before)
    stage.box.capabilities.add("insert comments")
    stage.clock.tick(minutes=25 * 60)
    stage.sync()
    assert len(comments(stage)) == 1


def test_a_comment_of_which_nobody_knows_whether_it_was_made_is_not_made_again(stage: Stage) -> None:
    def strike(request: Request) -> Fault | None:
        return FAULTS["lost answer"] if request.path == "/v1/comments" else None

    stage.box.server.fault = strike
    broken(stage).sync()
    stage.box.server.fault = lambda _request: None
    stage.sync()
    assert len(comments(stage)) == 1
