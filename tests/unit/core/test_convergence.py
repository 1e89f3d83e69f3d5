"""Delta, merge and plan together, without any tool: replicas that people edit at will come to agree, and stay so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from syncengine.connector import Item
from syncengine.core.delta import Source, by_field, compare
from syncengine.core.merge import Candidate, merge_field
from syncengine.core.shadow import Shadow, differing, without
from syncengine.model.ids import derived_id
from syncengine.model.kinds import all_kinds
from syncengine.model.values import Fields, Value
from syncengine.testing.clock import START

GOAL = all_kinds()["goal"].only(("title", "percent", "due", "person", "notes"))
ID = derived_id(START, "goal")
VALUES: dict[str, tuple[Value, ...]] = {
    "title": (None, "Learn SQL", "Learn Spanish", "Run a meeting"),
    "percent": (None, 0, 40, 100),
    "due": (None, "2026-05-01", "2026-06-01"),
    "person": (None, derived_id(START, "ada"), derived_id(START, "grace")),
    "notes": (None, "one\n\ntwo\n\nthree", "one\n\ntwo", "zero\n\none\n\ntwo\n\nthree", "one\n\n2\n\nthree"),
}


@dataclass
class Place:
    """One tool with one row."""

    name: str
    columns: frozenset[str]
    shows: Callable[[Value], Value]
    row: Fields = field(default_factory=dict)
    shadow: Shadow = field(default_factory=lambda: Shadow("", ID, "goal"))

    def write(self, name: str, value: Value) -> None:
        self.row[name] = self.shows(value)
        self.shadow.held[name] = self.row[name]
        self.shadow.sent = without(self.shadow.sent, name)
        if self.row[name] != value:
            self.shadow.sent = {**self.shadow.sent, name: value}


@dataclass
class Program:
    places: list[Place]
    canonical: Fields = field(default_factory=dict)
    origin: dict[str, Candidate] = field(default_factory=dict)
    history: list[tuple[str, Value]] = field(default_factory=list)
    conflicts: list[tuple[str, Value]] = field(default_factory=list)

    def sync(self) -> int:
        """One run; how many fields it wrote."""
        edits = []
        for rank, place in enumerate(self.places):
            told = Item("goal", ID, "row", {n: v for n, v in place.row.items() if n in place.columns}, "row")
            delta = compare(GOAL, place.shadow, told, Source(place.name, rank), START)
            place.shadow = delta.shadow
            edits += delta.edits
        for name, changed in by_field(edits).items():
            current = self.canonical.get(name)
            merged = merge_field(GOAL.fields[name], current, changed, self.origin.get(name))
            self.history.append((name, current))
            self.history += [
                (name, edit.after) for edit in changed if merged.rule == "merged"
            ]  # as `run.agree` does
            if merged.conflict is not None:
                self.conflicts += [(name, one.value) for one in merged.conflict.lost]
            if merged.value != current:
                by = next((e for e in changed if e.after == merged.value), changed[0])
                self.origin[name] = Candidate(merged.value, by.replica, by.rank)
                self.canonical[name] = merged.value
        writes = 0
        for place in self.places:
            for name in differing(GOAL, place.shadow, self.canonical, place.columns, {}):
                place.write(name, self.canonical.get(name))
                writes += 1
        return writes


def whole(value: Value) -> Value:
    return value


def trimmed(value: Value) -> Value:
    return value[:10].strip() if isinstance(value, str) else value


def tens(value: Value) -> Value:
    return value // 30 * 30 if isinstance(value, int) else value


@st.composite
def programs(draw: st.DrawFn) -> Program:
    names = sorted(GOAL.fields)
    return Program([
        Place(f"place {number}", frozenset(draw(st.sets(st.sampled_from(names), min_size=1)) if lacking else names), shows)
        for number, (shows, lacking) in enumerate(
            draw(st.lists(st.tuples(st.sampled_from([whole, trimmed, tens]), st.booleans()), min_size=2, max_size=4))
        )
    ])  # fmt: skip


@given(programs(), st.data())
def test_they_agree_after_every_run_and_the_next_one_writes_nothing(
    program: Program, data: st.DataObject
) -> None:
    words: list[tuple[str, Value]] = []
    for _ in range(data.draw(st.integers(1, 4), label="runs")):
        for place in program.places:
            for name in data.draw(
                st.sets(st.sampled_from(sorted(place.columns)), max_size=3), label=place.name
            ):
                before, place.row[name] = place.row.get(name), data.draw(st.sampled_from(VALUES[name]))
                if place.row[name] != before:  # else nobody did anything
                    words.append((name, place.row[name]))
        program.sync()
        for place in program.places:
            for name in place.columns:
                wanted = program.canonical.get(name)
                assert place.row.get(name) in (wanted, place.shows(wanted)), (
                    f"{place.name} has another {name}"
                )
        assert program.sync() == 0
    for name, word in words:
        there = [
            program.canonical.get(name),
            *(v for n, v in (*program.history, *program.conflicts) if n == name),
        ]
        assert word is None or word in there, f"{name}: {word!r} is lost"


@given(programs())
def test_a_column_that_is_lost_clears_nothing_and_is_filled_again(program: Program) -> None:
    first = program.places[0]
    first.columns = frozenset(GOAL.fields)
    first.row = {name: values[1] for name, values in VALUES.items()}
    program.sync()
    before = dict(program.canonical)
    program.places[-1].row.pop("title", None)
    program.sync()
    assert program.canonical == before
    last = program.places[-1]
    assert "title" not in last.columns or last.row["title"] == last.shows("Learn SQL")
    assert program.sync() == 0
