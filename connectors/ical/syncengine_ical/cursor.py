"""The cursor: what each file was like when it was last understood, and what of ours was in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

import orjson

from syncengine_ical.folder import Changed, Stat, TooLarge, digest, read

_VERSION = 1


@dataclass
class Part:
    """What a file holds of one pair."""

    series: bool = False
    """Whether the series itself is in it, and was not deleted."""
    own: list[str] = field(default_factory=list)
    """Check-ins with an event of their own."""
    slots: dict[str, str] = field(default_factory=dict)
    """Slots that the file itself tells about, each with the id of its check-in."""
    uids: dict[str, str] = field(default_factory=dict)
    """Record to the UID of its event, where that is another than its id makes."""
    asleep: list[str] = field(default_factory=list)
    """Records whose event is cancelled."""


@dataclass
class Entry:
    """One file."""

    stat: Stat
    digest: str
    """"" for a file that has to be looked at again in any case, because something in it could not be read."""
    parts: dict[str, Part] = field(default_factory=dict)
    """By pair."""

    @property
    def settled(self) -> bool:
        """Whether an equal stat proves that it is unchanged."""
        return bool(self.digest)

    def same(self, folder: str, name: str, now: Stat) -> bool:
        """Whether the file is unchanged: by its stat, and by its digest where its time was too fresh. Raises `OSError`."""
        if not self.settled or not self.stat.unproven(now):
            return self.settled and self.stat == now
        with suppress(Changed, TooLarge):
            return digest(read(folder, name)[0]) == self.digest
        return False


@dataclass
class Cursor:
    """By file name."""

    files: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def load(cls, data: bytes) -> Cursor | None:
        """What `dump` wrote; `None` for anything else, which means to read everything."""
        try:
            raw = orjson.loads(data)
            if raw["v"] != _VERSION:
                return None
            return cls({
                name: Entry(Stat(*stat), digest, {pair: Part(bool(series), *rest) for pair, (series, *rest) in parts.items()})
                for name, (stat, digest, parts) in raw["files"].items()
            })  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def dump(self) -> bytes:
        """As bytes, for the engine to keep."""
        files = {
            name: [
                list(e.stat),
                e.digest,
                {pair: [int(p.series), p.own, p.slots, p.uids, p.asleep] for pair, p in e.parts.items()},
            ]
            for name, e in sorted(self.files.items())
        }
        return orjson.dumps({"v": _VERSION, "files": files})
