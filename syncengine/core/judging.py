"""What of a plan still holds: each record of it compared with what would be written now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from syncengine.connector import Mailing
from syncengine.core.planned import Asked, Json, Write, said
from syncengine.model.values import Fields, Value


@dataclass(frozen=True)
class Refusal:
    """A record that is not written, because something about it is no longer as planned."""

    record: str
    label: str
    title: str
    replica: str
    planned: str
    now: str


@dataclass
class Verdict:
    """What of a plan still holds."""

    records: set[str] = field(default_factory=set)
    """The records that may be written."""
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[Write] = field(default_factory=list)
    """What is to be written by now and is not in the plan."""
    done: int = 0
    """Planned writes that need not be made any more: the tool has it already."""


Now = Callable[[str, str], Fields | None]
"""(replica, record) to what the replica may hold of the record as it is now; `None`: it is deleted, or there is none."""


def judge(
    planned: Sequence[Write], now: Sequence[Write], tools: Collection[str], here: Collection[str], values: Now
) -> Verdict:
    """Compare a plan with what would be written now.

    `tools`: the replicas that the plan is about (others wait whole); `here`: those that can be written now (what was
    planned for one that is away is neither refused nor done).
    """
    was, here_now = _by_record(planned), _by_record(one for one in now if one.replica in tools)
    verdict = Verdict(waiting=[one for one in now if one.replica not in tools])
    for record, meant in was.items():
        found = here_now.pop(record, {})
        present = {replica for replica in meant.keys() | found.keys() if replica in here}
        wrong = [
            refusal for replica in sorted(present)
            if (refusal := _judged(replica, meant.get(replica), found.get(replica), values(replica, record)))
        ]  # fmt: skip
        writes = [*meant.values(), *found.values()]
        if wrong and all(part.computed for one in writes for part in one.parts.values()):
            verdict.waiting += found.values()  # nobody's words: it follows from what other records say
        elif wrong:
            verdict.refused += wrong
        else:
            verdict.records.add(record)
            verdict.done += len([replica for replica in present if replica not in found])
    verdict.waiting += [one for found in here_now.values() for one in found.values()]
    return verdict


def _by_record(writes: Iterable[Write]) -> dict[str, dict[str, Write]]:
    found: dict[str, dict[str, Write]] = {}
    for write in writes:
        found.setdefault(write.record, {})[write.replica] = write
    return found


def _judged(replica: str, meant: Write | None, found: Write | None, values: Fields | None) -> Refusal | None:
    """Why one write of the plan does not hold; `None`: it does, or has been made."""
    if meant is None:
        assert found is not None
        return Refusal(found.record, found.label, found.title, replica, "nothing", said(found))
    refusal = Refusal(
        meant.record, meant.label, meant.title, replica, said(meant), _now(meant, found, values)
    )
    if found is None:
        return None if _is_so(meant, values, ()) else refusal
    if meant.action == "delete" or found.action == "delete":
        same = meant.action == found.action and _read(meant) == _read(found)
        return None if same else refusal
    if found.action == "create" and meant.action != "create":
        return refusal  # it has gone since; to make it anew was nobody's plan
    fits = found.parts.keys() <= meant.parts.keys() and (
        meant.stamp or not found.stamp or meant.action == "create"
    )
    fits = fits and all(
        (part.after, part.shown[1]) == (meant.parts[name].after, meant.parts[name].shown[1])
        and (meant.action == "create" or part.before == meant.parts[name].before)
        for name, part in found.parts.items()
    )
    return None if fits and _is_so(meant, values, found.parts) else refusal


def _read(write: Write) -> dict[str, Json]:
    return {name: part.before for name, part in write.parts.items()}


def _is_so(meant: Write, values: Fields | None, besides: Collection[str]) -> bool:
    """Whether the record says what was planned, apart from the fields that are still to be written."""
    if meant.action == "delete":
        return values is None
    return values is not None and all(
        values.get(name) == part.after for name, part in meant.parts.items() if name not in besides
    )


def _now(meant: Write, found: Write | None, values: Fields | None) -> str:
    if found is not None:
        return said(found)
    if values is None:
        return "the record is deleted"
    other = [part.label for name, part in meant.parts.items() if values.get(name) != part.after]
    return (
        f"nothing to write: by now it says something else ({', '.join(other)})"
        if other
        else "nothing to write"
    )


def beyond(mails: Iterable[Mailing], planned: Sequence[Mailing]) -> list[Mailing]:
    """The e-mails that are not in the plan, each address and reason as often as the plan has it."""
    left = [(mail.to, mail.why) for mail in planned]
    found = []
    for mail in mails:
        if (mail.to, mail.why) in left:
            left.remove((mail.to, mail.why))
        else:
            found.append(mail)
    return found


def holds(
    asked: Asked, fields: Mapping[str, Value] | None, deleted: bool, edited: Collection[str] = ()
) -> Asked | None:
    """What of a wish may still be granted: the fields that are as they were, or as they are to be; `None`: nothing.

    `fields`, `deleted`: the record as it is now; `None`: there is none. `edited`: the fields that somebody has just changed.
    """
    if fields is None:
        return asked if asked.kind else None
    kept = {
        name: value
        for name, value in asked.fields.items()
        if name not in edited and fields.get(name) in (asked.before.get(name), value)
    }
    gone = asked.deleted if deleted in (asked.was_deleted, asked.deleted) else None
    if not kept and gone is None:
        return None
    return Asked(
        asked.record, asked.kind, kept, asked.before, asked.source, asked.rule, gone, asked.was_deleted
    )
