"""What people install is a wheel: everything works from it, far from the checkout, with the templates that it brings."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]

RUN = """
import sys
sys.path[:1] = [{place!r}, {libraries!r}]  # without `site`, nothing that is installed for editing is on the path
{code}
"""
"""Python that sees the installed wheel and the libraries, and no checkout."""

EACH = """
import json, os, contextlib, io
from syncengine.cli import cli
from syncengine.model.template import load_template, names

told = {}
for template in names():
    for preset in (None, *names("presets")):
        made = load_template(template, preset)
        folder = f"{template} {preset}"
        chosen = ["--template", template] + (["--preset", preset] if preset else [])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            for command in (
                ["init", folder, "--name", "Harbour", "--zone", "UTC", "--tool", "markdown", "--person", "Ada", "--person", "Ben", *chosen],
                ["-c", folder, "setup", "--yes"],
                ["-c", folder, "sync"],
            ):
                try:
                    cli.main(command, prog_name="mentorsync", standalone_mode=False)
                except SystemExit as end:
                    assert end.code in (None, 0), said.getvalue()
        notes = sum(name.endswith(".md") for _, _, found in os.walk(folder) for name in found)
        told[folder] = [len(made.kinds), len(made.pages), notes]
print(json.dumps(told))
"""

WHERE = """
import json, sys
from importlib import import_module
from syncengine.model.template import templates_folder
from syncengine.registry import places_of

tools = ["markdown", "workbook", "ical", "notion", "sheets", "gcal"]
found = [import_module(place.partition(":")[0]) for place in places_of(tools).values()]
ours = [m.__file__ for name, m in sys.modules.items() if name.startswith("syncengine") and getattr(m, "__file__", None)]
print(json.dumps({"connectors": len(found), "files": [templates_folder(), *ours]}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel is installed; built here, from what is in the checkout now."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation",
               "--target", str(place), str(CHECKOUT)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip could not build a wheel here: {done.stderr.strip()[-200:]}")
    return place


@pytest.fixture
def python(wheel: Path, tmp_path: Path) -> Callable[..., str]:
    def run(code: str, *args: str) -> str:
        said = RUN.format(place=str(wheel), libraries=sysconfig.get_path("purelib"), code=code)
        command = [sys.executable, "-S", "-c", said, *args]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_it_is_all_there_and_nothing_of_the_checkout(python: Callable[..., str], wheel: Path) -> None:
    found: dict[str, Any] = json.loads(python(WHERE))
    assert found["connectors"] == 6
    assert [file for file in found["files"] if not file.startswith(str(wheel))] == []


def test_every_template_and_preset_is_set_up_and_synced(python: Callable[..., str]) -> None:
    told: dict[str, list[int]] = json.loads(python(EACH).splitlines()[-1])
    assert {
        f"{template} {preset}" for template in ("light", "structured") for preset in (None, "term")
    } <= told.keys()
    for name, (kinds, pages, notes) in told.items():
        assert kinds > 3, name
        assert pages > 0, name
        assert notes >= pages + 2, name  # the guide, and the two people


def test_the_command_itself_keeps_three_tools_alike(
    python: Callable[..., str], wheel: Path, tmp_path: Path
) -> None:
    def mentorsync(*args: str) -> str:
        return python("from syncengine.main import main; main()", *args)

    tools = [word for tool in ("markdown", "workbook", "ical") for word in ("--tool", tool)]
    mentorsync(
        "init", ".", "--name", "Harbour", "--zone", "UTC", "--template", "light", "--person", "Ada", *tools
    )
    mentorsync("setup", "--yes")
    mentorsync("sync")
    again = json.loads(mentorsync("sync", "--json"))
    assert again["status"] == "agreed"
    assert [counts["created"] + counts["updated"] for counts in again["replicas"].values()] == [0, 0, 0]
    assert list(tmp_path.rglob("Ada.md"))
    assert (
        "mentorsync = syncengine.main:main" in next(wheel.glob("mentorsync-*/entry_points.txt")).read_text()
    )
