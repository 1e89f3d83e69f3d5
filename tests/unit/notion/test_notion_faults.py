"""Everything that can go wrong between here and Notion, at each kind of request: nothing lost, nothing twice, no echo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from syncengine.testing.loopback import Answer, Exchange, Fault, Request
from syncengine_notion import client
from syncengine_notion.sandbox import People
from syncengine_notion.sandbox.refusal import Refusal, error_body, too_many
from syncengine_notion.sandbox.values import relate
from syncengine_notion.sandbox.world import Page

from .conftest import Stage


def refusal(status: int, code: str) -> Answer:
    return Answer(status, error_body(status, code, "No.", 1))


def limited(reason: str, wait: int) -> Answer:
    error: Refusal = too_many(wait, reason)
    return Answer(429, error.body(1), error.headers)


FAULTS = {
    "429": Fault("refused", limited("public_api_request_rate_limit", 7)),
    "429 of the workspace, for minutes": Fault(
        "refused", limited("public_api_space_request_rate_limit", 190)
    ),
    "529": Fault("refused", refusal(529, "service_overload")),
    "409": Fault("refused", refusal(409, "conflict_error")),
    "500": Fault("refused", refusal(500, "internal_server_error")),
    "502 that is no JSON": Fault("refused", Answer(502, b"<html>bad gateway</html>")),
    "503": Fault("refused", refusal(503, "service_unavailable")),
    "503 after the fact": Fault("committed", refusal(503, "service_unavailable")),
    "reset": Fault("reset"),
    "lost answer": Fault("lost"),
    "truncated answer": Fault("truncated"),
    "no answer in time": Fault("stalled"),
}

REQUESTS: dict[str, Callable[[Request], bool]] = {
    "query": lambda r: r.path.endswith("/query"),
    "create": lambda r: r.method == "POST" and r.path == "/v1/pages",
    "update": lambda r: r.method == "PATCH" and "properties" in (r.json or {}),
    "delete": lambda r: r.method == "PATCH" and "in_trash" in (r.json or {}),
}


class Strike:
    """The fault at the first request that it concerns."""

    def __init__(self, concerns: Callable[[Request], bool], fault: Fault) -> None:
        self._concerns, self._fault, self.done = concerns, fault, False

    def __call__(self, request: Request) -> Fault | None:
        if self.done or not self._concerns(request):
            return None
        self.done = True
        return self._fault


def agreed(stage: Stage) -> None:
    """Both tools have the same goals, each once, with the same words."""
    people: People = stage.people
    rows = people.rows("Goals")
    assert sorted(people.title(row) for row in rows) == stage.titles()
    ids = [people.shows("Goals", people.title(row))["mentorsync id"] for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(ids)
    for row in stage.other.of("goal"):
        shows = people.shows("Goals", str(row.fields["title"]))
        assert (shows["Why it matters"] or None) == row.fields.get("why")


def work(stage: Stage, round: int) -> None:
    """A create, an update and a delete for Notion to carry out, and an edit there."""
    stage.goals(f"New {round}", why="fresh")
    stage.other.edit(stage.goal("Kept"), why=f"because {round}")
    stage.other.remove(stage.goal(f"Old {round}"))
    stage.people.edit("Goals", "Theirs", **{"Why it matters": f"they say {round}"})


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_any_request_loses_nothing_and_makes_nothing_twice(
    stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "no answer in time":
        monkeypatch.setattr(client, "_TIMEOUT_MS", 250)
    stage.ready().goals("Kept", "Theirs", *(f"Old {n}" for n in range(len(REQUESTS))))
    stage.settled()
    for round, concerns in enumerate(REQUESTS.values()):
        work(stage, round)
        strike = Strike(concerns, FAULTS[name])
        stage.box.server.fault = strike
        stage.sync()
        assert strike.done
        stage.box.server.fault = lambda _request: None
        stage.clock.tick(minutes=5)
        stage.settled()
        agreed(stage)


def test_a_page_that_is_said_to_be_gone_and_is_not_is_deleted_all_the_same(stage: Stage) -> None:
    stage.ready().goals("Kept", "Theirs", "Old 0")
    stage.settled()
    stage.other.remove(stage.goal("Old 0"))
    strike = Strike(REQUESTS["delete"], Fault("refused", refusal(404, "object_not_found")))
    stage.box.server.fault = strike
    stage.sync()
    assert strike.done
    stage.clock.tick(minutes=5)
    stage.settled()
    assert stage.titles() == ["Kept", "Theirs"]
    agreed(stage)


def test_a_service_that_is_down_for_writes_is_tried_again_by_the_next_run(stage: Stage) -> None:
    stage.ready().goals("Kept", "Theirs", "Old 0")
    stage.settled()
    work(stage, 0)
    down = FAULTS["503"]
    stage.box.server.fault = lambda request: down if not request.path.endswith("/query") else None
    report = stage.sync()
    assert report.status == "attention"
    stage.box.server.fault = lambda _request: None
    stage.clock.tick(minutes=5)
    stage.settled()
    agreed(stage)


def test_a_create_that_took_effect_with_an_id_told_is_not_looked_for(stage: Stage) -> None:
    """Vendor fact: a 503 after the fact names what it made."""
    stage.ready()
    stage.goals("A")
    told: list[str] = []

    def strike(request: Request) -> Fault | None:
        return Fault("committed", Answer(503)) if REQUESTS["create"](request) and not told else None

    def after(exchange: Exchange) -> None:
        if exchange.fault is not None and exchange.answer is not None:
            told.append(exchange.answer.body["id"])
            more = {"retry_guidance": "read, do not repeat", "committed_resource_id": told[0]}
            answer = Answer(503, error_body(503, "service_unavailable", "No.", 1, more))
            object.__setattr__(exchange.fault, "answer", answer)

    stage.box.server.fault, stage.box.server.after = strike, after
    calls = stage.counted()
    assert calls.count(("GET", "pages/ID")) == 1
    assert len(stage.people.rows("Goals")) == 1
    agreed(stage)
    assert stage.sync().writes == 0


@pytest.mark.parametrize("died_at", [1, 2, 3, 4])
def test_a_killed_run_is_continued_without_making_anything_twice(
    stage: Stage, died_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies right after a create took effect; queries lag, so the new rows do not show at first."""
    stage.box.world.lag = timedelta(seconds=90)
    stage.ready()
    stage.clock.tick(minutes=10)
    stage.settled()
    stage.goals("A", "B", "C", "D")
    made: list[Exchange] = []

    def die(exchange: Exchange) -> None:
        made.extend([exchange] if REQUESTS["create"](exchange.request) else [])
        if len(made) == died_at:
            raise KeyboardInterrupt

    send = client.Wire._send

    def dying(self: client.Wire, *request: object) -> object:
        answer = send(self, *request)  # type: ignore[arg-type]
        die(stage.box.server.log[-1])
        return answer

    monkeypatch.setattr(client.Wire, "_send", dying)
    with pytest.raises(KeyboardInterrupt):
        stage.sync()
    monkeypatch.setattr(client.Wire, "_send", send)
    stage.sync()
    stage.clock.tick(minutes=5)
    stage.settled()
    agreed(stage)
    assert stage.titles() == ["A", "B", "C", "D"]


@pytest.mark.parametrize("touched", [False, True])
def test_a_row_that_shows_only_long_after_its_run_was_killed_is_not_there_twice(
    stage: Stage, touched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wait is certain to be long enough. The row that was made in vain goes to the trash, unless a person wrote in it."""
    stage.ready()
    stage.clock.tick(minutes=10)
    stage.box.world.lag = timedelta(minutes=25)
    for row in stage.box.world.pages.values():
        stage.box.world.record(row)
    stage.clock.tick(minutes=30)
    stage.goals("A", "B", notes="some words")
    send = client.Wire._send

    def dying(self: client.Wire, *request: object) -> object:
        answer = send(self, *request)  # type: ignore[arg-type]
        if REQUESTS["create"](stage.box.server.log[-1].request):
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(client.Wire, "_send", dying)
    with pytest.raises(KeyboardInterrupt):
        stage.sync()
    monkeypatch.setattr(client.Wire, "_send", send)
    stage.sync()
    first, second, _ = sorted(stage.people.rows("Goals"), key=lambda row: row.created)
    assert stage.people.title(first) == stage.people.title(second), "made again, for it did not show"
    if touched:
        stage.people.write.add(first, "a word of mine")
    linked(stage, stage.people.add("Wins", Win="Hooray"), first)
    for _ in range(8):
        stage.clock.tick(minutes=10)
        stage.sync()
    stage.settled()
    if touched:
        assert not first.in_trash
        assert any("a word of mine" in str(row.fields["notes"]) for row in stage.other.of("goal"))
        return
    assert (first.in_trash, second.in_trash) == (True, False)
    assert stage.titles() == ["A", "B"]
    agreed(stage)
    [win] = stage.other.of("win")
    id = stage.people.shows("Goals", stage.people.title(second))["mentorsync id"]
    assert win.fields["goal"] == id, "who links the one means the other"
    assert any(second.id in (held or []) for held in stage.people.row("Wins", "Hooray").values.values())


def linked(stage: Stage, win: Page, goal: Page) -> None:
    """A person links a win to this very page."""
    [property] = [one for one in stage.people.source("Wins").properties.values() if one.name == "Goal"]
    relate(stage.box.world, win, property, [goal.id])
    stage.box.world.touch(win)


def test_a_doubt_is_as_old_as_the_request_and_not_as_the_last_run(stage: Stage) -> None:
    """Runs that follow each other closely come to an end of it all the same."""
    stage.ready().goals("A")
    stage.box.server.fault = Strike(REQUESTS["create"], FAULTS["reset"])
    reports = [stage.sync() for _ in range(5)]
    assert len(stage.people.rows("Goals")) == 1, [report.warnings for report in reports]


def test_a_query_that_lags_undoes_nothing(stage: Stage) -> None:
    stage.box.world.lag = timedelta(seconds=100)
    stage.ready()
    stage.clock.tick(minutes=10)
    stage.goals("A", why="first")
    stage.sync()
    stage.other.edit(stage.goal("A"), why="second")
    stage.sync()
    stage.other.edit(stage.goal("A"), why="third")
    for _ in range(4):
        stage.sync()
        assert stage.other.rows[stage.goal("A")].fields["why"] == "third"
    stage.clock.tick(minutes=5)
    stage.settled()
    agreed(stage)


def test_what_people_write_while_we_write_is_not_overwritten(stage: Stage) -> None:
    """A long push looks again: somebody edits in Notion while the run has been writing for a while."""
    stage.ready().goals("A", "B")
    stage.settled()
    for title in "AB":
        stage.other.edit(stage.goal(title), why="from elsewhere")

    def slowly(request: Request) -> None:
        if REQUESTS["update"](request):
            stage.clock.tick(seconds=30)
            if stage.people.shows("Goals", "B")["Why it matters"] == "":
                stage.people.edit("Goals", "B", **{"Why it matters": "from Notion"})

    stage.box.server.before = slowly
    report = stage.sync()
    stage.box.server.before = lambda _request: None
    assert stage.people.shows("Goals", "B")["Why it matters"] == "from Notion"
    assert report.replicas["notion"]["rejected"] == 1
    report = stage.settled()
    assert [conflict["field"] for conflict in stage.sync().conflicts] == ["why"]


def test_a_full_table_is_told_and_stops_nothing_else(stage: Stage) -> None:
    stage.ready()
    stage.box.most_rows = 3
    stage.goals("A", "B", "C", "D", "E")
    stage.other.add("win", what="Hooray")
    report = stage.sync()
    assert len(stage.people.rows("Goals")) == 3
    assert len(stage.people.rows("Wins")) == 1
    assert any("as many rows as Notion allows" in warning for warning in report.warnings)
    stage.box.most_rows = 100
    stage.settled()
    agreed(stage)


def test_a_query_that_lags_longer_than_assumed_only_delays(stage: Stage) -> None:
    """Two minutes are an assumption. What shows only after six is found by the next complete read, texts as well."""
    stage.ready().goals(*(f"Goal {n}" for n in range(95)), notes="a text")
    stage.sync()
    stage.clock.tick(minutes=10)
    stage.settled()
    stage.box.world.lag = timedelta(minutes=6)
    for page in stage.box.world.pages.values():
        stage.box.world.record(page)
    stage.clock.tick(minutes=10)
    stage.settled()
    stage.people.edit("Goals", "Goal 1", **{"Why it matters": "late"})
    stage.people.write.whole(stage.people.row("Goals", "Goal 2"), "late as well")
    stage.other.edit(stage.goal("Goal 3"), why="ours")
    for _ in range(35):
        stage.clock.tick(minutes=2)
        stage.sync()
    assert stage.other.rows[stage.goal("Goal 1")].fields["why"] == "late"
    assert stage.other.rows[stage.goal("Goal 2")].fields["notes"] == "late as well"
    assert stage.people.shows("Goals", "Goal 3")["Why it matters"] == "ours"
    assert stage.other.rows[stage.goal("Goal 3")].fields["why"] == "ours"
    agreed(stage)
