"""Conflicts as questions to people, shown where they work, and answered there (design rule 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncengine.core.canon import Canon
from syncengine.core.merge import Candidate, Conflict
from syncengine.core.refs import meant
from syncengine.model.fieldtypes import Number
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
        "base": canon.shown(kind, field.name, detail.get("base")) or None,
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

    "keep" keeps; "2." picks the second of the other values, and so does "2" where it can't be a value itself; anything
    else is read as a value. What could be the one or the other means neither.
    """
    said = text.strip()
    if said.casefold().rstrip(".!") in KEEP:
        return False, None
    picked = _picked(detail, said)
    if picked is not None and said.endswith("."):
        return True, picked
    read = value(canon, record, field, detail, said)
    if picked is None:
        return read if isinstance(read, Unreadable) else (True, read)
    digits_are_a_value = isinstance(field.type, Number) or said in _shown(canon, record, field, detail)
    if digits_are_a_value and not isinstance(read, Unreadable) and not field.type.equal(read, picked):
        return Unreadable(
            said,
            f"could be the value {said}, or number {said} of the list",
            f"Write “{said}.” for number {said} of the list, or put the value into the field itself.",
        )
    return True, picked


def _picked(detail: Mapping[str, Any], said: str) -> Value:
    """The other value with that number in the list; `None` for what is no number of it."""
    number = said.removesuffix(".")
    lost = detail["lost"]
    found: Value = (
        lost[int(number) - 1]["value"] if number in {str(n + 1) for n in range(len(lost))} else None
    )
    return found


def _shown(canon: Canon, record: Record, field: Field, detail: Mapping[str, Any]) -> dict[str, Value]:
    """The values in the question, as it shows them."""
    kind, values = canon.kinds[record.kind], [one["value"] for one in (detail["kept"], *detail["lost"])]
    return {canon.shown(kind, field.name, one).strip(): one for one in reversed(values) if one is not None}


def value(
    canon: Canon, record: Record, field: Field, detail: Mapping[str, Any], text: str
) -> Value | Unreadable:
    """The value that a person wrote as an answer: one of the question's, else a new one."""
    said = text.strip()
    shown = _shown(canon, record, field, detail)
    if said in shown:
        return shown[said]
    read = field.type.read(said, canon.locale)
    found = meant(read.text, field, canon.directory) if isinstance(read, Named) else read
    if isinstance(found, Unreadable):
        remedy = f"Write: keep, a number of the list, or a value. {found.remedy}".rstrip()
        return Unreadable(said, found.reason, remedy)
    return found
