"""What is not let in: files that are no workbook, half a workbook, or a trap."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from pathlib import Path

from syncengine.errors import AccessError, Unavailable

MOST_BYTES = 300 * 1024 * 1024
"""The most that all parts together may unpack to; Excel's own limit of rows would be near it."""
MOST_RATIO = 200
"""The most a large part may be compressed; sheets of ours reach about 13, blank formatted cells a few times that."""
_LARGE = 10 * 1024 * 1024
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
STILL_SAVING = "It may still be being saved or copied. Nothing was changed; the next sync tries again."
_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-8|us-ascii)", re.IGNORECASE)


def opened(path: Path, data: bytes) -> zipfile.ZipFile:
    """The archive, unread. Raises `AccessError` for another kind of file, `Unavailable` for a half-written one."""
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
            raise Unavailable("is incomplete", where=str(path), remedy=STILL_SAVING) from error
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


def vet(path: Path, package: zipfile.ZipFile) -> None:
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


def vet_xml(path: Path, name: str, data: bytes) -> None:
    """No document types (entity bombs, outside files) and no encodings in which one could hide."""
    if (
        data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"))
        or _ENCODING.match(data)
        or b"<!DOCTYPE" in data
        or b"<!ENTITY" in data
    ):
        raise AccessError(f"has a part ({name}) that no spreadsheet program writes, and that could do harm",
                          where=str(path), remedy="Open it in Excel or LibreOffice and save it again.")  # fmt: skip
