"""The docs are held to account: what they say of commands, keys, fields and the contract is what the code does."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import click
import pytest

from syncengine import connector as contract
from syncengine import errors
from syncengine.cli import COMMANDS, SHORT, cli
from syncengine.config.sections import (
    GuardsSection,
    MailSection,
    PairSection,
    PersonSection,
    ProgramSection,
    ReplicaSection,
    ScheduleSection,
)
from syncengine.core import guard
from syncengine.run.report import EXIT

if TYPE_CHECKING:
    from conftest import Site

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(
    {*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("connectors/*/*.md"), *ROOT.glob("examples/**/*.md")}
)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table after the line `heading`, without its head."""
    lines = page.split(f"{heading}\n", 1)[1].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip()[1:-1].split("|")])
    return rows


def code(cell: str) -> list[str]:
    """What stands in `code` in a cell."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    """docs/reference.py, which makes what is made from the code."""
    spec = importlib.util.spec_from_file_location("reference", DOCS / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["cli.md", "model.md"])
def test_what_is_made_from_the_code_is_as_new(reference: ModuleType, name: str) -> None:
    """Apart from blanks: another click breaks lines in other places."""
    made, kept = reference.fresh(name), text(f"docs/{name}")
    assert made.split() == kept.split(), "run: python docs/reference.py"


def test_every_command_is_in_the_table(reference: ModuleType) -> None:
    rows = table(text("docs/cli.md"), "# Commands")
    named = [word.split()[0] for row in rows for word in code(row[0])]
    assert list(dict.fromkeys(named)) == list(COMMANDS) == list(SHORT)
    for row in rows:
        for said in code(row[0]):
            command = _command(said)
            options = {option for param in command.params for option in param.opts}
            assert set(re.findall(r"--[a-z-]+", said)) <= options, said


def _command(said: str) -> click.Command:
    """The command that `said` begins with, or the one below it that the next word names."""
    name, *words = said.split()
    command: click.Command = getattr(importlib.import_module(COMMANDS[name]), name)
    below = command.commands if isinstance(command, click.Group) else {}
    return below.get(words[0], command) if words else command


def _all_commands() -> Iterator[str]:
    for name in COMMANDS:
        yield name
        command = _command(name)
        if isinstance(command, click.Group):
            yield from (f"{name} {below}" for below in command.commands)


@pytest.mark.parametrize("name", list(_all_commands()))
def test_every_command_has_help_enough_to_go_on(site: Site, name: str) -> None:
    ran = site.run(*name.split(), "--help")
    assert ran.status == 0
    command = _command(name)
    assert command.help
    assert command.help.split("\n")[0].rstrip().endswith((".", ":", '".')), "a whole sentence"
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, f"{name} {param.opts} says what it does"
        else:
            assert param.human_readable_name in command.help or param.human_readable_name in (
                "FOLDER",
                "RECORD.FIELD",
                "CHOICE",
            )
    above = site.run(*name.split()[:-1], "--help").out
    assert name.split()[-1] in above


def test_exit_statuses() -> None:
    rows = table(text("docs/cli.md"), "## Exit status")
    told = {int(row[0]) for row in rows}
    raised = {
        one.exit_status
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, errors.MentorsyncError)
    }
    assert told == {0, *raised, *EXIT.values()}
    assert all(f" {status} " in f" {cli.help} ".replace("\n", " ") for status in told), (
        "mentorsync --help tells them too"
    )


def test_the_json_of_the_docs_is_the_json_of_the_program(site: Site) -> None:
    shown: dict[str, Any] = __import__("json").loads(
        text("docs/cli.md").split("```json\n")[1].split("```")[0]
    )
    report = site.report()
    assert list(shown) == list(report)
    (counts,) = shown["replicas"].values()
    assert all(list(counts) == list(one) for one in report["replicas"].values())
    assert set(re.findall(r"`(\w+)`", text("docs/cli.md").split("\n`status` is ")[1].split(". ")[0])) == set(
        EXIT
    )


def test_guards() -> None:
    rows = table(text("docs/cli.md"), "## Guards")
    assert {code(row[0])[0] for row in rows} == {guard.PLACE, *guard.PASSABLE}
    for row in rows:
        (said,) = code(row[2])
        command, option, name = said.split()
        (allow,) = [param for param in _command(command).params if option in param.opts]
        assert isinstance(allow.type, click.Choice)
        assert name in allow.type.choices


@pytest.mark.parametrize(
    ("heading", "section"),
    [("`[program]`", ProgramSection), ("`[[replica]]`, and beside these the connector's own", ReplicaSection),
     ("`[[person]]`", PersonSection), ("`[[pair]]`", PairSection),
     ("`[mail]`, for `mentorsync invite`", MailSection),
     ("`[schedule]`, for `mentorsync schedule` and `watch`", ScheduleSection),
     ("`[guards]`: from where on a run stops before it writes", GuardsSection)],
)  # fmt: skip
def test_every_key_of_the_config(heading: str, section: Any) -> None:
    told = {key: row[1] for row in table(text("docs/config.md"), heading) for key in code(row[0])}
    known = {
        one.name: one
        for one in dataclasses.fields(section)
        if one.name not in ("settings", "pydantic_config")
    }
    assert told.keys() == known.keys()
    for name, said in told.items():
        default = known[name].default
        if default is known[name].default_factory is dataclasses.MISSING:
            assert said == "", f"{name} has to be there"
        elif default is None or known[name].default_factory is not dataclasses.MISSING:
            assert said == "none", name
        else:
            assert tomllib.loads(f"x = {code(said)[0]}")["x"] == default, name


def test_the_config_of_the_docs_is_one(site_at: type[Site], tmp_path: Path) -> None:
    example = text("docs/config.md").split("```toml\n")[1].split("```")[0]
    (tmp_path / "mentorsync.toml").write_text(example, encoding="utf-8")
    (tmp_path / "people.csv").write_text("name,email,pair\nNoor van Dijk,noor@example.org,\n")
    site = site_at(tmp_path)
    ran = site.run("setup", "--yes")
    assert ran.status == 0, ran.said
    site.sync()
    for key in tomllib.loads(example)["program"]:
        assert f"`{key}`" in text("docs/config.md").split("## Every key")[1]


@pytest.mark.parametrize("page", sorted((DOCS / "connectors").glob("*.md")), ids=lambda page: page.stem)
def test_every_key_of_a_connector(page: Path) -> None:
    (point,) = [one for one in entry_points(group="syncengine.connectors") if one.name == page.stem]
    keys = importlib.import_module(f"{point.value.split(':')[0]}.connector")._KEYS
    rows = (
        page.read_text(encoding="utf-8")
        .split("| key | meaning |\n|---|---|\n")[1]
        .split("\n\n")[0]
        .splitlines()
    )
    assert {code(row)[0] for row in rows} == {*keys, "audience"}
    first = page.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    (section,) = tomllib.loads("\n".join(line.strip() for line in first.splitlines()))["replica"]
    assert section["connector"] == page.stem
    assert section.keys() <= {*keys, "audience", "name", "connector"}


def test_the_contract() -> None:
    """Every method that an author may write, and what they import."""
    page = text("docs/plugins.md")
    assert 'entry-points."syncengine.connectors"' in page
    protocols = {name: one for name, one in vars(contract).items() if getattr(one, "_is_protocol", False)}
    assert {"Connector", "Replica"} <= protocols.keys()
    for name, protocol in protocols.items():
        public = {m for m in (*vars(protocol), *protocol.__annotations__) if not m.startswith("_")}
        missing = {m for m in public if f"`{m}`" not in page}
        assert missing <= {"calls"}, f"docs/plugins.md says nothing of {name}.{missing}"


def test_the_example_of_the_suite_is_the_suite_s() -> None:
    from syncengine.testing.conformance import Conformance, People

    page = text("docs/plugins.md")
    for word in ("connector", "settings", "people", "cannot"):
        assert word in page
        assert hasattr(Conformance, word) or word in Conformance.__annotations__
    assert People.__doc__


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    words = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", words):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, (
                target
            )


def test_files_that_the_docs_name_are_there() -> None:
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        DOCS / "architecture.md",
        DOCS / "model.md",
        DOCS / "plugins.md",
    ):
        for path in re.findall(
            r"`((?:docs|examples|syncengine|connectors|tests|bench|model|core|run|store)/[\w./-]+)`",
            page.read_text(),
        ):
            places = [
                ROOT / path,
                ROOT / "syncengine" / path,
                ROOT / "syncengine" / f"{path.split('.')[0]}.py",
            ]
            assert any(place.exists() for place in places), f"{page.name}: {path}"


def test_the_commands_of_the_readme_are_real(site: Site) -> None:
    """Those in its table, tried on a small program; nothing in them is a slip of the pen."""
    rows = table(text("README.md"), "## Your own program")
    lines = [line for row in rows for line in code(row[1])]
    assert len(lines) >= 6
    for line in lines:
        name, *words = [one or two for one, two in re.findall(r'"([^"]+)"|(\S+)', line)][1:]
        ran = site.run(name, *words)
        wrong = "Usage:" in ran.err or "no such command" in ran.err.lower() or "Traceback" in ran.said
        assert not wrong, (line, ran.said)
        assert ran.status in (0, 2, 3), (line, ran.said)


def test_what_the_readme_shows_is_what_the_demo_says(site_at: type[Site], tmp_path: Path) -> None:
    """Line by line; days and counts are those of the day it was run."""
    ran = site_at(tmp_path).run("demo")
    said = {_plain(line) for line in ran.out.splitlines()}
    shown = text("README.md").split("```\n$ mentorsync demo\n")[1].split("```")[0].splitlines()
    assert len(shown) > 10
    for line in shown:
        assert line in ("…", "") or _plain(line) in said, line


def _plain(line: str) -> str:
    return re.sub(r"\d+", "1", line).strip()


def test_the_two_commands_are_one_line_each() -> None:
    for heading in ("## Try it", "## Test it"):
        fenced = text("README.md").split(f"{heading}\n")[1].split("```")[1]
        assert len(fenced.strip().splitlines()) == 1
        assert "python3 -m venv" in fenced
