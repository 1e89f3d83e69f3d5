"""Invitations by e-mail: over a real mail server on this machine, read by independent parsers, answered by files."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import orjson
import pytest
import recurring_ical_events
from aiosmtpd.controller import Controller

from syncengine.config import load
from syncengine.errors import Unavailable
from syncengine.invite import office
from syncengine.model.ids import seeded_ids
from syncengine.model.moments import instant
from syncengine.provision import setup
from syncengine.run import sync
from syncengine.store import open_store
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool

SLOT = "2026-03-17T16:00:00Z"
BOTH = ["ada@example.org", "ben@example.org"]


class Mailbox:
    """What the mail server took; `refuse`: addresses it does not take; `drops`: it hangs up after taking one."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, email.message.EmailMessage]] = []
        self.refuse: set[str] = set()
        self.drops = False
        self.port = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, email.message.EmailMessage)
        self.mails += [(to, mail) for to in envelope.rcpt_tos]
        if self.drops:
            server.transport.abort()
        return "250 OK"

    def take(self) -> list[tuple[str, str, icalendar.Calendar]]:
        """(address, method, calendar) of every mail since the last call."""
        found = []
        for to, mail in self.mails:
            [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
            calendar = icalendar.Calendar.from_ical(part.get_content())
            assert not [error for one in calendar.walk() for error in getattr(one, "errors", [])]
            assert part.get_param("method") == str(calendar["METHOD"])
            found.append((to, str(calendar["METHOD"]), calendar))
        self.mails.clear()
        return found


class Program:
    def __init__(self, folder: Path, port: int) -> None:
        self.clock, self.ids = Clock(datetime(2026, 3, 2, 9, tzinfo=UTC)), seeded_ids(7)
        self.other = MemoryTool.make(f"other-{folder}", self.clock)
        self.path = folder / "mentorsync.toml"
        self.path.write_text(
            '[program]\nname = "p"\ntemplate = "structured"\nzone = "Europe/Berlin"\n\n'
            f'[mail]\nsender = "coordinator@example.org"\nsmtp = "127.0.0.1:{port}"\nsecurity = "none"\n\n'
            f'[[replica]]\nname = "other"\nconnector = "memory"\ntool = \'{self.other.name}\'\n',
            encoding="utf-8",
        )
        setup(load(str(self.path)), now=self.clock(), ids=self.ids)
        for name in ("Ada", "Ben", "Cleo"):
            self.other.add("person", name=name, email=f"{name}@Example.org")
        self.other.add("pair", name="Ada & Ben", members="Ada; Ben", every="2 weeks", first_meeting="2026-03-03",
                       time="17:00", minutes=45, link="https://meet.example.org/1")  # fmt: skip
        self.sync()

    def sync(self, **options: Any) -> None:
        self.clock.tick()
        sync(load(str(self.path)), now=self.clock, ids=self.ids, **options)

    def edit(self, kind: str, key: dict[str, Any], **fields: Any) -> None:
        self.other.edit(self.other.find(kind, **key), **fields)
        self.sync()

    def pair(self, **fields: Any) -> None:
        self.edit("pair", {"name": "Ada & Ben"}, **fields)

    def checkin(self, **fields: Any) -> None:
        self.edit("checkin", {"slot": SLOT}, **fields)

    def send(self) -> list[str]:
        program = load(str(self.path))
        store = open_store(program.state_url)
        try:
            return list(office.send(program, store, office.plan(program, store, self.clock()), self.clock()))
        finally:
            store.close()


@pytest.fixture
def box() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def program(tmp_path: Path, box: Mailbox) -> Program:
    return Program(tmp_path, box.port)


def events(calendar: icalendar.Calendar) -> list[Any]:
    return list(calendar.walk("VEVENT"))


def test_a_new_series_is_one_invitation_for_each(program: Program, box: Mailbox) -> None:
    assert program.send() == []
    sent = box.take()
    assert [(to, method) for to, method, _ in sent] == [(address, "REQUEST") for address in BOTH]
    [event] = events(sent[0][2])
    assert str(event["UID"]).endswith("@google.com"), "as Google's own series of the same pair has it"
    assert (int(event["SEQUENCE"]), str(event["ORGANIZER"])) == (0, "mailto:coordinator@example.org")
    assert {str(guest) for guest in event["ATTENDEE"]} == {f"mailto:{address}" for address in BOTH}
    assert [str(zone["TZID"]) for zone in sent[0][2].walk("VTIMEZONE")] == ["Europe/Berlin"]
    found = recurring_ical_events.of(sent[0][2]).between(
        datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)
    )
    zone = load(str(program.path)).locale.zone
    assert [instant(one["DTSTART"].dt, zone) for one in found] == [
        "2026-03-03T16:00:00Z",
        SLOT,
        "2026-03-31T15:00:00Z",
        "2026-04-14T15:00:00Z",
    ]
    assert program.send() == []
    assert box.take() == [], "everybody knows already"


def test_a_moved_cancelled_and_restored_meeting_names_its_occurrence(program: Program, box: Mailbox) -> None:
    program.send()
    box.take()
    program.checkin(starts="2026-03-18T09:00:00Z")
    program.send()
    [(_, method, calendar), _] = box.take()
    [event] = events(calendar)
    assert (method, int(event["SEQUENCE"])) == ("REQUEST", 1)
    assert event["RECURRENCE-ID"].dt == datetime(2026, 3, 17, 16, tzinfo=UTC)
    assert event["DTSTART"].dt == datetime(2026, 3, 18, 9, tzinfo=UTC)
    program.checkin(status="skipped")
    program.send()
    [(_, method, calendar), _] = box.take()
    [event] = events(calendar)
    assert (method, str(event["STATUS"]), int(event["SEQUENCE"])) == ("CANCEL", "CANCELLED", 2)
    program.checkin(status="planned", starts=SLOT)
    program.send()
    [(_, method, calendar), _] = box.take()
    assert (method, int(events(calendar)[0]["SEQUENCE"])) == ("REQUEST", 3)


def test_other_times_raise_the_sequence_and_other_words_are_nobody_s_mail(
    program: Program, box: Mailbox
) -> None:
    program.send()
    box.take()
    program.pair(link="https://meet.example.org/2", notes="something")
    program.send()
    assert box.take() == []
    program.pair(time="18:00")
    program.send()
    sent = box.take()
    assert [(to, method, int(events(c)[0]["SEQUENCE"])) for to, method, c in sent] == [
        (a, "REQUEST", 1) for a in BOTH
    ]
    assert events(sent[0][2])[0]["DTSTART"].dt.hour == 18
    assert str(events(sent[0][2])[0]["LOCATION"]) == "https://meet.example.org/2"


def test_who_joins_is_invited_and_who_leaves_is_told_and_nobody_else(program: Program, box: Mailbox) -> None:
    program.send()
    box.take()
    program.pair(members="Ada; Cleo")
    program.send()
    assert [(to, method) for to, method, _ in box.take()] == [
        ("ben@example.org", "CANCEL"),
        ("cleo@example.org", "REQUEST"),
    ]


def test_a_pause_cancels_and_going_on_invites_again(program: Program, box: Mailbox) -> None:
    program.send()
    box.take()
    program.pair(status="paused")
    program.send()
    assert [(method, int(events(c)[0]["SEQUENCE"])) for _, method, c in box.take()] == [("CANCEL", 1)] * 2
    program.pair(status="active")
    program.send()
    assert [(method, int(events(c)[0]["SEQUENCE"])) for _, method, c in box.take()] == [("REQUEST", 2)] * 2


def test_an_extra_meeting_is_an_event_of_its_own(program: Program, box: Mailbox) -> None:
    program.send()
    box.take()
    program.other.add("checkin", pair="Ada & Ben", starts="2026-03-20T12:00:00Z", minutes=30)
    program.sync()
    program.send()
    [(_, method, calendar), _] = box.take()
    [event] = events(calendar)
    assert (method, "RRULE" in event, "RECURRENCE-ID" in event) == ("REQUEST", False, False)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=30)


def test_a_refused_address_is_told_and_tried_again_alone(program: Program, box: Mailbox) -> None:
    box.refuse = {"ben@example.org"}
    [problem] = program.send()
    assert "ben@example.org was not told" in problem
    assert "no such person" in problem
    assert [to for to, _, _ in box.take()] == ["ada@example.org"]
    box.refuse = set()
    assert program.send() == []
    assert [to for to, _, _ in box.take()] == ["ben@example.org"], "nobody is told twice"


def test_an_answer_that_never_came_is_not_sent_again(program: Program, box: Mailbox) -> None:
    box.drops = True
    problems = program.send()
    assert "nobody knows whether ada@example.org was told" in problems[0]
    box.drops = False
    program.send()
    assert sorted(to for to, _, _ in box.take()).count("ada@example.org") == 1


def test_a_server_that_is_away_sends_nothing_and_loses_nothing(program: Program, box: Mailbox) -> None:
    text = program.path.read_text("utf-8")
    program.path.write_text(text.replace(f"127.0.0.1:{box.port}", "127.0.0.1:9"), encoding="utf-8")
    with pytest.raises(Unavailable, match="can't be used"):
        program.send()
    program.path.write_text(text, encoding="utf-8")
    program.send()
    assert len(box.take()) == 2


def reply(pair: str, who: str, answer: str, slot: datetime | None = None, stamp: int = 1) -> bytes:
    event = icalendar.Event()
    event.add("uid", f"{pair}@google.com")
    event.add("dtstamp", datetime(2026, 3, stamp, tzinfo=UTC))
    guest = icalendar.vCalAddress(f"mailto:{who}")
    guest.params["PARTSTAT"] = icalendar.vText(answer)
    event.add("attendee", guest)
    if slot:
        event.add("recurrence-id", slot)
    calendar = icalendar.Calendar()
    calendar.add("method", "REPLY")
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def test_replies_update_attendance_once_the_meeting_is_over(program: Program, tmp_path: Path) -> None:
    config = load(str(program.path))
    store = open_store(config.state_url)
    [(pair, _)] = store.titles("pair")
    files = {
        "1.ics": reply(pair, "Ada@example.org", "ACCEPTED"),
        "2.ics": reply(pair, "ben@example.org", "DECLINED", stamp=1),
        "3.ics": reply(pair, "ben@example.org", "ACCEPTED", stamp=2),
        "4.ics": reply(pair, "stranger@example.org", "ACCEPTED"),
        "5.ics": reply(pair, "ada@example.org", "DECLINED", datetime(2026, 3, 17, 16, tzinfo=UTC)),
        "6.ics": reply(pair, "ben@example.org", "DECLINED", datetime(2026, 3, 17, 16, tzinfo=UTC)),
        "broken.ics": b"nothing of the kind",
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    count, wrong = office.take_replies(store, [str(tmp_path / name) for name in sorted(files)])
    assert count == 6
    assert len(wrong) == 1
    assert wrong[0].startswith("broken.ics")
    assert office.attendance(store, program.clock()) == [], "it has not begun"
    wishes = office.attendance(store, datetime(2026, 3, 20, tzinfo=UTC))
    store.close()
    program.sync(wishes=wishes)
    found = {row.fields["slot"]: row.fields for row in program.other.of("checkin")}
    assert found["2026-03-03T16:00:00Z"]["status"] == "held"
    assert len(found["2026-03-03T16:00:00Z"]["attended"]) == 2
    assert found[SLOT]["status"] == "skipped"


def test_files_for_people_who_send_themselves(program: Program, tmp_path: Path) -> None:
    config = load(str(program.path))
    store = open_store(config.state_url)
    plans = office.plan(config, store, program.clock())
    [path] = office.write(config, store, plans, str(tmp_path / "out"), program.clock())
    assert Path(path).name == "Ada & Ben REQUEST 0-0.ics"
    [calendar] = icalendar.Calendar.from_ical(Path(path).read_bytes(), multiple=True)
    assert str(calendar["METHOD"]) == "REQUEST"
    assert not office.plan(config, store, program.clock())
    store.close()


def test_an_invitation_has_the_uid_that_a_calendar_service_gave_the_series(
    program: Program, box: Mailbox
) -> None:
    def google_says(uid: str) -> None:
        store = open_store(load(str(program.path)).state_url)
        try:
            [pair] = store.all_records("pair")
            with store.transaction():
                store.put_note("uids", orjson.dumps({pair.id: uid}).decode())
        finally:
            store.close()

    def uids() -> set[str]:
        return {str(event["UID"]) for _, _, calendar in box.take() for event in calendar.events}

    google_says("theirs@google.com")
    program.send()
    assert uids() == {"theirs@google.com"}
    google_says("another@google.com")
    program.pair(time="18:00")
    program.send()
    assert uids() == {"theirs@google.com"}, "the series that they have"
    program.pair(status="paused")
    program.send()
    assert uids() == {"theirs@google.com"}
    program.pair(status="active")
    program.send()
    assert uids() == {"another@google.com"}
