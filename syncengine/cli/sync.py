"""`mentorsync sync`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from syncengine.core.planned import Plan
    from syncengine.run.report import Report


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what a sync would do and write nothing.")
@click.option(
    "--out",
    metavar="FILE",
    help="With --dry-run: write the plan to FILE as well, to be carried out by --plan.",
)
@click.option(
    "--plan",
    "planned",
    metavar="FILE",
    help="Carry out exactly the plan in FILE; refuse, record by record, what has changed since.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option("--fresh", is_flag=True, help="Read everything anew, not only what changed.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(("mass-deletion", "template", "restored", "catch-up")),
    help="Let this guard pass, in this run only, after you have looked; with --plan, as far as the plan has it.",
)
@click.option("--quiet", "-q", is_flag=True, help="Say nothing when all is well.")
@click.pass_obj
def sync(
    config: str | None,
    dry_run: bool,
    out: str | None,
    planned: str | None,
    as_json: bool,
    fresh: bool,
    allow: tuple[str, ...],
    quiet: bool,
) -> None:
    """Make all tools agree; nothing anyone wrote is lost."""
    if out and not dry_run:
        raise click.UsageError("--out goes with --dry-run: it writes what a sync would do")
    from syncengine import glance

    unchanged = None if dry_run or planned or fresh or allow else glance.unchanged(config)
    if unchanged is not None:
        if as_json:
            _show_json(unchanged)
        elif not quiet:
            click.echo(glance.sentence(unchanged))
        return
    _sync(config, dry_run, out, planned, as_json, fresh, allow, quiet)


def _sync(
    config: str | None, dry_run: bool, out: str | None, planned: str | None, as_json: bool, fresh: bool,
    allow: tuple[str, ...], quiet: bool,
) -> None:  # fmt: skip
    from syncengine import glance
    from syncengine.cli import common, output
    from syncengine.errors import GuardStop, told
    from syncengine.run import sync as run

    try:
        program = common.program(config)
        given = _plan(planned) if planned else None
        with output.progress(show=not as_json and not quiet) as progress:
            report = run(
                program, dry_run=dry_run, fresh=fresh, allow=allow, planned=given, progress=progress,
                reason=given.reason if given else "sync",
            )  # fmt: skip
    except Exception as error:
        if not as_json:
            raise
        status = "stopped" if isinstance(error, GuardStop) else "failed"
        _show_json(
            {
                "status": status,
                "replicas": {},
                "conflicts": [],
                "warnings": [str(told(error))],
                "seconds": 0.0,
            }
        )
        sys.exit(told(error).exit_status)
    if not dry_run:
        glance.remember(program, report)  # what waits is no agreement, see there
    if as_json:
        _show_json(report.as_json())
    elif not (quiet and report.exit_status == 0):
        _show(report, dry_run=dry_run)
    if out:
        from syncengine.cli import planfile

        assert report.plan is not None
        planfile.put(report.plan, out, tell=not as_json)
    sys.exit(report.exit_status)


def _plan(path: str) -> Plan:
    from syncengine.cli import planfile

    return planfile.get(path)


def _show(report: Report, *, dry_run: bool) -> None:
    from syncengine.cli import output

    if dry_run:
        output.show_planned(report)
    else:
        output.show_report(report)


def _show_json(data: dict[str, object]) -> None:
    from syncengine.cli.plain import json_line

    click.echo(json_line(data))
