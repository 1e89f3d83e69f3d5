"""The people and pairs to start with, where some of them are in a tool already (design rule 19: match, link, create)."""

from __future__ import annotations

from collections.abc import Iterable

from syncengine.core.refs import fold
from syncengine.model.values import Value
from syncengine.run.work import Wish, Work


def matched(work: Work, wishes: Iterable[Wish]) -> tuple[list[Wish], list[Wish]]:
    """The wishes to grant as they are, and those for a record that this read has just found under the same name.

    What refers to one of the latter refers to the record that was found.
    """
    granted: list[Wish] = []
    found: list[Wish] = []
    same: dict[str, str] = {}
    for wish in wishes:
        there = _there(work, wish)
        fields = {name: _instead(value, same) for name, value in wish.fields.items()}
        if there is None:
            granted.append(wish._replace(fields=fields))
            continue
        same[wish.record] = there
        found.append(wish._replace(record=there, fields=fields))
    return granted, found


def fill(work: Work, found: Iterable[Wish]) -> None:
    """Add what the tools have not said: what they say comes first, since the config is only where people start."""
    for wish in found:
        record = work.canon.get(wish.record)
        assert record is not None
        blank = {name: value for name, value in wish.fields.items() if record.fields.get(name) is None}
        work.canon.write(record, blank, wish.source, wish.rule)


def _there(work: Work, wish: Wish) -> str | None:
    """The one living record that the wish would make a second time."""
    if not wish.kind or work.canon.get(wish.record) is not None:
        return None
    key = work.canon.kinds[wish.kind].natural_key
    if len(key) != 1:
        return None  # a name alone does not tell
    ids = work.canon.directory.find_exact(wish.kind, fold(str(wish.fields.get(key[0]) or "")))
    return ids[0] if len(ids) == 1 else None


def _instead(value: Value, same: dict[str, str]) -> Value:
    if isinstance(value, list):
        return sorted(same.get(one, one) for one in value)
    return same.get(value, value) if isinstance(value, str) else value
