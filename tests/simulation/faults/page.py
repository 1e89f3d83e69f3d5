"""The table of faults as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tests.simulation.faults.judge import Cell

_HEAD = """\
# Every fault at every step

Made by `python -m tests.simulation.faults.matrix --write docs/faults.md`, which tries each cell: one fault strikes one kind of
request (or the files) of one tool, in a run of a program on all six tools or in its set-up. What was found in each: the other tools
are synced all the same; when the fault is over, the next runs make what an undisturbed run makes, nothing lost, nothing twice, no mail
twice or left out; and where the struck run was not at peace, it names the tool and says what to do. What to do about faults is
in [when things go wrong](when-things-go-wrong.md).

| in a cell | what the struck run did |
|---|---|
| `✓` | it got over the fault by itself: status `agreed`, or `attention` for what waits for people anyway, and nothing is said of the tool |
| `told` | it left out the tool, or a part of what it had to write there, said so, and the next run does the rest (status `attention`) |
| `failed` | the same, and somebody may have to do something: sign in, give a right, make room (status `failed`, exit status 1) |
| `guard` | it stopped before anything was written, and says how to go on (exit status 4) |
| `–` | can't be; the reason is below the table |
| `WRONG` | a promise is broken |
"""
HEADS = {
    "notion": "Notion", "sheet": "Google Sheets", "gcal": "Google Calendar",
    "notes": "A folder of notes", "book": "A workbook", "ics": "A folder of calendars",
}  # fmt: skip


def page(found: Mapping[str, Sequence[tuple[str, str, Cell]]]) -> str:
    """The page, of all that was found in each tool."""
    return "\n".join([_HEAD, *(line for tool, cells in found.items() for line in _table(tool, cells))])


def _table(tool: str, found: Sequence[tuple[str, str, Cell]]) -> Iterator[str]:
    cells = {(fault, step): cell for fault, step, cell in found if fault != "every fault"}
    steps, faults = (list(dict.fromkeys(key[n] for key in cells)) for n in (1, 0))
    yield f"## {HEADS[tool]}\n"
    yield f"| | {' | '.join(steps)} |"
    yield f"|---|{'---|' * len(steps)}"
    for fault in faults:
        yield f"| **{fault}** | {' | '.join(_word(cells.get((fault, step))) for step in steps)} |"
    yield ""
    reasons: dict[str, list[str]] = {}
    for (fault, step), cell in cells.items():
        if cell.verdict == "–":
            reasons.setdefault(f"*{fault}*: {cell.said}", []).append(step)
    yield from (f"- {why}." for why in reasons)
    yield from (f"- No step *{step}*: {cell.said}." for fault, step, cell in found if fault == "every fault")
    yield ""


def _word(cell: Cell | None) -> str:
    if cell is None:
        return "a hole"
    if cell.verdict != "ok":
        return cell.verdict
    if cell.status == "GuardStop":
        return "guard"
    if cell.status not in ("agreed", "attention"):
        return "failed"
    return "told" if cell.said else "✓"
