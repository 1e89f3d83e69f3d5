"""What comes back with a deleted record: what it belongs to, and what was deleted together with it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from syncengine.model.kind import Kind, Record


def together(
    record: str, deleted: Mapping[str, Record], buried: Mapping[str, int], kinds: Mapping[str, Kind], engine_s: Iterable[str] = ()
) -> list[str]:  # fmt: skip
    """The deleted records to bring back with `record`, itself first.

    What refers to it, directly or by way of another, and was deleted in the same run; and whatever deleted record one of
    these refers to, so that nothing points into the void. `deleted`: every tombstone; `buried`: the run that deleted it.
    `engine_s`: those that the engine itself took away, and will make again by itself where they are due; questions
    that were answered stay answered.
    """
    able = {id: one for id, one in deleted.items() if one.kind != "question" and id not in set(engine_s)}
    found = [record]
    below = _referring(able, kinds)
    for id in found:
        found += [
            other
            for other in below.get(id, ())
            if buried.get(other) == buried.get(record) and other not in found
        ]
    for id in found:
        found += [other for other in refers_to(able[id], kinds) if other in able and other not in found]
    return found


def refers_to(record: Record, kinds: Mapping[str, Kind]) -> list[str]:
    """The ids in the record's reference fields."""
    kind = kinds.get(record.kind)
    found: list[str] = []
    for name, field in kind.fields.items() if kind else ():
        value = record.fields.get(name)
        if field.ref and value:
            found += value if isinstance(value, list) else [str(value)]
    return found


def _referring(records: Mapping[str, Record], kinds: Mapping[str, Kind]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id in sorted(records):
        for other in refers_to(records[id], kinds):
            found.setdefault(other, []).append(id)
    return found
