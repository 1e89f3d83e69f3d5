"""An .xlsx file as a package of parts: vetted when it is opened, replaced atomically when it is saved.

Only the parts that we edit are ever different afterwards; every other part (charts, images, pivot tables, macros,
people's sheets) is carried over byte for byte. That is why no library rewrites a person's workbook here.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from syncengine.errors import AccessError, Unavailable

MOST_BYTES = 300 * 1024 * 1024
"""The most that all parts together may unpack to; Excel's own limit of rows would be near it."""
MOST_RATIO = 200
"""The most a large part may be compressed; sheets of real workbooks reach about 40."""
_LARGE = 10 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SEVERAL = "It may still be being saved or copied. Nothing was changed; the next sync tries again."
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8|us-ascii)", re.IGNORECASE)


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


class Package:
    """The parts of one workbook, read when asked for, and the changes made to them."""

    def __init__(self, path: Path, data: bytes, print_: Print) -> None:
        self.path = path
        self.print = print_
        self._zip = _opened(path, data)
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._folded = {name.casefold(): name for name in self._infos}
        self._changed: dict[str, bytes | None] = {}
        _vet(path, self._zip)

    @classmethod
    def load(cls, path: Path) -> Package:
        """Read and vet the file. Raises `Unavailable` (half-written, moving) or `AccessError` (not a workbook)."""
        before = stat_of(path)
        if before is None:
            raise Unavailable(
                "is not there", where=str(path), remedy="Put it back, or run setup to make a new one."
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise AccessError(
                f"cannot be read: {error.strerror}", where=str(path), remedy="Check its rights."
            ) from error
        after = stat_of(path)
        if after is None or not after.same_stat(before) or len(data) != before.size:
            raise Unavailable("changed while it was being read", where=str(path), remedy=_SEVERAL)
        return cls(path, data, Print(before.size, before.mtime_ns, before.inode, digest_of(data)))

    def has(self, name: str) -> bool:
        """Whether the part exists. Part names do not tell capitals (OPC, 6.2.2.3)."""
        if name in self._changed:
            return self._changed[name] is not None
        return name in self._infos or name.casefold() in self._folded

    def names(self) -> list[str]:
        """All parts, in the order of the file, new ones last."""
        kept = [name for name in self._infos if self._changed.get(name, b"") is not None]
        return kept + [
            name for name, data in self._changed.items() if name not in self._infos and data is not None
        ]

    def read(self, name: str) -> bytes:
        """The part's bytes. Raises `Unavailable` where the file is damaged, `AccessError` for XML we must not parse."""
        if name not in self._changed and name not in self._infos:
            name = self._folded.get(name.casefold(), name)
        changed = self._changed.get(name)
        if changed is not None:
            return changed
        try:
            data = self._zip.read(name)  # at most the declared size, which `_vet` has seen
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Unavailable(
                f"is damaged or incomplete (part {name})", where=str(self.path), remedy=_SEVERAL
            ) from error
        if name.endswith((".xml", ".rels", ".vml")):
            _vet_xml(self.path, name, data)
        return data

    def write(self, name: str, data: bytes) -> None:
        """Give the part new content; a new part is added."""
        self._changed[self._folded.get(name.casefold(), name)] = data

    def drop(self, name: str) -> None:
        """Leave the part out of the saved file."""
        self._changed[self._folded.get(name.casefold(), name)] = None

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return bool(self._changed)

    def to_bytes(self) -> bytes:
        """The package as a file: changed parts in their old places, untouched ones with the same content."""
        out = BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as target:
            for name in self.names():
                info = self._infos.get(name) or zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                kind = info.compress_type if name in self._infos else zipfile.ZIP_DEFLATED
                entry = zipfile.ZipInfo(name, info.date_time)
                entry.external_attr = info.external_attr
                data = self._changed.get(name)
                target.writestr(entry, self._zip.read(name) if data is None else data, kind)
        return out.getvalue()

    def save(self) -> Print:
        """Replace the file, if it is still what was loaded. Raises `Unavailable`, `AccessError`; then nothing changed."""
        return replace(self.path, self.to_bytes(), self.print)


def digest_of(data: bytes) -> str:
    """Tells two contents apart."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def replace(path: Path, data: bytes, expected: Print | None) -> Print:
    """Put `data` in the place of the file that `expected` describes (`None`: of no file), or not at all.

    A temporary file beside it, flushed to disk, takes its name; the file's rights stay.
    """
    temporary = path.with_name(f".{path.name}.mentorsync")
    mode = None if expected is None else stat.S_IMODE(os.lstat(path).st_mode) if path.exists() else None
    try:
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
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _opened(path: Path, data: bytes) -> zipfile.ZipFile:
    if data.startswith(_OLE):
        locked = "EncryptedPackage".encode("utf-16-le") in data
        reason = "is protected by a password" if locked else "is an old .xls (or another old Office) file"
        remedy = (
            "Save it without a password."
            if locked
            else "Save it as Excel Workbook (.xlsx) and name that file."
        )
        raise AccessError(reason, where=str(path), remedy=remedy)
    if not data or data.startswith(b"PK") or not data.strip(b"\0"):
        try:
            return zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
            raise Unavailable("is incomplete", where=str(path), remedy=_SEVERAL) from error
    raise AccessError(
        f"is not an Excel workbook but {_guess(data)}",
        where=str(path),
        remedy="Name an .xlsx file as `path`.",
    )


def _guess(data: bytes) -> str:
    for start, what in (
        (b"%PDF", "a PDF"),
        (b"{\\rtf", "a rich-text document"),
        (b"\x89PNG", "an image"),
        (b"<", "a web page or XML"),
    ):
        if data.lstrip().startswith(start):
            return what
    try:
        data[:4096].decode("utf-8", "strict" if len(data) < 4096 else "ignore")
    except UnicodeDecodeError:
        return "another kind of file"
    return "plain text (CSV perhaps)"


def _vet(path: Path, package: zipfile.ZipFile) -> None:
    """Refuse what is no workbook, and what would not fit into memory, before anything is unpacked."""
    infos = package.infolist()
    names = {info.filename.casefold() for info in infos}
    if len(names) < len(infos):
        raise AccessError(
            "holds two parts of one name", where=str(path), remedy="Open it in Excel and save it again."
        )
    swollen = [
        info
        for info in infos
        if info.file_size > _LARGE and info.file_size > MOST_RATIO * max(1, info.compress_size)
    ]
    if swollen or sum(info.file_size for info in infos) > MOST_BYTES:
        raise AccessError(
            "would unpack to far more than a workbook of this kind holds, like a zip bomb",
            where=str(path), remedy="Use a workbook that you trust; delete empty rows and columns that carry formats.",
        )  # fmt: skip
    if any(info.flag_bits & 1 for info in infos):
        raise AccessError("is protected by a password", where=str(path), remedy="Save it without a password.")
    if "xl/workbook.xml" not in names:
        raise AccessError(f"is not an Excel workbook but {_other(names)}", where=str(path),
                          remedy="Save it as Excel Workbook (.xlsx) and name that file.")  # fmt: skip
    if any(name.startswith("_xmlsignatures/") for name in names):
        raise AccessError("is digitally signed, and any change would break the signature", where=str(path),
                          remedy="Remove the signature, or sync another copy.")  # fmt: skip


def _other(names: set[str]) -> str:
    for name, what in (("xl/workbook.bin", "a binary workbook (.xlsb)"), ("word/document.xml", "a Word document"),
                       ("ppt/presentation.xml", "a presentation"), ("content.xml", "an OpenDocument file (.ods)")):  # fmt: skip
        if name in names:
            return what
    return "a zip archive"


def _vet_xml(path: Path, name: str, data: bytes) -> None:
    """No document types (entity bombs, outside files) and no encodings in which one could hide."""
    if (
        data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"))
        or _ENCODING.match(data)
        or b"<!DOCTYPE" in data
        or b"<!ENTITY" in data
    ):
        raise AccessError(f"has a part ({name}) that no spreadsheet program writes, and that could do harm",
                          where=str(path), remedy="Open it in Excel or LibreOffice and save it again.")  # fmt: skip
