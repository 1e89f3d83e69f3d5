"""The command line. Each command is loaded when it is used: a scheduled `sync` pays for nothing else."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, TextIO

import click

from syncengine import __version__
from syncengine.cli.plain import harmless
from syncengine.secret import discreet

COMMANDS = {
    "demo": "syncengine.cli.demo",
    "init": "syncengine.cli.init",
    "setup": "syncengine.cli.setup",
    "sync": "syncengine.cli.sync",
    "plan": "syncengine.cli.planfile",
    "schedule": "syncengine.cli.schedule",
    "watch": "syncengine.cli.watch",
    "status": "syncengine.cli.status",
    "conflicts": "syncengine.cli.conflicts",
    "resolve": "syncengine.cli.conflicts",
    "history": "syncengine.cli.history",
    "why": "syncengine.cli.history",
    "undo": "syncengine.cli.undo",
    "restore": "syncengine.cli.undo",
    "invite": "syncengine.cli.invite",
    "privacy": "syncengine.cli.privacy",
    "forget": "syncengine.cli.forget",
    "doctor": "syncengine.cli.doctor",
}

SHORT = {
    "demo": "Make a realistic program in ./mentorsync-demo, edit it as people would, sync it, and explain.",
    "init": "Ask a few questions and write mentorsync.toml.",
    "setup": "Make the template real in every tool. Shows the plan first; safe to repeat.",
    "sync": "Make all tools agree; nothing anyone wrote is lost.",
    "plan": "Look at a plan that sync --dry-run --out FILE has written.",
    "schedule": "Sync by itself: a timer for it, what it did, and whom it tells.",
    "watch": "Sync in the foreground, as often as people are at work.",
    "status": "The last good run, what waits for whom, what is next, the next check-ins.",
    "conflicts": "What waits for a person to decide.",
    "resolve": "Decide a conflict.",
    "history": "Everything that happened to a record.",
    "why": "Why a field has its value: which tool, who, when, which rule.",
    "undo": "Take back what a run changed, as a run of its own.",
    "restore": "Bring a deleted record back in every tool.",
    "invite": "Invite members to their check-ins by e-mail or as files; take up their answers.",
    "privacy": "Which field is shown in which tool, and who sees it there.",
    "forget": "Remove a person from all tools, the state and the history, and prove it.",
    "doctor": "What is wrong with config, files and access, and how to mend it.",
}


class Lazy(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(importlib.import_module(COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SHORT.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mentorsync")
@click.option(
    "-c", "--config", metavar="PATH", help="mentorsync.toml, or its folder. Default: here, or a folder above."
)
@click.pass_context
def cli(ctx: click.Context, config: str | None) -> None:
    """Keeps a peer-mentorship program in agreement across the tools its people already use.

    \b
    New here?        mentorsync demo
    Your program:    mentorsync init, then setup, then sync (by hand or on a schedule)

    Exit status: 0 all agree, 1 failed, 2 usage or config, 3 done but something waits for a person,
    4 a guard stopped it before it wrote anything, 75 another run is going on.
    """
    ctx.obj = config


class _Discreet:
    """A stream on which no secret of the config is ever shown, and nothing that a terminal obeys, whoever writes a message."""

    def __init__(self, stream: TextIO) -> None:
        self.plain = stream
        """For what draws on the terminal itself, and shows nothing that people wrote."""

    def write(self, text: str) -> int:
        return self.plain.write(harmless(discreet(text)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)


def main() -> None:
    """The entry point: every error ends as a sentence for a person and an exit status."""
    from syncengine.errors import told

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # a narrow terminal must not fail a sync
    sys.stdout, sys.stderr = _Discreet(sys.stdout), _Discreet(sys.stderr)
    try:
        cli.main(prog_name="mentorsync", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("\nmentorsync: interrupted. Nothing is lost; the next run goes on from here.", err=True)
        sys.exit(1)
    except BrokenPipeError:  # `mentorsync history … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("MENTORSYNC_DEBUG"):
            raise
        click.echo(f"mentorsync: {told(error)}", err=True)
        sys.exit(told(error).exit_status)
