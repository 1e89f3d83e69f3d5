"""Real processes against the online tools' sandboxes, killed by the system at some of their requests, or out of room on the disk.

Every request: `python -m tests.simulation.faults.processes`, or `MENTORSYNC_THOROUGH=1`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulation.faults import processes
from tests.simulation.faults.crashes import Scene
from tests.simulation.faults.people import People, busy_day, goals_everywhere
from tests.simulation.faults.picture import Picture, differences, mails, picture, words
from tests.simulation.faults.processes import Kill
from tests.simulation.faults.steps import STEPS
from tests.simulation.faults.workplace import workplace

THOROUGH = os.environ.get("MENTORSYNC_THOROUGH") == "1"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with processes.scene(tmp_path_factory.mktemp("processes")) as scene:
        yield scene


@pytest.mark.parametrize("kill", [
    Kill("notion", 2, "after", STEPS["notion"]["create"].concerns),
    Kill("sheet", 1, "before", STEPS["sheet"]["write"].concerns),
    Kill("gcal", 1, "after", STEPS["gcal"]["write"].concerns),
], ids=lambda kill: f"{kill.tool} {kill.when}")  # fmt: skip
def test_a_killed_process_is_healed_by_the_next(scene: Scene, kill: Kill) -> None:
    wrong = processes.strike(scene, kill)
    assert wrong is not None, "it was not killed"
    assert wrong == []


@pytest.mark.skipif(not THOROUGH, reason="some minutes: MENTORSYNC_THOROUGH=1")
@pytest.mark.parametrize("tool", processes.ONLINE)
def test_a_process_killed_at_any_request_is_healed_by_the_next(scene: Scene, tool: str) -> None:
    assert [(kill, wrong) for kill, wrong in processes.strikes(scene, tool) if wrong] == []


def timeless(shown: Picture) -> Picture:
    """Without the moments of edits, which questions tell: it was another scene."""
    return {name: [re.sub(r"\d\d:\d\d:\d\d", "", line) for line in lines] for name, lines in shown.items()}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True)
    if done.returncode:
        pytest.skip(f"a small disk can't be mounted here: {done.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_full_disk_while_the_services_take_everything(scene: Scene, small_disk: Path) -> None:
    """The state can't note what became of the writes; nothing is made or mailed twice when there is room again."""
    with workplace(small_disk, datetime.now(UTC).replace(microsecond=0)) as place:
        place.setup()
        goals_everywhere(People(place), 9)
        place.sync()
        busy_day(People(place), 1)
        filler, before = small_disk / "filler", len(place.notion.server.log)
        for kilobytes in range(0, 400, 20) if THOROUGH else (8, 100):
            filler.write_bytes(b"x" * max(0, shutil.disk_usage(small_disk).free - kilobytes * 1024))
            full = processes.run(place, "sync")
            assert "Traceback" not in full.said, kilobytes
            assert full.status in (0, 3) or (full.status == 1 and "Make room" in full.said), (
                kilobytes,
                full.said,
            )
            filler.unlink()
        assert len(place.notion.server.log) > before, "no run came as far as the services"
        place.sync()
        assert place.sync(fresh=True).writes == 0
        assert differences(*(words(timeless(shown)) for shown in (scene.picture, picture(place)))) == []
        assert mails(place) == scene.mails
