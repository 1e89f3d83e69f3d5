"""`mentorsync invite`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.cli.naming import find_record

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.invite.office import PairErrands


@click.command()
@click.option("--send", is_flag=True, help="Mail the invitations by the server in [mail].")
@click.option("--write", metavar="FOLDER", help="Write them as .ics files into this folder instead.")
@click.option("--pair", metavar="NAME", help="Only this pair.")
@click.option(
    "--replies", metavar="PATH", multiple=True, help="Take up answers: .ics files, or a folder of them."
)
@click.option("--yes", "-y", is_flag=True, help="Don't ask before sending.")
@click.pass_obj
def invite(
    config: str | None, send: bool, write: str | None, pair: str | None, replies: tuple[str, ...], yes: bool
) -> None:
    """Invite members to their check-ins, by e-mail or as files. Without --send or --write: show what would be told to whom."""
    program = common.program(config)
    with common.state(program):
        pass  # says what to do where nothing is set up yet
    if replies:
        _replies(program, replies)
        if not send and write is None:
            return
    if send or write is not None:
        _not_twice(program)
    sys.exit(_invite(program, send=send, write=write, pair=pair, yes=yes))


def _not_twice(program: Program) -> None:
    """Raises `ConfigError` where a calendar invites the same people already (design rule 12)."""
    from syncengine.errors import ConfigError

    for number, replica in enumerate(program.replicas):
        if replica.settings.get("invites", "none") != "none":
            raise ConfigError(
                f"replica {replica.name!r} invites the members already; they would be told twice",
                where=program.where("replica", number, "invites"),
                remedy='Set its invites = "none", or leave the invitations to it.',
            )


def _invite(program: Program, *, send: bool, write: str | None, pair: str | None, yes: bool) -> int:
    from syncengine.invite import office
    from syncengine.run.lock import alone
    from syncengine.store import open_store

    now = datetime.now(UTC)
    with alone(program):
        store = open_store(program.state_url)
        try:
            with store.reading():
                only = find_record(program, store, pair).id if pair else None
                plans = office.plan(program, store, now, only)
            _show(plans)
            if write is not None:
                for path in office.write(program, store, plans, write, now):
                    click.echo(f"wrote {path}")
                return 0
            if not send:
                click.echo("Nothing was sent. Send with: mentorsync invite --send")
                return 0
            if any(one.errands for one in plans.values()) and not yes and sys.stdin.isatty():
                click.confirm("\nSend these?", default=False, abort=True)
            problems = list(office.send(program, store, plans, now))
        finally:
            store.close()
    for problem in problems:
        click.echo(f"! {problem}", err=True)
    return 3 if problems else 0


def _show(plans: dict[str, PairErrands]) -> None:
    for mine in plans.values():
        for errand in mine.errands:
            for address in errand.message.to:
                click.echo(f"  e-mail to {address}: “{errand.title}”: {errand.message.why}")
        if mine.missing and mine.errands:
            click.echo(f"  without an address: {', '.join(sorted(mine.missing))}")
    if not any(one.errands for one in plans.values()):
        click.echo("Everybody knows already.")


def _replies(program: Program, said: tuple[str, ...]) -> None:
    from syncengine.invite import office
    from syncengine.run import sync
    from syncengine.run.lock import alone
    from syncengine.store import open_store

    with alone(program):
        store = open_store(program.state_url)
        try:
            count, wrong = office.take_replies(store, [path for one in said for path in _files(one)])
            with store.reading():
                wishes = office.attendance(store, datetime.now(UTC))
        finally:
            store.close()
    click.echo(f"{count} answers taken up.")
    for problem in wrong:
        click.echo(f"! {problem}", err=True)
    if wishes:
        sync(program, wishes=wishes, reason="replies")
        click.echo(f"{len(wishes)} check-ins have their attendance from the answers; correct it in any tool.")


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(path, name) for name in os.listdir(path) if name.lower().endswith(".ics"))
