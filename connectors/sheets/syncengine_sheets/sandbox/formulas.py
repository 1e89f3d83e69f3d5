"""Formulas as far as the sandbox knows them: their references move along when they are copied."""

from __future__ import annotations

import re

from syncengine_sheets import a1

_REFERENCE = re.compile(
    r"(\"[^\"]*\"|'[^']*'!?)|(?<![A-Za-z0-9_])(\$?)([A-Z]{1,3})(\$?)([0-9]+)(?![A-Za-z0-9_(])"
)


def shifted(formula: str, down: int, right: int) -> str:
    """The formula as a copy that far away has it: relative references move along, and off the grid they are lost."""

    def moved(found: re.Match[str]) -> str:
        if found[1]:
            return found[0]
        column = a1.number(found[3]) + (0 if found[2] else right)
        row = int(found[5]) - 1 + (0 if found[4] else down)
        return "#REF!" if column < 0 or row < 0 else f"{found[2]}{a1.letters(column)}{found[4]}{row + 1}"

    return _REFERENCE.sub(moved, formula)
