"""Whatever people change and move, at once and in any combination: a sync takes four requests at most, and all agree after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from syncengine.config import load
from syncengine.model.kinds import all_kinds
from syncengine_sheets.batching import MOST_BYTES
from syncengine_sheets.marks import chosen
from syncengine_sheets.sandbox import Hands, Sandbox
from tests.unit.sheets.stage import Stage

MOST = 4
GOALS = 8


class Movers:
    """People who move and rename things; they find tabs and columns as nothing but their ids and marks tell."""

    def __init__(self, stage: Stage, seed: int = 7) -> None:
        self.stage, self.random, self.count = stage, Random(seed), 0

    def hands(self, kind: str) -> Hands:
        tab = self.stage.sheet.tab(chosen("tab", kind))
        return Hands(self.stage.sheet, tab.title)

    def column(self, kind: str, field: str) -> int:
        sheet, tab = self.stage.sheet, self.hands(kind).tab
        return next(
            at
            for at in range(tab.column_count)
            if any(m["metadataValue"].partition(":")[0] == field for m in sheet.column_metadata(tab, at))
        )

    def top(self, kind: str) -> int:
        """The row of the headings."""
        hands, at = self.hands(kind), self.column(kind, "id")
        return next(n for n in range(len(hands.tab.rows)) if hands.tab.get(n, at).value == "mentorsync id")

    def fresh(self, words: str) -> str:
        self.count += 1
        return f"{words} {self.count}"

    def lines(self, kind: str, fields: tuple[str, ...]) -> list[tuple[object, ...]]:
        """What the rows below the headings show of these fields."""
        hands, columns = self.hands(kind), [self.column(kind, one) for one in fields]
        rows = range(self.top(kind) + 1, len(hands.tab.rows))
        found = [tuple(hands.tab.get(row, at).value for at in columns) for row in rows]
        return [line for line in found if any(one not in (None, False) for one in line)]

    # -- what they do

    def rename_tab(self) -> None:
        self.hands("goal").tab.title = self.fresh("Our goals")

    def swap_tabs(self) -> None:
        one, other = self.hands("goal").tab, self.hands("person").tab
        one.title, other.title = other.title, one.title

    def rename_column(self) -> None:
        self.hands("goal").type(self.top("goal"), self.column("goal", "why"), self.fresh("Because"))

    def move_column(self) -> None:
        hands = self.hands("goal")
        hands.move_column(self.column("goal", "why"), self.random.randrange(hands.tab.column_count - 2))

    def double_heading(self) -> None:
        hands, at = self.hands("goal"), self.column("goal", "due")
        heading = hands.tab.get(self.top("goal"), at).value
        hands.insert_column(at)
        hands.type(self.top("goal"), at, heading)

    def own_columns(self) -> None:
        for at in (1, 1):
            self.hands("person").insert_column(at)

    def rows_above(self) -> None:
        self.hands("goal").insert_rows(0, 2)

    def sort(self) -> None:
        hands, top = self.hands("goal"), self.top("goal")
        hands.tab.sort(
            top + 1, hands.tab.last_row(), 0, hands.tab.column_count, [(self.column("goal", "title"), True)]
        )

    def take_a_column_out(self) -> None:
        hands, kept = self.hands("win"), {"id", *all_kinds()["win"].title}
        fields = [one for one in self.marks("win") if one not in kept]
        if fields:
            hands.delete_column(self.column("win", fields[0]))

    def marks(self, kind: str) -> list[str]:
        sheet, tab = self.stage.sheet, self.hands(kind).tab
        found = (m for at in range(tab.column_count) for m in sheet.column_metadata(tab, at))
        return [m["metadataValue"].partition(":")[0] for m in found]

    def other_config(self) -> None:
        """Cells are read otherwise from now on."""
        path = self.stage.folder / "mentorsync.toml"
        text = path.read_text(encoding="utf-8")
        line = 'columns.goal = { "Deadline" = "due" }\n'
        path.write_text(
            text.replace(line, "") if line in text else text.replace("api_endpoint", line + "api_endpoint"),
            encoding="utf-8",
        )
        self.stage.program = load(str(path))

    def other_locale(self) -> None:
        self.stage.sheet.locale = "de_DE" if self.stage.sheet.locale != "de_DE" else "en_US"

    def change_data(self) -> None:
        """On both sides: edits, lines without an id, new records where others were deleted, what nobody understands."""
        stage, hands = self.stage, self.hands("goal")
        held = sorted(str(r.fields["title"]) for r in stage.records("goal").values())
        edited, there, gone, *_ = self.random.sample(held, 4)
        stage.other.edit(stage.other.find("goal", title=edited), why=self.fresh("why"), percent=50)
        stage.other.remove(stage.other.find("goal", title=gone))
        for _ in range(2):
            stage.other.add("goal", title=self.fresh("From elsewhere"), why="yes")
        title, why = self.column("goal", "title"), self.column("goal", "why")
        row = next(n for n in range(len(hands.tab.rows)) if hands.tab.get(n, title).value == there)
        hands.type(row, why, self.fresh("written here"))
        below = hands.below()
        hands.type(below, title, self.fresh("Typed here"))
        hands.type(below, why, "by hand")
        hands.type(below, self.column("goal", "percent"), "ca. 50 %")
        stage.other.add("person", name=self.fresh("Ada"))


MOVES: Mapping[str, Callable[[Movers], None]] = {
    one.__name__: one
    for one in (
        Movers.rename_tab, Movers.swap_tabs, Movers.rename_column, Movers.move_column, Movers.double_heading,
        Movers.own_columns, Movers.rows_above, Movers.sort, Movers.take_a_column_out, Movers.other_config, Movers.other_locale,
    )
}  # fmt: skip
"""What people, and whoever keeps the config, do between two syncs."""


@pytest.fixture
def movers(tmp_path: Path, sandbox: Sandbox) -> Movers:
    stage = Stage(tmp_path / "program", sandbox)
    for number in range(GOALS):
        stage.other.add("goal", title=f"Goal {number}", why=f"why {number}")
    stage.settled()
    return Movers(stage)


def held_to(movers: Movers, what: object) -> None:
    """Syncs until nothing is left to do, each in four requests; then both sides hold the same."""
    stage = movers.stage
    for _ in range(4):
        made = stage.requests(stage.sync)
        assert len(made) <= MOST, (what, made)
        if len(made) == 1:
            break
    assert len(made) == 1, (what, "it does not settle", made)
    canon = {(r.fields["title"], r.fields.get("why")) for r in stage.records("goal").values()}
    there = movers.lines("goal", ("title", "why"))
    assert len(there) == len(set(there)), (what, "doubled")
    assert set(there) == canon, what
    people = {str(r.fields["name"]) for r in stage.records("person").values()}
    assert {str(name) for (name,) in movers.lines("person", ("name",))} == people, what


@pytest.mark.parametrize("first", MOVES)
def test_any_two_moves_with_changes_of_data_take_four_requests(movers: Movers, first: str) -> None:
    for second in [first, *(b for a, b in combinations(MOVES, 2) if a == first)]:
        for name in dict.fromkeys((first, second)):
            MOVES[name](movers)
        movers.change_data()
        held_to(movers, (first, second))


def test_everything_at_once_takes_four_requests(movers: Movers) -> None:
    for _ in range(3):
        for name in movers.random.sample(list(MOVES), len(MOVES)):
            MOVES[name](movers)
        movers.change_data()
        held_to(movers, "all")


@pytest.mark.parametrize("moved", [False, True])
def test_the_first_sync_after_setup_takes_four_requests(
    tmp_path: Path, sandbox: Sandbox, moved: bool
) -> None:
    """Where the config does not name the spreadsheet yet, one of them looks for it in Drive."""
    movers = Movers(Stage(tmp_path / "program", sandbox))
    if moved:
        for name in ("rename_tab", "swap_tabs", "move_column", "rename_column", "rows_above", "other_locale"):
            MOVES[name](movers)
    hands = movers.hands("goal")
    hands.type(movers.top("goal") + 1, movers.column("goal", "title"), "typed before")
    for number in range(GOALS):
        movers.stage.other.add("goal", title=f"Goal {number}")
    held_to(movers, "set-up")
    assert len(movers.lines("goal", ("title",))) == GOALS + 1


def test_more_than_a_payload_takes_a_request_more_for_each(movers: Movers, sandbox: Sandbox) -> None:
    """Google recommends no more than 2 MB in one request (sheets.md, 7): that limit wins over the four requests."""
    stage, long = movers.stage, 40_000
    for number in range(100):
        stage.other.add("goal", title=f"Long {number}", why=f"{number} " + "x" * long)
    first = len(sandbox.log)
    made = stage.requests(stage.sync)
    assert 100 * long > 2 * MOST_BYTES
    assert len(made) == 2 + -(-100 * long // MOST_BYTES) <= MOST + 100 * long // MOST_BYTES, made
    assert max(len(e.request.body) for e in sandbox.log[first:]) <= 2_000_000
    assert stage.requests(stage.sync) == ["GET values:batchGet"]


def test_a_setup_takes_six_requests_whatever_it_finds(tmp_path: Path, sandbox: Sandbox) -> None:
    """Anew, over people's own tables, and again after tabs and columns of ours were taken out."""
    mine = sandbox.make("Mine", locale="de_DE", time_zone="Europe/Berlin")
    hands = sandbox.hands(mine, mine.tabs[0].title)
    for at, text in enumerate(("Goal", "Deadline", "Progress")):
        hands.type(0, at, text)
    hands.type(1, 0, "Learn SQL")
    more = f'spreadsheet = "{mine.id}"\n'
    stage = Stage(tmp_path / "program", sandbox, template="structured", more=more, make=False)

    def six() -> None:
        done: Any = None

        def setup() -> None:
            nonlocal done
            done = stage.setup()

        assert len(stage.requests(setup)) <= 6
        assert not done.problems, done.problems

    six()
    stage.settled()
    movers = Movers(stage)
    movers.take_a_column_out()
    mine.tabs[:] = [tab for tab in mine.tabs if tab.id != chosen("tab", "feedback")]
    six()
    stage.settled()
    six()
