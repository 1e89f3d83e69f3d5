"""An .xlsx file as a package of parts: vetted when it is opened, replaced atomically when it is saved.

Only the parts that we edit are ever different afterwards; every other part (charts, images, pivot tables, macros,
people's sheets) is carried over byte for byte. That is why no library rewrites a person's workbook here.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from syncengine.errors import AccessError, Unavailable
from syncengine_workbook.file import Print, digest_of, replace, stat_of
from syncengine_workbook.vetting import MOST_BYTES, STILL_SAVING, opened, vet, vet_xml


class Package:
    """The parts of one workbook, read when asked for, and the changes made to them."""

    def __init__(self, path: Path, data: bytes, print_: Print) -> None:
        self.path = path
        self.print = print_
        self._zip = opened(path, data)
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._folded = {name.casefold(): name for name in self._infos}
        self._changed: dict[str, bytes | None] = {}
        vet(path, self._zip)

    @classmethod
    def load(cls, path: Path) -> Package:
        """Read and vet the file. Raises `Unavailable` (half-written, moving) or `AccessError` (not a workbook)."""
        before = stat_of(path)
        if before is None:
            raise Unavailable(
                "is not there", where=str(path), remedy="Put it back, or run setup to make a new one."
            )
        if before.size > MOST_BYTES:
            raise AccessError(
                "is far too large for a workbook", where=str(path), remedy="Name another file as `path`."
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise AccessError(
                f"cannot be read: {error.strerror}", where=str(path), remedy="Check its rights."
            ) from error
        after = stat_of(path)
        if after is None or not after.same_stat(before) or len(data) != before.size:
            raise Unavailable("changed while it was being read", where=str(path), remedy=STILL_SAVING)
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
            data = self._zip.read(name)  # at most the declared size, which `vet` has seen
        except (
            KeyError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise Unavailable(
                f"is damaged or incomplete (part {name})", where=str(self.path), remedy=STILL_SAVING
            ) from error
        if name.endswith((".xml", ".rels", ".vml")):
            vet_xml(self.path, name, data)
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
