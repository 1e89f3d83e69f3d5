"""`mentorsync watch`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

import click


@click.command()
@click.option("--fastest", type=click.IntRange(1, 3600), default=15, show_default=True, metavar="SECONDS",
              help="Between two runs while people are at work.")  # fmt: skip
@click.option("--slowest", type=click.IntRange(1, 86_400), default=600, show_default=True, metavar="SECONDS",
              help="Between two runs while nothing happens, or nothing works.")  # fmt: skip
@click.pass_obj
def watch(config: str | None, fastest: int, slowest: int) -> None:
    """Sync in the foreground, as often as people are at work. Ctrl-C ends it after the current run."""
    import random

    from syncengine.cli import common
    from syncengine.schedule.local import Local
    from syncengine.schedule.turn import Turn, turn
    from syncengine.schedule.watch import Pace, Watch

    if slowest < fastest:
        raise click.UsageError("--slowest is less than --fastest")
    program = common.program(config)
    local, zone = Local(program.path), program.locale.zone

    def once() -> Turn:
        done = turn(program.path, by="watch")
        local.renew()
        _show(done, f"{datetime.now(UTC).astimezone(zone):%H:%M:%S}")
        return done

    click.echo(f"Watching {program.name}. Ctrl-C ends it after the current run.")
    with _ending() as end:
        pace = Pace(float(fastest), float(slowest), min(2.0, fastest / 2))
        Watch(once, local.changed, end.wait, time.monotonic, random.random, pace).run()
    click.echo("Ended; nothing was cut off.")


def _show(done: object, at: str) -> None:
    """A line for a run that wrote something, or went wrong."""
    from syncengine.cli.runtable import tools
    from syncengine.schedule.turn import Turn

    assert isinstance(done, Turn)
    entry = done.entry
    if done.moved:
        click.echo(f"{at}  {tools(entry.tools)}  ({entry.seconds:.1f} s)")
    elif entry.status in ("failed", "stopped"):
        click.echo(f"{at}  {entry.status} ({entry.error})")
    sys.stdout.flush()


@contextmanager
def _ending() -> Iterator[threading.Event]:
    """An event for the first Ctrl-C (or SIGTERM); the second interrupts the run itself, as it always may."""
    end = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        if end.is_set():
            raise KeyboardInterrupt
        end.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
