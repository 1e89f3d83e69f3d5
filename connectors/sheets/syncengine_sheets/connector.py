"""The Google Sheets connector: one spreadsheet, a tab for each kind, a dashboard. Its quirks are in BEHAVIOR.md."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from syncengine.connector import Capabilities, Opening, Replica, SettingsError

if TYPE_CHECKING:
    from syncengine_sheets.replica import SheetsReplica

_KEYS = ("spreadsheet", "credentials", "oauth_client", "api_endpoint", "columns")
_ID = re.compile(r"[A-Za-z0-9_-]{20,}")


class SheetsConnector:
    """Keeps `syncengine.connector.Connector`."""

    name = "sheets"
    capabilities = Capabilities(remote=True)

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """`spreadsheet` (address or id; absent: made by setup), `credentials`, `oauth_client`, `api_endpoint`, `columns`."""
        from syncengine.model.headings import wrong_columns
        from syncengine_google.credentials import sign_in

        problems = {
            key: f"is not a setting of a Google spreadsheet; there are {', '.join(_KEYS)}"
            for key in settings
            if key not in _KEYS
        }
        spreadsheet = settings.get("spreadsheet")
        id = _spreadsheet_id(spreadsheet) if spreadsheet is not None else ""
        if id is None:
            problems["spreadsheet"] = (
                "is no address of a Google spreadsheet; copy it from the browser, or leave it out: setup makes one"
            )
        endpoint = settings.get("api_endpoint")
        if endpoint is not None and not _is_address(endpoint):
            problems["api_endpoint"] = "is no address like https://sheets.googleapis.com"
        problems.update(wrong_columns(settings.get("columns", {})))
        how = None
        try:
            how = sign_in(settings, base)
        except ValueError as error:
            problems["credentials"] = str(error)
        if problems:
            raise SettingsError(problems)
        return {
            "spreadsheet": id,
            "sign_in": how,
            "api_endpoint": endpoint,
            "columns": settings.get("columns", {}),
            "base": base,
        }

    def open(self, opening: Opening) -> Replica:
        """Open the place; nothing is asked of Google yet."""
        return self._open(opening)

    def _open(self, opening: Opening) -> SheetsReplica:
        from dataclasses import replace

        from syncengine_sheets.replica import SheetsReplica

        key = hashlib.sha256(f"{opening.settings['base']}\0{opening.name}".encode()).hexdigest()[:32]
        return SheetsReplica(replace(opening, settings={**opening.settings, "key": key}))

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """Only a read can tell: Drive's own note of changes lags by minutes (sheets.md, 8)."""
        return False


def _spreadsheet_id(said: object) -> str | None:
    if not isinstance(said, str):
        return None
    found = re.search(r"/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)", said)
    if found:
        return found[1]
    return said if _ID.fullmatch(said) else None


def _is_address(said: object) -> bool:
    parts = urlsplit(said) if isinstance(said, str) else None
    if parts is None or not parts.hostname:
        return False
    # A token is sent along: in the clear only on this machine.
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    )
