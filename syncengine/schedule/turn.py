"""One scheduled run: sync, remember it in the run log, tell people what is new, and tell the watcher.

Where nothing changed it is a glance and a line in the log, and loads no more than that (docs/adr/0003-glance.md).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from syncengine import glance
from syncengine.errors import ConfigError, MentorsyncError, RunInProgress, told
from syncengine.schedule import notebook, runlog

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.run.report import Report
    from syncengine.schedule.matters import Matter

_STATUS = {1: "failed", 2: "failed", 3: "attention", 4: "stopped", 75: "busy"}


@dataclass
class Turn:
    """What became of one run."""

    entry: runlog.Entry
    exit_status: int
    report: dict[str, Any] = field(default_factory=dict)
    """As `sync --json` prints it; empty where the run failed."""

    @property
    def moved(self) -> bool:
        """Whether anything was written to a tool: people are at work."""
        return any(self.entry.tools.values())


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _print(text: str) -> None:
    import sys

    sys.stderr.write(text)
    sys.stderr.flush()


def turn(
    config: str | None,
    *,
    by: str = "schedule",
    now: Callable[[], datetime] = _utc_now,
    show: Callable[[str], None] = _print,
) -> Turn:
    """Run once. Raises `ConfigError` only where no `mentorsync.toml` is named and none is found.

    `show` is given a message that nobody gets in another way.
    """
    path = path_of(config)
    if path is not None and os.path.exists(path):
        quick = _glanced(path, by, now)
        if quick is not None:
            return quick
    from syncengine.config import find

    return _Whole(os.path.abspath(path or find(config)), by, now, show).run()


def path_of(config: str | None) -> str | None:
    """The `mentorsync.toml` that is meant, whether or not it is there; `None`: none is named, and none is found."""
    if config is not None and config.endswith(".toml"):
        return os.path.abspath(config)  # as a timer says it: then that of a folder above will not do
    return glance.config_path(config)


def _glanced(path: str, by: str, now: Callable[[], datetime]) -> Turn | None:
    """The turn, where all tools were seen to agree already, nobody waits for a message, and nobody watches."""
    folder = os.path.join(os.path.dirname(path), ".mentorsync")
    if notebook.there(folder) or _watched(path):
        return None
    begun = now()
    report = glance.unchanged(path)
    if report is None:
        return None
    entry = runlog.Entry(_instant(begun), float(str(report["seconds"])), "agreed", by)
    runlog.append(folder, entry)
    return Turn(entry, 0, report)


def _watched(path: str) -> bool:
    """Whether the config may have a `ping`; read as text, for the config itself takes longer to load than all else here."""
    try:
        with open(path, "rb") as handle:
            return b"ping" in handle.read()
    except OSError:
        return True


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _gone(path: str) -> ConfigError:
    from syncengine.schedule.job import id_of

    return ConfigError("is not there", where=path,
                       remedy="Bring its folder or disk back. If it has moved or is no more, run: mentorsync schedule "
                              f"remove --id {id_of(path)} (and install it anew where it is now).")  # fmt: skip


class _Whole:
    """A turn with all that belongs to it."""

    def __init__(self, path: str, by: str, now: Callable[[], datetime], show: Callable[[str], None]) -> None:
        self.path = path
        self.folder = os.path.join(os.path.dirname(path), ".mentorsync")
        self.now, self.show = now, show
        self.program: Program | None = None
        self.url: str | None = None
        self.matters: list[Matter] = []
        self.watcher_lost: list[Matter] = []
        self.turn = Turn(runlog.Entry(_instant(now()), 0.0, "agreed", by), 0)

    def run(self) -> Turn:
        from syncengine.run.lock import locked

        begun = time.perf_counter()
        try:
            if not os.path.exists(self.path):
                raise _gone(self.path)  # before the lock, which would make the folder anew
            with locked(os.path.join(self.folder, "schedule.lock")):
                self._sync()
                self.turn.entry.seconds = round(time.perf_counter() - begun, 3)
                self._tell()
        except MentorsyncError as error:
            # Another turn is at work, which tells all there is unless it hangs; or there is nothing to lock.
            self._went_wrong(error)
            self._tell()
        self._ping()
        runlog.append(self.folder, self.turn.entry)
        return self.turn

    def _sync(self) -> None:
        from syncengine.schedule import matters

        try:
            report = self._report()
        except Exception as error:
            self._went_wrong(told(error))
            return
        if isinstance(report, dict):
            self.turn.report = report
            return
        assert self.program is not None
        glance.remember(self.program, report)
        entry = self.turn.entry
        self.turn.exit_status, self.turn.report = report.exit_status, report.as_json()
        entry.status, entry.run, entry.tools = report.status, report.run, runlog.told_tools(report.replicas)
        waits = {"conflicts": len(report.conflicts), "troubles": len(report.troubles), "tools": len(report.problems),
                 "refused": len(report.remarks)}  # fmt: skip
        entry.waits = {what: count for what, count in waits.items() if count}
        entry.error = next((type(one).__name__ for one in report.problems.values()), None)
        self.matters = matters.of_report(self.program, report)

    def _went_wrong(self, error: MentorsyncError) -> None:
        from syncengine.schedule import matters

        self.turn.exit_status = error.exit_status
        self.turn.entry.status = _STATUS.get(error.exit_status, "failed")
        self.turn.entry.error = type(error).__name__
        self.matters = [matters.busy()] if isinstance(error, RunInProgress) else matters.of_error(error)

    def _report(self) -> Report | dict[str, Any]:
        """What a sync finds, or what a glance does. Raises what a sync raises."""
        import gc

        from syncengine.config import load

        self.program = load(self.path)
        self._find_watcher(self.program)
        quick = glance.unchanged(self.path)
        if quick is not None:
            return quick
        from syncengine.run import sync

        gc.set_threshold(50_000, 20, 20)  # as `mentorsync sync` does, and for its reason
        if self.url:
            self.turn.entry.ping = self._signal("start")
        return sync(self.program, reason=self.turn.entry.by)

    def _find_watcher(self, program: Program) -> None:
        """A watcher whose address can't be looked up is no reason not to sync; it is told like anything else."""
        from syncengine.schedule import matters

        try:
            self.url = program.ping()
        except ConfigError as error:
            self.watcher_lost = matters.of_error(error)

    def _tell(self) -> None:
        from syncengine.schedule import messenger
        from syncengine.schedule.job import id_of
        from syncengine.schedule.news import news, undelivered

        spare = notebook.spare(id_of(self.path))
        before, at = notebook.load(self.folder, spare), self.now()
        matters = [*self.matters, *self.watcher_lost]
        what, after = news(before, matters, at, partly=self.turn.entry.status == "busy")
        if what is not None:
            self.turn.entry.told = what.what
            # Noted first: a message too few is noted in the log, one every few minutes drives people mad.
            notebook.save(self.folder, spare, after)
            self.turn.entry.undelivered = messenger.deliver(self.program, self.path, what, self.show)
            if self.turn.entry.undelivered:
                after = undelivered(before, after, at)
        if after != before:
            notebook.save(self.folder, spare, after)

    def _ping(self) -> None:
        status = self.turn.entry.status
        if self.url and status != "busy":
            self.turn.entry.ping = self._signal("" if status in ("agreed", "attention") else "fail")

    def _signal(self, signal: Any) -> str:
        from syncengine.schedule.ping import ping

        entry = self.turn.entry
        return ping(
            self.url or "", signal, "" if signal == "start" else f"{entry.status}, {entry.seconds:.1f} s"
        )
