"""What a connector may add to the contract: lists that leave items out, tried creates, its cursor at opening, checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from syncengine.config import load
from syncengine.connector import Check, Opening, Operation, Outcome, Pull, Trouble
from syncengine.model.ids import seeded_ids
from syncengine.provision import plan_setup, setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryConnector, MemoryReplica, MemoryTool

KINDS = frozenset(("goal", "person"))


class Listing(MemoryReplica):
    """Lists whole kinds in reads that are not complete, and leaves `hidden` rows out of them."""

    hidden: set[str] = set()
    unclear: set[str] = set()
    asked: list[list[str]] = []
    openings: list[bytes | None] = []
    given: list[Operation] = []

    def pull(self, cursor: bytes | None, again: object) -> Pull:
        found = super().pull(None, ())
        found.items = [item for item in found.items if item.handle not in self.hidden | self.unclear]
        found.complete, found.whole = False, KINDS
        return found

    def confirm(self, handles: Sequence[str]) -> Pull:
        self.asked.append(list(handles))
        there = [self._item(h, self.tool.rows[h]) for h in handles if h in self.hidden]
        unclear = [
            Trouble(h, "can't be seen", "Look.", kind="goal", handle=h) for h in handles if h in self.unclear
        ]
        gone = [h for h in handles if h not in self.hidden | self.unclear]
        return Pull(there, False, {}, gone, unclear)

    def push(self, operations: Sequence[Operation]) -> Iterator[Outcome]:
        self.given.extend(operations)
        return super().push(operations)

    def cursor(self) -> bytes | None:
        return b"here"

    def checks(self) -> Sequence[Check]:
        return [Check("the door is open"), Check("the light is on", "it is dark", "Switch it on.")]


class Place:
    """A program of a listing tool and a plain one."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.ids = seeded_ids(3)
        self.tool = MemoryTool.make(f"listing-{folder}", self.clock)
        self.other = MemoryTool.make(f"plain-{folder}", self.clock)
        path = folder / "mentorsync.toml"
        path.write_text(
            '[program]\nname = "p"\ntemplate = "light"\n'
            + "".join(f"[[replica]]\nname = '{name}'\nconnector = \"memory\"\ntool = '{tool.name}'\n"
                      for name, tool in (("a", self.tool), ("b", self.other))),
            "utf-8",
        )  # fmt: skip
        self.program = load(str(path))
        setup(self.program, now=self.clock(), ids=self.ids)

    def sync(self) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name in ("hidden", "unclear", "asked", "openings", "given"):
        monkeypatch.setattr(Listing, name, type(getattr(Listing, name))())

    def opened(_self: object, opening: Opening) -> MemoryReplica:
        tool = MemoryTool.TOOLS[str(opening.settings["tool"])]
        if not tool.name.startswith("listing"):
            return MemoryReplica(opening, tool)
        Listing.openings.append(opening.cursor)
        return Listing(opening, tool)

    monkeypatch.setattr(MemoryConnector, "open", opened)
    return Place(tmp_path)


def test_what_a_list_leaves_out_is_looked_at_before_it_counts_as_gone(place: Place) -> None:
    for title in ("A", "B", "C", "D"):
        place.other.add("goal", title=title)
    place.sync()
    handles = {row.fields["title"]: handle for handle, row in place.tool.rows.items() if row.kind == "goal"}
    Listing.hidden, Listing.unclear = {handles["A"]}, {handles["B"]}
    place.tool.remove(handles["C"])
    report = place.sync()
    assert sorted(row.fields["title"] for row in place.other.of("goal")) == ["A", "B", "D"]
    assert Listing.asked[-1] == sorted((handles["A"], handles["B"], handles["C"]))
    assert any("can't be seen" in warning for warning in report.warnings)
    assert place.sync().writes == 0


def test_the_cursor_of_the_last_run_is_there_at_the_opening(place: Place) -> None:
    place.sync()
    place.sync()
    assert Listing.openings[-1] == b"here"


def test_a_create_that_an_earlier_run_meant_to_make_says_so(place: Place) -> None:
    place.other.add("goal", title="A")
    place.tool.io = _broken
    place.sync()
    place.tool.io = lambda what: None
    place.other.add("goal", title="B")
    Listing.given.clear()
    place.sync()
    assert {o.title: o.tried for o in Listing.given if o.kind == "goal"} == {"A": True, "B": False}
    assert sorted(row.fields["title"] for row in place.tool.of("goal")) == ["A", "B"]


def _broken(what: str) -> None:
    if what == "before create":
        raise OSError("away")


def test_a_replica_tells_doctor_what_is_wrong_with_its_access(place: Place) -> None:
    plan = plan_setup(place.program, check=True)
    assert [(name, check.problem) for name, check in plan.checks] == [("a", ""), ("a", "it is dark")]
    assert plan_setup(place.program).checks == []


def test_progress_tells_how_many_of_how_many(place: Place) -> None:
    told: list[tuple[str, int, int]] = []
    for title in ("A", "B", "C"):
        place.other.add("goal", title=title)
    place.clock.tick()
    sync(place.program, now=place.clock, ids=place.ids, progress=lambda *one: told.append(one))
    assert [one for one in told if one[0] == "a"] == [("a", 1, 3), ("a", 2, 3), ("a", 3, 3)]
