"""Requests, counted by the sandbox, and the time they take at the limit."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from syncengine.connector import Operation
from syncengine.testing.clock import Clock
from syncengine_notion.pace import estimate
from syncengine_notion.sandbox import Sandbox

from .conftest import Stage

TABLES = 7
"""Of the template `light`."""
QUERY = ("POST", "data_sources/ID/query")
LOOK = ("GET", "blocks/ID/children")
CONSTANT = 12
"""Requests of a first sync that do not depend on how much there is, beyond three for each table."""


def test_a_sync_with_nothing_to_do_asks_once_for_each_table(stage: Stage) -> None:
    stage.ready().goals("A", "B")
    stage.settled()
    assert stage.counted() == [QUERY] * TABLES


def test_changes_elsewhere_cost_one_write_each(stage: Stage) -> None:
    stage.ready().goals("A", "B", "C", "D")
    stage.settled()
    for title in "ABC":
        stage.other.edit(stage.goal(title), why="because", percent=40)
    calls = Counter(stage.counted())
    assert calls == {QUERY: TABLES, ("PATCH", "pages/ID"): 3}
    assert stage.counted() == [QUERY] * TABLES


def test_changes_in_notion_cost_a_look_at_the_text_of_each_page_once(stage: Stage) -> None:
    """A query shows no texts, so of a page that a person edited it may be another one now."""
    stage.ready().goals("A", "B", "C", "D")
    stage.settled()
    for title in "ABC":
        stage.people.edit("Goals", title, **{"Why it matters": "because"})
    assert Counter(stage.counted()) == {QUERY: TABLES, LOOK: 3}
    assert stage.counted() == [QUERY] * TABLES


def test_changes_in_tables_without_texts_cost_nothing_more(stage: Stage) -> None:
    stage.configure("structured")
    stage.ready()
    stage.other.add("commitment", what="Call", who="Ada")
    stage.settled()
    queries = [QUERY] * len(stage.program.template.seen_by("program").kinds)
    assert stage.counted() == queries
    stage.people.edit("Promises", "Call", Done=True)
    assert stage.counted() == queries


def test_a_changed_text_costs_a_look_and_a_write_for_each_block_that_is_another(stage: Stage) -> None:
    stage.ready().goals("A", notes="one\n\ntwo\n\nthree")
    stage.settled()
    stage.other.edit(stage.goal("A"), notes="one\n\n2\n\nthree\n\nfour\n\nfive")
    calls = Counter(stage.counted())
    assert calls == {QUERY: TABLES, LOOK: 1, ("PATCH", "blocks/ID"): 1, ("PATCH", "blocks/ID/children"): 1}
    assert stage.counted() == [QUERY] * TABLES


@pytest.mark.parametrize("number", [5, 260])
def test_a_first_sync_costs_a_create_each_and_little_more(stage: Stage, number: int) -> None:
    stage.setup()
    stage.other.add("person", name="Ada")
    stage.goals(*(f"Goal {n}" for n in range(number)), notes="a text\n\n- of\n- some blocks")
    calls = Counter(stage.counted())
    records = len(stage.other.rows)
    assert calls[("POST", "pages")] == records
    assert sum(calls.values()) <= records + records // 100 + 3 * TABLES + CONSTANT, calls


def test_a_large_table_is_read_by_what_changed_and_costs_one_query_as_well(stage: Stage) -> None:
    stage.ready().goals(*(f"Goal {n}" for n in range(230)))
    stage.sync()
    stage.clock.tick(minutes=6)
    stage.sync()
    assert stage.counted() == [QUERY] * TABLES
    stage.people.edit("Goals", "Goal 7", **{"Why it matters": "because"})
    assert stage.counted() == [QUERY] * TABLES + [LOOK]
    assert stage.other.rows[stage.goal("Goal 7")].fields["why"] == "because"


def test_right_after_many_writes_a_sync_pages_through_the_last_minutes_only(stage: Stage) -> None:
    stage.ready().goals(*(f"Goal {n}" for n in range(230)))
    stage.sync()
    assert len(stage.counted()) <= TABLES + 3


def test_a_large_table_is_read_whole_at_the_interval(stage: Stage) -> None:
    stage.ready().goals(*(f"Goal {n}" for n in range(130)))
    stage.settled()
    stage.people.trash("Goals", "Goal 5")
    stage.clock.tick(minutes=6)
    stage.sync()
    assert len(stage.titles()) == 130
    stage.clock.tick(minutes=60)
    stage.settled()
    assert len(stage.titles()) == 129


def test_several_thousand_records_take_hardly_longer_than_the_limit_allows(
    clock: Clock, tmp_path: Path, box: Sandbox
) -> None:
    """Of a first sync at 180 requests a minute, in windows of a minute of the sandbox's clock. See `bench` for 5,000."""
    stage = Stage(box, clock, tmp_path)
    stage.setup()
    stage.other.add("person", name="Ada")
    stage.goals(*(f"Goal {n}" for n in range(900)))
    clock.tick(minutes=2)
    box.limit, begun, before = 180, clock.now, len(box.server.log)
    stage.sync()
    requests = len(box.server.log) - before
    assert box.refused == 0
    allowed = timedelta(minutes=(requests - 1) // 180)
    assert clock.now - begun - timedelta(minutes=1) <= allowed * 1.05, "a minute is the stage's own"


def test_a_plan_says_how_many_requests_and_how_long(stage: Stage) -> None:
    """At the pace of the config; reading included."""
    stage.ready().goals(*(f"Goal {n}" for n in range(40)), notes="one\n\ntwo")
    stage.other.edit(stage.goal("Goal 1"), percent=40)
    first = stage.sync(dry_run=True)
    assert first.plan is not None
    wiki = next(tool for tool in first.plan.tools if tool.name == "notion")
    assert abs(len(stage.counted()) - wiki.calls) <= 6, "so many requests that are not for one record each"
    stage.settled()
    for n in range(10):
        stage.other.edit(stage.goal(f"Goal {n}"), percent=n, **({"notes": "one\n\n2"} if n < 3 else {}))
    plan = stage.sync(dry_run=True).plan
    assert plan is not None
    wiki = next(tool for tool in plan.tools if tool.name == "notion")
    assert abs(len(stage.counted()) - wiki.calls) <= 4


def test_time_is_the_windows_that_pass_and_the_answers_of_the_last() -> None:
    def at(count: int, lanes: int = 1) -> float:
        made = [Operation("create", "goal", str(n), None, {}, {}, {}, "x", {}) for n in range(count)]
        return estimate(made, {}, 180, lanes).seconds

    assert at(0) == 0
    assert at(180) == pytest.approx(72)
    assert 60 < at(181) < 61
    assert 120 < at(361) < 121
