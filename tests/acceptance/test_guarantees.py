"""docs/guarantees.md and docs/security.md are held to the code: each promise names tests, and each of these exists."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_TEST = re.compile(r"`([\w./-]+\.py)::(\w+)`")


def promises(page: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each row of the page's tables that is one of promises: its first cell, and the tests that it names."""
    rows = []
    for table in re.split(r"\n\n", (ROOT / "docs" / page).read_text("utf-8")):
        lines = [line for line in table.splitlines() if line.startswith("|")]
        if len(lines) > 2 and lines[0].rstrip("| ").endswith("test"):
            rows += [(line.split("|")[1].strip(), _TEST.findall(line)) for line in lines[2:]]
    return rows


def functions(path: Path) -> set[str]:
    """Every function of a module, those of classes too."""
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize(("page", "least"), [("guarantees.md", 40), ("security.md", 15)])
def test_every_promise_is_held_by_tests_that_exist(page: str, least: int) -> None:
    rows = promises(page)
    assert len(rows) >= least
    wrong = [f"{what}: names no test" for what, named in rows if not named]
    for what, named in rows:
        for path, name in named:
            where = ROOT / path if path.startswith("syncengine/") else ROOT / "tests" / path
            if not where.exists():
                wrong.append(f"{what}: there is no {path}")
            elif not name.startswith("test_") or name not in functions(where):
                wrong.append(f"{what}: {path} has no {name}")
    assert wrong == []


def test_what_is_not_promised_is_said_as_well() -> None:
    page = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
    missing = page.split("## What is not promised")[1]
    assert len(re.findall(r"^- ", missing, flags=re.MULTILINE)) >= 10
    assert "docs/guarantees.md" in (ROOT / "README.md").read_text("utf-8")


def test_the_lock_names_every_library_that_is_installed() -> None:
    """By name; CI holds the versions of what it installed to it as well (`.ci/audit.py`)."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [
        *said["dependencies"],
        *(one for extra in said["optional-dependencies"].values() for one in extra),
    ]
    lock = {
        _plain(line.partition("==")[0])
        for line in (ROOT / ".ci" / "lock.txt").read_text("utf-8").splitlines()
        if "==" in line
    }
    assert {_plain(re.split(r"[\[<>=~! ]", one)[0]) for one in wanted} <= lock


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
