"""The workbook connector: one .xlsx file, a sheet for each kind, a dashboard. Its quirks are in BEHAVIOR.md."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncengine.connector import Capabilities, Opening, Replica, SettingsError

if TYPE_CHECKING:
    from syncengine_workbook.replica import WorkbookReplica

_KEYS = ("path", "columns")


class WorkbookConnector:
    """Keeps `syncengine.connector.Connector`."""

    name = "workbook"
    capabilities = Capabilities()

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """`path` of the workbook, and `columns`: for each kind, which heading is which field."""
        problems = {
            key: f"is not a setting of a workbook; there are {' and '.join(_KEYS)}"
            for key in settings
            if key not in _KEYS
        }
        path = settings.get("path")
        if not isinstance(path, str) or not path.strip():
            problems["path"] = 'names the file, like path = "mentorship.xlsx"'
        elif not path.lower().endswith((".xlsx", ".xlsm")):
            problems["path"] = f"{path!r} does not end in .xlsx; name an Excel workbook"
        from syncengine.model.headings import wrong_columns

        columns = settings.get("columns", {})
        problems.update(wrong_columns(columns))
        if problems:
            raise SettingsError(problems)
        return {"path": os.path.join(base, os.path.expanduser(str(path))), "columns": columns}

    def open(self, opening: Opening) -> Replica:
        """Open the workbook's place; the file is read when it is first needed. Raises `AccessError` for a folder or a link."""
        return self._open(opening)

    def _open(self, opening: Opening) -> WorkbookReplica:
        from syncengine_workbook.replica import WorkbookReplica

        return WorkbookReplica(opening)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """By the file's stat, and by its digest while its time is too fresh to prove anything. False while it is open."""
        from syncengine.errors import MentorsyncError
        from syncengine_workbook.cursor import read_cursor
        from syncengine_workbook.file import digest_of, in_use, stat_of

        last, path = read_cursor(cursor), Path(settings["path"])
        if last is None or in_use(path) is not None:
            return False
        try:
            now = stat_of(path)
            same = now is not None and now.same_stat(last.print)
            return same and not (last.racy and digest_of(path.read_bytes()) != last.print.digest)
        except (MentorsyncError, OSError):
            return False
