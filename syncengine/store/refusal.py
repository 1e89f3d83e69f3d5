"""What a database refuses, as an error for the person."""

from __future__ import annotations

from syncengine.errors import ROOM, AccessError, MentorsyncError, RunInProgress

RIGHTS = "Give yourself the right to read and write the file and its folder."
_SERVER = "Check that the database server runs, and its address, name and password in `state`."
_DAMAGED = "If the file is damaged, move it away: the next sync rebuilds it from the ids in the tools."


def refused(error: BaseException, where: str) -> MentorsyncError:
    """The driver's `error` about the state at `where` (a path, or a URL without its password)."""
    said, where = str(error), where.removeprefix("sqlite:///")
    if "locked" in said:
        return RunInProgress(
            "the state is in use by another run", where=where, remedy="Wait until it has finished."
        )
    if "disk is full" in said or "disk I/O error" in said:
        return AccessError(f"the state can't be written: {said}", where=where, remedy=ROOM)
    if "readonly" in said or "unable to open" in said:
        return AccessError(f"the state can't be written: {said}", where=where, remedy=RIGHTS)
    remedy = _SERVER if "://" in where else _DAMAGED
    return AccessError(f"the state can't be opened: {said.strip()}", where=where, remedy=remedy)
