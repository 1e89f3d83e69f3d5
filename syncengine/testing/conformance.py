"""The conformance suite: every connector keeps the contract, proven through the real engine.

A plug-in author subclasses `Conformance` in a test module and says how people work with the tool:

    class TestMyTool(Conformance):
        connector = "mytool"
        def settings(self, folder): return {"path": str(folder / "place")}
        def people(self, folder): return MyPeople(folder / "place")

`people` is an object with the methods of `People` below: they act on the tool as a person would, without our code.
What a tool can't do at all it says in `cannot` (the suite skips those tests, with that reason).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from syncengine.config import Program, load
from syncengine.model.ids import seeded_ids
from syncengine.model.values import Fields, Value
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.run.links import linking
from syncengine.store import open_store
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool

NASTY: Mapping[str, str] = {
    "emoji and other astral characters": "🦊👩‍👩‍👧‍👦 𝔐𝔢𝔫𝔱𝔬𝔯 🇪🇺",
    "right to left": "שלום עולם، مرحبا",
    "a leading equals sign": "=1+1",
    "a leading plus": "+49 30 123",
    "a leading minus": "-- not a list",
    "a leading at": "@SUM(A1)",
    "quotes": "He said \"it's 'fine'\" `here`",
    "a newline": "first\nsecond",
    "ten thousand characters": "word " * 1999 + "ends.",
    "NaN": "NaN", "null": "null", "TRUE": "TRUE", "leading zeros": "007", "an exponent": "1e5", "yes": "yes", "a tilde": "~",
    "a date": "2026-03-01", "a percentage": "50%", "a colon": "key: value # not a comment", "brackets": "[[a]] {b} <c> &amp;",
    "a backslash": "C:\\new\\table", "commas and semicolons": "one, two; three", "an escape": "_x0041_ \\n", "combining": "e\u0301 vs é",
}  # fmt: skip

VALUES: Mapping[str, tuple[Value, ...]] = {
    "number": (0, -3, 2.5, 1_000_000_007, 0.1),
    "percent": (0, 1, 40, 99.5, 100),
    "date": ("1900-01-01", "1900-02-28", "1900-03-01", "2024-02-29", "2100-12-31"),
    "instant": ("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z",
                "1950-06-01T12:00:00Z", "2100-12-31T22:59:00Z"),
    "flag": (True,),
}  # fmt: skip
"""Values that have broken tools: bounds, DST gaps and folds (Europe/Berlin), the first and last years."""


class People(Protocol):
    """What people do in the tool, without our code. Items are named by their title."""

    def add(self, kind: str, fields: Mapping[str, Any]) -> None: ...
    def edit(self, kind: str, title: str, field: str, value: Any) -> None: ...
    def remove(self, kind: str, title: str) -> None: ...
    def read(self, kind: str, title: str) -> Mapping[str, Any] | None:
        """What a person sees for our fields as text or plain values; `None`: no such item."""

    def count(self, kind: str) -> int: ...
    def copy(self, kind: str, title: str) -> None:
        """Copy the item whole, its id included, as people copy rows and files."""

    def rename_field(self, kind: str, field: str) -> None:
        """Give the field's column another heading."""

    def drop_field(self, kind: str, field: str) -> None:
        """Delete the field's column everywhere."""

    def shuffle(self, kind: str) -> None:
        """Sort or move the items."""

    def own_content(self) -> None:
        """Put content of one's own into the place: what must survive."""

    def own_content_is_intact(self) -> bool: ...
    def break_item(self, kind: str, title: str) -> None:
        """Damage the item so that it can't be read."""


class Conformance:
    """See the module."""

    connector: ClassVar[str]
    template: ClassVar[str] = "structured"
    cannot: ClassVar[Mapping[str, str]] = {}
    """Test name (without `test_`) to the reason why this tool has no such thing."""
    kind: ClassVar[str] = "goal"
    title: ClassVar[str] = "title"
    field: ClassVar[str] = "why"
    """A kind that people can add, its title field, and a text field of it."""
    lossy: ClassVar[frozenset[str]] = frozenset()
    """Kinds of nasty values that the tool is known not to hold exactly (documented in its BEHAVIOR.md)."""

    def settings(self, folder: Path) -> Mapping[str, Any]:
        raise NotImplementedError

    def people(self, folder: Path) -> People:
        raise NotImplementedError

    # -- the stage

    def place(self, folder: Path) -> None:
        """Prepare the tool itself, where that needs more than `setup`."""

    @pytest.fixture(autouse=True)
    def _stage(self, tmp_path: Path, request: pytest.FixtureRequest) -> None:
        name = request.node.originalname.removeprefix("test_")
        if name in self.cannot:
            pytest.skip(self.cannot[name])
        # Later than any file the test writes, so that real edit times never lie in the run's future.
        self.clock = Clock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.ids = seeded_ids(7)
        self.other = MemoryTool.make(f"other-{tmp_path}", self.clock)
        self.folder = tmp_path
        self.place(tmp_path)
        own = "\n".join(
            f"{key} = {value!r}" if isinstance(value, str) else f"{key} = {value}"
            for key, value in self.settings(tmp_path).items()
        )
        (tmp_path / "mentorsync.toml").write_text(
            f'[program]\nname = "conformance"\ntemplate = "{self.template}"\nzone = "Europe/Berlin"\n\n'
            f'[[replica]]\nname = "tool"\nconnector = "{self.connector}"\n{own}\n\n'
            f'[[replica]]\nname = "other"\nconnector = "memory"\ntool = \'{self.other.name}\'\n',
            encoding="utf-8",
        )
        self.program: Program = load(str(tmp_path / "mentorsync.toml"))
        done = setup(self.program, now=self.clock(), ids=self.ids)
        assert not done.problems, done.problems
        self.sync()

    def sync(self, **options: Any) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids, **options)

    def settled(self) -> Report:
        """Sync once for the work and once more: design rule 9, the second sync writes nothing."""
        report = self.sync()
        again = self.sync()
        assert again.writes == 0, (again.as_json(), report.warnings)
        return report

    def seed(self, **fields: Any) -> str:
        """A record made in the other tool, with a pair and two people to refer to; returns its title."""
        for name in ("Ada Lovelace", "Grace Hopper"):
            self.other.add("person", name=name)
        self.other.add("pair", name="Ada & Grace", members="Ada Lovelace; Grace Hopper", every="2 weeks",
                       first_meeting="2026-03-03", time="17:00", minutes=45)  # fmt: skip
        values = {
            self.title: "Learn SQL",
            "person": "Ada Lovelace",
            "pair": "Ada & Grace",
            self.field: "to ask my own questions",
        }
        self.other.add(self.kind, **{**values, **fields})
        self.settled()
        return str(values[self.title])

    def canonical(self, title: str) -> Fields:
        store = open_store(self.program.state_url)
        try:
            found = store.by_title(self.kind, title)
            assert len(found) == 1, [record.fields for record in found]
            return found[0].fields
        finally:
            store.close()

    def everywhere(self, title: str, field: str) -> Value:
        """The field's value in the other tool, which must be the record's."""
        value = self.canonical(title).get(field)
        held = self.other.rows[self.other.find(self.kind, **{self.title: title})].fields.get(field)
        assert held == value
        return value

    # -- the promises

    def test_second_setup_has_nothing_to_do(self) -> None:
        again = setup(self.program, now=self.clock(), ids=self.ids)
        assert again.empty, again.steps

    def test_second_sync_writes_nothing(self) -> None:
        self.seed()
        assert self.sync().writes == 0

    def test_a_fresh_read_of_everything_writes_nothing(self) -> None:
        self.seed()
        assert self.sync(fresh=True).writes == 0

    def test_a_record_made_elsewhere_appears_once(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        assert people.count(self.kind) == 1
        seen = people.read(self.kind, title)
        assert seen is not None
        assert "own questions" in str(seen[self.field])

    def test_an_item_a_person_adds_becomes_one_record(self) -> None:
        self.seed()
        people = self.people(self.folder)
        people.add(
            self.kind, {self.title: "Give a talk", "person": "Grace Hopper", self.field: "it frightens me"}
        )
        self.settled()
        assert self.everywhere("Give a talk", self.field) == "it frightens me"
        assert people.count(self.kind) == 2
        assert len(self.other.of(self.kind)) == 2

    def test_an_edit_here_arrives_there_and_back(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.edit(self.kind, title, self.field, "because I want to")
        self.settled()
        assert self.everywhere(title, self.field) == "because I want to"
        self.other.edit(
            self.other.find(self.kind, **{self.title: title}), **{self.field: "changed over there"}
        )
        self.settled()
        seen = people.read(self.kind, title)
        assert seen is not None
        assert seen[self.field] == "changed over there"

    @pytest.mark.parametrize("what", NASTY)
    def test_nasty_text_round_trips(self, what: str) -> None:
        if what in self.lossy:
            pytest.skip(f"{self.connector} does not hold {what} exactly; see its BEHAVIOR.md")
        title = self.seed(**{self.field: NASTY[what], "notes": f"before\n\n{NASTY[what]}\n\nafter"})
        assert self.sync(fresh=True).writes == 0
        fields = self.canonical(title)
        assert fields[self.field] == NASTY[what]
        assert fields["notes"] == f"before\n\n{NASTY[what]}\n\nafter"
        people = self.people(self.folder)
        people.edit(self.kind, title, self.field, "x")
        self.settled()
        people.edit(self.kind, title, self.field, NASTY[what])
        self.settled()
        assert self.everywhere(title, self.field) == NASTY[what]

    @pytest.mark.parametrize("type_name", VALUES)
    def test_each_field_type_round_trips(self, type_name: str) -> None:
        """Values written elsewhere are read back from the tool as they were sent, however often it is read anew."""
        where = {"number": ("goal", "start"), "percent": ("goal", "percent"), "date": ("goal", "due"),
                 "instant": ("checkin", "starts"), "flag": ("goal", "needs_expert")}  # fmt: skip
        kind, field = where[type_name]
        self.seed()
        names = []
        for number, value in enumerate(VALUES[type_name]):
            names.append(
                self.other.add(
                    kind,
                    **{field: value, "pair": "Ada & Grace"}
                    | ({"title": f"Goal {number}"} if kind == "goal" else {}),
                )
            )
        self.settled()
        assert self.sync(fresh=True).writes == 0
        for name, value in zip(names, VALUES[type_name], strict=True):
            assert self.other.rows[name].fields[field] == value

    def test_choices_and_references_round_trip(self) -> None:
        title = self.seed(status="in progress")
        assert self.sync(fresh=True).writes == 0
        self.other.edit(
            self.other.find(self.kind, **{self.title: title}), person="Grace Hopper", status="on hold"
        )
        self.settled()
        assert self.sync(fresh=True).writes == 0
        people = self.people(self.folder)
        seen = people.read(self.kind, title)
        assert seen is not None
        assert "Grace Hopper" in str(seen["person"])

    def test_empty_is_not_missing(self) -> None:
        title = self.seed(due="2026-05-01")
        people = self.people(self.folder)
        people.edit(self.kind, title, "due", None)
        self.settled()
        assert self.everywhere(title, "due") is None
        assert self.everywhere(title, self.field) is not None

    def test_a_renamed_field_keeps_working(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.rename_field(self.kind, self.field)
        self.settled()
        assert self.everywhere(title, self.field) == "to ask my own questions"

    def test_a_deleted_field_clears_nothing(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.drop_field(self.kind, self.field)
        self.sync(allow={"template"})
        assert self.sync().writes == 0
        assert self.everywhere(title, self.field) == "to ask my own questions"

    def test_sorting_changes_nothing(self) -> None:
        self.seed()
        self.other.add(self.kind, **{self.title: "A second goal"})
        self.settled()
        self.people(self.folder).shuffle(self.kind)
        assert self.sync().writes == 0

    def test_a_deletion_is_carried_gently_and_can_be_undone(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        self.other.remove(self.other.find(self.kind, **{self.title: title}))
        self.settled()
        assert people.count(self.kind) == 0
        people_other = self.other.of(self.kind)
        assert not people_other
        store = open_store(self.program.state_url)
        try:
            tombstones = [
                record
                for record in store.all_records(self.kind, deleted=True)
                if record.fields[self.title] == title
            ]
        finally:
            store.close()
        assert len(tombstones) == 1

    def test_a_deletion_in_the_tool_arrives_elsewhere(self) -> None:
        title = self.seed()
        for number in range(3):
            self.other.add(self.kind, **{self.title: f"Other {number}"})
        self.settled()
        self.people(self.folder).remove(self.kind, title)
        self.settled()
        assert len(self.other.of(self.kind)) == 3

    def test_delete_loses_to_edit(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.remove(self.kind, title)
        self.other.edit(self.other.find(self.kind, **{self.title: title}), **{self.field: "still mine"})
        self.settled()
        seen = people.read(self.kind, title)
        assert seen is not None
        assert seen[self.field] == "still mine"

    def test_a_copied_item_becomes_a_record_of_its_own(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.copy(self.kind, title)
        self.settled()
        assert people.count(self.kind) == 2
        assert len(self.other.of(self.kind)) == 2
        assert len({row.id for row in self.other.of(self.kind)}) == 2

    def test_a_conflict_keeps_both_and_asks(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.edit(self.kind, title, self.field, "mine")
        self.other.edit(self.other.find(self.kind, **{self.title: title}), **{self.field: "yours"})
        report = self.settled()
        assert report.status == "attention"
        assert len(report.conflicts) == 1
        both = {report.conflicts[0]["kept"], *(one["value"] for one in report.conflicts[0]["others"])}
        assert both == {"mine", "yours"}

    def test_a_broken_item_is_told_and_stops_nothing(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.break_item(self.kind, title)
        self.other.add(self.kind, **{self.title: "Another"})
        report = self.sync()
        assert report.status == "attention"
        assert any(
            title in warning or self.field in warning or "percent" in warning.casefold()
            for warning in report.warnings
        ), report.warnings
        assert people.count(self.kind) == 2
        assert len(self.other.of(self.kind)) == 2, "a broken item is not a deleted one"

    def test_people_s_own_content_is_untouched(self) -> None:
        title = self.seed()
        people = self.people(self.folder)
        people.own_content()
        self.sync()
        self.other.edit(self.other.find(self.kind, **{self.title: title}), **{self.field: "new words"})
        self.other.add(self.kind, **{self.title: "Another"})
        self.settled()
        assert people.own_content_is_intact()

    def test_a_read_that_fails_half_way_deletes_nothing(self) -> None:
        """The other tool breaks off: this one must keep everything (design rule 4)."""
        self.seed()
        self.other.add(self.kind, **{self.title: "A second"})
        self.settled()
        before = self.people(self.folder).count(self.kind)
        self.other.fails_after = 1
        report = self.sync()
        assert report.status == "attention"
        assert self.people(self.folder).count(self.kind) == before
        self.other.fails_after = None
        assert self.settled().status == "agreed"

    def test_an_item_has_an_address_that_leads_back_to_it(self) -> None:
        """Where a tool has addresses: known from the state alone, and taken as people paste them."""
        title = self.seed()
        store = open_store(self.program.state_url)
        try:
            [record] = store.by_title(self.kind, title)
            with store.reading(), linking(self.program, store) as links:
                addresses = links.to([record.id])[record.id]
                if "tool" not in addresses:
                    pytest.skip("the tool's items have no addresses")
                assert not links.problems
                assert links.meant(addresses["tool"]) == [record.id]
                assert links.meant("https://example.org/") == []
        finally:
            store.close()
