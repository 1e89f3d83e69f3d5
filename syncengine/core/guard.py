"""Guards: rules that stop a run before it writes (design rules 4, 13, 17). Each has a name, by which a person lets it pass.

`place` is never passed by a sync. The others fire (`Firing`), and the `Gate` of the run decides: it stops, or lets through
what a person has allowed by name, or, with a plan, exactly what was planned and allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from syncengine.errors import GuardStop

MASS_DELETION, TEMPLATE, PLACE, RESTORED = "mass-deletion", "template", "place", "restored"
CATCH_UP = "catch-up"
"""The other answer to `RESTORED`: not the old values are meant, but the place is to be brought up to date."""
PASSABLE = (MASS_DELETION, TEMPLATE, RESTORED, CATCH_UP)
"""What `sync --allow` knows."""
SEVERAL_NEW = 5
"""From how many on the newest records, gone together, are taken for those that an older copy does not have."""


class Limits(NamedTuple):
    """Where the guards stand; `[guards]` in the config."""

    gone_percent: int = 50
    """More than so many of a hundred records of a replica gone at once is damage until somebody says it is meant."""
    gone_from: int = 5
    """As long as a replica is known to hold so many; of fewer, a person may have tidied up."""
    kind_from: int = 4
    """From how many records of one kind on nobody deletes all of them one by one."""
    restored_from: int = 4
    """From how many records on that went back to one moment of the past an older copy is taken to have been put back."""


@dataclass(frozen=True)
class Firing:
    """A guard that has something to say: which, where, and what was about to happen."""

    guard: str
    replica: str
    about: str
    records: tuple[str, ...] = ()
    """What it is about: ids of records, names of kinds."""
    else_do: str = ""
    """What to do if it was not meant."""
    allowed: bool = False
    """Whether a person has let it pass."""

    def covers(self, other: Firing) -> bool:
        """Whether the other is no more than this one."""
        return (self.guard, self.replica) == (other.guard, other.replica) and set(self.records) >= set(
            other.records
        )

    def stop(self, more: str = "") -> GuardStop:
        """As what stops a run."""
        return GuardStop(
            self.guard,
            f"{self.about}{more}; nothing was changed",
            remedy=f"To look: mentorsync sync --dry-run --out plan.json. If it is meant: run again with --allow {self.guard}, or with "
            f"--plan plan.json --allow {self.guard} for exactly what you have seen; else {self.else_do}",
        )


@dataclass
class Gate:
    """What one run does with guards that fire."""

    allow: frozenset[str] = frozenset()
    planned: Sequence[Firing] | None = None
    """With a plan: the firings that are in it; nothing more passes."""
    look: bool = False
    """A dry run: nothing is written, so it goes on and tells what would stop it."""
    fired: list[Firing] = field(default_factory=list)

    def meet(self, firing: Firing | None) -> None:
        """Let a firing pass, or raise `GuardStop`; `None`: the guard had nothing to say."""
        if firing is None:
            return
        known = [one for one in self.planned or () if one.covers(firing)]
        if self.look or self.planned is None:
            allowed = firing.guard in self.allow
        else:
            allowed = bool(known) and (known[0].allowed or firing.guard in self.allow)
        self.fired.append(
            Firing(firing.guard, firing.replica, firing.about, firing.records, firing.else_do, allowed)
        )
        if not allowed and not self.look:
            raise firing.stop("" if known or self.planned is None else ", which is more than the plan says")


def check_place(replica: str, bound: str | None, found: str | None, where: str) -> None:
    """A replica is bound to one place by the id stamped into it; a lost, copied or swapped one stops the run."""
    if found == bound and found is not None:
        return
    if bound is None and found is None:
        raise GuardStop(PLACE, "is not set up yet", where=where, remedy="Run: mentorsync setup")
    if found is None:
        raise GuardStop(
            PLACE,
            f"no longer carries the mark of replica {replica!r}: it is missing, new, or another place",
            where=where,
            remedy="Put the original back, or run: mentorsync setup --allow place (everything is then written there anew).",
        )
    if bound is not None:
        raise GuardStop(
            PLACE,
            f"is another place than the one replica {replica!r} was set up with",
            where=where,
            remedy="Put the original back, or run: mentorsync setup --allow place (the two are then matched, nothing is deleted).",
        )


def same_place(replica: str, twin: str) -> GuardStop:
    """Two replicas whose places carry one mark: the same place twice, or a copy of it."""
    return GuardStop(
        PLACE,
        f"is the place of replica {twin!r} as well, or a copy of it",
        where=f"replica {replica!r}",
        remedy="Give each replica a place of its own. To start from a copy, delete the mark in it first (see docs/connectors).",
    )


def check_gone(replica: str, known: int, gone: Iterable[str], present: int, titles: Iterable[str],
               limits: Limits) -> Firing | None:  # fmt: skip
    """Most of a replica's records gone, or all of them, is damage until somebody says it is meant. `gone`: their ids."""
    ids = tuple(sorted(gone))
    most = known >= limits.gone_from and len(ids) * 100 > known * limits.gone_percent
    everything = known > 1 and len(ids) >= known and present == 0
    if not (most or everything):
        return None
    some = ", ".join(sorted(titles)[:3])
    what = "is empty" if present == 0 else f"lacks {len(ids)} of {known} records"
    about = f"replica {replica!r} {what} (among them: {some}), and they would be deleted in every other tool"
    return Firing(MASS_DELETION, replica, about, ids, "restore the place.")


def check_kind_gone(
    replica: str, plural: str, known: int, gone: Iterable[str], limits: Limits
) -> Firing | None:
    """All records of a kind gone at once is an emptied folder, sheet or calendar, however many other records there are."""
    ids = tuple(sorted(gone))
    if known < limits.kind_from or len(ids) < known:
        return None
    about = f"replica {replica!r} lacks all of its {known} {plural.lower()}, and they would be deleted in every other tool"
    return Firing(MASS_DELETION, replica, about, ids, "restore them.")


def check_template(
    replica: str, before: Mapping[str, Iterable[str]], now: Mapping[str, frozenset[str]]
) -> Firing | None:
    """A kind's whole table or folder that vanished is a lost template, not a hundred deletions."""
    lost = sorted(kind for kind, fields in before.items() if fields and kind not in now)
    if not lost:
        return None
    about = f"replica {replica!r} has lost its place for: {', '.join(lost)}, and would go on without"
    return Firing(
        TEMPLATE, replica, about, tuple(lost), "run: mentorsync setup (it makes what is missing anew)."
    )


def check_restored(replica: str, back: Iterable[str], changed: int, run: int, started: str, titles: Iterable[str],
                   limits: Limits) -> Firing | None:  # fmt: skip
    """Most of what changed in a replica is as it was before one run: an older copy was put there, or a version restored.

    `back`: ids of those records. `changed`: how many changed at all. `run`, `started`: the first run that is undone there.
    """
    ids = tuple(sorted(back))
    if len(ids) < limits.restored_from or len(ids) * 2 <= changed:
        return None
    some = ", ".join(sorted(titles)[:3])
    when = f" ({started[:16].replace('T', ' ')} UTC)" if started else ""
    about = (
        f"replica {replica!r} is as it was before run {run}{when} in {len(ids)} records (among them: {some}): an older copy "
        "was put back there, and its old values would undo what was written since"
    )
    return Firing(RESTORED, replica, about, ids, f"run again with --allow {CATCH_UP}: the old copy is brought up to date, "
                  "and nothing that was written since is touched.")  # fmt: skip
