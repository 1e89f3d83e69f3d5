"""The connector object: light to import; Google's libraries are loaded when a calendar is opened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from syncengine.connector import Capabilities, Opening, SettingsError
from syncengine.errors import ConfigError

if TYPE_CHECKING:
    from syncengine_gcal.replica import CalendarReplica

_KEYS = (
    "calendar",
    "title",
    "credentials",
    "oauth_client",
    "api_endpoint",
    "invites",
    "share",
    "video",
    "adopt",
)
_INVITES = ("none", "external", "all")


class CalendarConnector:
    """A Google calendar: one recurring series per pair, and its moved, skipped and extra meetings."""

    name = "gcal"
    capabilities = Capabilities(
        remote=True,
        silent=True,
        mails=True,
        free_rows=False,
        lossy={
            "pair.status": "a series takes place or pauses: “starting” shows as active, “closed” as paused",
            "pair.time": "shown as 17:00, however it was written; 17:00 where it was blank",
            "pair.zone": "the program's zone where it was blank; always an exact name like Europe/Berlin",
            "pair.minutes": "whole minutes; 45 where it was blank",
            "checkin.status": "a meeting that takes place shows as planned, one at another time as moved",
            "checkin.minutes": "blank where the meeting is as long as the series",
            "checkin.attended": "only who accepted, once the meeting is over",
        },
    )

    def __init__(self) -> None:
        self.sleep: Callable[[float], None] = time.sleep
        """How a wait is waited."""

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """The settings, completed; raises `SettingsError`, or `ConfigError` for a file that can't be read."""
        problems = {
            key: f"is not a setting of this connector; it knows {', '.join(_KEYS)}"
            for key in settings
            if key not in _KEYS
        }
        for key in ("calendar", "title", "api_endpoint"):
            value = settings.get(key)
            if value is not None and (not isinstance(value, str) or not value.strip()):
                problems[key] = "has to be text"
        invites = settings.get("invites", "none")
        if invites not in _INVITES:
            problems["invites"] = f"has to be one of: {', '.join(_INVITES)}"
        share = settings.get("share", [])
        if not isinstance(share, list) or not all(isinstance(one, str) and "@" in one for one in share):
            problems["share"] = 'has to be a list of e-mail addresses, like ["ada@example.org"]'
        if settings.get("video", "") not in ("", "meet"):
            problems["video"] = 'has to be "meet", or absent'
        if not isinstance(settings.get("adopt", False), bool):
            problems["adopt"] = "has to be true or false"
        signing = self._sign_in(settings, base, problems)
        if problems:
            raise SettingsError(problems)
        return {"calendar": None, "title": "Mentorship check-ins", "api_endpoint": None, "invites": "none", "share": [],
                "video": "", "adopt": False, **settings, "sign_in": signing, "base": base}  # fmt: skip

    def _sign_in(self, settings: Mapping[str, Any], base: str, problems: dict[str, str]) -> object:
        from syncengine_google.credentials import sign_in

        try:
            return sign_in(settings, base)
        except ConfigError as error:
            problems["credentials"] = f"{error.reason} → {error.remedy}"
        except ValueError as error:
            problems["credentials"] = str(error)
        return None

    def open(self, opening: Opening) -> CalendarReplica:
        """The calendar, unread: nobody is asked anything yet."""
        from syncengine_gcal.replica import CalendarReplica

        return CalendarReplica(opening, self.sleep)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """A glance asks nobody, so it proves nothing."""
        return False
