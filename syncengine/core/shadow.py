"""The shadow: what one replica is known to have held for one record when it last agreed (design: words)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from syncengine.model.kind import Kind
from syncengine.model.moments import moment
from syncengine.model.values import Fields, Value

State = Literal["agreed", "behind", "creating", "held", "stale", "released", "leaving"]
"""agreed: nothing to do. behind: the plan has something for it. creating: a create was decided, its outcome is not
known yet (rule 7). held: the item can't be read now, leave it. stale: the last read was older than our write (rule 10).
released: beyond the replica's audience now: edits there still count, it is neither written nor deleted (rule 18).
leaving: we deleted it, and a read may still show it (rule 10)."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Not known to be in the tool, as opposed to `None`, which is blank there."""


_NOTHING: Final[
    Mapping[str, Any]
] = {}  # one for all shadows: a first sync makes as many of them as there are items


def without(parts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The parts of a shadow but for one."""
    return {key: part for key, part in parts.items() if key != name} if name in parts else parts


@dataclass(slots=True)
class Shadow:
    """See the module. `held` is what the tool shows, in canonical values. What is rarely there is replaced, never changed."""

    replica: str
    record: str
    kind: str
    handle: str = ""
    held: Fields = field(default_factory=dict)
    state: State = "behind"
    sent: Mapping[str, Value] = field(default_factory=lambda: _NOTHING)
    """Canonical values that were delivered but that the tool shows differently (rule 8)."""
    named: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Reference fields as text, where the tool holds names (rule 15)."""
    unread: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    """Fields whose text is not understood: `text`, and `base` if a value was known before."""
    before: Mapping[str, list[Value]] = field(default_factory=lambda: _NOTHING)
    """What our last writes replaced, kept while a read may still show it (rule 10)."""
    written: str | None = None
    stamp: bool = False
    """The item still needs the record's id written onto it."""

    def base(self, name: str) -> Value | _Missing:
        """The canonical value that this replica is known to agree with; MISSING where there is none."""
        if name in self.sent:
            return self.sent[name]
        if name in self.unread:
            base: Value | _Missing = self.unread[name].get("base", MISSING)
            return base
        return self.held.get(name, MISSING)

    def fresh(self, now: datetime, lag: timedelta) -> bool:
        """Whether a read may still show what was there before our last write (rule 10)."""
        return bool(lag and self.written) and now <= moment(self.written or "") + lag

    def extra(self) -> dict[str, Any]:
        """Everything rarely there, as one JSON object for the store."""
        parts: Mapping[str, Any] = {
            "sent": self.sent, "named": self.named, "unread": self.unread, "before": self.before,
            "written": self.written, "stamp": self.stamp,
        }  # fmt: skip
        return {key: value for key, value in parts.items() if value}


def differing(
    kind: Kind, shadow: Shadow, fields: Fields, holds: frozenset[str], names: Mapping[str, str]
) -> list[str]:
    """The fields that the replica does not yet hold as `fields` has them (rule 5: canonical minus shadow).

    `names`: the reference fields as they would be written now; a renamed person is written anew. A field that
    the place can't hold now, or whose text there is not understood, is left alone.
    """
    found = []
    plain = not (shadow.sent or shadow.named or shadow.unread)  # mostly: then what is held is what agrees
    held = shadow.held
    for name, declared in kind.fields.items():
        if name not in holds or name in shadow.unread:
            continue
        wanted = fields.get(name)
        if plain and name in held and held[name] == wanted:
            continue
        have = shadow.base(name)
        if isinstance(have, _Missing):
            if wanted is not None:
                found.append(name)
        elif (have != wanted and not declared.type.equal(have, wanted)) or (
            name in shadow.named and names.get(name, shadow.named[name]) != shadow.named[name]
        ):
            found.append(name)
    return found
