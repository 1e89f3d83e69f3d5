"""Guards: rules that stop a run before it writes (design rules 4, 13, 17)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from syncengine.errors import GuardStop

PLENTY = 5
"""From how many known records on a loss of most of them is more than a person tidying up."""

SEVERAL = 4
"""From how many records of one kind on nobody deletes all of them one by one."""


def check_place(replica: str, bound: str | None, found: str | None, where: str) -> None:
    """A replica is bound to one place by the id stamped into it; a lost, copied or swapped one stops the run."""
    if found == bound and found is not None:
        return
    if bound is None and found is None:
        raise GuardStop("place", "is not set up yet", where=where, remedy="Run: mentorsync setup")
    if found is None:
        raise GuardStop(
            "place",
            f"no longer carries the mark of replica {replica!r}: it is missing, new, or another place",
            where=where,
            remedy="Put the original back, or run: mentorsync setup --allow place (everything is then written there anew).",
        )
    if bound is not None:
        raise GuardStop(
            "place",
            f"is another place than the one replica {replica!r} was set up with",
            where=where,
            remedy="Put the original back, or run: mentorsync setup --allow place (the two are then matched, nothing is deleted).",
        )


def same_place(replica: str, twin: str) -> GuardStop:
    """Two replicas whose places carry one mark: the same place twice, or a copy of it."""
    return GuardStop(
        "place",
        f"is the place of replica {twin!r} as well, or a copy of it",
        where=f"replica {replica!r}",
        remedy="Give each replica a place of its own. To start from a copy, delete the mark in it first (see docs/connectors).",
    )


def check_gone(
    replica: str, known: int, gone: int, present: int, titles: Iterable[str], allow: frozenset[str]
) -> None:
    """More than half of a replica's records gone, or all of them, is damage until somebody says it is meant."""
    most = known >= PLENTY and gone * 2 > known
    everything = known > 1 and gone >= known and present == 0
    if "mass-deletion" in allow or not (most or everything):
        return
    some = ", ".join(sorted(titles)[:3])
    what = "is empty" if present == 0 else f"lacks {gone} of {known} records"
    raise GuardStop(
        "mass-deletion",
        f"replica {replica!r} {what} (among them: {some}); nothing was changed",
        remedy="If they were deleted on purpose, run again with --allow mass-deletion; else restore the place.",
    )


def check_kind_gone(replica: str, plural: str, known: int, gone: int, allow: frozenset[str]) -> None:
    """All records of a kind gone at once is an emptied folder, sheet or calendar, however many other records there are."""
    if "mass-deletion" in allow or known < SEVERAL or gone < known:
        return
    raise GuardStop(
        "mass-deletion",
        f"replica {replica!r} lacks all of its {known} {plural.lower()}; nothing was changed",
        remedy="If they were deleted on purpose, run again with --allow mass-deletion; else restore them.",
    )


def check_template(
    replica: str,
    before: Mapping[str, Iterable[str]],
    now: Mapping[str, frozenset[str]],
    allow: frozenset[str],
) -> None:
    """A kind's whole table or folder that vanished is a lost template, not a hundred deletions."""
    lost = sorted(kind for kind, fields in before.items() if fields and kind not in now)
    if lost and "template" not in allow:
        raise GuardStop(
            "template",
            f"replica {replica!r} has lost its place for: {', '.join(lost)}; nothing was changed",
            remedy="Run: mentorsync setup (it makes what is missing anew), or run again with --allow template.",
        )
