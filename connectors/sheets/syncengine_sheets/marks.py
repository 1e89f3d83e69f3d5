"""How what is ours is known again: the keys of our developer metadata, and ids and titles of our choice."""

from __future__ import annotations

import zlib

KIND, FIELD, PLACE, OURS = "mentorsync.kind", "mentorsync.field", "mentorsync.place", "mentorsync.tab"
"""Keys of our developer metadata: on a kind's tab, on a column, on the spreadsheet, on a tab of ours without records."""
ID = "id"
ID_HEADING = "mentorsync id"
JOURNAL, DASHBOARD, GUIDE, ARCHIVE = "journal", "dashboard", "guide", "archive"
TITLES = {DASHBOARD: "Dashboard", GUIDE: "Guide", ARCHIVE: "Archive", JOURNAL: "mentorsync"}


def chosen(*words: str) -> int:
    """The id that we give an object of ours: the same in every run, so that a repeat collides rather than doubles."""
    return zlib.crc32(" ".join(words).encode()) & 0x7FFFFFFF
