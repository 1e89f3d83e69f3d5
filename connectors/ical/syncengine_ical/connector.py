"""The connector object: light to import; icalendar is loaded when a file has to be understood or written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syncengine.connector import Capabilities, Opening, SettingsError

if TYPE_CHECKING:
    from syncengine_ical.replica import IcalReplica

_KEYS = {"path": 'the folder, for example path = "Calendar"', "title": "what calendar programs call it"}


class IcalConnector:
    """A folder of .ics files: one recurring series per pair, and its moved, skipped and extra meetings."""

    name = "ical"
    capabilities = Capabilities(
        free_rows=False,
        lossy={
            "pair.status": "a series takes place or is cancelled: “starting” shows as active, “closed” as paused",
            "pair.time": "shown as 17:00, however it was written; 17:00 where it was blank",
            "pair.zone": "the program's zone where it was blank; always an exact name like Europe/Berlin",
            "pair.minutes": "whole minutes; 45 where it was blank",
            "checkin.status": "a meeting that takes place shows as planned, one at another time as moved",
            "checkin.minutes": "blank where the meeting is as long as the series",
        },
    )

    def validate(self, settings: Mapping[str, Any], base: str) -> Mapping[str, Any]:
        """`path` made absolute, `name` as it is; raises `SettingsError` for anything else."""
        problems = {
            key: f"is not a setting of this connector; it knows {', '.join(_KEYS)}"
            for key in settings
            if key not in _KEYS
        }
        for key, wanted in _KEYS.items():
            value = settings.get(key)
            if (value is None and key == "path") or (
                value is not None and (not isinstance(value, str) or not value.strip())
            ):
                problems[key] = f"has to be text: {wanted}"
        if problems:
            raise SettingsError(problems)
        path = os.path.join(base, os.path.expanduser(str(settings["path"])))
        return {**settings, "path": os.path.abspath(path)}

    def open(self, opening: Opening) -> IcalReplica:
        """The folder, unread. Nothing is written, and a folder that is not there yet is not an error."""
        from syncengine_ical.replica import IcalReplica

        return IcalReplica(opening)

    def unchanged(self, settings: Mapping[str, Any], cursor: bytes) -> bool:
        """Whether every file still has the time, size and inode it had; opened are those whose time was too fresh to tell."""
        from syncengine.errors import AccessError
        from syncengine_ical import folder
        from syncengine_ical.cursor import Cursor

        known = Cursor.load(cursor)
        if known is None:
            return False
        try:
            files, links = folder.scan(settings["path"])
            return (
                not links
                and files.keys() == known.files.keys()
                and all(
                    entry.same(settings["path"], name, files[name]) for name, entry in known.files.items()
                )
            )
        except (AccessError, OSError):
            return False
