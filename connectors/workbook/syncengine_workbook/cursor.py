"""The cursor: what the file was when it was last read or written, and what it could hold then."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from syncengine_workbook.file import Print

VERSION = 1
_RACY_NS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT): a change within it may leave the same time behind."""


@dataclass(frozen=True)
class Cursor:
    """See the module."""

    print: Print
    mapping: str
    """Which template and which headings it was read with; another mapping needs another read."""
    holds: Mapping[str, frozenset[str]]
    present: int
    seen_ns: int
    """When the digest was taken. A file that changed just before may have changed again since, unseen."""

    @property
    def racy(self) -> bool:
        """Whether the stat alone proves nothing."""
        return self.seen_ns - self.print.mtime_ns < _RACY_NS

    def to_bytes(self) -> bytes:
        """The cursor as the engine keeps it."""
        p = self.print
        holds = {kind: sorted(names) for kind, names in self.holds.items()}
        return orjson.dumps({"v": VERSION, "file": [p.size, p.mtime_ns, p.inode, p.digest], "mapping": self.mapping,
                             "holds": holds, "present": self.present, "seen": self.seen_ns})  # fmt: skip


def now_ns() -> int:
    """The wall clock, as file times are."""
    return time.time_ns()


def read_cursor(data: bytes | None) -> Cursor | None:
    """The cursor, `None` where there is none or a stranger's: then everything is read."""
    try:
        said = orjson.loads(data or b"")
        if said["v"] != VERSION:
            return None
        size, mtime, inode, digest = said["file"]
        holds = {kind: frozenset(names) for kind, names in said["holds"].items()}
        return Cursor(
            Print(size, mtime, inode, digest), said["mapping"], holds, said["present"], said["seen"]
        )
    except (ValueError, KeyError, TypeError):
        return None
