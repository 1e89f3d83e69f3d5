"""Figures as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bench.process import Spent, middle
from bench.rounds import FULL, STEPS, Figures
from bench.targets import OURS, Verdict


def of_size(figures: Figures, size: int) -> str:
    """Everybody's figures for one size: wall s / CPU s / peak MiB, and in brackets our wall time over theirs."""
    took = {key: middle(spent) for key, spent in figures.items() if key[1] == size}
    names = list(dict.fromkeys(name for name, _, _ in took if name != "scan"))
    rows = [[name, *(_cell(took, name, size, step) for step in STEPS)] for name in names]
    if (OURS, size, FULL) in took:
        rows.append([f"{OURS}, {FULL}", "", str(took[OURS, size, FULL]), ""])
    if ("scan", size, STEPS[1]) in took:
        rows.append(["a bare directory scan", "", str(took["scan", size, STEPS[1]]), ""])
    return table([f"{size:,} goals", *STEPS], rows)


def _cell(took: Mapping[tuple[str, int, str], Spent], name: str, size: int, step: str) -> str:
    spent, ours = took.get((name, size, step)), took.get((OURS, size, step))
    if spent is None:
        return ""
    return f"{spent} ({ours.wall / spent.wall:.2f} ×)" if ours and name != OURS else str(spent)


def of_steps(found: Mapping[str, Sequence[Spent]], size: int) -> str:
    """One contestant's steps."""
    rows = [[step, str(middle(spent))] for step, spent in found.items()]
    return table([f"{size:,} rows", "wall s / CPU s / peak MiB"], rows)


def of_verdicts(verdicts: Iterable[Verdict]) -> str:
    """Target by target."""
    head = "| target | measured | its CPU | limit | |\n|---|---|---|---|---|\n"
    return head + "\n".join(verdict.row() for verdict in verdicts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])
