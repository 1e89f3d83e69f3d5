"""`mentorsync doctor`."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from syncengine.cli import common
from syncengine.errors import MentorsyncError

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.store import Store

_FEW = 3
"""Steps of setup that are told one by one."""


@click.command()
@click.pass_obj
def doctor(config: str | None) -> None:
    """What is wrong with the configuration, the files and the access, and how to mend it. Changes nothing."""
    from syncengine.config import find, load
    from syncengine.registry import available

    findings: list[str] = []
    click.echo(f"Connectors installed: {', '.join(sorted(available()))}")
    try:
        program = load(find(config))
    except MentorsyncError as error:
        click.echo(f"✗ configuration: {error}")
        sys.exit(error.exit_status)
    click.echo(f"✓ configuration: {program.path}")
    findings += _state(program.state_url)
    findings += _places(program)
    for finding in findings:
        click.echo(f"✗ {finding}")
    click.echo("All is well." if not findings else f"{len(findings)} to mend.")
    sys.exit(3 if findings else 0)


def _state(url: str) -> list[str]:
    path = url.removeprefix("sqlite:///")
    if not url.startswith("sqlite:///") or not os.path.exists(path):
        click.echo(
            "· state: none yet (setup makes it)"
            if url.startswith("sqlite:///")
            else "· state: in a database server"
        )
        return []
    from syncengine.store import open_store

    try:
        open_store(url).close()
    except MentorsyncError as error:
        return [f"state: {error}"]
    click.echo(f"✓ state: {path}")
    return []


def _people(program: Program, store: Store) -> list[str]:
    """What of the people and pairs to start with can't be used."""
    from syncengine.starting import starting_people

    try:
        starting_people(program, store.titles, datetime.now(UTC))
    except MentorsyncError as error:
        return [str(error)]
    return []


def _places(program: Program) -> list[str]:
    """Each replica opened, its mark compared, its rights tried, and what its last read could not use."""
    from syncengine.provision import plan_setup

    findings: list[str] = []
    try:
        plan = plan_setup(program, check=True)
    except MentorsyncError as error:
        return [str(error)]
    for name, steps in plan.steps.items():
        if len(steps) > _FEW:
            findings.append(
                f"{name}: not set up yet: {len(steps)} things to make → Run: mentorsync setup (it lists them first)"
            )
        elif steps:
            findings += [
                f"{name}: not set up fully: would {step.action} {step.what} → Run: mentorsync setup"
                for step in steps
            ]
        else:
            click.echo(f"✓ {name}: the template is there")
    findings += [f"{name}: {problem}" for name, problem in plan.problems.items()]
    for name, check in plan.checks:
        if check.problem:
            findings.append(f"{name}: {check.what}: {check.problem} → {check.remedy}")
        else:
            click.echo(f"✓ {name}: {check.what}")
    with common.state(program) as store:
        findings += _people(program, store)
        findings += [f"{replica}: {t.where}: {t.reason} → {t.remedy}" for replica, t in store.troubles()]
        for row in store.replicas().values():
            if row.name not in {replica.name for replica in program.replicas}:
                findings.append(
                    f"{row.name}: is no longer in the configuration → Run setup to let go of it (nothing in it is touched)."
                )
    return findings
