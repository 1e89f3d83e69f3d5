"""A plan, then exactly that: written by a dry run, read by people, carried out record by record as far as it still holds."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Site

GOAL, TALK, BOOKS = "Learn SQL", "Speak in public", "Read twelve books"


def drawn(site: Site, *words: str, status: int = 0) -> dict[str, Any]:
    """The plan that a dry run writes to plan.json."""
    ran = site.run("sync", "--dry-run", "--out", "plan.json", *words)
    assert ran.status == status, ran.said
    found: dict[str, Any] = json.loads((site.folder / "plan.json").read_text("utf-8"))
    return found


def changed(site: Site) -> None:
    """An edit in the notes, one in the workbook, a new goal, a deletion."""
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.set_cell(TALK, "Why it matters", "To be heard")
    site.write_note("Keep bees", 'title: Keep bees\nperson: "[[Ada Okafor]]"\n')
    site.note(BOOKS).unlink()


def test_a_plan_is_read_as_text_and_carried_out_exactly(site: Site) -> None:
    changed(site)
    before = site.everything()
    plan = drawn(site)
    assert {name: one for name, one in site.everything().items() if name != "plan.json"} == before
    path = site.folder / "plan.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert plan["mentorsync_plan"] == 1
    assert "words of the program's people" in plan["notice"]
    shown = site.run("plan", "show", "plan.json")
    assert shown.status == 0, shown.said
    for words in (f"update goal “{GOAL}”\n      Percent: 10 → 60", f"update goal “{TALK}”\n      Why it matters: To be heard",
                  "create goal “Keep bees”", f"delete goal “{BOOKS}”"):  # fmt: skip
        assert words in shown.out
    dry = site.run("sync", "--dry-run").out
    assert dry.removesuffix("Nothing was written (--dry-run).\n") == shown.out.partition("\n")[2]
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 0, ran.said
    made = {one["record"] for tool in plan["tools"] for one in tool["writes"] if one["action"] == "create"}
    assert any(id in site.run("history", "Keep bees").out for id in made), (
        "it has the id that the plan showed"
    )
    assert (site.front(TALK)["why"], site.row(GOAL)["Percent"]) == ("To be heard", pytest.approx(0.6))
    site.agrees(GOAL, TALK, "Keep bees")
    again = site.run("sync", "--plan", "plan.json")
    assert (again.status, site.writes()) == (0, 0), again.said


def test_what_has_changed_since_is_refused_record_by_record_and_what_is_new_waits(site: Site) -> None:
    changed(site)
    drawn(site)
    site.change_note(GOAL, "percent: 60", "percent: 65")
    site.write_note("Later", 'title: Later\nperson: "[[Ada Okafor]]"\n')
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 3
    assert f"workbook: goal “{GOAL}” is not as planned: planned was update (Percent: 10 → 60)" in ran.out
    assert "now it is update (Percent: 10 → 65)" in ran.out
    assert "Make a new plan, or run: mentorsync sync" in ran.out
    assert "not in the plan will be made by the next sync" in ran.out
    assert site.row(GOAL)["Percent"] == pytest.approx(0.1), "not written"
    assert "Later" not in [row["Goal"] for row in site.rows()], "not in the plan"
    assert site.front(TALK)["why"] == "To be heard", "the rest is"
    assert "Keep bees" in [row["Goal"] for row in site.rows()]
    said = json.loads(site.run("sync", "--plan", "plan.json", "--json").out)
    assert said["status"] == "attention"
    assert [(one["title"], one["replica"]) for one in said["refused"]] == [(GOAL, "workbook")]
    site.sync()
    assert site.row(GOAL)["Percent"] == pytest.approx(0.65)
    site.agrees(GOAL, TALK, "Keep bees", "Later")


@pytest.mark.parametrize("since", ["the same field elsewhere", "another field", "deleted", "put back"])
def test_every_way_in_which_a_record_may_have_changed(site: Site, since: str) -> None:
    site.change_note(GOAL, "percent: 10", "percent: 60")
    drawn(site)
    if since == "the same field elsewhere":
        site.set_cell(GOAL, "Percent", 0.7)
    elif since == "another field":
        site.set_cell(GOAL, "Why it matters", "Because")
    elif since == "deleted":
        site.note(GOAL).unlink()
    else:
        site.change_note(GOAL, "percent: 60", "percent: 10")
    before = site.row(GOAL)
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 3, ran.said
    planned = "nothing; now it is update (Why" if since == "another field" else "update (Percent: 10 → 60)"
    assert f"goal “{GOAL}” is not as planned: planned was {planned}" in ran.out
    assert site.row(GOAL) == before
    if since == "the same field elsewhere":
        site.sync(status=3)
        assert "70" in site.run("conflicts").out, "nothing is lost"
    else:
        site.sync()
    assert site.writes() == 0


def test_a_conflict_that_would_arise_is_told_by_the_dry_run(site: Site) -> None:
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.set_cell(GOAL, "Percent", 0.7)
    plan = drawn(site, status=3)
    (conflict,) = plan["conflicts"]
    assert (conflict["title"], conflict["kept"], conflict["others"][0]["value"]) == (GOAL, "60", "70")
    assert (
        f"? {GOAL}, percent: kept 60, also written: 70 (workbook)"
        in site.run("plan", "show", "plan.json").out
    )
    assert json.loads(site.run("sync", "--dry-run", "--json").out)["status"] == "attention"
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 3
    assert "not as planned" not in ran.out
    (question,) = (site.notes / "Waits for you").glob("*.md")
    assert site.run("resolve", question.as_uri(), "keep").status == 0
    assert site.writes() == 0


def test_a_dry_run_tells_what_it_could_not_use(site: Site) -> None:
    site.set_cell(GOAL, "Percent", "ca. 50 %")
    plan = drawn(site, status=3)
    assert any("ca. 50 %" in warning for warning in plan["warnings"])


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("config", "mentorsync.toml is not what it was when the plan was made"),
        ("version", "the plan was made by mentorsync 0.0.1; this is"),
        ("program", "the plan is of the program 'Elsewhere'; this is 'Harbour'"),
        ("place", "the plan was made for other places"),
        ("form", "is a plan of form 99; this version of mentorsync reads form 1"),
        ("json", "is no plan of mentorsync"),
        ("other", "is no plan of mentorsync"),
        ("broken", "is not as mentorsync wrote it"),
        ("missing", "can't be read"),
    ],
)
def test_a_plan_that_is_not_this_program_s_is_refused(site: Site, what: str, says: str) -> None:
    site.change_note(GOAL, "percent: 10", "percent: 60")
    plan = drawn(site)
    path = site.folder / "plan.json"
    if what == "config":
        config = site.folder / "mentorsync.toml"
        config.write_text(config.read_text("utf-8") + "\n# a word\n", encoding="utf-8")
    elif what == "version":
        plan["made_by"] = "0.0.1"
    elif what == "program":
        plan["program"]["name"] = "Elsewhere"
    elif what == "place":
        plan["program"]["places"]["notes"] = "another"
    elif what == "form":
        plan["mentorsync_plan"] = 99
    elif what == "broken":
        del plan["tools"][0]["writes"]
    path.write_text({"json": "{", "other": "[1]"}.get(what, json.dumps(plan)), encoding="utf-8")
    if what == "missing":
        path.unlink()
    before = site.everything()
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 2, ran.said
    assert says in ran.err
    assert "→ Make" in ran.err
    assert site.everything() == before


def test_a_plan_is_never_written_over_something_else(site: Site) -> None:
    ran = site.run("sync", "--dry-run", "--out", "mentorsync.toml")
    assert ran.status == 2
    assert "is there already, and is no plan" in ran.err
    assert site.run("sync", "--out", "plan.json").status == 2


def emptied(site: Site) -> None:
    """Five of eight goals are gone from the notes."""
    for number in range(5):
        site.add_row({"Goal": f"Goal {number}", "Person": "Ada Okafor"})
    site.sync()
    for path in sorted((site.notes / "Goals").glob("*.md")):
        path.unlink()


def test_a_guard_is_in_the_plan_and_is_let_pass_for_exactly_this(site: Site) -> None:
    emptied(site)
    plan = drawn(site, status=4)
    (guard,) = [one for one in plan["guards"] if one["records"]][:1]
    assert (guard["guard"], guard["replica"], guard["allowed"], len(guard["records"])) == (
        "mass-deletion",
        "notes",
        False,
        8,
    )
    shown = site.run("plan", "show", "plan.json").out
    assert (
        "guard mass-deletion: replica 'notes' lacks all of its 8 goals, and they would be deleted in every other tool"
        in shown
    )
    before = site.everything()
    stopped = site.run("sync", "--plan", "plan.json")
    assert stopped.status == 4
    assert "--plan plan.json --allow mass-deletion for exactly what you have seen" in stopped.err
    assert site.everything() == before
    allowed = drawn(site, "--allow", "mass-deletion")
    assert all(one["allowed"] for one in allowed["guards"])
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 0, ran.said
    assert site.rows() == []
    assert site.writes() == 0


def test_a_guard_lets_nothing_pass_that_is_more_than_the_plan(site: Site) -> None:
    """The plan allows the loss of the promises; since then the goals went as well."""
    for number in range(4):
        site.add_row({"Promise": f"Promise {number}", "Who": "Ada Okafor"}, sheet="Promises")
        site.add_row({"Goal": f"Goal {number}", "Person": "Ada Okafor"})
    site.sync()
    for path in (site.notes / "Promises").glob("*.md"):
        path.unlink()
    drawn(site, "--allow", "mass-deletion")
    for path in (site.notes / "Goals").glob("*.md"):
        path.unlink()
    before = site.everything()
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == 4
    assert "lacks all of its 7 goals" in ran.err or "is more than the plan says" in ran.err
    assert site.everything() == before


def test_the_thresholds_of_the_guards_are_the_config_s(site: Site) -> None:
    config = site.folder / "mentorsync.toml"
    text = config.read_text("utf-8")
    config.write_text(text + "\n[guards]\nwhole_kind_from = 3\n", encoding="utf-8")
    paths = {path: path.read_bytes() for path in (site.notes / "Goals").glob("*.md")}
    for path in paths:
        path.unlink()
    assert "lacks all of its 3 goals" in site.sync(status=4).err
    config.write_text(text + "\n[guards]\nmass_deletion_percent = 200\n", encoding="utf-8")
    wrong = site.run("sync")
    assert wrong.status == 2
    assert "guards.mass_deletion_percent" in wrong.err
    config.write_text(text, encoding="utf-8")
    site.sync()
    assert site.rows() == []


def test_restore_brings_back_a_record_and_what_went_with_it(site: Site) -> None:
    site.add_row({"Date": "2026-03-01", "Goal": GOAL, "Note": "First query"}, sheet="Progress")
    site.sync()
    site.note(GOAL).unlink()
    for path in (site.notes / "Progress").glob("*.md"):
        path.unlink()
    site.sync()
    assert GOAL not in [row["Goal"] for row in site.rows()]
    before = site.everything()
    dry = site.run("restore", GOAL, "--dry-run")
    assert dry.status == 0, dry.said
    assert f"comes back: goal “{GOAL}”" in dry.out
    assert "comes back: progress entry “2026-03-01 · Learn SQL”" in dry.out
    assert site.everything() == before
    ran = site.run("restore", "Goals/Learn SQL.md")  # by a link that leads nowhere any more
    assert ran.status == 0, ran.said
    site.agrees()
    assert "First words." in site.note(GOAL).read_text("utf-8")
    assert [row["Note"] for row in site.rows("Progress")] == ["First query"]
    assert "brought back with mentorsync restore" in site.run("history", GOAL).out
    again = site.run("restore", GOAL)
    assert again.status == 2
    assert f"goal “{GOAL}” is not deleted" in again.err


@pytest.mark.parametrize("how", ["undo", "restore"])
def test_undo_and_restore_have_plans_of_their_own(site: Site, how: str) -> None:
    site.note(GOAL).unlink()
    site.change_note(TALK, "percent: 20", "percent: 25")
    site.sync()
    run = re.search(r"Last run: #(\d+)", site.run("status").out)
    assert run is not None
    words = ["undo", run[1]] if how == "undo" else ["restore", GOAL]
    assert site.run(*words, "--dry-run", "--out", "plan.json").status == 0
    assert f"create goal “{GOAL}”" in site.run("plan", "show", "plan.json").out
    site.change_note(TALK, "percent: 25", "percent: 30")
    ran = site.run("sync", "--plan", "plan.json")
    assert ran.status == (3 if how == "undo" else 0), ran.said
    assert GOAL in [row["Goal"] for row in site.rows()]
    assert site.front(TALK)["percent"] == 30
    site.sync()
    site.agrees()
    assert site.front(TALK)["percent"] == 30, "an undo from a plan is worth less than what was written since"


def test_no_secret_is_in_a_plan(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = site.folder / "mentorsync.toml"
    secret = "ntn_a_secret_that_nobody_may_see"
    monkeypatch.setenv("NOTION_TOKEN", secret)
    more = '\n[[replica]]\nname = "wiki"\nconnector = "notion"\npage = "0123456789abcdef0123456789abcdef"\n'
    more += 'token = "env:NOTION_TOKEN"\nbase_url = "http://127.0.0.1:9"\n'
    config.write_text(config.read_text("utf-8") + more, encoding="utf-8")
    site.change_note(GOAL, "percent: 10", "percent: 60")
    monkeypatch.setattr("syncengine_notion.pace.time.sleep", lambda _seconds: None)
    site.run("sync", "--dry-run", "--out", "plan.json")
    text = (site.folder / "plan.json").read_text("utf-8")
    assert secret not in text
    assert "Percent" in text
