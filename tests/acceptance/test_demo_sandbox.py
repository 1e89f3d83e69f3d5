"""`mentorsync demo --sandbox`: the same story, with stand-ins of online tools, through their real connectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from syncengine.cli.demo import ADDED, ONLINE, PERCENT, standin

if TYPE_CHECKING:
    from conftest import Site


def test_the_story_is_told_with_notion_as_well(tmp_path: Path, site_at: type[Site]) -> None:
    here = site_at(tmp_path)
    ran = here.run("demo", "--sandbox")
    assert ran.status == 0, ran.said
    assert f"“{ONLINE}”, Percent:" in ran.out
    assert "→ 85  (from notion)" in ran.out
    assert f"“{ADDED} (notion)”" in ran.out
    assert f"“{PERCENT}” is there at 60%." in ran.out
    assert "0 writes" in ran.out
    there = site_at(tmp_path / "mentorsync-demo")
    assert ADDED in (there.folder / "notes" / "Goals" / f"{ADDED} (notion).md").name
    assert "notion" not in (there.folder / "mentorsync.toml").read_text()
    assert there.run("sync").status == 3, "the demo's own question still waits; nothing else is amiss"


def test_without_a_stand_in_it_says_so(
    tmp_path: Path, site_at: type[Site], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin, "GROUP", "syncengine.none")
    ran = site_at(tmp_path).run("demo", "--sandbox")
    assert ran.status == 2
    assert "no stand-in" in ran.err
    assert list(tmp_path.iterdir()) == []
