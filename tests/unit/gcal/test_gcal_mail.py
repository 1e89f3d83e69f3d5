"""Nobody is mailed by surprise (design rule 12): who gets what, when, and that the plan said so before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_gcal import connector
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import TOKEN

SLOT = "2026-03-17T16:00:00Z"
BOTH = ["ada@example.org", "ben@example.org"]


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


@pytest.fixture
def inviting(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, invites="all") as made:
        made.add_pair()
        made.settled()
        yield made
        made.nobody_is_surprised()


def test_by_default_nobody_is_invited_at_all(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        made.add_pair()
        made.settled()
        made.edit_checkin(SLOT, starts="2026-03-18T16:00:00Z")
        made.edit_pair(time="18:00")
        made.settled()
        made.other.remove(made.other.find("pair", name="Ada & Ben"))
        made.settled()
        assert made.sent() == []
        assert made.announced == []
        assert not [e for e in made.people.events.calendar.events.values() if e.body.get("attendees")]


def test_a_new_series_invites_its_members_and_the_plan_says_so(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        made.add_pair()
        planned = made.sync(dry_run=True).mails["calendar"]
        assert [mailing.to for mailing in planned] == BOTH
        assert {mailing.why for mailing in planned} == {"the new series “Ada & Ben”"}
        assert made.sent() == [], "a dry run writes nothing"
        made.settled()
        assert made.sent() == [(address, "invitation") for address in BOTH]


def test_only_those_without_google_where_so_configured(tmp_path: Path) -> None:
    with stage(tmp_path, invites="external") as made:
        made.sandbox.outbox.google.add("ada@example.org")
        made.add_pair()
        made.settled()
        assert made.sent() == [("ben@example.org", "invitation")]


def test_a_moved_and_a_cancelled_meeting_are_told_once(inviting: Stage) -> None:
    inviting.sent()
    inviting.edit_checkin(SLOT, starts="2026-03-18T16:00:00Z")
    inviting.settled()
    assert inviting.sent() == [(address, "update") for address in BOTH]
    inviting.edit_checkin(SLOT, status="skipped")
    inviting.settled()
    assert inviting.sent() == [(address, "cancellation") for address in BOTH]


def test_a_changed_cadence_is_told_once(inviting: Stage) -> None:
    inviting.sent()
    inviting.edit_pair(time="18:00")
    inviting.settled()
    assert inviting.sent() == [(address, "update") for address in BOTH]


def test_words_links_and_agendas_are_nobody_s_mail(inviting: Stage) -> None:
    inviting.sent()
    inviting.edit_pair(link="https://meet.example.org/1")
    inviting.other.add("win", what="First talk", who="Ada", pair="Ada & Ben", on="2026-03-02")
    inviting.settled()
    inviting.clock.tick(days=2)
    inviting.settled()
    assert inviting.sent() == []
    target = inviting.people.description(inviting.event(), SLOT)
    assert "First talk" in target
    assert "First talk" not in inviting.people.description(inviting.event(), "2026-03-31T15:00:00Z")


def test_what_is_past_is_nobody_s_mail(inviting: Stage) -> None:
    inviting.clock.tick(days=20)
    inviting.settled()
    inviting.sent()
    inviting.edit_checkin(SLOT, status="skipped")
    inviting.settled()
    assert inviting.people.find("Ada & Ben").exceptions
    assert inviting.sent() == []


def test_answers_and_people_s_own_guests_stay(inviting: Stage) -> None:
    event = inviting.event()
    inviting.people.answer(event, "ada@example.org", "accepted")
    inviting.people.invite(event, "guest@example.net")
    inviting.settled()
    inviting.edit_pair(members="Ada; Cleo")
    inviting.settled()
    guests = {g["email"]: g["responseStatus"] for g in inviting.people.find("Ada & Ben").body["attendees"]}
    assert guests == {
        "ada@example.org": "accepted",
        "guest@example.net": "needsAction",
        "cleo@example.org": "needsAction",
    }
    assert ("ben@example.org", "cancellation") in inviting.sent()
    assert inviting.sync(fresh=True).writes == 0


def test_a_paused_pair_is_told_once(inviting: Stage) -> None:
    inviting.clock.tick(days=3)
    inviting.settled()
    inviting.sent()
    inviting.edit_pair(status="paused")
    inviting.settled()
    assert inviting.sent() == [(address, "update") for address in BOTH]


@pytest.mark.parametrize("kind", ["lost", "committed", "truncated"])
def test_an_answer_that_never_came_sends_no_second_mail(inviting: Stage, kind: str) -> None:
    inviting.sent()
    hit: list[Request] = []

    def once(request: Request) -> Fault | None:
        if request.method == "PATCH" and not hit:
            hit.append(request)
            return Fault(kind, Answer(503, {"error": {"code": 503, "message": "backendError"}}))  # type: ignore[arg-type]
        return None

    inviting.sandbox.fault = once
    inviting.edit_checkin(SLOT, starts="2026-03-18T16:00:00Z")
    inviting.sync()
    assert hit
    inviting.sync()
    assert inviting.sync().writes == 0
    assert inviting.sent() == [(address, "update") for address in BOTH]
    assert inviting.checkin(SLOT)["starts"] == "2026-03-18T16:00:00Z"


def test_somebody_s_edit_in_the_same_moment_is_kept_and_told_once(inviting: Stage) -> None:
    """412: read again; another field goes on, the same field waits for the next run."""
    inviting.sent()
    event, done = inviting.event(), []

    def before(request: Request) -> None:
        if request.method == "PATCH" and not done:
            done.append(1)
            inviting.people.edit(event, location="https://meet.example.org/people")

    inviting.sandbox.before = before
    inviting.edit_pair(time="18:00")
    inviting.sync()
    inviting.settled()
    body = inviting.people.find("Ada & Ben").body
    assert body["location"] == "https://meet.example.org/people"
    assert body["start"]["dateTime"].startswith("2026-03-03T18:00")
    assert inviting.sent() == [(address, "update") for address in BOTH]


def test_an_occurrence_with_an_etag_of_its_own_is_written_all_the_same(inviting: Stage) -> None:
    inviting.sandbox.instance_etags = True
    inviting.sent()
    inviting.edit_checkin(SLOT, starts="2026-03-18T16:00:00Z")
    inviting.settled()
    assert inviting.sent() == [(address, "update") for address in BOTH]


def test_answers_and_time_propose_who_came(inviting: Stage) -> None:
    event = inviting.event()
    for who in BOTH:
        inviting.people.answer(event, who, "accepted")
    for who in BOTH:
        inviting.people.answer(event, who, "declined", slot=SLOT)
    inviting.settled()
    assert inviting.checkin("2026-03-03T16:00:00Z")["status"] == "planned", "it has not begun"
    inviting.clock.tick(days=20)
    inviting.settled()
    held = inviting.checkin("2026-03-03T16:00:00Z")
    assert (held["status"], len(held["attended"])) == ("held", 2)
    assert inviting.checkin(SLOT)["status"] == "skipped"
    inviting.edit_checkin("2026-03-03T16:00:00Z", attended="Ada")
    inviting.settled()
    assert inviting.checkin("2026-03-03T16:00:00Z")["attended"] == "Ada", "people correct it"
    [came] = [c["attended"] for c in inviting.canonical("checkin") if c["slot"] == "2026-03-03T16:00:00Z"]
    assert len(came) == 1
    assert inviting.sync(fresh=True).writes == 0


def test_who_has_another_address_is_invited_there(inviting: Stage) -> None:
    inviting.people.answer(inviting.event(), "ben@example.org", "accepted")
    inviting.sent()
    inviting.other.edit(inviting.other.find("person", name="Ada"), email="ada@new.example.org")
    planned = inviting.sync(dry_run=True).mails["calendar"]
    assert {mailing.why for mailing in planned} == {"“Ada & Ben”: its members changed"}
    inviting.settled()
    guests = {
        g["email"]: g.get("responseStatus") for g in inviting.people.find("Ada & Ben").body["attendees"]
    }
    assert guests == {"ada@new.example.org": "needsAction", "ben@example.org": "accepted"}
    told = inviting.sent()
    assert ("ada@new.example.org", "invitation") in told
    assert ("ada@example.org", "cancellation") in told


@pytest.mark.parametrize("change", [{"starts": "2026-03-18T17:00:00Z"}, {"status": "skipped"}])
def test_who_joins_is_announced_for_what_happens_to_a_meeting_in_the_same_run(
    inviting: Stage, change: dict[str, str]
) -> None:
    """The meeting has an event of its own (it was moved before): who becomes a guest of its series is a guest of it."""
    inviting.edit_checkin(SLOT, starts="2026-03-17T17:00:00Z")
    inviting.settled()
    inviting.sent()
    inviting.edit_pair(members="Ada; Ben; Cleo")
    inviting.edit_checkin(SLOT, **change)
    planned = inviting.sync(dry_run=True).mails["calendar"]
    inviting.settled()
    assert [mail.to for mail in inviting.sandbox.outbox.mails].count("cleo@example.org") > 1
    assert [mailing.to for mailing in planned].count("cleo@example.org") == 2


def test_another_address_is_nothing_to_a_calendar_that_invites_nobody(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        made.add_pair()
        made.settled()
        made.other.edit(made.other.find("person", name="Ada"), email="ada@new.example.org")
        assert made.sync().replicas["calendar"]["updated"] == 0


def test_an_account_that_may_invite_nobody_is_told_so(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        made.sandbox.delegated = False
        made.add_pair()
        report = made.sync()
        assert any("domain-wide delegation" in warning for warning in report.warnings), report.warnings
        assert made.sent() == []


def test_sharing_mails_nobody(tmp_path: Path) -> None:
    with stage(tmp_path, share=["ada@example.org"]) as made:
        calendar = made.people.events.calendar
        assert list(calendar.acl) == ["user:ada@example.org"]
        assert made.sent() == []
        assert not made.setup().steps["calendar"]


def test_the_secret_is_in_no_file_and_no_message(inviting: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    inviting.sandbox.token = "another"
    report = inviting.sync()
    assert report.status == "failed"
    texts = [*report.warnings, "".join(capfd.readouterr())]
    folder = inviting.path.parent
    texts += [p.read_bytes().decode("latin-1") for p in folder.rglob("*") if p.is_file()]
    assert not [text for text in texts if TOKEN in text]
    inviting.sandbox.token = TOKEN


def test_a_run_with_a_plan_mails_nobody_beyond_its_list(tmp_path: Path) -> None:
    """The plan moves one meeting of one pair; by then another pair has changed as well, and the first one differently."""
    with stage(tmp_path, invites="all") as made:
        for name in ("Ada & Ben", "Cleo & Dov"):
            made.add_pair(name)
        made.settled()
        made.sent()
        made.edit_pair("Ada & Ben", time="18:00")
        plan = made.sync(dry_run=True).plan
        assert plan is not None
        listed = [mail for tool in plan.tools for mail in tool.mails]
        assert [mail.to for mail in listed] == ["ada@example.org", "ben@example.org"]
        assert made.sent() == []
        made.edit_pair("Cleo & Dov", time="19:00")
        report = made.sync(planned=plan)
        assert report.refused == []
        assert report.mails["calendar"] == listed
        assert [to for to, _ in made.sent()] == ["ada@example.org", "ben@example.org"]
        made.sync()
        assert sorted(to for to, _ in made.sent()) == ["cleo@example.org", "dov@example.org"]


def test_a_record_that_would_mail_somebody_else_is_refused_with_all_that_is_its_pair_s(
    tmp_path: Path,
) -> None:
    with stage(tmp_path, invites="all") as made:
        for name in ("Ada & Ben", "Cleo & Dov"):
            made.add_pair(name)
        made.settled()
        made.sent()
        made.edit_pair("Ada & Ben", time="18:00")
        made.edit_pair("Cleo & Dov", time="19:00")
        plan = made.sync(dry_run=True).plan
        assert plan is not None
        for tool in plan.tools:
            tool.mails = [mail for mail in tool.mails if mail.to != "ben@example.org"]
        report = made.sync(planned=plan)
        assert [to for to, _ in made.sent()] == ["cleo@example.org", "dov@example.org"]
        assert all("Ada & Ben" in one.title for one in report.refused)
        assert {one.planned for one in report.refused} == {"no such e-mail"}
        assert all("an e-mail to ben@example.org" in one.now for one in report.refused)
        assert report.status == "attention"
        made.sync()
        assert sorted(to for to, _ in made.sent()) == ["ada@example.org", "ben@example.org"], (
            "the next sync does"
        )
