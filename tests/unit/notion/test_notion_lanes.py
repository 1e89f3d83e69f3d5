"""Side by side: several tables, and several rows of one; one by one where they collide."""

from __future__ import annotations

import threading

import pytest

from syncengine.connector import Done, Operation, Outcome
from syncengine.testing.loopback import Answer, Request
from syncengine_notion import connector
from syncengine_notion.lanes import side_by_side

from .conftest import Stage
from .test_notion_faults import FAULTS, Strike, agreed


def operations(kind: str, number: int) -> list[Operation]:
    return [
        Operation("create", kind, f"{kind}{n}", None, {}, {}, {}, f"{kind} {n}", {}) for n in range(number)
    ]


class Counter:
    """Carries operations out, and counts how many are under way at once: each waits for as many as there can be."""

    def __init__(self, together: int) -> None:
        self.barrier = threading.Barrier(together)
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, operation: Operation) -> Outcome:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.barrier.wait(timeout=20)
        with self.lock:
            self.now -= 1
        return Done(operation, operation.id)


def test_one_large_table_is_written_by_all_lanes() -> None:
    count = Counter(4)
    found = list(side_by_side(operations("goal", 64), 4, count, lambda _kind: False))
    assert count.most == 4
    assert sorted(operation.id for operation, _ in found) == sorted(f"goal{n}" for n in range(64))


def test_a_table_that_collides_is_written_by_one() -> None:
    count = Counter(1)
    found = list(side_by_side(operations("goal", 40), 4, count, lambda _kind: True))
    assert (count.most, len(found)) == (1, 40)


def test_what_goes_wrong_in_one_lane_ends_them_all() -> None:
    def carry_out(operation: Operation) -> Outcome:
        if operation.id == "goal20":
            raise KeyboardInterrupt
        return Done(operation, operation.id)

    with pytest.raises(KeyboardInterrupt):
        list(side_by_side(operations("goal", 5_000), 4, carry_out, lambda _kind: False))


@pytest.mark.parametrize("name", ["409", "503 after the fact", "lost answer"])
def test_many_rows_of_one_table_at_once_lose_nothing_and_make_nothing_twice(
    stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector, "lanes", 4)
    stage.ready().goals(*(f"Goal {n}" for n in range(40)), notes="a text")
    stage.box.server.fault = Strike(lambda r: r.method == "POST" and r.path == "/v1/pages", FAULTS[name])
    stage.sync()
    stage.box.server.fault = lambda _request: None
    stage.clock.tick(minutes=5)
    stage.settled()
    agreed(stage)
    for n in range(40):
        stage.other.edit(stage.goal(f"Goal {n}"), why=f"because {n}", notes=f"text {n}")
    stage.settled()
    agreed(stage)
    assert stage.people.shows("Goals", "Goal 7")["Notes"] == "text 7"


def test_an_edit_between_our_write_and_its_answer_is_an_edit(stage: Stage) -> None:
    """Rule 11, the check right after: what the answer shows of somebody else is not what our write became."""
    stage.ready().goals("A", why="first")
    stage.settled()
    stage.other.edit(stage.goal("A"), why="ours")
    handle = stage.box.handle

    def slow(request: Request) -> Answer:
        answer = handle(request)
        if request.method == "PATCH" and request.path.startswith("/v1/pages/"):
            stage.people.edit("Goals", "A", **{"Why it matters": "theirs"})
            again = Request(request.number, "GET", request.path, {}, request.headers, b"")
            answer = handle(again)
        return answer

    stage.box.server.handle = slow
    stage.sync()
    stage.box.server.handle = handle
    stage.settled()
    assert stage.other.rows[stage.goal("A")].fields["why"] == "theirs"


def test_a_table_is_looked_at_again_before_its_first_write_when_the_run_took_its_time(stage: Stage) -> None:
    stage.ready().goals("A")
    stage.settled()
    stage.other.edit(stage.goal("A"), why="from elsewhere")
    asked: list[str] = []

    def slowly(request: Request) -> None:
        asked.append(request.path)
        if len(asked) == 7:  # the last table was read; another tool takes eight seconds
            stage.clock.tick(seconds=8)
            stage.people.edit("Goals", "A", **{"Why it matters": "from Notion"})

    stage.box.server.before = slowly
    report = stage.sync()
    stage.box.server.before = lambda _request: None
    assert report.replicas["notion"]["rejected"] == 1
    assert stage.people.shows("Goals", "A")["Why it matters"] == "from Notion"
