"""The Notion connector: a page tree with a database for each kind. Its quirks are in BEHAVIOR.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from syncengine.connector import Capabilities, Opening, Replica, SettingsError
from syncengine_notion.versions import VERSIONS

if TYPE_CHECKING:
    from syncengine_notion.pace import Time

_DEFAULTS: Mapping[str, Any] = {
    "base_url": "https://api.notion.com", "notion_version": VERSIONS[0], "requests_per_minute": 180, "full_read_minutes": 60,
}  # fmt: skip
_KEYS = ("page", "token", *_DEFAULTS)


class NotionConnector:
    """Keeps `syncengine.connector.Connector`."""

    name = "notion"

    def __init__(self) -> None:
        self.capabilities = Capabilities(
            edit_times=timedelta(minutes=1), read_lag=timedelta(minutes=2), remote=True,
            lossy={"instant": "Seconds are cut off.", "flag": "An unticked box does not tell no from empty."},
        )  # fmt: skip
        self.lanes = 4
        """How many tables are read or written at a time."""
        self.clock: Time | None = None
        """Another clock than the computer's, for tests and demos."""

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """`page` and `token`; the rest has defaults."""
        from syncengine_notion.layout import page_id

        problems = {
            key: f"is not a setting of Notion; there are {', '.join(_KEYS)}"
            for key in settings
            if key not in _KEYS
        }
        found = {**_DEFAULTS, **settings}
        page = page_id(str(found.get("page", "")))
        if page is None:
            problems["page"] = (
                'is the URL of a page in Notion, or the id at the end of it, like page = "https://www.notion.so/Mentorship-0123…"'
            )
        if not isinstance(found.get("token"), str) or not str(found["token"]).strip():
            problems |= {
                "token": 'is the secret of your connection; write where it is, like "env:NOTION_TOKEN"'
            }
        if found["notion_version"] not in VERSIONS:
            problems["notion_version"] = f"has to be one of {', '.join(VERSIONS)}"
        if not re.match(r"https://|http://(127\.0\.0\.1|localhost|\[::1\])[:/]", f"{found['base_url']}/"):
            problems["base_url"] = "has to begin with https:// (a token does not travel in the open)"
        for key, least in (("requests_per_minute", 1), ("full_read_minutes", 0)):
            if not isinstance(found[key], int) or isinstance(found[key], bool) or found[key] < least:
                problems[key] = f"has to be a whole number from {least} on"
        if problems:
            raise SettingsError(problems)
        return {
            **found,
            "page": page,
            "token": str(found["token"]).strip(),
            "base_url": str(found["base_url"]).rstrip("/"),
        }

    def open(self, opening: Opening) -> Replica:
        """Open the workspace; nothing is asked of it yet."""
        from syncengine_notion.pace import RealTime
        from syncengine_notion.replica import NotionReplica

        return NotionReplica(opening, self.clock or RealTime(), self.lanes)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """A look costs a request, so it is never certain."""
        return False
