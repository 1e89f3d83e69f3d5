"""How runs look on a terminal, and in a log: the same words, without the bars."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from syncengine.cli.common import short
from syncengine.connector import Mailing
from syncengine.run.report import Report

WORDS = {"agreed": "All tools agree.", "attention": "Done; something waits for a person.", "failed": "Failed, see below.",
         "stopped": "Stopped before anything was written."}  # fmt: skip


@contextmanager
def progress(*, show: bool) -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar for each tool that is written to, with the time the rest will take; nothing where nobody watches."""
    if not show or not sys.stderr.isatty():
        yield lambda replica, done, whole: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    # Over three minutes, for a service that counts by the minute may let nothing through for most of one.
    console = Console(
        file=getattr(sys.stderr, "plain", sys.stderr)
    )  # it draws, and shows nothing that people wrote
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("written, left:"),
                  TimeRemainingColumn(), console=console, transient=True, speed_estimate_period=180) as bars:  # fmt: skip
        tasks: dict[str, object] = {}

        def report(replica: str, done: int, whole: int) -> None:
            if replica not in tasks:
                tasks[replica] = bars.add_task(replica, total=whole)
            bars.update(tasks[replica], completed=done)  # type: ignore[arg-type]  # TaskID is an int

        yield report


def show_report(report: Report) -> None:
    """What a run did, in a few lines."""
    for name, counts in report.replicas.items():
        did = [f"{counts[key]} {key}" for key in ("created", "updated", "deleted", "rejected") if counts[key]]
        click.echo(
            f"  {name}: {counts['read']} read" + (f", {', '.join(did)}" if did else ", nothing to write")
        )
        show_mails(report.mails.get(name, ()))
    for conflict in report.conflicts:
        others = "; ".join(f"{one['value']} ({one['replica'] or 'elsewhere'})" for one in conflict["others"])
        click.echo(
            f"  ? {conflict['title']}, {conflict['field']}: kept {short(conflict['kept'])}, also written: {short(others, 100)}"
        )
    for warning in report.warnings:
        click.echo(f"  ! {warning}")
    show_refused(report)
    click.echo(f"{WORDS[report.status]} ({report.seconds:.1f} s)")
    if report.conflicts:
        click.echo("Decide with: mentorsync conflicts")


def show_planned(report: Report) -> None:
    """What a sync would do, tool by tool and record by record, field by field."""
    from syncengine.core.plantext import lines

    assert report.plan is not None
    for line in lines(report.plan):
        click.echo(line)
    show_refused(report)
    click.echo("Nothing was written (--dry-run).")


def show_refused(report: Report) -> None:
    """What of a plan was not carried out, and what waits because the plan does not have it."""
    if not report.refused and not report.waiting:
        return  # most runs have no plan, and load nothing of it
    from syncengine.core.plantext import refused

    for line in refused(report.refused):
        click.echo(f"  ✗ {line}")
    if report.waiting:
        many = f"{report.waiting} writes that are" if report.waiting > 1 else "One write that is"
        click.echo(f"{many} not in the plan will be made by the next sync.")


def show_mails(mails: Iterable[Mailing]) -> None:
    """Every address that gets an e-mail, and why (design rule 12)."""
    for mail in mails:
        click.echo(f"  e-mail to {mail.to}: {mail.why}")
