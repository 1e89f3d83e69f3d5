"""Two people write different things into one field: both are kept, everybody is asked, and one answer anywhere settles it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Site

GOAL = "Learn SQL"


@pytest.fixture
def disputed(site: Site) -> Site:
    """60 in the note and 70 in the workbook, synced: the first tool of the config is kept, where no clock decides."""
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.set_cell(GOAL, "Percent", 0.7)
    site.sync(status=3)
    return site


def question(site: Site) -> tuple[str, dict[str, Any]]:
    """The question's note (its name) and its row."""
    (note,) = (site.notes / "Waits for you").glob("*.md")
    (row,) = [row for row in site.rows("Waits for you") if row["About"]]
    return note.stem, row


def settled(site: Site, percent: float) -> None:
    """All tools say `percent`, nobody is asked any more, and another sync writes nothing."""
    assert site.front(GOAL)["percent"] == percent
    assert site.row(GOAL)["Percent"] in (pytest.approx(percent / 100), percent)
    assert not list((site.notes / "Waits for you").glob("*.md"))
    assert not [row for row in site.rows("Waits for you") if row["About"]]
    assert site.run("conflicts").out == "No conflicts.\n"
    assert "Nothing waits for a person." in site.run("status").out
    assert site.writes() == 0


def test_both_values_are_shown_in_every_tool(disputed: Site) -> None:
    name, row = question(disputed)
    note = disputed.front(name, "Waits for you")
    assert (note["about"], note["field"], note["kept"]) == (f"Goal: {GOAL}", "Percent", "60")
    assert note["others"] == "1. 70 (in workbook)"
    assert (row["About"], row["Field"], row["Kept"]) == (f"Goal: {GOAL}", "Percent", "60")
    assert row["Also written"] == "1. 70 (in workbook)"
    assert disputed.front(GOAL)["percent"] == 60
    assert disputed.row(GOAL)["Percent"] == pytest.approx(0.6)


@pytest.mark.parametrize("tool", ["notes", "workbook"])
@pytest.mark.parametrize(
    ("answer", "percent"), [("keep", 60), ("1", 70), ("1.", 70), ("70", 70), ("55 %", 55), ("60", 60)]
)
def test_an_answer_in_any_tool_settles_it_everywhere(
    disputed: Site, tool: str, answer: str, percent: float
) -> None:
    name, row = question(disputed)
    if tool == "notes":
        disputed.change_note(name, "answer:", f'answer: "{answer}"', "Waits for you")
    else:
        disputed.set_cell(row["About"], "Your answer", answer, "Waits for you")
    if answer == "1":  # 1 is a percentage as well, so nobody guesses
        ran = disputed.sync(status=3)
        assert "could be the value 1, or number 1 of the list → Write “1.”" in ran.out
        assert disputed.front(GOAL)["percent"] == 60
        return
    disputed.sync()
    settled(disputed, percent)


def answer(site: Site, tool: str, said: str) -> None:
    """Somebody answers the question in one tool: by its answer, or (`=65`) by writing into the field itself."""
    name, row = question(site)
    field, value = said.startswith("="), said.lstrip("=")
    if tool == "notes":
        before, note = ("percent: 60", (GOAL, "Goals")) if field else ("answer:", (name, "Waits for you"))
        after = f"percent: {value}" if field else f'answer: "{value}"'
        site.change_note(note[0], before, after, note[1])
    elif field:
        site.set_cell(GOAL, "Percent", float(value) / 100)
    else:
        site.set_cell(row["About"], "Your answer", value, "Waits for you")


@pytest.mark.parametrize(
    ("notes", "workbook", "kept", "other"),
    [("keep", "1.", "60", "70"), ("1.", "keep", "70", "60"), ("70 %", "55", "70", "55"), ("keep", "=65", "60", "65"),
     ("=65", "keep", "65", "60"), ("1.", "=65", "70", "65"), ("60", "1.", "60", "70")],
)  # fmt: skip
def test_two_answers_at_once_that_disagree_are_both_kept_and_asked_about_again(
    disputed: Site, notes: str, workbook: str, kept: str, other: str
) -> None:
    answer(disputed, "notes", notes)
    answer(disputed, "workbook", workbook)
    disputed.sync(status=3)
    _, row = question(disputed)
    assert (row["Kept"], row["Also written"]) == (kept, f"1. {other} (in workbook)")
    assert disputed.front(GOAL)["percent"] == float(kept)
    assert disputed.row(GOAL)["Percent"] == pytest.approx(float(kept) / 100)
    assert disputed.writes() == 0
    answer(disputed, "workbook", "1.")
    disputed.sync()
    settled(disputed, float(other))
    told = disputed.run("history", GOAL).out
    assert all(value in told for value in (kept, other))


@pytest.mark.parametrize(
    ("notes", "workbook", "percent"),
    [("1.", "70 %", 70), ("keep", "60", 60), ("keep", "ok", 60), ("55", "=55", 55), ("keep", "=60", 60)],
)
def test_two_answers_at_once_that_agree_settle_it(
    disputed: Site, notes: str, workbook: str, percent: float
) -> None:
    answer(disputed, "notes", notes)
    answer(disputed, "workbook", workbook)
    disputed.sync()
    settled(disputed, percent)


@pytest.mark.parametrize(
    ("words", "said"), [(["keep"], "1."), (["1"], "keep"), (["--value", "55"], "1."), (["keep"], "=65")]
)
def test_an_answer_by_command_and_another_in_a_tool_at_once(
    disputed: Site, words: list[str], said: str
) -> None:
    answer(disputed, "workbook", said)
    ran = disputed.run("resolve", "1", *words)
    assert ran.status == 3, ran.said
    _, row = question(disputed)
    both = {row["Kept"], row["Also written"].split(" ")[1]}
    assert both == {
        {"keep": "60", "1": "70", "--value": "55"}[words[0]],
        {"1.": "70", "keep": "60", "=65": "65"}[said],
    }
    assert disputed.run("resolve", "2", "keep").status == 0
    settled(disputed, float(row["Kept"]))


def test_an_answer_that_is_not_understood(disputed: Site) -> None:
    name, _ = question(disputed)
    disputed.change_note(name, "answer:", "answer: the higher one", "Waits for you")
    ran = disputed.sync(status=3)
    assert (
        "the answer “the higher one” is not a percentage → Write: keep, a number of the list, or a value."
        in ran.out
    )
    assert question(disputed)[0] == name, "it is still asked"
    disputed.change_note(name, "answer: the higher one", "answer: 70 %", "Waits for you")
    disputed.sync()
    settled(disputed, 70)


@pytest.mark.parametrize("tool", ["notes", "workbook"])
def test_editing_the_field_again_answers_it(disputed: Site, tool: str) -> None:
    if tool == "notes":
        disputed.change_note(GOAL, "percent: 60", "percent: 65")
    else:
        disputed.set_cell(GOAL, "Percent", 0.65)
    disputed.sync()
    settled(disputed, 65)


@pytest.mark.parametrize(
    ("words", "percent"),
    [
        (["keep"], 60),
        (["1"], 70),
        (["--value", "1"], 1),
        (["--value", "62,5 %"], 62.5),
        (["--value", "65"], 65),
    ],
)
def test_resolve(disputed: Site, words: list[str], percent: float) -> None:
    ran = disputed.run("resolve", "1", *words)
    assert ran.status == 0, ran.said
    settled(disputed, percent)
    again = disputed.run("resolve", "1", "keep")
    assert again.status == 2
    assert "conflict #1 is answered already" in again.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["1"], "say either a choice"),
        (["1", "keep", "--value", "3"], "say either a choice"),
        (["one", "keep"], "there is no record called “one”"),
        (["7", "keep"], "there is no conflict #7"),
        (["1", "2"], "“2” is no choice of conflict #1\n  → Say keep, or 1"),
        (["1", "maybe"], "“maybe” is no choice of conflict #1"),
        (["1", "--value", "ca. 50 %"], "“ca. 50 %” is not a percentage"),
        (["1", "--value", "150"], "is not between 0 and 100"),
    ],
)
def test_resolve_says_what_it_needs(disputed: Site, words: list[str], says: str) -> None:
    before = disputed.everything()
    ran = disputed.run("resolve", *words)
    assert ran.status == 2
    assert says in ran.err
    assert disputed.everything() == before
    assert disputed.run("conflicts").status == 3


def test_conflicts_status_history_and_why_tell_it(disputed: Site) -> None:
    conflicts = disputed.run("conflicts")
    assert conflicts.status == 3
    assert f"#1  Goal: {GOAL}, Percent\n    keep  60 (in notes)\n    1. 70 (in workbook)\n" in conflicts.out
    assert "mentorsync resolve CONFLICT keep" in conflicts.out
    assert f"conflict #1: {GOAL}, Percent (mentorsync conflicts)" in disputed.run("status").out
    for title in (GOAL, "learn sql", "Learn", f"Goals/{GOAL}.md", disputed.front(GOAL)["id"]):
        history = disputed.run("history", title)
        assert history.status == 0, history.said
        assert "Percent: 10 → 60" in history.out
        assert "Percent: 10 → 70" in history.out
        assert "another value was kept; this one is in the conflict" in history.out
    for field in ("percent", "Percent"):
        why = disputed.run("why", f"{GOAL}.{field}")
        assert why.status == 0, why.said
        first, *rest = why.out.splitlines()
        assert first == f"Goal: {GOAL}, Percent: 60"
        assert any("the first tool in the program's order was kept" in line for line in rest)
    never = disputed.run("why", f"{GOAL}.due")
    assert never.status == 0
    assert "Nobody has ever filled it in." in never.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["history", "Nothing at all"], "there is no record called “Nothing at all”"),
        (["history", "ea"], "“ea” could be any of these:"),
        (["why", "Nothing at all.percent"], "there is no record called"),
        (["why", f"{GOAL}.colour"], "a goal has no field “colour”\n  → Use one of: title, person"),
        (["why", GOAL], "say the record and the field"),
        (["undo", "9" * 30], "is not in the range"),
        (["resolve", "9" * 30, "keep"], "there is no record called"),
        (["history", " "], "no record is named"),
        (["undo", "99"], "run 99 changed nothing, or there was no such run"),
        (["undo", "yesterday"], "'yesterday' is not a valid integer"),
    ],
)
def test_what_is_not_there_is_said(site: Site, words: list[str], says: str) -> None:
    ran = site.run(*words)
    assert ran.status == 2
    assert says in ran.err


def last_run(site: Site) -> int:
    """Its number, as `status` says it."""
    return int(site.run("status").out.split("Last run: #")[1].split(" ")[0])


def test_undo_takes_a_run_back(site: Site) -> None:
    """One edit, one new record and one deletion, back in every tool; and undo itself can be undone."""
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.add_row({"Goal": "Keep bees", "Person": "Ada Okafor"})
    site.note("Read twelve books").unlink()
    site.sync()
    run = last_run(site)
    assert sorted(row["Goal"] for row in site.rows()) == site.titles_in_notes()
    before = site.everything()
    shown = site.run("undo", str(run), "--dry-run")
    assert shown.status == 0
    assert f"update goal “{GOAL}”\n      Percent: 60 → 10" in shown.out
    assert "create goal “Read twelve books”" in shown.out
    assert "delete goal “Keep bees”" in shown.out
    assert site.everything() == before
    ran = site.run("undo", str(run))
    assert ran.status == 0, ran.said
    undone = last_run(site)
    site.agrees()
    assert (site.front(GOAL)["percent"], site.row(GOAL)["Percent"]) == (10, pytest.approx(0.1))
    assert "First words." in site.note("Read twelve books").read_text()
    assert "a run was undone" in site.run("history", GOAL).out
    assert site.run("undo", str(undone)).status == 0
    site.agrees("Keep bees", GOAL, "Speak in public")


def test_undo_leaves_alone_what_has_been_changed_since(site: Site) -> None:
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.add_row({"Goal": "Keep bees", "Person": "Ada Okafor"})
    site.sync()
    run = last_run(site)
    site.set_cell(GOAL, "Percent", 0.8)
    site.change_note("Keep bees", "percent:", "percent: 5")
    site.sync()
    ran = site.run("undo", str(run))
    assert ran.status == 0, ran.said
    assert f"left alone: “{GOAL}”, Percent: it has been changed again since" in ran.out
    assert "left alone: “Keep bees”: it has been changed again since" in ran.out
    assert site.front(GOAL)["percent"] == 80
    site.agrees("Keep bees", GOAL, "Read twelve books", "Speak in public")


def shape(report: dict[str, Any]) -> None:
    """As the issue and docs/cli.md have it."""
    assert list(report) == ["status", "replicas", "conflicts", "warnings", "seconds"]
    for counts in report["replicas"].values():
        assert list(counts) == ["read", "created", "updated", "deleted", "rejected", "calls"]
        assert all(isinstance(number, int) for number in counts.values())
    for conflict in report["conflicts"]:
        assert list(conflict) == ["record", "kind", "title", "field", "kept", "others"]
        assert all(list(one) == ["value", "replica", "when", "who"] for one in conflict["others"])
    assert all(isinstance(one, str) for one in report["warnings"])
    assert isinstance(report["seconds"], float)


@pytest.mark.parametrize(
    ("happens", "exit_status", "status", "replicas"),
    [
        ("nothing", 0, "agreed", 3),
        ("an edit", 0, "agreed", 3),
        ("a conflict", 3, "attention", 3),
        ("a bad value", 3, "attention", 3),
        ("no workbook but text", 1, "failed", 3),
        ("a lost folder", 4, "stopped", 0),
        ("a wrong key", 2, "failed", 0),
    ],
)
def test_json_is_one_object_and_nothing_else(
    site: Site, happens: str, exit_status: int, status: str, replicas: int
) -> None:
    if happens in ("an edit", "a conflict"):
        site.change_note(GOAL, "percent: 10", "percent: 60")
    if happens == "a conflict":
        site.set_cell(GOAL, "Percent", 0.7)
    if happens == "a bad value":
        site.set_cell(GOAL, "Percent", "ca. 50 %")
    if happens == "no workbook but text":
        site.book.write_text("Goal;Percent\n")
    if happens == "a lost folder":
        site.notes.rename(site.folder / "elsewhere")
    if happens == "a wrong key":
        (site.folder / "mentorsync.toml").write_text("[program]\nnom = 'Harbour'\n")
    for words in (["sync", "--json"], ["sync", "--json", "--quiet"]):
        ran = site.run(*words)
        assert ran.status == exit_status, ran.said
        assert ran.err == ""
        assert ran.out.count("\n") == 1
        report = json.loads(ran.out)
        shape(report)
        assert report["status"] == status
        assert len(report["replicas"]) == replicas
        assert bool(report["conflicts"]) == (happens == "a conflict")
        assert bool(report["warnings"]) == (happens not in ("nothing", "an edit", "a conflict"))
    if happens == "a conflict":
        (conflict,) = report["conflicts"]
        assert (conflict["kind"], conflict["title"], conflict["field"], conflict["kept"]) == (
            "goal",
            GOAL,
            "percent",
            "60",
        )
        assert conflict["others"] == [{"value": "70", "replica": "workbook", "when": None, "who": None}]


def test_quiet_says_nothing_when_all_is_well(site: Site) -> None:
    site.change_note(GOAL, "percent: 10", "percent: 60")
    assert site.sync("--quiet").said == ""
    assert site.sync("--quiet").said == ""
    site.set_cell(GOAL, "Percent", "ca. 50 %")
    assert "ca. 50 %" in site.sync("--quiet", status=3).out


def test_a_dry_run_writes_nothing(site: Site) -> None:
    """Not a byte, in the tools or in the state; and the sync after it does what it said."""
    site.change_note(GOAL, "percent: 10", "percent: 60")
    site.set_cell("Speak in public", "Why it matters", "To be heard")
    site.note("Read twelve books").unlink()
    state = site.folder / ".mentorsync" / "state.sqlite3"
    before, kept = site.everything(), state.read_bytes()
    stats = {name: (site.folder / name).stat().st_mtime_ns for name in before}
    first = site.run("sync", "--dry-run")
    assert first.status == 0, first.said
    assert f"update goal “{GOAL}”\n      Percent: 10 → 60" in first.out
    assert "update goal “Speak in public”\n      Why it matters: To be heard" in first.out
    assert "delete goal “Read twelve books”" in first.out
    assert "Nothing was written (--dry-run)." in first.out
    report = site.report("--dry-run")
    assert all(
        counts[did] == 0
        for counts in report["replicas"].values()
        for did in ("created", "updated", "deleted")
    )
    assert site.run("sync", "--dry-run").out == first.out, "it says the same again"
    assert site.everything() == before
    assert {name: (site.folder / name).stat().st_mtime_ns for name in before} == stats
    assert state.read_bytes() == kept
    site.sync()
    assert site.row(GOAL)["Percent"] == pytest.approx(0.6)
    assert site.front("Speak in public")["why"] == "To be heard"
    site.agrees(GOAL, "Speak in public")


def test_doctor_finds_what_is_wrong_and_changes_nothing(site: Site) -> None:
    assert site.run("doctor").out.endswith("All is well.\n")
    site.change_note(GOAL, "percent: 10", "percent: ca. 10")
    site.sync(status=3)
    (site.folder / "calendar" / ".mentorsync" / "calendar.json").unlink()
    before = site.everything()
    doctor = site.run("doctor")
    assert doctor.status == 3
    assert (
        f"✗ notes: Goals/{GOAL}.md, line 7: Percent “ca. 10” is not a percentage → Write a number"
        in doctor.out
    )
    assert "✗ calendar: " in doctor.out
    assert "2 to mend." in doctor.out
    assert site.everything() == before
