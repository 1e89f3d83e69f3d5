"""Every error of a configuration names the line, the key, and what to write instead."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncengine.config import FILE, find, line_of, load, understood
from syncengine.errors import ConfigError
from syncengine.run.live import places

START = '[program]\nname = "Tide"\n'


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        understood(text, os.path.join("folder", FILE))
    return caught.value


@st.composite
def sections(draw: st.DrawFn) -> tuple[str, list[tuple[str, int]]]:
    """A right configuration in one of the many ways to write it, and where each section is: (its name, its number)."""
    kinds = ["program", *draw(st.lists(st.sampled_from(["replica", "pair", "person"]), max_size=6))]
    order: list[tuple[str, int]] = []
    text = ""
    for kind in draw(st.permutations(kinds)):
        number = sum(name == kind for name, _ in order)
        order.append((kind, number))
        text += draw(st.sampled_from(["", "\n", "# a thought\n", "   \n# name = 'x'\n# [program]\n"]))
        text += _section(draw, kind, number)
    return text, order


def _section(draw: st.DrawFn, kind: str, number: int) -> str:
    if kind == "program":
        return "[program]\nname = 'Tide'\n"
    if kind == "replica":
        head = draw(st.sampled_from(["[[replica]]", " [[ replica ]]  # one more"]))
        return f"{head}\nname = 'r{number}'\nconnector = 'markdown'\n\"path\"   =  'p{number}'\n"
    if kind == "person":
        return f"[[person]]\nname = 'p{number}'\n"
    members = draw(st.sampled_from(["['Ada', 'Bo']", "[\n  'Ada', # name = 'x'\n  'Bo',\n]"]))
    return f"[[pair]]\nmembers = {members}\nname = 'pair {number}'\nlink = '''\nx\u2028y\x85z'''\n"


@given(sections(), st.data())
def test_a_wrong_key_is_told_with_its_line_wherever_it_stands(
    made: tuple[str, list[tuple[str, int]]], data: st.DataObject
) -> None:
    text, order = made
    assert understood(text, FILE).name == "Tide"
    section, number = data.draw(st.sampled_from([one for one in order if one[0] != "replica"]))
    lines = text.split("\n")
    heads = [n for n, line in enumerate(lines) if re.match(rf"\s*\[+\s*{section}\s*\]", line)]
    lines.insert(heads[number] + 1, "colour = 'red'")
    error = refused("\n".join(lines))
    assert (error.where, error.exit_status) == (FILE, 2)
    whose = "program." if section == "program" else f"{section} {number + 1}, "
    assert f"line {heads[number] + 2}: {whose}colour: this key is not known here; there are " in error.reason


@given(sections(), st.data())
def test_the_line_of_every_key_is_found(made: tuple[str, list[tuple[str, int]]], data: st.DataObject) -> None:
    text, order = made
    section, number = data.draw(st.sampled_from(order))
    key = {"program": "name", "replica": "path", "pair": "link", "person": "name"}[section]
    keys = (section, key) if section == "program" else (section, number, key)
    line = text.split("\n")[line_of(text, keys) - 1]
    value = {"program": "'Tide'", "replica": f"'p{number}'", "pair": "'''", "person": "'p"}[section]
    assert re.match(rf'\s*"?{key}"?\s*=\s*{value}', line)
    missing = line_of(text, (*keys[:-1], "colour"))
    assert re.match(rf"\s*\[+\s*{section}", text.split("\n")[missing - 1]), (
        "a key that is missing: where its section begins"
    )


WRONG = {
    START + 'dates = "any"\n': (3, "has to be 'iso', 'day-first' or 'month-first'"),
    START + "days_back = 1000\n": (3, "has to be less than or equal to 366, not 1000"),
    START + "decimal_comma = 'perhaps'\n": (3, "has to be a valid boolean"),
    START + "zone = 'Berlin'\n": (3, "'Berlin' is not a time zone; write one like Europe/Berlin"),
    START + "zone = '../../etc'\n": (3, "is not a time zone"),
    START + "zone = 'Europe'\n": (3, "is not a time zone"),
    START + "template = '../x'\n": (3, "there is no template '../x'; use one of: light, structured"),
    "[program]\nname = ''\n": (2, "at least 1 character"),
    START + "[[person]]\nname = ''\n": (4, "at least 1 character"),
    START + "[[pair]]\nname = 'x'\n": (3, "members: is missing"),
    START + "[[pair]]\nmembers = 'Ada'\n": (4, "has to be a valid list"),
    START + "[[pair]]\nmembers = ['Ada', 3]\n": (4, "has to be a valid string, not 3"),
    START + "[[replica]]\nname = 'x'\nconnector = 7\n": (5, "has to be a valid string, not 7"),
    START + "[[replica]]\nname = '.hidden'\nconnector = 'markdown'\n": (4, "can't be a replica's name; use letters, digits"),
    START + "[replica]\nname = 'x'\n": (3, "has to be a valid list"),
    START + "tempate = 'light'\n": (3, "did you mean template?"),
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_told_with_what_to_write(text: str) -> None:
    line, told = WRONG[text]
    error = refused(text)
    assert f"line {line}: " in error.reason
    assert told in error.reason
    assert error.remedy == "docs/config.md lists every key with an example."


def test_all_that_is_wrong_is_told_at_once() -> None:
    error = refused("[program]\ncolour = 'red'\nzone = 'x'\n[[pair]]\nname = 'x'\n")
    told = sorted(line.strip().split(": ")[:2] for line in error.reason.splitlines()[1:])
    assert told == [
        ["line 1", "program.name"],
        ["line 2", "program.colour"],
        ["line 3", "program.zone"],
        ["line 4", "pair 1, members"],
    ]


@pytest.mark.parametrize(
    ("text", "line"), [("[program\n", 1), (START + "zone = \n", 3), (START + "\n\nname = 'x'\n", 5)]
)
def test_what_is_no_toml_is_told_with_its_line(text: str, line: int) -> None:
    error = refused(text)
    assert "is not valid TOML" in error.reason
    assert f"line {line}" in error.reason


def test_names_of_replicas_differ_whatever_their_capitals() -> None:
    one = "[[replica]]\nname = '{}'\nconnector = 'markdown'\n"
    error = refused(START + one.format("notes") + "\n" + one.format("Notes"))
    assert (error.where, error.reason) == (f"{FILE}, line 8", "two replicas are called 'Notes'")
    assert error.remedy


# Files


def test_the_file_is_found_from_any_folder_below(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(START, "utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    for start in (tmp_path, below, tmp_path / FILE):
        assert find(str(start)) == str(tmp_path / FILE)


def test_where_there_is_none_the_way_on_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="here or in a folder above") as caught:
        find(str(tmp_path))
    assert caught.value.where == str(tmp_path)
    assert "mentorsync init" in caught.value.remedy


@pytest.mark.parametrize("content", [None, b"\xff\xfe", START.encode("utf-16")])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / FILE
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="can't be read") as caught:
        load(str(path))
    assert caught.value.where == FILE
    assert "UTF-8" in caught.value.remedy


@pytest.mark.parametrize("change", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_files_of_other_editors_are_read(tmp_path: Path, change: Callable[[str], str]) -> None:
    path = tmp_path / FILE
    path.write_bytes(change(START + "zone = 'Europe/Berlin'\n").encode())
    assert load(str(path)).locale.zone.key == "Europe/Berlin"


# Secrets, and the connector's own keys


def program(tmp_path: Path, more: str, start: str = START) -> Any:
    path = tmp_path / FILE
    path.write_text(start + more, "utf-8")
    return load(str(path))


def test_a_secret_that_is_not_there_is_told_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAULT", raising=False)
    made = program(tmp_path, "\n[[replica]]\nname = 'notes'\nconnector = 'markdown'\npath = 'env:VAULT'\n")
    with pytest.raises(ConfigError, match="no variable VAULT") as caught:
        places(made)
    assert caught.value.where == f"{FILE}, line 7: path = 'env:VAULT'"
    assert caught.value.remedy == "Set VAULT before you run mentorsync."
    with pytest.raises(ConfigError, match="no variable VAULT") as caught:
        _ = program(tmp_path, "state = 'env:VAULT'\n").state_url
    assert caught.value.where == f"{FILE}, line 3: state = 'env:VAULT'"


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = program(tmp_path, "state = 'x/state.sqlite3'\n")
    monkeypatch.chdir("/")
    assert made.state_url == f"sqlite:///{tmp_path}/x/state.sqlite3"
    assert made.lock_path == str(tmp_path / ".mentorsync" / "run.lock")
    monkeypatch.setenv("STATE", "postgresql+psycopg://here/x")
    assert program(tmp_path, "state = 'env:STATE'\n").state_url == "postgresql+psycopg://here/x"


def test_what_a_connector_does_not_understand_is_told_with_its_line_and_page(tmp_path: Path) -> None:
    made = program(tmp_path, "\n[[replica]]\nname = 'book'\nconnector = 'workbook'\npath = 'notes.docx'\n")
    with pytest.raises(ConfigError, match="replica 'book': path: ") as caught:
        places(made)
    assert caught.value.where == f"{FILE}, line 7"
    assert caught.value.remedy == "docs/connectors/workbook.md lists every key with an example."
