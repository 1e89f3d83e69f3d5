"""Notes of ours on cells that could not be understood: put there once, taken back when the cell is understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncengine.connector import Trouble

PREFIX = "mentorsync: "
Key = tuple[str, str, str]
"""Kind, handle, field."""


def wanted(troubles: Sequence[Trouble]) -> dict[Key, str]:
    """The notes that there should be."""
    return {
        (one.kind, one.handle, one.field): f"{PREFIX}{one.reason}. {one.remedy}".strip()
        for one in troubles
        if one.kind and one.handle and one.field
    }


def differing(now: Mapping[Key, str], noted: Mapping[Key, str]) -> dict[Key, str]:
    """What to change: key to the new note, "" to take it back."""
    changed = {key: text for key, text in now.items() if noted.get(key) != text}
    return changed | {key: "" for key in noted if key not in now}
