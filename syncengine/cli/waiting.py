"""What waits for a person, and for whom: a conflict or trouble is its record's people's, the rest is the coordinator's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from syncengine.config import Program
    from syncengine.connector import Trouble
    from syncengine.core.canon import Canon
    from syncengine.model.kind import Record
    from syncengine.store import Store


@dataclass(frozen=True)
class Waiting:
    """One thing that waits."""

    what: Literal["conflict", "trouble", "run"]
    """`run`: something that the last run had to say, of a tool or of a write that was refused."""
    text: str
    people: Sequence[str] = field(default=())
    """Names; nobody in particular: whoever looks after the program."""


def waiting(program: Program, store: Store, canon: Canon) -> list[Waiting]:
    """Everything that waits, conflicts first; rests on the state alone."""
    troubles = list(store.troubles())
    found = [*_conflicts(store, canon), *_troubles(program, store, canon, troubles)]
    return found + _last_words(store, troubles)


def _conflicts(store: Store, canon: Canon) -> Iterator[Waiting]:
    for row in store.conflicts():
        record = canon.get(row.record)
        title = canon.title(record) if record else row.record
        name = canon.kinds[record.kind].fields[row.field].label if record else row.field
        text = f"conflict #{row.id}: {title}, {name} (mentorsync conflicts)"
        yield Waiting("conflict", text, _people(canon, record))


def _troubles(
    program: Program, store: Store, canon: Canon, troubles: Sequence[tuple[str, Trouble]]
) -> Iterator[Waiting]:
    audience = {replica.name: replica.audience for replica in program.replicas}
    for replica, one in troubles:
        shadows = store.shadows_at(replica, [one.handle]) if one.handle else {}
        record = next((canon.get(shadow.record) for shadow in shadows.values()), None)
        people = _people(canon, record) or _members_of(canon, audience.get(replica, "program"))
        yield Waiting("trouble", _said(replica, one), people)


def _said(replica: str, one: Trouble) -> str:
    """As the report of a run has it."""
    return f"{replica}: {one.where}: {one.reason}{f' → {one.remedy}' if one.remedy else ''}"


def _last_words(store: Store, troubles: Sequence[tuple[str, Trouble]]) -> list[Waiting]:
    """What the last run said besides: tools it had to leave out, writes that were refused."""
    last = next(iter(store.runs(1)), None)
    summary: Mapping[str, object] = (last.summary if last else None) or {}
    warnings = summary.get("warnings")
    known = {_said(replica, one) for replica, one in troubles}
    return (
        [Waiting("run", str(text)) for text in warnings if text not in known]
        if isinstance(warnings, list)
        else []
    )


def _people(canon: Canon, record: Record | None) -> list[str]:
    """Whom a record concerns: themselves, those it names, else the members of its pair."""
    if record is None:
        return []
    if record.kind == "person":
        return [canon.title(record)]
    fields = canon.kinds[record.kind].fields.values()
    named = [id for field in fields if field.ref == "person" for id in _ids(record.fields.get(field.name))]
    if not named and (pair := canon.pair_of(record)) not in (None, record.id):
        return _people(canon, canon.get(str(pair)))
    return [canon.directory.label("person", id) for id in dict.fromkeys(named)]


def _members_of(canon: Canon, audience: str) -> list[str]:
    """The members of the pair whose own place it is."""
    pairs = [] if audience == "program" else canon.directory.find("pair", audience)
    return _people(canon, canon.get(pairs[0])) if len(pairs) == 1 else []


def _ids(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    return [str(value)] if value else []
