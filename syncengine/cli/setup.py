"""`mentorsync setup`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from syncengine.cli import common

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.run.work import Wish


@click.command()
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option("--yes", "-y", is_flag=True, help="Don't ask before doing it.")
@click.option(
    "--allow",
    multiple=True,
    type=click.Choice(("place",)),
    help="Bind a replica to another place than it was set up with.",
)
@click.pass_obj
def setup(config: str | None, dry_run: bool, yes: bool, allow: tuple[str, ...]) -> None:
    """Make the template real in every tool. Shows the plan first; safe to repeat."""
    from syncengine import provision

    program = common.program(config)
    plan = provision.plan_setup(program)
    show_plan(program, plan)
    beginning = listed(program)  # before anything is made: a list with a wrong line is mended first
    if dry_run:
        if beginning:
            click.echo(f"  would add {_counted(program, beginning)} from the configuration")
        click.echo("Nothing was written (--dry-run).")
        return
    if not plan.empty and not yes and sys.stdin.isatty():
        click.confirm("\nDo this?", default=True, abort=True)
    done = provision.setup(program, allow)
    if show_planned_mails(program) and not yes and sys.stdin.isatty():
        click.confirm("\nSend these?", default=False, abort=True)
    people = add_people(program)
    if people and done.problems:  # a pair's own replica could not be made before the pair was there
        done = provision.setup(program, allow)
    for name, problem in done.problems.items():
        click.echo(f"{name}: {problem}", err=True)
    if people:
        click.echo(f"Added {_counted(program, people)} from the configuration.")
    if done.problems:
        sys.exit(max(problem.exit_status for problem in done.problems.values()))
    click.echo("Everything is set up. Next: mentorsync sync")


def show_plan(program: Program, plan: object) -> None:
    """The plan, replica by replica, in words."""
    from syncengine.provision import SetupPlan

    assert isinstance(plan, SetupPlan)
    click.echo(f"{program.name}: {program.template.title}")
    for name, steps in plan.steps.items():
        if not steps:
            click.echo(f"  {name}: is set up")
            continue
        click.echo(f"  {name}:")
        for step in steps:
            click.echo(f"    {step.action:<6} {step.what}")
    for name in plan.let_go:
        click.echo(f"  {name}: is no longer in the configuration; let go of (nothing in it is touched)")
    for name, problem in plan.problems.items():
        click.echo(f"  {name}: {problem}")


def show_planned_mails(program: Program) -> bool:
    """Who would get an e-mail when the people and pairs to start with are brought in; whether anybody would."""
    from syncengine.cli import output
    from syncengine.errors import MentorsyncError
    from syncengine.run import sync
    from syncengine.run.live import places

    if not any(place.connector.capabilities.mails for place in places(program)):
        return False
    wishes = listed(program)
    try:
        mails = sync(program, wishes=wishes, dry_run=True).mails if wishes else {}
    except MentorsyncError:
        return False  # told by the run itself
    for name, found in mails.items():
        if found:
            click.echo(f"  {name}:")
            output.show_mails(found)
    return any(mails.values())


def listed(program: Program) -> list[Wish]:
    """The config's people and pairs that are new. Raises `ConfigError` with every line that has to be mended."""
    from syncengine.starting import starting_people

    with common.state(program) as store:
        return starting_people(program, store.titles, datetime.now(UTC))


def add_people(program: Program) -> list[Wish]:
    """Bring the config's people and pairs into the program (and the tools); returns those that are new."""
    from syncengine.run import sync

    wishes = listed(program)
    if wishes:
        sync(program, wishes=wishes, reason="setup")
    return wishes


def _counted(program: Program, wishes: list[Wish]) -> str:
    """`3 people and 1 pair`."""
    said = []
    for kind in ("person", "pair"):
        count = sum(wish.kind == kind for wish in wishes)
        words = program.template.kinds.get(kind)
        if count and words:
            said.append(f"{count} {(words.label if count == 1 else words.plural).lower()}")
    return " and ".join(said)
