"""Writes the parts of the docs that are made from the code: `python docs/reference.py`. A test holds them to be as new.

A part stands between two comments, `<!-- help -->` and `<!-- /help -->`; what is around it is written by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from syncengine.cli import COMMANDS, cli
from syncengine.model import fieldtypes as ft
from syncengine.model.kind import Field, Kind
from syncengine.model.kinds import all_kinds
from syncengine.model.template import load_template

DOCS = Path(__file__).parent
WIDTH = 100


def commands() -> str:
    """What each `mentorsync COMMAND --help` says."""
    with click.Context(cli, info_name="mentorsync", max_content_width=WIDTH, terminal_width=WIDTH) as above:
        return "\n\n".join(
            said for name in COMMANDS for said in _help(above, cli.get_command(above, name), name)
        )


def _help(above: click.Context, command: click.Command | None, name: str) -> Iterator[str]:
    """The help of a command, and of those below it."""
    assert command is not None
    with click.Context(command, above, name, terminal_width=WIDTH, help_option_names=["-h", "--help"]) as own:
        yield f"```\n{command.get_help(own)}\n```"
        if isinstance(command, click.Group):
            for below in command.list_commands(own):
                yield from _help(own, command.get_command(own, below), below)


def model() -> str:
    """A table for each kind."""
    light = load_template("light").kinds
    return "\n\n".join("\n".join(_kind(kind, light.get(kind.name))) for kind in all_kinds().values())


def _kind(kind: Kind, light: Kind | None) -> Iterator[str]:
    yield f"### {kind.plural} (`{kind.name}`)"
    yield ""
    where = "" if light else " In the template *structured* only."
    yield kind.help + (" Only the pair sees it." if kind.audience == "pair" else "") + where
    yield ""
    yield "| field | in the tools | type | |"
    yield "|---|---|---|---|"
    for field in kind.fields.values():
        yield f"| `{field.name}` | {field.label} | {_type(field)} | {_remarks(field, kind, light)} |"


def _type(field: Field) -> str:
    kind = field.type
    if isinstance(kind, ft.Choice):
        return f"{kind.name}: {', '.join(kind.options)}"
    return f"{kind.name} to {field.ref}" if field.ref else kind.name


def _remarks(field: Field, kind: Kind, light: Kind | None) -> str:
    said = [
        field.help,
        f"at first: {field.default}" if field.default is not None else "",
        "filled by mentorsync" if field.computed else "",
        "only the pair sees it" if field.audience == "pair" and kind.audience != "pair" else "",
        "not in *light*" if light and field.name not in light.fields else "",
    ]
    return "; ".join(one for one in said if one)


PARTS = {"cli.md": {"help": commands}, "model.md": {"fields": model}}
"""File to its parts, each with what makes it."""


def fresh(name: str) -> str:
    """The text of a file of the docs with its parts made anew."""
    text = (DOCS / name).read_text(encoding="utf-8")
    for part, make in PARTS[name].items():
        pattern = rf"(<!-- {part} -->\n).*?(<!-- /{part} -->)"
        assert re.search(pattern, text, re.DOTALL), f"{name} has no part {part}"
        made = make()
        text = re.sub(
            pattern, lambda found, made=made: f"{found[1]}{made}\n{found[2]}", text, flags=re.DOTALL
        )
    return text


if __name__ == "__main__":
    for name in PARTS:
        made = fresh(name)
        (DOCS / name).write_text(made, encoding="utf-8")
