"""The file of a plan: written for its owner alone, read with a sentence for whatever is wrong with it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from syncengine.errors import ConfigError
from syncengine.secret import discreet

if TYPE_CHECKING:
    from syncengine.core.planned import Plan

_MOST_BYTES = 500_000_000


def put(plan: Plan, path: str, *, tell: bool = True) -> None:
    """Write the plan to `path`, mode 0600, in place of what is there; a file that is no plan is left alone. Raises `ConfigError`."""
    from syncengine.core.planfile import to_json

    if os.path.lexists(path) and (os.path.islink(path) or not _is_plan(path)):
        raise ConfigError("is there already, and is no plan", where=path, remedy="Name another file.")
    text = discreet(json.dumps(to_json(plan), ensure_ascii=False, indent=1)) + "\n"
    temporary = f"{path}.new"
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600
        )
        with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
            os.chmod(temporary, 0o600)
            handle.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise ConfigError(
            f"can't be written: {error.strerror}",
            where=path,
            remedy="Name a file in a folder that you may write in.",
        ) from error
    if not tell:
        return
    click.echo(f"Plan written to {path}. It holds people's words: keep it as you keep their notes.")
    click.echo(f"To carry out exactly this: mentorsync sync --plan {path}")


def get(path: str) -> Plan:
    """The plan in a file; raises `ConfigError`."""
    from syncengine.core.planfile import from_json

    try:
        with open(path, "rb") as handle:
            data = handle.read(_MOST_BYTES)
        return from_json(json.loads(data))
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", where=path, remedy=_MAKE) from error
    except (ValueError, RecursionError) as error:
        reason = (
            "is no plan of mentorsync"
            if isinstance(error, json.JSONDecodeError | UnicodeDecodeError | RecursionError)
            else str(error)
        )
        raise ConfigError(reason, where=path, remedy=_MAKE) from error


_MAKE = "Make one: mentorsync sync --dry-run --out plan.json"


def _is_plan(path: str) -> bool:
    try:
        get(path)
    except ConfigError as error:
        return "form" in error.reason  # of another version
    return True


@click.group()
def plan() -> None:
    """Look at a plan that `sync --dry-run --out FILE` has written."""


@plan.command()
@click.argument("file", type=click.Path())
@click.option("--whole", is_flag=True, help="Show every value whole, and every field of new records.")
def show(file: str, whole: bool) -> None:
    """The plan in FILE as text: per tool and record, field by field; who is mailed; what would stop it."""
    from syncengine.core.plantext import lines

    found = get(file)
    click.echo(f"{found.program}: {found.reason}, planned {found.made_at}")
    for line in lines(found, whole=whole):
        click.echo(line)
