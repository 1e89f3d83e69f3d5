"""A vault and a workbook of the same goals: what one large .xlsx costs."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Callable

from bench import goals
from bench.contestants import Mentorsync
from bench.process import Spent, run

STEPS = (
    "first sync (writes every row)",
    "no-op",
    "reads every row",
    "1 % changed in the notes",
    "1 % changed in the workbook",
)


class WithWorkbook(Mentorsync):
    """A vault A and a workbook B.xlsx."""

    def config(self) -> str:
        return (
            '[program]\nname = "Bench"\ntemplate = "light"\nzone = "Europe/Berlin"\n\n'
            '[[replica]]\nname = "A"\nconnector = "markdown"\npath = "A"\n\n'
            '[[replica]]\nname = "B"\nconnector = "workbook"\npath = "B.xlsx"\n'
        )

    def read_all(self) -> Spent:
        """A sync that trusts no cursor."""
        return run([self.command, "-c", self.root, "sync", "--fresh"], self._log())

    def change_notes(self) -> None:
        """1 % of the goals, in the vault."""
        goals.change(self.a, self.count, self.ending, self.before, self.before, 0)

    def change_rows(self) -> None:
        """1 % of the goals, in the workbook, as any program that saves .xlsx would."""
        from openpyxl import load_workbook

        path = os.path.join(self.root, "B.xlsx")
        book = load_workbook(path)
        sheet = book["Goals"]
        heads = {cell.value: cell.column for cell in sheet[1]}
        for row in range(50, sheet.max_row + 1, 100):
            sheet.cell(row, heads["Percent"]).value = 0.98
        book.save(path)


def measure(root: str, size: int, runs: int, say: Callable[[str], None]) -> dict[str, list[Spent]]:
    """Each step to its times."""
    found: dict[str, list[Spent]] = defaultdict(list)
    for number in range(runs):
        say(f"{size:,} rows, round {number + 1} of {runs}: workbook")
        one = WithWorkbook(os.path.join(root, "round"), size)
        one.prepare()
        found[STEPS[0]].append(one.sync(first=True))
        found[STEPS[1]].append(one.sync())
        found[STEPS[2]].append(one.read_all())
        one.change_notes()
        found[STEPS[3]].append(one.sync())
        found[STEPS[4]].append(_rows_changed(one))
        shutil.rmtree(one.root)
    return found


def _rows_changed(one: WithWorkbook) -> Spent:
    pid = os.fork()  # openpyxl's memory must not become the floor of every later figure
    if pid == 0:
        one.change_rows()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    return one.sync()
