"""Some cells of the table of faults; all of them: `python -m tests.simulation.faults.matrix`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.faults import matrix
from tests.simulation.faults.answers import faults_of
from tests.simulation.faults.crashes import Scene, day, setting_up
from tests.simulation.faults.judge import Judge
from tests.simulation.faults.page import HEADS
from tests.simulation.faults.steps import STEPS
from tests.simulation.faults.strikes import PLACES, at_a_service

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with day(tmp_path_factory.mktemp("matrix"), 1) as scene:
        yield scene


def test_no_cell_of_a_file_tool_is_wrong_or_empty(scene: Scene) -> None:
    found = {(fault, step): cell for fault, step, cell in matrix.of_files(Judge(scene, "ics"), setup=False)}
    faults = (*matrix.FILE_FAULTS, *matrix.PLACE_FAULTS)
    assert found.keys() == {(fault, step) for fault in faults for step in ("read the mark", "read", "write")}
    assert [cell for cell in found.values() if cell.verdict == "WRONG" or not cell.line.strip()] == []


@pytest.mark.parametrize(("tool", "fault", "step"), [
    ("notion", "503 after the fact", "create"), ("notion", "400", "was it made?"), ("notion", "412", "read"),
    ("notion", "403 restricted", "update"),
    ("sheet", "lost answer", "write"), ("sheet", "401", "look at what moved"),
    ("gcal", "410", "read"), ("gcal", "401", "every request"), ("gcal", "503", "look again"),
])  # fmt: skip
def test_a_cell_of_a_service(scene: Scene, tool: str, fault: str, step: str) -> None:
    cell = Judge(scene, tool).cell(at_a_service(tool, STEPS[tool][step], faults_of(tool)[fault]))
    assert cell.verdict == "ok", cell.said


def test_a_cell_of_a_set_up(tmp_path: Path) -> None:
    with setting_up(tmp_path, 1) as scene:
        for tool, step in (("notion", "set-up: a table"), ("gcal", "set-up: the calendar")):
            strike = at_a_service(tool, STEPS[tool][step], faults_of(tool)["lost answer"])
            cell = Judge(scene, tool).set_up(strike)
            assert cell.verdict == "ok", (tool, cell.said)


@pytest.mark.parametrize("tool", [*STEPS, *PLACES])
def test_the_page_has_every_fault_and_step_and_no_hole(tool: str) -> None:
    """It is made anew by hand (it takes long): `python -m tests.simulation.faults.matrix --write docs/faults.md`."""
    _, _, rest = PAGE.read_text("utf-8").partition(f"\n## {HEADS[tool]}\n")
    table = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")]
    steps, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in table)
    if tool in STEPS:
        assert set(steps[1:]) == set(STEPS[tool])
        assert {re.sub(r"\*", "", row[0]) for row in rows} == {*faults_of(tool), "lagging list"}
    else:
        assert set(steps[1:]) == set(matrix.FILE_STEPS)
        assert {re.sub(r"\*", "", row[0]) for row in rows} == {*matrix.FILE_FAULTS, *matrix.PLACE_FAULTS}
    words = {"✓", "told", "failed", "guard", "–"}
    assert [row for row in rows if len(row) != len(steps) or not set(row[1:]) <= words] == []
