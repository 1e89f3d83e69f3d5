"""`mentorsync undo` and `mentorsync restore`: runs that put something back, each with a plan of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.canon import Canon
    from syncengine.core.undo import Undo
    from syncengine.model.kind import Record
    from syncengine.run import Wish
    from syncengine.store import Store

_Command = Callable[..., None]


def _planned(command: _Command) -> _Command:
    """The options of a run that can be looked at first."""
    out = click.option(
        "--out",
        metavar="FILE",
        help="With --dry-run: write the plan to FILE, for: mentorsync sync --plan FILE.",
    )
    dry = click.option("--dry-run", is_flag=True, help="Show what would be put back and write nothing.")
    return dry(out(command))


@click.command()
@click.argument("run", type=click.IntRange(1, 2**31))
@_planned
@click.pass_obj
def undo(config: str | None, run: int, dry_run: bool, out: str | None) -> None:
    """Take back what RUN (a number, see status and history) changed, as a run of its own.

    What has been changed again since then stays, and is told.
    """
    from syncengine.run import Wish

    program = common.program(config)
    with common.state(program) as store:
        back = _way_back(store, run)
        stays = list(_left_alone(common.canon_of(program, store), back))
    wishes = [Wish(r.record, r.fields, "mentorsync undo", "undone", r.deleted) for r in back.restores]
    _carry_out(program, wishes, f"undo of run {run}", stays, dry_run, out)


@click.command()
@click.argument("record")
@click.option("--alone", is_flag=True, help="Only the record itself, not what was deleted together with it.")
@_planned
@click.pass_obj
def restore(config: str | None, record: str, alone: bool, dry_run: bool, out: str | None) -> None:
    """Bring the deleted RECORD (its title, its id, or a link to it) back in every tool.

    With it comes what it belongs to, and what was deleted together with it: a goal's steps, a pair's agreement.
    """
    from syncengine.cli.naming import find_record
    from syncengine.run import Wish

    program = common.program(config)
    with common.state(program) as store:
        found = find_record(program, store, record, deleted_first=True)
        canon = common.canon_of(program, store)
        if not found.deleted:
            raise ConfigError(
                f"{_name(canon, found)} is not deleted",
                remedy="To put its fields back: mentorsync history RECORD, then mentorsync undo RUN.",
            )
        back = [found.id] if alone else _together(program, store, found)
        told = [f"  comes back: {_name(canon, one)}" for one in store.records(back).values()]
    wishes = [Wish(id, {}, "mentorsync restore", "restored", False) for id in back]
    _carry_out(program, wishes, f"restore of {found.id}", sorted(told), dry_run, out)


def _carry_out(
    program: Program, wishes: Sequence[Wish], reason: str, told: Sequence[str], dry_run: bool, out: str | None
) -> None:
    from syncengine.cli import output, planfile
    from syncengine.run import sync

    if out and not dry_run:
        raise click.UsageError("--out goes with --dry-run: it writes what would be done")
    report = sync(program, wishes=wishes, reason=reason, dry_run=dry_run)
    for line in told:
        click.echo(line)
    if dry_run:
        output.show_planned(report)
    else:
        output.show_report(report)
    if out and report.plan is not None:
        planfile.put(report.plan, out)
    sys.exit(report.exit_status)


def _name(canon: Canon, record: Record) -> str:
    return f"{canon.kinds[record.kind].label.lower()} “{canon.title(record)}”"


def _together(program: Program, store: Store, record: Record) -> list[str]:
    from syncengine.core.canon import ENGINE
    from syncengine.core.restore import together

    deleted = {one.id: one for one in store.all_records(deleted=True)}
    burials = {}
    for id in deleted:
        ends = [
            row for row in store.history(record=id) if row.changes.get("deleted", [None, None])[1] is True
        ]
        if ends:
            burials[id] = ends[-1]
    engine_s = [id for id, row in burials.items() if row.source == ENGINE and id != record.id]
    runs = {id: row.run for id, row in burials.items()}
    return together(record.id, deleted, runs, program.template.kinds, engine_s)


def _way_back(store: Store, run: int) -> Undo:
    from syncengine.core.undo import edits, undo

    rows = store.history(run=run)
    if not rows:
        raise ConfigError(
            f"run {run} changed nothing, or there was no such run", remedy="See: mentorsync status"
        )
    told = {id: store.history(record=id) for id in {row.record for row in rows}}
    born = {id for id, lines in told.items() if lines[0].run == run}
    edited = {
        id
        for id, lines in told.items()
        if any(line.run > run and edits(line.source, line.rule, line.changes) for line in lines)
    }
    return undo([(r.record, r.rule, r.changes) for r in rows], store.records(told), born, edited)


def _left_alone(canon: Canon, back: Undo) -> Iterator[str]:
    for id, name in back.changed_since:
        record = canon.get(id)
        assert record is not None
        what = f", {canon.kinds[record.kind].fields[name].label}" if name else ""
        yield f"  left alone: “{canon.title(record)}”{what}: it has been changed again since"
