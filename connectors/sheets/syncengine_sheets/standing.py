"""Where the records of a tab stood when it was last read or written: as prints, small enough to be kept in the cursor.

It answers two questions that a spreadsheet has no answer to. Which rows are letter for letter what they were? They are not
read again. And of ids that are in no row any more: whose row was taken out, and whose was merely emptied, its hidden id too?
A row taken out leaves its neighbours one row closer to each other, an emptied one does not; the answer to a read tells how
many rows the grid has. Where rows were sorted meanwhile, only the size of the whole grid is left to tell. In doubt a
row counts as emptied: the record stays, and the person deletes it once more.
"""

from __future__ import annotations

import zlib
from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import orjson

from syncengine.model.ids import is_id
from syncengine_sheets.reading import FREE

_ARRAYS = (("ids", "I"), ("names", "I"), ("contents", "Q"))


def print_of_id(id: str) -> int:
    """Never 0, which says that there is none."""
    return zlib.crc32(id.encode()) or 1


def print_of_name(held: Any) -> int:
    """Of what stands under a kind's title; 0 for nothing."""
    if held is None or held == "" or isinstance(held, bool):
        return 0
    text = held.strip() if isinstance(held, str) else repr(float(held))
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) or 1


def print_of_row(row: Sequence[Any]) -> int:
    """Of all that a read tells of a row."""
    return int.from_bytes(blake2b(orjson.dumps(row), digest_size=8).digest(), "little") or 1


@dataclass
class Standing:
    """One tab's, a number for each row below the headings as far as anything stands there; 0: no record, not known."""

    sheet: int
    first: int
    """The row below the headings."""
    size: int
    """How many rows the grid has from there on."""
    used: int
    """The row below the last with anything in our columns."""
    ids: array[int] = field(default_factory=lambda: array("I"))
    names: array[int] = field(default_factory=lambda: array("I"))
    contents: array[int] = field(default_factory=lambda: array("Q"))
    free: list[int] = field(default_factory=list)
    """Rows that a deletion of ours left blank, as they were read."""

    @classmethod
    def of(cls, sheet: int, first: int, bottom: int, used: int, rows: Sequence[Sequence[Any]],
           stamped: Callable[[Sequence[Any]], str], name_column: int | None) -> Standing:  # fmt: skip
        """From a read: `rows` are those of the grid, `bottom` is how many there are, `stamped` tells a row's id."""
        found = cls(sheet, first, bottom - first, used)
        for number, row in enumerate(rows[first:], start=first):
            text = stamped(row) if row else ""
            found.ids.append(print_of_id(text) if text and is_id(text) else 0)
            if text.startswith(FREE):
                found.free.append(number)
            named = name_column is not None and name_column < len(row)
            found.names.append(print_of_name(row[name_column]) if named and name_column is not None else 0)
            found.contents.append(print_of_row(row) if row else 0)
        return found

    def put(self, row: int, id: str | None, name: Any = None, *, named: bool = True) -> None:
        """After a write: whose the row is since (`None`: nobody's). What else stands there the next read tells."""
        at = row - self.first
        for numbers in (self.ids, self.names, self.contents):
            numbers.extend([0] * (at + 1 - len(numbers)))
        self.ids[at] = print_of_id(id) if id else 0
        self.used = max(self.used, row + 1)
        self.contents[at] = 0
        if named:
            self.names[at] = print_of_name(name)

    def rows(self) -> dict[int, int]:
        """Print of an id to its row."""
        return {one: self.first + at for at, one in enumerate(self.ids) if one}

    @property
    def unstamped(self) -> bool:
        """Whether a row has a name and no id: its record, if it has one, is known by a place that may be another row's by now."""
        return any(name and not id for id, name in zip(self.ids, self.names, strict=True))

    def unchanged(self, before: Standing, wanted: Collection[int] = ()) -> set[int] | None:
        """The rows that say letter for letter what they said; `None` where more happened than edits and new rows.

        That is: an id is missing, or in more than one row. `wanted`: prints of ids whose rows are not to be among them.
        """
        if self.sheet != before.sheet:
            return None
        was = dict(zip(before.ids, before.contents, strict=True))
        now = [one for one in self.ids if one]
        known = [one for one in before.ids if one]
        if len(set(now)) < len(now) or len(set(known)) < len(known) or not set(known) <= set(now):
            return None
        return {
            self.first + at
            for at, (id, content) in enumerate(zip(self.ids, self.contents, strict=True))
            if id and content and was.get(id) == content and id not in wanted
        }

    def to_json(self) -> list[Any]:
        """For the cursor."""
        prints = [b64encode(getattr(self, name).tobytes()).decode() for name, _ in _ARRAYS]
        return [self.sheet, self.first, self.size, self.used, *prints, self.free]

    @classmethod
    def from_json(cls, said: Sequence[Any]) -> Standing:
        """From the cursor. Raises `ValueError`, `TypeError` for what is none."""
        sheet, first, size, used, ids, names, contents, *free = said
        found = cls(int(sheet), int(first), int(size), int(used))
        for (name, code), text in zip(_ARRAYS, (ids, names, contents), strict=True):
            setattr(found, name, array(code, b64decode(text)))
        found.free = [int(row) for rows in free for row in rows]  # cursors of earlier versions have none
        return found


def emptied(before: Standing, now: Standing) -> dict[int, int | None]:
    """Prints of ids that are in no row any more although no row was taken out for them; with the row, where that is known.

    Left out are those whose name stands in a row without an id, or with a copied or strange one: only its id was lost.
    """
    there = Counter(one for one in now.ids if one)
    gone = [at for at, one in enumerate(before.ids) if one and one not in there]
    if before.sheet != now.sheet:
        return dict.fromkeys((before.ids[at] for at in gone), None)
    known = set(before.ids)
    nameless = Counter(
        name
        for id, name in zip(now.ids, now.names, strict=True)
        if name and not (id and there[id] == 1 and id in known)
    )
    found: dict[int, int | None] = {}
    for ats, start, row, lost in _gaps(before, now, gone, there):
        if lost >= len(ats):
            continue
        for at in ats:
            name = before.names[at]
            if name and nameless[name] > 0:
                nameless[name] -= 1
                continue
            found[before.ids[at]] = now.first + row + at - start if row is not None and lost == 0 else None
    return found


def _gaps(
    before: Standing, now: Standing, gone: Sequence[int], there: Counter[int]
) -> Iterator[tuple[list[int], int, int | None, int]]:
    """Missing rows between the same neighbours: where they were, where the gap begins then and now, how many rows it lost."""
    if not gone:
        return
    once = Counter(one for one in before.ids if one)
    anchors = [at for at, one in enumerate(before.ids) if there[one] == 1 and once[one] == 1]
    where = {one: at for at, one in enumerate(now.ids)}
    places = [where[before.ids[at]] for at in anchors]
    if any(a >= b for a, b in pairwise(places)):
        yield list(gone), 0, None, before.size - now.size  # sorted, or moved
        return
    starts, here = [-1, *anchors, before.size], [-1, *places, now.size]
    together: dict[int, list[int]] = {}
    for at in gone:
        together.setdefault(bisect_left(starts, at), []).append(at)
    for end, ats in together.items():
        lost = (starts[end] - starts[end - 1]) - (here[end] - here[end - 1])
        yield ats, starts[end - 1], here[end - 1], lost
