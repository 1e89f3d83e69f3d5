"""As much of Drive v3 as making and finding a spreadsheet takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syncengine_sheets.sandbox.spreadsheet import Spreadsheet

if TYPE_CHECKING:
    from syncengine_sheets.sandbox.server import Sandbox

Said = dict[str, Any]
MIME = "application/vnd.google-apps.spreadsheet"


def drive(box: Sandbox, method: str, path: str, query: Mapping[str, str], said: Said) -> Said | None:
    """The answer to a request of `files`; `None`: nothing to say. Raises `Refusal`."""
    id = path.removeprefix("/drive/v3/files").strip("/")
    if not id and method == "POST":
        box.may_create()
        made = box.make(said.get("name", "Untitled"))
        made.app_properties = dict(said.get("appProperties", {}))
        return {
            "kind": "drive#file",
            "id": made.id,
            "name": made.title,
            "mimeType": said.get("mimeType", MIME),
        }
    if not id:
        return {
            "kind": "drive#fileList",
            "incompleteSearch": False,
            "files": [_about(f) for f in _found(box, query.get("q", ""))],
        }
    file = box.file(id)
    if method == "DELETE":
        del box.files[id]
        return None
    if method == "PATCH":
        file.app_properties |= said.get("appProperties", {})
    about = _about(file)
    return about if "fields" in query else {k: about[k] for k in ("kind", "id", "name", "mimeType")}


def _found(box: Sandbox, q: str) -> list[Spreadsheet]:
    has = re.search(r"appProperties has \{ *key='([^']*)' and value='([^']*)' *\}", q)
    return [
        file for file in box.files.values()
        if (not has or file.app_properties.get(has[1]) == has[2]) and not ("trashed" in q and file.trashed)
    ]  # fmt: skip


def _about(file: Spreadsheet) -> Said:
    return {"kind": "drive#file", "id": file.id, "name": file.title, "mimeType": MIME, "trashed": file.trashed,
            "version": str(file.version), "appProperties": file.app_properties,
            "createdTime": "2026-03-02T09:00:00.000Z", "modifiedTime": "2026-03-02T09:00:00.000Z"}  # fmt: skip
