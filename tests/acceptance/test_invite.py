"""`mentorsync invite` as a coordinator runs it, against a real mail server on this machine."""

from __future__ import annotations

import email
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.acceptance.conftest import Site

CONFIG = """
[program]
name = "harbour"
zone = "Europe/Berlin"

[mail]
sender = "coordinator@example.org"
smtp = "127.0.0.1:{port}"
security = "none"

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[person]]
name = "Ada Okafor"
email = "ada@example.org"

[[person]]
name = "Grace Lindqvist"
email = "grace@example.org"

[[pair]]
name = "Ada & Grace"
members = ["Ada Okafor", "Grace Lindqvist"]
every = "2 weeks"
first_meeting = 2099-03-03
time = "17:00"
"""


class Taken:
    def __init__(self) -> None:
        self.to: list[str] = []
        self.texts: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.to += envelope.rcpt_tos
        mail = email.message_from_bytes(envelope.content)
        self.texts += [
            part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()
        ]
        return "250 OK"


@pytest.fixture
def server() -> Iterator[tuple[Taken, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    taken = Taken()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, port
    controller.stop()


def test_who_is_told_is_shown_first_and_nobody_is_told_twice(
    site_at: type[Site], tmp_path: Path, server: tuple[Taken, int]
) -> None:
    taken, port = server
    (tmp_path / "mentorsync.toml").write_text(CONFIG.format(port=port), encoding="utf-8")
    site = site_at(tmp_path)
    assert "mentorsync setup" in site.run("invite").said, "nothing is set up yet"
    assert site.run("setup", "--yes").status == 0
    shown = site.run("invite")
    assert shown.status == 0
    assert "e-mail to ada@example.org: “Ada & Grace”: the new series" in shown.out
    assert taken.to == []
    sent = site.run("invite", "--send", "--yes")
    assert sent.status == 0, sent.said
    assert sorted(taken.to) == ["ada@example.org", "grace@example.org"]
    assert any("METHOD:REQUEST" in text and "BEGIN:VTIMEZONE" in text for text in taken.texts)
    assert "Everybody knows already." in site.run("invite", "--send", "--yes").out
    assert len(taken.to) == 2


def test_without_a_mail_section_it_says_what_to_add(site_at: type[Site], tmp_path: Path) -> None:
    text = CONFIG.split("[mail]")[0] + "[[replica]]" + CONFIG.split("[[replica]]", 1)[1]
    (tmp_path / "mentorsync.toml").write_text(text, encoding="utf-8")
    site = site_at(tmp_path)
    assert site.run("setup", "--yes").status == 0
    ran = site.run("invite", "--send", "--yes")
    assert ran.status == 2
    assert "[mail]" in ran.err


def test_nobody_is_told_by_the_calendar_and_by_us(site_at: type[Site], tmp_path: Path) -> None:
    with_calendar = (
        CONFIG.format(port=9)
        + """
[[replica]]
name = "calendar"
connector = "gcal"
credentials = "token:env:CALENDAR_TOKEN"
api_endpoint = "http://127.0.0.1:9"
invites = "all"
"""
    )
    (tmp_path / "mentorsync.toml").write_text(CONFIG.format(port=9), encoding="utf-8")
    site = site_at(tmp_path)
    assert site.run("setup", "--yes").status == 0
    (tmp_path / "mentorsync.toml").write_text(with_calendar, encoding="utf-8")
    ran = site.run("invite", "--send", "--yes")
    assert ran.status == 2
    assert "would be told twice" in ran.err
