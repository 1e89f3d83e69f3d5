"""Conflicts as questions to people, shown where they work, and answered there (design rule 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine.core.canon import Canon
from syncengine.core.merge import Candidate, Conflict
from syncengine.core.refs import meant
from syncengine.model.kind import Field, Record
from syncengine.model.moments import show_instant
from syncengine.model.values import Fields, Named, Unreadable, Value

KEEP = frozenset(("keep", "kept", "ok", "keep it", "as it is"))


def detail(conflict: Conflict) -> dict[str, Any]:
    """The conflict as the state keeps it: base, kept and lost values with who, where and when."""
    return {
        "base": conflict.base,
        "kept": _said(conflict.kept),
        "lost": [_said(one) for one in conflict.lost],
    }


def _said(one: Candidate) -> dict[str, Any]:
    return {"value": one.value, "replica": one.replica, "when": one.when, "who": one.who}


def question(canon: Canon, record: Record, field: Field, detail: Mapping[str, Any]) -> Fields:
    """The fields of the question record that asks about a conflict."""
    kind = canon.kinds[record.kind]
    private = field.audience == "pair" or kind.audience == "pair"
    private = private or bool(kind.private_if and record.fields.get(kind.private_if))
    others = [
        _option(canon, record, field, number, one) for number, one in enumerate(detail["lost"], start=1)
    ]
    return {
        "about": f"{kind.label}: {canon.title(record)}",
        "field": field.label,
        "kept": canon.shown(kind, field.name, detail["kept"]["value"]) or "(nothing)",
        "others": "\n".join(others),
        "pair": canon.pair_of(record),
        "private": private or None,
    }


def _option(canon: Canon, record: Record, field: Field, number: int, one: Mapping[str, Any]) -> str:
    shown = canon.shown(canon.kinds[record.kind], field.name, one["value"])
    whence = [one["replica"] and f"in {one['replica']}", one["who"] and f"by {one['who']}",
              one["when"] and show_instant(one["when"], canon.locale.zone)]  # fmt: skip
    return f"{number}. {shown} ({', '.join(part for part in whence if part) or 'elsewhere'})"


def answer(
    canon: Canon, record: Record, field: Field, detail: Mapping[str, Any], text: str
) -> tuple[bool, Value] | Unreadable:
    """What a person's answer means: (whether the value changes, the value).

    "keep" keeps; a number picks one of the other values; one of the values written out picks it; anything else
    is read as a new value of the field.
    """
    said = text.strip()
    if said.casefold().rstrip(".!") in KEEP:
        return False, None
    lost = detail["lost"]
    if said.rstrip(".").isdigit() and 1 <= int(said.rstrip(".")) <= len(lost):
        return True, lost[int(said.rstrip(".")) - 1]["value"]
    kind = canon.kinds[record.kind]
    for one in (detail["kept"], *lost):
        if one["value"] is not None and said == canon.shown(kind, field.name, one["value"]).strip():
            return True, one["value"]
    read = field.type.read(said, canon.locale)
    value = meant(read.text, field, canon.directory) if isinstance(read, Named) else read
    if isinstance(value, Unreadable):
        return Unreadable(
            said, value.reason, f"Write: keep, a number of the list, or a value. {value.remedy}".rstrip()
        )
    return True, value
