"""Connectors are plug-ins: found by name, loaded when used, and none can take another down."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from syncengine.errors import ConfigError
from syncengine.registry import GROUP, available, load_connector

Install = Callable[..., None]
GOOD = "from syncengine.testing.memory import connector\n"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """`install(package, code, name=target)`: as pip leaves a package with these entry points behind."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def make(package: str, code: str, /, lines: str = "", **points: str) -> None:
        (tmp_path / f"{package}.py").write_text(code, "utf-8")
        monkeypatch.delitem(sys.modules, package, raising=False)
        info = tmp_path / f"{package}-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1\n", "utf-8")
        said = "".join(f"{name} = {target}\n" for name, target in points.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{said}{lines}", "utf-8")

    return make


def test_the_embedded_connectors_are_plug_ins_like_any_other() -> None:
    for name in ("markdown", "workbook", "ical", "memory"):
        assert available()[name].group == GROUP
        assert load_connector(name).name == name


def test_a_strangers_plug_in_is_found_and_not_loaded_before_it_is_used(install: Install) -> None:
    install("chalkboard", f"print('loaded')\n{GOOD}", chalkboard="chalkboard:connector")
    assert available()["chalkboard"].value == "chalkboard:connector"
    assert "chalkboard" not in sys.modules
    assert load_connector("chalkboard").name == "memory"
    assert "chalkboard" in sys.modules


def test_of_two_with_one_name_ours_is_taken(install: Install) -> None:
    install("aaa", "raise RuntimeError('taken')", markdown="aaa:connector")
    assert available()["markdown"].value.startswith("syncengine_markdown")
    assert load_connector("markdown").name == "markdown"


@pytest.mark.parametrize("order", [("aaa", "zzz"), ("zzz", "aaa")])
def test_of_two_strangers_with_one_name_it_is_always_the_same(
    install: Install, order: tuple[str, str]
) -> None:
    for package in order:
        install(package, f"{GOOD}whose = '{package}'\n", chalkboard=f"{package}:connector")
    assert available()["chalkboard"].value == "aaa:connector"


BROKEN = {
    "raises": ("1 / 0", "connector", "ZeroDivisionError: division by zero"),
    "lacks a library": ("import a_library_that_is_not_installed", "connector", "ModuleNotFoundError: No module named"),
    "is no Python": ("def :", "connector", "SyntaxError"),
    "leaves": ("import sys; sys.exit(3)", "connector", "SystemExit: 3"),
    "lost its connector": ("", "connector", "AttributeError"),
    "is something else": ("connector = 'a text'", "connector", "it has no name, capabilities, validate, open, unchanged"),
    "is half of one": (f"{GOOD}class half: name, capabilities = 'half', None", "half",
                        "it has no validate, open, unchanged"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_plug_in_is_told_and_takes_nobody_down(install: Install, how: str) -> None:
    code, target, told = BROKEN[how]
    install("chalkboard", code, chalkboard=f"chalkboard:{target}")
    with pytest.raises(ConfigError, match="the connector 'chalkboard' can't be loaded") as caught:
        load_connector("chalkboard", "mentorsync.toml, line 7")
    assert told in caught.value.reason
    assert caught.value.where == "mentorsync.toml, line 7"
    assert caught.value.remedy == f"Reinstall or remove its package (chalkboard:{target})."
    assert load_connector("memory").name == "memory"
    assert load_connector("markdown").name == "markdown"


def test_a_package_that_is_gone_is_told(install: Install, tmp_path: Path) -> None:
    install("chalkboard", "", chalkboard="chalkboard:connector")
    (tmp_path / "chalkboard.py").unlink()
    with pytest.raises(ConfigError, match="can't be loaded: ModuleNotFoundError"):
        load_connector("chalkboard")


def test_an_entry_point_without_a_module_takes_nobody_down(install: Install) -> None:
    install("chalkboard", GOOD, "odd = \nodder = not a module!\n", chalkboard="chalkboard:connector")
    assert load_connector("chalkboard").name == "memory"
    for name in ("odd", "odder"):
        with pytest.raises(ConfigError, match="can't be loaded"):
            load_connector(name)


@pytest.mark.parametrize("damaged", [b"a line without an equals sign\n", b"\xff\xfe\x00"])
def test_a_damaged_list_of_entry_points_takes_nobody_down(
    install: Install, tmp_path: Path, damaged: bytes
) -> None:
    install("slate", GOOD, slate="slate:connector")
    install("chalkboard", GOOD, chalkboard="chalkboard:connector")
    with (tmp_path / "slate-1.dist-info" / "entry_points.txt").open("ab") as points:
        points.write(damaged)
    assert load_connector("chalkboard").name == "memory"
    assert load_connector("markdown").name == "markdown"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no connector called 'markdwon'") as caught:
        load_connector("markdwon", "mentorsync.toml, line 7")
    assert caught.value.where == "mentorsync.toml, line 7"
    assert all(name in caught.value.remedy for name in ("ical", "markdown", "memory", "workbook"))
