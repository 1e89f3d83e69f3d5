"""`mentorsync status`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from syncengine.cli import common

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.core.canon import Canon
    from syncengine.store import Store


@click.command()
@click.pass_obj
def status(config: str | None) -> None:
    """The last run, what waits for a person, the next check-ins, and counts per tool."""
    program = common.program(config)
    with common.state(program) as store:
        canon = common.canon_of(program, store)
        click.echo(f"{program.name} ({program.template.title})")
        _last_run(program, store)
        _waiting(store, canon)
        _next_checkins(store, canon)
        _counts(program, store)


def _last_run(program: Program, store: Store) -> None:
    from syncengine.model.moments import instant, show_instant

    zone = program.locale.zone
    runs = store.runs()
    if not runs:
        click.echo("Never synced yet. Run: mentorsync sync")
        return
    last = runs[0]
    words = "was cut off; the next one continues it" if last.ended is None else last.status
    click.echo(f"Last run: #{last.id} ({last.reason}), {show_instant(last.started, zone)}: {words}")
    note = os.path.join(os.path.dirname(program.lock_path), "glance.json")
    if os.path.exists(note):
        seen = instant(datetime.fromtimestamp(os.stat(note).st_mtime, UTC), zone)
        click.echo(f"All tools were last seen to agree: {show_instant(seen, zone)}")


def _waiting(store: Store, canon: Canon) -> None:
    conflicts, troubles = store.conflicts(), store.troubles()
    if not conflicts and not troubles:
        click.echo("Nothing waits for a person.")
        return
    click.echo("Waits for a person:")
    for row in conflicts:
        record = canon.get(row.record)
        title = canon.title(record) if record else row.record
        field = canon.kinds[record.kind].fields[row.field].label if record else row.field
        click.echo(f"  conflict #{row.id}: {title}, {field} (mentorsync conflicts)")
    for replica, trouble in troubles:
        click.echo(f"  {replica}: {trouble.where}: {trouble.reason} → {trouble.remedy}")


def _next_checkins(store: Store, canon: Canon) -> None:
    from syncengine.model.moments import moment, show_instant

    now = datetime.now(UTC)
    coming = [
        record
        for record in store.all_records("checkin")
        if record.fields.get("starts")
        and moment(str(record.fields["starts"])) >= now
        and record.fields.get("status") in ("planned", "moved")
    ]
    if not coming:
        return
    click.echo("Next check-ins:")
    for record in sorted(coming, key=lambda r: str(r.fields["starts"]))[:5]:
        pair = record.fields.get("pair")
        who = canon.directory.label("pair", str(pair)) if pair else "?"
        moved = " (moved)" if record.fields.get("status") == "moved" else ""
        click.echo(f"  {show_instant(str(record.fields['starts']), canon.locale.zone)}  {who}{moved}")


def _counts(program: Program, store: Store) -> None:
    total = store.counts()
    said = [
        f"{total[kind.name]} {(kind.label if total[kind.name] == 1 else kind.plural).lower()}"
        for kind in program.template.kinds.values()
        if total.get(kind.name) and kind.name != "question"  # told above
    ]
    click.echo("Records: " + (", ".join(said) or "none yet"))
    for replica in program.replicas:
        held = sum(store.shadow_counts(replica.name).values())
        waiting = len(store.open_shadows(replica.name))
        click.echo(f"  {replica.name}: {held}" + (f", {waiting} to be written" if waiting else ""))
