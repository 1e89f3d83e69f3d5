"""Some cells of the table of faults; all of them: `python -m tests.simulation.faults.matrix`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.faults import matrix
from tests.simulation.faults.crashes import Scene, day
from tests.simulation.faults.strikes import at_a_service


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with day(tmp_path_factory.mktemp("matrix"), 1) as scene:
        yield scene


def test_no_cell_of_a_file_tool_is_wrong_or_empty(scene: Scene) -> None:
    found = {(fault, step): cell for fault, step, cell in matrix.cells(scene, "ics")}
    assert found.keys() == {
        (fault, step) for fault in (*matrix.FILE_FAULTS, *matrix.PLACE_FAULTS) for step in matrix.FILE_STEPS
    }
    assert [cell for cell in found.values() if cell[0] == "WRONG" or not cell[1]] == []


@pytest.mark.parametrize(("tool", "fault", "step"), [
    ("notion", "503 after the fact", "create"), ("sheet", "lost answer", "create, update, delete"),
    ("gcal", "410", "pull"), ("notion", "412", "pull"), ("gcal", "401", "every request"),
])  # fmt: skip
def test_a_cell_of_a_service(scene: Scene, tool: str, fault: str, step: str) -> None:
    most = 1 if step != "every request" else 10_000
    strike = at_a_service(tool, matrix.SERVICE_STEPS[tool][step], matrix.refusals(tool)[fault], most)
    verdict, what = matrix.Judge(scene, tool).cell(strike)
    assert verdict == "ok", what
