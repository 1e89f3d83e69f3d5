"""The workbook's file as such: whether it is the same, whether somebody has it open, and replacing it atomically."""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncengine.errors import AccessError, Unavailable


@dataclass(frozen=True, slots=True)
class Print:
    """What tells whether a file is still the same: a stat for a glance, a digest to be sure."""

    size: int
    mtime_ns: int
    inode: int
    digest: str = ""

    def same_stat(self, other: Print) -> bool:
        """Whether neither size, time nor inode differ."""
        return (self.size, self.mtime_ns, self.inode) == (other.size, other.mtime_ns, other.inode)


def stat_of(path: Path) -> Print | None:
    """The file's stat, `None` where there is no file. Raises `AccessError` for what is not a plain file."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(
            f"cannot be read: {error.strerror}", where=str(path), remedy="Check the path and its rights."
        ) from error
    if stat.S_ISLNK(found.st_mode):
        raise AccessError(
            "is a link to another place", where=str(path), remedy="Name the workbook itself as `path`."
        )
    if not stat.S_ISREG(found.st_mode):
        raise AccessError("is not a file", where=str(path), remedy="Name an .xlsx file as `path`.")
    return Print(found.st_size, found.st_mtime_ns, found.st_ino)


def in_use(path: Path) -> Path | None:
    """The lock file that Excel (`~$name`) or LibreOffice (`.~lock.name#`) keeps beside an open workbook."""
    for lock in (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#")):
        if os.path.lexists(lock):
            return lock
    return None


def require_closed(path: Path) -> None:
    """Raises `Unavailable` while somebody has the workbook open: what they save would undo what we write."""
    lock = in_use(path)
    if lock is not None:
        raise Unavailable(
            "is open in Excel" if lock.name.startswith("~$") else "is open in LibreOffice",
            where=str(path),
            remedy=f"Save and close it, then sync again. If nobody has it open, delete {lock.name} beside it.",
        )


def digest_of(data: bytes) -> str:
    """Tells two contents apart."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def replace(path: Path, data: bytes, expected: Print | None) -> Print:
    """Put `data` in the place of the file that `expected` describes (`None`: of no file), or not at all.

    A temporary file beside it, flushed to disk, takes its name; the file's rights stay.
    """
    temporary = path.with_name(f".{path.name}.mentorsync")
    try:
        mode = stat.S_IMODE(os.lstat(path).st_mode) if expected is not None else None
        if mode is not None and not mode & 0o222:
            raise AccessError("is read-only", where=str(path), remedy="Allow writing to it, then sync again.")
        temporary.unlink(missing_ok=True)  # left by a run that died; nobody else uses the name
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if mode is not None:
                os.chmod(temporary, mode)
            _require_same(path, expected)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(path.parent)
    except OSError as error:
        remedy = "Free some space, or check the rights of its folder, then sync again. Nothing was changed."
        if isinstance(error, FileNotFoundError):
            remedy = f"Make the folder {path.parent} first, or name another `path`."
        raise AccessError(f"cannot be written: {error.strerror}", where=str(path), remedy=remedy) from error
    written = stat_of(path)
    assert written is not None
    return Print(written.size, written.mtime_ns, written.inode, digest_of(data))


def _require_same(path: Path, expected: Print | None) -> None:
    require_closed(path)
    now = stat_of(path)
    if (now is None) != (expected is None) or (now and expected and not now.same_stat(expected)):
        raise Unavailable(
            "was changed while it was being synced",
            where=str(path),
            remedy="The next sync takes the change up.",
        )


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # a folder can't be opened there; the rename is journalled by the file system
    with suppress(OSError):  # the file is in place; not every file system can flush a folder
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
