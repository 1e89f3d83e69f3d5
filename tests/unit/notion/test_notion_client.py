"""The wire: limits, waits, refusals, and a token that is never told."""

from __future__ import annotations

import itertools
import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from syncengine.cli import cli
from syncengine.connector import SettingsError
from syncengine.errors import AccessError, Unavailable
from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Answer, Fault
from syncengine_notion import connector
from syncengine_notion.answers import Doubt, Refused
from syncengine_notion.client import Wire, property_query
from syncengine_notion.pace import Pace
from syncengine_notion.sandbox import ClockTime, Sandbox
from syncengine_notion.sandbox.refusal import error_body, too_many

from .conftest import Stage, settings

SECRET = "ntn_49sTVQXPhk2mVmJ7fPLANTEDplanted7MpVw3xYz"


@pytest.fixture
def wire(box: Sandbox, clock: Clock) -> Iterator[Wire]:
    made = Wire(box.token, box.address, "2025-09-03", 180, ClockTime(clock))
    yield made
    made.close()


def busy(wait: int, reason: str = "public_api_request_rate_limit") -> Fault:
    said = too_many(wait, reason)
    return Fault("refused", Answer(429, said.body(1), said.headers))


def answer(status: int, code: str, **more: str) -> Answer:
    return Answer(status, error_body(status, code, "No.", 1, more or None))


def first(*faults: Fault) -> object:
    """A fault for each of the first requests, one after the other."""
    left = list(faults)
    return lambda _request: left.pop(0) if left else None


# -- limits


def test_no_minute_holds_more_than_the_limit(clock: Clock) -> None:
    pace, sent = Pace(180, ClockTime(clock)), []
    for _ in range(1000):
        pace.turn()
        sent.append(clock.now.timestamp())
        clock.tick(seconds=0.05)
    for moment in sent:
        assert sum(moment <= other < moment + 60 for other in sent) <= 180
    assert len(sent) / (sent[-1] - sent[0]) * 60 >= 180 * 0.95


def test_a_wait_is_as_long_as_it_is_told_even_beyond_a_minute(box: Sandbox, clock: Clock, wire: Wire) -> None:
    box.server.fault = first(busy(200, "public_api_space_request_rate_limit"))  # type: ignore[assignment]
    begun = clock.now
    wire.read("GET", "users/me")
    assert 200 <= (clock.now - begun).total_seconds() < 202
    assert len(box.server.log) == 2


@pytest.mark.parametrize("faults", [1, 3])
def test_an_overload_is_waited_out(box: Sandbox, wire: Wire, faults: int) -> None:
    box.server.fault = first(*[Fault("refused", answer(529, "service_overload"))] * faults)  # type: ignore[assignment]
    assert wire.read("GET", "users/me")["object"] == "user"
    assert len(box.server.log) == faults + 1


def test_a_client_that_is_too_fast_is_refused_once_and_not_again(box: Sandbox, clock: Clock) -> None:
    """The limit turns out to be lower than was said: one refusal, then it slows down."""
    box.limit = 100
    wire = Wire(box.token, box.address, "2025-09-03", 600, ClockTime(clock))
    for _ in range(320):
        wire.read("GET", "users/me")
        clock.tick(seconds=0.01)
    statuses = [exchange.answer.status for exchange in box.server.log if exchange.answer]
    wire.close()
    assert statuses.count(429) >= 1
    assert all({a, b} != {429} for a, b in itertools.pairwise(statuses)), "never twice in a row"


def test_threads_that_are_refused_together_come_back_one_by_one(box: Sandbox, clock: Clock) -> None:
    box.limit = 8
    wire = Wire(box.token, box.address, "2025-09-03", 600, ClockTime(clock))
    done: list[str] = []

    def ask() -> None:
        for _ in range(6):
            done.append(wire.read("GET", "users/me")["object"])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    wire.close()
    assert done == ["user"] * 24


def test_a_clock_that_is_a_little_early_does_not_make_a_wait_endless(clock: Clock) -> None:
    """After a refusal one request goes first; it has to let the others follow whatever the clock says then."""
    pace = Pace(180, ClockTime(clock))
    pace.turn()
    pace.refused(7.0000004)
    for _ in range(3):
        pace.turn()
        pace.settled()
    clock.tick(seconds=-0.0001)
    pace.turn()
    pace.settled()


def test_a_block_is_not_waited_for(box: Sandbox, wire: Wire) -> None:
    box.server.fault = first(busy(1, "public_api_request_blocked"))  # type: ignore[assignment]
    with pytest.raises(Unavailable, match="blocked"):
        wire.read("GET", "users/me")


def test_a_wait_of_an_hour_is_left_to_the_next_run(box: Sandbox, wire: Wire) -> None:
    box.server.fault = first(busy(3600))  # type: ignore[assignment]
    with pytest.raises(Unavailable, match="60 minutes"):
        wire.read("GET", "users/me")


# -- refusals and doubt


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reads_are_repeated_and_writes_are_in_doubt(box: Sandbox, wire: Wire, status: int) -> None:
    fault = Fault("refused", answer(status, "service_unavailable"))
    box.server.fault = first(fault, fault)  # type: ignore[assignment]
    assert wire.read("GET", "users/me")["object"] == "user"
    box.server.fault = first(fault)  # type: ignore[assignment]
    before = len(box.server.log)
    with pytest.raises(Doubt):
        wire.write("POST", "pages", {})
    assert len(box.server.log) == before + 1


def test_a_read_that_never_succeeds_is_given_up(box: Sandbox, wire: Wire) -> None:
    box.server.fault = lambda _request: Fault("reset")
    with pytest.raises(Unavailable):
        wire.read("GET", "users/me")


def test_a_query_that_takes_too_long_asks_for_less(box: Sandbox, wire: Wire, stage: Stage) -> None:
    stage.setup()
    box.server.fault = first(*[Fault("refused", answer(503, "service_unavailable"))] * 2)  # type: ignore[assignment]
    before = len(box.server.log)
    source = stage.people.source("Goals").id
    wire.read("POST", f"data_sources/{source}/query", {"page_size": 100})
    assert [exchange.request.json["page_size"] for exchange in box.server.log[before:]] == [100, 50, 25]


def test_a_token_that_is_not_accepted_says_so(box: Sandbox, clock: Clock) -> None:
    wire = Wire("ntn_wrong", box.address, "2025-09-03", 180, ClockTime(clock))
    with pytest.raises(AccessError, match="token"):
        wire.read("GET", "users/me")
    wire.close()


def test_ids_of_properties_are_not_encoded_twice(box: Sandbox, wire: Wire, stage: Stage) -> None:
    """The trap of `filter_properties`: httpx encodes what the answer had encoded."""
    stage.ready().goals("A")
    stage.settled()
    source, page = stage.people.source("Goals"), stage.people.row("Goals", "A")
    strange = next(id for id in source.properties if "%" in id)
    shown = wire.read("GET", f"pages/{page.id}", query=property_query([strange]))
    assert [value["id"] for value in shown["properties"].values()] == [strange]
    assert wire.read("GET", f"pages/{page.id}/properties/{strange}")["object"] in ("list", "property_item")


def test_what_notion_refuses_is_told_in_its_words(box: Sandbox, wire: Wire) -> None:
    with pytest.raises(Refused, match="valid uuid") as refused:
        wire.read("GET", "pages/nonsense")
    assert (refused.value.status, refused.value.code) == (400, "validation_error")


# -- the token


def test_the_token_is_never_told(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Planted, then looked for: in what every command says, in every file, in the log, when all goes well and when not."""
    monkeypatch.setenv("NOTION_TOKEN", SECRET)
    caplog.set_level(logging.DEBUG)
    config = tmp_path / "mentorsync.toml"
    said = {**settings(box), "token": "env:NOTION_TOKEN"}
    keys = "\n".join(f"{key} = {json.dumps(value)}" for key, value in said.items())
    config.write_text(
        f'[program]\nname = "p"\ntemplate = "light"\n\n[[replica]]\nname = "notion"\nconnector = "notion"\n{keys}\n'
        '\n[[replica]]\nname = "notes"\nconnector = "markdown"\npath = "notes"\n'
        '\n[[person]]\nname = "Ada"\n'
    )
    faults: list[Fault | None] = [
        None, Fault("refused", answer(401, "unauthorized", echoed=f"Bearer {SECRET}")), Fault("reset"),
        Fault("refused", Answer(400, error_body(400, "validation_error", f"Authorization: Bearer {SECRET}", 1))),
    ]  # fmt: skip
    commands = (
        ["setup", "--yes"],
        ["sync"],
        ["sync", "--json"],
        ["doctor"],
        ["status"],
        ["sync", "--fresh"],
        ["conflicts"],
    )
    told: list[str] = []
    for token in (SECRET, "another"):
        box.token = token
        for fault in faults:
            box.server.fault = lambda _request, fault=fault: fault
            for command in commands:
                result = CliRunner().invoke(cli, ["--config", str(config), *command])
                told += [result.output, repr(result.exception)]
    assert any("does not accept the token" in text for text in told)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "LOCK"]
    assert SECRET not in "".join(told)
    assert SECRET not in caplog.text
    assert all(SECRET.encode() not in content for content in files)


# -- doctor and settings


def findings(stage: Stage) -> list[str]:
    from syncengine.provision import plan_setup

    plan = plan_setup(stage.program, check=True)
    return [f"{check.what}: {check.problem} {check.remedy}" for _, check in plan.checks if check.problem]


def test_doctor_finds_nothing_where_all_is_well(stage: Stage) -> None:
    stage.ready()
    assert findings(stage) == []


@pytest.mark.parametrize("wrong", ["token", "page", "read", "update", "trash", "version"])
def test_doctor_says_what_to_mend(stage: Stage, wrong: str) -> None:
    stage.ready()
    if wrong == "token":
        stage.box.token = "another"
    elif wrong == "page":
        stage.people.unshare(stage.box.root)
    elif wrong == "trash":
        stage.box.root.in_trash = True
    elif wrong == "version":
        stage.box.versions = ("2030-01-01",)
    else:
        stage.box.capabilities.discard(wrong)
    [finding] = findings(stage)
    mend = {"token": "new token", "page": "Connections", "trash": "Restore", "version": "notion_version",
            "read": "Read content", "update": "Update content"}  # fmt: skip
    assert mend[wrong] in finding


@pytest.mark.parametrize(
    ("key", "value"),
    [("page", "not a page"), ("page", None), ("token", ""), ("notion_version", "2022-06-28"), ("base_url", "http://example.org"),
     ("requests_per_minute", 0), ("requests_per_minute", True), ("full_read_minutes", -1), ("colour", "blue")],
)  # fmt: skip
def test_wrong_settings_are_named(key: str, value: object) -> None:
    good = {"page": "https://www.notion.so/Mentorship-0123456789abcdef0123456789abcdef?pvs=4", "token": "x"}
    with pytest.raises(SettingsError) as wrong:
        connector.validate({**good, key: value}, ".")
    assert list(wrong.value.problems) == [key]


def test_a_page_is_named_by_its_link_or_its_id() -> None:
    id = "01234567-89ab-4def-8123-456789abcdef"
    for text in (
        id,
        id.replace("-", ""),
        f"https://www.notion.so/team/My-Page-{id.replace('-', '')}?pvs=4#x",
    ):
        assert connector.validate({"page": text, "token": "x"}, ".")["page"] == id
