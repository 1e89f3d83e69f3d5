"""The loopback server: real HTTP, every fault as a client sees it."""

import http.client
import json
from collections.abc import Iterator

import pytest

from syncengine.testing.loopback import Answer, Fault, Loopback, Request


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(lambda request: Answer(200, {"path": request.path, "said": request.json})) as server:
        yield server


def ask(
    server: Loopback, method: str = "POST", path: str = "/v1/things?a=1&a=2", body: str = '{"x": 1}'
) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=0.2)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_request_is_answered_and_logged(server: Loopback) -> None:
    status, text = ask(server)
    assert (status, json.loads(text)) == (200, {"path": "/v1/things", "said": {"x": 1}})
    [exchange] = server.log
    assert (exchange.request.number, exchange.request.method, exchange.request.query) == (
        1,
        "POST",
        {"a": ["1", "2"]},
    )


@pytest.mark.parametrize(("kind", "done"), [("refused", False), ("committed", True)])
def test_another_answer_is_given(server: Loopback, kind: str, done: bool) -> None:
    server.fault = lambda _: Fault(kind, Answer(503, {"message": "later"}))  # type: ignore[arg-type]
    status, text = ask(server)
    assert (status, json.loads(text)) == (503, {"message": "later"})
    assert (server.log[0].answer is not None) is done


@pytest.mark.parametrize(
    ("kind", "done"), [("reset", False), ("lost", True), ("truncated", True), ("stalled", False)]
)
def test_the_connection_fails(server: Loopback, kind: str, done: bool) -> None:
    server.fault = lambda _: Fault(kind)  # type: ignore[arg-type]
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(server)
    assert (server.log[0].answer is not None) is done


def test_people_act_between_requests(server: Loopback) -> None:
    seen: list[object] = []
    server.before = lambda request: seen.append(request.number)
    server.after = lambda exchange: seen.append(exchange.answer)
    ask(server)
    assert seen == [1, server.log[0].answer]


def test_a_bug_of_the_sandbox_is_no_answer_of_the_vendor() -> None:
    def wrong(request: Request) -> Answer:
        raise KeyError("nothing")

    with Loopback(wrong) as server:
        assert ask(server)[0] == 599
