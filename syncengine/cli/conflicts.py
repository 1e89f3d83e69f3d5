"""`mentorsync conflicts` and `mentorsync resolve`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.cli.naming import find_conflict
from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.core.canon import Canon
    from syncengine.model.values import Value
    from syncengine.store import ConflictRow


@click.command()
@click.pass_obj
def conflicts(config: str | None) -> None:
    """What waits for a person to decide: the value every tool shows now, and what else was written."""
    program = common.program(config)
    with common.state(program) as store:
        rows = store.conflicts()
        canon = common.canon_of(program, store)
        for row in rows:
            _show(canon, row)
        if not rows:
            click.echo("No conflicts.")
            return
    click.echo(
        "Decide with: mentorsync resolve CONFLICT keep|1|2|…|--value TEXT (or answer in any of the tools)."
    )
    sys.exit(3)


def _show(canon: Canon, row: ConflictRow) -> None:
    from syncengine.core.questions import question

    record = canon.get(row.record)
    if record is None:
        return
    field = canon.kinds[record.kind].fields[row.field]
    said = question(canon, record, field, row.detail)
    click.echo(f"#{row.id}  {said['about']}, {said['field']}")
    click.echo(
        f"    keep  {common.short(said['kept'], 90)} (in {row.detail['kept']['replica'] or 'all tools'})"
    )
    for line in str(said["others"]).splitlines():
        click.echo(f"    {line}")


@click.command()
@click.argument("conflict")
@click.argument("choice", required=False)
@click.option("--value", metavar="TEXT", help="A value of your own instead.")
@click.pass_obj
def resolve(config: str | None, conflict: str, choice: str | None, value: str | None) -> None:
    """Decide CONFLICT: its number, or the record (and field) that it is about, or a link to its question.

    CHOICE is `keep`, or another value or its number. Every tool gets the answer.
    """
    from syncengine.run import Wish, sync

    if (choice is None) == (value is None):
        raise click.UsageError(
            "say either a choice (keep, 1, 2 …) or --value TEXT; see: mentorsync conflicts"
        )
    program = common.program(config)
    with common.state(program) as store:
        row = find_conflict(program, store, conflict)
        canon = common.canon_of(program, store)
        wish_value = _decide(canon, row, choice, value)
    report = sync(
        program,
        wishes=[Wish(row.record, {row.field: wish_value}, "mentorsync resolve", "resolved")],
        reason=f"resolve {row.id}",
    )
    from syncengine.cli import output

    output.show_report(report)
    sys.exit(report.exit_status)


def _decide(canon: Canon, row: ConflictRow, choice: str | None, text: str | None) -> Value:
    from syncengine.core import questions
    from syncengine.model.values import Unreadable

    record = canon.get(row.record)
    assert record is not None
    field = canon.kinds[record.kind].fields[row.field]
    if text is None:
        values = [record.fields.get(row.field), *(one["value"] for one in row.detail["lost"])]
        shown = [canon.shown(canon.kinds[record.kind], row.field, value) for value in values]
        return _chosen(row, choice or "", values, shown)
    said = questions.value(canon, record, field, row.detail, text)
    if isinstance(said, Unreadable):
        raise ConfigError(f"“{said.text}” {said.reason}", remedy=said.remedy)
    return said


def _chosen(row: ConflictRow, choice: str, values: list[Value], shown: list[str]) -> Value:
    """`keep`, the number of another value, or one of the values as it is shown; `values`: the kept one first.

    What a person writes into a question may be a value of their own, here it may not: a slip would become the value.
    """
    said = choice.strip().rstrip(".").casefold()
    names = ["keep", *map(str, range(1, len(values)))]
    alike = [value for value, text in zip(values, shown, strict=True) if text.casefold() == choice.casefold()]
    if said in names:
        return values[names.index(said)]
    if len(alike) == 1:
        return alike[0]
    numbers = "1" if len(values) == 2 else f"1 to {len(values) - 1}"
    raise ConfigError(
        f"“{choice}” is no choice of conflict #{row.id}",
        remedy=f"Say keep, or {numbers} (see: mentorsync conflicts), or --value TEXT for a value of your own.",
    )
