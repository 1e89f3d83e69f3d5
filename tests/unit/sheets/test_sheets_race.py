"""People insert, delete, sort and edit between any two of our requests: no wrong row is overwritten for good, no word is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncengine.testing.loopback import Answer, Fault, Request
from syncengine_sheets.marks import TITLES
from syncengine_sheets.sandbox import Sandbox
from tests.unit.sheets.stage import Stage

GOALS = [f"Goal {letter}" for letter in "EBADC"]
"""In an order that sorting changes."""


def row_of(stage: Stage, title: str) -> int:
    row = stage.people.row("goal", title)
    assert row is not None, f"no row {title}"
    return row


def insert(stage: Stage) -> None:
    stage.people.hands("goal").insert_rows(1)


def insert_two_below(stage: Stage) -> None:
    stage.people.hands("goal").insert_rows(3, 2)


def delete_first(stage: Stage) -> None:
    """A blank row that somebody left on top, or else the first goal."""
    stage.people.hands("goal").delete_row(1)


def sort(stage: Stage) -> None:
    stage.people.hands("goal").sort(stage.people.column("goal", "title"))


def sort_back(stage: Stage) -> None:
    stage.people.hands("goal").sort(stage.people.column("goal", "title"), descending=True)


def drag(stage: Stage) -> None:
    stage.people.hands("goal").move_row(2, 6)


def begin_a_row(stage: Stage) -> None:
    stage.people.add("goal", {"title": "typed just then", "why": "because"})


def edit_the_cell(stage: Stage) -> None:
    """The very cell that is being written."""
    if stage.people.row("goal", "Goal B") is not None:
        stage.people.edit("goal", "Goal B", "why", "edited just then")


def edit_and_sort(stage: Stage) -> None:
    """Somebody writes something new and sorts, so that it lies where another row was."""
    stage.people.edit("goal", "Goal D", "why", "precious words")
    sort(stage)


def compute(stage: Stage) -> None:
    people = stage.people
    people.hands("goal").compute(
        row_of(stage, "Goal B"), people.column("goal", "why"), "=CONCATENATE(A3;B3)", "computed"
    )


def copy_row(stage: Stage) -> None:
    if stage.people.row("goal", "Goal A") is not None:
        stage.people.copy("goal", "Goal A")


def move_column(stage: Stage) -> None:
    people = stage.people
    people.hands("goal").move_column(people.column("goal", "why"), 1)


def insert_column(stage: Stage) -> None:
    stage.people.hands("goal").insert_column(1)


ACTS: dict[str, Callable[[Stage], None]] = {
    one.__name__: one
    for one in (insert, insert_two_below, delete_first, sort, sort_back, drag, begin_a_row, edit_the_cell, edit_and_sort,
                compute, copy_row, move_column, insert_column)
}  # fmt: skip


FAULTS = ("refused", "committed", "reset", "lost", "truncated")


class Races:
    """Acts at chosen requests of the next run."""

    def __init__(self, stage: Stage, plan: dict[int, list[str]]) -> None:
        self.stage, self.plan, self.done = stage, plan, list[str]()
        self.first = len(stage.sandbox.log)
        stage.sandbox.before = self.before

    @property
    def step(self) -> int:
        """The number of the request that is being made, or comes next."""
        return len(self.stage.sandbox.log) - self.first + 1

    def before(self, request: Request) -> None:
        for name in self.plan.pop(self.step, []):
            ACTS[name](self.stage)
            self.done.append(name)


def prepared(folder: Path, sandbox: Sandbox) -> Stage:
    """Five goals everywhere; then, in the other tool, one edited, one removed, two new."""
    stage = Stage(folder, sandbox)
    for title in GOALS:
        stage.other.add("goal", title=title, why=f"why of {title}", status="in progress", percent=40)
    stage.settled()
    stage.other.edit(stage.other.find("goal", title="Goal B"), why="new words for B", percent=60)
    stage.other.remove(stage.other.find("goal", title="Goal C"))
    stage.other.add("goal", title="Goal F", why="why of Goal F")
    stage.other.add("goal", title="Goal G", why="why of Goal G", due="2026-05-01")
    return stage


def held(stage: Stage) -> dict[str, dict[str, Any]]:
    """Id to what people see of each goal in the spreadsheet; fails where an id is there twice."""
    people, hands = stage.people, stage.people.hands("goal")
    at, found = hands.column("mentorsync id"), dict[str, dict[str, Any]]()
    for row in range(1, len(hands.tab.rows)):
        title = hands.see(row, people.column("goal", "title"))
        id = hands.see(row, at)
        if id.startswith(("free", "removed")) or not (title or id):
            assert not title, (id, title)
            continue
        assert id not in found, f"{id} is there twice"
        found[id] = {
            name: hands.see(row, people.column("goal", name))
            for name in ("title", "why", "status", "percent")
        }
    return found


def check(stage: Stage, acts: list[str]) -> None:
    """What must be true whatever happened."""
    records, rows = stage.records("goal"), held(stage)
    assert rows.keys() == records.keys()
    for id, record in records.items():
        assert rows[id]["title"] == (record.fields.get("title") or ""), (rows[id], record.fields)
        assert rows[id]["why"] == (record.fields.get("why") or ""), (rows[id], record.fields)
    by_title: dict[str, list[str]] = {}
    for record in records.values():
        by_title.setdefault(str(record.fields.get("title")), []).append(str(record.fields.get("why")))
    # "delete_first" takes a goal away, which one depends on what lay there then; the others are all there, unmixed.
    gone = [
        title
        for title in ("Goal A", "Goal D", "Goal E", "Goal F", "Goal G", "Goal B")
        if title not in by_title
    ]
    assert len(gone) <= acts.count("delete_first"), (gone, acts)
    for title in ("Goal A", "Goal E", "Goal F", "Goal G"):
        assert set(by_title.get(title, [])) <= {f"why of {title}"}, by_title
    assert set(by_title.get("Goal D", [])) <= {"why of Goal D", "precious words"}
    assert set(by_title.get("Goal B", [])) <= {"new words for B", "edited just then", "computed"}
    # Whoever edits a row in the second in which it says another name, edits that row: an edit wins over a deletion.
    assert "Goal C" not in by_title or {"delete_first", "edit_the_cell", "edit_and_sort", "compute"} & set(
        acts
    )
    assert "None" not in by_title, f"left over: {by_title['None']}"
    words = everything_ever_written(stage)
    for act, word in (
        ("begin_a_row", "typed just then"),
        ("edit_and_sort", "precious words"),
        ("edit_the_cell", "edited just then"),
    ):
        if act in acts and not {"delete_first", "compute"} & set(acts):
            assert word in words, f"{word!r} of {act} is lost: {acts}"
    assert "new words for B" in words


def everything_ever_written(stage: Stage) -> str:
    """Records, history, conflicts, and every cell of the spreadsheet that is ours or people's (the journal aside)."""
    with stage.store() as store:
        parts = [str(r.fields) for r in [*store.all_records(), *store.all_records(deleted=True)]]
        parts += [str(one.changes) for one in store.history()]
        parts += [str(one.detail) for one in store.conflicts(state=None)]
    for tab in stage.sheet.tabs:
        if tab.title != TITLES["journal"]:
            parts += [str(cell.value) for row in tab.rows for cell in row.values()]
    return "\n".join(parts)


@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("act", ACTS)
def test_an_act_between_any_two_requests(act: str, step: int, tmp_path: Path, sandbox: Sandbox) -> None:
    stage = prepared(tmp_path / "program", sandbox)
    races = Races(stage, {step: [act]})
    stage.sync(allow={"mass-deletion"})
    assert races.done == [act]
    stage.settled()
    check(stage, races.done)


@pytest.mark.parametrize("step", [4, 5])
@pytest.mark.parametrize("act", ["insert", "edit_and_sort"])
def test_putting_right_that_breaks_off_is_finished_by_the_next_run(
    act: str, step: int, tmp_path: Path, sandbox: Sandbox
) -> None:
    """The sign-in runs out when rows that moved are to be put back (3 is the batch that hit them): nothing of it is an edit."""
    stage = prepared(tmp_path / "program", sandbox)
    races = Races(stage, {3: [act]})
    expired = Answer(401, {"error": {"code": 401, "message": "expired", "status": "UNAUTHENTICATED"}})
    sandbox.fault = lambda _request: Fault("refused", expired) if races.step >= step else None
    stage.sync()
    assert races.done == [act]
    sandbox.fault = lambda _request: None
    stage.settled()
    check(stage, races.done)


def test_a_new_row_that_moves_before_it_has_its_id_is_no_second_record(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    """Its record is known by its place until the id stands there, and the place is another row's by then."""
    stage = prepared(tmp_path / "program", sandbox)
    stage.people.add("goal", {"title": "Typed before", "why": "because"})
    races = Races(stage, {3: ["insert"]})
    stage.sync()
    assert races.done == ["insert"]
    [first] = [id for id, record in stage.records("goal").items() if record.fields["title"] == "Typed before"]
    stage.settled()
    [now] = [id for id, record in stage.records("goal").items() if record.fields["title"] == "Typed before"]
    assert now == first
    check(stage, races.done)


PEOPLE = ("Ada Lovelace", "Grace Hopper", "Linus T.", "Margaret H.")


def people_sort(stage: Stage) -> None:
    stage.people.hands("person").sort(stage.people.column("person", "name"))


def people_drag(stage: Stage) -> None:
    stage.people.hands("person").move_row(1, 4)


@pytest.mark.parametrize("step", [2, 3])
@pytest.mark.parametrize("theirs", [people_sort, people_drag], ids=lambda one: one.__name__)
@pytest.mark.parametrize("act", ["insert", "edit_and_sort", "move_column"])
def test_several_tabs_change_while_several_are_written(
    act: str, theirs: Callable[[Stage], None], step: int, tmp_path: Path, sandbox: Sandbox
) -> None:
    """One batch writes to both tabs, and in that moment rows of both are moved: each is put right by its own journal lines."""
    stage = Stage(tmp_path / "program", sandbox)
    for name in PEOPLE:
        stage.other.add("person", name=name, about=f"about {name}")
    for title in GOALS:
        stage.other.add("goal", title=title, why=f"why of {title}", person="Ada Lovelace", percent=40)
    stage.settled()
    stage.other.edit(stage.other.find("goal", title="Goal B"), why="new words for B", percent=60)
    stage.other.edit(stage.other.find("person", name="Grace Hopper"), about="new words for Grace")
    stage.other.remove(stage.other.find("goal", title="Goal C"))
    stage.other.add("goal", title="Goal F", why="why of Goal F")
    stage.other.add("person", name="Tim B.", about="about Tim B.")
    first, done = len(sandbox.log), list[int]()

    def before(_request: Request) -> None:
        if len(sandbox.log) - first + 1 == step and not done:
            done.append(step)
            ACTS[act](stage)
            theirs(stage)

    sandbox.before = before
    stage.sync()
    assert done
    stage.settled()
    goals = {str(r.fields["title"]): r.fields["why"] for r in stage.records("goal").values()}
    people = {str(r.fields["name"]): r.fields["about"] for r in stage.records("person").values()}
    expected = {f"Goal {letter}": f"why of Goal {letter}" for letter in "ABDEF"} | {
        "Goal B": "new words for B"
    }
    if act == "edit_and_sort":
        expected["Goal D"] = "precious words"
    assert goals == expected
    assert people == {name: f"about {name}" for name in (*PEOPLE, "Tim B.")} | {
        "Grace Hopper": "new words for Grace"
    }
    for kind, column, said in (("goal", "why", goals), ("person", "about", people)):
        for title, words in said.items():
            assert stage.people.read(kind, title)[column] == words  # type: ignore[index]
        assert stage.people.count(kind) == len(said)


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    plan=st.dictionaries(
        st.integers(2, 9),
        st.lists(st.sampled_from(sorted(ACTS)), min_size=1, max_size=3),
        min_size=1,
        max_size=5,
    ),
    faults=st.dictionaries(st.integers(2, 9), st.sampled_from(FAULTS), max_size=2),
)
def test_acts_between_many_requests_in_bad_weather_also_while_rows_are_put_back(
    plan: dict[int, list[str]],
    faults: dict[int, str],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHEETS_TOKEN", "any-token")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with Sandbox() as sandbox:
        stage = prepared(tmp_path_factory.mktemp("race") / "program", sandbox)
        races, left = Races(stage, {step: list(acts) for step, acts in plan.items()}), dict(faults)

        def fault(_request: Request) -> Fault | None:
            kind = left.pop(races.step, None)
            later = Answer(503, {"error": {"code": 503, "message": "later", "status": "UNAVAILABLE"}})
            return Fault(kind, later if kind in ("refused", "committed") else None) if kind else None  # type: ignore[arg-type]

        sandbox.fault = fault
        stage.sync(allow={"mass-deletion"})
        for _ in range(12):
            if not races.plan and not left and stage.sync(allow={"mass-deletion"}).writes == 0:
                break
            races.plan = {step: acts for step, acts in races.plan.items() if step >= races.step}
            left = {step: kind for step, kind in left.items() if step >= races.step}
        sandbox.before, sandbox.fault = (lambda _request: None), (lambda _request: None)
        stage.settled()
        check(stage, races.done)


class Killed(BaseException):
    """The process ends."""


@pytest.mark.parametrize("act", ["sort", "drag", "insert"])
def test_a_new_line_that_moves_after_a_run_was_killed_is_one_record(
    act: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run had made it a record and not written its id yet, nor kept a cursor that knows of the line."""
    stage = Stage(tmp_path / "program", sandbox)
    for title in GOALS:
        stage.other.add("goal", title=title, why=f"why of {title}")
    stage.settled()
    stage.people.add("goal", {"title": "A new line", "why": "because"})

    def end(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("syncengine_sheets.client.Client.cells", end)
        with pytest.raises(Killed):
            stage.sync()
    ACTS[act](stage)
    stage.settled()
    titles = sorted(str(r.fields["title"]) for r in stage.records("goal").values())
    assert titles == sorted([*GOALS, "A new line"])
    assert stage.people.count("goal") == len(titles)
    assert not stage.sync().warnings
