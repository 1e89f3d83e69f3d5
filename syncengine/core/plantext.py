"""A plan in words: tool by tool, record by record, field by field; who is mailed, what stops it, how long it takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from syncengine.core.judging import Refusal
from syncengine.core.planned import Plan, ToolPlan, Write, change, short

_WIDTH, _WHOLE = 60, 100_000


def lines(plan: Plan, *, whole: bool = False) -> Iterator[str]:
    """The plan line by line; values are cut to a line each unless `whole`."""
    width = _WHOLE if whole else _WIDTH
    for tool in plan.tools:
        yield from _tool(tool, width)
    for one in plan.conflicts:
        others = "; ".join(f"{other['value']} ({other['replica'] or 'elsewhere'})" for other in one["others"])
        yield f"  ? {one['title']}, {one['field']}: kept {short(str(one['kept']), width)}, also written: {short(others, width)}"
    for warning in plan.warnings:
        yield f"  ! {warning}"
    for firing in plan.guards:
        may = "allowed" if firing.allowed else f"would stop it (--allow {firing.guard}, if it is meant)"
        yield f"  guard {firing.guard}: {firing.about}: {may}"


def _tool(tool: ToolPlan, width: int) -> Iterator[str]:
    if tool.problem:
        return  # a warning says why it is left out
    yield f"{tool.name}: {len(tool.writes) or 'nothing'} to write{pace(tool) if tool.writes else ''}"
    for write in tool.writes:
        yield from _write(write, width)
    for mail in tool.mails:
        yield f"  e-mail to {mail.to}: {mail.why}"


def pace(tool: ToolPlan) -> str:
    """` (about 12 calls, 2 minutes)`; "" for files, which take neither."""
    if not tool.calls:
        return ""
    minutes = tool.seconds / 60
    took = (
        "less than a minute" if minutes < 1 else f"{round(minutes)} minute{'s' if round(minutes) > 1 else ''}"
    )
    return f" (about {tool.calls} call{'s' if tool.calls > 1 else ''}, {took})"


def _write(write: Write, width: int) -> Iterator[str]:
    yield f"  {write.action} {write.label.lower()} “{short(write.title, width)}”" + (
        " (and note its id)" if write.stamp else ""
    )
    if write.action == "update" or (write.action == "create" and width == _WHOLE):
        for part in write.parts.values():
            if write.action == "update" or part.shown[1]:
                yield f"      {part.label}: {change(part, width)}"


def refused(refusals: Iterable[Refusal]) -> Iterator[str]:
    """Why records were not written, and what to do; what is told alike of several tools, once."""
    together: dict[Refusal, list[str]] = {}
    for one in refusals:
        together.setdefault(replace(one, replica=""), []).append(one.replica)
    for one, replicas in together.items():
        yield (
            f"{', '.join(replicas)}: {one.label.lower()} “{short(one.title)}” is not as planned: planned was {one.planned}; "
            f"now it is {one.now} → Nothing of this record was written. Make a new plan, or run: mentorsync sync"
        )
