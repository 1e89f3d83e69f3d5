"""Calls to Google's services: what is repeated, what is in doubt, what a person is told. The transport is mocked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import responses
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from syncengine.errors import AccessError, Unavailable
from syncengine_google.calls import Bucket, Caller, Doubtful, shared_bucket
from syncengine_google.credentials import Identity
from syncengine_google.reasons import Refused, sign_in_failed
from syncengine_google.session import Session

ROOT = "http://127.0.0.1:9"
READ = f"{ROOT}/v4/spreadsheets/abc/values/A1"
WRITE = f"{ROOT}/v4/spreadsheets/abc/values/A1:append"


def refusal(code: int, message: str = "no", *, reason: str = "", status: str = "", old: bool = False,
            **metadata: str) -> dict[str, Any]:  # fmt: skip
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    if old:
        error["errors"] = [{"domain": "global", "reason": reason, "message": message}]
    elif reason:
        error["details"] = [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "metadata": metadata}
        ]
    return {"error": error}


@dataclass
class Google:
    """The client library over our session, the transport mocked, the waits recorded."""

    answers: responses.RequestsMock
    session: Session = field(init=False)
    waited: list[float] = field(default_factory=list)
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        self.session = Session(Identity(Credentials("secret-token"), "the robot", "token"), ROOT)
        self.caller = Caller("the sheet", "the robot", sleep=self.waited.append)

    def read(self) -> Any:
        values = self.session.service("sheets", "v4").spreadsheets().values()
        return self.caller(values.get(spreadsheetId="abc", range="A1"))

    def write(self, *, repeatable: bool = False) -> Any:
        values = self.session.service("sheets", "v4").spreadsheets().values()
        request = values.append(
            spreadsheetId="abc", range="A1", valueInputOption="RAW", body={"values": [[1]]}
        )
        return self.caller(request, repeatable=repeatable)


@pytest.fixture
def google() -> Iterator[Google]:
    with responses.RequestsMock() as answers:
        google = Google(answers)
        yield google
        google.session.close()


def test_an_answer_is_parsed_and_carries_the_token(google: Google) -> None:
    google.answers.get(READ, json={"values": [["x"]]})
    assert google.read() == {"values": [["x"]]}
    assert google.answers.calls[0].request.headers["authorization"] == "Bearer secret-token"
    assert google.caller.calls == 1


@pytest.mark.parametrize("old", [True, False])
def test_a_full_quota_is_waited_out_for_every_call(google: Google, old: bool) -> None:
    reason = "userRateLimitExceeded" if old else "RATE_LIMIT_EXCEEDED"
    google.answers.post(
        WRITE, status=403 if old else 429, json=refusal(403 if old else 429, reason=reason, old=old)
    )
    google.answers.post(WRITE, json={"updates": {}})
    assert google.write() == {"updates": {}}
    assert len(google.waited) == 1


def test_the_service_may_ask_for_a_longer_wait(google: Google) -> None:
    google.answers.get(READ, status=429, json=refusal(429), headers={"Retry-After": "90"})
    google.answers.get(READ, json={})
    google.read()
    assert google.waited == [90.0]


def test_a_quota_that_stays_full_is_told_as_try_later(google: Google) -> None:
    google.answers.get(READ, status=429, json=refusal(429, reason="RATE_LIMIT_EXCEEDED"))
    with pytest.raises(Unavailable, match="quota is used up"):
        google.read()
    assert google.caller.calls == 7


BROKEN = [
    {"status": 500, "json": refusal(500)},
    {"status": 503, "body": "<html>"},
    {"body": requests.exceptions.ConnectionError("reset by peer")},
    {"body": requests.exceptions.ReadTimeout("too slow")},
    {"body": requests.exceptions.ChunkedEncodingError("half an answer")},
    {"status": 200, "body": '{"updates": {'},
]


@pytest.mark.parametrize(
    "broken", BROKEN, ids=lambda one: str(one.get("status")) + str(one.get("body", ""))[:20]
)
def test_a_read_is_repeated_and_a_write_is_in_doubt(google: Google, broken: dict[str, Any]) -> None:
    google.answers.get(READ, **broken)
    google.answers.get(READ, json={"values": [["x"]]})
    assert google.read() == {"values": [["x"]]}
    google.answers.post(WRITE, **broken)
    with pytest.raises(Doubtful):
        google.write()
    assert google.caller.calls == 3, "the write was sent once"


def test_a_write_that_may_be_repeated_is(google: Google) -> None:
    google.answers.post(WRITE, status=503, json=refusal(503))
    google.answers.post(WRITE, json={"updates": {}})
    assert google.write(repeatable=True) == {"updates": {}}


def test_a_service_that_stays_away_is_told_as_try_later(google: Google) -> None:
    google.answers.get(READ, body=requests.exceptions.ConnectionError("no route"))
    with pytest.raises(Unavailable, match="could not be reached") as told:
        google.read()
    assert not isinstance(told.value, Doubtful)


def test_a_connection_that_was_never_made_leaves_no_doubt(google: Google) -> None:
    google.answers.post(WRITE, body=requests.exceptions.ConnectTimeout("nobody there"))
    google.answers.post(WRITE, json={"updates": {}})
    assert google.write() == {"updates": {}}


PLAIN = {
    "storageQuotaExceeded": ("can't create files", "share it with the robot"),
    "SERVICE_DISABLED": ("not switched on", "https://console.example/activate"),
    "accessNotConfigured": ("not switched on", "APIs & Services"),
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": ("does not include the right", "allow everything"),
    "forbiddenForServiceAccounts": ("organisation's leave", "domain-wide delegation"),
    "": ("may not read or change it", "share it with the robot as Editor"),
}


@pytest.mark.parametrize("reason", PLAIN)
def test_each_403_is_explained(google: Google, reason: str) -> None:
    link = {"activationUrl": "https://console.example/activate"} if reason == "SERVICE_DISABLED" else {}
    google.answers.get(READ, status=403, json=refusal(403, reason=reason, status="PERMISSION_DENIED", **link))
    with pytest.raises(Refused) as told:
        google.read()
    what, remedy = PLAIN[reason]
    assert what in told.value.reason
    assert remedy in told.value.remedy
    assert told.value.code == 403
    assert told.value.complaint.reason == reason
    assert google.waited == []


def test_a_sign_in_without_a_project_is_told_so(google: Google) -> None:
    """What Google says to gcloud's default credentials of a person, in the same reason as an API that is switched off."""
    said = refusal(403, reason="SERVICE_DISABLED", status="PERMISSION_DENIED")
    said["error"]["message"] = (
        "The sheets.googleapis.com API requires a quota project, which is not set by default."
    )
    google.answers.get(READ, status=403, json=said)
    with pytest.raises(Refused, match="names no Cloud project") as told:
        google.read()
    assert "set-quota-project" in told.value.remedy


def test_a_file_that_is_not_there_or_not_shared(google: Google) -> None:
    google.answers.get(
        READ, status=404, json=refusal(404, "Requested entity was not found.", status="NOT_FOUND")
    )
    with pytest.raises(Refused, match="not shared with the robot"):
        google.read()


def test_an_office_file_in_drive(google: Google) -> None:
    message = "This operation is not supported for this document"
    google.answers.get(READ, status=400, json=refusal(400, message, status="FAILED_PRECONDITION"))
    with pytest.raises(Refused, match="Office file") as told:
        google.read()
    assert "Save as Google Sheets" in told.value.remedy


def test_a_token_that_ran_out(google: Google) -> None:
    google.answers.get(READ, status=401, json=refusal(401))
    with pytest.raises(AccessError, match="does not accept the sign-in") as told:
        google.read()
    assert "secret-token" not in str(told.value)


def test_a_sign_in_that_was_withdrawn_names_the_seven_days() -> None:
    told = sign_in_failed(RefreshError("invalid_grant: Token has been expired", {"token": "abc"}), "you")
    assert "7 days" in told.remedy
    assert "abc" not in str(told)


def test_calls_are_paced_by_quota() -> None:
    now, waited = [0.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    bucket = Bucket(60, clock=lambda: now[0], sleep=sleep)
    for _ in range(60):
        bucket.take()
    assert waited == []
    for _ in range(30):
        bucket.take()
    assert sum(waited) == pytest.approx(30)
    now[0] += 3600
    for _ in range(60):
        bucket.take()
    assert sum(waited) == pytest.approx(30)


def test_replicas_of_one_account_share_a_quota() -> None:
    robot, same, other = (Identity(Credentials(token), "robot", "token") for token in ("a", "a", "b"))
    first = shared_bucket(f"{robot.account} None", "read", 60)
    assert shared_bucket(f"{same.account} None", "read", 60) is first
    assert shared_bucket(f"{same.account} None", "write", 60) is not first
    assert shared_bucket(f"{other.account} None", "read", 60) is not first
    assert "a" not in (robot.account, other.account), "no token in the open"


def test_a_call_waits_longer_than_the_service_works(google: Google) -> None:
    """Processing ends after 180 s there (sheets.md, 7): who gives up before that does not know what was done."""
    google.answers.post(WRITE, json={"updates": {}})
    google.write()
    connect, read = google.answers.calls[0].request.req_kwargs["timeout"]
    assert connect < 60
    assert read > 180


def test_one_session_serves_several_threads(google: Google) -> None:
    """Replicas are read at the same time; each thread gets its own answer, over one pool."""
    root = f"{ROOT}/v4/spreadsheets/abc/values"
    for number in range(16):
        google.answers.get(f"{root}/A{number}", json={"values": [[number]]})
    values = google.session.service("sheets", "v4").spreadsheets().values()

    def read(number: int) -> Any:
        return google.caller(values.get(spreadsheetId="abc", range=f"A{number}"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(16)))
    assert found == [{"values": [[number]]} for number in range(16)]
    assert google.caller.calls == 16
