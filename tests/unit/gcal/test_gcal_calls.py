"""How many requests it takes, counted by the stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_gcal import connector
from syncengine_gcal.sandbox import errors
from tests.unit.gcal.program import Stage, stage
from tests.unit.gcal.stage import TOKEN


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALENDAR_TOKEN", TOKEN)
    monkeypatch.setattr(connector, "sleep", lambda _seconds: None)


def requests_of(made: Stage, **options: object) -> int:
    before = len(made.sandbox.log)
    made.sync(**options)
    return len(made.sandbox.log) - before


def hundred(made: Stage) -> None:
    for number in range(100):
        made.other.add("person", name=f"A{number}", email=f"a{number}@example.org")
        made.other.add("person", name=f"B{number}", email=f"b{number}@example.org")
        made.add_pair(f"A{number} & B{number}")


def test_a_first_set_up_of_a_hundred_series(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        hundred(made)
        before = len(made.sandbox.log)
        made.sync()
        log = made.sandbox.log[before:]
        batches = [one for one in log if one.request.path.startswith("/batch")]
        assert len(batches) <= 3
        assert len(log) - len(batches) == 2, "the calendar is looked for once, and listed"
        assert sum(s.series for s in made.people.events.calendar.events.values()) == 100
        assert made.sync().writes == 0
        made.nobody_is_surprised()
        assert requests_of(made) == 1


def test_changes_take_a_request_each_at_most(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        for name in ("Ada & Ben", "Cleo & Dov", "Eve & Finn"):
            made.add_pair(name)
        made.settled()
        made.edit_pair("Ada & Ben", link="https://x.example.org")
        assert requests_of(made) <= 2
        assert requests_of(made) == 1
        for name in ("Ada & Ben", "Cleo & Dov", "Eve & Finn"):
            made.edit_pair(name, link="https://y.example.org")
        assert requests_of(made) <= 4
        assert made.sync().writes == 0
        far = ("2026-03-31T15:00:00Z", "2026-04-14T15:00:00Z")
        for slot in far:
            rows = [key for key, row in made.other.rows.items() if row.fields.get("slot") == slot]
            made.other.edit(rows[0], starts=slot.replace("15:00", "16:00"))
        assert requests_of(made) <= 3
        assert made.sync().writes == 0


def test_a_part_of_a_batch_that_is_refused_by_rate_is_sent_again(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        refused: list[str] = []

        def fault(part: Request) -> Answer | None:
            if part.method == "POST" and len(refused) < 2:
                refused.append(part.path)
                return errors.rate_limited().answer
            return None

        made.sandbox.part_fault = fault
        for name in ("Ada & Ben", "Cleo & Dov", "Eve & Finn"):
            made.add_pair(name)
        made.settled()
        assert len(refused) == 2
        assert len(made.sent()) == 6


def test_a_used_up_limit_of_invitations_is_told_and_not_hammered(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        made.sandbox.part_fault = lambda part: (
            errors.usage_limited().answer if part.method == "POST" else None
        )
        for name in ("Ada & Ben", "Cleo & Dov"):
            made.add_pair(name)
        report = made.sync()
        batches = [one for one in made.sandbox.log if one.request.path.startswith("/batch")]
        assert len(batches) == 1
        assert any("limit of invitations" in warning for warning in report.warnings)
        made.sandbox.part_fault = lambda part: None
        made.settled()
        assert len(made.sent()) == 4


def test_pages_of_a_long_list_are_all_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from syncengine_gcal.sandbox import listing

    with stage(tmp_path) as made:
        for name in ("Ada & Ben", "Cleo & Dov", "Eve & Finn"):
            made.add_pair(name)
        made.settled()
        monkeypatch.setattr(listing, "LARGEST_PAGE", 1)
        assert made.sync(fresh=True).writes == 0
        assert made.sync().writes == 0


def test_a_used_up_limit_is_not_hammered_by_a_single_change_either(tmp_path: Path) -> None:
    with stage(tmp_path, invites="all") as made:
        made.add_pair()
        made.settled()
        refused = errors.usage_limited().answer
        made.sandbox.fault = lambda request: Fault("refused", refused) if request.method == "PATCH" else None
        made.edit_pair(time="18:00")
        assert requests_of(made) == 2


def test_a_plan_says_how_many_requests_it_takes(tmp_path: Path) -> None:
    with stage(tmp_path) as made:
        for name in ("Ada & Ben", "Cleo & Dov", "Eve & Finn"):
            made.add_pair(name)
        made.settled()
        made.edit_pair("Ada & Ben", link="https://x.example.org")
        made.edit_pair("Cleo & Dov", time="18:00")
        plan = made.sync(dry_run=True).plan
        assert plan is not None
        calendar = next(tool for tool in plan.tools if tool.name == "calendar")
        assert calendar.calls == requests_of(made)
        assert 0 < calendar.seconds < 60
