"""The stand-in behaves like the service, as far as facts tell: over real HTTP, with plain requests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests

from syncengine.testing.clock import Clock
from syncengine.testing.loopback import Answer, Fault
from syncengine_gcal.sandbox import CalendarSandbox

ID = "aaaaabbbbbcccccdddddeeeee0"
ZONE = "Europe/Berlin"
SERIES: dict[str, Any] = {
    "id": ID,
    "summary": "Ada & Ben",
    "start": {"dateTime": "2026-03-03T17:00:00", "timeZone": ZONE},
    "end": {"dateTime": "2026-03-03T17:45:00", "timeZone": ZONE},
    "recurrence": ["RRULE:FREQ=WEEKLY;INTERVAL=2"],
}
GUESTS = [{"email": "ada@example.org"}, {"email": "ben@example.com"}]


class Client:
    def __init__(self, sandbox: CalendarSandbox) -> None:
        self.root = f"{sandbox.address}/calendar/v3/calendars/primary/events"

    def __call__(
        self, method: str, path: str = "", body: Any = None, etag: str | None = None, **query: Any
    ) -> Any:
        headers = {"If-Match": etag} if etag else {}
        answer = requests.request(
            method, self.root + path, params=query, json=body, headers=headers, timeout=5
        )
        assert answer.status_code != 599, answer.text
        return answer

    def ok(self, method: str, path: str = "", body: Any = None, **query: Any) -> Any:
        answer = self(method, path, body, **query)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def client(sandbox: CalendarSandbox) -> Client:
    return Client(sandbox)


def reason(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def test_an_event_is_kept_as_sent_with_what_the_service_adds(client: Client) -> None:
    made = client.ok("POST", body=SERIES)
    assert (made["id"], made["iCalUID"], made["status"], made["sequence"]) == (
        ID,
        f"{ID}@google.com",
        "confirmed",
        0,
    )
    assert made["start"] == {"dateTime": "2026-03-03T16:00:00Z", "timeZone": ZONE}
    assert client.ok("GET", f"/{ID}") == made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": "nope"}, "invalid"),
        ({"id": "with_underscore"}, "invalid"),
        ({"start": {"dateTime": "2026-03-03T17:00:00+01:00"}}, "required"),
        ({"start": {"date": "2026-03-03"}}, "invalid"),
        ({"recurrence": ["DTSTART:20260303T160000Z"]}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2;UNTIL=20260401T000000Z"]}, "invalid"),
        ({"end": {"dateTime": "2026-03-03T16:45:00", "timeZone": ZONE}}, "timeRangeEmpty"),
    ],
)
def test_what_makes_no_sense_is_refused(client: Client, change: dict[str, Any], said: str) -> None:
    assert reason(client("POST", body={**SERIES, **change})) == (400, said)


def test_ids_are_burnt_by_deletion(client: Client) -> None:
    client.ok("POST", body=SERIES)
    assert reason(client("POST", body=SERIES)) == (409, "duplicate")
    client.ok("DELETE", f"/{ID}")
    assert reason(client("POST", body=SERIES)) == (409, "duplicate")
    assert reason(client("DELETE", f"/{ID}")) == (410, "deleted")
    assert client.ok("GET", f"/{ID}")["status"] == "cancelled"
    assert reason(client("PATCH", f"/{ID}", {"status": "confirmed"})) == (403, "forbidden")
    assert reason(client("GET", "/nobody")) == (404, "notFound")


def test_a_stale_etag_is_refused(client: Client, clock: Clock) -> None:
    old = client.ok("POST", body=SERIES)["etag"]
    new = client.ok("PATCH", f"/{ID}", {"summary": "Ada + Ben"}, etag=old)["etag"]
    assert new != old
    assert reason(client("PATCH", f"/{ID}", {"summary": "x"}, etag=old)) == (412, "conditionNotMet")
    assert reason(client("DELETE", f"/{ID}", etag=old)) == (412, "conditionNotMet")
    assert client.ok("PATCH", f"/{ID}", {"summary": "Ada + Ben"}, etag=new)["etag"] == new


def test_patch_merges_maps_and_replaces_arrays_and_put_replaces_all(client: Client) -> None:
    client.ok(
        "POST", body={**SERIES, "attendees": GUESTS, "extendedProperties": {"private": {"a": "1", "b": "2"}}}
    )
    properties = {"extendedProperties": {"private": {"b": None, "c": "3"}}}
    after = client.ok("PATCH", f"/{ID}", {**properties, "attendees": GUESTS[:1]})
    assert after["extendedProperties"]["private"] == {"a": "1", "c": "3"}
    assert [guest["email"] for guest in after["attendees"]] == ["ada@example.org"]
    body = {key: SERIES[key] for key in ("summary", "start", "end", "recurrence")}
    after = client.ok("PUT", f"/{ID}", body)
    assert "attendees" not in after
    assert "extendedProperties" not in after


def test_a_token_brings_what_changed_and_nothing_more(client: Client, sandbox: CalendarSandbox) -> None:
    client.ok("POST", body=SERIES)
    token = client.ok("GET", showDeleted="true")["nextSyncToken"]
    empty = client.ok("GET", syncToken=token)
    assert empty["items"] == []
    client.ok("DELETE", f"/{ID}_20260317T160000Z")
    page = client.ok("GET", syncToken=token)
    assert [item["id"] for item in page["items"]] == [ID, f"{ID}_20260317T160000Z"]
    assert len({item["etag"] for item in page["items"]}) == 1, "recorded: a series has one etag"
    assert set(page["items"][1]) == {"kind", "etag", "id", "status", "recurringEventId", "originalStartTime"}
    assert reason(client("GET", syncToken=token, timeMin="2026-01-01T00:00:00Z")) == (400, "invalid")
    assert reason(client("GET", syncToken="nonsense")) == (400, "invalid")
    sandbox.expire_tokens()
    assert reason(client("GET", syncToken=token)) == (410, "fullSyncRequired")


def test_the_token_is_on_the_last_page_only(client: Client) -> None:
    for number in range(5):
        client.ok("POST", body={**SERIES, "id": f"aaaaa{number}"})
    first = client.ok("GET", maxResults=2)
    assert "nextSyncToken" not in first
    second = client.ok("GET", maxResults=2, pageToken=first["nextPageToken"])
    last = client.ok("GET", maxResults=2, pageToken=second["nextPageToken"])
    assert [len(page["items"]) for page in (first, second, last)] == [2, 2, 1]
    assert client.ok("GET", syncToken=last["nextSyncToken"])["items"] == []


def test_occurrences_keep_their_wall_clock_time(client: Client) -> None:
    client.ok("POST", body=SERIES)
    found = client.ok("GET", f"/{ID}/instances")["items"][:4]
    assert [item["start"]["dateTime"] for item in found] == [
        "2026-03-03T16:00:00Z",
        "2026-03-17T16:00:00Z",
        "2026-03-31T15:00:00Z",
        "2026-04-14T15:00:00Z",
    ]
    assert found[1]["id"] == f"{ID}_20260317T160000Z"
    assert reason(client("GET", f"/{ID}_20260318T160000Z")) == (404, "notFound")


def test_mail_goes_out_as_asked_and_no_further(client: Client, sandbox: CalendarSandbox) -> None:
    sandbox.outbox.google.add("ada@example.org")
    client.ok("POST", body={**SERIES, "attendees": GUESTS})
    assert sandbox.outbox.mails == []
    client.ok("PATCH", f"/{ID}", {"location": "room 1"}, sendUpdates="externalOnly")
    assert [(mail.to, mail.kind) for mail in sandbox.outbox.mails] == [("ben@example.com", "update")]
    sandbox.outbox.mails.clear()
    client.ok("PATCH", f"/{ID}", {"attendees": GUESTS[1:]}, sendUpdates="all")
    assert [(mail.to, mail.kind) for mail in sandbox.outbox.mails] == [
        ("ada@example.org", "cancellation"),
        ("ben@example.com", "update"),
    ]
    sandbox.outbox.mails.clear()
    client.ok("DELETE", f"/{ID}_20260317T160000Z", sendUpdates="all")
    assert [(mail.to, mail.kind) for mail in sandbox.outbox.mails] == [("ben@example.com", "cancellation")]


def test_an_account_without_delegation_invites_nobody(client: Client, sandbox: CalendarSandbox) -> None:
    sandbox.delegated = False
    assert reason(client("POST", body={**SERIES, "attendees": GUESTS})) == (
        403,
        "forbiddenForServiceAccounts",
    )
    client.ok("POST", body=SERIES)


def test_a_video_room_is_pending_first_and_asked_for_once(client: Client, sandbox: CalendarSandbox) -> None:
    asked = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}
    assert "conferenceData" not in client.ok("POST", body={**SERIES, "conferenceData": asked}), (
        "dropped without the version"
    )
    made = client.ok("PATCH", f"/{ID}", {"conferenceData": asked}, conferenceDataVersion=1)
    assert made["conferenceData"]["createRequest"]["status"] == {"statusCode": "pending"}
    sandbox.settle_conferences()
    done = client.ok("GET", f"/{ID}")
    assert done["hangoutLink"].startswith("https://meet.google.com/")
    again = client.ok("PATCH", f"/{ID}", {"conferenceData": asked}, conferenceDataVersion=1)
    assert again["etag"] == done["etag"]


def batch(sandbox: CalendarSandbox, parts: list[str]) -> requests.Response:
    chunks = [
        f"--b\r\nContent-Type: application/http\r\nContent-ID: <n + {number}>\r\n\r\n{part}\r\n"
        for number, part in enumerate(parts)
    ]
    headers = {"Content-Type": 'multipart/mixed; boundary="b"'}
    body = "".join([*chunks, "--b--\r\n"]).encode()
    return requests.post(f"{sandbox.address}/batch/calendar/v3", body, headers=headers, timeout=5)


def test_a_batch_is_one_request_of_many(client: Client, sandbox: CalendarSandbox) -> None:
    client.ok("POST", body=SERIES)
    get = f"GET /calendar/v3/calendars/primary/events/{ID} HTTP/1.1\r\n\r\n"
    missing = "GET /calendar/v3/calendars/primary/events/zzzzz HTTP/1.1\r\n\r\n".replace("zzzzz", "vvvvv")
    before = len(sandbox.log)
    answer = batch(sandbox, [get, missing])
    assert len(sandbox.log) == before + 1
    assert (answer.text.count("HTTP/1.1 200"), answer.text.count("HTTP/1.1 404")) == (1, 1)
    assert answer.text.index("<response-n + 0>") < answer.text.index("<response-n + 1>")
    assert batch(sandbox, [get, get]).text.count("HTTP/1.1 409") == 1, "two parts about one series"
    assert batch(sandbox, [missing] * 51).status_code == 400


def test_a_quota_is_counted_by_the_minute(client: Client, sandbox: CalendarSandbox, clock: Clock) -> None:
    sandbox.per_minute = 2
    client.ok("GET")
    client.ok("GET")
    assert reason(client("GET")) == (403, "rateLimitExceeded")
    clock.tick()
    client.ok("GET")


def test_faults_are_loopback_s(client: Client, sandbox: CalendarSandbox) -> None:
    sandbox.fault = lambda request: Fault(
        "committed", Answer(503, {"error": {"code": 503, "message": "backendError"}})
    )
    assert client("POST", body=SERIES).status_code == 503
    sandbox.fault = lambda request: None
    assert client.ok("GET", f"/{ID}")["summary"] == "Ada & Ben"


def test_a_copy_is_another_event_with_the_same_properties(client: Client, sandbox: CalendarSandbox) -> None:
    client.ok("POST", body={**SERIES, "extendedProperties": {"private": {"mentorsync": "x"}}})
    copy = sandbox.people(sandbox.owner).duplicate(ID)
    found = client.ok("GET", f"/{copy}")
    assert found["extendedProperties"] == {"private": {"mentorsync": "x"}}
    assert found["iCalUID"] != f"{ID}@google.com"


def test_people_s_descriptions_are_html(client: Client, sandbox: CalendarSandbox) -> None:
    client.ok("POST", body=SERIES)
    sandbox.people(sandbox.owner).describe(ID, "a < b  &\nhttps://example.org/x")
    assert client.ok("GET", f"/{ID}")["description"] == (
        'a &lt; b &nbsp;&amp;<br><a href="https://example.org/x" target="_blank">https://example.org/x</a>'
    )


def test_a_split_with_another_time_is_a_series_of_its_own(client: Client, sandbox: CalendarSandbox) -> None:
    client.ok("POST", body=SERIES)
    new = sandbox.people(sandbox.owner).split(ID, "2026-03-31T15:00:00Z", shift=timedelta(hours=1))
    old, new = client.ok("GET", f"/{ID}"), client.ok("GET", f"/{new}")
    assert old["recurrence"] == ["RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20260330T215959Z"]
    assert (old["created"], old["updated"], old["sequence"] + 1) == (
        new["created"],
        new["updated"],
        new["sequence"],
    )
