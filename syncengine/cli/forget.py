"""`mentorsync forget`."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.forget import Forgetting
    from syncengine.forget import Forgotten, Sighting


@click.command()
@click.argument("person")
@click.option("--dry-run", is_flag=True, help="Show what would go, tool by tool, and write nothing.")
@click.option(
    "--also",
    metavar="WORD",
    multiple=True,
    help="Another word that tells them (a nickname, a first name); repeat.",
)
@click.option("--yes", "-y", is_flag=True, help="Don't ask.")
@click.pass_obj
def forget(config: str | None, person: str, dry_run: bool, also: tuple[str, ...], yes: bool) -> None:
    """Remove PERSON (their e-mail address, whole name, or id) from all tools, the state and the history, and prove it.

    What is theirs alone goes; what they share with others stays without their name. This can't be undone.
    If it is interrupted, the same command goes on.
    """
    from syncengine import forget as forgetting

    program = common.program(config)
    with common.state(program) as store:
        id = forgetting.find_person(store, person)
        way = forgetting.look(program, id, also)
    _show(program, way)
    lines = forgetting.mentions(program, way)
    if dry_run:
        _show_planned(program, way)
        for line in lines:
            click.echo(f"  first: {line}")
        click.echo("Nothing was written (--dry-run).")
        return
    if lines:
        raise ConfigError("\n  ".join(["the configuration names them; setup would make them anew:", *lines]),
                          where=program.name, remedy="Change these lines, then run this again.")  # fmt: skip
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigError("this can't be undone, and nobody is here to ask",
                              remedy="Look at it with --dry-run, then run it with --yes.")  # fmt: skip
        click.confirm("\nForget them? This can't be undone.", default=False, abort=True)
    done = forgetting.forget(program, id, also, told=lambda step: click.echo(f"… {step}"))
    sys.exit(_show_done(done))


def _show(program: Program, way: Forgetting) -> None:
    from syncengine.model.kinds import all_kinds

    kinds = {**all_kinds(), **program.template.kinds}

    def counted(names: list[str]) -> str:
        return ", ".join(f"{number} {(kinds[kind].label if number == 1 else kinds[kind].plural).lower()}"
                         for kind, number in sorted(Counter(names).items()) if kind in kinds) or "nothing"  # fmt: skip

    of = [record.kind for record in way.removed.values()]
    click.echo(f"Goes, deleted records included: {counted(of)}")
    with common.state(program) as store:
        stays = [record.kind for record in store.records(way.changed).values()]
    click.echo(f"Stays for the others, without their name: {counted(stays)}")
    click.echo(
        f"Replaced wherever it stands: {', '.join(f'“{word}”' for word in way.words.instead) or 'nothing'}"
    )
    person = way.removed.get(way.person)
    name = str(person.fields.get("name") or "") if person else ""
    if name and name not in way.words.instead:
        click.echo(
            f'“{name}” alone may mean something else in other people\'s texts: it stays there. --also "{name}" replaces it.'
        )
    elif name and name.split()[0] not in way.words.instead:
        click.echo(
            f'Where only “{name.split()[0]}” stands in other people\'s texts, it stays. --also "{name.split()[0]}" replaces it.'
        )


def _show_planned(program: Program, way: Forgetting) -> None:
    from syncengine.cli import output
    from syncengine.forget.steps import planned

    report = planned(program, way)
    for name, operations in report.planned.items():
        click.echo(f"{name}: {len(operations) or 'nothing'} to write")
        for operation in operations:
            fields = ", ".join(operation.fields)
            what = f": {fields}" if operation.action == "update" and fields else ""
            click.echo(f"  {operation.action} {operation.kind} “{common.short(operation.title)}”{what}")
        output.show_mails(report.mails.get(name, ()))
    for warning in report.warnings:
        click.echo(f"  ! {warning}")


def _show_done(done: Forgotten) -> int:
    for replica, mails in done.mails.items():
        for mail in mails:
            click.echo(f"  {replica}: e-mail to {mail.to}: {mail.why}")
    click.echo("Where it was looked, and how often they were found:")
    width = max((len(one.place) for one in done.sightings), default=0)
    for one in done.sightings:
        click.echo(f"  {one.place:<{width}}  {_result(one)}")
    for replica, lines in done.keeps.items():
        for line in lines:
            click.echo(f"  only you can: {replica}: {line}")
    click.echo(
        "  only you can: delete copies that you made: backups, plan files, invitations written as files, exports."
    )
    for problem in done.waits:
        click.echo(f"! {problem}")
    if done.waits:
        click.echo("Not finished. Mend that, then run the same command again: it goes on from here.")
        return 3
    if any(one.found or one.problem for one in done.sightings):
        click.echo("Forgotten, but for the places above, which are people's own: change them by hand.")
        return 3
    click.echo("Forgotten.")
    return 0


def _result(one: Sighting) -> str:
    if one.problem:
        return f"could not be searched: {one.problem}"
    return "0" if not one.found else f"{one.found}  in {'; '.join(one.where)}"
