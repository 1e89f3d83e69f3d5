"""The agenda inside an event's description: generated text between two lines; what people wrote around it stays."""

from __future__ import annotations

BEGINS = "--- agenda, written by mentorsync (write your own above or below) ---"
ENDS = "--- end of the agenda ---"


def _find(lines: list[str]) -> tuple[int, int] | None:
    """The first end, and the last beginning before it: half a pair of lines is people's text."""
    for end, line in enumerate(lines):
        if line.strip() == ENDS:
            begins = [n for n in range(end) if lines[n].strip() == BEGINS]
            if begins:
                return begins[-1], end
    return None


def agenda_in(text: str) -> str | None:
    """The generated part of a description; `None` where there is none."""
    lines = text.split("\n")
    found = _find(lines)
    return "\n".join(lines[found[0] + 1 : found[1]]) or None if found else None


def with_agenda(text: str, agenda: str | None) -> str:
    """The description with another generated part; "" when nothing is left.

    Any other line that looks like one of the two, in the agenda or around it, is set in: it must not delimit.
    """
    lines = text.split("\n") if text else []
    found = _find(lines)
    if agenda is None and found is None:
        return text
    block = [] if agenda is None else [BEGINS, *map(_harmless, agenda.split("\n")), ENDS]
    before, after = (lines[: found[0]], lines[found[1] + 1 :]) if found else ([], [""] * bool(lines) + lines)
    if not block and before[-1:] in ([""], []) and after[:1] == [""]:
        after = after[1:]  # the blank line that set the agenda off
    return "\n".join([*map(_harmless, before), *block, *map(_harmless, after)])


def _harmless(line: str) -> str:
    return f"> {line}" if line.strip() in (BEGINS, ENDS) else line
