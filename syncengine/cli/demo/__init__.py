"""`mentorsync demo`: the main job on real files, told as a story."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from syncengine.cli import common
from syncengine.cli.demo import people
from syncengine.cli.demo.standin import Tool, section, stand_ins
from syncengine.cli.demo.story import GOALS, PEOPLE, ZONE, cadence, story
from syncengine.config import Program, load
from syncengine.core.canon import Canon
from syncengine.errors import ConfigError
from syncengine.model.cadence import slots
from syncengine.model.kind import Record
from syncengine.provision import setup
from syncengine.run import Report, sync
from syncengine.store import HistoryRow

__all__ = ["demo"]

CONFIG = f"""\
# The demo's program. Every key: docs/config.md. Paths are relative to this file.

[program]
name = "Riverside peer mentorship (demo)"
template = "structured"
zone = "{ZONE}"
days_back = 95      # check-ins are kept from so long ago …
days_ahead = 60     # … to so far ahead

# The order matters where two people wrote different things and no clock can tell who was last: the first wins,
# and the other value is kept as a question.

[[replica]]
name = "notes"
connector = "markdown"
path = "notes"

[[replica]]
name = "workbook"
connector = "workbook"
path = "program.xlsx"

[[replica]]
name = "calendar"
connector = "ical"
path = "calendar"

# This one belongs to Ada and Grace alone: it has their reflections, feedback and session notes as well.
[[replica]]
name = "ada-and-grace"
connector = "markdown"
path = "ada-and-grace"
audience = "Ada & Grace"
"""

PERCENT, PROSE, NEW, CONFLICT, DELETED = (
    GOALS[3][1],
    GOALS[26][1],
    "Tell a joke in Arabic",
    GOALS[12][1],
    "Coffee cures stage fright",
)
ONLINE, ADDED = GOALS[8][1], "Draw a comic about a meeting"
"""What people change in the stand-ins of online tools."""


@click.command()
@click.argument("folder", default="mentorsync-demo", type=click.Path(file_okay=False))
@click.option("--force", is_flag=True, help="Replace the demo of an earlier time.")
@click.option("--sandbox", is_flag=True, help="With stand-ins of the online tools as well, on this machine.")
def demo(folder: str, force: bool, sandbox: bool) -> None:
    """Make a realistic program in FOLDER, edit it as people would, sync it, and explain. Needs no account and no network."""
    with stand_ins() if sandbox else nullcontext(list[Tool]()) as tools:
        _demo(folder, force, tools)


def _demo(folder: str, force: bool, tools: Sequence[Tool]) -> None:
    begun = time.perf_counter()
    program = _make(folder, force, tools)
    _heading(
        "1. Set up",
        f"12 people, 6 pairs, a circle of 3, 40 goals and three months of check-ins, in {folder}/",
    )
    _set_up(program)
    _heading("2. People edit, each in the tool they like")
    moved = _edit(program)
    _edit_online(tools)
    _heading("3. mentorsync sync")
    report = sync(program)
    _explain(program, report, moved)
    _heading("4. Sync again")
    again = sync(program)
    click.echo(f"   {again.writes} writes: a second sync finds nothing to do.")
    _show_online(tools)
    if tools:
        _part(program)
    _heading(
        "5. Now you",
        "Everything below is yours to open and change; then run `mentorsync sync` in the folder.",
    )
    _invite(folder, report.run)
    click.echo(f"\nDone in {time.perf_counter() - begun:.1f} s.")
    if again.writes:
        sys.exit(1)


def _heading(title: str, more: str = "") -> None:
    bold = getattr(sys.stdout, "plain", sys.stdout)  # what people wrote may not be
    click.echo(f"\n{click.style(title, bold=True)}" + (f"\n   {more}" if more else ""), file=bold)


def _make(folder: str, force: bool, tools: Sequence[Tool]) -> Program:
    path = os.path.join(folder, "mentorsync.toml")
    if os.path.isdir(folder) and os.listdir(folder):
        if not (force and _ours(path)):
            raise ConfigError("is there already", where=folder,
                              remedy="Run: mentorsync demo --force (replaces an earlier demo only), or name another folder.")  # fmt: skip
        shutil.rmtree(folder)
    os.makedirs(folder, exist_ok=True)
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(CONFIG + "".join(section(tool) for tool in tools))
    return load(path)


def _part(program: Program) -> None:
    """The stand-ins end with this command, so the program lets go of them."""
    with open(program.path, "w", encoding="utf-8") as handle:
        handle.write(CONFIG)
    setup(load(program.path))


def _ours(path: str) -> bool:
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as handle:
        return "(demo)" in handle.read()


def _set_up(program: Program) -> None:
    setup(program)
    sync(program, wishes=story(datetime.now(ZoneInfo(ZONE)).date()), reason="demo")
    setup(program)  # now that the pair exists, its own vault as well
    report = sync(program)
    for name, counts in report.replicas.items():
        click.echo(f"   {name:<14} {counts['read'] + counts['created']:>4} items")


def _edit(program: Program) -> datetime:
    notes, book, calendar = (
        os.path.join(program.folder, part) for part in ("notes", "program.xlsx", "calendar")
    )
    now = datetime.now(ZoneInfo(ZONE))
    slot = slots(cadence(0, now.date()), now, now + timedelta(days=60))[0]
    before = datetime.fromisoformat(slot)
    people.set_cell(book, "Goals", PERCENT, "Percent", 0.6)
    people.add_row(
        book,
        "Goals",
        {"Goal": NEW, "Person": "Jonas Weber", "Percent": "10 %", "Why it matters": "laughing is learning"},
    )
    people.rewrite_note(notes, PROSE, "Ordered soup on Friday. The waiter answered **in Arabic**.")
    moved = people.move_meeting(calendar, "Ada & Grace", before, timedelta(days=1, hours=1))
    people.set_cell(book, "Goals", CONFLICT, "Status", "on hold")
    people.set_property(notes, CONFLICT, "status", "achieved")
    people.delete_note(notes, "Resources", DELETED)
    for who, what in (
        ("workbook", f"Grace sets “{PERCENT}” to 60 %."),
        ("workbook", f"Jonas adds a row: “{NEW}”. No id, percent written as “10 %”."),
        ("notes", f"Jonas rewrites the text of “{PROSE}”."),
        ("calendar", f"Ada moves the next check-in with Grace to {moved:%A %H:%M}."),
        ("both", f"“{CONFLICT}”: Tomasz writes “achieved” in his note, Hana “on hold” in the workbook."),
        ("notes", f"Somebody deletes the note “{DELETED}”."),
    ):
        click.echo(f"   {who:<9} {what}")
    return moved


def _edit_online(tools: Sequence[Tool]) -> None:
    for tool in tools:
        tool.edit("Goals", ONLINE, "Percent", 0.85)
        tool.add(
            "Goals", {"Goal": f"{ADDED} ({tool.name})", "Person": PEOPLE[0][0], "Why it matters": "it is fun"}
        )
        click.echo(f"   {tool.name:<9} Somebody sets “{ONLINE}” to 85 % and adds “{ADDED}”, without an id.")


def _show_online(tools: Sequence[Tool]) -> None:
    for tool in tools:
        click.echo(f"\n   {tool.name}: {tool.about}.")
        for title in (PERCENT, ONLINE):
            click.echo(f"   “{title}” is there at {tool.shown('Goals', title)['Percent']:.0%}.")
        click.echo("   It ends with this command, so its section is taken out of mentorsync.toml again.")


def _explain(program: Program, report: Report, moved: datetime) -> None:
    for name, counts in report.replicas.items():
        did = ", ".join(f"{counts[key]} {key}" for key in ("created", "updated", "deleted") if counts[key])
        click.echo(f"   {name:<14} {did or 'nothing to write'}")
    click.echo("\n   What happened, and why:")
    with common.state(program) as store:
        canon = common.canon_of(program, store)
        for change in store.history(run=report.run):
            record = canon.get(change.record)
            if record is not None:
                _tell(canon, record, change)
    for conflict in report.conflicts:
        others = ", ".join(f"“{one['value']}” (in {one['replica']})" for one in conflict["others"])
        click.echo(
            f"   ? “{conflict['title']}”, {conflict['field']}: “{conflict['kept']}” is shown for now, {others} is kept as a question."
        )
        click.echo(
            "     It waits in every tool (Waits for you) and in `mentorsync conflicts`; editing the field again settles it too."
        )


def _tell(canon: Canon, record: Record, change: HistoryRow) -> None:
    if change.source == "mentorsync" or change.rule == "lost":
        return
    kind, title = canon.kinds[record.kind], canon.title(record)
    if change.rule == "deleted":
        how = "removed gently everywhere, kept whole (mentorsync undo)"
        click.echo(f"   - “{title}” was deleted in {change.source}: {how}")
        return
    told = [name for name, (before, _) in change.changes.items() if before is not None] or list(
        change.changes
    )[:1]
    for name in told:
        if kind.fields[name].ref:
            continue
        old, new = (common.short(canon.shown(kind, name, value), 40) for value in change.changes[name])
        whence = f"(from {change.source})"
        click.echo(f"   - “{title}”, {kind.fields[name].label}: {old + ' → ' if old else ''}{new}  {whence}")


def _invite(folder: str, run: int | None) -> None:
    for path, what in (
        ("program.xlsx", "the workbook: Goals, Check-ins, Dashboard …"),
        ("notes/", "the vault: open the folder in Obsidian, begin at Home.md"),
        ("calendar/", "one file a series: open one in any calendar program"),
        ("ada-and-grace/", "the pair's own vault, with what only they may see"),
    ):
        click.echo(f"   {os.path.join(folder, path):<34} {what}")
    program = _typed(folder)
    click.echo(f"""
   cd {folder}
   {program} status
   {program} conflicts
   {program} why "{PERCENT}.percent"
   {program} history "{DELETED}"
   {program} undo {run} --dry-run""")


def _typed(folder: str) -> str:
    """What to type for this program in `folder`: its name where the shell finds it, else the way to it."""
    here = os.path.abspath(sys.argv[0])
    if shutil.which("mentorsync") or not os.access(here, os.X_OK):
        return "mentorsync"
    return shlex.quote(os.path.relpath(here, os.path.abspath(folder)))
