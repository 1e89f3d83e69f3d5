"""`mentorsync status`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

from syncengine.cli import common

if TYPE_CHECKING:
    from syncengine.cli.standing import Standing
    from syncengine.config import Program
    from syncengine.run.report import Report


@click.command()
@click.option(
    "--look", is_flag=True, help="Look into every tool for what the next run would do; writes nothing."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def status(config: str | None, look: bool, as_json: bool) -> None:
    """At a glance: the last good run, what waits for whom, what is next, whether a timer runs it, the next check-ins."""
    from syncengine.cli import standing
    from syncengine.cli.plain import json_line

    program = common.program(config)
    with common.state(program) as store:
        there = standing.standing(program, store, common.canon_of(program, store), datetime.now(UTC))
    report = _look(program) if look else None
    if report is not None:
        standing.looked(there, report)
    if as_json:
        click.echo(json_line(standing.as_json(program, there)))
        return
    for line in _lines(program, there, looked=look):
        click.echo(line)
    if report is not None:
        from syncengine.cli import output

        click.echo("")
        output.show_planned(report)


def _look(program: Program) -> Report:
    from syncengine.run import sync

    return sync(program, dry_run=True)


def _lines(program: Program, there: Standing, *, looked: bool) -> Iterator[str]:
    from syncengine.schedule import timers

    yield f"{program.name} ({program.template.title})"
    yield from _runs(program, there)
    yield from _waiting(there)
    if not looked:
        yield from _next(there)
    yield from timers.sentences(there.timers, program.locale.zone)
    yield from _checkins(program, there)
    yield from _counts(program, there)


def _runs(program: Program, there: Standing) -> Iterator[str]:
    from syncengine.model.moments import show_instant

    zone, last = program.locale.zone, there.last
    if last is None:
        yield "Never synced yet. Run: mentorsync sync"
        return
    words = "was cut off; the next one continues it" if last.ended is None else last.status
    yield f"Last run: #{last.id} ({last.reason}), {show_instant(last.started, zone)}: {words}"
    if there.agreed:
        yield f"All tools were last seen to agree: {show_instant(there.agreed, zone)}"
    if there.told:
        yield "What each tool was told last:"
    for name, one in there.told.items():
        did = ", ".join(f"{count} {word}" for word, count in one.counts.items())
        yield f"  {name}: {did}  (run #{one.run}, {show_instant(one.at, zone)})"


def _waiting(there: Standing) -> Iterator[str]:
    if not there.waits:
        yield "Nothing waits for a person."
        return
    yield "Waits for a person:"
    by_people = sorted(there.waits, key=lambda one: (not one.people, list(one.people)))
    for people, things in groupby(by_people, key=lambda one: list(one.people)):
        yield f"  {', '.join(people) or 'whoever looks after the program'}"
        for thing in things:
            yield f"    {thing.text}"


def _next(there: Standing) -> Iterator[str]:
    said = []
    for name, one in there.next.items():
        what = [f"{one.to_write} to be written"] if one.to_write else []
        what += ["looks edited since the last run"] if one.edited else []
        what += ["only a look tells (status --look)"] if one.edited is None else []
        said += [f"  {name}: {', '.join(what)}"] if what else []
    if said:
        yield "What the next run has to do:"
        yield from said
    else:
        yield "The next run finds nothing to do."


def _checkins(program: Program, there: Standing) -> Iterator[str]:
    from syncengine.model.moments import show_instant

    if there.checkins:
        yield "Next check-ins:"
    for starts, pair, moved in there.checkins:
        yield f"  {show_instant(starts, program.locale.zone)}  {pair}{' (moved)' if moved else ''}"


def _counts(program: Program, there: Standing) -> Iterator[str]:
    total = there.records
    said = [
        f"{total[kind.name]} {(kind.label if total[kind.name] == 1 else kind.plural).lower()}"
        for kind in program.template.kinds.values()
        if total.get(kind.name) and kind.name != "question"  # told above
    ]
    yield "Records: " + (", ".join(said) or "none yet")
    yield from (f"  {name}: {count}" for name, count in there.held.items())
