"""`mentorsync status`: at a glance, what was, what waits for whom, and what is next."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Site
from tests.acceptance.crontabs import crontab_in, spool_in


def told(site: Site, *words: str) -> dict[str, Any]:
    ran = site.run("status", "--json", *words)
    assert ran.status == 0, ran.said
    found: dict[str, Any] = json.loads(ran.out)
    return found


@pytest.fixture(autouse=True)
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crontab of one's own, and no units of systemd."""
    bin = crontab_in(tmp_path, spool_in(tmp_path))
    monkeypatch.setenv("PATH", f"{bin}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def settled(site: Site) -> None:
    """All agree, and no file is so fresh that its time proves nothing."""
    for path in site.folder.rglob("*"):
        if path.is_file() and ".mentorsync" not in path.parts:
            os.utime(path, (1_600_000_000, 1_600_000_000))
    site.sync()


def test_when_all_is_well(site: Site) -> None:
    settled(site)
    out = site.run("status").out
    assert "All tools were last seen to agree: " in out
    assert "Nothing waits for a person." in out
    assert "The next run finds nothing to do." in out
    assert "No timer runs it." in out
    assert "Next check-ins:" in out
    said = told(site)
    assert said["program"] == "Harbour"
    assert said["last"]["status"] == "agreed"
    assert said["agreed"] >= said["last"]["started"]
    assert said["waits"] == []
    assert said["next"] == {
        name: {"to_write": 0, "edited": False} for name in ("notes", "workbook", "calendar")
    }
    assert said["schedule"]["timers"] == []
    assert said["records"]["goal"] == 3


def test_what_each_tool_was_told_last(site: Site) -> None:
    wanted: dict[str, tuple[int, dict[str, int]]] = {}
    for change in (
        lambda: site.write_note("Sail", 'title: Sail\nperson: "[[Ada Okafor]]"'),
        lambda: site.set_cell("Sail", "Percent", 0.5),
        lambda: site.set_cell("Grace Lindqvist", "Offers", "Knots", "People"),
    ):
        change()
        counts = site.report()["replicas"]
        run = told(site)["last"]["run"]
        for name, one in counts.items():
            if some := {
                word: one[word] for word in ("created", "updated", "deleted", "rejected") if one[word]
            }:
                wanted[name] = (run, some)
    tools = told(site)["tools"]
    for name, (run, some) in wanted.items():
        assert {key: value for key, value in tools[name].items() if key != "at"} == {"run": run, **some}
    assert len({run for run, _ in wanted.values()}) > 1, "not all were told in the last run"
    assert f"notes: {wanted['notes'][1]['updated']} updated" in site.run("status").out


def test_what_waits_and_for_whom(site: Site) -> None:
    site.change_note("Learn SQL", "percent: 10", "percent: 20")
    site.set_cell("Learn SQL", "Percent", 0.3)
    site.change_note("Speak in public", "percent: 20", "percent: lots")
    site.sync(status=3)
    waits = told(site)["waits"]
    assert [(one["for"], one["what"]) for one in waits] == [
        (["Ada Okafor"], "conflict"),
        (["Ada Okafor"], "trouble"),
    ]
    out = site.run("status").out
    assert (
        "Waits for a person:\n  Ada Okafor\n    conflict #1: Learn SQL, Percent (mentorsync conflicts)\n"
        in out
    )
    assert "Goals/Speak in public.md" in out


def test_what_concerns_a_pair_waits_for_its_members(site: Site) -> None:
    pair = site.notes / "Pairs" / "Ada & Grace.md"
    pair.write_text(pair.read_text().replace("minutes:\n", "minutes: ages\n"))
    site.sync(status=3)
    (one,) = told(site)["waits"]
    assert sorted(one["for"]) == ["Ada Okafor", "Grace Lindqvist"]
    assert "  Ada Okafor, Grace Lindqvist\n" in site.run("status").out


def test_what_concerns_nobody_in_particular_waits_for_who_looks_after_it(site: Site) -> None:
    site.book.write_bytes(b"no workbook at all, whatever its name")
    assert site.run("sync").status != 0
    said = told(site)
    (one,) = said["waits"]
    assert one["for"] == []
    assert one["what"] == "run"
    assert "workbook" in one["text"]
    assert "  whoever looks after the program\n" in site.run("status").out
    assert said["last"]["status"] == "failed"
    assert said["agreed"] is not None
    assert said["agreed"] < said["last"]["started"], "the last good run was another"


def test_what_the_next_run_would_do(site: Site) -> None:
    settled(site)
    before = site.everything()
    site.change_note("Learn SQL", "percent: 10", "percent: 20")
    assert told(site)["next"]["notes"]["edited"] is True
    assert told(site)["next"]["workbook"]["edited"] is False
    assert "notes: looks edited since the last run" in site.run("status").out
    looked = told(site, "--look")
    assert looked["next"]["workbook"]["planned"] >= 1
    text = site.run("status", "--look").out
    assert "Learn SQL" in text
    assert "10 % → 20 %" in text or "10 → 20" in text
    changed = {name for name, data in site.everything().items() if before.get(name) != data}
    assert changed == {"notes/Goals/Learn SQL.md"}, "looking writes nothing"


def test_what_a_run_has_just_written_does_not_look_edited(site: Site) -> None:
    settled(site)
    site.change_note("Learn SQL", "percent: 10", "percent: 20")
    site.sync()
    there = told(site)["next"]
    assert [there[name]["edited"] for name in ("workbook", "calendar")] == [False, False]


def test_a_schedule_that_is_installed(site: Site) -> None:
    assert site.run("schedule", "install", "--as", "cron", "--every", "1h").status == 0
    assert site.run("schedule", "run").status == 0
    said = told(site)["schedule"]
    assert [one["every"] for one in said["timers"]] == ["1h"]
    assert said["timers"][0]["next"]
    assert said["last"]["status"] == "agreed"
    out = site.run("status").out
    assert "Every hour by cron, next " in out
    assert "Last scheduled run: " in out


def test_before_the_first_run(configured: Callable[[str | None], Site]) -> None:
    site = configured(None)
    assert site.run("status").status == 2
    assert site.run("setup", "--yes").status == 0
    said = told(site)
    assert said["last"]["reason"] == "setup"
    assert said["waits"] == []


def test_a_crontab_that_can_not_be_read_is_no_reason_to_say_nothing(site: Site) -> None:
    crontab = next(Path(folder) for folder in os.environ["PATH"].split(os.pathsep)) / "crontab"
    crontab.write_text("#!/bin/sh\necho you are not allowed >&2\nexit 1\n")
    ran = site.run("status")
    assert ran.status == 0
    assert "you are not allowed" in ran.out
