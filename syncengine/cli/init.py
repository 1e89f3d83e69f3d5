"""`mentorsync init`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
import tomlkit

from syncengine.errors import ConfigError
from syncengine.model.template import names

_PAGE = "https://www.notion.so/your-page"
_GOOGLE = {"credentials": "oauth", "oauth_client": "file:client.json"}


@dataclass(frozen=True)
class Tool:
    """What `init` writes for a connector."""

    name: str
    settings: Mapping[str, str]
    what: str
    online: bool = False
    """It takes an account, so nobody gets it who did not ask for it."""


TOOLS = {
    "markdown": Tool("notes", {"path": "notes"}, "A folder of Markdown notes (Obsidian)"),
    "workbook": Tool("workbook", {"path": "program.xlsx"}, "An Excel or LibreOffice workbook"),
    "ical": Tool("calendar", {"path": "calendar"}, "A folder of calendar files (.ics)"),
    "notion": Tool("notion", {"page": _PAGE, "token": "env:NOTION_TOKEN"}, "Pages and tables in Notion", online=True),
    "sheets": Tool("sheet", _GOOGLE, "A Google spreadsheet", online=True),
    "gcal": Tool("google-calendar", _GOOGLE, "A Google calendar", online=True),
}  # fmt: skip


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
        tools = tuple(_wanted(ask=ask))
    pages = [_page(ask=ask)] if "notion" in tools else []
    from syncengine.config import understood

    text = _document(name, template, preset, zone, tools, people, *pages)
    understood(text, path)  # a wrong --zone is told before anything is written
    os.makedirs(folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)
    click.echo(f"Wrote {path}.")
    online = [tool for tool in tools if TOOLS[tool].online]
    if online:
        steps = ", ".join(f"docs/connectors/{tool}.md" for tool in online)
        click.echo(f"First: sign in, as {steps} says step by step; mentorsync doctor tells whether it works.")
    click.echo("Next: mentorsync setup (shows what it would make, then asks), then mentorsync sync.")


def _wanted(*, ask: bool) -> Iterator[str]:
    for name, tool in TOOLS.items():
        if click.confirm(f"{tool.what}?", default=not tool.online) if ask else not tool.online:
            yield name


def _page(*, ask: bool) -> str:
    return (
        str(click.prompt("Link of the Notion page that all shall lie under", default=_PAGE)) if ask else _PAGE
    )


def _document(
    name: str,
    template: str,
    preset: str | None,
    zone: str,
    tools: tuple[str, ...],
    people: tuple[str, ...],
    page: str = _PAGE,
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
            said = TOOLS[tool]
            table.update({"name": said.name, "connector": tool, **said.settings})
            if tool == "notion":
                table["page"] = page
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
