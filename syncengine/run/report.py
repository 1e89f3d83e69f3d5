"""What a run did, for people and for `--json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from syncengine.connector import Mailing, Operation, Trouble
from syncengine.errors import MentorsyncError
from syncengine.secret import discreet

if TYPE_CHECKING:
    from syncengine.core.judging import Refusal
    from syncengine.core.planned import Plan

EXIT = {"agreed": 0, "failed": 1, "attention": 3, "stopped": 4}


@dataclass
class Report:
    """See docs/cli.md for the meaning of each word."""

    status: str = "agreed"
    replicas: dict[str, dict[str, int]] = field(default_factory=dict)
    """Name to: read, created, updated, deleted, rejected, calls."""
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    """Every open conflict: record, field, kept, others."""
    warnings: list[str] = field(default_factory=list)
    """Every problem, trouble and remark, as a sentence."""
    problems: dict[str, MentorsyncError] = field(default_factory=dict)
    """Replica to why it was left out of the run, or gave up in it."""
    troubles: list[tuple[str, Trouble]] = field(default_factory=list)
    """(replica, trouble) of everything that could not be used."""
    remarks: list[str] = field(default_factory=list)
    """What else has to be told of this run: refusals, doubts, ids put right."""
    seconds: float = 0.0
    run: int | None = None
    planned: dict[str, list[Operation]] = field(default_factory=dict)
    """A dry run's operations."""
    plan: Plan | None = None
    """The same as people read and keep it."""
    refused: list[Refusal] = field(default_factory=list)
    """What of a plan was not carried out, since it is no longer as planned."""
    waiting: int = 0
    """Writes that are not in the plan that was carried out; the next sync makes them."""
    mails: dict[str, list[Mailing]] = field(default_factory=dict)
    """Replica to every e-mail that its operations send (or would send, in a dry run)."""
    cursors: dict[str, bytes | None] = field(default_factory=dict)
    """Replica to where its next read starts, of those that this run read and wrote to the end."""

    failed: bool = False
    """Whether a tool could not be used with the rights at hand, or something broke."""

    def settle(self, stops: bool = False) -> None:
        """Set the status by what has been found. `stops`: whether a guard would stop what the dry run shows."""
        if stops:
            self.status = "stopped"
        elif self.failed:
            self.status = "failed"
        elif self.conflicts or self.warnings or self.refused:
            self.status = "attention"

    @property
    def exit_status(self) -> int:
        return EXIT[self.status]

    @property
    def writes(self) -> int:
        """How many operations took effect."""
        return sum(
            counts[key] for counts in self.replicas.values() for key in ("created", "updated", "deleted")
        )

    def as_json(self) -> dict[str, Any]:
        """The one object that `sync --json` prints."""
        said: dict[str, Any] = {"status": self.status, "replicas": self.replicas, "conflicts": self.conflicts,
                "warnings": [discreet(one) for one in self.warnings], "seconds": round(self.seconds, 3)}  # fmt: skip
        mails = {
            name: [{"to": one.to, "why": one.why} for one in found]
            for name, found in self.mails.items()
            if found
        }
        if mails:
            said["mails"] = mails
        if self.refused:
            said["refused"] = [asdict(one) for one in self.refused]
        if self.waiting:
            said["waiting"] = self.waiting
        if self.plan is not None and self.plan.guards:
            said["guards"] = [{"guard": one.guard, "replica": one.replica, "about": one.about, "allowed": one.allowed}
                              for one in self.plan.guards]  # fmt: skip
        return said
