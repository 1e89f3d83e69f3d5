"""The in-memory connectors of every strength, installed as anybody's plug-in would be: by entry points."""

import sys
from collections.abc import Iterator

import pytest

from syncengine.registry import GROUP
from syncengine.testing import memory


@pytest.fixture(scope="session", autouse=True)
def _plug_ins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    site = tmp_path_factory.mktemp("site")
    package = site / "memory_strengths-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: memory-strengths\nVersion: 1\n", encoding="utf-8"
    )
    names = {"minutes": memory.minutes, "timeless": memory.timeless, "lagging": memory.lagging}
    lines = [f"{connector.name} = syncengine.testing.memory:{name}" for name, connector in names.items()]
    (package / "entry_points.txt").write_text(f"[{GROUP}]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    sys.path.insert(0, str(site))
    yield
    sys.path.remove(str(site))
