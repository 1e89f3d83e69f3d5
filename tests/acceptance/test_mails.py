"""Who would be mailed is said before anybody is (design rule 12): the command line, with a stand-in of Google Calendar."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syncengine_gcal.sandbox import CalendarSandbox
from tests.acceptance.conftest import Site

CONFIG = """
[program]
name = "harbour"
zone = "Europe/Berlin"

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[replica]]
name = "calendar"
connector = "gcal"
credentials = "token:env:CALENDAR_TOKEN"
api_endpoint = "{address}"
invites = "all"

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


def test_every_address_and_why_is_listed_before_anything_is_sent(
    site_at: type[Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", "ya29.nobody-may-see-this")
    with CalendarSandbox() as sandbox:
        (tmp_path / "mentorsync.toml").write_text(CONFIG.format(address=sandbox.address), encoding="utf-8")
        site = site_at(tmp_path)
        made = site.run("setup", "--yes")
        assert made.status == 0, made.said
        assert "e-mail to ada@example.org: the new series “Ada & Grace”" in made.out
        assert [(mail.to, mail.kind) for mail in sandbox.outbox.mails] == [
            ("ada@example.org", "invitation"),
            ("grace@example.org", "invitation"),
        ]
        note = next((tmp_path / "notes").rglob("Ada & Grace.md"))
        note.write_text(note.read_text("utf-8").replace("17:00", "18:00"), encoding="utf-8")
        before = len(sandbox.outbox.mails)
        planned = site.run("sync", "--dry-run")
        assert "e-mail to ada@example.org: “Ada & Grace”: its meetings are at other times" in planned.out
        assert len(sandbox.outbox.mails) == before
        done = json.loads(site.run("sync", "--json").out)
        assert [one["to"] for one in done["mails"]["calendar"]] == ["ada@example.org", "grace@example.org"]
        assert len(sandbox.outbox.mails) == before + 2
        assert "mails" not in json.loads(site.run("sync", "--json", "--fresh").out)
        assert "ya29" not in "".join(
            path.read_text("utf-8", "ignore") for path in tmp_path.rglob("*") if path.is_file()
        )
