"""`mentorsync privacy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from syncengine.cli import common

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncengine.config import Program
    from syncengine.core.audience import View
    from syncengine.store import Store

WORDS = {
    "all": "everyone's",
    "open": "everyone's, unless it is between a pair",
    "own": "its pair's",
    "no": "nothing",
}
"""`audience.Sight` to what a replica shows of a field."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def privacy(config: str | None, as_json: bool) -> None:
    """Which field is shown in which tool, and who sees it there.

    It is read from the very rules by which records are handed to a tool; what is not listed for a tool never gets there.
    """
    program = common.program(config)
    with common.state(program) as store:
        said = table(program, store)
    if as_json:
        from syncengine.cli.plain import json_line

        click.echo(json_line(said))
    else:
        for line in _lines(said):
            click.echo(line)


def table(program: Program, store: Store) -> dict[str, Any]:
    """`replicas` (name, connector, audience, who), and `fields` (kind, field, label, audience, and `seen`: replica to
    what is shown there: all, open, own, no)."""
    from syncengine.core.audience import sight
    from syncengine.model.kind import Field, Kind

    views = {view.replica: view for view in _views(program, store)}
    rows = store.replicas()

    def seen(view: View, kind: Kind, field: Field) -> str:
        holds = ((rows[view.replica].mapping or {}).get("holds") if view.replica in rows else None) or None
        in_tool = holds is None or field.name in holds.get(kind.name, ())
        return sight(view, kind.name, field.name) if in_tool else "no"

    replicas = [
        {"name": one.name, "connector": one.connector, "audience": one.audience,
         "who": _who(store, views.get(one.name), one.settings)}
        for one in program.replicas
    ]  # fmt: skip
    fields = [
        {"kind": kind.name, "field": field.name, "label": f"{kind.label}: {field.label}",
         "audience": "pair" if "pair" in (kind.audience, field.audience) else "program",
         "seen": {name: seen(view, kind, field) for name, view in views.items()}}
        for kind in program.template.kinds.values() for field in kind.fields.values()
    ]  # fmt: skip
    return {"replicas": replicas, "fields": fields}


def _views(program: Program, store: Store) -> Iterator[View]:
    """As a run makes them; a replica whose pair is not there gets nothing, and is left out."""
    from syncengine.errors import ConfigError
    from syncengine.run.live import view_of

    pairs = store.titles("pair")
    for one in program.replicas:
        try:
            yield view_of(one.name, program.template, one.audience, pairs, "")
        except ConfigError:
            continue


def _who(store: Store, view: View | None, settings: Mapping[str, Any]) -> str:
    if view is None:
        return "nobody: there is no such pair, so nothing is written there"
    if view.pair is None:
        said = "everybody who can open it: the coordinator, and whomever it is shared with"
    else:
        pair = store.records([view.pair])[view.pair]
        members = pair.fields.get("members")
        people = store.records(members if isinstance(members, list) else [])
        names = sorted(str(one.fields.get("name") or one.id) for one in people.values())
        said = f"{', '.join(names) or 'nobody yet'}; and whomever else it is shared with"
    shared = settings.get("share")
    if isinstance(shared, list) and shared:
        said += f" (shared by us with {', '.join(map(str, shared))})"
    if settings.get("invites", "none") != "none":
        said += "; members are invited by e-mail, and each guest sees the others' addresses"
    return said


def _lines(said: dict[str, Any]) -> Iterator[str]:
    for one in said["replicas"]:
        yield f"{one['name']} ({one['connector']}, audience {one['audience']}): seen by {one['who']}"
    names = [
        one["name"]
        for one in said["replicas"]
        if any(one["name"] in field["seen"] for field in said["fields"])
    ]
    width = max(len(field["label"]) for field in said["fields"])
    yield ""
    yield "  ".join([f"{'field':<{width}}", "audience", *names])
    for field in said["fields"]:
        cells = [
            f"{field['seen'][name] if field['seen'][name] != 'no' else '-':<{len(name)}}" for name in names
        ]
        yield "  ".join([f"{field['label']:<{width}}", f"{field['audience']:<8}", *cells]).rstrip()
    yield ""
    for word, meaning in WORDS.items():
        yield f"{word if word != 'no' else '-'}: {meaning}"
    yield "Whoever runs mentorsync, or can read its state, sees everything."
