"""Guards in whole runs: where the configuration says that they stand, at the threshold, on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncengine.config import Program, load
from syncengine.errors import GuardStop
from syncengine.model.ids import seeded_ids
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.testing.clock import Clock
from syncengine.testing.memory import MemoryTool

MANY = 10


class Stage:
    """Two tools that agree about ten goals."""

    def __init__(self, folder: Path, guards: str) -> None:
        self.clock, self.ids = Clock(), seeded_ids(3)
        self.tools = [MemoryTool.make(f"{folder}/{name}", self.clock) for name in "AB"]
        self.path = folder / "mentorsync.toml"
        replicas = "".join(
            f'[[replica]]\nname = "{tool.name[-1]}"\nconnector = "memory"\ntool = \'{tool.name}\'\n'
            for tool in self.tools
        )
        self.path.write_text(
            f'[program]\nname = "guarded"\ntemplate = "light"\n{replicas}[guards]\n{guards}\n',
            encoding="utf-8",
        )
        setup(self.program, now=self.clock(), ids=self.ids)
        for number in range(MANY):
            self.tools[0].add("goal", title=f"Goal {number}")
        self.sync()
        assert self.sync().writes == 0

    @property
    def program(self) -> Program:
        return load(str(self.path))

    def sync(self, **options: object) -> Report:
        self.clock.tick()
        return sync(self.program, now=self.clock, ids=self.ids, **options)  # type: ignore[arg-type]

    def lose(self, number: int) -> None:
        for handle in list(self.tools[0].rows)[:number]:
            self.tools[0].remove(handle)


@pytest.mark.parametrize(
    ("guards", "gone", "stops"),
    [
        ("", 5, False), ("", 6, True),
        ("mass_deletion_percent = 30", 3, False), ("mass_deletion_percent = 30", 4, True),
        ("mass_deletion_from = 10\nwhole_kind_from = 99", 9, True), ("mass_deletion_from = 11\nwhole_kind_from = 99", 9, False),
        ("mass_deletion_percent = 100\nwhole_kind_from = 10", 9, False), ("mass_deletion_percent = 100\nwhole_kind_from = 10", 10, True),
        ("mass_deletion_percent = 100\nmass_deletion_from = 99\nwhole_kind_from = 99", 10, True),  # all gone at once always stops
    ],
)  # fmt: skip
def test_a_run_stops_past_the_threshold_and_not_before(
    tmp_path: Path, guards: str, gone: int, stops: bool
) -> None:
    stage = Stage(
        tmp_path, f"{guards}\nrestored_from = 99"
    )  # what is gone is the newest there is, as in an older copy
    stage.lose(gone)
    if not stops:
        stage.sync()
        assert len(stage.tools[1].rows) == MANY - gone
        return
    with pytest.raises(GuardStop) as stopped:
        stage.sync()
    assert stopped.value.guard == "mass-deletion"
    assert len(stage.tools[1].rows) == MANY, "nothing was written"
    look = stage.sync(dry_run=True)
    assert (look.status, look.exit_status) == ("stopped", 4)
    assert look.plan is not None
    assert {len(one.records) for one in look.plan.stops} == {gone}
    assert sum(write.action == "delete" for write in look.plan.writes) == gone, (
        "it shows what was about to happen"
    )
    stage.sync(planned=look.plan, allow=["mass-deletion"])
    assert len(stage.tools[1].rows) == MANY - gone


def test_a_lost_table_is_looked_at_by_a_dry_run_and_stops_a_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "")
    del stage.tools[0].columns["goal"]
    for handle in list(stage.tools[0].rows):
        stage.tools[0].remove(handle)
    with pytest.raises(GuardStop) as stopped:
        stage.sync()
    assert stopped.value.guard == "template"
    look = stage.sync(dry_run=True)
    assert look.plan is not None
    assert [(one.guard, one.records) for one in look.plan.stops] == [("template", ("goal",))]
    assert not look.plan.writes, "what was there is written anew once the place is back; nothing is deleted"
    with pytest.raises(GuardStop):
        stage.sync(planned=look.plan)
    stage.sync(planned=look.plan, allow=["template"])
    assert len(stage.tools[1].rows) == MANY
