"""Field-level N-way merge (design rule 2). Symmetric in the order of the replicas, idempotent, and never lossy:
a value that does not become the record's is in the conflict that `merge_field` returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, NamedTuple

from syncengine.core.delta import Edit
from syncengine.core.shadow import MISSING, _Missing
from syncengine.model.kind import Field
from syncengine.model.moments import moment
from syncengine.model.values import Value

Rule = Literal["edited", "agreed", "filled", "merged", "newest", "order", "text kept"]
"""Why a value is the record's: only one edit; several alike; nothing was there; all fit together; the last one by
comparable clocks; the first by the program's order of replicas; a text beats an emptied field."""


class Candidate(NamedTuple):
    """One of the values that could become the field's."""

    value: Value
    replica: str
    rank: int
    when: str | None = None
    precision: timedelta | None = None
    who: str | None = None


class Conflict(NamedTuple):
    """One field, changed to different values since its replicas last agreed (design: words)."""

    field: str
    base: Value
    kept: Candidate
    lost: tuple[Candidate, ...]


@dataclass(slots=True)
class Merged:
    """What became of a field."""

    value: Value
    rule: Rule | None
    """`None`: it stays as it was."""
    conflict: Conflict | None = None


def merge_field(
    field: Field, current: Value, edits: Sequence[Edit], origin: Candidate | None = None
) -> Merged:
    """Merge all edits of one field into its canonical value `current`, which `origin` (if known) last set."""
    equal = field.type.equal
    open_edits = sorted((e for e in edits if not equal(e.after, current)), key=_order)
    if not open_edits:
        return Merged(current, None)
    kept = [e for e in edits if e.answer and equal(e.after, current)]
    if kept:  # somebody was asked and wants it to stay, somebody else does not: neither may go unheard
        return _choose(field, current, sorted([*open_edits, *kept], key=_order), (), origin)
    contested = [e for e in open_edits if isinstance(e.before, _Missing) or not equal(e.before, current)]
    first = open_edits[0]
    alike = all(equal(e.after, first.after) for e in open_edits[1:])
    if alike and len(contested) < len(open_edits):  # somebody changed what everybody saw
        return Merged(first.after, "edited" if len(open_edits) == 1 else "agreed")
    if alike and current is None and first.before is MISSING:
        return Merged(first.after, "filled")
    fitted = _fit(field, current, open_edits)
    if fitted is not None:
        return fitted
    return _choose(field, current, open_edits, contested, origin)


def _order(edit: Edit) -> tuple[int, str, str]:
    return edit.rank, edit.replica, str(edit.after)


def _fit(field: Field, current: Value, edits: Sequence[Edit]) -> Merged | None:
    """All edits together, where the field's type can fit them; `None` where it can't."""
    merged = current
    for edit in edits:
        fits, merged = field.type.merge(
            None if isinstance(edit.before, _Missing) else edit.before, merged, edit.after
        )
        if not fits:
            return None
    return Merged(merged, "merged")


def _choose(
    field: Field, current: Value, edits: Sequence[Edit], contested: Sequence[Edit], origin: Candidate | None
) -> Merged:
    candidates = [Candidate(e.after, e.replica, e.rank, e.when, e.precision, e.who) for e in edits]
    if contested and current is not None:  # what the record says was somebody's edit as well
        candidates.append(origin or Candidate(current, "", 1_000_000))
    written = [c for c in candidates if c.value is not None]
    rule: Rule
    if len({str(c.value) for c in written}) <= 1 and written:
        winner, rule = written[0], "text kept"
    else:
        winner, rule = _policy(written or candidates)
    lost = _unlike(field, winner, candidates)
    base = next((e.before for e in edits if not isinstance(e.before, _Missing)), None)
    conflict = Conflict(field.name, base, winner, lost) if lost else None
    return Merged(winner.value, rule if winner.value != current or conflict else None, conflict)


def _unlike(field: Field, winner: Candidate, candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Each other value once. An emptied field that lost is no word of anybody's."""
    lost: list[Candidate] = []
    for one in sorted(candidates, key=lambda c: (c.rank, c.replica, str(c.value))):
        if one.value is not None and not any(
            field.type.equal(one.value, other.value) for other in (winner, *lost)
        ):
            lost.append(one)
    return tuple(lost)


def _policy(candidates: Sequence[Candidate]) -> tuple[Candidate, Rule]:
    """`newest` where the edit times can be compared, otherwise the program's order of replicas.

    An edit that is clearly older than another never wins: the order decides among those that may be the newest.
    """
    ranked = sorted(candidates, key=lambda c: (c.rank, c.replica, str(c.value)))
    times = [(moment(c.when), c.precision) for c in candidates if c.when and c.precision is not None]
    if len(times) == len(candidates):
        blur = max(precision for _, precision in times)
        newest = max(at for at, _ in times)
        late = [c for c in ranked if c.when and newest - moment(c.when) <= blur]
        if len({str(c.value) for c in late}) == 1:
            return late[0], "newest"
        return late[0], "order"
    return ranked[0], "order"
