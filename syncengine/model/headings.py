"""Headings of people's own tables, matched to fields: by the person's own words, by label, by other names they go by."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from syncengine.model.kind import Kind


def fold(text: str) -> str:
    """How headings are compared: capitals, blanks and ornaments don't count."""
    return re.sub(r"\s+", " ", text).strip(" :*?\u00a0").casefold()


def by_own_words(kind: Kind, heads: Mapping[int, str], own: Mapping[str, str]) -> dict[str, int]:
    """Field to column, as the person's own mapping has it."""
    wanted = {fold(heading): name for heading, name in own.items() if name in kind.fields}
    return {
        wanted[fold(text)]: column
        for column, text in sorted(heads.items(), reverse=True)
        if fold(text) in wanted
    }


def matched(kind: Kind, heads: Mapping[int, str], own: Mapping[str, str], aliases: bool) -> dict[str, int]:
    """Field to column: by the person's own mapping, then by label, then (`aliases`) by other names it goes by."""
    found = by_own_words(kind, heads, own)
    free = {column: fold(text) for column, text in heads.items() if column not in found.values()}
    rounds: list[dict[str, list[str]]] = [
        {name: [fold(declared.label)] for name, declared in kind.fields.items()}
    ]
    if aliases:
        rounds.append(
            {name: [fold(alias) for alias in declared.aliases] for name, declared in kind.fields.items()}
        )
    for said in rounds:
        for name, texts in said.items():
            column = next((column for text in texts for column, head in free.items() if head == text), None)
            if name not in found and column is not None:
                found[name] = column
                del free[column]
    return found


def likeness(
    kind: Kind,
    title: str,
    words: Collection[str],
    headings: Mapping[int, Mapping[int, str]],
    own: Mapping[str, str],
    first: int = 1,
) -> tuple[int, int]:
    """How much a sheet looks like a kind's (0: not at all), and the row of its headings.

    `words`: titles that a sheet of the kind would have; `headings`: its first rows, row to column to text; `own`: the
    person's own words, heading to field; `first`: the number of the first row.
    """
    said, known = fold(title), {fold(word) for word in words}
    same, alike = said in known, any(re.search(rf"\b{re.escape(word)}\b", said) for word in known)
    best = (0, first)
    for row, heads in headings.items():
        found = matched(kind, heads, own, aliases=True)
        labels = sum(fold(heads[column]) == fold(kind.fields[name].label) for name, column in found.items())
        needed = 1 if same or alike else 2
        key_known = not kind.natural_key or kind.natural_key[0] in found
        if len(found) >= needed and (key_known or same):
            score = len(found) + labels + (8 if same else 4 if alike else 0)
            best = max(best, (score, row), key=lambda one: one[0])
    if same and best[0] == 0 and not headings:
        return 1, first
    return best


def wrong_columns(columns: object) -> dict[str, str]:
    """What is wrong with a config's `columns` (kind to heading to field): key to what to write instead."""
    from syncengine.model.kinds import all_kinds

    if not isinstance(columns, Mapping):
        return {"columns": 'is a table for each kind, like columns.goal = {"Deadline" = "due"}'}
    problems = {}
    for kind, said in columns.items():
        known = all_kinds().get(str(kind))
        if known is None:
            problems[f"columns.{kind}"] = f"is not a kind; there are {', '.join(all_kinds())}"
        elif not isinstance(said, Mapping):
            problems[f"columns.{kind}"] = 'gives a field for each heading, like {"Deadline" = "due"}'
        else:
            for heading, name in said.items():
                if name not in known.fields:
                    problems[f"columns.{kind}.{heading}"] = (
                        f"{name!r} is not a field of a {kind}; there are {', '.join(known.fields)}"
                    )
    return problems
