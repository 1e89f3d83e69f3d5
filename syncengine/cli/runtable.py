"""The run log as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from syncengine.model.moments import show_instant
from syncengine.schedule.runlog import Entry

SIGNS = {"created": "+", "updated": "~", "deleted": "-", "rejected": "!"}
_HEAD = ("when", "took", "status", "told the tools", "waits for a person", "people were told")


def table(entries: Sequence[Entry], zone: ZoneInfo) -> Iterator[str]:
    """A line for each run, in the program's zone, under a heading; a sentence where there is none."""
    if not entries:
        yield "No scheduled run yet."
        return
    rows = [_HEAD, *(_row(entry, zone) for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield "+ created  ~ updated  - deleted  ! refused"


def _row(entry: Entry, zone: ZoneInfo) -> tuple[str, ...]:
    status = entry.status + (f" ({entry.error})" if entry.error else "")
    waits = ", ".join(f"{count} {what}" for what, count in entry.waits.items())
    told = {"trouble": "what to do", "well": "all is well"}.get(entry.told or "", "")
    told += "".join(f", not by {one}" for one in entry.undelivered)
    if entry.ping not in (None, "ok"):
        told += f" (ping: {entry.ping})"
    return (
        show_instant(entry.at, zone),
        f"{entry.seconds:.1f} s",
        status,
        tools(entry.tools),
        waits,
        told.strip(),
    )


def tools(said: dict[str, dict[str, int]]) -> str:
    """`notes +2 ~5, workbook ~1`."""
    return ", ".join(
        " ".join([name, *(f"{SIGNS[word]}{count}" for word, count in counts.items() if word in SIGNS)])
        for name, counts in said.items()
    )
