"""`mentorsync init`."""

from __future__ import annotations

import os
import sys

import click
import tomlkit

from syncengine.errors import ConfigError
from syncengine.model.template import names

TOOLS = {
    "markdown": ("notes", "path", "notes", "A folder of Markdown notes (Obsidian)"),
    "workbook": ("workbook", "path", "program.xlsx", "An Excel or LibreOffice workbook"),
    "ical": ("calendar", "path", "calendar", "A folder of calendar files (.ics)"),
}


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False))
@click.option("--name", help="What the program is called.")
@click.option(
    "--template", type=click.Choice(names()), help="light: the least that works; structured: everything."
)
@click.option(
    "--preset", type=click.Choice(names("presets")), help="Wording, rhythm and length for your kind of group."
)
@click.option("--zone", help="Time zone of the program, like Europe/Berlin.")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    type=click.Choice(list(TOOLS)),
    help="A place to keep in agreement; repeat for several.",
)
@click.option("--person", "people", multiple=True, metavar="NAME", help="Somebody who takes part; repeat.")
@click.option("--force", is_flag=True, help="Overwrite an existing mentorsync.toml.")
def init(folder: str, name: str | None, template: str | None, preset: str | None, zone: str | None, tools: tuple[str, ...],
         people: tuple[str, ...], force: bool) -> None:  # fmt: skip
    """Write mentorsync.toml in FOLDER (here, if none is given), asking for what no option said."""
    path = os.path.join(folder, "mentorsync.toml")
    if os.path.exists(path) and not force:
        raise ConfigError(
            "is there already", where=path, remedy="Edit it, or run with --force to write it anew."
        )
    ask = sys.stdin.isatty()
    name = name or (
        click.prompt("What is the program called?", default="Our mentorship program")
        if ask
        else "Our mentorship program"
    )
    template = template or (
        click.prompt("Template", default="structured", type=click.Choice(names())) if ask else "structured"
    )
    zone = zone or (click.prompt("Time zone", default=_local_zone()) if ask else _local_zone())
    if not tools:
        tools = tuple(t for t in TOOLS if not ask or click.confirm(f"{TOOLS[t][3]}?", default=True))
    from syncengine.config import understood

    text = _document(name, template, preset, zone, tools, people)
    understood(text, path)  # a wrong --zone is told before anything is written
    os.makedirs(folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)
    click.echo(f"Wrote {path}.")
    click.echo("Next: mentorsync setup (shows what it would make, then asks), then mentorsync sync.")


def _document(
    name: str, template: str, preset: str | None, zone: str, tools: tuple[str, ...], people: tuple[str, ...]
) -> str:
    document = tomlkit.document()
    document.add(
        tomlkit.comment("One mentorship program. Every key: docs/config.md. Paths are relative to this file.")
    )
    program = tomlkit.table()
    program.update(
        {"name": name, "template": template, **({"preset": preset} if preset else {}), "zone": zone}
    )
    document.add("program", program)
    if tools:
        replicas = tomlkit.aot()
        for tool in tools:
            table = tomlkit.table()
            table.update({"name": TOOLS[tool][0], "connector": tool, TOOLS[tool][1]: TOOLS[tool][2]})
            replicas.append(table)
        document.add("replica", replicas)
    if people:
        persons = tomlkit.aot()
        for person in people:
            table = tomlkit.table()
            table.add("name", person)
            persons.append(table)
        document.add("person", persons)
    return tomlkit.dumps(document)


def _local_zone() -> str:
    """The machine's IANA zone where it can be told, else UTC."""
    said = os.environ.get("TZ", "")
    if "/" in said:
        return said.lstrip(":")
    try:
        target = os.readlink("/etc/localtime")
    except OSError:
        return "UTC"
    return target.split("zoneinfo/", 1)[1] if "zoneinfo/" in target else "UTC"
