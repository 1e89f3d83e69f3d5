"""What of a run people have to be told: one `Matter` for each thing that waits for a person or fails.

The words are for whoever leaves the program running, who may see less than a pair does: nothing of a pair's own replica,
and no value of a conflict, is in them (docs/architecture.md: audience).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from syncengine.errors import MentorsyncError, Unavailable
from syncengine.secret import discreet

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.run.report import Report

PATIENCE = timedelta(hours=1)
"""A tool that is busy or away mostly comes back by itself."""
HANGING = timedelta(hours=6)
"""No run takes so long; one that still holds the lock then has to be looked at."""


@dataclass(frozen=True)
class Matter:
    """Something that waits for a person, or fails."""

    key: str
    """The same as long as it is the same thing; says nothing itself."""
    text: str
    """A sentence for a person, with what to do."""
    patience: timedelta = field(default=timedelta(0))
    """How long it may last before anybody is told."""


def of_error(error: MentorsyncError) -> list[Matter]:
    """What ended the run before it could tell more."""
    text = discreet(str(error))
    return [_matter(f"error:{type(error).__name__}:{_steady(text)}", text, error)]


def of_report(program: Program, report: Report) -> list[Matter]:
    """What a finished run found."""
    return [*_problems(report), *_conflicts(program, report), *_troubles(program, report), *_rest(report)]


def busy() -> Matter:
    """Another run has the lock."""
    return Matter(
        _key("busy"),
        "Another run of this program has been going on for hours → If it hangs, end it; the next run goes on from there.",
        HANGING,
    )


def _problems(report: Report) -> Iterator[Matter]:
    for name, error in report.problems.items():
        text = discreet(str(error))
        yield _matter(f"problem:{name}:{type(error).__name__}:{_steady(text)}", _line(text), error)


def _conflicts(program: Program, report: Report) -> Iterator[Matter]:
    for one in report.conflicts:
        kind = program.template.kinds.get(one.get("kind", ""))
        declared = kind.fields.get(one["field"]) if kind else None
        values = [one["kept"], *(other["value"] for other in one["others"])]
        key = _key(f"conflict:{one['record']}:{one['field']}:{values}")
        pairs_own = (
            kind is None or declared is None or kind.private_if
            or "pair" in (kind.audience, declared.audience)
        )  # fmt: skip
        if pairs_own:
            yield Matter(
                key,
                "Something that only a pair may see was written differently in two tools → They are asked there.",
            )
        else:
            assert kind is not None
            assert declared is not None
            yield Matter(key, f"{kind.label} “{one['title']}”, {declared.label}: written differently in two tools → "
                              "Answer in any tool, or: mentorsync conflicts")  # fmt: skip


def _troubles(program: Program, report: Report) -> Iterator[Matter]:
    audience = {replica.name: replica.audience for replica in program.replicas}
    for name, one in report.troubles:
        key = _key(
            f"trouble:{name}:{one.kind}:{one.handle or one.where}:{one.field}:{one.reason}:{one.value}"
        )
        if audience.get(name) == "program":
            yield Matter(key, _line(discreet(f"{name}: {one.where}: {one.reason} → {one.remedy}")))
        else:
            yield Matter(
                key, f"{name}: something there is not understood → Its people see it with: mentorsync status"
            )


def _rest(report: Report) -> Iterator[Matter]:
    """What was refused, or is unclear; its words may be a pair's."""
    if report.remarks:
        texts = sorted(map(_steady, report.remarks))
        count = "something was" if len(texts) == 1 else f"{len(texts)} things were"
        yield Matter(
            _key(f"remarks:{texts}"), f"{count} refused or put right → See: mentorsync status".capitalize()
        )


def _matter(identity: str, text: str, error: MentorsyncError) -> Matter:
    return Matter(_key(identity), text, PATIENCE if isinstance(error, Unavailable) else timedelta(0))


def _key(identity: Any) -> str:
    return blake2b(str(identity).encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _steady(text: str) -> str:
    """Without what differs from run to run though it is the same thing: seconds to wait, times of day, counts."""
    return re.sub(r"\d+", "0", text)


def _line(text: str) -> str:
    return " ".join(text.split())
