"""What the pairs of one push have in common, and what can come between a request and its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from syncengine.model.kind import Kind
from syncengine_gcal.reading import Reader


class Stale(Exception):
    """The event is no longer what we know of it (412)."""

    def __init__(self, event: str) -> None:
        super().__init__(event)
        self.event = event


class Doubt(Exception):
    """Nobody knows whether the request was carried out."""


@dataclass
class Desk:
    """What all pairs of a push have in common."""

    reader: Reader
    kinds: Mapping[str, Kind]
    now: datetime
    zone: str
    """The program's."""
    invites: str
    video: bool
    organizer: str
    announced: Counter[tuple[str, str]] | None = None
    """(address, why) of the e-mails that the plan named; no other is sent. `None`: it is the plan that asks."""
