"""`.mentorsync/` in the folder: the id of the place, and which occurrences have a check-in record.

An occurrence that takes place when the series says so has no lines of its own in a calendar. That a record
exists for it is noted here, so that a complete read can tell all check-ins that the calendar shows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import orjson

from syncengine.errors import AccessError
from syncengine.model.ids import is_id
from syncengine_ical import folder as disk
from syncengine_ical.cursor import Part

_MARKER = "calendar.json"
_NOTES = "checkins.json"
_VERSION = 1
_MEND = "Restore the file from a backup, or remove it and run setup to bind the folder again."


def inside(folder: str) -> str:
    """Where the marker and the notes of a calendar folder are."""
    return os.path.join(folder, ".mentorsync")


def read_place(folder: str) -> str | None:
    """The id stamped into the folder; `None` without one. Raises `AccessError` for a marker that is not readable."""
    path = os.path.join(inside(folder), _MARKER)
    try:
        with open(path, "rb") as file:
            found = orjson.loads(file.read())["place"]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(f"the marker of this calendar folder can't be read: {error.strerror}", where=path,
                          remedy="Give yourself the right to read it.") from error  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise AccessError(
            "the marker of this calendar folder can't be read", where=path, remedy=_MEND
        ) from error
    if not isinstance(found, str) or not found:
        raise AccessError("the marker of this calendar folder names no place", where=path, remedy=_MEND)
    return found


def write_place(folder: str, place: str) -> None:
    """Make the folder if need be, and stamp it. May be repeated."""
    os.makedirs(inside(folder), exist_ok=True)
    if read_place(folder) != place:
        _put(folder, _MARKER, {"version": _VERSION, "place": place})


@dataclass
class Notes:
    """Which series lies in which file, and which of its slots have a check-in record."""

    files: dict[str, str] = field(default_factory=dict)
    """Pair to file name; "" where its file was removed, and it no longer meets."""
    slots: dict[str, dict[str, str]] = field(default_factory=dict)
    """Pair to its slots, each with the id of its check-in."""
    uids: dict[str, str] = field(default_factory=dict)
    """Record to the UID of its event, where that is another than its id makes."""
    ended: set[str] = field(default_factory=set)
    """Pairs whose series was taken out of a file that keeps other meetings, and that is known everywhere."""
    trusted: bool = False
    """Whether there were notes to read: without them nobody knows which occurrences have a record."""
    changed: bool = False

    @classmethod
    def load(cls, folder: str) -> Notes:
        """What was noted; empty where nothing was, or nothing that can be used."""
        try:
            with open(os.path.join(inside(folder), _NOTES), "rb") as file:
                raw = orjson.loads(file.read())
            if raw["version"] != _VERSION:
                return cls()
            series = {pair: said for pair, said in raw["series"].items() if is_id(pair)}
            return cls({pair: str(said["file"]) for pair, said in series.items()},
                       {pair: {str(s): str(i) for s, i in said["checkins"].items() if is_id(i)} for pair, said in series.items()},
                       {id: str(uid) for id, uid in raw.get("uids", {}).items() if is_id(id)},
                       {pair for pair, said in series.items() if said.get("ended")}, trusted=True)  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def of(self, pair: str) -> dict[str, str]:
        """Slot to check-in of one pair, to be looked at only."""
        return self.slots.get(pair, {})

    def put(self, pair: str, slot: str, checkin: str) -> None:
        """Note that the slot has that record, and no other slot has."""
        if self.of(pair).get(slot) != checkin:
            self.drop(pair, checkin)
            self.slots.setdefault(pair, {})[slot] = checkin
            self.changed = True

    def drop(self, pair: str, checkin: str) -> None:
        """Forget a check-in."""
        for slot in [slot for slot, known in self.of(pair).items() if known == checkin]:
            del self.slots[pair][slot]
            self.changed = True

    def keep(self, pair: str, slots: dict[str, str]) -> None:
        """Note exactly these slots of a pair."""
        if self.of(pair) != slots:
            self.slots[pair] = slots
            self.changed = True

    def locate(self, pair: str, name: str) -> None:
        """Note the file of a series."""
        if self.files.get(pair) != name:
            self.files[pair] = name
            self.changed = True

    def end(self, pair: str, ended: bool) -> None:
        """Note whether it is known that a pair's series is no longer in its file."""
        if (pair in self.ended) != ended:
            (self.ended.add if ended else self.ended.discard)(pair)
            self.changed = True

    def name(self, pair: str, part: Part) -> None:
        """Note the UIDs in a pair's part of a file."""
        before = {id: uid for id in (pair, *part.own, *part.uids) if (uid := self.uids.get(id))}
        if before != part.uids:
            self.uids = {id: uid for id, uid in self.uids.items() if id not in before} | part.uids
            self.changed = True

    def save(self, folder: str) -> bool:
        """Write the notes if they changed; returns whether they did."""
        if not self.changed:
            return False
        series = {pair: {"file": self.files.get(pair, ""), "checkins": self.slots.get(pair, {}),
                         **({"ended": True} if pair in self.ended else {})}
                  for pair in sorted({*self.files, *self.slots})}  # fmt: skip
        os.makedirs(inside(folder), exist_ok=True)
        _put(
            folder,
            _NOTES,
            {"version": _VERSION, "series": series, **({"uids": self.uids} if self.uids else {})},
        )
        self.changed, self.trusted = False, True
        return True


def _put(folder: str, name: str, content: object) -> None:
    path = os.path.join(inside(folder), name)
    present = disk.Stat.of(os.lstat(path)) if os.path.lexists(path) else None
    disk.write(inside(folder), name, orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n", present)
