"""`mentorsync history` and `why`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.cli.naming import find_field, find_record

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.connector import Trouble
    from syncengine.core.canon import Canon
    from syncengine.model.kind import Record
    from syncengine.store import HistoryRow, Store

RULES = {
    "edited": "somebody changed it there",
    "agreed": "changed alike in several tools",
    "filled": "it was empty before",
    "merged": "several edits fitted together",
    "merged from": "became part of a merged value",
    "newest": "two edits: the newer one was kept",
    "order": "two edits: the first tool in the program's order was kept",
    "text kept": "a text beats an emptied field",
    "lost": "another value was kept; this one is in the conflict",
    "deleted": "it was deleted there",
    "delete lost to edit": "deleted in one tool, edited in another: it lives",
    "found again": "it came back in that tool",
    "answered": "a person answered a question",
    "resolved": "decided with mentorsync resolve",
    "undone": "a run was undone",
    "restored": "brought back with mentorsync restore",
    "default": "filled in for a new record",
    "config": "from mentorsync.toml",
    "conflict": "two values were written",
    "agenda": "filled from the records",
    "cadence": "made from the pair's rhythm",
    "moved": "its time differs from the series'",
    "moved back": "it is back at the series' time",
    "series changed": "the pair's rhythm changed",
    "written over generated text": "written where text is generated; kept here only",
}
"""The rule's name to what it means for a person."""


@click.command()
@click.argument("record")
@click.option("--links", is_flag=True, help="Also tell where it can be opened in each tool.")
@click.pass_obj
def history(config: str | None, record: str, links: bool) -> None:
    """Everything that happened to RECORD (its title or part of it, its id, or a link to it), oldest first."""
    program = common.program(config)
    with common.state(program) as store:
        found = find_record(program, store, record)
        canon = common.canon_of(program, store)
        click.echo(
            f"{canon.kinds[found.kind].label}: {canon.title(found)}  ({found.id}){'  deleted' if found.deleted else ''}"
        )
        rows = store.history(record=found.id)
        begun = store.begun({row.run for row in rows})
        for row in rows:
            _show(canon, found, row, begun)
        if links:
            _show_links(program, store, found)


def _show_links(program: Program, store: Store, record: Record) -> None:
    from syncengine.run.links import linking

    with linking(program, store) as links:
        for replica, address in links.to([record.id])[record.id].items():
            click.echo(f"  open in {replica}: {address}")
        for replica, problem in links.problems.items():
            click.echo(f"  ! replica {replica!r} could not be asked: {problem.reason}")


def _show(
    canon: Canon, record: Record, row: HistoryRow, begun: Mapping[int, str], only: str | None = None
) -> None:
    """Which run and when, which tool, who and when there, by which rule; then the values."""
    from syncengine.model.moments import show_instant

    kind = canon.kinds[record.kind]
    when = f", edited {show_instant(row.at, canon.locale.zone)}" if row.at else ""
    who = f" by {row.who}" if row.who else ""
    ran = f" ({show_instant(begun[row.run], canon.locale.zone)})" if row.run in begun else ""
    click.echo(f"  run {row.run}{ran}, {row.source}{who}{when}: {RULES.get(row.rule, row.rule)}")
    for name, (before, after) in row.changes.items():
        if only not in (None, name):
            continue
        if name == "deleted":
            click.echo(f"      {'deleted' if after else 'brought back'}")
            continue
        label = kind.fields[name].label if name in kind.fields else name
        old, new = canon.shown(kind, name, before), canon.shown(kind, name, after)
        click.echo(f"      {label}: {common.short(old) or '(empty)'} → {common.short(new) or '(empty)'}")


@click.command()
@click.argument("what", metavar="RECORD.FIELD")
@click.pass_obj
def why(config: str | None, what: str) -> None:
    """Why a field has its value: which tool, who if known, when, by which rule; the latest first.

    For example: mentorsync why "Learn SQL.percent". RECORD is named as for history.
    """
    title, dot, field = what.rpartition(".")
    if not dot or not title:
        raise click.UsageError('say the record and the field, like: mentorsync why "Learn SQL.percent"')
    program = common.program(config)
    with common.state(program) as store:
        found = find_record(program, store, title)
        name = find_field(program, found, field)
        canon = common.canon_of(program, store)
        kind = canon.kinds[found.kind]
        click.echo(
            f"{kind.label}: {canon.title(found)}, {kind.fields[name].label}: {canon.shown(kind, name, found.fields.get(name)) or '(empty)'}"
        )
        rows = [row for row in store.history(record=found.id) if name in row.changes]
        begun = store.begun({row.run for row in rows})
        for row in reversed(rows):
            _show(canon, found, row, begun, only=name)
        if not rows:
            click.echo("  Nobody has ever filled it in.")
        for replica, trouble in _not_understood(store, found.id, name):
            click.echo(f"  {replica}, {trouble.where}: stands there and is not understood: {trouble.reason}")
            click.echo(f"      → {trouble.remedy}")


def _not_understood(store: Store, record: str, field: str) -> Iterator[tuple[str, Trouble]]:
    """Replica and trouble, where a tool shows something in the field that could not be used."""
    for replica, trouble in store.troubles():
        shadow = store.shadows_at(replica, [trouble.handle]).get(trouble.handle) if trouble.handle else None
        if trouble.field == field and shadow is not None and shadow.record == record:
            yield replica, trouble
