"""What an answer says that is not what was asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from syncengine.errors import AccessError

Json = dict[str, Any]


class Refused(Exception):
    """Notion said no for good: the request took no effect."""

    def __init__(self, status: int, code: str, message: str, more: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.more = status, code, message, more


class Doubt(Exception):
    """Nobody knows whether the write took effect. `committed`: the id it made, where Notion told (503 after the fact)."""

    def __init__(self, reason: str, committed: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.committed = reason, committed


def meaning(status: int, code: str, message: str, more: Json) -> Exception:
    if status == 401:
        remedy = "Make a new token in Notion (Settings → Connections), put it where the config says, and run: mentorsync doctor"
        return AccessError("Notion does not accept the token", remedy=remedy)
    if status >= 500:
        return Doubt(f"Notion answered {status}", more.get("committed_resource_id"))
    return Refused(status, code, message, more)


def body_of(text: str) -> Json:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def seconds_in(said: str | None) -> float | None:
    """Retry-After, in seconds or as a date."""
    if said is None:
        return None
    try:
        return max(0.0, float(said))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
