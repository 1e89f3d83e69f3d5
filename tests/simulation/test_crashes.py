"""Runs over all six tools that die at one of their I/Os; the next run heals them. Here some of the points, spread over every
kind of I/O; all of them: `python -m tests.simulation.faults.crashes` (see there)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulation.faults.crashes import Scene, day, first_sync, setting_up, strikes


def kinds(scene: Scene) -> list[int]:
    """The last point of each kind of I/O; always the same ones."""
    return sorted({what: at for at, what in enumerate(scene.points, start=1)}.values())


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with day(tmp_path_factory.mktemp("day"), 1) as scene:
        yield scene


def test_a_day_has_every_kind_of_io(busy: Scene) -> None:
    said = " ".join(busy.points)
    for what in ("commit", "os.fsync", "os.replace", "os.link", "os.unlink", "notion POST", "notion PATCH",
                 "sheet POST batchUpdate", "sheet GET", "gcal GET", "gcal POST"):  # fmt: skip
        assert what in said, what
    assert busy.operations > 60


def test_a_run_that_dies_is_healed_by_the_next(busy: Scene) -> None:
    for at, half, wrong in strikes(busy, kinds(busy), torn=False, fresh=False):
        assert not wrong, (at, half, busy.points[at - 1], wrong[:5])


def test_a_death_half_way_through_a_write_is_healed_as_well(busy: Scene) -> None:
    torn = [at for at in range(1, len(busy.points) + 1) if busy.torn_too(at)]
    for at, _, wrong in strikes(busy, torn[::16], torn=True, fresh=False):
        assert not wrong, (at, busy.points[at - 1], wrong[:5])


def test_a_set_up_that_dies_is_healed_by_the_next(tmp_path: Path) -> None:
    with setting_up(tmp_path, 1) as scene:
        for at, _, wrong in strikes(scene, kinds(scene)[::5], torn=False, fresh=False):
            assert not wrong, (at, scene.points[at - 1], wrong[:5])


def test_a_first_sync_that_dies_is_healed_by_the_next(tmp_path: Path) -> None:
    with first_sync(tmp_path, 1) as scene:
        for at, _, wrong in strikes(scene, kinds(scene)[1::6], torn=False, fresh=False):
            assert not wrong, (at, scene.points[at - 1], wrong[:5])
